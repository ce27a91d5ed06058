package directory_test

import (
	"fmt"
	"testing"

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
