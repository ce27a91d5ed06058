package resource

import "slices"

// Read returns the resource that the body of a POST or PUT describes, without id and meta: what is read-only is ignored,
// and so are attributes and schemas that are not known, unless Strict. A password is never in it. Attributes that the body
// leaves out or empties are not in the resource. Errors are *Error.
func Read(kind Kind, body []byte, profile Profile) (Resource, error) {
	o, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	p := newPatch(kind, nil, profile)
	p.reading = true
	if profile.strict() {
		if err := checkSchemas(o, p.layout.schema); err != nil {
			return nil, err
		}
	}
	if err := p.members(replace, o); err != nil {
		return nil, err
	}
	r := p.result()
	for _, a := range p.layout.core {
		if _, ok := r[a.Name]; a.Required && !ok {
			return nil, bad(InvalidValue, "%s is required", a.Name)
		}
	}
	return r, nil
}

// checkSchemas refuses a body that does not say which schema it has.
func checkSchemas(o object, schema string) error {
	raw, _ := o.get("schemas")
	list, _ := raw.([]any)
	if !slices.ContainsFunc(list, func(v any) bool { text, ok := v.(string); return ok && sameName(text, schema) }) {
		return bad(InvalidSyntax, "schemas must name %s", schema)
	}
	return nil
}

// Compare returns the effect of a PUT, with next, as Read returned it, in place of current. Members whom the body does not
// name go without being named.
func Compare(kind Kind, current, next Resource) Effect {
	e := Effect{Attributes: differences(current, next)}
	if kind != Group {
		return e
	}
	r := newRoster(elementsOf(current[membersName]))
	r.replace(elementsOf(next[membersName]))
	e.countMembers(r)
	return e
}
