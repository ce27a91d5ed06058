package resource

import (
	"maps"
	"reflect"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// change is one operation on one target.
type change struct {
	op     operation
	target target
	path   filter.Path
	value  any
	valued bool // a value that is not null; of a strict client, any
}

// apply applies a change.
func (p *patch) apply(c change) error {
	if c.op == remove && c.valued && p.profile.strict() {
		return bad(InvalidValue, "remove takes no value: name what to remove in the path")
	}
	t := c.target
	if t.attribute == nil {
		return p.extension(c)
	}
	switch {
	case t.attribute.Mutability == writeOnly:
		return nil // a password: taken and never kept
	case t.attribute.Name == membersName && t.sub == nil:
		return p.memberList(c)
	case t.attribute.Name == membersName:
		return p.memberParts(c)
	}
	container := p.after
	if t.extension != nil {
		container, _ = p.after[t.extension.Name].(map[string]any)
		if container == nil {
			container = map[string]any{}
			p.after[t.extension.Name] = container // an empty one is left out of the result
		}
	}
	switch {
	case t.attribute.MultiValued && (c.path.Filter != nil || t.sub != nil):
		return p.elements(c, container)
	case t.attribute.MultiValued:
		return p.list(c, container)
	case c.path.Filter != nil:
		return bad(InvalidPath, "%s has one value, there is nothing to choose from", t.attribute.Name)
	case t.sub != nil:
		return p.part(c, container)
	}
	return p.single(c, container)
}

// extension applies a change of a whole extension.
func (p *patch) extension(c change) error {
	extension := c.target.extension
	if c.op == remove || !c.valued {
		delete(p.after, extension.Name)
		return nil
	}
	o, ok := c.value.(object)
	if !ok {
		return wrongType(extension, "an object")
	}
	for _, m := range o {
		a := named(extension.SubAttributes, m.name)
		if a == nil && p.profile.strict() {
			return bad(InvalidSyntax, "%s has no attribute %q", extension.Name, m.name)
		}
		if a == nil {
			continue
		}
		inner := change{op: c.op, target: target{extension: extension, attribute: a}, value: m.value, valued: m.value != nil}
		if err := p.apply(inner); err != nil {
			return err
		}
	}
	return nil
}

// single applies a change of an attribute with one value.
func (p *patch) single(c change, container map[string]any) error {
	a := c.target.attribute
	if c.op == remove {
		if a.Required {
			return bad(Mutability, "%s is required and cannot be removed", a.Name)
		}
		delete(container, a.Name)
		return nil
	}
	v, err := p.one(a, c.value)
	if err != nil {
		return err
	}
	if parts, ok := v.(map[string]any); ok {
		v = merged(container[a.Name], parts)
	}
	if v == nil && a.Required {
		return bad(InvalidValue, "%s is required", a.Name)
	}
	set(container, a.Name, v)
	return nil
}

// merged returns an object with some parts changed or, where they are nil, taken away; nil when nothing is left.
func merged(old any, parts map[string]any) any {
	m, _ := old.(map[string]any)
	m = maps.Clone(m)
	if m == nil {
		m = map[string]any{}
	}
	maps.Copy(m, parts)
	return pruned(m)
}

func set(container map[string]any, name string, v any) {
	if v == nil {
		delete(container, name)
		return
	}
	container[name] = v
}

// part applies a change of a sub-attribute of an attribute with one value.
func (p *patch) part(c change, container map[string]any) error {
	var v any
	if c.op != remove {
		var err error
		if v, err = p.coercion.value(c.target.sub, c.value); err != nil {
			return err
		}
	}
	a := c.target.attribute
	set(container, a.Name, merged(container[a.Name], map[string]any{c.target.sub.Name: v}))
	return nil
}

// list applies a change of a multi-valued attribute as a whole.
func (p *patch) list(c change, container map[string]any) error {
	a := c.target.attribute
	old := elementsOf(container[a.Name])
	if c.op == remove && !c.valued {
		delete(container, a.Name)
		return nil
	}
	values, err := p.coercion.list(a, c.value)
	if err != nil {
		return err
	}
	switch c.op {
	case remove:
		put(container, a.Name, without(old, values))
		return nil
	case replace:
		put(container, a.Name, values)
		return nil
	case add:
	}
	for _, v := range values {
		if m, ok := v.(map[string]any); ok && m["primary"] == true {
			demote(old)
		}
	}
	list, err := p.distinct(a, append(old, values...))
	put(container, a.Name, list)
	return err
}

// demote makes no value of a list the primary one: another becomes it (RFC 7644 section 3.5.2).
func demote(list []any) {
	for _, element := range list {
		if m, ok := element.(map[string]any); ok && m["primary"] == true {
			m["primary"] = false
		}
	}
}

// without returns a list less the elements that a client names by some of their parts.
func without(list, names []any) []any {
	var out []any
	for _, element := range list {
		taken := false
		for _, name := range names {
			taken = taken || covers(element, name)
		}
		if !taken {
			out = append(out, element)
		}
	}
	return out
}

// covers reports whether an element has all parts that a name has, or its value where it has one.
func covers(element, name any) bool {
	m, isObject := name.(map[string]any)
	if !isObject {
		return equal(element, name)
	}
	of, _ := element.(map[string]any)
	if value := valueOf(name); value != "" && valueOf(of) != value {
		return false
	}
	for part, v := range m {
		if part != "display" && part != "primary" && part != "$ref" && !equal(of[part], v) {
			return false
		}
	}
	return len(m) > 0
}

// equal compares values of resources.
func equal(a, b any) bool { return reflect.DeepEqual(a, b) }
