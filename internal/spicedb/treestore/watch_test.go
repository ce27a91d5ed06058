package treestore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/authzed/spicedb/pkg/datastore"
	core "github.com/authzed/spicedb/pkg/proto/core/v1"
	"github.com/authzed/spicedb/pkg/tuple"
	"github.com/google/go-cmp/cmp"
)

// TestWatchTellsEachNetChangeOnce writes at random and replays what watches say, from several places in history.
func TestWatchTellsEachNetChangeOnce(t *testing.T) {
	t.Parallel()
	d := dice(rand.New(rand.NewPCG(3, 4)).IntN)
	s := newStore(t, Config{})
	var revisions []datastore.Revision
	live, _ := s.Watch(t.Context(), head(t, s), datastore.WatchOptions{
		Content: datastore.WatchRelationships | datastore.WatchCheckpoints, WatchBufferLength: 60_000,
	})
	for range 400 {
		var updates []tuple.RelationshipUpdate
		for range d(6) {
			rel := tuple.MustParse(fmt.Sprintf("document:%d#viewer@user:%d", d(5), d(3)))
			updates = append(updates, pick(d, tuple.Touch(rel), tuple.Touch(tuple.MustWithCaveat(rel, "office")), tuple.Delete(rel)))
		}
		revisions = append(revisions, commit(t, s, updates...))
	}
	end := revisions[len(revisions)-1]
	replay(t, s, live, map[tuple.RelationshipReference]string{}, revisions)
	for _, i := range []int{0, 100, 398} {
		late, _ := s.Watch(t.Context(), revisions[i], datastore.WatchOptions{
			Content: datastore.WatchRelationships | datastore.WatchCheckpoints, WatchBufferLength: 60_000,
		})
		replay(t, s, late, stateAt(t, s, revisions[i]), revisions[i+1:])
	}
	if !head(t, s).Equal(end) {
		t.Error("the head is another")
	}
}

// stateAt returns the relationships of a revision by what they relate.
func stateAt(t *testing.T, s *Store, r datastore.Revision) map[tuple.RelationshipReference]string {
	t.Helper()
	out := map[tuple.RelationshipReference]string{}
	for _, text := range shown(t, s, r) {
		rel := tuple.MustParse(text)
		out[rel.RelationshipReference] = text
	}
	return out
}

// replay applies the events to the state and checks each of them, and that they are those of the revisions.
func replay(t *testing.T, s *Store, events <-chan datastore.RevisionChanges, state map[tuple.RelationshipReference]string, revisions []datastore.Revision) {
	t.Helper()
	for _, r := range revisions {
		event := <-events
		if !event.IsCheckpoint {
			if !event.Revision.Equal(r) {
				t.Fatalf("event of %s, want %s", event.Revision, r)
			}
			told := map[tuple.RelationshipReference]bool{}
			for _, u := range event.RelationshipChanges {
				ref := u.Relationship.RelationshipReference
				if told[ref] {
					t.Fatalf("%s is told twice", ref)
				}
				told[ref] = true
				text := tuple.MustString(u.Relationship)
				switch was := state[ref]; u.Operation {
				case tuple.UpdateOperationDelete:
					if was != text {
						t.Fatalf("%s deleted, was %q", text, was)
					}
					delete(state, ref)
				default:
					if was == text {
						t.Fatalf("%s is told again", text)
					}
					state[ref] = text
				}
			}
			event = <-events
		}
		if !event.IsCheckpoint || !event.Revision.Equal(r) {
			t.Fatalf("%+v, want the checkpoint of %s", event, r)
		}
		if diff := cmp.Diff(stateAt(t, s, r), state); diff != "" {
			t.Fatalf("at %s (-want +got):\n%s", r, diff)
		}
	}
}

func TestWatchFails(t *testing.T) {
	t.Parallel()
	s := newStore(t, Config{HistoryBytes: 1})
	early := head(t, s)
	commit(t, s, touch("document:a#viewer@user:tom"))
	commit(t, s, touch("document:b#viewer@user:tom"))
	closed := New(Config{})
	at := head(t, closed)
	_ = closed.Close()
	seeded := newStore(t, Config{})
	beforeSeed := head(t, seeded)
	if err := seeded.Seed(t.Context(), []Row{{"team", "a", "member", "user", "tom", "...", time0}}); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		store *Store
		ctx   context.Context //nolint:containedctx // of the case
		after datastore.Revision
		o     datastore.WatchOptions
		want  func(error) bool
	}{
		"no revision": {s, t.Context(), datastore.NoRevision, datastore.WatchOptions{}, isInvalid(datastore.CouldNotDetermineRevision)},
		"the future":  {s, t.Context(), revision(1 << 63), datastore.WatchOptions{}, isInvalid(datastore.CouldNotDetermineRevision)},
		"let go":      {s, t.Context(), early, datastore.WatchOptions{}, isInvalid(datastore.RevisionStale)},
		"a seed":      {seeded, t.Context(), beforeSeed, datastore.WatchOptions{}, isInvalid(datastore.RevisionStale)},
		"closed":      {closed, t.Context(), at, datastore.WatchOptions{}, func(err error) bool { return errors.Is(err, ErrClosed) }},
		"cancelled":   {s, gone, head(t, s), datastore.WatchOptions{}, func(err error) bool { return errors.As(err, &datastore.WatchCanceledError{}) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, errs := c.store.Watch(c.ctx, c.after, c.o)
			for range events {
				continue // until it closes
			}
			if err := <-errs; !c.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func isInvalid(reason datastore.InvalidRevisionReason) func(error) bool {
	return func(err error) bool {
		var invalid datastore.InvalidRevisionError
		return errors.As(err, &invalid) && invalid.Reason() == reason
	}
}

func TestWatchTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t, Config{})
	from := head(t, s)
	commit(t, s, touch("document:a#viewer@user:tom"), touch("document:b#viewer@user:tom"))
	_, errs := s.Watch(t.Context(), from, datastore.WatchOptions{Content: datastore.WatchRelationships, MaximumBufferedChangesByteSize: 300})
	if err := <-errs; !errors.As(err, &datastore.MaximumChangesSizeExceededError{}) {
		t.Errorf("got %v", err)
	}
}

// TestWatchUnifiedSchema tells of the definitions within a stored schema.
func TestWatchUnifiedSchema(t *testing.T) {
	t.Parallel()
	s := newStore(t, Config{})
	events, _ := s.Watch(t.Context(), head(t, s), datastore.WatchJustSchema())
	define := func(hash string, types map[string]*core.NamespaceDefinition) {
		_, err := s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
			return tx.WriteStoredSchema(ctx, &core.StoredSchema{VersionOneof: &core.StoredSchema_V1{V1: &core.StoredSchema_V1StoredSchema{
				SchemaHash: hash, NamespaceDefinitions: types,
			}}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	user, team := &core.NamespaceDefinition{Name: "user"}, &core.NamespaceDefinition{Name: "team"}
	more := &core.NamespaceDefinition{Name: "team", Relation: []*core.Relation{{Name: "member"}}}
	define("1", map[string]*core.NamespaceDefinition{"user": user, "team": team})
	define("2", map[string]*core.NamespaceDefinition{"user": user, "team": team}) // other text, same meaning
	define("3", map[string]*core.NamespaceDefinition{"team": more})
	type told struct{ changed, deleted []string }
	var got []told
	for range 2 {
		event := <-events
		var now told
		for _, d := range event.ChangedDefinitions {
			now.changed = append(now.changed, d.GetName())
		}
		now.deleted = event.DeletedNamespaces
		got = append(got, now)
	}
	want := []told{{changed: []string{"team", "user"}}, {changed: []string{"team"}, deleted: []string{"user"}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(told{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
