package authzen

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	maxBody  = 1 << 20
	maxDepth = 32
)

// readBody returns the request body as an object (section 10.1.1: JSON objects of type application/json).
func readBody(r *http.Request) (object, error) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, fault.New(fault.Invalid, "the content type must be application/json")
	}
	raw, err := readAll(r)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the body could not be read")
	}
	if len(raw) > maxBody {
		return nil, fault.New(fault.Limited, "the body is larger than %d bytes", maxBody)
	}
	return parse(raw)
}

// readAll returns a body, and one byte more than is allowed of one that is larger. A small body is read into just the
// room it needs; a large one has yet to arrive before it takes any.
func readAll(r *http.Request) ([]byte, error) {
	const small = 4 << 10
	if r.ContentLength < 0 || r.ContentLength > small {
		return io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	}
	raw := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, raw)
	return raw, err
}

// isJSON reports whether a content type is application/json, whatever its parameters.
func isJSON(contentType string) bool {
	if contentType == "application/json" { // as nearly everybody writes it
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// parse decodes a JSON object, refusing what I-JSON (RFC 7493) forbids, duplicate names above all, and nesting
// beyond reason.
func parse(raw []byte) (object, error) {
	r := newReader(raw)
	defer r.release()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "the body holds more than one JSON value")
	}
	if v.members == nil {
		return nil, fault.New(fault.Invalid, "the body must be a JSON object")
	}
	return v.members, nil
}

// reader reads values one behind the other. The decoder finds them and checks them; what is kept of them are parts
// of raw, because the decoder's own results last only until it reads on.
type reader struct {
	raw     []byte
	input   bytes.Buffer // raw, as the decoder wants it
	decoder jsontext.Decoder
}

// readers are those that were released: a decoder grows tables of names that cost more than reading a question.
var readers = sync.Pool{New: func() any { return new(reader) }} //nolint:gochecknoglobals // what is left in one is never read

// newReader returns a reader of raw, which must stay as it is. The caller releases it.
func newReader(raw []byte) *reader {
	r, _ := readers.Get().(*reader)
	r.raw, r.input = raw, *bytes.NewBuffer(raw)
	r.decoder.Reset(&r.input)
	return r
}

func (r *reader) release() { readers.Put(r) }

// value reads a value with everything in it.
func (r *reader) value(depth int) (value, error) {
	if depth > maxDepth {
		return value{}, fault.New(fault.Invalid, "the body is nested more than %d deep", maxDepth)
	}
	kind := r.decoder.PeekKind()
	if kind == jsontext.KindBeginObject {
		return r.object(depth)
	}
	if kind == jsontext.KindBeginArray {
		return r.array(depth)
	}
	raw, err := r.scalar()
	return value{raw: raw}, err
}

// scalar reads a value that holds no others, or a name.
func (r *reader) scalar() ([]byte, error) {
	v, err := r.decoder.ReadValue()
	if err != nil {
		return nil, malformed(err)
	}
	end := int(r.decoder.InputOffset())
	return r.raw[end-len(v) : end], nil
}

// token reads a bracket and returns where it stands.
func (r *reader) token() (int, error) {
	if _, err := r.decoder.ReadToken(); err != nil {
		return 0, malformed(err)
	}
	return int(r.decoder.InputOffset()) - 1, nil
}

func (r *reader) object(depth int) (value, error) {
	start, err := r.token()
	if err != nil {
		return value{}, err
	}
	members := make(object, 0, 2) // a type and an id; more would be a gift to whoever sends many small objects
	for r.decoder.PeekKind() != jsontext.KindEndObject {
		name, err := r.scalar()
		if err != nil {
			return value{}, err
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		members = append(members, member{unquoted(name), v})
	}
	end, err := r.token()
	if err != nil {
		return value{}, err
	}
	return value{raw: r.raw[start : end+1], members: members}, nil
}

// array reads an array and keeps nothing of what is in it: most are of no interest, and the rest is read by items.
func (r *reader) array(depth int) (value, error) {
	start, err := r.token()
	if err != nil {
		return value{}, err
	}
	for r.decoder.PeekKind() != jsontext.KindEndArray {
		if _, err := r.value(depth + 1); err != nil {
			return value{}, err
		}
	}
	end, err := r.token()
	if err != nil {
		return value{}, err
	}
	return value{raw: r.raw[start : end+1]}, nil
}

// malformed is the answer to what the decoder refused.
func malformed(err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) {
		return fault.New(fault.Invalid, "the name %q stands twice in one object", syntax.JSONPointer.LastToken())
	}
	return fault.Wrap(fault.Invalid, err, "the body is not valid JSON")
}
