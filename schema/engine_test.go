package schema_test

import (
	"context"
	"strings"
	"testing"

	"github.com/authzed/spicedb/pkg/datalayer"
	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/development"

	"github.com/terrawarden/terrawarden/schema"
)

// open compiles the schema with the given relationships in SpiceDB's own development engine.
func open(t *testing.T, relationships string) *development.DevContext {
	t.Helper()
	return openFile(t, []byte("schema: |-\n"+indent(schema.Text())+"\nrelationships: |-\n"+indent(relationships)+"\n")).DevContext
}

// openFile opens a validation file in SpiceDB's development engine. schemaFile may name ../schema.zed.
func openFile(t *testing.T, file []byte) *development.YAMLDevContext {
	t.Helper()
	dev, errs, err := development.NewDevContextForYAML(t.Context(), file, development.WithSourceFS(schemaFile{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range errs.GetInputErrors() {
		t.Errorf("line %d: %s", e.GetLine(), e.GetMessage())
	}
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(dev.DevContext.Dispose)
	keepDecoded(dev.DevContext)
	return dev
}

func indent(s string) string { return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") }

// keepDecoded makes the engine keep the compiled schema. Its memory datastore decodes a definition again on every
// step of every check, which a schema of this size makes ten times slower than the check itself.
func keepDecoded(dev *development.DevContext) {
	kept := &decodedSchema{DataLayer: dev.DataLayer, types: map[string]datastore.RevisionedTypeDefinition{}}
	for _, d := range dev.CompiledSchema.ObjectDefinitions {
		kept.types[d.GetName()] = datastore.RevisionedTypeDefinition{Definition: d, LastWrittenRevision: dev.Revision}
	}
	dev.DataLayer = kept
	dev.Ctx = datalayer.ContextWithDataLayer(dev.Ctx, kept)
}

type decodedSchema struct {
	datalayer.DataLayer

	types map[string]datastore.RevisionedTypeDefinition
}

func (d *decodedSchema) SnapshotReader(revision datastore.Revision, hash datalayer.SchemaHash) datalayer.RevisionedReader {
	return decodedReader{d.DataLayer.SnapshotReader(revision, hash), d}
}

type decodedReader struct {
	datalayer.RevisionedReader

	kept *decodedSchema
}

func (r decodedReader) ReadSchema(ctx context.Context) (datalayer.SchemaReader, error) {
	stored, err := r.RevisionedReader.ReadSchema(ctx)
	return decodedTypes{stored, r.kept}, err
}

type decodedTypes struct {
	datalayer.SchemaReader

	kept *decodedSchema
}

func (r decodedTypes) LookupTypeDefByName(_ context.Context, name string) (datastore.RevisionedTypeDefinition, bool, error) {
	d, ok := r.kept.types[name]
	return d, ok, nil
}

func (r decodedTypes) LookupTypeDefinitionsByNames(_ context.Context, names []string) (map[string]datastore.TypeDefinition, error) {
	out := map[string]datastore.TypeDefinition{}
	for _, name := range names {
		if d, ok := r.kept.types[name]; ok {
			out[name] = d.Definition
		}
	}
	return out, nil
}
