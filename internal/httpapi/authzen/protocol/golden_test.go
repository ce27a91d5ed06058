package protocol_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each golden file is exchanges with the example organization, each a request and the answer to it. A request is a
// line with method, path and who asks, headers, an empty line and a body. Ids that differ from run to run are
// numbered in the order in which they appear.
func TestGoldenExchanges(t *testing.T) {
	t.Parallel()
	s := start(t)
	tokens := map[string]string{"nobody": "", "gateway": s.asker, "bob": s.UserToken(t, "bob"), "site-admin": s.SiteToken}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden files: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: archive.Comment}
			normal := &normalizer{known: map[string]string{s.URL: "http://SERVER"}}
			for _, f := range archive.Files {
				name, isRequest := strings.CutSuffix(f.Name, ".request")
				if !isRequest {
					continue
				}
				answer := normal.text(exchange(t, s, tokens, string(f.Data)))
				got.Files = append(got.Files, f, txtar.File{Name: name + ".answer", Data: []byte(answer)})
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// exchange sends a request as the golden files write it and returns the answer in the same form.
func exchange(t *testing.T, s *service, tokens map[string]string, request string) string {
	t.Helper()
	head, body, _ := strings.Cut(request, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	words := strings.Fields(lines[0])
	if len(words) != 3 {
		t.Fatalf("the request line %q is not METHOD PATH WHO", lines[0])
	}
	token, known := tokens[words[2]]
	if !known {
		t.Fatalf("%q has no credential", words[2])
	}
	var header []string
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		header = append(header, name, value)
	}
	reply := s.Call(t, words[0], words[1], token, strings.TrimSpace(body), header...)
	return written(reply)
}

// written returns an answer: its status, the headers that matter, and its body.
func written(r testkit.Reply) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", r.Status)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch name {
		case "Date", "Content-Length":
		case "Decision-Id", "Zedtoken":
			fmt.Fprintf(&b, "%s: PRESENT\n", name)
		default:
			fmt.Fprintf(&b, "%s: %s\n", name, r.Header.Get(name))
		}
	}
	return b.String() + "\n" + strings.TrimSpace(r.Body) + "\n"
}

// normalizer replaces what differs from run to run.
type normalizer struct{ known map[string]string }

func (n *normalizer) text(s string) string {
	for from, to := range n.known {
		s = strings.ReplaceAll(s, from, to)
	}
	varying := regexp.MustCompile(`\b(user|ws|org|team|prj|sa)-[1-9A-HJ-NP-Za-km-z]{16}\b|"next_token":"[^"]+"`)
	return varying.ReplaceAllStringFunc(s, func(found string) string {
		if strings.HasPrefix(found, `"next_token"`) {
			return `"next_token":"TOKEN"`
		}
		if n.known[found] == "" {
			prefix, _, _ := strings.Cut(found, "-")
			n.known[found] = fmt.Sprintf("%s-%d", prefix, len(n.known))
		}
		return n.known[found]
	})
}
