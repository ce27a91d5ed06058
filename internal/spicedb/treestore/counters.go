package treestore

import (
	"context"
	"maps"
	"slices"

	"github.com/authzed/spicedb/pkg/datastore"
	core "github.com/authzed/spicedb/pkg/proto/core/v1"
)

// CountRelationships counts the relationships of a registered counter's filter, walking them all.
func (r *reader) CountRelationships(ctx context.Context, name string) (int, error) {
	c, err := r.content()
	if err != nil {
		return 0, err
	}
	counter, ok := c.schema.counters[name]
	if !ok {
		return 0, datastore.NewCounterNotRegisteredErr(name)
	}
	filter, err := datastore.RelationshipsFilterFromCoreFilter(counter.Filter)
	if err != nil {
		return 0, err
	}
	count := 0
	if q := forward(&c, r.store.cfg.Now, &filter); q != nil {
		q.each(func(*row) bool {
			count++
			return ctx.Err() == nil
		})
	}
	return count, ctx.Err()
}

// LookupCounters returns all counters in the order of their names.
func (r *reader) LookupCounters(context.Context) ([]datastore.RelationshipCounter, error) {
	c, err := r.content()
	if err != nil {
		return nil, err
	}
	var out []datastore.RelationshipCounter
	for _, name := range slices.Sorted(maps.Keys(c.schema.counters)) {
		counter := c.schema.counters[name]
		counter.Filter = counter.Filter.CloneVT()
		out = append(out, counter)
	}
	return out, nil
}

// RegisterCounter adds a counter, whose name must be new.
func (t *transaction) RegisterCounter(_ context.Context, name string, filter *core.RelationshipFilter) error {
	return t.define(func(s *schema) error {
		if _, ok := s.counters[name]; ok {
			return datastore.NewCounterAlreadyRegisteredErr(name, filter)
		}
		s.counters[name] = datastore.RelationshipCounter{
			Name: name, Filter: filter.CloneVT(), ComputedAtRevision: datastore.NoRevision,
		}
		return nil
	})
}

// UnregisterCounter removes a counter, which must exist.
func (t *transaction) UnregisterCounter(_ context.Context, name string) error {
	return t.define(func(s *schema) error {
		if _, ok := s.counters[name]; !ok {
			return datastore.NewCounterNotRegisteredErr(name)
		}
		delete(s.counters, name)
		return nil
	})
}

// StoreCounterValue keeps a count with a counter, which must exist.
func (t *transaction) StoreCounterValue(_ context.Context, name string, value int, at datastore.Revision) error {
	return t.define(func(s *schema) error {
		counter, ok := s.counters[name]
		if !ok {
			return datastore.NewCounterNotRegisteredErr(name)
		}
		counter.Count, counter.ComputedAtRevision = value, at
		s.counters[name] = counter
		return nil
	})
}
