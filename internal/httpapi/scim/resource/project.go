package resource

import (
	"strings"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// Projection is what a client wants to be shown (RFC 7644 section 3.9).
type Projection struct {
	layout  *layout
	include *choice // nil: the default attributes
	exclude *choice
}

// choice is a set of attributes and sub-attributes.
type choice struct {
	whole bool
	inner map[string]*choice // by names as the schema has them
}

// NewProjection returns a projection to attributes, or to the default ones where there are none, less those excluded. Each
// item may be several names with commas between them. Unknown names are ignored.
func NewProjection(kind Kind, attributes, excluded []string) Projection {
	l := layoutOf(kind)
	return Projection{layout: l, include: l.choose(attributes), exclude: l.choose(excluded)}
}

// Project returns what of a resource is shown, in a new one that may share values with it.
func Project(kind Kind, r Resource, attributes, excluded []string) Resource {
	return NewProjection(kind, attributes, excluded).Apply(r)
}

// choose returns the choice of a list of names, nil where it is empty.
func (l *layout) choose(names []string) *choice {
	var c *choice
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if c == nil {
				c = &choice{}
			}
			if path, err := filter.ParsePath(name); err == nil && path.Filter == nil {
				if t, ok := l.resolve(path.Attribute); ok {
					c.add(t.keys())
				}
			}
		}
	}
	return c
}

func (c *choice) add(keys []string) {
	if len(keys) == 0 {
		c.whole = true
		return
	}
	if c.inner == nil {
		c.inner = map[string]*choice{}
	}
	if c.inner[keys[0]] == nil {
		c.inner[keys[0]] = &choice{}
	}
	c.inner[keys[0]].add(keys[1:])
}

// in returns what is chosen of an attribute, nil for nothing.
func (c *choice) in(name string) *choice {
	if c == nil {
		return nil
	}
	if c.whole {
		return c
	}
	return c.inner[name]
}

// Apply returns what of a resource is shown, in a new one that may share values with it. Its schemas are those of what is
// in it.
func (p Projection) Apply(r Resource) Resource {
	out := show(p.layout.attributes(), r, p.include, p.exclude)
	out["schemas"] = p.layout.listed(out)
	return out
}

// show returns the members of an object that are chosen. Without include the default ones are.
func show(attributes []*Attribute, m map[string]any, include, exclude *choice) map[string]any {
	out := make(map[string]any, len(m))
	for _, a := range attributes {
		v, ok := m[a.Name]
		if !ok || !visible(a, include, exclude) {
			continue
		}
		chosen, left := include.in(a.Name), exclude.in(a.Name)
		if chosen != nil && chosen.whole {
			chosen = nil
		}
		if a.Returned == always || chosen == nil && left == nil && !hides(a) {
			out[a.Name] = v
		} else if v := showParts(a, v, chosen, left); v != nil {
			out[a.Name] = v
		}
	}
	return out
}

// hides reports whether an attribute has parts that are not shown by default.
func hides(a *Attribute) bool {
	for _, sub := range a.SubAttributes {
		if sub.Returned == never || sub.Returned == byRequest || hides(&sub) {
			return true
		}
	}
	return false
}

// visible applies the rules of what is returned (RFC 7643 section 7).
func visible(a *Attribute, include, exclude *choice) bool {
	switch a.Returned {
	case always:
		return true
	case never:
		return false
	case byRequest:
		if include == nil {
			return false
		}
	}
	left := exclude.in(a.Name)
	return (include == nil || include.in(a.Name) != nil) && (left == nil || !left.whole)
}

// showParts returns what is chosen of a value, nil where nothing is left.
func showParts(a *Attribute, v any, include, exclude *choice) any {
	subs := make([]*Attribute, len(a.SubAttributes))
	for i := range a.SubAttributes {
		subs[i] = &a.SubAttributes[i]
	}
	switch v := v.(type) {
	case map[string]any:
		if out := show(subs, v, include, exclude); len(out) > 0 {
			return out
		}
		return nil
	case []any:
		list := make([]any, 0, len(v))
		for _, element := range v {
			if shown := showParts(a, element, include, exclude); shown != nil {
				list = append(list, shown)
			}
		}
		if len(list) == 0 {
			return nil
		}
		return list
	}
	return v
}
