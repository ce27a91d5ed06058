package file

import (
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// tables returns what users.csv and members.csv say.
func (l loaded) tables(counted map[string]count) (directory.Snapshot, error) {
	people, err := l.tableOf(usersFile, counted, false, 2, "id", "username", "email", "disabled")
	if err != nil {
		return directory.Snapshot{}, err
	}
	members, err := l.tableOf(membersFile, counted, false, 3, "group_id", "group_name", "user_id")
	if err != nil {
		return directory.Snapshot{}, err
	}
	out := directory.Snapshot{Users: []directory.User{}, UsersComplete: people.end == endComplete, GroupsComplete: members.end == endComplete}
	for i, row := range people.rows {
		disabled, ok := truth(people.cell(row, "disabled"))
		if !ok {
			return directory.Snapshot{}, fault.New(fault.Invalid, "%s, row %d: disabled is neither true nor false", usersFile, i+1)
		}
		out.Users = append(out.Users, directory.User{ID: people.cell(row, "id"), Username: people.cell(row, "username"), Email: people.cell(row, "email"), Disabled: disabled})
	}
	c := &collection{at: map[string]int{}, in: map[[2]string]bool{}}
	for i, row := range members.rows {
		id, name := members.cell(row, "group_id"), members.cell(row, "group_name")
		if id == "" {
			return directory.Snapshot{}, fault.New(fault.Invalid, "%s, row %d: there is no group_id", membersFile, i+1)
		}
		if !c.add(id, name, members.cell(row, "user_id")) {
			return directory.Snapshot{}, fault.New(fault.Invalid, "%s, row %d: group %q has another name above", membersFile, i+1, id)
		}
	}
	out.Groups = c.groups(members.end)
	out.Warnings = warnings(people, members)
	return out, nil
}

// pairs returns what one file of groups and users says. Their names are what they are known by.
func (l loaded) pairs(name string, counted map[string]count, summed bool) (directory.Snapshot, error) {
	t, err := l.tableOf(name, counted, summed, 2, "group", "user")
	if err != nil {
		return directory.Snapshot{}, err
	}
	out := directory.Snapshot{Users: []directory.User{}, UsersComplete: t.end == endComplete, GroupsComplete: t.end == endComplete}
	known := map[string]bool{}
	c := &collection{at: map[string]int{}, in: map[[2]string]bool{}}
	for i, row := range t.rows {
		group, user := t.cell(row, "group"), t.cell(row, "user")
		if group == "" && user == "" {
			return directory.Snapshot{}, fault.New(fault.Invalid, "%s, row %d is empty", name, i+1)
		}
		id := strings.ToLower(user)
		if user != "" && !known[id] {
			known[id] = true
			out.Users = append(out.Users, directory.User{ID: id, Username: user})
		}
		if group != "" {
			c.add(group, group, id)
		}
	}
	out.Groups = c.groups(t.end)
	out.Warnings = warnings(t)
	return out, nil
}

// collection puts the rows of groups together.
type collection struct {
	list []directory.Group
	at   map[string]int
	in   map[[2]string]bool
}

// add puts somebody into a group, nobody for "". It reports false where the group has another name already.
func (c *collection) add(id, name, member string) bool {
	i, ok := c.at[id]
	if !ok {
		i = len(c.list)
		c.at[id] = i
		c.list = append(c.list, directory.Group{ID: id, Name: name, Members: []string{}})
	}
	if pair := [2]string{id, member}; member != "" && !c.in[pair] {
		c.in[pair] = true
		c.list[i].Members = append(c.list[i].Members, member)
	}
	return c.list[i].Name == name
}

// groups returns the groups. The rows of one may be anywhere: where the file may be cut off, none is known.
func (c *collection) groups(e end) []directory.Group {
	if e == endUnknown {
		for i := range c.list {
			c.list[i].Unknown = "the file does not say where it ends"
		}
	}
	return append([]directory.Group{}, c.list...)
}

// warnings tells of files that may be cut off.
func warnings(tables ...table) []string {
	var out []string
	for _, t := range tables {
		switch t.end {
		case endUnknown:
			out = append(out, t.name+" does not say where it ends: make it end with a line \"# end rows=N\", or make a checksum")
		case endWhole:
			out = append(out, t.name+" does not say that it is complete: who or what is not in it stays")
		case endComplete:
		}
	}
	return out
}

// truth reads a cell that is true or false.
func truth(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "1":
		return true, true
	case "false", "no", "0", "":
		return false, true
	}
	return false, false
}
