package terrakube

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// sent is a resource as a client sends it.
type sent struct {
	ID            *string                    `json:"id"`
	LID           string                     `json:"lid"`
	Type          string                     `json:"type"`
	Attributes    map[string]json.RawMessage `json:"attributes"`
	Relationships map[string]struct {
		Data json.RawMessage `json:"data"`
	} `json:"relationships"`
}

// identifier names a resource, which may be one that an earlier operation of the same request makes.
type identifier struct {
	ID   string `json:"id"`
	LID  string `json:"lid"`
	Type string `json:"type"`
}

// idOf returns the id that an identifier means.
type idOf func(identifier) (string, error)

// given is the idOf of requests that make one resource: nothing in them was made before.
func given(i identifier) (string, error) {
	if i.ID == "" {
		return "", fault.New(fault.Invalid, "A resource identifier needs an id.")
	}
	return i.ID, nil
}

// readDocument returns the data of a request's JSON:API document. What else is in it, such as included, is ignored.
func readDocument(r *http.Request) (json.RawMessage, error) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != jsonapi.MediaType || parameters["ext"] != "" {
		return nil, jsonapi.Unsupported("The content type must be %s.", jsonapi.MediaType)
	}
	raw, err := jsonapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	var d struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &d); err != nil || len(d.Data) == 0 {
		return nil, jsonapi.Malformed(err, "The body must be a JSON:API document with data.")
	}
	return d.Data, nil
}

// readSent reads a resource of a noun.
func readSent(data json.RawMessage, n *noun) (sent, error) {
	var s sent
	if err := json.Unmarshal(data, &s); err != nil || bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return sent{}, jsonapi.Malformed(err, "The data must be one resource.")
	}
	if s.Type != n.typ {
		return sent{}, jsonapi.Malformed(nil, "The type must be %s, not %q.", n.typ, s.Type)
	}
	return s, nil
}

// input checks what was sent against a noun. Every fault is reported.
func (n *noun) input(s sent, id idOf) (input, error) {
	in := input{attributes: map[string]any{}, relations: map[string][]string{}}
	var faults []error
	for name, raw := range s.Attributes {
		a, ok := n.attribute(name)
		switch {
		case !ok:
			faults = append(faults, unknown(name, n))
		case a.fixed:
		default:
			v, err := a.read(raw)
			if err == nil && !a.secret {
				in.attributes[name] = v
			}
			faults = append(faults, err)
		}
	}
	for name, r := range s.Relationships {
		k, ok := n.relation(name)
		if !ok {
			faults = append(faults, unknown(name, n))
			continue
		}
		ids, err := k.read(r.Data, id)
		switch {
		case err != nil:
			faults = append(faults, err)
		case k.inside && len(ids) > 0:
			faults = append(faults, fault.At(name, "is changed through its collection"))
		case !k.inside && !k.fixed:
			in.relations[name] = ids
		}
	}
	return in, errors.Join(faults...)
}

// read returns a value of the attribute's kind, nil for null.
func (a attribute) read(raw json.RawMessage) (any, error) {
	if bytes.Equal(raw, []byte("null")) {
		return nil, nil //nolint:nilnil // null is a value
	}
	switch a.kind {
	case flag:
		return readAs[bool](raw, a.name, "must be true or false")
	case number:
		return readAs[int64](raw, a.name, "must be a whole number")
	case stamp:
		v, err := readAs[string](raw, a.name, "must be a time")
		if err == nil {
			if _, err = time.Parse(time.RFC3339, v.(string)); err != nil { //nolint:forcetypeassert // readAs returned it
				return nil, fault.At(a.name, "must be a time as in 2006-01-02T15:04:05Z")
			}
		}
		return v, err
	case text:
	}
	v, err := readAs[string](raw, a.name, "must be a string")
	if s, _ := v.(string); err == nil && len(a.among) > 0 && !slices.Contains(a.among, s) {
		return nil, fault.At(a.name, "must be one of %s", strings.Join(a.among, ", "))
	}
	if s, _ := v.(string); err == nil {
		err = a.checkLength(s)
	}
	return v, err
}

// Limits of texts. What people read in lists is short; contents are not.
const (
	maxText    = 255      // characters
	maxContent = 64 << 10 // bytes
)

// contents are the texts that hold more than a name or a word: what is written for people, code, keys, addresses, lists.
func contents() []string {
	return []string{
		"value", "tcl", "description", "source", "lockDescription", "sharedIds", "path", "branch", "asciiArmor", "trustSignature",
		"url", "endpoint", "apiUrl", "callback", "redirectUrl", "issuerUrl", "downloadUrl", "shasumsUrl", "shasumsSignatureUrl", "sourceUrl",
	}
}

// checkLength refuses a text that is longer than the attribute takes.
func (a attribute) checkLength(s string) error {
	if a.secret || slices.Contains(contents(), a.name) {
		if len(s) > maxContent {
			return fault.At(a.name, "must not be longer than %d KiB", maxContent>>10)
		}
		return nil
	}
	if utf8.RuneCountInString(s) > maxText {
		return fault.At(a.name, "must not be longer than %d characters", maxText)
	}
	return nil
}

func readAs[T any](raw json.RawMessage, name, wanted string) (any, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fault.At(name, "%s", wanted)
	}
	return v, nil
}

// read returns the ids that a relation was set to.
func (k relationKind) read(raw json.RawMessage, id idOf) ([]string, error) {
	all, err := k.identifiers(bytes.TrimSpace(raw))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, one := range all {
		if one.Type != k.typ {
			return nil, fault.At(k.name, "must be of the type %s, not %q", k.typ, one.Type)
		}
		resolved, err := id(one)
		if err != nil {
			return nil, err
		}
		ids = append(ids, resolved)
	}
	return ids, nil
}

func (k relationKind) identifiers(raw []byte) (all []identifier, err error) {
	switch null := len(raw) == 0 || string(raw) == "null"; {
	case null:
		return nil, nil
	case k.many:
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, fault.At(k.name, "must be a list of resource identifiers")
		}
		return all, nil
	}
	var one identifier
	if err := json.Unmarshal(raw, &one); err != nil || strings.HasPrefix(string(raw), "[") {
		return nil, fault.At(k.name, "must be one resource identifier")
	}
	return []identifier{one}, nil
}
