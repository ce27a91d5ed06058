package schema_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authzed/spicedb/pkg/development"

	"github.com/terrawarden/terrawarden/schema"
)

// schemaFile is the file system of the validation files: it holds ../schema.zed.
type schemaFile struct{}

func (schemaFile) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (f schemaFile) ReadFile(name string) ([]byte, error) {
	if name != "../schema.zed" {
		_, err := f.Open(name)
		return nil, err
	}
	return []byte(schema.Text()), nil
}

func TestSchemaHasNoWarnings(t *testing.T) {
	t.Parallel()
	for _, w := range warnings(t, open(t, "platform:main#binding@binding:none")) {
		t.Error(w)
	}
}

func TestLinterFindsWarnings(t *testing.T) {
	t.Parallel()
	for name, definition := range map[string]string{
		"a permission that is itself":             "definition thing {\n\trelation holder: user\n\tpermission read = read + holder\n}",
		"an arrow that leads nowhere":             "definition thing {\n\trelation holder: user\n\tpermission read = holder->nothing\n}",
		"a relation that carries its type's name": "definition thing {\n\trelation thing: user\n}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dev := openFile(t, []byte("schema: |-\n"+indent("definition user {}\n"+definition)+"\nrelationships: \"\"\n"))
			if got := warnings(t, dev.DevContext); len(got) != 1 {
				t.Errorf("got warnings %q, want one", got)
			}
		})
	}
}

func warnings(t *testing.T, dev *development.DevContext) []string {
	t.Helper()
	found, err := development.GetWarnings(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, w := range found {
		out = append(out, w.String())
	}
	return out
}

// TestValidationFiles runs every file of tests/ as SpiceDB's own validator does: assertions and expected subjects.
func TestValidationFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("tests", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var yes, no, blocks int
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			dev := openFile(t, raw)
			if len(dev.Assertions.AssertTrue) == 0 || len(dev.Assertions.AssertFalse) == 0 {
				t.Error("needs assertions of both polarities")
			}
			yes, no, blocks = yes+len(dev.Assertions.AssertTrue), no+len(dev.Assertions.AssertFalse), blocks+len(dev.ExpectedRelations.ValidationMap)
			failures, err := development.RunAllAssertions(dev.DevContext, &dev.Assertions)
			if err != nil {
				t.Fatal(err)
			}
			_, unexpected, err := development.RunValidation(dev.DevContext, &dev.ExpectedRelations)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range append(failures, unexpected...) {
				t.Errorf("%s:%d: %s", file, f.GetLine(), f.GetMessage())
			}
			for _, w := range warnings(t, dev.DevContext) {
				t.Error(w)
			}
		})
	}
	t.Logf("%d files: %d assertions true, %d false, %d validation blocks", len(files), yes, no, blocks)
	if yes < 40 || no < 40 || blocks < 5 {
		t.Error("the validation files are missing or nearly empty")
	}
}

// TestValidationFilesCanFail gives the runner a file that is wrong in every way it looks for.
func TestValidationFilesCanFail(t *testing.T) {
	t.Parallel()
	dev := openFile(t, []byte(`schemaFile: ../schema.zed
relationships: |-
  team:ops#membership@user:ann
assertions:
  assertTrue: ["team:ops#view@user:bob"]
  assertFalse: ["team:ops#view@user:ann"]
validation:
  team:ops#member: ["[user:bob] is <team:ops#membership>"]
`))
	failures, err := development.RunAllAssertions(dev.DevContext, &dev.Assertions)
	if err != nil || len(failures) != 2 {
		t.Errorf("got %d failed assertions (%v), want 2", len(failures), err)
	}
	_, unexpected, err := development.RunValidation(dev.DevContext, &dev.ExpectedRelations)
	if err != nil || len(unexpected) == 0 {
		t.Errorf("got no failed expectation (%v)", err)
	}
}
