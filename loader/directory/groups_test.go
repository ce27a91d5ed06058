package directory_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func TestWhatBecomesOfGroups(t *testing.T) {
	t.Parallel()
	people := []string{"1=ann", "2=bob", "3=cy"}
	rename := func(name string) func(*directory.Snapshot) {
		return func(s *directory.Snapshot) { s.Groups[0].Name = name }
	}
	tests := map[string]struct {
		now    directory.Snapshot
		change func(*directory.Snapshot)
		model  func(*model, *directory.Settings)
		want   []string
	}{
		"nothing":                        {now: whole(people, "g=1,2", "h=3")},
		"one joins and one leaves":       {now: whole(people, "g=2,3", "h=3"), want: []string{"update g +3 -1"}},
		"another name":                   {now: whole(people, "g=1,2", "h=3"), change: rename("other"), want: []string{"update g"}},
		"a name nobody can read":         {now: whole(people, "g=2", "h=3"), change: rename("a\nb"), want: []string{"update g -1", "conflict group g … no group can be named"}},
		"no name at all":                 {now: whole(people, "g=2", "h=3"), change: rename(" "), want: []string{"update g -1"}},
		"a name with spaces around it":   {now: whole(people, "g=1,2", "h=3"), change: rename(" the g "), want: nil},
		"the longest name":               {now: whole(people, "g=1,2", "h=3"), change: rename(strings.Repeat("x", 255)), want: []string{"update g"}},
		"one that is longer":             {now: whole(people, "g=2", "h=3"), change: rename(strings.Repeat("x", 256)), want: []string{"update g -1", "conflict group g … 255 bytes"}},
		"another without a name":         {now: whole(people, "g=1,2", "h=3", "i=1"), change: func(s *directory.Snapshot) { s.Groups[2].Name = "" }, want: []string{"create i +1"}},
		"another, illegally named":       {now: whole(people, "g=1,2", "h=3", "i=1"), change: func(s *directory.Snapshot) { s.Groups[2].Name = "a\x00b" }, want: []string{"conflict group i … no group can be named"}},
		"it is gone":                     {now: whole(people, "g=1,2"), want: []string{"retire h -3"}},
		"another is there":               {now: whole(people, "g=1,2", "h=3", "i=1"), want: []string{"create i +1"}},
		"its members are unknown":        {now: whole(people, "g=", "h=3"), change: func(s *directory.Snapshot) { s.Groups[0].Unknown = "429" }, want: []string{"unknown g"}},
		"and its name is another":        {now: whole(people, "g=", "h=3"), change: func(s *directory.Snapshot) { s.Groups[0].Unknown, s.Groups[0].Name = "429", "x" }, want: []string{"update g", "unknown g"}},
		"a new one is unknown":           {now: whole(people, "g=1,2", "h=3", "i=1"), change: func(s *directory.Snapshot) { s.Groups[2].Unknown = "429" }, want: []string{"unknown i"}},
		"a member whom nobody knows":     {now: whole(people, "g=1,9", "h=3"), want: []string{"update g -2"}},
		"the same, not all were read":    {now: whole(people, "g=1,9", "h=3"), change: func(s *directory.Snapshot) { s.UsersComplete = false }, want: []string{"unknown g", "unknown users"}},
		"one whom the catalog knows":     {now: whole([]string{"1=ann"}, "g=1,2,3", "h=3"), change: func(s *directory.Snapshot) { s.UsersComplete = false }, want: []string{"update g +3", "unknown users"}},
		"groups were not all read":       {now: whole(people, "g=1,2"), change: func(s *directory.Snapshot) { s.GroupsComplete = false }, want: []string{"unknown groups"}},
		"a member is disabled":           {now: whole([]string{"1=ann!", "2=bob", "3=cy"}, "g=2", "h=3"), want: []string{"suspend 1=ann"}},
		"paused":                         {now: whole(people, "g=3", "h=3"), model: func(m *model, _ *directory.Settings) { m.groups["g"].Paused = true }, want: []string{"unknown g"}},
		"paused and gone":                {now: whole(people, "h=3"), model: func(m *model, _ *directory.Settings) { m.groups["g"].Paused = true }, want: []string{"unknown g"}},
		"a protected one leaves":         {now: whole(people, "g=3", "h=3"), model: func(_ *model, s *directory.Settings) { s.Protected = []string{"ann"} }, want: []string{"update g +3 -2", "conflict group g … ann is in it no more, but he is protected"}},
		"a protected one's group goes":   {now: whole(people, "h=3"), model: func(_ *model, s *directory.Settings) { s.Protected = []string{"ann"} }, want: []string{"update g -2", "conflict group g … it is gone, but ann is protected"}},
		"a filter excludes it":           {now: whole(people, "g=1,2", "h=3"), model: func(_ *model, s *directory.Settings) { s.Groups.Exclude = []string{"THE H*"} }, want: []string{"retire h -3"}},
		"a filter does not name it":      {now: whole(people, "g=1,2", "h=3"), model: func(_ *model, s *directory.Settings) { s.Groups.Include = []string{"g"} }, want: []string{"retire h -3"}},
		"excluded in a partial list":     {now: whole(people, "g=1,2", "h=3"), change: func(s *directory.Snapshot) { s.GroupsComplete = false }, model: func(_ *model, s *directory.Settings) { s.Groups.Exclude = []string{"h"} }, want: []string{"retire h -3", "unknown groups"}},
		"a filter excludes a person":     {now: whole(people, "g=1,2", "h=3"), model: func(_ *model, s *directory.Settings) { s.Users.Exclude = []string{"a*"} }, want: []string{"suspend 1=ann"}},
		"what a login said is confirmed": {now: whole(people, "g=1,2", "h=3"), model: func(m *model, _ *directory.Settings) { m.groups["g"].Expiring = map[string]bool{"user-0001": true} }, want: []string{"update g +1"}},
		"what a login said is not so":    {now: whole(people, "g=2", "h=3"), model: func(m *model, _ *directory.Settings) { m.groups["g"].Expiring = map[string]bool{"user-0001": true} }, want: []string{"update g -1"}},
		"one whom only a login knows, not so": {now: whole(people, "g=1,2", "h=3"), model: func(m *model, _ *directory.Settings) {
			m.groups["g"].Members = append(m.groups["g"].Members, m.addUser("lou", ""))
		}, want: []string{"update g -"}},
		"he may be the member nobody knows": {now: whole(people, "g=1,2,9", "h=3"), model: func(m *model, _ *directory.Settings) {
			m.groups["g"].Members = append(m.groups["g"].Members, m.addUser("lou", ""))
		}},
		"he may be one in a conflict": {now: whole(slices.Concat(people, []string{"4=lou"}), "g=1,2,4", "h=3"), model: func(m *model, _ *directory.Settings) {
			id := m.addUser("lou", "")
			m.vouched[id] = true
			m.groups["g"].Members = append(m.groups["g"].Members, id)
		}, want: []string{"conflict user 4…"}},
		"he is linked, and lasts": {now: whole(slices.Concat(people, []string{"4=x"}), "g=1,2,4", "h=3"), model: func(m *model, _ *directory.Settings) {
			id := m.addUser("lou", "")
			m.identities["4"] = id
			m.groups["g"].Members, m.groups["g"].Expiring = append(m.groups["g"].Members, id), map[string]bool{id: true}
		}, want: []string{"create 4=x as user-0006", "update g +4"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, set := newModel(t), settings()
			m.take(set, whole(people, "g=1,2", "h=3"), at(0))
			if test.model != nil {
				test.model(m, &set)
			}
			if test.change != nil {
				test.change(&test.now)
			}
			does(t, m.take(set, test.now, at(1)), test.want...)
			if again := m.plan(set, test.now, at(1)); !again.Empty() {
				t.Errorf("the second plan: %q", brief(again))
			}
		})
	}
}

func TestAGroupIsRetiredRestoredAndDeleted(t *testing.T) {
	t.Parallel()
	m, set, people := newModel(t), settings(), []string{"1=ann"}
	m.links["gl"] = directory.LinkState{ID: "gl", Organization: "acme", Team: "devs"}
	m.take(set, whole(people, "g=1", "h=1"), at(0))
	l := m.links["gl"]
	l.GroupID = m.groups["h"].ID
	m.links["gl"] = l
	m.take(set, whole(people, "g=1"), at(1))
	does(t, m.plan(set, whole(people, "g=1", "h=1"), at(20)), "restore h +1")
	does(t, m.plan(set, whole(people, "g=1"), at(30)))
	does(t, m.plan(set, whole(people, "g=1"), at(31)), "delete h")
	unread := whole(people, "g=1")
	unread.GroupsComplete = false
	does(t, m.plan(set, unread, at(31)), "unknown groups")
	unknown := whole(people, "g=1", "h=")
	unknown.Groups[1].Unknown = "429"
	does(t, m.plan(set, unknown, at(31)), "unknown h")
	if _, linked := m.links["gl"]; !linked {
		t.Error("the link went with the people")
	}
}

func TestChangesOfGroups(t *testing.T) {
	t.Parallel()
	people := []string{"1=ann", "2=bob", "3=cy"}
	partial := func(groups ...directory.Group) directory.Snapshot {
		return directory.Snapshot{Partial: true, Groups: groups}
	}
	tests := map[string]struct {
		s      directory.Snapshot
		want   []string
		reread bool
	}{
		"nothing":                     {s: partial()},
		"joined and left":             {s: partial(directory.Group{ID: "g", Name: "the g", Incremental: true, Members: []string{"3"}, Removed: []string{"1"}}), want: []string{"update g +3 -1"}},
		"all members":                 {s: partial(directory.Group{ID: "g", Name: "the g", Members: []string{"3"}}), want: []string{"update g +3 -1 -2 -[h]"}},
		"somebody unknown joined":     {s: partial(directory.Group{ID: "g", Name: "the g", Incremental: true, Members: []string{"9"}, Removed: []string{"1"}}), want: []string{"update g -1"}, reread: true},
		"somebody unknown is in it":   {s: partial(directory.Group{ID: "g", Name: "the g", Members: []string{"9"}}), want: []string{"unknown g"}, reread: true},
		"both joined and left":        {s: partial(directory.Group{ID: "g", Name: "the g", Incremental: true, Members: []string{"3"}, Removed: []string{"3"}}), want: []string{"unknown g"}, reread: true},
		"gone":                        {s: partial(directory.Group{ID: "g", Deleted: true}), want: []string{"retire g -1 -2 -[h]"}},
		"one nobody had is gone":      {s: partial(directory.Group{ID: "x", Deleted: true})},
		"a person is gone":            {s: directory.Snapshot{Partial: true, Users: []directory.User{{ID: "1", Deleted: true}}}, want: []string{"suspend 1=ann"}},
		"a person nobody had is gone": {s: directory.Snapshot{Partial: true, Users: []directory.User{{ID: "x", Deleted: true}}}},
		"a new person":                {s: directory.Snapshot{Partial: true, Users: []directory.User{{ID: "4", Username: "dee"}}}, want: []string{"create 4=dee"}, reread: true},
		"nested groups":               {s: partial(directory.Group{ID: "g", Name: "the g", Incremental: true, Groups: []string{"i"}, RemovedGroups: []string{"h"}}), want: []string{"update g +[i] -[h]"}},
		"a cycle with what there is":  {s: partial(directory.Group{ID: "h", Name: "the h", Incremental: true, Groups: []string{"g"}}), want: []string{"conflict group h … cannot be nested"}},
		"and one that is none":        {s: partial(directory.Group{ID: "h", Name: "the h", Incremental: true, Groups: []string{"g", "i"}}), want: []string{"update h +[i]", "conflict group h … cannot be nested"}},
		"a cycle round two corners": {s: partial(
			directory.Group{ID: "h", Name: "the h", Incremental: true, Groups: []string{"i"}},
			directory.Group{ID: "i", Name: "the i", Incremental: true, Groups: []string{"g"}},
		), want: []string{"update h +[i]", "conflict group i … cannot be nested"}},
		"the same way round": {s: partial(directory.Group{ID: "g", Name: "the g", Incremental: true, Groups: []string{"i"}}, directory.Group{ID: "h", Name: "the h", Incremental: true, Groups: []string{"i"}}), want: []string{"update g +[i]", "update h +[i]"}},
		"a cycle of its own": {s: partial(directory.Group{ID: "h", Name: "the h", Members: []string{"3"}, Groups: []string{"i"}}, directory.Group{ID: "i", Name: "the i", Members: []string{"1"}, Groups: []string{"h"}}), want: []string{"unknown h", "unknown i"}, reread: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newModel(t)
			first := whole(people, "g=1,2", "h=3", "i=")
			first.Groups[0].Groups = []string{"h"}
			m.take(settings(), first, at(0))
			p := m.take(settings(), test.s, at(1))
			does(t, p, test.want...)
			if p.Reread != test.reread {
				t.Errorf("read again: %t, want %t", p.Reread, test.reread)
			}
		})
	}
}

func TestNestedGroups(t *testing.T) {
	t.Parallel()
	people := []string{"1=ann", "2=bob", "3=cy"}
	nested := func(edges ...string) directory.Snapshot { // "g>h"
		s := whole(people, "g=1", "h=2", "i=3")
		for _, edge := range edges {
			from, to, _ := strings.Cut(edge, ">")
			i := slices.IndexFunc(s.Groups, func(g directory.Group) bool { return g.ID == from })
			s.Groups[i].Groups = append(s.Groups[i].Groups, to)
		}
		return s
	}
	unknown := func(s directory.Snapshot, id string) directory.Snapshot {
		i := slices.IndexFunc(s.Groups, func(g directory.Group) bool { return g.ID == id })
		s.Groups[i].Unknown = "429"
		return s
	}
	tests := map[string]struct {
		s       directory.Snapshot
		nesting directory.Nesting
		depth   int
		exclude string
		include []string
		want    []string
	}{
		"kept":                       {s: nested("g>h", "h>i"), want: []string{"update g +[h]", "update h +[i]"}},
		"flattened":                  {s: nested("g>h", "h>i"), nesting: directory.NestingFlattened, want: []string{"update g +2 +3", "update h +3"}},
		"ignored":                    {s: nested("g>h", "h>i"), nesting: directory.NestingIgnored},
		"in itself":                  {s: nested("g>g")},
		"a cycle, kept":              {s: nested("g>h", "h>g", "h>i"), want: []string{"update g +2 +[i]", "update h +1 +[i]"}},
		"a cycle, flattened":         {s: nested("g>h", "h>g", "h>i"), nesting: directory.NestingFlattened, want: []string{"update g +2 +3", "update h +1 +3"}},
		"too deep, kept":             {s: nested("g>h", "h>i"), depth: 1, want: []string{"update g +[h]", "update h +[i]", "unknown i"}},
		"too deep, flattened":        {s: nested("g>h", "h>i"), nesting: directory.NestingFlattened, depth: 1, want: []string{"update h +3", "unknown g"}},
		"just deep enough":           {s: nested("g>h", "h>i"), nesting: directory.NestingFlattened, depth: 2, want: []string{"update g +2 +3", "update h +3"}},
		"an unknown one, kept":       {s: unknown(nested("g>h"), "h"), want: []string{"update g +[h]", "unknown h"}},
		"an unknown one, flattened":  {s: unknown(nested("g>h"), "h"), nesting: directory.NestingFlattened, want: []string{"unknown g", "unknown h"}},
		"an unknown one in a cycle":  {s: unknown(nested("g>h", "h>g"), "h"), want: []string{"unknown g", "unknown h"}},
		"one nobody lists":           {s: nested("g>x")},
		"an excluded one, kept":      {s: nested("g>h"), exclude: "h", want: []string{"retire h -2"}},
		"an excluded one, flattened": {s: nested("g>h"), nesting: directory.NestingFlattened, exclude: "h", want: []string{"retire h -2"}},
		"one not named, flattened":   {s: nested("g>h"), nesting: directory.NestingFlattened, include: []string{"g", "i"}, want: []string{"update g +2", "retire h -2"}},
		"one not named, kept":        {s: nested("g>h"), include: []string{"g", "i"}, want: []string{"retire h -2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, set := newModel(t), settings()
			m.take(set, whole(people, "g=1", "h=2", "i=3"), at(0))
			set.Nesting, set.MaxDepth, set.Groups.Include = test.nesting, test.depth, test.include
			if test.exclude != "" {
				set.Groups.Exclude = []string{test.exclude}
			}
			does(t, m.take(set, test.s, at(1)), test.want...)
		})
	}
}

func TestWhoIsLostWithANestedGroup(t *testing.T) {
	t.Parallel()
	people := []string{"1=ann", "2=bob", "3=cy"}
	with, without := whole(people, "g=1", "h=1,2,3"), whole(people, "g=1", "h=1,2,3")
	with.Groups[0].Groups = []string{"h"}
	m := newModel(t)
	m.take(settings(), with, at(0))
	p := m.plan(settings(), without, at(1))
	does(t, p, "update g -[h]")
	if c := p.Groups[0]; c.Nested != 2 || c.Lost != 2 || p.Toll().Memberships != 2 {
		t.Errorf("nested %d, lost %d, toll %+v", c.Nested, c.Lost, p.Toll())
	}
	set := settings()
	set.Protected = []string{"bob"}
	does(t, m.plan(set, without, at(1)), "conflict group g … bob, who is in that one, is protected")

	half := without
	half.Groups, half.GroupsComplete = half.Groups[:1], false
	does(t, m.plan(settings(), half, at(1)), "unknown groups")

	foreign := m.groups["g"]
	foreign.Children = append(foreign.Children, "grp-of-another-source")
	does(t, m.plan(settings(), with, at(1)))
	m.trust = catalog.TrustTeams
	does(t, m.plan(settings(), whole(people, "h=1,2,3"), at(1)), "retire g -1 -[h]")
}

func TestNestedGroupsThatAreNotThere(t *testing.T) {
	t.Parallel()
	people := []string{"1=ann", "2=bob"}
	with := whole(people, "g=1", "h=2")
	with.Groups[0].Groups = []string{"h"}
	m, set := newModel(t), settings()
	m.take(set, with, at(0))
	set.Groups.Exclude = []string{"h"}
	does(t, m.plan(set, with, at(1)), "update g -[h]", "retire h -2")

	part := whole(people, "g=2")
	part.Groups[0].Groups, part.GroupsComplete = []string{"h", "x"}, false
	does(t, m.plan(settings(), part, at(1)), "unknown g", "unknown groups")
	part.GroupsComplete = true
	does(t, m.plan(settings(), part, at(1)), "update g +2 -1", "retire h -2")

	m = newModel(t)
	m.take(settings(), whole(people, "g=1", "h=2"), at(0))
	m.take(settings(), whole(people, "g=1"), at(1))
	changes := directory.Snapshot{Partial: true, Groups: []directory.Group{{ID: "g", Name: "the g", Members: []string{"1"}, Groups: []string{"h"}}}}
	does(t, m.plan(settings(), changes, at(2)))
}
