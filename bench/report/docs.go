package report

import (
	_ "embed" // for the template
	"io"
	"text/template"
)

//go:embed docs.md.tmpl
var page string

// Page writes the page of the documentation.
func (d Document) Page(out io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"short": Short, "mib": MiB, "heap": func(b uint64) string { return MiB(int64(b)) }}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(out, d)
}
