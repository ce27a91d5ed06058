package ldap_test

import (
	"slices"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// inStep returns what the catalog holds when it is in step with a snapshot.
func inStep(s directory.Snapshot) directory.State {
	out := directory.State{Trust: catalog.TrustNone, Users: map[string]catalog.User{}}
	for _, u := range s.Users {
		p := catalog.Person{Source: "ldap", ExternalID: u.ID, UserID: "user-" + u.ID, Username: u.Username, Email: u.Email, Suspends: u.Disabled}
		if u.Disabled {
			p.InactiveAt = planned().Add(-time.Hour / 2)
		}
		out.Users[p.UserID] = catalog.User{ID: p.UserID, Username: u.Username, Email: u.Email, Suspended: u.Disabled}
		out.People = append(out.People, p)
	}
	for _, g := range s.Groups {
		group := directory.GroupState{Group: catalog.Group{ID: "grp-" + g.ID, Source: "ldap", ExternalID: g.ID, DisplayName: g.Name}}
		for _, id := range g.Members {
			group.Members = append(group.Members, "user-"+id)
		}
		for _, id := range g.Groups {
			group.Children = append(group.Children, "grp-"+id)
		}
		out.Groups = append(out.Groups, group)
	}
	return out
}

// toll returns what the plan of a snapshot takes away, where the catalog is in step with an earlier one.
func toll(t *testing.T, before, got directory.Snapshot) directory.Toll {
	t.Helper()
	set := directory.Settings{Name: "ldap", Nesting: directory.NestingKept, MaxDepth: 10, Keep: time.Hour}
	normal, _, _, err := directory.Normalize(set, got)
	if err != nil {
		t.Fatalf("the snapshot contradicts itself: %v", err)
	}
	return directory.Diff(set, normal, inStep(before), planned()).Toll()
}

// planned is when plans are made.
func planned() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// Without this the tests of faults could pass because no plan ever takes anything.
func TestTollOfWhatIsGone(t *testing.T) {
	t.Parallel()
	before := read(t, newSource(t, serve(t, healthy)), "")
	less := groups()[:2]
	less[0].attrs["member"] = []string{"uid=ann,ou=people,dc=example"}
	got := read(t, newSource(t, serve(t, func(a asked, r *reply) { answer(a, r, people()[:4], less) })), "")
	if n := toll(t, before, got); n.People != 1 || n.Groups != 1 || n.Memberships < 2 {
		t.Errorf("eve has gone, and the group all: %+v", n)
	}
	if n := toll(t, before, before); n != (directory.Toll{}) {
		t.Errorf("nothing has gone: %+v", n)
	}
}

// takesNothing fails the test when a faulty read could take anything from anybody: what was there is there, or is marked
// as unknown, or there is an error and nothing else.
func takesNothing(t *testing.T, before, got directory.Snapshot, err error) {
	t.Helper()
	if err != nil {
		if len(got.Users)+len(got.Groups) > 0 || got.UsersComplete || got.GroupsComplete {
			t.Errorf("beside the error %v, something is returned", err)
		}
		return
	}
	if n := toll(t, before, got); n != (directory.Toll{}) {
		t.Errorf("a plan would take %+v", n)
	}
	users := map[string]directory.User{}
	for _, u := range got.Users {
		users[u.ID] = u
	}
	groups := map[string]directory.Group{}
	for _, g := range got.Groups {
		groups[g.ID] = g
	}
	for _, u := range before.Users {
		if now, ok := users[u.ID]; !ok && got.UsersComplete || ok && now.Disabled && !u.Disabled {
			t.Errorf("%s would be suspended: %+v", u.Username, now)
		}
	}
	for _, g := range before.Groups {
		now, ok := groups[g.ID]
		switch {
		case !ok && got.GroupsComplete:
			t.Errorf("%s would be retired", g.Name)
		case ok && now.Unknown == "":
			for _, id := range g.Members {
				if !slices.Contains(now.Members, id) {
					t.Errorf("%s would lose %s", g.Name, id)
				}
			}
			for _, id := range g.Groups {
				if !slices.Contains(now.Groups, id) {
					t.Errorf("%s would lose group %s", g.Name, id)
				}
			}
		}
	}
}
