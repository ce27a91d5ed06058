package sourcetest

import (
	"fmt"
	"slices"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// contradictions returns what a snapshot says that is not so: who is gone, has left, has joined, or is another, and is not. What
// it marks as not read to its end says nothing. It is written without the code that makes plans.
func contradictions(truth Model, s directory.Snapshot) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	users, groups := map[string]directory.User{}, map[string]directory.Group{}
	for _, u := range s.Users {
		users[u.ID] = u
	}
	for _, g := range s.Groups {
		groups[g.ID] = g
	}
	for _, u := range truth.People {
		said, ok := users[u.ID]
		switch {
		case !ok && s.UsersComplete:
			add("%s is gone", u.Username)
		case ok && said != u:
			add("%s is %+v", u.Username, said)
		}
		delete(users, u.ID)
	}
	for _, g := range truth.Groups {
		said, ok := groups[g.ID]
		switch {
		case !ok && s.GroupsComplete:
			add("the group %s is gone", g.Name)
		case ok && said.Unknown == "":
			if said.Name != g.Name || said.Deleted || !same(said.Members, g.Members) || !same(said.Groups, g.Groups) {
				add("the group %s is %+v", g.Name, said)
			}
		}
		delete(groups, g.ID)
	}
	for id := range users {
		add("there is a user %s", id)
	}
	for id := range groups {
		add("there is a group %s", id)
	}
	return out
}

func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// doubts reports whether a snapshot leaves anything open.
func doubts(s directory.Snapshot) bool {
	return !s.UsersComplete || !s.GroupsComplete || slices.ContainsFunc(s.Groups, func(g directory.Group) bool { return g.Unknown != "" })
}
