package sqlstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
)

// key returns the form of a name under which it is unique.
func key(name string) string { return catalog.NameKey(name) }

// micros returns the stored form of a time: microseconds since 1970, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment scans the stored form of a time.
type moment struct{ to *time.Time }

// Scan implements sql.Scanner.
func (m moment) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	*m.to = time.Time{}
	if n != 0 {
		*m.to = time.UnixMicro(n).UTC()
	}
	return nil
}

// span scans the stored form of a duration: microseconds.
type span struct{ to *time.Duration }

// Scan implements sql.Scanner.
func (s span) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", v)
	}
	*s.to = time.Duration(n) * time.Microsecond
	return nil
}

// document scans a JSON document.
type document struct{ to any }

// Scan implements sql.Scanner.
func (d document) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a document is stored as %T", v)
	}
	return json.Unmarshal([]byte(s), d.to)
}

// encode returns the JSON document of a value. Lists of strings and of plain structs cannot fail.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode a document: %w", err)
	}
	return string(b), nil
}

// objectText returns the stored form of an object: "type:id", or "" for none.
func objectText(o authz.Object) string {
	if o.IsZero() {
		return ""
	}
	return o.String()
}

// textObject is the inverse of objectText.
func textObject(s string) authz.Object {
	typeName, id, _ := strings.Cut(s, ":")
	return authz.Object{Type: typeName, ID: id}
}

// object scans the stored form of an object.
type object struct{ to *authz.Object }

// Scan implements sql.Scanner.
func (o object) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("an object is stored as %T", v)
	}
	*o.to = textObject(s)
	return nil
}

// keys returns the keys of names.
func keys(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, key(name))
	}
	return out
}

// digest scans bytes; none come back as nil, whatever the driver makes of them.
type digest struct{ to *[]byte }

// Scan implements sql.Scanner.
func (d digest) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok && v != nil {
		return fmt.Errorf("bytes are stored as %T", v)
	}
	*d.to = nil
	if len(b) > 0 {
		*d.to = bytes.Clone(b) // the driver may use its own again
	}
	return nil
}

// bytesOf returns the stored form of bytes: none are empty, not null.
func bytesOf(b []byte) []byte { return append([]byte{}, b...) }

// objects scans a list of objects.
type objects struct{ to *[]authz.Object }

// Scan implements sql.Scanner.
func (o objects) Scan(v any) error {
	var texts []string
	if err := (document{&texts}).Scan(v); err != nil {
		return err
	}
	*o.to = nil
	for _, text := range texts {
		*o.to = append(*o.to, textObject(text))
	}
	return nil
}
