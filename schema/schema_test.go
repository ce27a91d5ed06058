package schema_test

import (
	"strings"
	"testing"

	"github.com/authzed/spicedb/pkg/development"

	"github.com/terrawarden/terrawarden/schema"
)

// open compiles the schema with the given relationships in SpiceDB's own development engine.
func open(t *testing.T, relationships string) *development.DevContext {
	t.Helper()
	dev, errs, err := development.NewDevContextForYAML(t.Context(), []byte(
		"schema: |-\n"+indent(schema.Text())+"\nrelationships: |-\n"+indent(relationships)+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range errs.GetInputErrors() {
		t.Errorf("schema: %v", e)
	}
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(dev.DevContext.Dispose)
	return dev.DevContext
}

func indent(s string) string { return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") }

func TestSchemaHasNoWarnings(t *testing.T) {
	t.Parallel()
	dev := open(t, "platform:main#binding@binding:none")
	warnings, err := development.GetWarnings(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Errorf("%s: line %d: %s", w.GetSourceCode(), w.GetLine(), w.GetMessage())
	}

}
