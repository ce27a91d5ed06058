package directory

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	maxID     = 500       // bytes of an external id
	maxName   = 255       // bytes of a group's name, in the catalog
	maxRefs   = 2_000_000 // memberships and nestings of a snapshot
	maxFaults = 10        // named at once
)

// check refuses a snapshot that contradicts itself: it was not read as it is, and says nothing of anybody.
func (s Snapshot) check() error {
	c := &checker{}
	seen := make(map[string]bool, len(s.Users))
	for i, u := range s.Users {
		c.id(fmt.Sprintf("users[%d].id", i), u.ID)
		c.once("users", "user", u.ID, seen)
	}
	clear(seen)
	refs := 0
	for i, g := range s.Groups {
		refs += len(g.Members) + len(g.Removed) + len(g.Groups) + len(g.RemovedGroups)
		c.id(fmt.Sprintf("groups[%d].id", i), g.ID)
		c.once("groups", "group", g.ID, seen)
		for _, refs := range [][]string{g.Members, g.Removed, g.Groups, g.RemovedGroups} {
			c.refs(g.ID, refs)
		}
		switch {
		case g.Incremental && !s.Partial:
			c.add("groups", "has group %q with changes alone, and is itself not one of changes", g.ID)
		case !g.Incremental && len(g.Removed)+len(g.RemovedGroups) > 0:
			c.add("groups", "says who left group %q, and that its members are listed wholly", g.ID)
		}
	}
	if refs > maxRefs {
		c.add("groups", "have %d memberships and nestings, and a snapshot may have %d", refs, maxRefs)
	}
	return errors.Join(c.faults...)
}

type checker struct{ faults []error }

func (c *checker) add(field, format string, args ...any) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, fault.At(field, format, args...))
	}
}

func (c *checker) id(field, id string) {
	if reason := idFault(id); reason != "" {
		c.add(field, "%s", reason)
	}
}

func (c *checker) once(field, what, id string, seen map[string]bool) {
	if seen[id] && id != "" {
		c.add(field, "has %s %q twice", what, id)
	}
	seen[id] = true
}

func (c *checker) refs(group string, refs []string) {
	for _, id := range refs {
		if reason := idFault(id); reason != "" {
			c.add("groups", "has group %q with a member whose id %s", group, reason)
			return
		}
	}
}

// idFault says what is wrong with an external id, "" for nothing.
func idFault(id string) string {
	switch {
	case id == "":
		return "can't be blank"
	case len(id) > maxID:
		return fmt.Sprintf("is too long (maximum is %d bytes)", maxID)
	case !utf8.ValidString(id):
		return "is no valid UTF-8"
	case strings.ContainsFunc(id, unicode.IsControl):
		return "must not contain control characters"
	}
	return ""
}

// usernameFault says why nobody can have a username, "" if somebody can.
func usernameFault(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return "he has no username"
	case legalUsername(name) != name:
		return fmt.Sprintf("no username can be %q", name)
	}
	return ""
}

// groupNameFault says why no group can have a display name, "" if one can. It refuses what the catalog would refuse, which
// would undo the rest of the group's change with it.
func groupNameFault(name string) string {
	switch {
	case len(name) > maxName:
		return fmt.Sprintf("no group can have a name of more than %d bytes", maxName)
	case name == "" || name != strings.TrimSpace(name) || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Sprintf("no group can be named %q", name)
	}
	return ""
}

// takes reports whether a filter takes somebody or something in.
func (f Filter) takes(id, name string) bool {
	return (len(f.Include) == 0 || matches(f.Include, id, name)) && !matches(f.Exclude, id, name)
}

func matches(patterns []string, id, name string) bool {
	if len(patterns) == 0 {
		return false
	}
	id, name = strings.ToLower(id), strings.ToLower(name)
	for _, pattern := range patterns {
		pattern = strings.ToLower(pattern)
		for _, text := range [...]string{id, name} {
			if ok, err := path.Match(pattern, text); ok && err == nil {
				return true
			}
		}
	}
	return false
}
