package jsonapi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// post returns a request with a body of the format's own media type.
func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/things", strings.NewReader(body))
	r.Header.Set("Content-Type", jsonapi.MediaType)
	return r
}

// thing is a resource with attributes of every kind.
type thing struct {
	Name   string                `json:"name"`
	Count  int                   `json:"count"`
	Open   bool                  `json:"open"`
	Words  []string              `json:"words"`
	Access access                `json:"access"`
	Maybe  jsonapi.Field[string] `json:"maybe"`
}

type access struct {
	Read  bool `json:"read"`
	Write bool `json:"write"`
}

func TestAttributesAreReadOverWhatIsThere(t *testing.T) {
	t.Parallel()
	in, err := jsonapi.ReadResource(post(`{"data":{"type":"things","id":"t-1","attributes":{"count":2,"access":{"write":true},"maybe":null,"unknown":[1]}}}`), "things")
	if err != nil {
		t.Fatal(err)
	}
	got := thing{Name: "kept", Count: 1, Access: access{Read: true}}
	if err := in.Attributes(&got); err != nil {
		t.Fatal(err)
	}
	want := thing{Name: "kept", Count: 2, Access: access{Read: true, Write: true}, Maybe: jsonapi.Field[string]{Set: true, Null: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if in.ID != "t-1" || in.Type != "things" || !in.Has("unknown") || in.Has("name") {
		t.Errorf("read %+v", in)
	}
}

func TestEveryWrongAttributeIsNamed(t *testing.T) {
	t.Parallel()
	in, err := jsonapi.ReadResource(post(`{"data":{"attributes":{"name":1,"count":"x","open":"yes","words":"a","access":{"read":7}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range fault.All(in.Attributes(&thing{})) {
		got[f.Field] = f.Message
	}
	want := map[string]string{
		"/data/attributes/name": "must be a string", "/data/attributes/count": "must be a whole number",
		"/data/attributes/open": "must be true or false", "/data/attributes/words": "must be a list",
		"/data/attributes/access/read": "must be true or false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestEveryWrongPartIsNamed(t *testing.T) {
	t.Parallel()
	in, err := jsonapi.ReadResource(post(`{"data":{"attributes":{"words":["a",1,[]],"access":{"read":7,"write":"x","further":1},"all":[{"read":true},{"write":1},7]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var into struct {
		Words  []string `json:"words"`
		Access access   `json:"access"`
		All    []access `json:"all"`
	}
	got := map[string]string{}
	for _, f := range fault.All(in.Attributes(&into)) {
		got[f.Field] = f.Message
	}
	want := map[string]string{
		"/data/attributes/words/1": "must be a string", "/data/attributes/words/2": "must be a string",
		"/data/attributes/access/read": "must be true or false", "/data/attributes/access/write": "must be true or false",
		"/data/attributes/all/1/write": "must be true or false", "/data/attributes/all/2": "must be an object",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestAttributesMayStandAlone(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"name":"bare"}`: "bare",
		`{"data":{"attributes":{"name":"in a resource"}}}`: "in a resource",
		`{}`: "",
	} {
		in, err := jsonapi.ReadEither(post(body), "things")
		var got thing
		if err == nil {
			err = in.Attributes(&got)
		}
		if _, sent, oneErr := in.One("one"); err != nil || got.Name != want || sent || oneErr != nil {
			t.Errorf("%s: %+v, %v, %v", body, got, err, oneErr)
		}
	}
	for body, field := range map[string]string{`[]`: "", `7`: "", `{"data":null}`: "/data", `{"data":7}`: "/data", `{"data":{"type":"others"}}`: "/data/type"} {
		_, err := jsonapi.ReadEither(post(body), "things")
		if _, got := fault.Public(err); !fault.Is(err, fault.Invalid) || got != field {
			t.Errorf("%s: %v at %q, want it at %q", body, err, got, field)
		}
	}
}

func TestRelatedResourcesAreOfTheirType(t *testing.T) {
	t.Parallel()
	in, err := jsonapi.ReadResource(post(`{"data":{"relationships":{"one":{"data":{"type":"things","id":"t-1"}},"many":{"data":[{"type":"things"},{"type":"others"},{}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := in.One("one", "others", "things"); err != nil {
		t.Errorf("one of two types: %v", err)
	}
	_, _, one := in.One("one", "others")
	_, _, many := in.Many("many", "things")
	for want, err := range map[string]error{"/data/relationships/one/data/type": one, "/data/relationships/many/data/1/type": many} {
		if _, got := fault.Public(err); len(fault.All(err)) != 1 || got != want {
			t.Errorf("%v at %q, want it at %q", err, got, want)
		}
	}
}

func TestListsHaveAnEnd(t *testing.T) {
	t.Parallel()
	list := func(n int) string { return `{"data":[` + strings.Repeat(`{"id":"a"},`, n-1) + `{"id":"b"}]}` }
	if refs, err := jsonapi.ReadReferences(post(list(1000))); err != nil || len(refs) != 1000 {
		t.Errorf("a thousand: %d, %v", len(refs), err)
	}
	if _, err := jsonapi.ReadReferences(post(list(1001))); !fault.Is(err, fault.Invalid) {
		t.Errorf("more than a thousand: %v", err)
	}
}

func TestRelationships(t *testing.T) {
	t.Parallel()
	in, err := jsonapi.ReadResource(post(`{"data":{"relationships":{
		"one":{"data":{"type":"things","id":"t-1"}}, "none":{"data":null}, "bare":{},
		"many":{"data":[{"type":"things","id":"t-2"},{"type":"things","attributes":{"name":"new"}}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	one, sent, err := in.One("one")
	if err != nil || !sent || one == nil || one.ID != "t-1" {
		t.Errorf("one: %v, %t, %v", one, sent, err)
	}
	for _, name := range []string{"none", "bare"} {
		if ref, sent, err := in.One(name); ref != nil || !sent || err != nil {
			t.Errorf("%s: %v, %t, %v", name, ref, sent, err)
		}
	}
	if ref, sent, err := in.One("absent"); ref != nil || sent || err != nil {
		t.Errorf("absent: %v, %t, %v", ref, sent, err)
	}
	many, sent, err := in.Many("many")
	if err != nil || !sent || len(many) != 2 {
		t.Fatalf("many: %v, %t, %v", many, sent, err)
	}
	var created thing
	if err := many[1].DecodeAttributes(&created, "/data/relationships/many/data/1"); err != nil || created.Name != "new" {
		t.Errorf("the new one: %+v, %v", created, err)
	}
	if _, _, err := in.Many("one"); !fault.Is(err, fault.Invalid) {
		t.Errorf("one as many: %v", err)
	}
	if _, _, err := in.One("many"); !fault.Is(err, fault.Invalid) {
		t.Errorf("many as one: %v", err)
	}
}

func TestWhatIsNoDocumentIsRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"data":`, 40) + "1" + strings.Repeat("}", 40)
	cases := map[string]struct {
		body, field string
		status      int // 0: the protocol's for a fault of its kind
		kind        fault.Kind
	}{
		"nothing":                     {"", "", 400, fault.Invalid},
		"no JSON":                     {"{", "", 400, fault.Invalid},
		"two values":                  {`{} {}`, "", 400, fault.Invalid},
		"a list":                      {`[]`, "", 400, fault.Invalid},
		"a number":                    {`7`, "", 400, fault.Invalid},
		"a null character":            {`{"data":{"id":"a\u0000"}}`, "", 400, fault.Invalid},
		"a null character in a name":  {`{"data":{"a\u0000":1}}`, "", 400, fault.Invalid},
		"one value behind another":    {`{"data":{}}7`, "", 400, fault.Invalid},
		"a relationship with a slash": {`{"data":{"relationships":{"a/b~":{"data":"x"}}}}`, "/data/relationships/a~1b~0/data", 0, fault.Invalid},
		"a name twice":                {`{"data":{},"data":{}}`, "", 400, fault.Invalid},
		"broken text":                 {"{\"data\":{\"id\":\"\xff\"}}", "", 400, fault.Invalid},
		"too deep":                    {deep, "", 400, fault.Invalid},
		"too large":                   {`{"data":{"attributes":{"name":"` + strings.Repeat("x", 1<<20) + `"}}}`, "", 0, fault.Limited},
		"no data":                     {`{}`, "/data", 0, fault.Invalid},
		"null data":                   {`{"data":null}`, "/data", 0, fault.Invalid},
		"data a list":                 {`{"data":[]}`, "/data", 0, fault.Invalid},
		"data a text":                 {`{"data":"x"}`, "/data", 0, fault.Invalid},
		"another type":                {`{"data":{"type":"others"}}`, "/data/type", 0, fault.Invalid},
		"a type that is no text":      {`{"data":{"type":1}}`, "/data/type", 0, fault.Invalid},
		"attributes a list":           {`{"data":{"attributes":[]}}`, "/data/attributes", 0, fault.Invalid},
		"a relationship a text":       {`{"data":{"relationships":{"one":{"data":"x"}}}}`, "/data/relationships/one/data", 0, fault.Invalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := jsonapi.ReadResource(post(c.body), "things")
			if !fault.Is(err, c.kind) {
				t.Fatalf("the answer is %v", err)
			}
			if _, field := fault.Public(err); field != c.field {
				t.Errorf("the fault is at %q, want %q", field, c.field)
			}
			status := 0
			if e, ok := errors.AsType[*jsonapi.StatusError](err); ok {
				status = e.Status
			}
			if status != c.status {
				t.Errorf("the status is %d, want %d", status, c.status)
			}
		})
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	for media, ok := range map[string]bool{
		jsonapi.MediaType: true, jsonapi.MediaType + "; charset=utf-8": true, "application/json": true,
		"": false, "text/plain": false, "application/x-www-form-urlencoded": false, "application/vnd.api+json2": false,
	} {
		r := post(`{"data":{}}`)
		r.Header.Set("Content-Type", media)
		_, err := jsonapi.ReadResource(r)
		e, refused := errors.AsType[*jsonapi.StatusError](err)
		if ok != (err == nil) || (!ok && (!refused || e.Status != http.StatusUnsupportedMediaType)) {
			t.Errorf("%q: %v", media, err)
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	refs, err := jsonapi.ReadReferences(post(`{"data":[{"type":"users","id":"a"},{"id":"b"},{"type":"user","id":"c"}]}`), "users")
	if err != nil || len(refs) != 3 || refs[1].ID != "b" {
		t.Errorf("references: %v, %v", refs, err)
	}
	for body, field := range map[string]string{
		`{"data":{"type":"users","id":"a"}}`:         "/data",
		`{"data":[{"type":"teams","id":"a"}]}`:       "/data/0/type",
		`{"data":[1]}`:                               "/data/0",
		`{"data":[{"type":"users","id":"a"},"b"]}`:   "/data/1",
		`{"data":[{"type":"users","id":{"x":"y"}}]}`: "/data/0/id",
	} {
		_, err := jsonapi.ReadReferences(post(body), "users")
		if _, got := fault.Public(err); !fault.Is(err, fault.Invalid) || got != field {
			t.Errorf("%s: %v at %q, want it at %q", body, err, got, field)
		}
	}
}

// FuzzReadResource looks for bodies that are neither read nor refused.
func FuzzReadResource(f *testing.F) {
	for _, seed := range []string{`{"data":{"type":"things","attributes":{"name":"a","access":{"read":true}},"relationships":{"one":{"data":{"id":"x"}},"many":{"data":[{}]}}}}`, `{"data":[]}`, `{"data":null}`, "{", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		in, err := jsonapi.ReadResource(post(body), "things")
		if err == nil {
			var got thing
			err = in.Attributes(&got)
			_, _, one := in.One("one")
			_, _, many := in.Many("many")
			err = errors.Join(err, one, many)
		}
		for _, e := range fault.All(err) {
			if e.Kind != fault.Invalid && e.Kind != fault.Limited {
				t.Errorf("%q: %v", body, err)
			}
		}
		if _, err := jsonapi.ReadReferences(post(body), "things"); err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Limited) {
			t.Errorf("%q as references: %v", body, err)
		}
	})
}
