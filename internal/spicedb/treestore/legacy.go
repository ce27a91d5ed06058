package treestore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/datastore"
	core "github.com/authzed/spicedb/pkg/proto/core/v1"
)

// The definitions of the legacy schema mode, one by one. Statistics and older callers still use them.

// LegacyReadNamespaceByName returns a type's definition.
func (r *reader) LegacyReadNamespaceByName(_ context.Context, name string) (*core.NamespaceDefinition, datastore.Revision, error) {
	c, err := r.content()
	if err != nil {
		return nil, datastore.NoRevision, err
	}
	found, ok := c.schema.types[name]
	if !ok {
		return nil, datastore.NoRevision, datastore.NewNamespaceNotFoundErr(name)
	}
	return found.Definition.CloneVT(), found.LastWrittenRevision, nil
}

// LegacyListAllNamespaces returns all types in the order of their names.
func (r *reader) LegacyListAllNamespaces(context.Context) ([]datastore.RevisionedNamespace, error) {
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	return list(c.schema.types, slices.Sorted(maps.Keys(c.schema.types))), nil
}

// LegacyLookupNamespacesWithNames returns those of the types that exist.
func (r *reader) LegacyLookupNamespacesWithNames(_ context.Context, names []string) ([]datastore.RevisionedNamespace, error) {
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	return list(c.schema.types, ordered(names)), nil
}

// LegacyReadCaveatByName returns a caveat's definition.
func (r *reader) LegacyReadCaveatByName(_ context.Context, name string) (*core.CaveatDefinition, datastore.Revision, error) {
	c, err := r.content()
	if err != nil {
		return nil, datastore.NoRevision, err
	}
	found, ok := c.schema.caveats[name]
	if !ok {
		return nil, datastore.NoRevision, datastore.NewCaveatNameNotFoundErr(name)
	}
	return found.Definition.CloneVT(), found.LastWrittenRevision, nil
}

// LegacyListAllCaveats returns all caveats in the order of their names.
func (r *reader) LegacyListAllCaveats(context.Context) ([]datastore.RevisionedCaveat, error) {
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	return list(c.schema.caveats, slices.Sorted(maps.Keys(c.schema.caveats))), nil
}

// LegacyLookupCaveatsWithNames returns those of the caveats that exist.
func (r *reader) LegacyLookupCaveatsWithNames(_ context.Context, names []string) ([]datastore.RevisionedCaveat, error) {
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	return list(c.schema.caveats, ordered(names)), nil
}

// list returns copies of the definitions that have one of the names.
func list[D interface {
	datastore.SchemaDefinition
	CloneVT() D
}](all map[string]datastore.RevisionedDefinition[D], names []string) []datastore.RevisionedDefinition[D] {
	var out []datastore.RevisionedDefinition[D]
	for _, name := range names {
		if found, ok := all[name]; ok {
			found.Definition = found.Definition.CloneVT()
			out = append(out, found)
		}
	}
	return out
}

// LegacyWriteNamespaces writes types.
func (t *transaction) LegacyWriteNamespaces(_ context.Context, definitions ...*core.NamespaceDefinition) error {
	return t.define(func(s *schema) error {
		for _, d := range definitions {
			s.types[d.GetName()] = datastore.RevisionedNamespace{Definition: d.CloneVT(), LastWrittenRevision: t.revision}
		}
		return nil
	})
}

// LegacyDeleteNamespaces deletes types, which must exist, and if asked the relationships of their objects.
func (t *transaction) LegacyDeleteNamespaces(ctx context.Context, names []string, also datastore.DeleteNamespacesRelationshipsOption) error {
	err := t.define(func(s *schema) error {
		for _, name := range names {
			if _, ok := s.types[name]; !ok {
				return errors.New("namespace not found")
			}
			delete(s.types, name)
		}
		return nil
	})
	if err != nil || also != datastore.DeleteNamespacesAndRelationships {
		return err
	}
	for _, name := range names {
		if _, _, err := t.DeleteRelationships(ctx, &v1.RelationshipFilter{ResourceType: name}); err != nil {
			return fmt.Errorf("delete relationships of %s: %w", name, err)
		}
	}
	return nil
}

// LegacyWriteCaveats writes caveats, each once.
func (t *transaction) LegacyWriteCaveats(_ context.Context, definitions []*core.CaveatDefinition) error {
	return t.define(func(s *schema) error {
		written := map[string]bool{}
		for _, d := range definitions {
			if written[d.GetName()] {
				return fmt.Errorf("duplicate caveat %s", d.GetName())
			}
			written[d.GetName()] = true
			s.caveats[d.GetName()] = datastore.RevisionedCaveat{Definition: d.CloneVT(), LastWrittenRevision: t.revision}
		}
		return nil
	})
}

// LegacyDeleteCaveats deletes caveats; one that does not exist is no error.
func (t *transaction) LegacyDeleteCaveats(_ context.Context, names []string) error {
	return t.define(func(s *schema) error {
		for _, name := range names {
			delete(s.caveats, name)
		}
		return nil
	})
}
