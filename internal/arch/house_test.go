package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		var comments []string
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Errorf("%s: %v", p.path(), err)
				continue
			}
			if file.Doc != nil && !ast.IsGenerated(file) {
				comments = append(comments, file.Doc.Text())
			}
		}
		opening := "Package " + p.Name + " "
		if p.Name == "main" {
			opening = "Command " + path.Base(p.path()) + " "
		}
		switch {
		case len(p.GoFiles) == 0: // tests alone
		case len(comments) != 1:
			t.Errorf("%s has %d package comments, want one", p.path(), len(comments))
		case !strings.HasPrefix(comments[0], opening):
			t.Errorf("%s: the package comment must open with %q", p.path(), opening)
		}
	}
}

func TestPackagesAreNamedAfterANoun(t *testing.T) {
	t.Parallel()
	refused := []string{"util", "utils", "common", "helper", "helpers", "base", "model", "models", "dto", "misc", "shared", "types"}
	for _, p := range packages(t) {
		for _, name := range append(strings.Split(p.path(), "/"), p.Name) {
			if slices.Contains(refused, name) {
				t.Errorf("%s: %q is no noun of ours; give the code to the noun it serves", p.path(), name)
			}
		}
	}
}

func TestFilesStaySmall(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		limit := 400
		switch base := path.Base(name); {
		case path.Ext(name) != ".go", strings.HasPrefix(base, "zz_generated"):
			continue
		case strings.HasSuffix(name, "_test.go"), forTests(path.Dir(name)):
			limit = 800
		case name == "cmd/terrawarden/main.go":
			limit = 40
		}
		if lines := strings.Count(read(t, name), "\n"); lines > limit {
			t.Errorf("%s has %d lines, at most %d: split it by noun", name, lines, limit)
		}
	}
}

// ban is something that no tracked file may contain. The patterns are put together from pieces, so that this file
// passes its own test.
type ban struct {
	what    string
	pattern *regexp.Regexp
	only    func(name string) bool
}

func bans() []ban {
	everywhere := func(string) bool { return true }
	code := func(name string) bool { return path.Ext(name) != ".md" }
	return []ban{
		{"a path of one machine", regexp.MustCompile(`(^|[^\w./-])/(wo` + `rk|ro` + `ot|fa` + `rm)(\W|$)|/ho` + `me/[a-z]`), everywhere},
		{"the host of a package registry", regexp.MustCompile(`(proxy|sum)\.gol` + `ang\.org|registry\.npm` + `js\.org|pypi\.o` + `rg|(deb|security)\.deb` + `ian\.org|static\.crates\.i` + `o`), everywhere},
		{"a note for later without an issue", regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b($|[^(]|\([^#)]*\))`), code},
	}
}

func TestTrackedFilesNameNoMachine(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		content := read(t, name)
		if strings.ContainsRune(content, 0) {
			continue // no text
		}
		for number, line := range strings.Split(content, "\n") {
			for _, b := range bans() {
				if b.only(name) && b.pattern.MatchString(line) {
					t.Errorf("%s:%d: %s: %s", name, number+1, b.what, strings.TrimSpace(line))
				}
			}
		}
	}
}

func TestWhatIsBannedInFiles(t *testing.T) {
	t.Parallel()
	rows := []struct {
		line   string
		banned bool
	}{
		{"see /wo" + "rk/notes.md", true},
		{"cd /ro" + "ot", true},
		{`dir: "/ro` + `ot/data"`, true},
		{"/ho" + "me/alice/src", true},
		{"GOPROXY=https://proxy.gol" + "ang.org", true},
		{"// TO" + "DO: later", true},
		{"// TO" + "DO", true},
		{"// FIX" + "ME(alice) later", true},
		{"// TO" + "DO(#12): after the store", false},
		{"/api/v2/work/1", false},
		{"a root/leaf path, and deploy/root/", false},
		{"the work tree", false},
		{"https://golang.org/doc", false},
	}
	for _, row := range rows {
		banned := slices.ContainsFunc(bans(), func(b ban) bool { return b.pattern.MatchString(row.line) })
		if banned != row.banned {
			t.Errorf("%q: banned = %v, want %v", row.line, banned, row.banned)
		}
	}
}
