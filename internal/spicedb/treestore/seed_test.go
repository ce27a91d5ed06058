package treestore

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
	"github.com/google/go-cmp/cmp"
)

var time0 time.Time

// drawRows returns n different rows, some of which expire.
func drawRows(d dice, n int) []Row {
	seen := map[Row]bool{}
	rows := make([]Row, 0, n)
	for len(rows) < n {
		r := Row{d.resourceType(), d.id(), d.relation(), d.subjectType(), d.id(), d.subjectRelation(), time0}
		if seen[r] {
			continue
		}
		seen[r] = true
		if d(5) == 0 {
			r.ExpiresAt = time.Date(2100, 1, 1, 0, d(100), 0, d(1000), time.UTC)
		}
		rows = append(rows, r)
	}
	return rows
}

func (r Row) relationship() tuple.Relationship {
	rel := tuple.Relationship{RelationshipReference: tuple.RelationshipReference{
		Resource: tuple.ObjectAndRelation{ObjectType: r.ResourceType, ObjectID: r.ResourceID, Relation: r.Relation},
		Subject:  tuple.ObjectAndRelation{ObjectType: r.SubjectType, ObjectID: r.SubjectID, Relation: r.SubjectRelation},
	}}
	if !r.ExpiresAt.IsZero() {
		rel.OptionalExpiration = &r.ExpiresAt
	}
	return rel
}

// everything returns what both trees hold, in their orders.
func everything(s *Store) (out [2][]Row) {
	c := &s.View().snap.content
	for i, t := range []*tree{&c.resources, &c.subjects} {
		var cur cursor
		cur.seek(t, &bound{text: c.names.text, edge: 1})
		for r := cur.row(); r != nil; r = cur.row() {
			out[i] = append(out[i], r.public(c.names.text))
			cur.next()
		}
	}
	return out
}

func TestSeedEqualsBulkLoad(t *testing.T) {
	t.Parallel()
	d := dice(rand.New(rand.NewPCG(5, 6)).IntN)
	for _, n := range []int{0, 1, 63, 64, 65, 5000} {
		rows := drawRows(d, n)
		seeded, loaded := newStore(t, Config{}), newStore(t, Config{})
		if err := seeded.Seed(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		var rels source
		for _, r := range rows {
			rels.rels = append(rels.rels, r.relationship())
		}
		if _, err := loaded.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
			_, err := tx.BulkLoad(ctx, &rels)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(everything(loaded), everything(seeded)); diff != "" {
			t.Errorf("%d rows (-loaded +seeded):\n%s", n, diff)
		}
		if a, b := seeded.NextDeadline(), loaded.NextDeadline(); a != b {
			t.Errorf("%d rows: next deadlines %d and %d", n, a, b)
		}
	}
}

func TestSeedRefuses(t *testing.T) {
	t.Parallel()
	s := newStore(t, Config{})
	row := Row{"team", "a", "member", "user", "tom", "...", time0}
	if err := s.Seed(t.Context(), []Row{row, row}); !errors.As(err, &datastore.CreateRelationshipExistsError{}) {
		t.Errorf("the same row twice: %v", err)
	}
	if err := s.Seed(t.Context(), []Row{row}); err != nil {
		t.Errorf("after a failed seed: %v", err)
	}
	if err := s.Seed(t.Context(), nil); err == nil {
		t.Error("a store with rows was seeded")
	}
	_ = s.Close()
	if err := s.Seed(t.Context(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestView(t *testing.T) {
	t.Parallel()
	d := dice(rand.New(rand.NewPCG(8, 9)).IntN)
	rows := drawRows(d, 2000)
	s := newStore(t, Config{})
	if err := s.Seed(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	v := s.View()
	commit(t, s, touch("workspace:b3#viewer@user:later"), tuple.Delete(rows[0].relationship())) // the view stays
	text := func(r Row) string { return tuple.MustString(r.relationship()) }
	for range 200 {
		kind, id := pick(d, d.resourceType(), "never"), d.id()
		of := slices.Collect(v.Of(kind, id))
		want := filter(rows, func(r Row) bool { return r.ResourceType == kind && r.ResourceID == id })
		slices.SortFunc(want, func(a, b Row) int {
			return slices.Compare(keyOf(options.ByResource, a.relationship()), keyOf(options.ByResource, b.relationship()))
		})
		if diff := cmp.Diff(want, of); diff != "" {
			t.Fatalf("of %s:%s (-want +got):\n%s", kind, id, diff)
		}
		relation := pick(d, d.relation(), "never")
		i := slices.IndexFunc(want, func(r Row) bool { return r.Relation == relation })
		gotType, gotID, ok := v.Subject(kind, id, relation)
		if ok != (i >= 0) || (ok && (gotType != want[i].SubjectType || gotID != want[i].SubjectID)) {
			t.Fatalf("subject of %s:%s#%s: %s:%s %v", kind, id, relation, gotType, gotID, ok)
		}
		kind = d.subjectType()
		referring := slices.Collect(v.Referring(kind, id))
		slices.SortFunc(referring, func(a, b Row) int { return cmpText(text(a), text(b)) })
		want = filter(rows, func(r Row) bool { return r.SubjectType == kind && r.SubjectID == id })
		slices.SortFunc(want, func(a, b Row) int { return cmpText(text(a), text(b)) })
		if diff := cmp.Diff(want, referring); diff != "" {
			t.Fatalf("referring to %s:%s (-want +got):\n%s", kind, id, diff)
		}
	}
	if v.Revision() >= s.View().Revision() || !v.At().LessThan(s.View().At()) {
		t.Error("revisions are not in order")
	}
}

func cmpText(a, b string) int { return slices.Compare([]byte(a), []byte(b)) }

func filter(rows []Row, keep func(Row) bool) []Row {
	var out []Row
	for _, r := range rows {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

func TestOnCommitComesBeforeTheHead(t *testing.T) {
	t.Parallel()
	var s *Store
	var got []Commit
	s = newStore(t, Config{OnCommit: func(c Commit) {
		if s.View() != c.Before {
			t.Error("the head is not the one before")
		}
		got = append(got, c)
	}})
	if err := s.Seed(t.Context(), []Row{{"team", "a", "member", "user", "tom", "...", time0}}); err != nil {
		t.Fatal(err)
	}
	commit(t, s, touch("team:a#member@user:ann"), remove("team:a#member@user:tom"), touch("team:b#member@user:x"), remove("team:b#member@user:x"))
	commit(t, s, touch("team:a#member@user:ann")) // changes nothing
	_, err := s.ReadWriteTx(t.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
		return tx.LegacyWriteCaveats(ctx, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.ReadWriteTx(t.Context(), func(context.Context, datastore.ReadWriteTransaction) error { return errRollback })
	want := []Commit{
		{Seeded: true},
		{Changes: []Change{
			{Row: Row{"team", "a", "member", "user", "ann", "...", time0}},
			{Row: Row{"team", "a", "member", "user", "tom", "...", time0}, Deleted: true},
		}},
		{},
		{},
	}
	for i := range got {
		if i > 0 && got[i].Before != got[i-1].After {
			t.Error("commits do not follow each other")
		}
	}
	last := got[len(got)-1].After
	for i := range got {
		got[i].Before, got[i].After = View{}, View{}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(View{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.View() != last {
		t.Error("the head is another")
	}
}
