package filter

// Path is the target of a PATCH operation: an attribute or sub-attribute, or values of a multi-valued attribute that a
// filter chooses, or a sub-attribute of these.
type Path struct {
	Attribute
	Filter Expression // nil: all
}

// String returns the path as it is written; it parses to an equal one.
func (p Path) String() string {
	if p.Filter == nil {
		return p.Attribute.String()
	}
	outer := p.Attribute
	outer.Sub = ""
	text := Element{Attribute: outer, Inner: p.Filter}.String()
	if p.Sub != "" {
		text += "." + p.Sub
	}
	return text
}

// ParsePath reads a path. Errors are *Error.
func ParsePath(text string) (Path, error) {
	p, wrong := begin(text)
	if wrong != nil {
		return Path{}, wrong
	}
	a, err := p.attribute()
	if err != nil {
		return Path{}, err
	}
	path := Path{Attribute: a}
	if p.peek() == '[' {
		p.filter = true
		if path.Filter, err = p.brackets(a); err != nil {
			return Path{}, err
		}
		p.filter = false
		if p.peek() == '.' {
			p.at++
			sub, ok := split(p.word())
			if !ok || sub.URN != "" || sub.Sub != "" {
				return Path{}, p.wrong("the name of a sub-attribute was expected")
			}
			path.Sub = sub.Name
		}
	}
	if p.at < len(p.text) {
		return Path{}, p.wrong("the end of the path was expected")
	}
	return path, nil
}
