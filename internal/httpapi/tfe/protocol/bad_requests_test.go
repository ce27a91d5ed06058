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
