package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonapi"
)

var update = flag.Bool("update", false, "write the exchanges in testdata as they are now")

// exchange is one request of a recording, with ids by the names they were given: "/api/v1/organization/<acme>". The id of
// what it makes is remembered under keep.
type exchange struct {
	what, who          string
	method, path, body string
	media              string // "" is that of JSON:API, "none" sends none
	keep               string
}

// recording sends exchanges and writes down what is answered, with names in place of ids.
type recording struct {
	*world
	people map[string]client
	ids    map[string]string // by name
	seen   []string          // ids without a name, in the order they came up
	out    strings.Builder
	count  int
}

func (r *recording) play(t *testing.T, e exchange) {
	t.Helper()
	sent := call{method: e.method, path: r.filled(e.path), body: r.filled(e.body), media: e.media}
	switch {
	case e.media == "none" || e.body == "" && e.media == "":
		sent.media = ""
	case e.media == "":
		sent.media = jsonapi.MediaType
	}
	got := r.people[e.who].send(t, sent)
	if e.keep != "" {
		r.ids[e.keep] = made(t, got)
	}
	fmt.Fprintf(&r.out, "== %s\n%s %s as %s\n", e.what, e.method, e.path, e.who)
	if sent.media != "" {
		fmt.Fprintf(&r.out, "Content-Type: %s\n", sent.media)
	}
	if e.body != "" {
		fmt.Fprintf(&r.out, "%s\n", e.body)
	}
	fmt.Fprintf(&r.out, "-- %d\n", got.status)
	for _, name := range []string{"Content-Type", "WWW-Authenticate", "Allow"} {
		if value := got.header.Get(name); value != "" {
			fmt.Fprintf(&r.out, "%s: %s\n", name, value)
		}
	}
	if got.header.Get("ZedToken") != "" {
		fmt.Fprintf(&r.out, "ZedToken: <token>\n")
	}
	r.out.WriteString(r.named(legible(got.body)) + "\n")
	r.count++
}

// made returns the id of what an answer shows: a resource, the first result of operations, or a token.
func made(t *testing.T, r reply) string {
	t.Helper()
	var d struct {
		Data    struct{ ID string }
		Token   string
		Results []struct{ Data struct{ ID string } } `json:"atomic:results"`
	}
	r.plain(t, &d)
	switch {
	case d.Data.ID != "":
		return d.Data.ID
	case len(d.Results) > 0:
		return d.Results[0].Data.ID
	case d.Token != "":
		return parse(t, d.Token)
	}
	t.Fatalf("%s %s: %d %s shows no id", r.call.method, r.call.path, r.status, r.body)
	return ""
}

// filled puts ids in the place of names.
func (r *recording) filled(text string) string {
	for name, id := range r.ids {
		text = strings.ReplaceAll(text, "<"+name+">", id)
	}
	return text
}

// named puts names in the place of ids, times and tokens.
func (r *recording) named(text string) string {
	text = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`).ReplaceAllString(text, "<jwt>")
	text = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)`).ReplaceAllString(text, "<time>")
	for name, id := range r.ids {
		text = strings.ReplaceAll(text, id, "<"+name+">")
	}
	return regexp.MustCompile(`[a-z]+-[1-9A-HJ-NP-Za-km-z]{16}\b`).ReplaceAllStringFunc(text, func(id string) string {
		if !slices.Contains(r.seen, id) {
			r.seen = append(r.seen, id)
		}
		return fmt.Sprintf("<%s-%d>", id[:strings.Index(id, "-")], slices.Index(r.seen, id)+1)
	})
}

func legible(body string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(body), "", "  ") != nil {
		return body
	}
	return strings.TrimSpace(out.String())
}

// TestExchanges plays every recording against the real service and compares what is answered with what was. `go test
// -update` writes them anew.
func TestExchanges(t *testing.T) {
	t.Parallel()
	w := start(t)
	r := &recording{world: w, ids: map[string]string{}, people: map[string]client{
		"ada": w.person(t, "ada", administrators), "max": w.person(t, "max", "devs"), "eve": w.person(t, "eve"), "nobody": {w, ""},
	}}
	total := 0
	for _, book := range books() {
		r.out.Reset()
		r.count, r.seen = 0, nil
		for _, e := range book.exchanges {
			r.play(t, e)
		}
		total += r.count
		compare(t, filepath.Join("testdata", book.name+".txt"), r.out.String())
	}
	if want := 60; total < want {
		t.Errorf("%d exchanges, want %d at least", total, want)
	}
	t.Logf("%d exchanges", total)
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-recorded +answered):\n%s", path, diff)
	}
}

// book is the exchanges about one kind of object, in order. Later books go on with what earlier ones made.
type book struct {
	name      string
	exchanges []exchange
}

func books() []book {
	return []book{
		{"organization", organizationExchanges()},
		{"team", teamExchanges()},
		{"project", projectExchanges()},
		{"workspace", workspaceExchanges()},
		{"records", recordExchanges()},
		{"operations", operationExchanges()},
		{"tokens", tokenExchanges()},
		{"refusals", refusalExchanges()},
	}
}

func get(what, who, path string) exchange {
	return exchange{what: what, who: who, method: http.MethodGet, path: path}
}

func remove(what, who, path string) exchange {
	return exchange{what: what, who: who, method: http.MethodDelete, path: path}
}

// post makes a resource of a type.
func post(what, who, path, typ, rest, keep string) exchange {
	return exchange{what: what, who: who, method: http.MethodPost, path: path, body: `{"data":{"type":"` + typ + `",` + rest + `}}`, keep: keep}
}

// patch changes the resource at the end of a path.
func patch(what, who, path, typ, rest string) exchange {
	return exchange{what: what, who: who, method: http.MethodPatch, path: path, body: `{"data":{"type":"` + typ + `","id":"` + lastOf(path) + `",` + rest + `}}`}
}

// plain sends plain JSON as if it were JSON:API, as the provider does.
func plain(what, who, path, body, keep string) exchange {
	return exchange{what: what, who: who, method: http.MethodPost, path: path, body: body, keep: keep}
}
