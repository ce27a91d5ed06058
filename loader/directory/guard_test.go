package directory_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// losing is a plan of a source with 1,000 people, 100 groups and 5,000 memberships that takes as much away.
func losing(people, groups, members int) directory.Plan {
	p := directory.Plan{
		Source: "corp", Before: directory.Totals{People: 1000, Groups: 100, Memberships: 5000},
		Seen: directory.Totals{People: 900, Groups: 90, Memberships: 4000},
	}
	for range people {
		p.People = append(p.People, directory.PersonChange{Op: directory.OpSuspend})
	}
	for range groups {
		p.Groups = append(p.Groups, directory.GroupChange{Op: directory.OpRetire})
	}
	for range members { // one of a hundred each
		p.Groups = append(p.Groups, directory.GroupChange{Op: directory.OpUpdate, Name: "g", Members: 100, Remove: make([]directory.Member, 1)})
	}
	return p
}

func TestGuards(t *testing.T) {
	t.Parallel()
	leaving := func(name string, n, of int) directory.Plan {
		p := losing(0, 0, 0)
		p.Groups = []directory.GroupChange{{Op: directory.OpUpdate, Name: name, Members: of, Remove: make([]directory.Member, n)}}
		return p
	}
	renamed := func(n int) directory.Plan {
		return directory.Plan{Before: losing(0, 0, 0).Before, Groups: []directory.GroupChange{{Op: directory.OpUpdate, Name: "g", Was: "h", NameLost: n}}}
	}
	nothing := func(s *directory.Settings) { s.Limits = directory.Limits{Group: directory.Limit{Max: -1}} }
	tests := map[string]struct {
		plan  directory.Plan
		set   func(*directory.Settings)
		day   directory.Toll
		first bool
		want  []directory.Guard
	}{
		"nothing":                         {plan: losing(0, 0, 0)},
		"nothing, at first":               {plan: losing(0, 0, 0), first: true, set: func(s *directory.Settings) { s.ApplyFirst = false }},
		"something, at first":             {plan: losing(1, 0, 0), first: true, set: func(s *directory.Settings) { s.ApplyFirst = false }, want: []directory.Guard{directory.GuardFirst}},
		"at first, to be applied":         {plan: losing(1, 0, 0), first: true},
		"not at first":                    {plan: losing(1, 0, 0), set: func(s *directory.Settings) { s.ApplyFirst = false }},
		"as many people as may go":        {plan: losing(50, 0, 0)},
		"one more":                        {plan: losing(51, 0, 0), want: []directory.Guard{directory.GuardPeople}},
		"as many groups":                  {plan: losing(0, 10, 0)},
		"one more group":                  {plan: losing(0, 11, 0), want: []directory.Guard{directory.GuardGroups}},
		"as many memberships":             {plan: losing(0, 0, 500)},
		"one more membership":             {plan: losing(0, 0, 501), want: []directory.Guard{directory.GuardMemberships}},
		"half of a group":                 {plan: leaving("g", 20, 40)},
		"more than that":                  {plan: leaving("g", 21, 40), want: []directory.Guard{directory.GuardGroup}},
		"all of a small group":            {plan: leaving("g", 5, 5)},
		"all of one that is just no more": {plan: leaving("g", 6, 6), want: []directory.Guard{directory.GuardGroup}},
		"by nested groups": {plan: directory.Plan{Before: losing(0, 0, 0).Before, Seen: losing(0, 0, 0).Seen, Groups: []directory.GroupChange{
			{Op: directory.OpUpdate, Name: "g", Members: 2, Nested: 20, Lost: 12, RemoveGroups: []string{"h"}},
		}}, want: []directory.Guard{directory.GuardGroup}},
		"drop by drop":                    {plan: losing(0, 0, 1), day: directory.Toll{Memberships: 1000}, want: []directory.Guard{directory.GuardDay}},
		"drop by drop, just so":           {plan: losing(0, 0, 1), day: directory.Toll{Memberships: 999}},
		"a full day, and no more":         {plan: losing(1, 0, 0), day: directory.Toll{Memberships: 5000}},
		"people drop by drop":             {plan: losing(1, 0, 0), day: directory.Toll{People: 100}, want: []directory.Guard{directory.GuardDayPeople}},
		"people, just so":                 {plan: losing(1, 0, 0), day: directory.Toll{People: 99}},
		"a share of few":                  {plan: directory.Plan{Before: directory.Totals{People: 100}, Seen: directory.Totals{People: 90}, People: losing(6, 0, 0).People}, want: []directory.Guard{directory.GuardPeople}},
		"the floor":                       {plan: directory.Plan{Before: directory.Totals{People: 6}, Seen: directory.Totals{People: 1}, People: losing(5, 0, 0).People}},
		"no floor":                        {plan: directory.Plan{Before: directory.Totals{People: 6}, Seen: directory.Totals{People: 5}, People: losing(1, 0, 0).People}, set: func(s *directory.Settings) { s.Limits = directory.DefaultLimits(); s.Limits.Floor = 0 }, want: []directory.Guard{directory.GuardPeople, directory.GuardDayPeople}},
		"nobody may go":                   {plan: losing(1, 0, 0), set: nothing, want: []directory.Guard{directory.GuardPeople, directory.GuardDayPeople}},
		"nobody goes":                     {plan: losing(0, 0, 0), set: nothing},
		"with a name of a group":          {plan: renamed(201), want: []directory.Guard{directory.GuardLinks}},
		"with a name of a group, just so": {plan: renamed(200)},
		"no limits": {plan: losing(900, 90, 4000), set: func(s *directory.Settings) {
			off := directory.Limit{Max: -1, Percent: -1}
			s.Limits = directory.Limits{Memberships: off, Group: off, People: off, Groups: off, Links: off, Day: off, DayPeople: off}
		}},
		"links of rules":            {plan: directory.Plan{Before: losing(0, 0, 0).Before, Links: []directory.LinkChange{{Op: directory.OpDelete, People: 201}, {Op: directory.OpCreate, People: 9}}}, want: []directory.Guard{directory.GuardLinks}},
		"links of rules, just so":   {plan: directory.Plan{Before: losing(0, 0, 0).Before, Links: []directory.LinkChange{{Op: directory.OpDelete, People: 200}}}},
		"a site admin":              {plan: directory.Plan{Links: []directory.LinkChange{{Op: directory.OpDelete, SiteAdmins: true, People: 1}}}, want: []directory.Guard{directory.GuardOwner}},
		"no site admin after all":   {plan: directory.Plan{Links: []directory.LinkChange{{Op: directory.OpDelete, SiteAdmins: true}}}},
		"releases count as people":  {plan: directory.Plan{Before: losing(0, 0, 0).Before, Seen: losing(0, 0, 0).Seen, People: slices.Repeat([]directory.PersonChange{{Op: directory.OpRelease, Memberships: 10}}, 51)}, want: []directory.Guard{directory.GuardMemberships, directory.GuardPeople}},
		"deletions count as groups": {plan: directory.Plan{Before: losing(0, 0, 0).Before, Seen: losing(0, 0, 0).Seen, Groups: slices.Repeat([]directory.GroupChange{{Op: directory.OpDelete}}, 11)}, want: []directory.Guard{directory.GuardGroups}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := settings()
			if test.set != nil {
				test.set(&set)
			}
			trips := directory.Measure(set, test.plan, test.day, test.first)
			var got []directory.Guard
			for _, trip := range trips {
				got = append(got, trip.Guard)
				if trip.Message == "" {
					t.Errorf("%+v says nothing", trip)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("guards (-want +got):\n%s\n%+v", diff, trips)
			}
		})
	}
}

func TestAnEmptySourceIsAlwaysHeld(t *testing.T) {
	t.Parallel()
	off := directory.Limit{Max: -1, Percent: -1}
	set := settings()
	set.Limits = directory.Limits{Memberships: off, Group: off, People: off, Groups: off, Links: off, Day: off, DayPeople: off}
	people := []string{"1=ann", "2=bob"}
	tests := map[string]struct {
		now  directory.Snapshot
		held string
	}{
		"nothing at all":          {whole(nil), "2 enabled people"},
		"no people":               {whole(nil, "g=1,2", "h=2"), "2 enabled people"},
		"all of them disabled":    {whole([]string{"1=ann!", "2=bob!"}, "g=1,2", "h=2"), "2 enabled people"},
		"no groups":               {whole(people), "2 groups"},
		"no members":              {whole(people, "g=", "h="), "3 members of groups"},
		"one of each":             {whole([]string{"1=ann"}, "g=1"), ""},
		"nothing, nothing read":   {directory.Snapshot{}, ""},
		"nothing, of changes":     {directory.Snapshot{Partial: true}, ""},
		"other people altogether": {whole([]string{"3=ann3", "4=bob4"}, "g=3"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newModel(t)
			m.take(set, whole(people, "g=1,2", "h=2"), at(0))
			trips := directory.Measure(set, m.plan(set, test.now, at(1)), directory.Toll{}, false)
			if (test.held != "") != slices.ContainsFunc(trips, func(trip directory.Trip) bool {
				return trip.Guard == directory.GuardEmpty && strings.Contains(trip.Message, test.held)
			}) {
				t.Errorf("guards: %+v", trips)
			}
		})
	}
}

func TestCountsNameEverything(t *testing.T) {
	t.Parallel()
	empty := directory.Plan{}.Counts()
	m := newModel(t)
	p := m.plan(settings(), whole([]string{"1=ann", "2=bob"}, "g=1,2"), at(0))
	got := p.Counts()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(empty)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("keys differ:\n%s", diff)
	}
	maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
	if diff := cmp.Diff(map[string]int{"people.create": 2, "groups.create": 1, "members.add": 2}, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestDigests(t *testing.T) {
	t.Parallel()
	p := losing(2, 1, 1)
	p.People[0].ExternalID, p.People[1].ExternalID = "b", "a"
	digest := p.Digest()
	p.Warnings, p.Trips, p.Conflicts = []string{"w"}, make([]directory.Trip, 1), make([]directory.Conflict, 1)
	slices.Reverse(p.People)
	if p.Digest() != digest || len(digest) != 64 {
		t.Error("the digest is of more than the changes, or of their order")
	}
	for name, change := range map[string]func(p *directory.Plan){
		"source": func(p *directory.Plan) { p.Source = "x" }, "partial": func(p *directory.Plan) { p.Partial = true },
		"person": func(p *directory.Plan) { p.People = p.People[:1] }, "group": func(p *directory.Plan) { p.Groups = p.Groups[:1] },
		"link": func(p *directory.Plan) { p.Links = make([]directory.LinkChange, 1) },
	} {
		other := p
		if change(&other); other.Digest() == digest {
			t.Errorf("another %s has the same digest", name)
		}
	}
	if directory.MembersDigest([]string{"a", "b"}, nil) != directory.MembersDigest([]string{"b", "a"}, nil) {
		t.Error("the digest of members depends on their order")
	}
	if directory.MembersDigest([]string{"a"}, []string{"b"}) == directory.MembersDigest([]string{"a", "b"}, nil) {
		t.Error("a person and a group are told apart by nothing")
	}
}
