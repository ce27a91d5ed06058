package jsonapi

import (
	"bytes"
	"encoding/json"
)

// Field is an attribute that a client may leave out, set to null, or set to a value.
type Field[T any] struct {
	Value T
	Set   bool // it was sent, possibly as null
	Null  bool
}

// UnmarshalJSON reads what was sent.
func (f *Field[T]) UnmarshalJSON(raw []byte) error {
	f.Set = true
	if bytes.Equal(raw, []byte("null")) {
		f.Null = true
		return nil
	}
	return json.Unmarshal(raw, &f.Value)
}

// Or returns the value, or a default when none was sent. Null is no value.
func (f Field[T]) Or(otherwise T) T {
	if !f.Set || f.Null {
		return otherwise
	}
	return f.Value
}

// Into sets a variable where a value was sent, and to the zero value where null was.
func (f Field[T]) Into(to *T) {
	if f.Set {
		*to = f.Value
	}
}
