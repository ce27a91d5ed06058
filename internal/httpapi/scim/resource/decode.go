package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxNesting is how deep the lists and objects of a body may be.
const MaxNesting = 16

// object is a JSON object in the order in which it was written: of members that differ in case alone the last counts.
type object []member

type member struct {
	name  string
	value any // nil, bool, string, json.Number, []any or object
}

// get returns the last member of a name in any case.
func (o object) get(name string) (any, bool) {
	for i := len(o) - 1; i >= 0; i-- {
		if sameName(o[i].name, name) {
			return o[i].value, true
		}
	}
	return nil, false
}

// twice returns the name of a member that is there twice, "" for none.
func (o object) twice() string {
	seen := make(map[string]bool, len(o))
	for _, m := range o {
		name := strings.ToLower(m.name)
		if seen[name] {
			return m.name
		}
		seen[name] = true
	}
	return ""
}

// decode reads a JSON value and nothing after it.
func decode(body []byte) (any, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	v, err := next(dec)
	if err == nil {
		if _, err = dec.ReadToken(); errors.Is(err, io.EOF) {
			return v, nil
		}
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return nil, e
	}
	return nil, bad(InvalidSyntax, "the body is not JSON, from byte %d on", dec.InputOffset())
}

// decodeObject reads a JSON object.
func decodeObject(body []byte) (object, error) {
	v, err := decode(body)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, bad(InvalidSyntax, "the body must be a JSON object")
	}
	return o, nil
}

func next(dec *jsontext.Decoder) (any, error) {
	token, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}
	if dec.StackDepth() > MaxNesting {
		return nil, bad(InvalidSyntax, "the body is nested more than %d deep", MaxNesting)
	}
	switch token.Kind() {
	case jsontext.KindNull:
		return nil, nil //nolint:nilnil // the value null
	case jsontext.KindTrue, jsontext.KindFalse:
		return token.Bool(), nil
	case jsontext.KindNumber:
		return json.Number(token.String()), nil
	case jsontext.KindString:
		return plain(token.String())
	case jsontext.KindBeginArray:
		return nextList(dec)
	case jsontext.KindBeginObject:
		return nextObject(dec)
	case jsontext.KindInvalid, jsontext.KindEndArray, jsontext.KindEndObject: // the decoder has refused these
	}
	return nil, bad(InvalidSyntax, "the body is not JSON")
}

// plain refuses what not every database keeps.
func plain(text string) (any, error) {
	if strings.ContainsRune(text, 0) {
		return nil, bad(InvalidSyntax, "a string must not hold the character U+0000")
	}
	return text, nil
}

func nextList(dec *jsontext.Decoder) (any, error) {
	list := []any{}
	for dec.PeekKind() != jsontext.KindEndArray {
		v, err := next(dec)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.ReadToken()
	return list, err
}

func nextObject(dec *jsontext.Decoder) (any, error) {
	o := object{}
	for dec.PeekKind() != jsontext.KindEndObject {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		text := name.String() // reading on overwrites the token
		v, err := next(dec)
		if err != nil {
			return nil, err
		}
		o = append(o, member{name: text, value: v})
	}
	_, err := dec.ReadToken()
	return o, err
}
