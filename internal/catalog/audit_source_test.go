package catalog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestUseCasesRecordWhatTheyRefuse reads the source: a use case that changes something asks by requireToChange or on, or
// hands its own refusals to refused. One that asks by require would leave no trace of an attempt.
func TestUseCasesRecordWhatTheyRefuse(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files, changing := token.NewFileSet(), 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || !calls(fn.Body, "s", "change") && !calls(fn.Body, "s", "changeFor") || fn.Name.Name == "on" {
				continue
			}
			changing++
			if bare(fn.Body) {
				t.Errorf("%s: %s changes something and asks by require", files.Position(fn.Pos()), fn.Name.Name)
			}
			if mentions(fn.Body, "fault", "Denied") && !calls(fn.Body, "s", "refused") {
				t.Errorf("%s: %s changes something and refuses without refused", files.Position(fn.Pos()), fn.Name.Name)
			}
		}
	}
	if changing < 10 {
		t.Errorf("%d use cases were looked at; the test looks in the wrong place", changing)
	}
}

// mentions reports whether x.name stands anywhere in a piece of source.
func mentions(n ast.Node, x, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		found = found || isSelector(n, x, name)
		return true
	})
	return found
}

// calls reports whether x.name(...) stands anywhere in a piece of source.
func calls(n ast.Node, x, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && isSelector(call.Fun, x, name)
		return true
	})
	return found
}

// bare reports whether s.require(...) stands outside of the arguments of s.refused(...).
func bare(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && isSelector(call.Fun, "s", "refused") {
			return false
		}
		found = found || ok && isSelector(call.Fun, "s", "require")
		return true
	})
	return found
}

func isSelector(n ast.Node, x, name string) bool {
	s, ok := n.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	id, ok := s.X.(*ast.Ident)
	return ok && id.Name == x
}
