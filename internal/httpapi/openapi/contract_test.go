package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// contract is the document as a running service serves it. As a transport it holds every exchange that passes through it
// against the document.
type contract struct {
	tb         testing.TB
	raw        map[string]any
	operations []*operation
	compiler   *jsonschema.Compiler

	mu   sync.Mutex
	seen map[string]map[int]int // operation, status, how often
}

// operation is one operation of the document.
type operation struct {
	id, method, path, needs string
	public                  bool
	pattern                 *regexp.Regexp
	body                    map[string]any
	parameters              []map[string]any
	responses               map[string]any
	at                      string // JSON pointer
}

const documentURL = "http://terrawarden.example.com/openapi.json"

// newContract reads the document of a service. Objects that declare their members may have no others: what the service
// answers besides is a gap in the document.
func newContract(t *testing.T, r *testkit.Running) *contract {
	t.Helper()
	reply := r.Call(t, http.MethodGet, "/openapi.json", "", "")
	if reply.Status != http.StatusOK {
		t.Fatalf("the document: %d %s", reply.Status, reply.Body)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(reply.Body))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{tb: t, compiler: jsonschema.NewCompiler(), seen: map[string]map[int]int{}}
	c.raw = value.(map[string]any)
	closeObjects(c.raw)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(documentURL, c.raw); err != nil {
		t.Fatal(err)
	}
	for path, item := range member(c.raw, "paths") {
		for method, value := range item.(map[string]any) {
			if o, ok := value.(map[string]any); ok && method != "parameters" {
				c.operations = append(c.operations, c.operation(path, method, o))
			}
		}
	}
	slices.SortFunc(c.operations, func(a, b *operation) int { return strings.Compare(a.id, b.id) })
	return c
}

func (c *contract) operation(path, method string, o map[string]any) *operation {
	id, _ := o["operationId"].(string)
	needs, _ := o["x-terrawarden-needs"].(string)
	security, declared := o["security"].([]any)
	op := &operation{
		id: id, method: strings.ToUpper(method), path: path, needs: needs, public: declared && len(security) == 0,
		body: member(o, "requestBody"), responses: member(o, "responses"), at: pointer("paths", path, method),
		pattern: regexp.MustCompile("^" + regexp.MustCompile(`\\\{[^}]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$"),
	}
	shared, _ := member(c.raw, "paths")[path].(map[string]any)["parameters"].([]any)
	own, _ := o["parameters"].([]any)
	for _, p := range append(slices.Clone(shared), own...) {
		resolved, _ := c.resolve(p.(map[string]any), "")
		op.parameters = append(op.parameters, resolved)
	}
	return op
}

// closeObjects forbids members that an object does not declare.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"].(map[string]any); ok && v["additionalProperties"] == nil && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

// member returns an object in an object, nil when there is none.
func member(o map[string]any, name string) map[string]any {
	m, _ := o[name].(map[string]any)
	return m
}

// pointer returns a JSON pointer of names.
func pointer(names ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, n := range names {
		b.WriteString("/" + escape.Replace(n))
	}
	return b.String()
}

// resolve follows a reference within the document and says where it leads.
func (c *contract) resolve(o map[string]any, at string) (map[string]any, string) {
	ref, ok := o["$ref"].(string)
	if !ok {
		return o, at
	}
	at = strings.TrimPrefix(ref, "#")
	var v any = c.raw
	for name := range strings.SplitSeq(strings.TrimPrefix(at, "/"), "/") {
		v = v.(map[string]any)[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	found, ok := v.(map[string]any)
	if !ok {
		c.tb.Fatalf("%s leads nowhere", ref)
	}
	return found, at
}

// fits reports whether a value fits the schema at a place.
func (c *contract) fits(at string, v any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.compiler.Compile(documentURL + "#" + (&url.URL{Path: at}).EscapedPath())
	if err != nil {
		return fmt.Errorf("the schema %s: %w", at, err)
	}
	return s.Validate(v)
}

// find returns the operation that answers a request, nil for what the document does not describe.
func (c *contract) find(method, path string) *operation {
	var found *operation
	for _, o := range c.operations {
		// A path without a variable part is meant before one that has it there.
		if o.method == method && o.pattern.MatchString(path) && (found == nil || strings.Count(o.path, "{") < strings.Count(found.path, "{")) {
			found = o
		}
	}
	return found
}

// RoundTrip sends a request and holds the exchange against the document.
func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if o := c.find(r.Method, r.URL.Path); o != nil {
		if err := c.check(o, r, sent, res); err != nil {
			c.tb.Errorf("%s (%s %s) answered %d: %v", o.id, r.Method, r.URL, res.StatusCode, err)
		}
	}
	return res, nil
}

// check holds one exchange against the document. The answer's body can be read again.
func (c *contract) check(o *operation, r *http.Request, sent []byte, res *http.Response) error {
	c.mu.Lock()
	if c.seen[o.id] == nil {
		c.seen[o.id] = map[int]int{}
	}
	c.seen[o.id][res.StatusCode]++
	c.mu.Unlock()
	status := fmt.Sprint(res.StatusCode)
	declared, ok := o.responses[status].(map[string]any)
	if !ok {
		raw, _ := io.ReadAll(res.Body)
		res.Body = io.NopCloser(bytes.NewReader(raw))
		return fmt.Errorf("the document declares no such status: %s", raw)
	}
	response, at := c.resolve(declared, o.at+pointer("responses", status))
	for name := range member(response, "headers") {
		if res.StatusCode < 300 && res.Header.Get(name) == "" && name != "ZedToken" { // reads at the newest state carry none
			return fmt.Errorf("it has no header %s", name)
		}
	}
	if err := c.checkAnswer(response, at, res); err != nil {
		return err
	}
	if res.StatusCode/100 == 2 {
		return c.checkRequest(o, r, sent)
	}
	return nil
}

func (c *contract) checkAnswer(response map[string]any, at string, res *http.Response) error {
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if media == "text/event-stream" { // has no end to wait for
		if member(response, "content")[media] == nil {
			return fmt.Errorf("the document declares no %s", media)
		}
		return nil
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(raw))
	contents := member(response, "content")
	if len(contents) == 0 {
		if len(raw) > 0 {
			return fmt.Errorf("the document declares no body, and it is %s", raw)
		}
		return nil
	}
	if contents[media] == nil {
		return fmt.Errorf("the document declares no %q", media)
	}
	at += pointer("content", media, "schema")
	switch {
	case strings.Contains(media, "ndjson"):
		for line := range strings.Lines(string(raw)) {
			if err := c.fitsJSON(at, line); err != nil {
				return err
			}
		}
		return nil
	case strings.Contains(media, "json"):
		return c.fitsJSON(at, string(raw))
	}
	return c.fits(at, string(raw))
}

func (c *contract) fitsJSON(at, text string) error {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("%w in %s", err, text)
	}
	if err := c.fits(at, v); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// checkRequest holds a request that the service took against the document: what is sent must be declared.
func (c *contract) checkRequest(o *operation, r *http.Request, sent []byte) error {
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(o.parameters, func(p map[string]any) bool { return p["in"] == "query" && p["name"] == name }) {
			return fmt.Errorf("the document declares no parameter %s", name)
		}
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(sent) == 0 || !strings.Contains(media, "json") {
		return nil
	}
	if member(member(o.body, "content"), media) == nil {
		return fmt.Errorf("the document declares no request of %s", media)
	}
	return c.fitsJSON(o.at+pointer("requestBody", "content", media, "schema"), string(sent))
}

// statuses returns how often an operation has answered which status.
func (c *contract) statuses(id string) map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[int]int{}
	for status, n := range c.seen[id] {
		out[status] = n
	}
	return out
}

// decode reads JSON that a test sent or was sent.
func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
