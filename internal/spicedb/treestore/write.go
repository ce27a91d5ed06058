package treestore

import (
	"context"
	"fmt"
	"strings"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
)

// WriteRelationships creates, touches and deletes relationships, in order. Creating one that exists is an error, even
// if it has expired and is not shown any more.
func (t *transaction) WriteRelationships(_ context.Context, updates []tuple.RelationshipUpdate) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return errDone
	}
	for i := range updates {
		if err := t.update(&updates[i]); err != nil {
			return err
		}
	}
	return nil
}

// BulkLoad creates relationships, all of which must be new.
func (t *transaction) BulkLoad(ctx context.Context, source datastore.BulkWriteRelationshipSource) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return 0, errDone
	}
	update := tuple.RelationshipUpdate{Operation: tuple.UpdateOperationCreate}
	for loaded := uint64(0); ; loaded++ {
		next, err := source.Next(ctx)
		if err != nil {
			return 0, err
		}
		if next == nil {
			return loaded, nil
		}
		update.Relationship = *next
		if err := t.update(&update); err != nil {
			return 0, err
		}
	}
}

// DeleteRelationships deletes what a filter takes, expired relationships too, and says whether it stopped at the limit.
func (t *transaction) DeleteRelationships(
	_ context.Context, filter *v1.RelationshipFilter, opts ...options.DeleteOptionsOption,
) (deleted uint64, limited bool, err error) {
	f, err := datastore.RelationshipsFilterFromPublicFilter(filter)
	if err != nil {
		return 0, false, err
	}
	c := t.freeze()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return 0, false, errDone
	}
	q := forward(&c, t.store.cfg.Now, &f)
	if q == nil {
		return 0, false, nil
	}
	q.rest.skipExpiration = true
	if o := options.NewDeleteOptionsWithOptions(opts...); o.DeleteLimit != nil && *o.DeleteLimit > 0 {
		q.limit = *o.DeleteLimit
	}
	q.each(func(r *row) bool {
		t.remove(r)
		deleted++
		return true
	})
	return deleted, deleted == q.limit, nil
}

// update makes one change; t.mu must be held.
func (t *transaction) update(u *tuple.RelationshipUpdate) error {
	rel := &u.Relationship
	if u.Operation != tuple.UpdateOperationDelete {
		t.now.names = t.now.names.with(rel.Resource.ObjectType, rel.Resource.Relation, rel.Subject.ObjectType, rel.Subject.Relation)
	}
	n := t.now.names
	key := bound{text: n.text, depth: len(order{}), ids: [2]string{rel.Resource.ObjectID, rel.Subject.ObjectID}, names: [4]name{
		n.find(rel.Resource.ObjectType), n.find(rel.Resource.Relation), n.find(rel.Subject.ObjectType), n.find(rel.Subject.Relation),
	}}
	old := t.now.resources.get(&key)
	switch u.Operation {
	case tuple.UpdateOperationDelete:
		if old != nil {
			t.remove(old)
		}
		return nil
	case tuple.UpdateOperationCreate:
		if old != nil {
			was := old.relationship(n.text)
			return datastore.NewCreateRelationshipExistsError(&was)
		}
	case tuple.UpdateOperationTouch:
	default:
		return fmt.Errorf("unknown operation %d on a relationship", u.Operation)
	}
	r := newRow(n, rel)
	if old != nil && old.same(r) {
		return nil
	}
	t.put(&key, old, r)
	return nil
}

// put adds a row or replaces the old one. The trees make a new row share the ids of its neighbours; others are copied,
// for what the caller gave may be part of something larger.
func (t *transaction) put(key *bound, old, r *row) {
	if old != nil {
		r.ids = old.ids
	} else {
		r.ids = [2]string{strings.Clone(r.ids[0]), strings.Clone(r.ids[1])}
	}
	t.edit.set(&t.now.resources, key, r)
	t.edit.set(&t.now.subjects, key, r)
	t.writes = append(t.writes, write{before: old, after: r, turn: len(t.writes)})
}

// remove takes a row out.
func (t *transaction) remove(r *row) {
	key := boundOf(t.now.names.text, r)
	t.edit.remove(&t.now.resources, &key)
	t.edit.remove(&t.now.subjects, &key)
	t.writes = append(t.writes, write{before: r, turn: len(t.writes)})
}
