package sourcetest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheTableIsInTheDocs compares the table in docs/sources.md with what the sources' tests keep; -faults.update writes it.
func TestTheTableIsInTheDocs(t *testing.T) {
	t.Parallel()
	kinds := []string{"keycloak", "entra", "okta", "google", "github"}
	cells := map[string]map[string]string{}
	for _, kind := range kinds {
		text, err := os.ReadFile(filepath.Join("..", "source", kind, "testdata", "faults.golden"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, cell := row(strings.TrimSpace(line))
			if cells[name] == nil {
				cells[name] = map[string]string{}
			}
			cells[name][kind] = cell
		}
	}
	var names []string
	for name := range cells {
		names = append(names, name)
	}
	slices.Sort(names)
	var want strings.Builder
	fmt.Fprintf(&want, "| fault | %s |\n|%s\n", strings.Join(kinds, " | "), strings.Repeat(" --- |", len(kinds)+1))
	for _, name := range names {
		fmt.Fprintf(&want, "| %s |", name)
		for _, kind := range kinds {
			fmt.Fprintf(&want, " %s |", cells[name][kind])
		}
		want.WriteString("\n")
	}
	page := filepath.Join("..", "..", "docs", "sources.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?m)^\| fault \|(.*\n)(\|.*\n)*`)
	if *update {
		text = table.ReplaceAllLiteral(text, []byte(want.String()))
		if err := os.WriteFile(page, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(table.Find(text)); got != want.String() {
		t.Errorf("docs/sources.md has another table (-faults.update writes it):\n%s\nwant:\n%s", got, want.String())
	}
}

// row takes a line of a golden file apart.
func row(line string) (name, cell string) {
	m := regexp.MustCompile(`^(.*?)\s+(?:error\s+(\d+), unknown\s+(\d+), unchanged\s+(\d+)|(error or unknown)|can't be: .*)$`).FindStringSubmatch(line)
	switch {
	case m == nil:
		return line, "?"
	case m[2] != "":
		return m[1], m[2] + " / " + m[3] + " / " + m[4]
	case m[5] != "":
		return m[1], m[5]
	}
	return m[1], "–"
}
