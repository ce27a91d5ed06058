package estate_test

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
)

func TestGenerateHitsItsSize(t *testing.T) {
	t.Parallel()
	for _, want := range []int{5_000, 10_000, 100_000, 1_000_000} {
		if testing.Short() && want > 100_000 {
			continue
		}
		e := estate.Generate("test", 1, want)
		if off := math.Abs(float64(e.Relationships-want)) / float64(want); off > 0.05 {
			t.Errorf("asked for %d relationships, got %d", want, e.Relationships)
		}
		largest := e.Largest()
		if largest == nil || len(largest.Cast.Free) < 10 {
			t.Errorf("%d relationships: no organization has a cast", want)
		}
		t.Logf("%d relationships: %d organizations, %d workspaces, %d people, %d grants", e.Relationships,
			len(e.Organizations), len(e.Facts.Workspaces), len(e.Facts.Users), len(e.Facts.Grants))
		if want == 1_000_000 && (len(largest.Workspaces) < estate.Giant || len(largest.People) < estate.Giant/2) {
			t.Errorf("the giant has %d workspaces and %d people", len(largest.Workspaces), len(largest.People))
		}
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	t.Parallel()
	first, second := estate.Generate("test", 1, 10_000), estate.Generate("test", 1, 10_000)
	if diff := cmp.Diff(first.Facts, second.Facts); diff != "" {
		t.Errorf("the same seed gave different rows (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(first.Questions(1, 500), second.Questions(1, 500)); diff != "" {
		t.Errorf("the same seed gave different questions (-first +second):\n%s", diff)
	}
	other := estate.Generate("test", 2, 10_000)
	if cmp.Equal(first.Facts.Users, other.Facts.Users) || cmp.Equal(first.Questions(1, 500), first.Questions(2, 500)) {
		t.Error("another seed gave the same")
	}
}

func TestSmallerEstateIsPartOfLarger(t *testing.T) {
	t.Parallel()
	small, large := estate.Generate("small", 1, 10_000), estate.Generate("large", 1, 100_000)
	within := map[any]bool{}
	for _, r := range large.Projection() {
		within[r] = true
	}
	for _, r := range small.Projection() {
		if !within[r] {
			t.Fatalf("%s is in the smaller estate alone", r)
		}
	}
}

func TestQuestionsAreDistinct(t *testing.T) {
	t.Parallel()
	e := estate.Generate("test", 1, 10_000)
	questions := e.Questions(3, 20_000)
	seen := map[estate.Question]bool{}
	for _, q := range questions {
		if seen[q] {
			t.Fatalf("%v is asked twice", q)
		}
		seen[q] = true
	}
	if len(questions) < 20_000 {
		t.Errorf("%d questions, want 20,000", len(questions))
	}
}

// What the store gives back is what was written, and describes the same organizations.
func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := sqlstore.OpenSQLite(ctx, filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	e := estate.Generate("test", 1, 5_000)
	if err := e.Write(ctx, store); err != nil {
		t.Fatal(err)
	}
	read, err := estate.Read(ctx, "test", store)
	if err != nil {
		t.Fatal(err)
	}
	byID := func(a, b catalog.Workspace) int { return strings.Compare(a.ID, b.ID) }
	want, got := slices.SortedFunc(slices.Values(e.Facts.Workspaces), byID), slices.SortedFunc(slices.Values(read.Facts.Workspaces), byID)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("workspaces (-written +read):\n%s", diff)
	}
	if len(read.Facts.Grants) != len(e.Facts.Grants) || len(read.Organizations) != len(e.Organizations) {
		t.Errorf("read %d grants and %d organizations, want %d and %d", len(read.Facts.Grants), len(read.Organizations), len(e.Facts.Grants), len(e.Organizations))
	}
}
