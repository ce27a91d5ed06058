package ldap

import (
	"fmt"
	"slices"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// listed is a group as it was read, before its members are looked up.
type listed struct {
	directory.Group
	dn      string
	members []string // as the directory calls them, folded
}

// listGroups reads the groups, or those that have changed since a time, and notes what they are called.
func (r *reader) listGroups(since string) (groups []listed, cut string, err error) {
	a := r.settings.Attributes
	at, keyless := map[string]int{}, 0
	var partly string
	var ranged []string // ids of groups whose members go on
	cut, err = r.list(search{
		what: "search groups", twice: since == "", base: r.settings.GroupBase, filter: r.changedSince(r.settings.GroupFilter, since),
		attrs: r.attrs("objectClass", a.Name, a.Member),
	}, func(e *goldap.Entry) {
		r.saw(e)
		group := listed{dn: e.DN, Group: directory.Group{ID: r.settings.identity(e), Name: label(e, a.Name)}}
		if group.ID == "" || group.Name == "" {
			keyless++
			partly = fmt.Sprintf("%s has no single %s, or no %s", e.DN, a.ID, a.Name)
			return
		}
		values := parseValues(e, a.Member)
		group.members, group.Unknown = r.calledMembers(values.all), hidden(e, values)
		if values.ranged() && !r.settings.MatchingRule {
			ranged = append(ranged, group.ID)
		}
		r.groups.add(foldDN(e.DN), group.ID)
		if i, twice := at[group.ID]; twice {
			groups[i] = group
			return
		}
		at[group.ID] = len(groups)
		groups = append(groups, group)
	})
	if err == nil && len(groups) == 0 && keyless > 0 {
		return nil, "", fault.New(fault.Denied, "the directory shows groups and not their %s and %s, which they are known by", a.ID, a.Name)
	}
	for _, id := range slices.Compact(ranged) {
		if err != nil {
			break
		}
		err = r.readRanges(&groups[at[id]])
	}
	return groups, orElse(cut, partly), err
}

// hidden returns why the members of a group cannot be what is shown: its class must have one, and there is none.
func hidden(e *goldap.Entry, shown values) string {
	if len(shown.all) > 0 || shown.ranged() {
		return ""
	}
	for _, class := range e.GetEqualFoldAttributeValues("objectClass") {
		if strings.EqualFold(class, "groupOfNames") || strings.EqualFold(class, "groupOfUniqueNames") {
			return "the directory shows no member of a group that must have one"
		}
	}
	return ""
}

// calledMembers folds what a group calls its members, as directories compare it. Groups that must have a member hold an
// empty one.
func (r *reader) calledMembers(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		switch {
		case strings.TrimSpace(v) == "":
		case r.settings.byUsername():
			out = append(out, foldName(v))
		default:
			out = append(out, foldDN(v))
		}
	}
	return out
}

// finish looks up the members of groups.
func (r *reader) finish(groups []listed, f *finder) ([]directory.Group, error) {
	known := known(f.people, f.groups)
	out := make([]directory.Group, 0, len(groups))
	for _, g := range groups {
		group := g.Group
		group.Members = []string{}
		outside := 0
		var sample string
		for _, name := range slices.Compact(slices.Sorted(slices.Values(g.members))) {
			person, nested, unknown := f.find(name)
			switch {
			case unknown != "":
				group.Unknown = orElse(group.Unknown, unknown)
			case person == "" && nested == "":
				outside, sample = outside+1, name
			case !known[person+nested]:
				group.Unknown = orElse(group.Unknown, changedMeans)
			case person != "":
				group.Members = append(group.Members, person)
			default:
				group.Groups = append(group.Groups, nested)
			}
		}
		if outside > 0 {
			r.warnings.add("group %q: %d members are neither people nor groups of this source, such as %q", group.Name, outside, sample)
		}
		if r.settings.MatchingRule {
			if err := r.everybody(g.dn, &group); err != nil {
				return nil, err
			}
		}
		slices.Sort(group.Members)
		group.Members = slices.Compact(group.Members)
		out = append(out, group)
	}
	return out, nil
}
