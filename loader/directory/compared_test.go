package directory_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheTestsOfTheComparisonAreThere looks for each test that docs/sync-compared.md names as a proof.
func TestTheTestsOfTheComparisonAreThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "sync-compared.md"))
	if err != nil {
		t.Fatal(err)
	}
	proofs := proofsOf(string(page))
	if len(proofs) < 50 {
		t.Errorf("the page names %d tests only", len(proofs))
	}
	known := map[string]map[string]bool{} // by folder
	for _, p := range proofs {
		if known[p.dir] == nil {
			known[p.dir] = testsIn(t, filepath.Join(root, filepath.FromSlash(p.dir)))
		}
		if !known[p.dir][p.name] {
			t.Errorf("there is no test %s in %s", p.name, p.dir)
		}
	}
	if known["loader/directory"]["TestThatIsNotThere"] || !known["loader/directory"]["TestTheTestsOfTheComparisonAreThere"] {
		t.Error("this test finds what is not there, or does not find itself")
	}
	rows := rowsOf(string(page))
	if len(rows) != 15 {
		t.Errorf("the page has %d of fifteen points", len(rows))
	}
	for i, row := range rows {
		if len(proofsOf(row)) == 0 && !strings.Contains(row, "not proved") {
			t.Errorf("point %d neither names a test nor says that it is not proved", i+1)
		}
	}
}

// proof is a test by its folder, with slashes, and its name.
type proof struct{ dir, name string }

// proofsOf returns the tests that a text names. Whatever looks like one counts, so that a misspelt folder is found.
func proofsOf(text string) []proof {
	var out []proof
	for _, m := range regexp.MustCompile("`([^`.]*)\\.((?:Test|Fuzz|Benchmark)[^`]*)`").FindAllStringSubmatch(text, -1) {
		out = append(out, proof{m[1], m[2]})
	}
	return out
}

// rowsOf returns the rows of the fifteen points.
func rowsOf(page string) []string {
	return regexp.MustCompile(`(?m)^\| \d+ \|.*$`).FindAllString(page, -1)
}

// testsIn returns the names of the tests in a folder.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				out[f.Name.Name] = true
			}
		}
	}
	return out
}
