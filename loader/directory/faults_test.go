package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// bigOffice is a source of 200 people in 20 groups, two of which are nested.
func bigOffice() directory.Snapshot {
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for i := range 200 {
		s.Users = append(s.Users, directory.User{ID: fmt.Sprintf("u%03d", i), Username: fmt.Sprintf("name%d", i), Email: fmt.Sprintf("name%d@corp.example", i)})
	}
	for i := range 20 {
		g := directory.Group{ID: fmt.Sprintf("g%02d", i), Name: fmt.Sprintf("group %d", i)}
		for j := range 20 {
			g.Members = append(g.Members, fmt.Sprintf("u%03d", i*10+j%200%(200-i*10)))
		}
		s.Groups = append(s.Groups, g)
	}
	s.Groups[0].Groups = []string{"g01"}
	return s
}

// TestFaultsTakeNothingAway is the part of the fault table that needs no source: whatever goes wrong, either the snapshot
// is refused, or the plan takes nothing away, or a guard holds it.
func TestFaultsTakeNothingAway(t *testing.T) {
	t.Parallel()
	const (
		refused = "refused"
		nothing = "nothing"
		held    = "held"
	)
	partUnknown := func(s *directory.Snapshot, from int) {
		for i := from; i < len(s.Groups); i++ {
			s.Groups[i].Members, s.Groups[i].Groups, s.Groups[i].Unknown = nil, nil, "the read ended early"
		}
	}
	tests := map[string]struct {
		spoil func(s *directory.Snapshot, set *directory.Settings)
		now   time.Time
		want  string
	}{
		"an empty success":        {func(s *directory.Snapshot, _ *directory.Settings) { s.Users, s.Groups = nil, nil }, at(1), held},
		"an empty list of people": {func(s *directory.Snapshot, _ *directory.Settings) { s.Users = nil }, at(1), held},
		"an empty list of groups": {func(s *directory.Snapshot, _ *directory.Settings) { s.Groups = nil }, at(1), held},
		"no group has members": {func(s *directory.Snapshot, _ *directory.Settings) {
			for i := range s.Groups {
				s.Groups[i].Members = nil
			}
		}, at(1), held},
		"one group has none, and had twenty": {func(s *directory.Snapshot, _ *directory.Settings) { s.Groups[5].Members = nil }, at(1), held},
		"everybody is disabled": {func(s *directory.Snapshot, _ *directory.Settings) {
			for i := range s.Users {
				s.Users[i].Disabled = true
			}
		}, at(1), held},
		"truncated, and it says so": {func(s *directory.Snapshot, _ *directory.Settings) {
			s.Users, s.Groups, s.UsersComplete, s.GroupsComplete = s.Users[:50], s.Groups[:5], false, false
		}, at(1), nothing},
		"truncated people, and it does not say so": {func(s *directory.Snapshot, _ *directory.Settings) { s.Users = s.Users[:150] }, at(1), held},
		"truncated groups, and it does not say so": {func(s *directory.Snapshot, _ *directory.Settings) { s.Groups = s.Groups[:10] }, at(1), held},
		"members until a limit":                    {func(s *directory.Snapshot, _ *directory.Settings) { s.UsersComplete = false; partUnknown(s, 3) }, at(1), nothing},
		"nothing but unknown": {func(s *directory.Snapshot, _ *directory.Settings) {
			s.Users, s.UsersComplete = nil, false
			partUnknown(s, 0)
		}, at(1), nothing},
		"people cannot be read, groups can": {func(s *directory.Snapshot, _ *directory.Settings) { s.Users, s.UsersComplete = nil, false }, at(1), nothing},
		"members by other ids, people unread": {func(s *directory.Snapshot, _ *directory.Settings) {
			s.UsersComplete = false
			for i := range s.Groups {
				for j := range s.Groups[i].Members {
					s.Groups[i].Members[j] = "dn=" + s.Groups[i].Members[j]
				}
			}
		}, at(1), nothing},
		"members by other ids": {func(s *directory.Snapshot, _ *directory.Settings) {
			for i := range s.Groups {
				for j := range s.Groups[i].Members {
					s.Groups[i].Members[j] = "dn=" + s.Groups[i].Members[j]
				}
			}
		}, at(1), held},
		"everybody has another id": {func(s *directory.Snapshot, _ *directory.Settings) {
			for i := range s.Users {
				s.Users[i].ID = "x" + s.Users[i].ID
			}
		}, at(1), held},
		"all groups have other ids": {func(s *directory.Snapshot, _ *directory.Settings) {
			for i := range s.Groups {
				s.Groups[i].ID = "x" + s.Groups[i].ID
			}
			s.Groups[0].Groups = nil
		}, at(1), held},
		"a page twice":                   {func(s *directory.Snapshot, _ *directory.Settings) { s.Users = append(s.Users, s.Users[0]) }, at(1), refused},
		"a group twice":                  {func(s *directory.Snapshot, _ *directory.Settings) { s.Groups = append(s.Groups, s.Groups[0]) }, at(1), refused},
		"an id that is none":             {func(s *directory.Snapshot, _ *directory.Settings) { s.Users[7].ID = "" }, at(1), refused},
		"a member that is none":          {func(s *directory.Snapshot, _ *directory.Settings) { s.Groups[7].Members[2] = "" }, at(1), refused},
		"a filter with a typo":           {func(_ *directory.Snapshot, set *directory.Settings) { set.Users.Include = []string{"nobody*"} }, at(1), held},
		"a filter of groups with a typo": {func(_ *directory.Snapshot, set *directory.Settings) { set.Groups.Include = []string{"team*"} }, at(1), held},
		"nested groups in a cycle":       {func(s *directory.Snapshot, _ *directory.Settings) { s.Groups[1].Groups = []string{"g00"} }, at(1), nothing},
		"names swap": {func(s *directory.Snapshot, _ *directory.Settings) {
			s.Users[0].Username, s.Users[1].Username = s.Users[1].Username, s.Users[0].Username
		}, at(1), nothing},
		"all have one address": {func(s *directory.Snapshot, _ *directory.Settings) {
			for i := range s.Users {
				s.Users[i].Email = "all@corp.example"
			}
		}, at(1), nothing},
		"the clock is years ahead":  {func(*directory.Snapshot, *directory.Settings) {}, at(5000), nothing},
		"the clock is years behind": {func(*directory.Snapshot, *directory.Settings) {}, at(-5000), nothing},
		"all is well":               {func(*directory.Snapshot, *directory.Settings) {}, at(1), nothing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, set, s := newModel(t), settings(), bigOffice()
			m.take(set, bigOffice(), at(0))
			test.spoil(&s, &set)
			normal, _, _, err := directory.Normalize(set, s)
			if err != nil {
				if test.want != refused {
					t.Errorf("refused: %v", err)
				}
				return
			}
			p := directory.Diff(set, normal, m.state(), test.now)
			trips := directory.Measure(set, p, directory.Toll{}, false)
			got := nothing
			switch {
			case len(trips) > 0:
				got = held
			case p.Toll() != directory.Toll{}:
				got = fmt.Sprintf("%+v", p.Toll())
			}
			if got != test.want {
				t.Errorf("it is %s, want %s; guards %+v", got, test.want, trips)
			}
		})
	}
}

func TestAGroupOfTenThousand(t *testing.T) {
	t.Parallel()
	const n = 10_000
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true, Groups: []directory.Group{{ID: "all", Name: "all"}}}
	for i := range n {
		id := fmt.Sprintf("u%05d", i)
		s.Users = append(s.Users, directory.User{ID: id, Username: id})
		s.Groups[0].Members = append(s.Groups[0].Members, id)
	}
	m := newModel(t)
	p := m.plan(settings(), s, at(0))
	if len(p.People) != n || len(p.Groups) != 1 || len(p.Groups[0].Add) != n || len(p.Conflicts)+len(p.Unknown) > 0 {
		t.Errorf("the plan has %v", p.Counts())
	}
}
