package resource

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// coercion makes what a client sent into values of the types that the schema wants.
type coercion struct{ profile Profile }

func wrongType(a *Attribute, wanted string) error {
	return bad(InvalidValue, "%s must be %s", a.Name, wanted)
}

// value returns the value of an attribute; nil is none. A list has at most one primary value and none twice.
func (c coercion) value(a *Attribute, raw any) (any, error) {
	if !a.MultiValued {
		v, err := c.one(a, raw)
		if m, ok := v.(map[string]any); ok {
			return pruned(m), err
		}
		return v, err
	}
	list, err := c.list(a, raw)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list, nil
}

// one returns a value of an attribute, be the attribute multi-valued or not. In an object what is set to nothing stays as
// nil, for a PATCH takes it away.
func (c coercion) one(a *Attribute, raw any) (any, error) {
	if !c.profile.strict() {
		raw = unwrapped(a, raw)
	}
	if raw == nil {
		return nil, nil //nolint:nilnil // no value
	}
	switch a.Type {
	case filter.TypeBoolean:
		return c.boolean(a, raw)
	case filter.TypeInteger, filter.TypeDecimal:
		return c.number(a, raw)
	case filter.TypeComplex:
		return c.object(a, raw)
	case filter.TypeString, filter.TypeReference, filter.TypeDateTime, filter.TypeBinary:
	}
	return c.text(a, raw)
}

// unwrapped takes a single value out of the list or object that some clients put it in: [{"$ref": null, "value": "x"}].
func unwrapped(a *Attribute, raw any) any {
	if list, ok := raw.([]any); ok && len(list) <= 1 {
		if len(list) == 0 {
			return nil
		}
		raw = list[0]
	}
	if o, ok := raw.(object); ok && a.Type != filter.TypeComplex {
		if v, ok := o.get("value"); ok {
			return v
		}
	}
	return raw
}

func (c coercion) boolean(a *Attribute, raw any) (any, error) {
	if b, ok := raw.(bool); ok {
		return b, nil
	}
	if text, ok := raw.(string); ok && !c.profile.strict() {
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		case "":
			return nil, nil //nolint:nilnil // no value
		}
	}
	return nil, wrongType(a, "true or false")
}

func (c coercion) number(a *Attribute, raw any) (any, error) {
	n, ok := raw.(json.Number)
	if text, isText := raw.(string); isText && !c.profile.strict() && json.Valid([]byte(text)) {
		n, ok = json.Number(text), true
	}
	_, err := n.Float64()
	if a.Type == filter.TypeInteger {
		_, err = strconv.ParseInt(string(n), 10, 64)
	}
	if !ok || err != nil {
		return nil, wrongType(a, "a number of type "+string(a.Type))
	}
	return n, nil
}

func (c coercion) text(a *Attribute, raw any) (any, error) {
	text, ok := raw.(string)
	if n, isNumber := raw.(json.Number); isNumber && !c.profile.strict() {
		text, ok = string(n), true
	}
	if !ok {
		return nil, wrongType(a, "a string")
	}
	if text == "" && (!c.profile.strict() || a.Required) {
		return nil, nil //nolint:nilnil // an empty string says that there is no value
	}
	switch a.Type {
	case filter.TypeDateTime:
		if _, ok := filter.Time(text); !ok {
			return nil, wrongType(a, "a time, like 2026-01-31T12:00:00Z")
		}
	case filter.TypeBinary:
		if _, err := base64.StdEncoding.DecodeString(text); err != nil && c.profile.strict() {
			return nil, wrongType(a, "in base64")
		}
	case filter.TypeString, filter.TypeReference, filter.TypeBoolean, filter.TypeDecimal, filter.TypeInteger, filter.TypeComplex:
	}
	return text, nil
}

// object returns a value with parts. A simple value stands for the part "value".
func (c coercion) object(a *Attribute, raw any) (any, error) {
	o, ok := raw.(object)
	if !ok {
		if named(a.SubAttributes, "value") == nil || c.profile.strict() {
			return nil, wrongType(a, "an object")
		}
		if _, isList := raw.([]any); isList {
			return nil, wrongType(a, "one object")
		}
		o = object{{name: "value", value: raw}}
	}
	if name := o.twice(); name != "" && c.profile.strict() {
		return nil, bad(InvalidSyntax, "%s.%s is given twice", a.Name, name)
	}
	out := make(map[string]any, len(o))
	for _, m := range o {
		sub := named(a.SubAttributes, m.name)
		switch {
		case sub == nil && c.profile.strict():
			return nil, bad(InvalidSyntax, "%s has no sub-attribute %q", a.Name, m.name)
		case sub == nil, sub.Mutability == readOnly:
			continue
		}
		v, err := c.value(sub, m.value)
		if err != nil {
			return nil, err
		}
		out[sub.Name] = v
	}
	return out, nil
}

// pruned returns an object without what is nothing; nil when nothing is left.
func pruned(m map[string]any) any {
	for name, v := range m {
		if v == nil {
			delete(m, name)
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// list returns the values of a multi-valued attribute.
func (c coercion) list(a *Attribute, raw any) ([]any, error) {
	if raw == nil {
		return nil, nil
	}
	all, ok := raw.([]any)
	if !ok {
		if c.profile.strict() {
			return nil, wrongType(a, "a list")
		}
		all = []any{raw}
	}
	list := make([]any, 0, len(all))
	for _, element := range all {
		v, err := c.one(a, element)
		if err != nil {
			return nil, err
		}
		if m, ok := v.(map[string]any); ok {
			v = c.whole(a, m)
		}
		if v != nil {
			list = append(list, v)
		}
		if a.Name == membersName && (v == nil || valueOf(v) == "") {
			return nil, bad(InvalidValue, "a member must have a value, which is the id of a user or group")
		}
	}
	if a.Name == membersName {
		return list, nil // theirs is a list of its own: roster
	}
	return c.distinct(a, list)
}

// whole returns an element without what is nothing, nil when it says nothing.
func (c coercion) whole(a *Attribute, m map[string]any) any {
	if pruned(m) == nil {
		return nil
	}
	if a.Name == membersName && valueOf(m) == "" && !c.profile.strict() {
		ref, _ := m["$ref"].(string)
		if id := ref[strings.LastIndexByte(ref, '/')+1:]; id != "" {
			m["value"] = id
		}
	}
	if named(a.SubAttributes, "value") == nil || c.profile.strict() {
		return m
	}
	for name := range m {
		if name != "type" && name != "primary" && name != "display" {
			return m
		}
	}
	return nil // a label without what it is the label of
}

// distinct returns a list without values that are there twice (RFC 7643 section 2.4), and with one primary value at most.
// The later of two adds to the former.
func (c coercion) distinct(a *Attribute, list []any) ([]any, error) {
	out := make([]any, 0, len(list))
	places := make(map[string]int, len(list))
	for _, element := range list {
		m, ok := element.(map[string]any)
		if !ok {
			out = append(out, element)
			continue
		}
		key := c.identity(a, m)
		if at, ok := places[key]; ok {
			out[at] = merged(out[at], m)
			continue
		}
		places[key] = len(out)
		out = append(out, m)
	}
	return out, c.onePrimary(a, out)
}

// identity returns what must not be in a list twice: a value with its type. Entra knows values by their type alone.
func (c coercion) identity(a *Attribute, m map[string]any) string {
	kind, _ := m["type"].(string)
	if a.Name == membersName {
		return valueOf(m)
	}
	if c.profile == Entra && kind != "" {
		return filter.Fold(kind)
	}
	value := valueOf(m)
	if sub := named(a.SubAttributes, "value"); sub == nil || value == "" {
		m = maps.Clone(m)
		delete(m, "primary")
		whole, err := json.Marshal(m)
		if err != nil { // maps of strings and booleans are always encoded
			return ""
		}
		return string(whole)
	} else if !sub.CaseExact {
		value = filter.Fold(value)
	}
	return filter.Fold(kind) + "\x00" + value
}

// onePrimary leaves the first of several primary values.
func (c coercion) onePrimary(a *Attribute, list []any) error {
	found := false
	for _, element := range list {
		m, ok := element.(map[string]any)
		if !ok || m["primary"] != true {
			continue
		}
		if found && c.profile.strict() {
			return bad(InvalidValue, "%s has more than one primary value", a.Name)
		}
		if found {
			m["primary"] = false
		}
		found = true
	}
	return nil
}

// valueOf returns the value of an element, "" for none.
func valueOf(element any) string {
	m, _ := element.(map[string]any)
	text, _ := m["value"].(string)
	return text
}
