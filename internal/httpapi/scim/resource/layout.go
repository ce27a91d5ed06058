package resource

import (
	"sync"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// layout is all that a kind of resource consists of: the common attributes, those of its schema, and its extensions, each
// as a complex attribute named by its URN.
type layout struct {
	kind       Kind
	schema     string
	common     []Attribute
	core       []Attribute
	extensions []Attribute
}

//nolint:gochecknoglobals // immutable tables, built on first use
var (
	userLayout = sync.OnceValue(func() *layout {
		return &layout{
			kind: User, schema: UserSchema, common: commonAttributes(), core: userAttributes(),
			extensions: []Attribute{text(EnterpriseSchema, "", parts(enterpriseAttributes()...))},
		}
	})
	groupLayout = sync.OnceValue(func() *layout {
		return &layout{kind: Group, schema: GroupSchema, common: commonAttributes(), core: groupAttributes()}
	})
)

func layoutOf(kind Kind) *layout {
	if kind == Group {
		return groupLayout()
	}
	return userLayout()
}

// target is what a path names: an attribute, perhaps of an extension, and perhaps a sub-attribute of it. The target of an
// extension's URN alone is the extension.
type target struct {
	extension *Attribute
	attribute *Attribute
	sub       *Attribute
}

// keys returns where the target is in a resource.
func (t target) keys() []string {
	var keys []string
	for _, a := range [...]*Attribute{t.extension, t.attribute, t.sub} {
		if a != nil {
			keys = append(keys, a.Name)
		}
	}
	return keys
}

// last returns the innermost attribute of the target.
func (t target) last() *Attribute {
	switch {
	case t.sub != nil:
		return t.sub
	case t.attribute != nil:
		return t.attribute
	}
	return t.extension
}

// named returns the attribute of a name, nil for none.
func named(attributes []Attribute, name string) *Attribute {
	for i := range attributes {
		if sameName(attributes[i].Name, name) {
			return &attributes[i]
		}
	}
	return nil
}

// resolve finds what a path names.
func (l *layout) resolve(a filter.Attribute) (target, bool) {
	var t target
	switch {
	case a.URN == "", sameName(a.URN, l.schema):
		if t.attribute = named(l.core, a.Name); t.attribute == nil {
			t.attribute = named(l.common, a.Name)
		}
	case a.Sub == "" && named(l.extensions, a.URN+":"+a.Name) != nil:
		t.extension = named(l.extensions, a.URN+":"+a.Name)
		return t, true
	default:
		if t.extension = named(l.extensions, a.URN); t.extension != nil {
			t.attribute = named(t.extension.SubAttributes, a.Name)
		}
	}
	if t.attribute == nil || a.Sub == "" {
		return t, t.attribute != nil
	}
	t.sub = named(t.attribute.SubAttributes, a.Sub)
	return t, t.sub != nil
}

// knows reports whether a URN is one of a schema of this kind.
func (l *layout) knows(urn string) bool {
	return sameName(urn, l.schema) || named(l.extensions, urn) != nil
}

// Find is that of filter.Schema.
func (l *layout) Find(a filter.Attribute) (filter.Definition, bool) {
	t, ok := l.resolve(a)
	if !ok || t.last().Returned == never { // a filter would tell
		return filter.Definition{}, false
	}
	d := t.last()
	return filter.Definition{Keys: t.keys(), Type: d.Type, CaseExact: d.CaseExact}, true
}

// Elements is that of filter.Schema.
func (l *layout) Elements(a filter.Attribute) (filter.Schema, bool) {
	t, ok := l.resolve(a)
	if !ok || t.attribute == nil || t.sub != nil {
		return nil, false
	}
	return elements{t.attribute}, t.attribute.Type == filter.TypeComplex || t.attribute.MultiValued
}

// elements are the values of an attribute.
type elements struct{ attribute *Attribute }

// Find is that of filter.Schema.
func (e elements) Find(a filter.Attribute) (filter.Definition, bool) {
	sub := e.sub(a.Name)
	if sub == nil || a.URN != "" || a.Sub != "" {
		return filter.Definition{}, false
	}
	return filter.Definition{Keys: []string{sub.Name}, Type: sub.Type, CaseExact: sub.CaseExact}, true
}

// sub returns a sub-attribute; simple values have "value" alone.
func (e elements) sub(name string) *Attribute {
	if e.attribute.Type == filter.TypeComplex {
		return named(e.attribute.SubAttributes, name)
	}
	if !sameName(name, "value") {
		return nil
	}
	value := *e.attribute
	value.Name, value.MultiValued = "value", false
	return &value
}

// Elements is that of filter.Schema: there are none within one.
func (e elements) Elements(filter.Attribute) (filter.Schema, bool) { return nil, false }

// listed returns the schemas of what is in a resource.
func (l *layout) listed(r Resource) []any {
	schemas := []any{l.schema}
	for _, extension := range l.extensions {
		if _, ok := r[extension.Name]; ok {
			schemas = append(schemas, extension.Name)
		}
	}
	return schemas
}

// attributes returns the attributes of a resource's top level, extensions included.
func (l *layout) attributes() []*Attribute {
	var all []*Attribute
	for _, list := range [...][]Attribute{l.common, l.core, l.extensions} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}
