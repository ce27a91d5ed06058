package treestore

import (
	"context"
	"maps"
	"slices"

	"github.com/authzed/spicedb/pkg/datastore"
)

// Statistics counts relationships, exactly, and what is defined on each type.
func (s *Store) Statistics(context.Context) (datastore.Stats, error) {
	if s.isClosed() {
		return datastore.Stats{}, ErrClosed
	}
	head := s.head.Load()
	types := list(head.schema.types, slices.Sorted(maps.Keys(head.schema.types)))
	if len(types) == 0 {
		stored := storedOf(head.schema).GetNamespaceDefinitions()
		for _, name := range slices.Sorted(maps.Keys(stored)) {
			types = append(types, datastore.RevisionedNamespace{Definition: stored[name], LastWrittenRevision: head.revision})
		}
	}
	return datastore.Stats{
		UniqueID:                   s.id,
		EstimatedRelationshipCount: uint64(head.resources.len),
		ObjectTypeStatistics:       datastore.ComputeObjectTypeStats(types),
	}, nil
}
