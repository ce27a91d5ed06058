package authzen

import (
	"bytes"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// object is the members of a JSON object, in the order of the body. There are few, so they are looked for one by
// one. Unknown members are ignored by never being asked for.
type object []member

type member struct {
	name  []byte
	value value
}

// value is a JSON value that nobody has made sense of yet. The zero value is one that is absent.
type value struct {
	raw     jsontext.Value // as it stands in the body
	members object         // of an object, not nil
}

// get returns a member, the zero value when it is absent.
func (o object) get(name string) value {
	for _, m := range o {
		if string(m.name) == name {
			return m.value
		}
	}
	return value{}
}

// null reports whether a value is absent or null; both mean the same here.
func (v value) null() bool { return len(v.raw) == 0 || v.raw.Kind() == jsontext.KindNull }

// object returns the members of an object, nil when it is absent. path and name say in errors which one it is.
func (v value) object(path, name string) (object, error) {
	if v.members == nil && !v.null() {
		return nil, fault.At(join(path, name), "must be an object")
	}
	return v.members, nil
}

// child returns an object member, nil when it is absent.
func (o object) child(path, name string) (object, error) { return o.get(name).object(path, name) }

// text returns a string member, "" when it is absent.
func (o object) text(path, name string) (string, error) {
	v := o.get(name)
	if v.null() {
		return "", nil
	}
	if v.raw.Kind() != jsontext.KindString {
		return "", fault.At(join(path, name), "must be a string")
	}
	return string(unquoted(v.raw)), nil
}

// required returns a string member that must be there.
func (o object) required(path, name string) (string, error) {
	s, err := o.text(path, name)
	if err == nil && s == "" {
		return "", fault.At(join(path, name), "is required")
	}
	return s, err
}

// flag returns a boolean member, false when it is absent.
func (o object) flag(path, name string) (bool, error) {
	switch v := o.get(name); {
	case v.null(), v.raw.Kind() == jsontext.KindFalse:
		return false, nil
	case v.raw.Kind() == jsontext.KindTrue:
		return true, nil
	}
	return false, fault.At(join(path, name), "must be true or false")
}

// count returns a whole number above zero, 0 when it is absent.
func (o object) count(path, name string) (int, error) {
	v := o.get(name)
	if v.null() {
		return 0, nil
	}
	n, err := strconv.Atoi(string(v.raw))
	if err != nil || n < 1 {
		return 0, fault.At(join(path, name), "must be a whole number above zero")
	}
	return n, nil
}

// list returns an array member, nil when it is absent, and never more than limit+1 of its items.
func (o object) list(path, name string, limit int) ([]value, error) {
	v := o.get(name)
	if v.null() {
		return nil, nil
	}
	if v.raw.Kind() != jsontext.KindBeginArray {
		return nil, fault.At(join(path, name), "must be an array")
	}
	r := newReader(v.raw)
	defer r.release()
	if _, err := r.token(); err != nil {
		return nil, err
	}
	var items []value
	for r.decoder.PeekKind() != jsontext.KindEndArray && len(items) <= limit {
		item, err := r.value(0)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// unquoted returns what a JSON string says: a part of it where nothing is escaped.
func unquoted(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return nil // the decoder has read it already
	}
	return text
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
