package ldap

import (
	"fmt"
	"maps"
	"slices"

	goldap "github.com/go-ldap/ldap/v3"
)

// finder says who is meant by a name.
type finder struct {
	people, groups         names
	latePeople, lateGroups names  // of a second look
	missing                string // why somebody who is not found may be there all the same; "" when he is not
	doubt                  string // why the lists themselves cannot be all there is
}

// has reports whether a name stands for anybody.
func (f *finder) has(name string) bool {
	return slices.ContainsFunc([]names{f.people, f.groups, f.latePeople, f.lateGroups}, func(n names) bool {
		_, ok := n[name]
		return ok
	})
}

// lacks reports whether an index has not got what was just read.
func lacks(read, index names) bool {
	for name, id := range read {
		if index[name] != id {
			return true
		}
	}
	return false
}

// find returns the ids that a name stands for, or why that is not known. Neither: it is nobody of the source.
func (f *finder) find(name string) (person, group, unknown string) {
	for i, list := range []names{f.people, f.groups, f.latePeople, f.lateGroups} {
		id, ok := list[name]
		switch {
		case !ok:
			continue
		case id == "":
			return "", "", fmt.Sprintf("%q stands for two entries", name)
		case i == 0 || i == 2:
			return id, "", ""
		}
		return "", id, ""
	}
	return "", "", f.missing
}

// known returns the ids of everything that was read.
func known(lists ...names) map[string]bool {
	out := map[string]bool{}
	for _, list := range lists {
		for _, id := range list {
			out[id] = true
		}
	}
	return out
}

// strangers returns the members of groups that nobody of the source is called by, though they are within its bases.
func (r *reader) strangers(groups []listed, f *finder) []string {
	people, around := foldDN(r.settings.UserBase), foldDN(r.settings.GroupBase)
	out := map[string]bool{}
	for _, g := range groups {
		for _, name := range g.members {
			if !f.has(name) && (r.settings.byUsername() || below(name, people) || below(name, around)) {
				out[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(out))
}

// maxSample bounds how many strangers are asked for one by one.
const maxSample = 20

// doubt returns why the lists of people and groups cannot be all there is, "" where nothing speaks against them: a member
// that they lack is there when he is asked for by name.
func (r *reader) doubt(strangers []string, f *finder) (string, error) {
	if len(strangers) > 0 && len(f.people)+len(f.latePeople) == 0 {
		return "the directory shows nobody, and groups with members", nil
	}
	step := max(1, len(strangers)/maxSample)
	for i := 0; i < len(strangers); i += step {
		there, err := r.exists(strangers[i])
		if err != nil {
			return "", err
		}
		if there {
			return fmt.Sprintf("the directory has %q, and does not list it", strangers[i]), nil
		}
	}
	return "", nil
}

// compare looks at groups again, once the directory has had time to rename members after a rename. Those that are others
// now are unknown.
func (r *reader) compare(groups []listed) error {
	if err := r.settle(); err != nil {
		return err
	}
	a, now := r.settings.Attributes, map[string][]string{}
	cut, err := r.list(search{
		what: "search groups", base: r.settings.GroupBase, filter: r.changedSince(r.settings.GroupFilter, r.settings.margin(r.latest)), attrs: []string{a.ID, a.Member},
	}, func(e *goldap.Entry) {
		if v := parseValues(e, a.Member); !v.ranged() {
			now[r.settings.identity(e)] = r.calledMembers(v.all)
		}
	})
	if err != nil {
		return err
	}
	for i, g := range groups {
		members, ok := now[g.ID]
		if cut != "" || ok && !slices.Equal(slices.Sorted(slices.Values(members)), slices.Sorted(slices.Values(g.members))) {
			groups[i].Unknown = orElse(g.Unknown, orElse(cut, changedMeans))
		}
	}
	return nil
}

// exists reports whether somebody, or a group, is there by the name that members have.
func (r *reader) exists(name string) (bool, error) {
	base, scope, filter := name, goldap.ScopeBaseObject, "(|"+r.settings.UserFilter+r.settings.GroupFilter+")"
	if r.settings.byUsername() {
		base, scope = r.settings.UserBase, goldap.ScopeWholeSubtree
		filter = "(&" + r.settings.UserFilter + "(" + r.settings.Attributes.Username + "=" + goldap.EscapeFilter(name) + "))"
	}
	result, err := r.conn.Search(goldap.NewSearchRequest(base, scope, goldap.NeverDerefAliases, 0, 0, false, filter, []string{r.settings.Attributes.ID}, nil))
	switch {
	case err == nil:
		return len(result.Entries) > 0 || len(result.Referrals) > 0, nil
	case goldap.IsErrorAnyOf(err, goldap.LDAPResultNoSuchObject, goldap.LDAPResultInvalidDNSyntax):
		return false, nil
	case cutShort(err) != "":
		return true, nil // as far as anybody can tell
	}
	return false, answered(err, "", "look for a member")
}

// index reads what entries are called, of all that have changed since a time. What it misses may be there all the same;
// missing says why, "" where nothing is missed.
func (r *reader) index(since string) (people, groups names, missing string, err error) {
	people, groups = names{}, names{}
	a := r.settings.Attributes
	read := func(s search, into names, called func(*goldap.Entry) string) {
		if err != nil {
			return
		}
		var cut string
		cut, err = r.list(s, func(e *goldap.Entry) {
			if id := r.settings.identity(e); id != "" {
				into.add(called(e), id)
				return
			}
			missing = fmt.Sprintf("%s has no single %s", e.DN, a.ID)
		})
		missing = orElse(cut, missing)
	}
	read(search{
		what: "search people", twice: since == "", base: r.settings.UserBase, filter: r.changedSince(r.settings.UserFilter, since), attrs: []string{a.ID, a.Username},
	}, people, r.settings.called)
	read(search{
		what: "search groups", twice: since == "", base: r.settings.GroupBase, filter: r.changedSince(r.settings.GroupFilter, since), attrs: []string{a.ID},
	}, groups, func(e *goldap.Entry) string { return foldDN(e.DN) })
	return people, groups, missing, err
}
