package file

import (
	"errors"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// maxFaults bounds how many faults are told one by one.
const maxFaults = 20

// validate returns what no directory can say: things without a name, and two of one.
func validate(s directory.Snapshot) error {
	var faults []error
	add := func(format string, args ...any) {
		if len(faults) < maxFaults {
			faults = append(faults, fault.New(fault.Invalid, format, args...))
		}
	}
	ids, names := map[string]bool{}, map[string]bool{}
	for i, u := range s.Users {
		name := strings.ToLower(u.Username)
		switch {
		case u.ID == "":
			add("user %d has no id", i+1)
		case ids[u.ID]:
			add("there are two users of the id %q", u.ID)
		case u.Username == "" && !u.Deleted:
			add("user %q has no username", u.ID)
		case names[name] && name != "":
			add("there are two users of the name %q", u.Username)
		}
		ids[u.ID], names[name] = true, true
	}
	groups := map[string]bool{}
	for i, g := range s.Groups {
		switch {
		case g.ID == "":
			add("group %d has no id", i+1)
		case groups[g.ID]:
			add("there are two groups of the id %q", g.ID)
		case g.Name == "" && !g.Deleted:
			add("group %q has no name", g.ID)
		}
		groups[g.ID] = true
		for _, id := range g.Members {
			if id == "" {
				add("group %q has a member without an id", g.ID)
			}
		}
	}
	return errors.Join(faults...)
}
