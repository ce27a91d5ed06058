package treestore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// failer is what the steps need of a test.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world is a store and what the model says of each of its revisions.
type world struct {
	t     failer
	d     dice
	ctx   context.Context //nolint:containedctx // of one test
	store *Store
	clock atomic.Int64

	mu   sync.Mutex
	past []state
}

type state struct {
	at   datastore.Revision
	rows model
}

func newWorld(ctx context.Context, t failer, d dice, cleanup func(func())) *world {
	w := &world{t: t, d: d, ctx: ctx}
	w.clock.Store(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	w.store = New(Config{Now: w.now, Window: 1000 * time.Hour})
	cleanup(func() { _ = w.store.Close() })
	w.record(nil)
	return w
}

func (w *world) now() time.Time { return time.Unix(0, w.clock.Load()).UTC() }

// record notes what the newest revision should show.
func (w *world) record(m model) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.past = append(w.past, state{at: w.store.View().At(), rows: m})
}

func (w *world) newest() model { return w.any(func(n int) int { return n - 1 }).rows }

func (w *world) any(d dice) state {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.past[d(len(w.past))]
}

// verify asks a random query and compares the answer.
func (w *world) verify(d dice, r datastore.Reader, m model) {
	w.t.Helper()
	forward := d(3) > 0
	now := w.now()
	q := d.query(forward, now)
	it, err := ask(w.ctx, r, forward, q)
	if err != nil {
		w.t.Fatalf("query %+v: %v", q, err)
	}
	got, err := datastore.IteratorToSlice(it)
	if err != nil {
		w.t.Fatalf("query %+v: %v", q, err)
	}
	w.compare(q, got, m.find(q, now))
}

func (w *world) compare(q asked, got, want []tuple.Relationship) {
	w.t.Helper()
	if fault := differs(q, got, want); fault != "" {
		w.t.Fatalf("query %+v: %s", q, fault)
	}
}

// differs says what is wrong with an answer; want is without the limit.
func differs(q asked, got, want []tuple.Relationship) string {
	inOrder := q.sort != options.Unsorted
	if q.limit != nil && !inOrder {
		all := words(want, false)
		for _, r := range words(got, false) {
			if !slices.Contains(all, r) {
				return r + " does not match"
			}
		}
		if len(got) != min(len(want), int(*q.limit)) {
			return fmt.Sprintf("%d rows of %d", len(got), len(want))
		}
		return ""
	}
	if q.limit != nil {
		want = want[:min(len(want), int(*q.limit))]
	}
	return cmp.Diff(words(want, inOrder), words(got, inOrder)) // -want +got
}

// step makes one random change.
func (w *world) step() {
	w.t.Helper()
	m := w.newest()
	switch w.d(8) {
	case 0:
		w.clock.Add(int64(w.d(40)) * int64(time.Second))
		w.store.expire() // now, whether or not upkeep has come to it
		w.record(m.expire(w.now()))
	case 1:
		w.deleteSome(m)
	case 2:
		w.load(m)
	default:
		w.write(m)
	}
}

var errRollback = errors.New("rolled back on purpose")

// write runs a transaction of random updates, reading what it has done so far.
func (w *world) write(m model) {
	w.t.Helper()
	allowed, kept := true, w.d(8) > 0
	next := m
	_, err := w.store.ReadWriteTx(w.ctx, func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
		for range w.d(30) {
			u := tuple.RelationshipUpdate{
				Operation:    pick(w.d, tuple.UpdateOperationCreate, tuple.UpdateOperationTouch, tuple.UpdateOperationTouch, tuple.UpdateOperationDelete),
				Relationship: w.d.relationship(w.now()),
			}
			if len(next) > 0 && w.d(3) == 0 {
				u.Relationship.RelationshipReference = next[w.d(len(next))].rel.RelationshipReference
			}
			if u.Operation == tuple.UpdateOperationCreate && next.index(u.Relationship.RelationshipReference) >= 0 && w.d(4) > 0 {
				continue // leave most transactions whole
			}
			open, before := w.open(ctx, tx, next)
			if err := tx.WriteRelationships(ctx, []tuple.RelationshipUpdate{u}); err != nil {
				allowed = false
				return err
			}
			next, _ = next.update(u, w.now())
			open(before)
		}
		w.verify(w.d, tx, next)
		if !kept {
			return errRollback
		}
		return nil
	})
	switch {
	case !allowed:
		if !errors.As(err, &datastore.CreateRelationshipExistsError{}) {
			w.t.Fatalf("create again: %v", err)
		}
	case !kept:
		if !errors.Is(err, errRollback) {
			w.t.Fatalf("roll back: %v", err)
		}
	case err != nil:
		w.t.Fatalf("write: %v", err)
	default:
		w.record(next)
		return
	}
	if got := w.store.View().At(); !got.Equal(w.any(func(n int) int { return n - 1 }).at) {
		w.t.Fatalf("the head moved to %s by a failed transaction", got)
	}
}

// open sometimes begins to read before a write; the function it returns reads on and compares with the state before.
func (w *world) open(ctx context.Context, tx datastore.Reader, m model) (readOn func(model), before model) {
	w.t.Helper()
	if w.d(10) > 0 {
		return func(model) {}, m
	}
	q := w.d.query(true, w.now())
	it, err := ask(ctx, tx, true, q)
	if err != nil {
		w.t.Fatalf("query %+v: %v", q, err)
	}
	return func(m model) {
		got, _ := datastore.IteratorToSlice(it)
		w.compare(q, got, m.find(q, w.now()))
	}, m
}

// deleteSome deletes by a filter, sometimes with a limit.
func (w *world) deleteSome(m model) {
	w.t.Helper()
	f := &v1.RelationshipFilter{ResourceType: w.d.resourceType()}
	q := asked{skipExpiration: true, filter: datastore.RelationshipsFilter{OptionalResourceType: f.ResourceType}}
	if w.d(2) == 0 {
		f.OptionalRelation = w.d.relation()
		q.filter.OptionalResourceRelation = f.OptionalRelation
	}
	if w.d(2) == 0 {
		f.OptionalSubjectFilter = &v1.SubjectFilter{SubjectType: w.d.subjectType(), OptionalSubjectId: w.d.id()}
		q.filter.OptionalSubjectsSelectors = []datastore.SubjectsSelector{{
			OptionalSubjectType: f.OptionalSubjectFilter.SubjectType, OptionalSubjectIds: []string{f.OptionalSubjectFilter.OptionalSubjectId},
		}}
	}
	limit := uint64(w.d(5))
	var deleted uint64
	var limited bool
	if _, err := w.store.ReadWriteTx(w.ctx, func(ctx context.Context, tx datastore.ReadWriteTransaction) (err error) {
		deleted, limited, err = tx.DeleteRelationships(ctx, f, options.WithDeleteLimit(&limit))
		return err
	}); err != nil {
		w.t.Fatalf("delete: %v", err)
	}
	matching := m.find(q, w.now())
	want := uint64(len(matching))
	if limit > 0 {
		want = min(want, limit)
	}
	if deleted != want || limited != (limit > 0 && deleted == limit) {
		w.t.Fatalf("deleted %d (limit reached: %v) of %d with limit %d", deleted, limited, len(matching), limit)
	}
	// Which ones went is the store's choice; take it over, and compare the number and that all of them match.
	left := map[tuple.RelationshipReference]bool{}
	it, _ := ask(w.ctx, w.store.SnapshotReader(w.store.View().At()), true, q)
	for rel, err := range it {
		if err != nil {
			w.t.Fatalf("read what is left: %v", err)
		}
		left[rel.RelationshipReference] = true
	}
	gone := map[tuple.RelationshipReference]bool{}
	for _, rel := range matching {
		gone[rel.RelationshipReference] = !left[rel.RelationshipReference]
	}
	next := slices.DeleteFunc(slices.Clone(m), func(r modelRow) bool { return gone[r.rel.RelationshipReference] })
	if len(m)-len(next) != int(deleted) {
		w.t.Fatalf("%d rows are gone, %d were deleted", len(m)-len(next), deleted)
	}
	w.record(next)
}

// source feeds BulkLoad from a slice, reusing one address as it may.
type source struct {
	rels []tuple.Relationship
	next tuple.Relationship
}

func (s *source) Next(context.Context) (*tuple.Relationship, error) {
	if len(s.rels) == 0 {
		return nil, nil //nolint:nilnil // the contract
	}
	s.next, s.rels = s.rels[0], s.rels[1:]
	return &s.next, nil
}

// load bulk loads new rows.
func (w *world) load(m model) {
	w.t.Helper()
	next := m
	var s source
	for range w.d(100) {
		rel := w.d.relationship(w.now())
		if more, ok := next.update(tuple.Create(rel), w.now()); ok {
			next, s.rels = more, append(s.rels, rel)
		}
	}
	count := uint64(len(s.rels))
	if _, err := w.store.ReadWriteTx(w.ctx, func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
		loaded, err := tx.BulkLoad(ctx, &s)
		if loaded != count {
			w.t.Fatalf("loaded %d of %d", loaded, count)
		}
		return err
	}); err != nil {
		w.t.Fatalf("bulk load: %v", err)
	}
	w.record(next)
}

// TestModel compares the store with the naive one over random histories, in each revision, by random queries.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "die") }
		w := newWorld(t.Context(), rt, d, rt.Cleanup)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			w.step()
			for range 4 {
				s := w.any(d)
				w.verify(d, w.store.SnapshotReader(s.at), s.rows)
			}
		}
	})
}

// TestModelWithReaders lets readers ask of random revisions while the store is written to.
func TestModelWithReaders(t *testing.T) {
	t.Parallel()
	seeded := func(seed uint64) dice { return rand.New(rand.NewPCG(seed, 7)).IntN }
	w := newWorld(t.Context(), t, seeded(0), t.Cleanup)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for i := range uint64(4) {
		d := seeded(i + 1)
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				s := w.any(d)
				forward := d(3) > 0
				q := d.query(forward, w.now())
				q.skipExpiration = true // the clock moves meanwhile
				it, err := ask(w.ctx, w.store.SnapshotReader(s.at), forward, q)
				if err != nil {
					t.Errorf("query %+v: %v", q, err)
					return
				}
				got, _ := datastore.IteratorToSlice(it)
				if fault := differs(q, got, s.rows.find(q, w.now())); fault != "" {
					t.Errorf("query %+v at %s: %s", q, s.at, fault)
					return
				}
			}
		})
	}
	defer readers.Wait()
	defer close(done)
	for range 300 {
		w.step()
	}
}
