package sourcetest

import (
	"slices"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// PageSize is the page size to read the model with: every list of it that matters is longer.
const PageSize = 3

// Model is a directory, the same for every source. Ids are numbers, which every kind of directory can have. What a kind cannot
// say (a disabled account at GitHub) its server leaves out, and Subject.Form takes out of what is expected.
type Model struct {
	People []directory.User
	Groups []directory.Group
}

// Town is the model that all tests read: a disabled person, one in no group, a nested group, an empty one, one of two full pages
// and one whose last page is not full.
func Town() Model {
	user := func(id, name string) directory.User {
		return directory.User{ID: id, Username: name, Email: name + "@example.com"}
	}
	m := Model{
		People: []directory.User{
			user("101", "alice"), user("102", "bob"), user("103", "carol"), user("104", "dave"), user("105", "erin"),
			user("106", "frank"), user("107", "grace"), user("108", "heidi"),
		},
		Groups: []directory.Group{
			{ID: "201", Name: "admins", Members: []string{"101"}},
			{ID: "202", Name: "builders", Members: []string{"101", "102", "103", "104", "105", "106"}, Groups: []string{"204"}},
			{ID: "203", Name: "closed"},
			{ID: "204", Name: "drivers", Members: []string{"102", "104", "105", "107"}},
			{ID: "205", Name: "editors", Members: []string{"103", "106"}},
		},
	}
	m.People[3].Disabled = true
	return m
}

// clone returns a model that shares nothing with another.
func (m Model) clone() Model {
	out := Model{People: slices.Clone(m.People), Groups: slices.Clone(m.Groups)}
	for i, g := range out.Groups {
		out.Groups[i].Members, out.Groups[i].Groups = slices.Clone(g.Members), slices.Clone(g.Groups)
	}
	return out
}

// WithoutMember returns the model after somebody has left a group.
func (m Model) WithoutMember(group, person string) Model {
	out := m.clone()
	for i, g := range out.Groups {
		if g.ID == group {
			out.Groups[i].Members = slices.DeleteFunc(g.Members, func(id string) bool { return id == person })
		}
	}
	return out
}

// WithoutPerson returns the model after somebody has left altogether.
func (m Model) WithoutPerson(id string) Model {
	out := m.clone()
	for _, g := range m.Groups {
		out = out.WithoutMember(g.ID, id)
	}
	out.People = slices.DeleteFunc(out.People, func(u directory.User) bool { return u.ID == id })
	return out
}

// WithoutGroup returns the model after a group was deleted.
func (m Model) WithoutGroup(id string) Model {
	out := m.clone()
	out.Groups = slices.DeleteFunc(out.Groups, func(g directory.Group) bool { return g.ID == id })
	for i, g := range out.Groups {
		out.Groups[i].Groups = slices.DeleteFunc(g.Groups, func(nested string) bool { return nested == id })
	}
	return out
}

// Snapshot returns the model as a source says it that reads it wholly.
func (m Model) Snapshot() directory.Snapshot {
	m = m.clone()
	return directory.Snapshot{UsersComplete: true, GroupsComplete: true, Users: m.People, Groups: m.Groups}
}
