package authzen

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	maxBody  = 1 << 20
	maxDepth = 32
)

// object is a JSON object whose members are not decoded yet. Unknown members are ignored by never being asked for.
type object map[string]json.RawMessage

// readBody returns the request body as an object (section 10.1.1: JSON objects of type application/json).
func readBody(r *http.Request) (object, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, fault.New(fault.Invalid, "the content type must be application/json")
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the body could not be read")
	}
	if len(raw) > maxBody {
		return nil, fault.New(fault.Limited, "the body is larger than %d bytes", maxBody)
	}
	return parse(raw)
}

// parse decodes a JSON object, refusing what I-JSON advises against: duplicate names, and nesting beyond reason.
func parse(raw []byte) (object, error) {
	if err := wellFormed(raw); err != nil {
		return nil, err
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, fault.New(fault.Invalid, "the body must be a JSON object")
	}
	return o, nil
}

func wellFormed(raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := walk(dec, 0); err != nil {
		if _, ok := errors.AsType[*fault.Error](err); ok {
			return err
		}
		return fault.Wrap(fault.Invalid, err, "the body is not valid JSON")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "the body holds more than one JSON value")
	}
	return nil
}

// walk reads one value.
func walk(dec *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fault.New(fault.Invalid, "the body is nested more than %d deep", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return walkObject(dec, depth)
	case json.Delim('['):
		for dec.More() {
			if err := walk(dec, depth+1); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	}
	return err
}

func walkObject(dec *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := name.(string)
		if seen[key] {
			return fault.New(fault.Invalid, "the name %q stands twice in one object", key)
		}
		seen[key] = true
		if err := walk(dec, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// null reports whether a member is absent or null; both mean the same here.
func null(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

// child returns an object member, nil when it is absent.
func (o object) child(path, name string) (object, error) {
	if null(o[name]) {
		return nil, nil //nolint:nilnil // absent is an answer
	}
	var c object
	if err := json.Unmarshal(o[name], &c); err != nil {
		return nil, fault.At(join(path, name), "must be an object")
	}
	return c, nil
}

// text returns a string member, "" when it is absent.
func (o object) text(path, name string) (string, error) {
	if null(o[name]) {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(o[name], &s); err != nil {
		return "", fault.At(join(path, name), "must be a string")
	}
	return s, nil
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
	if null(o[name]) {
		return false, nil
	}
	var b bool
	if err := json.Unmarshal(o[name], &b); err != nil {
		return false, fault.At(join(path, name), "must be true or false")
	}
	return b, nil
}

// count returns a whole number above zero, 0 when it is absent.
func (o object) count(path, name string) (int, error) {
	if null(o[name]) {
		return 0, nil
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(o[name])))
	if err != nil || n < 1 {
		return 0, fault.At(join(path, name), "must be a whole number above zero")
	}
	return n, nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
