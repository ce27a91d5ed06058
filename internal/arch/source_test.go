package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/terrawarden/terrawarden"

// root is the top of the checkout, seen from this package.
const root = "../.."

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath   string
	Name         string
	Dir          string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// path returns the package's path below the module, "." for the module's own.
func (p pkg) path() string { return below(p.ImportPath) }

// below returns an import path without the module; paths of others stay as they are.
func below(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// ours reports whether an import path belongs to the module.
func ours(importPath string) bool {
	return importPath == module || strings.HasPrefix(importPath, module+"/")
}

// within reports whether a path is a folder or lies below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// list asks the go command about packages. A package that does not compile is listed all the same: the build says
// what is wrong with it better than this test could.
func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	fields := "-json=ImportPath,Name,Dir,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports"
	out := run(t, "go", append([]string{"list", "-e", fields}, args...)...)
	var packages []pkg
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := decoder.Decode(&p) //nolint:musttag // the fields are named as go list names them
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatalf("read the answer of go list: %v", err)
		}
		packages = append(packages, p)
	}
}

// packages returns every package of the module.
func packages(t *testing.T) []pkg {
	t.Helper()
	found := list(t, "./...")
	if len(found) < 5 {
		t.Fatalf("go list found %d packages; the test looks in the wrong place", len(found))
	}
	return found
}

// files returns every file that is tracked or would be, by its path below the top of the checkout.
func files(t *testing.T) []string {
	t.Helper()
	out := run(t, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	var names []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil { // not deleted in the work tree
			names = append(names, name)
		}
	}
	if len(names) < 20 {
		t.Fatalf("git ls-files found %d files; the test looks in the wrong place", len(names))
	}
	return names
}

// read returns a file of the checkout.
func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// run runs a command at the top of the checkout and returns what it prints.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stderr = root, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return out
}
