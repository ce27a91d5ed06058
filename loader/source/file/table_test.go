package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/file"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

// yamlOf writes a model as somebody would.
func yamlOf(m sourcetest.Model) string {
	var out strings.Builder
	out.WriteString("users:\n")
	for _, u := range m.People {
		fmt.Fprintf(&out, "  - id: %q\n    username: %s\n    email: %s\n", u.ID, u.Username, u.Email)
		if u.Disabled {
			out.WriteString("    disabled: true\n")
		}
	}
	out.WriteString("users-complete: true\ngroups:\n")
	for _, g := range m.Groups {
		fmt.Fprintf(&out, "  - id: %q\n    name: %s\n    members:\n", g.ID, g.Name)
		for _, id := range g.Members {
			fmt.Fprintf(&out, "      - %q\n", id)
		}
		if len(g.Groups) > 0 {
			fmt.Fprintf(&out, "    groups: [%q]\n", strings.Join(g.Groups, `", "`))
		}
	}
	out.WriteString("groups-complete: true\n")
	return out.String()
}

// Faults of files. Each line is a point where one may begin.
const (
	cutAfter sourcetest.Fault = "cut-between-lines"
	cutIn    sourcetest.Fault = "cut-in-a-line"
	lost     sourcetest.Fault = "line-lost, with a checksum"
	twice    sourcetest.Fault = "line-twice, with a checksum"
	garbage  sourcetest.Fault = "bytes-that-are-no-text"
	gone     sourcetest.Fault = "no-file"
	empty    sourcetest.Fault = "empty-file"
)

// spoil writes a file with a fault. It reports false where none is to be there.
func spoil(content string, trouble *sourcetest.Trouble) (string, bool) {
	var out strings.Builder
	struck := 0
	for line := range strings.Lines(content) {
		if !trouble.Strikes() {
			out.WriteString(line)
			continue
		}
		struck++
		switch {
		case trouble.Fault == cutIn && struck == 1:
			out.WriteString(line[:len(line)/2])
		case trouble.Fault == twice:
			out.WriteString(line + line)
		case trouble.Fault == garbage:
			out.WriteString("\x00\xff" + line)
		}
	}
	switch {
	case struck > 0 && trouble.Fault == gone:
		return "", false
	case struck > 0 && trouble.Fault == empty:
		return "", true
	}
	return out.String(), true
}

func TestTableOfFaults(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Name: "file", Own: map[sourcetest.Fault]bool{cutAfter: false, cutIn: false, lost: true, twice: true, garbage: true, gone: false, empty: false},
		New: func(t *testing.T, m sourcetest.Model, trouble *sourcetest.Trouble) directory.Source {
			t.Helper()
			healthy := yamlOf(m)
			path := filepath.Join(t.TempDir(), "people.yaml")
			if content, ok := spoil(healthy, trouble); ok {
				write(t, path, content)
			}
			if trouble.Fault == lost || trouble.Fault == twice {
				write(t, path+".sha256", sum(healthy))
			}
			source, err := file.New(file.Settings{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			return source
		},
	})
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
