package access_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the answers into testdata")

// badRequest is a row of testdata/bad_requests.txt: a paragraph of
//
//	# what is wrong about it
//	who METHOD path
//	Header: value, if it has one
//	> the body, if there is one
//	= status
//	- pointer or ?parameter | title | detail, for each fault in order
//
// Names in angle brackets stand for what is in the fixture, <x*300> for three hundred x.
type badRequest struct {
	what, who, method, path, body string
	header                        []string
	answer                        string
}

func readBadRequests(t *testing.T, file string) []badRequest {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []badRequest
	for paragraph := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n\n") {
		lines := strings.Split(paragraph, "\n")
		words := strings.Fields(lines[1])
		if !strings.HasPrefix(lines[0], "# ") || len(words) != 3 {
			t.Fatalf("%q is no row", paragraph)
		}
		r := badRequest{what: lines[0][2:], who: words[0], method: words[1], path: words[2]}
		for _, line := range lines[2:] {
			mark, rest, _ := strings.Cut(line, " ")
			switch {
			case mark == ">":
				r.body = rest
			case strings.HasSuffix(mark, ":"):
				r.header = []string{strings.TrimSuffix(mark, ":"), rest}
			default:
				r.answer += line + "\n"
			}
		}
		out = append(out, r)
	}
	return out
}

func (r badRequest) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n%s %s %s\n", r.what, r.who, r.method, r.path)
	if len(r.header) > 0 {
		fmt.Fprintf(&b, "%s: %s\n", r.header[0], r.header[1])
	}
	if r.body != "" {
		fmt.Fprintf(&b, "> %s\n", r.body)
	}
	return b.String() + r.answer
}

// refusal returns an answer as a row of the table has it, with the names of ids that are in the fixture.
func (w *town) refusal(t *testing.T, got reply) string {
	t.Helper()
	var d struct {
		Errors []struct {
			Status, Title, Detail string
			Source                struct{ Pointer, Parameter string }
		}
	}
	got.Decode(t, &d)
	out := fmt.Sprintf("= %d\n", got.Status)
	for _, e := range d.Errors {
		at := e.Source.Pointer
		if e.Source.Parameter != "" {
			at = "?" + e.Source.Parameter
		}
		if e.Status != strconv.Itoa(got.Status) {
			t.Errorf("an error of status %s in an answer of %d", e.Status, got.Status)
		}
		out += strings.TrimRight(fmt.Sprintf("- %s | %s | %s", at, e.Title, e.Detail), " ") + "\n"
	}
	for name, id := range w.ids {
		if len(id) > 8 {
			out = strings.ReplaceAll(out, id, "<"+name+">")
		}
	}
	return out
}

// spelled puts what is too long to be written into a request.
func spelled(text string) string {
	text = regexp.MustCompile(`<(.)\*(\d+)>`).ReplaceAllStringFunc(text, func(m string) string {
		n, _ := strconv.Atoi(m[3 : len(m)-1])
		return strings.Repeat(m[1:2], n)
	})
	return strings.ReplaceAll(text, "<many>", strings.Repeat(`"workspace.read",`, 1000)+`"workspace.lock"`)
}

// TestBadRequests makes every bad request of the table and compares the answers, and then what there is with what was there
// before.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	w := newCourt(t)
	w.join(t, "both") // owns the one organization and the other
	for who, team := range map[string]string{"owner": "<owners>", "stranger": "<other-owners>"} {
		w.must(t, who, http.MethodPost, "teams/"+team+"/relationships/users", `{"data":[{"type":"users","id":"both"}]}`)
	}
	w.add(t, "owner", "wild", "organizations/acme/roles", `{"name":"wild","permissions":["workspace.*"]}`)
	w.add(t, "stranger", "theirs", "organizations/other/roles", `{"name":"theirs","permissions":["workspace.read"]}`)
	w.grant(t, "owner", "standing", "tfe-read", "teams/<ops>", "workspaces/<web>")
	w.add(t, "owner", "link", "organizations/acme/group-links", `{}`, `"group":`+ref("groups", "<crew>"), `"team":`+ref("teams", "<ops>"))
	look := func() (all []string) {
		for _, path := range []string{"organizations/acme/roles", "organizations/acme/grants", "organizations/acme/group-links", "organizations/other/roles", "organizations/other/grants", "admin/roles", "admin/grants", "admin/groups", "admin/groups/<crew>/relationships/members", "admin/service-accounts"} {
			all = append(all, w.must(t, "admin", http.MethodGet, path+"?page[size]=100", "").Body)
		}
		return all
	}
	before := look()
	const file = "testdata/bad_requests.txt"
	rows, seen := readBadRequests(t, file), map[string]bool{}
	var table []string
	for _, want := range rows {
		if seen[want.what] {
			t.Errorf("%q stands twice in the table", want.what)
		}
		seen[want.what] = true
		got := want
		got.answer = w.refusal(t, w.ask(t, want.who, want.method, want.path, spelled(want.body), want.header...))
		table = append(table, got.String())
		if got.String() != want.String() && !*update {
			t.Errorf("the answer to\n\n%s\nis\n\n%s\n", want, got)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(table, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("bad requests left something behind (-before +after):\n%s", diff)
	}
	w.inStep(t)
	const atLeast = 80
	if t.Logf("%d bad requests", len(rows)); len(rows) < atLeast {
		t.Errorf("%d bad requests, want at least %d", len(rows), atLeast)
	}
}
