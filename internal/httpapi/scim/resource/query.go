package resource

import "github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"

// Filter is a filter for resources of some kinds.
type Filter struct {
	expression filter.Expression
	match      map[Kind]filter.Match
}

// ParseFilter reads a filter for resources of a kind, or of several as the search at the root has them: what one of these
// kinds lacks it has no value of (RFC 7644 section 3.4.2.1). Errors are *Error of the type invalidFilter. Strict refuses
// values without quotation marks and of other types than the attribute's.
func ParseFilter(text string, profile Profile, kinds ...Kind) (Filter, error) {
	e, err := filter.Parse(text)
	if err != nil {
		return Filter{}, bad(InvalidFilter, "%s", err)
	}
	f := Filter{expression: e, match: map[Kind]filter.Match{}}
	for _, kind := range kinds {
		s := union{layoutOf(kind)}
		for _, other := range kinds {
			s = append(s, layoutOf(other))
		}
		if f.match[kind], err = filter.Compile(e, s, profile.strict()); err != nil {
			return Filter{}, bad(InvalidFilter, "%s", err)
		}
	}
	return f, nil
}

// union is what several schemas know, the first before the others.
type union []filter.Schema

// Find is that of filter.Schema.
func (u union) Find(a filter.Attribute) (filter.Definition, bool) {
	for _, s := range u {
		if d, ok := s.Find(a); ok {
			return d, true
		}
	}
	return filter.Definition{}, false
}

// Elements is that of filter.Schema.
func (u union) Elements(a filter.Attribute) (filter.Schema, bool) {
	for _, s := range u {
		if elements, ok := s.Elements(a); ok {
			return elements, true
		}
	}
	return nil, false
}

// Match reports whether the filter is true of a resource.
func (f Filter) Match(kind Kind, r Resource) bool {
	match, ok := f.match[kind]
	return ok && match(r)
}

// String returns the filter in its shortest usual form.
func (f Filter) String() string { return f.expression.String() }

// Equality reports whether the filter is one `attribute eq "value"` of an attribute that is a string, so that an index can
// answer it. The attribute is in lower case and whole: "username", "externalid", "id", "displayname", "emails.value",
// "members.value". Whether case matters in the value is the attribute's business.
func (f Filter) Equality() (attribute, value string, ok bool) {
	attribute, value, ok = f.expression.Equality()
	if !ok {
		return "", "", false
	}
	path, err := filter.ParsePath(attribute)
	if err != nil {
		return "", "", false
	}
	for kind := range f.match {
		t, ok := layoutOf(kind).resolve(path.Attribute)
		if !ok {
			continue
		}
		switch t.last().Type {
		case filter.TypeComplex: // its value is meant, as Compile has made sure
			return attribute + ".value", value, true
		case filter.TypeString, filter.TypeReference:
			return attribute, value, true
		case filter.TypeBoolean, filter.TypeInteger, filter.TypeDecimal, filter.TypeDateTime, filter.TypeBinary:
		}
		return "", "", false
	}
	return "", "", false
}
