package directory_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// office is a directory that changes as directories do. Its names are unique, so that there are no conflicts.
type office struct {
	users  map[string]directory.User
	groups map[string]directory.Group
	cycles bool // groups may be nested in each other
	named  int  // how many names it has given: none twice
	// swapped are people who have another's name: were one of them to go before that was taken over, his name would be that
	// of somebody gone, and a conflict.
	swapped map[string]bool
	// away are people who have been disabled or deleted, and mails the addresses of everybody there ever was: who comes back
	// with another name and another address is somebody else, and a conflict.
	away  map[string]bool
	mails map[string]string
}

func newOffice(cycles bool) *office {
	return &office{users: map[string]directory.User{}, groups: map[string]directory.Group{}, cycles: cycles, swapped: map[string]bool{}, away: map[string]bool{}, mails: map[string]string{}}
}

func (o *office) clone() *office {
	out := newOffice(o.cycles)
	out.named, out.swapped, out.away, out.mails = o.named, maps.Clone(o.swapped), maps.Clone(o.away), maps.Clone(o.mails)
	maps.Copy(out.users, o.users)
	for id, g := range o.groups {
		g.Members, g.Groups = slices.Clone(g.Members), slices.Clone(g.Groups)
		out.groups[id] = g
	}
	return out
}

const (
	officeUsers  = 6
	officeGroups = 5
)

func userID(n int) string  { return fmt.Sprintf("u%d", n) }
func groupID(n int) string { return fmt.Sprintf("g%d", n) }

// firstOf returns the first text that there is.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// change lets one thing happen.
func (o *office) change(t *rapid.T) {
	u := userID(rapid.IntRange(0, officeUsers-1).Draw(t, "user"))
	from, to := rapid.IntRange(0, officeGroups-1).Draw(t, "group"), rapid.IntRange(0, officeGroups-1).Draw(t, "other group")
	g := groupID(from)
	user, has := o.users[u]
	group, there := o.groups[g]
	switch what := rapid.IntRange(0, 15).Draw(t, "what"); {
	case what <= 2 && !has:
		o.mails[u] = firstOf(o.mails[u], fmt.Sprintf("name%d@corp.example", o.named))
		o.users[u] = directory.User{ID: u, Username: fmt.Sprint("name", o.named), Email: o.mails[u], Disabled: what == 0}
		o.named++
	case what == 3 && has && !o.swapped[u]: // his memberships dangle
		o.away[u] = true
		delete(o.users, u)
	case what == 4 && has && !o.swapped[u]:
		o.away[u] = true
		user.Disabled = !user.Disabled
		o.users[u] = user
	case what == 5 && has && !user.Disabled && !o.away[u]: // two swap names and addresses
		other := slices.Sorted(maps.Keys(o.users))[rapid.IntRange(0, len(o.users)-1).Draw(t, "other user")]
		a, b := o.users[u], o.users[other]
		if other == u || b.Disabled || o.away[other] {
			return
		}
		a.Username, b.Username, a.Email, b.Email = b.Username, a.Username, b.Email, a.Email
		o.users[u], o.users[other] = a, b
		o.swapped[u], o.swapped[other] = true, true
	case what <= 7 && !there:
		o.groups[g] = directory.Group{ID: g, Name: "group " + g}
	case what == 8 && there: // it dangles in others
		delete(o.groups, g)
	case what == 9 && there:
		group.Name += "+"
		o.groups[g] = group
	case what <= 11 && there && has:
		group.Members = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(group.Members), u))))
		o.groups[g] = group
	case what == 12 && there:
		group.Members = slices.DeleteFunc(slices.Clone(group.Members), func(id string) bool { return id == u })
		o.groups[g] = group
	case what <= 14 && there && from != to && (o.cycles || from < to) && o.groups[groupID(to)].ID != "":
		group.Groups = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(group.Groups), groupID(to)))))
		o.groups[g] = group
	case there:
		group.Groups = slices.DeleteFunc(slices.Clone(group.Groups), func(id string) bool { return id == groupID(to) })
		o.groups[g] = group
	}
}

// snapshot is the whole of it, in some order.
func (o *office) snapshot(seed uint64) directory.Snapshot {
	r := rand.New(rand.NewPCG(seed, 1))
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for _, id := range slices.Sorted(maps.Keys(o.users)) {
		s.Users = append(s.Users, o.users[id])
	}
	for _, id := range slices.Sorted(maps.Keys(o.groups)) {
		g := o.groups[id]
		g.Members, g.Groups = slices.Clone(g.Members), slices.Clone(g.Groups)
		r.Shuffle(len(g.Members), func(i, j int) { g.Members[i], g.Members[j] = g.Members[j], g.Members[i] })
		r.Shuffle(len(g.Groups), func(i, j int) { g.Groups[i], g.Groups[j] = g.Groups[j], g.Groups[i] })
		s.Groups = append(s.Groups, g)
	}
	r.Shuffle(len(s.Users), func(i, j int) { s.Users[i], s.Users[j] = s.Users[j], s.Users[i] })
	r.Shuffle(len(s.Groups), func(i, j int) { s.Groups[i], s.Groups[j] = s.Groups[j], s.Groups[i] })
	return s
}

// in returns who is in a group, by username: enabled people, through nested groups if they count.
func (o *office) in(id string, nested bool) []string {
	out, seen := map[string]bool{}, map[string]bool{}
	queue := []string{id}
	for len(queue) > 0 {
		g, there := o.groups[queue[0]]
		queue = queue[1:]
		if !there || seen[g.ID] {
			continue
		}
		seen[g.ID] = true
		for _, ref := range g.Members {
			if u, ok := o.users[ref]; ok && !u.Disabled {
				out[u.Username] = true
			}
		}
		if nested {
			queue = append(queue, g.Groups...)
		}
	}
	return slices.Sorted(maps.Keys(out))
}

// agrees fails unless a model is what an office is: everybody who is enabled there acts here, under his name, in the
// groups in which he is there, and nobody else does.
func (o *office) agrees(t *rapid.T, m *model, nested bool) {
	t.Helper()
	for id, u := range o.users {
		p, known := m.people[id]
		if !known && u.Disabled {
			continue
		}
		if !known || p.Username != u.Username || p.Email != u.Email || p.InactiveAt.IsZero() == u.Disabled {
			t.Fatalf("%+v is %+v", u, p)
		}
		if account := m.users[p.UserID]; account.Suspended != u.Disabled || account.Username != u.Username || account.Email != u.Email {
			t.Fatalf("%+v has the account %+v", u, account)
		}
	}
	for id, p := range m.people {
		if _, there := o.users[id]; !there && (p.InactiveAt.IsZero() || !m.users[p.UserID].Suspended) {
			t.Fatalf("%+v is gone and acts", p)
		}
	}
	for id, g := range o.groups {
		have := m.groups[id]
		if have == nil || have.DisplayName != g.Name || !have.GoneAt.IsZero() {
			t.Fatalf("%+v is %+v", g, have)
		}
		if diff := cmp.Diff(o.in(id, nested), m.names(id)); diff != "" {
			t.Fatalf("in %s there are others:\n%s", id, diff)
		}
	}
	for id, g := range m.groups {
		if _, there := o.groups[id]; !there && (g.GoneAt.IsZero() || len(g.Members)+len(g.Children) > 0) {
			t.Fatalf("%s is gone, and there is %+v", id, g)
		}
	}
}

// direct returns who is in which group directly, by user and group.
func (m *model) direct() map[string]bool {
	out := map[string]bool{}
	for id, g := range m.groups {
		for _, userID := range g.Members {
			out[userID+" "+id] = true
		}
	}
	return out
}

func drawNesting(t *rapid.T) directory.Nesting {
	return rapid.SampledFrom([]directory.Nesting{directory.NestingKept, directory.NestingFlattened, directory.NestingIgnored}).Draw(t, "nesting")
}

func TestApplyingAPlanReachesWhatTheDirectorySays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, o, now := newModel(rt), newOffice(true), at(0)
		set := settings()
		for range rapid.IntRange(1, 5).Draw(rt, "runs") {
			for range rapid.IntRange(0, 12).Draw(rt, "changes") {
				o.change(rt)
			}
			set.Nesting = drawNesting(rt)
			before, had := m.direct(), maps.Clone(m.people)
			m.take(set, o.snapshot(rapid.Uint64().Draw(rt, "order")), now)
			o.agrees(rt, m, set.Nesting != directory.NestingIgnored)

			after := m.direct()
			for id, p := range had { // whoever is away keeps what he had, until it is due
				away := m.people[id].InactiveAt
				if away.IsZero() {
					continue
				}
				due := !p.InactiveAt.IsZero() && !now.Before(p.InactiveAt.Add(set.Keep))
				for g := range o.groups {
					key := p.UserID + " " + g
					if due && after[key] || !due && before[key] != after[key] {
						rt.Fatalf("%s is away, due %t: in %s before %t, after %t", id, due, g, before[key], after[key])
					}
				}
			}
			if again := m.plan(set, o.snapshot(1), now); !again.Empty() {
				rt.Fatalf("the second plan is not empty: %+v", again)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "days")) * 24 * time.Hour)
		}
	})
}

func TestTheOrderOfListsMakesNoDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, o, now := newModel(rt), newOffice(true), at(0)
		set := settings()
		for range 2 {
			for range rapid.IntRange(0, 20).Draw(rt, "changes") {
				o.change(rt)
			}
			set.Nesting = drawNesting(rt)
			one, other := m.plan(set, o.snapshot(rapid.Uint64().Draw(rt, "order")), now), m.plan(set, o.snapshot(rapid.Uint64().Draw(rt, "other order")), now)
			a, b := asJSON(rt, one), asJSON(rt, other)
			if a != b || one.Digest() != other.Digest() {
				rt.Fatalf("two plans:\n%s", cmp.Diff(a, b))
			}
			var kept directory.Plan
			if err := json.Unmarshal([]byte(a), &kept); err != nil || kept.Digest() != one.Digest() {
				rt.Fatalf("kept as JSON the plan has another digest: %v", err)
			}
			m.apply(one, now)
			now = now.Add(40 * 24 * time.Hour)
		}
	})
}

func asJSON(t *rapid.T, p directory.Plan) string {
	out, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// changes is what a source with increments says of the way from one state of it to another.
func (o *office) changes(t *rapid.T, before *office) directory.Snapshot {
	s := directory.Snapshot{Partial: true}
	for id, u := range o.users {
		if before.users[id] != u {
			s.Users = append(s.Users, u)
		}
	}
	for id := range before.users {
		if _, there := o.users[id]; !there {
			s.Users = append(s.Users, directory.User{ID: id, Deleted: true})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.groups)) {
		g, was := o.groups[id], before.groups[id]
		if cmp.Equal(g, was) {
			continue
		}
		if was.ID != "" && rapid.Bool().Draw(t, "as joined and left") {
			g = directory.Group{
				ID: id, Name: g.Name, Incremental: true, Members: without(g.Members, was.Members), Removed: without(was.Members, g.Members),
				Groups: without(g.Groups, was.Groups), RemovedGroups: without(was.Groups, g.Groups),
			}
		}
		s.Groups = append(s.Groups, g)
	}
	for id := range before.groups {
		if _, there := o.groups[id]; !there {
			s.Groups = append(s.Groups, directory.Group{ID: id, Deleted: true})
		}
	}
	return s
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(drop, id) })
}

func TestChangesAndWholeReadsConverge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, o, now := newModel(rt), newOffice(false), at(0)
		set := settings()
		set.Nesting = drawNesting(rt)
		for range 15 {
			o.change(rt)
		}
		m.take(set, o.snapshot(1), now)
		for range rapid.IntRange(1, 4).Draw(rt, "runs") {
			before := o.clone()
			for range rapid.IntRange(0, 5).Draw(rt, "changes") {
				o.change(rt)
			}
			now = now.Add(time.Hour)
			p := m.take(set, o.changes(rt, before), now)
			whole := m.plan(set, o.snapshot(2), now)
			if !whole.Empty() && !p.Reread {
				rt.Fatalf("changes alone did not lead there, and nobody was told to read again: %s", asJSON(rt, whole))
			}
			m.apply(whole, now)
			o.agrees(rt, m, set.Nesting != directory.NestingIgnored)
		}
	})
}

func TestWhatIsUnknownLosesNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, o, now := newModel(rt), newOffice(true), at(0)
		set := settings()
		set.Nesting = drawNesting(rt)
		for range 30 {
			o.change(rt)
		}
		m.take(set, o.snapshot(1), now)
		s := o.snapshot(2)
		s.UsersComplete = rapid.Bool().Draw(rt, "all users") && len(s.Users) == 0
		s.GroupsComplete = rapid.Bool().Draw(rt, "all groups") && len(s.Groups) == 0
		s.Users = s.Users[:rapid.IntRange(0, len(s.Users)).Draw(rt, "users read")]
		s.Groups = s.Groups[:rapid.IntRange(0, len(s.Groups)).Draw(rt, "groups read")]
		unread := rapid.Bool().Draw(rt, "groups unread")
		for i := range s.Groups {
			if g := &s.Groups[i]; unread || rapid.Bool().Draw(rt, "this group unread") {
				g.Unknown = "the read ended early"
				g.Members = g.Members[:rapid.IntRange(0, len(g.Members)).Draw(rt, "members read")]
				g.Groups = g.Groups[:rapid.IntRange(0, len(g.Groups)).Draw(rt, "nested read")]
			}
		}
		before := map[string][]string{}
		for id := range m.groups {
			before[id] = m.names(id)
		}
		p := m.take(set, s, now.Add(100*24*time.Hour))
		if toll := p.Toll(); toll.People+toll.Groups > 0 {
			rt.Fatalf("somebody is suspended, or a group retired: %+v in %s", toll, asJSON(rt, p))
		}
		for id, names := range before { // a cycle of which a part is unknown may be nested again: the same people are in it
			if lost := without(names, m.names(id)); len(lost) > 0 {
				rt.Fatalf("%v leave %s: %s", lost, id, asJSON(rt, p))
			}
		}
	})
}
