package treestore

import (
	"context"
	"maps"
	"slices"

	"github.com/authzed/spicedb/pkg/datastore"
	core "github.com/authzed/spicedb/pkg/proto/core/v1"
)

// schema is what is defined at a revision: the stored schema of the unified mode, the single definitions of the legacy
// mode, and counters. It never changes; a transaction writes to a copy.
type schema struct {
	stored   *datastore.ReadOnlyStoredSchema // nil when there is none; one object per version, for caches hang off it
	hash     string
	types    map[string]datastore.RevisionedNamespace
	caveats  map[string]datastore.RevisionedCaveat
	counters map[string]datastore.RelationshipCounter
}

// clone returns a copy to write to.
func (s *schema) clone() *schema {
	out := *s
	out.types, out.caveats, out.counters = maps.Clone(s.types), maps.Clone(s.caveats), maps.Clone(s.counters)
	return &out
}

func newSchema() *schema {
	return &schema{
		types:    map[string]datastore.RevisionedNamespace{},
		caveats:  map[string]datastore.RevisionedCaveat{},
		counters: map[string]datastore.RelationshipCounter{},
	}
}

// schemaChange is the net change of definitions in a commit.
type schemaChange struct {
	changed        []datastore.SchemaDefinition
	deletedTypes   []string
	deletedCaveats []string
	bytes          int64
}

// difference returns what changed from one schema to another, nil for nothing. In unified mode the definitions within
// the stored schema count, in legacy mode those written one by one; nobody uses both at once.
func difference(before, after *schema) *schemaChange {
	var d schemaChange
	d.deletedTypes = compareDefinitions(&d, before.types, after.types, definition[*core.NamespaceDefinition])
	d.deletedCaveats = compareDefinitions(&d, before.caveats, after.caveats, definition[*core.CaveatDefinition])
	if before.stored != after.stored {
		old, now := storedOf(before), storedOf(after)
		types := compareDefinitions(&d, old.GetNamespaceDefinitions(), now.GetNamespaceDefinitions(), itself)
		caveats := compareDefinitions(&d, old.GetCaveatDefinitions(), now.GetCaveatDefinitions(), itself)
		d.deletedTypes = append(d.deletedTypes, types...)
		d.deletedCaveats = append(d.deletedCaveats, caveats...)
	}
	if d.changed == nil && d.deletedTypes == nil && d.deletedCaveats == nil {
		return nil
	}
	return &d
}

func storedOf(s *schema) *core.StoredSchema_V1StoredSchema {
	if s.stored == nil {
		return nil
	}
	return s.stored.Get().GetV1()
}

func definition[D datastore.SchemaDefinition](r datastore.RevisionedDefinition[D]) D {
	return r.Definition
}

func itself[D any](d D) D { return d }

// comparable is a definition that can be told from another of its kind.
type comparableDefinition[D any] interface {
	datastore.SchemaDefinition
	EqualVT(D) bool
}

// compareDefinitions adds new and changed definitions to d and returns the names of those that are gone.
func compareDefinitions[E any, D comparableDefinition[D]](d *schemaChange, before, after map[string]E, of func(E) D) (gone []string) {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		now := of(after[name])
		if old, ok := before[name]; !ok || !of(old).EqualVT(now) {
			d.changed = append(d.changed, now)
			d.bytes += int64(now.SizeVT())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			gone = append(gone, name)
		}
	}
	return gone
}

// ReadStoredSchema returns the stored schema of the unified mode.
func (r *reader) ReadStoredSchema(context.Context) (*datastore.ReadOnlyStoredSchema, error) {
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	if c.schema.stored == nil {
		return nil, datastore.ErrSchemaNotFound
	}
	return c.schema.stored, nil
}

// WriteStoredSchema replaces the stored schema of the unified mode.
func (t *transaction) WriteStoredSchema(_ context.Context, stored *core.StoredSchema) error {
	return t.define(func(s *schema) error {
		s.stored = datastore.NewReadOnlyStoredSchemaWithSize(stored.CloneVT(), stored.SizeVT())
		s.hash = stored.GetV1().GetSchemaHash()
		return nil
	})
}
