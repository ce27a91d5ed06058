package treestore

import (
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"github.com/authzed/spicedb/pkg/tuple"
)

// million returns n rows like those of the product, in no order: bindings of workspaces, atoms of bindings, and members
// of teams. Every row owns its ids.
func million(n int) []Row {
	random := rand.New(rand.NewPCG(1, 2))
	id := func(kind string, most int) string { // as Terraform's: a kind and random letters
		n := uint64(random.IntN(most)+1) * 0x9e3779b97f4a7c15
		return kind + "-" + strconv.FormatUint(bits.Reverse64(n), 36)
	}
	seen := make(map[Row]bool, n)
	rows := make([]Row, 0, n)
	for len(rows) < n {
		var r Row
		switch random.IntN(10) {
		case 0, 1:
			r = Row{ResourceType: "team", ResourceID: id("team", n/100), Relation: "member", SubjectType: "user", SubjectID: id("user", n/50)}
		case 2, 3, 4:
			r = Row{ResourceType: "binding", ResourceID: id("bind", n/50), Relation: fmt.Sprintf("atom_%d", random.IntN(26)), SubjectType: "team", SubjectID: id("team", n/100)}
		default:
			r = Row{ResourceType: "workspace", ResourceID: id("ws", n/6), Relation: "binding", SubjectType: "binding", SubjectID: id("bind", n/50)}
		}
		r.SubjectRelation = "..."
		if !seen[r] {
			seen[r] = true
			rows = append(rows, r)
		}
	}
	return rows
}

func seeded(tb testing.TB, rows []Row) *Store {
	tb.Helper()
	s := New(Config{})
	tb.Cleanup(func() { _ = s.Close() })
	if err := s.Seed(context.Background(), rows); err != nil {
		tb.Fatal(err)
	}
	return s
}

func BenchmarkSeedMillion(b *testing.B) {
	rows := million(1_000_000)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, grown := heap(), uint64(0)
	for b.Loop() {
		s := New(Config{})
		if err := s.Seed(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		grown = heap() - before
		_ = s.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(grown)/(1<<20), "heap-MB")
}

func BenchmarkQueries(b *testing.B) {
	rows := million(1_000_000)
	s := seeded(b, rows)
	reader := s.SnapshotReader(s.View().At())
	read := func(b *testing.B, f datastore.RelationshipsFilter) {
		b.Helper()
		it, err := reader.QueryRelationships(b.Context(), f, options.WithSkipCaveats(true), options.WithSkipExpiration(true))
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range it {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	pick := func(i int) Row { return rows[(i*7919)%len(rows)] }

	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r := pick(i)
			read(b, datastore.RelationshipsFilter{
				OptionalResourceType: r.ResourceType, OptionalResourceIds: []string{r.ResourceID}, OptionalResourceRelation: r.Relation,
				OptionalSubjectsSelectors: []datastore.SubjectsSelector{{
					OptionalSubjectType: r.SubjectType, OptionalSubjectIds: []string{r.SubjectID},
					RelationFilter: datastore.SubjectRelationFilter{}.WithEllipsisRelation(),
				}},
			})
		}
	})
	b.Run("direct, the same", func(b *testing.B) {
		r := pick(1)
		b.ReportAllocs()
		for b.Loop() {
			read(b, datastore.RelationshipsFilter{
				OptionalResourceType: r.ResourceType, OptionalResourceIds: []string{r.ResourceID}, OptionalResourceRelation: r.Relation,
				OptionalSubjectsSelectors: []datastore.SubjectsSelector{{
					OptionalSubjectType: r.SubjectType, OptionalSubjectIds: []string{r.SubjectID},
					RelationFilter: datastore.SubjectRelationFilter{}.WithEllipsisRelation(),
				}},
			})
		}
	})
	b.Run("indirect", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r := pick(i)
			read(b, datastore.RelationshipsFilter{
				OptionalResourceType: r.ResourceType, OptionalResourceIds: []string{r.ResourceID}, OptionalResourceRelation: r.Relation,
				OptionalSubjectsSelectors: []datastore.SubjectsSelector{{RelationFilter: datastore.SubjectRelationFilter{}.WithOnlyNonEllipsisRelations()}},
			})
		}
	})
	b.Run("100 ids", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			ids := make([]string, 0, 100)
			for j := i; len(ids) < 100; j++ {
				if r := pick(j); r.ResourceType == "workspace" {
					ids = append(ids, r.ResourceID)
				}
			}
			read(b, datastore.RelationshipsFilter{OptionalResourceType: "workspace", OptionalResourceIds: ids, OptionalResourceRelation: "binding"})
		}
	})
	b.Run("reverse", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r := pick(i)
			it, err := reader.ReverseQueryRelationships(b.Context(),
				datastore.SubjectsFilter{SubjectType: r.SubjectType, OptionalSubjectIds: []string{r.SubjectID}},
				options.WithResRelation(&options.ResourceRelation{Namespace: r.ResourceType, Relation: r.Relation}))
			if err != nil {
				b.Fatal(err)
			}
			for _, err := range it {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkCommit(b *testing.B) {
	s := seeded(b, million(1_000_000))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		rel := tuple.MustParse(fmt.Sprintf("team:team-%d#member@user:user-%d", i%10_000*7919, i))
		_, err := s.ReadWriteTx(b.Context(), func(ctx context.Context, tx datastore.ReadWriteTransaction) error {
			return tx.WriteRelationships(ctx, []tuple.RelationshipUpdate{tuple.Touch(rel)})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	count, bytes := s.history.size()
	b.ReportMetric(float64(bytes)/float64(count), "history-B/commit")
}
