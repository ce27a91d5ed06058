package resource

import (
	"maps"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// elements applies a change of some values of a multi-valued attribute, or of a part of them.
func (p *patch) elements(c change, container map[string]any) error {
	a := c.target.attribute
	if a.Type != filter.TypeComplex {
		return bad(InvalidPath, "the values of %s have no parts", a.Name)
	}
	match := func(map[string]any) bool { return true }
	if c.path.Filter != nil {
		var err error
		if match, err = filter.Compile(c.path.Filter, elements{a}, p.profile.strict()); err != nil {
			return parseError(err)
		}
	}
	list := elementsOf(container[a.Name])
	var chosen []int
	for i, element := range list {
		if m, ok := element.(map[string]any); ok && match(m) {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) == 0 {
		if created, err := p.fresh(c); err != nil || created == nil {
			return err
		} else {
			list, chosen = append(list, created), []int{len(list)}
		}
	}
	if err := p.changeElements(c, list, chosen); err != nil {
		return err
	}
	list, err := p.tidied(a, list)
	put(container, a.Name, list)
	return err
}

// fresh returns the value that a change creates where its filter chooses none, nil for none: it is what the filter asks
// for, as far as equality says it.
func (p *patch) fresh(c change) (map[string]any, error) {
	if c.path.Filter != nil && p.profile.strict() {
		return nil, bad(NoTarget, "%s chooses no value", c.path)
	}
	if c.op == remove || !c.valued {
		return nil, nil //nolint:nilnil // nothing is created
	}
	m, err := p.asked(c)
	if m == nil && err == nil {
		return nil, bad(NoTarget, "%s chooses no value, and does not say what a new one would be", c.path)
	}
	return m, err
}

// asked returns what a filter asks of a value, nil where it asks for more than equality.
func (p *patch) asked(c change) (map[string]any, error) {
	m := map[string]any{}
	var terms []filter.Expression
	switch e := c.path.Filter.(type) {
	case nil:
		return m, nil
	case filter.And:
		terms = e
	default:
		terms = []filter.Expression{e}
	}
	for _, term := range terms {
		e, ok := term.(filter.Comparison)
		if !ok || e.Operator != filter.Equal || e.Value.Kind == filter.Null {
			return nil, nil //nolint:nilnil // it asks for more
		}
		sub := named(c.target.attribute.SubAttributes, e.Attribute.Name)
		var raw any = e.Value.Text
		if e.Value.Kind == filter.Boolean {
			raw = e.Value.Text == "true"
		}
		v, err := p.coercion.value(sub, raw)
		if err != nil {
			return nil, err
		}
		set(m, sub.Name, v)
	}
	return m, nil
}

// changeElements changes the chosen values of a list, and leaves nil where one goes.
func (p *patch) changeElements(c change, list []any, chosen []int) error {
	if c.op == remove && c.target.sub == nil {
		for _, at := range chosen {
			list[at] = nil
		}
		return nil
	}
	parts, err := p.parts(c)
	if err != nil {
		return err
	}
	for _, at := range chosen {
		old, _ := list[at].(map[string]any)
		if err := keepsImmutable(c.target.attribute, old, parts); err != nil {
			return err
		}
		if parts["primary"] == true {
			demote(list)
		}
		switch {
		case parts == nil: // replaced by nothing
			list[at] = nil
		case c.op == replace && c.target.sub == nil:
			list[at] = p.replaced(c, old, parts)
		default:
			list[at] = merged(old, parts)
		}
	}
	return nil
}

// parts returns what a change sets; a part that is nil goes.
func (p *patch) parts(c change) (map[string]any, error) {
	if sub := c.target.sub; sub != nil {
		if c.op == remove {
			return map[string]any{sub.Name: nil}, nil
		}
		v, err := p.coercion.value(sub, c.value)
		return map[string]any{sub.Name: v}, err
	}
	v, err := p.one(c.target.attribute, c.value)
	parts, _ := v.(map[string]any)
	return parts, err
}

// replaced returns the value in place of a chosen one. It keeps what the filter knew it by, unless the client says
// otherwise or is a strict one: the next request will look for it by that again.
func (p *patch) replaced(c change, old, parts map[string]any) any {
	m := maps.Clone(parts)
	if asked, err := p.asked(c); err == nil && !p.profile.strict() {
		for name := range asked {
			if _, given := m[name]; !given {
				m[name] = old[name]
			}
		}
	}
	for _, sub := range c.target.attribute.SubAttributes {
		if _, given := m[sub.Name]; !given && sub.Mutability != readWrite {
			m[sub.Name] = old[sub.Name]
		}
	}
	return pruned(m)
}

// keepsImmutable refuses to change what may be set once.
func keepsImmutable(a *Attribute, old, parts map[string]any) error {
	for name, v := range parts {
		sub := named(a.SubAttributes, name)
		if was, ok := old[name]; ok && sub != nil && sub.Mutability == immutable && !equal(was, v) {
			return bad(Mutability, "%s.%s cannot be changed once it is set", a.Name, name)
		}
	}
	return nil
}

// tidied returns a list without values that went or say nothing, or are there twice.
func (p *patch) tidied(a *Attribute, list []any) ([]any, error) {
	out := make([]any, 0, len(list))
	for _, element := range list {
		m, ok := element.(map[string]any)
		if !ok {
			continue
		}
		if whole := p.whole(a, m); whole != nil {
			out = append(out, whole)
		}
	}
	return p.distinct(a, out)
}
