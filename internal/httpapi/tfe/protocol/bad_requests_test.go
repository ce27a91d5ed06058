package protocol_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// badRequest is a row of the tables in testdata/bad_requests: a paragraph of
//
//	# what is wrong about it
//	who METHOD path
//	Header: value, if it has any beside the usual ones
//	> the body, if there is one
//	= status
//	- pointer or ?parameter | title | detail, for each fault in order
//
// Names in angle brackets stand for what is in the fixture, <x*300> for three hundred x.
type badRequest struct {
	what, who, method, path, body string
	header                        []string
	status                        int
	faults                        []string
}

// readBadRequests reads a table.
func readBadRequests(t *testing.T, file string) []badRequest {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []badRequest
	for paragraph := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n\n") {
		lines := strings.Split(strings.TrimSpace(paragraph), "\n")
		words := strings.Fields(lines[1])
		if !strings.HasPrefix(lines[0], "# ") || len(words) != 3 {
			t.Fatalf("%s: %q is no row", file, paragraph)
		}
		r := badRequest{what: lines[0][2:], who: words[0], method: words[1], path: words[2]}
		for _, line := range lines[2:] {
			mark, text, _ := strings.Cut(line, " ")
			switch {
			case mark == ">":
				r.body += text
			case mark == "=":
				if r.status, err = strconv.Atoi(text); err != nil {
					t.Fatalf("%s: %q: %v", file, line, err)
				}
			case mark == "-":
				r.faults = append(r.faults, text)
			case strings.HasSuffix(mark, ":"):
				r.header = append(r.header, strings.TrimSuffix(mark, ":"), text)
			default:
				t.Fatalf("%s: %q is no part of a row", file, line)
			}
		}
		out = append(out, r)
	}
	return out
}

// String returns a request with its answer as it stands in a table.
func (r badRequest) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n%s %s %s\n", r.what, r.who, r.method, r.path)
	for i := 0; i+1 < len(r.header); i += 2 {
		fmt.Fprintf(&b, "%s: %s\n", r.header[i], r.header[i+1])
	}
	if r.body != "" {
		fmt.Fprintf(&b, "> %s\n", r.body)
	}
	fmt.Fprintf(&b, "= %d\n", r.status)
	for _, f := range r.faults {
		fmt.Fprintf(&b, "- %s\n", f)
	}
	return b.String()
}

// TestBadRequests makes every bad request of the tables and compares the answers, and then everything there is to see with
// what was there before.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	f := newBadFixture(t)
	files, err := filepath.Glob("testdata/bad_requests/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	n := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			before, seen := f.snapshot(t), map[string]bool{}
			for _, want := range readBadRequests(t, file) {
				if n++; seen[want.what] {
					t.Errorf("%q stands twice in %s", want.what, file)
				}
				seen[want.what] = true
				a := f.ask(t, want.who, want.method, want.path, want.body, want.header...)
				got := want
				got.status, got.faults = a.status, a.faults(t)
				for i, text := range got.faults {
					got.faults[i] = f.nameIDs(text)
				}
				if got.String() != want.String() {
					t.Errorf("the answer to\n\n%s\nis\n\n%s\n", want, got)
				}
			}
			f.unchanged(t, before)
		})
	}
	const atLeast = 150
	if t.Logf("%d bad requests", n); n < atLeast {
		t.Errorf("%d bad requests, want at least %d", n, atLeast)
	}
}

// TestWhatIsNoBadRequest makes requests that look like bad ones and are what clients and the vendor's documents make.
func TestWhatIsNoBadRequest(t *testing.T) {
	t.Parallel()
	f := newBadFixture(t)
	for _, r := range []badRequest{
		{what: "a lock with a bare reason", who: "owner", method: "POST", path: "workspaces/<api>/actions/lock", body: `{"reason":"maintenance"}`, status: 200},
		{what: "an unlock without a body or a type", who: "owner", method: "POST", path: "workspaces/<api>/actions/unlock", header: []string{"Content-Type", ""}, status: 200},
		{what: "a lock without a body", who: "owner", method: "POST", path: "workspaces/<api>/actions/lock", status: 200},
		{what: "an unlock with anything", who: "owner", method: "POST", path: "workspaces/<api>/actions/unlock", body: `{`, status: 200},
		{what: "an empty type", who: "owner", method: "PATCH", path: "teams/<devs>", body: `{"data":{"type":"","attributes":{"name":"builders"}}}`, status: 200},
		{what: "a type in the singular", who: "owner", method: "PATCH", path: "teams/<devs>", body: `{"data":{"type":"team","attributes":{"name":"devs"}}}`, status: 200},
		{what: "a type with a charset", who: "owner", method: "PATCH", path: "teams/<devs>", body: `{"data":{}}`, header: []string{"Content-Type", "application/vnd.api+json; charset=utf-8"}, status: 200},
		{what: "plain JSON", who: "owner", method: "PATCH", path: "teams/<devs>", body: `{"data":{}}`, header: []string{"Content-Type", "application/json"}, status: 200},
		{what: "team names with spaces and slashes", who: "owner", method: "PATCH", path: "teams/<hidden>", body: `{"data":{"attributes":{"name":"a b/c"}}}`, status: 200},
		{what: "an organization by its id", who: "owner", method: "GET", path: "organizations/<acme-id>", status: 200},
		{what: "a page beyond the last", who: "owner", method: "GET", path: "organizations/acme/teams?page[number]=1048576", status: 200},
		{what: "a page larger than there are", who: "owner", method: "GET", path: "organizations/acme/teams?page[size]=1000", status: 200},
		{what: "includes with a hyphen", who: "owner", method: "GET", path: "organizations/acme/teams?include=organization-memberships,users", status: 200},
		{what: "includes of nothing", who: "owner", method: "GET", path: "teams/<devs>?include=", status: 200},
		{what: "a tag that is there and one that is new", who: "owner", method: "POST", path: "workspaces/<api>/relationships/tags", body: `{"data":[{"type":"tags","id":"<blue>"},{"type":"tags","attributes":{"name":"new"}},{"type":"tags","attributes":{"name":"new"}}]}`, status: 204},
		{what: "a consumer twice", who: "owner", method: "POST", path: "workspaces/<api>/relationships/remote-state-consumers", body: `{"data":[{"type":"workspaces","id":"<web>"},{"type":"workspaces","id":"<web>"}]}`, status: 204},
		{what: "a member twice", who: "owner", method: "POST", path: "teams/<hidden>/relationships/users", body: `{"data":[{"type":"users","id":"member"},{"type":"users","id":"<member>"}]}`, status: 204},
		{what: "a team twice", who: "owner", method: "POST", path: "organizations/acme/organization-memberships", body: `{"data":{"attributes":{"email":"n@example.com"},"relationships":{"teams":{"data":[{"id":"<devs>"},{"id":"<devs>"}]}}}}`, status: 201},
		{what: "a workspace moved twice", who: "owner", method: "POST", path: "projects/<empty>/relationships/workspaces", body: `{"data":[{"id":"<api>"},{"id":"<api>"}]}`, status: 204},
		{what: "a module consumer twice", who: "admin", method: "PATCH", path: "admin/organizations/acme/relationships/module-consumers", body: `{"data":[{"id":"other"},{"id":"<other-id>"}]}`, status: 204},
		{what: "a workspace twice in a pool", who: "owner", method: "PATCH", path: "agent-pools/<pool>", body: `{"data":{"relationships":{"allowed-workspaces":{"data":[{"id":"<api>"},{"id":"<api>"}]}}}}`, status: 200},
		{what: "the end of a tag twice", who: "owner", method: "DELETE", path: "organizations/acme/tags", body: `{"data":[{"type":"tags","id":"<blue>"},{"type":"tags","id":"<blue>"}]}`, status: 204},
		{what: "nothing to add", who: "owner", method: "POST", path: "teams/<devs>/relationships/users", body: `{"data":[]}`, status: 204},
	} {
		if a := f.ask(t, r.who, r.method, r.path, r.body, r.header...); a.status != r.status {
			t.Errorf("%s: %d %s, want %d", r.what, a.status, a.body, r.status)
		}
	}
	f.unchanged(t, f.snapshot(t)) // the engine knows all of it
}
