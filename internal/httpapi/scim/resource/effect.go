package resource

import (
	"maps"
	"slices"
)

// Effect is what a request does to a resource.
type Effect struct {
	// Attributes are the names of the attributes that differ, sorted: "active", "userName", an extension's URN. None: the
	// request changes nothing, and the version stays.
	Attributes []string

	// Added and Removed are the members who differ, by value, in the order of the lists. Somebody who is taken out and put
	// back in one request is in neither. What else is said about a member, and the order, is no change.
	Added, Removed []string
	// ReplacedAll says that the whole list of members was given.
	ReplacedAll bool
	// BareRemoveAll says that all members went and none of them was named: by a remove without a value, by a filter that
	// all of them match, or by an empty list. The server asks its guard.
	BareRemoveAll bool
}

// Changed reports whether anything differs.
func (e Effect) Changed() bool { return len(e.Attributes) > 0 }

// countMembers notes who has joined and who has left.
func (e *Effect) countMembers(r *roster) {
	e.Added, e.Removed = r.difference()
	e.ReplacedAll, e.BareRemoveAll = r.replaced, r.bare
	if len(e.Added)+len(e.Removed) > 0 {
		e.Attributes = append(e.Attributes, membersName)
		slices.Sort(e.Attributes)
	}
}

// differences returns the attributes that differ, members aside.
func differences(before, after Resource) []string {
	names := map[string]bool{}
	for _, r := range [...]Resource{before, after} {
		for name := range r {
			if name != membersName && name != "schemas" && name != "meta" && name != "id" && !equal(before[name], after[name]) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
