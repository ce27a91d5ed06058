package jsonapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	maxBody       = 1 << 20
	maxDepth      = 32
	maxReferences = 1000 // in one list
)

// Input is a resource that a client sent. Its type may be empty, as some clients leave it.
type Input struct {
	ID, Type      string
	attributes    map[string]json.RawMessage
	relationships map[string]linkage
}

// Reference is a resource that a client named, possibly with attributes in place of an id.
type Reference struct {
	ID, Type   string
	Attributes map[string]json.RawMessage
}

// linkage is the data of a relationship: absent, null, one reference or many.
type linkage struct {
	one  *Reference
	many []Reference
	list bool
}

// wire is a resource as it is sent.
type wire struct {
	ID            *string                    `json:"id"`
	Type          *string                    `json:"type"`
	Attributes    map[string]json.RawMessage `json:"attributes"`
	Relationships map[string]struct {
		Data json.RawMessage `json:"data"`
	} `json:"relationships"`
}

// ReadResource reads a request that holds one resource, which may be of one of some types or of none. Faults: Unsupported
// for another media type, fault.Limited for a body that is too large, fault.Invalid with the place for anything else.
func ReadResource(r *http.Request, types ...string) (Input, error) {
	data, err := readData(r)
	if err != nil {
		return Input{}, err
	}
	return readResource(data, types)
}

// ReadEither is ReadResource for requests whose attributes may also be all there is in the body, without a resource
// around them.
func ReadEither(r *http.Request, types ...string) (Input, error) {
	raw, err := readBody(r)
	if err != nil {
		return Input{}, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return Input{}, Malformed(err, "the body must be a JSON object")
	}
	data, ok := members["data"]
	if !ok {
		return Input{attributes: members}, nil
	}
	if data, err = present(data); err != nil {
		return Input{}, err
	}
	return readResource(data, types)
}

func readResource(data []byte, types []string) (Input, error) {
	var w wire
	if err := decodeInto(data, &w, "/data", "must be a resource object"); err != nil {
		return Input{}, err
	}
	in := Input{attributes: w.Attributes, relationships: map[string]linkage{}}
	if w.ID != nil {
		in.ID = *w.ID
	}
	if w.Type != nil {
		in.Type = *w.Type
	}
	if err := checkType(in.Type, "/data/type", types); err != nil {
		return Input{}, err
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(w.Relationships)) {
		l, err := readLinkage(w.Relationships[name].Data, "/data/relationships/"+token(name)+"/data")
		faults = append(faults, err)
		in.relationships[name] = l
	}
	return in, errors.Join(faults...)
}

// ReadReferences reads a request that names resources of one of some types.
func ReadReferences(r *http.Request, types ...string) ([]Reference, error) {
	data, err := readData(r)
	if err != nil {
		return nil, err
	}
	l, err := readLinkage(data, "/data")
	if err != nil {
		return nil, err
	}
	if !l.list {
		return nil, fault.At("/data", "must be a list of resource identifiers")
	}
	return l.many, checkTypes(l.many, "/data", types)
}

func checkTypes(refs []Reference, pointer string, types []string) error {
	var faults []error
	for i, ref := range refs {
		faults = append(faults, checkType(ref.Type, fmt.Sprintf("%s/%d/type", pointer, i), types))
	}
	return errors.Join(faults...)
}

// token returns a name as a part of a JSON pointer (RFC 6901).
func token(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

// checkType refuses a resource of another type. Clients that leave the type out mean the one that is expected.
func checkType(got, pointer string, types []string) error {
	if got == "" || len(types) == 0 {
		return nil
	}
	for _, t := range types {
		if got == t || got+"s" == t { // the vendor's own examples use either
			return nil
		}
	}
	return fault.At(pointer, "must be %s", strings.Join(types, " or "))
}

// Attributes reads the attributes into a struct of Fields, by their tags. What the struct does not name is ignored, as
// clients of other versions send more; every value of a wrong type is reported.
func (in Input) Attributes(into any) error {
	return decodeFields(in.attributes, into, "/data/attributes/")
}

// Attribute reads one attribute into a variable. sent is false when the client left it out; null leaves the variable.
func (in Input) Attribute(name string, into any) (sent bool, err error) {
	raw, ok := in.attributes[name]
	if !ok {
		return false, nil
	}
	return true, decodeInto(raw, into, "/data/attributes/"+name, "")
}

// Has reports whether an attribute was sent.
func (in Input) Has(attribute string) bool { _, ok := in.attributes[attribute]; return ok }

// One returns what a relationship to one resource, which may be of one of some types, was set to. sent is false when the
// client left it out; a nil reference with sent is null.
func (in Input) One(name string, types ...string) (ref *Reference, sent bool, err error) {
	l, ok := in.relationships[name]
	at := "/data/relationships/" + token(name) + "/data"
	switch {
	case ok && l.list:
		return nil, true, fault.At(at, "must be one resource identifier")
	case l.one != nil:
		err = checkType(l.one.Type, at+"/type", types)
	}
	return l.one, ok, err
}

// Many returns what a relationship to many resources, which may be of one of some types, was set to.
func (in Input) Many(name string, types ...string) (refs []Reference, sent bool, err error) {
	l, ok := in.relationships[name]
	at := "/data/relationships/" + token(name) + "/data"
	if ok && !l.list {
		return nil, true, fault.At(at, "must be a list of resource identifiers")
	}
	return l.many, ok, checkTypes(l.many, at, types)
}

// DecodeAttributes reads the attributes of a reference into a struct of Fields; at is where the reference stands.
func (ref Reference) DecodeAttributes(into any, at string) error {
	return decodeFields(ref.Attributes, into, at+"/attributes/")
}

// decodeFields reads members into the fields of a struct and reports every one that does not fit.
func decodeFields(members map[string]json.RawMessage, into any, pointer string) error {
	v := reflect.ValueOf(into).Elem()
	var faults []error
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous {
			faults = append(faults, decodeFields(members, v.Field(i).Addr().Interface(), pointer))
			continue
		}
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		raw, ok := members[name]
		if !ok {
			continue
		}
		faults = append(faults, decodeInto(raw, v.Field(i).Addr().Interface(), pointer+name, ""))
	}
	return errors.Join(faults...)
}

// decodeInto reads one value; where it does not fit the fault says what was wanted, by itself or as given, or else which
// parts of it do not fit.
func decodeInto(raw []byte, into any, pointer, wanted string) error {
	err := json.Unmarshal(raw, into)
	if err == nil {
		return nil
	}
	if parts := decodeParts(raw, into, pointer); parts != nil {
		return parts
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field != "" {
			pointer += "/" + strings.ReplaceAll(e.Field, ".", "/")
		}
		if wanted == "" || e.Field != "" {
			wanted = "must be " + kindName(e.Type)
		}
	}
	if wanted == "" {
		wanted = "is invalid"
	}
	e := fault.Wrap(fault.Invalid, err, "%s", wanted)
	e.Field = pointer
	return e
}

// decodeParts reports every part of an object or a list that does not fit, nil where it is the whole.
func decodeParts(raw []byte, into any, pointer string) error {
	if _, ok := into.(json.Unmarshaler); ok {
		return nil
	}
	v := reflect.ValueOf(into).Elem()
	var members map[string]json.RawMessage
	var items []json.RawMessage
	switch {
	case v.Kind() == reflect.Struct && json.Unmarshal(raw, &members) == nil:
		return decodeFields(members, into, pointer+"/")
	case v.Kind() == reflect.Slice && json.Unmarshal(raw, &items) == nil:
		var faults []error
		for i, item := range items {
			faults = append(faults, decodeInto(item, reflect.New(v.Type().Elem()).Interface(), fmt.Sprintf("%s/%d", pointer, i), ""))
		}
		return errors.Join(faults...)
	}
	return nil
}

// kindName says in the words of JSON what a Go type is read from.
func kindName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "an object"
}

func readLinkage(raw json.RawMessage, pointer string) (linkage, error) {
	type member struct {
		ID         string                     `json:"id"`
		Type       string                     `json:"type"`
		Attributes map[string]json.RawMessage `json:"attributes"`
	}
	trimmed := bytes.TrimSpace(raw)
	switch {
	case len(trimmed) == 0 || bytes.Equal(trimmed, []byte("null")):
		return linkage{}, nil
	case trimmed[0] != '[':
		var m member
		err := decodeInto(trimmed, &m, pointer, "must be a resource identifier")
		return linkage{one: &Reference{ID: m.ID, Type: m.Type, Attributes: m.Attributes}}, err
	}
	var items []json.RawMessage
	if err := decodeInto(trimmed, &items, pointer, "must be a list of resource identifiers"); err != nil {
		return linkage{}, err
	}
	if len(items) > maxReferences {
		return linkage{}, fault.At(pointer, "must not hold more than %d resource identifiers", maxReferences)
	}
	l := linkage{list: true}
	var faults []error
	for i, item := range items {
		var m member
		faults = append(faults, decodeInto(item, &m, fmt.Sprintf("%s/%d", pointer, i), "must be a resource identifier"))
		l.many = append(l.many, Reference(m))
	}
	return l, errors.Join(faults...)
}

// readData returns the data member of a request's document.
func readData(r *http.Request) (json.RawMessage, error) {
	raw, err := readBody(r)
	if err != nil {
		return nil, err
	}
	var document struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, Malformed(err, "the body must be a JSON:API document")
	}
	return present(document.Data)
}

func present(data json.RawMessage) (json.RawMessage, error) {
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		return nil, fault.At("/data", "is missing")
	}
	return data, nil
}

// readBody returns a body that is JSON of a bearable size and depth, without a name that stands twice in one object and
// without null characters.
func readBody(r *http.Request) ([]byte, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (media != MediaType && media != "application/json") {
		return nil, Unsupported("the content type must be %s", MediaType)
	}
	return ReadBody(r)
}

// ReadBody reads a body of any media type as readBody does, for protocols that take other types or other documents.
func ReadBody(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, Malformed(err, "the body could not be read")
	}
	if len(raw) > maxBody {
		return nil, fault.New(fault.Limited, "the body is larger than %d bytes", maxBody)
	}
	return raw, check(raw)
}

// check walks JSON once. encoding/json would take names that stand twice, broken text, and nesting without end.
func check(raw []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(raw))
	for values := 0; ; {
		token, err := decoder.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && values > 0:
			return nil
		case err != nil:
			return Malformed(err, "the body is not valid JSON")
		case decoder.StackDepth() > maxDepth:
			return Malformed(nil, "the body is nested more than %d deep", maxDepth)
		case token.Kind() == '"' && strings.ContainsRune(token.String(), 0):
			return Malformed(nil, "the body must not contain null characters") // no database keeps them
		case decoder.StackDepth() == 0:
			values++
		}
		if values > 1 {
			return Malformed(nil, "the body holds more than one JSON value")
		}
	}
}
