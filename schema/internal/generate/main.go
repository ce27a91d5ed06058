// Command generate turns schema/vocabulary.yaml and schema/roles.yaml into the SpiceDB schema, the Go names
// and tables of package schema, and docs/permissions.md. It is run by `go generate ./schema`.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(".."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes every generated file. root is the repository, seen from schema/.
func run(root string) error {
	voc, err := loadVocabulary("vocabulary.yaml")
	if err != nil {
		return err
	}
	roles, err := loadRoles("roles.yaml")
	if err != nil {
		return err
	}
	files := []struct {
		path   string
		render func(*vocabulary, []role) ([]byte, error)
	}{
		{"schema.zed", renderSchema},
		{"zz_generated_names.go", renderNames},
		{"zz_generated_vocabulary.go", renderTables},
		{filepath.Join(root, "docs", "permissions.md"), renderDocs},
	}
	for _, f := range files {
		out, err := f.render(voc, roles)
		if err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		if err := os.MkdirAll(filepath.Dir(f.path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(f.path, out, 0o600); err != nil {
			return err
		}
	}
	return nil
}
