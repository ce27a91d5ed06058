package authzen

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// What the tests over HTTP do not reach: how a body is cut into its parts.
func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, raw, text, err string }{
		"nothing asked for":           {body: `{"y":"v"}`},
		"a string":                    {body: `{"x":"v"}`, raw: `"v"`, text: "v"},
		"blanks everywhere":           {body: " {\t\"x\"\n:\r \"v\" } ", raw: `"v"`, text: "v"},
		"the last of many":            {body: `{"a":[1,"]",{}],"b":{"x":7},"c":null,"d":-1.5e3,"e":true,"x":"v"}`, raw: `"v"`, text: "v"},
		"an escaped name":             {body: `{"\u0078":"v"}`, raw: `"v"`, text: "v"},
		"an escaped string":           {body: `{"x":"a\"\\\n\u00fc\ud83d\ude00"}`, raw: `"a\"\\\n\u00fc\ud83d\ude00"`, text: "a\"\\\nü😀"},
		"letters beyond ASCII":        {body: `{"x":"ü😀"}`, raw: `"ü😀"`, text: "ü😀"},
		"null":                        {body: `{"x":null}`, raw: `null`},
		"an object":                   {body: `{"x": {"a" : [{}, 1]} }`, raw: `{"a" : [{}, 1]}`, err: "x must be a string"},
		"an empty object":             {body: `{"x":{}}`, raw: `{}`, err: "x must be a string"},
		"an array":                    {body: `{"x":[ {"x":"no"} ]}`, raw: `[ {"x":"no"} ]`, err: "x must be a string"},
		"a number":                    {body: `{"x":10}`, raw: `10`, err: "x must be a string"},
		"letters that are no UTF-8":   {body: "{\"x\":\"\xff\"}", err: "the body is not valid JSON"},
		"a name that is no UTF-8":     {body: "{\"\xff\":1}", err: "the body is not valid JSON"},
		"half a surrogate":            {body: `{"x":"\ud83d"}`, err: "the body is not valid JSON"},
		"a line break in a string":    {body: "{\"x\":\"a\nb\"}", err: "the body is not valid JSON"},
		"a number for a name":         {body: `{7:"v"}`, err: "the body is not valid JSON"},
		"a closing bracket too early": {body: `{"x":[}`, err: "the body is not valid JSON"},
		"a name twice, far down":      {body: `{"a":[{"b":{"/~x":1,"/~x":2}}]}`, err: `the name "/~x" stands twice in one object`},
		"a bad name after a deep one": {body: strings.Repeat(`{"a":`, 33) + `{"b":1,"b":2}`, err: "the body is nested more than 32 deep"},
		"a scalar too deep":           {body: strings.Repeat(`{"a":`, 33) + `1`, err: "the body is nested more than 32 deep"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := parse([]byte(test.body))
			var got string
			if err == nil {
				got, err = body.text("", "x")
			}
			if raw := string(body.get("x").raw); raw != test.raw || got != test.text {
				t.Errorf("%s holds %s, which says %q; want %s, which says %q", test.body, raw, got, test.raw, test.text)
			}
			if (err == nil) != (test.err == "") || (err != nil && text(err) != test.err) {
				t.Errorf("%s: error %v, want %q", test.body, err, test.err)
			}
		})
	}
}

// What was parsed stays as it was when the reader goes on to read something else.
func TestParsedBodiesAreTheirOwn(t *testing.T) {
	t.Parallel()
	first, err := parse([]byte(`{"x":"first","y":{"\u007a":"inner"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parse([]byte(`{"x":"other","y":{"\u007a":"wrong"}}`)); err != nil {
		t.Fatal(err)
	}
	x, _ := first.text("", "x")
	y, _ := first.child("", "y")
	if z, _ := y.text("y", "z"); x != "first" || z != "inner" {
		t.Errorf("x is %q and y.z is %q", x, z)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want int
		err  string
	}{
		"none":            {`{}`, 0, ""},
		"null":            {`{"x":null}`, 0, ""},
		"empty":           {`{"x":[ ]}`, 0, ""},
		"of all kinds":    {`{"x":[1, {"a":[]}, "b"]}`, 3, ""},
		"as many as may":  {`{"x":[1,2,3,4,5]}`, 5, ""},
		"one too many":    {`{"x":[1,2,3,4,5,6]}`, 6, ""},
		"far too many":    {`{"x":[1,2,3,4,5,6,7,8,9]}`, 6, ""},
		"not a list":      {`{"x":{}}`, 0, "x must be an array"},
		"a string with [": {`{"x":"[]"}`, 0, "x must be an array"},
	}
	for name, test := range tests {
		body, err := parse([]byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		items, err := body.list("", "x", 5)
		if len(items) != test.want || (err == nil) != (test.err == "") || (err != nil && text(err) != test.err) {
			t.Errorf("%s: %d items and error %v, want %d and %q", name, len(items), err, test.want, test.err)
		}
	}
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	small, large := `{"x":"v"}`, `{"x":"`+strings.Repeat("v", 10_000)+`"}`
	tests := map[string]struct {
		body   string
		length int64 // as announced
		kind   fault.Kind
		ok     bool
	}{
		"a small body":               {small, int64(len(small)), 0, true},
		"a larger body":              {large, int64(len(large)), 0, true},
		"a length nobody announced":  {small, -1, 0, true},
		"a small body that breaks":   {small[:4], int64(len(small)), fault.Invalid, false},
		"a body larger than allowed": {strings.Repeat(" ", maxBody+1), maxBody + 1, fault.Limited, false},
		"the same, not announced":    {strings.Repeat(" ", maxBody+1), -1, fault.Limited, false},
		"no body":                    {"", 0, fault.Invalid, false},
	}
	for name, test := range tests {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(test.body))
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = test.length
		if _, err := readBody(r); (err == nil) != test.ok || (err != nil && fault.KindOf(err) != test.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
