package directory_test

import (
	"fmt"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// estateOf is a source of 10,000 people and 2,000 groups of 50, and the catalog that is in step with it.
func estateOf(b *testing.B) (*model, directory.Snapshot) {
	b.Helper()
	const people, groups, each = 10_000, 2_000, 50
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for i := range people {
		s.Users = append(s.Users, directory.User{ID: fmt.Sprintf("id-%05d", i), Username: fmt.Sprintf("name%d", i), Email: fmt.Sprintf("name%d@corp.example", i)})
	}
	for i := range groups {
		g := directory.Group{ID: fmt.Sprintf("group-%04d", i), Name: fmt.Sprintf("group %d", i)}
		for j := range each {
			g.Members = append(g.Members, fmt.Sprintf("id-%05d", (i*7+j*191)%people))
		}
		s.Groups = append(s.Groups, g)
	}
	m := newModel(b)
	m.take(settings(), s, at(0))
	return m, s
}

// nestedOf is ten layers of groups, each with all of the layer below in it; the groups below come first.
func nestedOf(width int) directory.Snapshot {
	const layers = 10
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for layer := range layers {
		for i := range width {
			g := directory.Group{ID: fmt.Sprintf("g%d-%03d", layer, i), Name: "x"}
			for j := range width * min(layer, 1) {
				g.Groups = append(g.Groups, fmt.Sprintf("g%d-%03d", layer-1, j))
			}
			s.Groups = append(s.Groups, g)
		}
	}
	return s
}

// BenchmarkNesting plans 32,400 nestings of 600 groups, and their end, and reads a chain of 100,000 groups.
func BenchmarkNesting(b *testing.B) {
	chain := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for i := range 100_000 {
		chain.Groups = append(chain.Groups, directory.Group{ID: fmt.Sprintf("g%07d", i), Name: "x", Groups: []string{fmt.Sprintf("g%07d", i+1)}})
	}
	layers, flat := nestedOf(60), nestedOf(60)
	var nested directory.State
	for i, g := range layers.Groups {
		st := directory.GroupState{Group: catalog.Group{ID: "grp-" + g.ID, ExternalID: g.ID, DisplayName: g.Name}}
		for _, id := range g.Groups {
			st.Children = append(st.Children, "grp-"+id)
		}
		nested.Groups, flat.Groups[i].Groups = append(nested.Groups, st), nil
	}
	for _, bench := range []struct {
		name  string
		s     directory.Snapshot
		state directory.State
	}{{"layers", layers, directory.State{}}, {"no layers any more", flat, nested}, {"chain", chain, directory.State{}}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				normal, _, _, err := directory.Normalize(settings(), bench.s)
				if err != nil {
					b.Fatal(err)
				}
				directory.Diff(settings(), normal, bench.state, at(1))
			}
		})
	}
}

// BenchmarkDiff compares 100,000 memberships, with and without Normalize, where nothing has changed, where one in a
// hundred has, and where all of it is new.
func BenchmarkDiff(b *testing.B) {
	m, s := estateOf(b)
	state := m.state()
	changed := s
	changed.Groups = append([]directory.Group(nil), s.Groups...)
	for i := 0; i < 1000; i++ {
		g := &changed.Groups[i*2%2000]
		g.Members = append(append([]string(nil), g.Members[1:]...), fmt.Sprintf("id-%05d", (i*13+5)%10_000))
	}
	for _, bench := range []struct {
		name  string
		s     directory.Snapshot
		state directory.State
	}{{"unchanged", s, state}, {"one percent", changed, state}, {"first", s, directory.State{}}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				normal, _, _, err := directory.Normalize(settings(), bench.s)
				if err != nil {
					b.Fatal(err)
				}
				directory.Diff(settings(), normal, bench.state, at(1))
			}
		})
	}
}
