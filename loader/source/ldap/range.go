package ldap

import (
	"fmt"
	"strconv"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// maxRanges bounds how many ranges of a group's members are read: 10,000 of Active Directory's 1,500.
const maxRanges = 10_000

// values are those of an attribute, which Active Directory sends in ranges where there are many: member;range=0-1499.
type values struct {
	all   []string
	next  int  // the first that is missing; 0 when nothing is
	wrong bool // the ranges make no sense
}

// ranged reports whether there is more to read.
func (v values) ranged() bool { return v.next > 0 || v.wrong }

// parseValues reads the values of an attribute, ranged or not.
func parseValues(e *goldap.Entry, attribute string) values {
	var out values
	for _, a := range e.Attributes {
		name, options, _ := strings.Cut(a.Name, ";")
		if !strings.EqualFold(name, attribute) {
			continue
		}
		out.all = append(out.all, a.Values...)
		text, ok := strings.CutPrefix(strings.ToLower(options), "range=")
		if !ok {
			continue
		}
		first, last, ok := strings.Cut(text, "-")
		begin, err := strconv.Atoi(first)
		end := begin + len(a.Values)
		switch {
		case !ok || err != nil || len(a.Values) == 0 && last != "*":
			out.wrong = true
		case last != "*" && last != strconv.Itoa(end-1): // it says more, or less, than it sends
			out.wrong = true
		case last != "*":
			out.next = end
		}
	}
	return out
}

// What becomes of a group whose ranges cannot be trusted.
const (
	brokenRanges = "its members come in ranges that do not fit together"
	changedMeans = "it changed while it was read"
)

// readRanges reads the members of a group in ranges, from the first on, so that all are of one state of the group. They
// are unknown where they come to no proper end, or where the group changed meanwhile.
func (r *reader) readRanges(g *listed) error {
	g.members = nil
	from, stamp := 0, ""
	for range maxRanges {
		v, at, err := r.readRange(g, from)
		switch {
		case err != nil:
			return err
		case g.Unknown != "":
			return nil
		case from > 0 && at != stamp:
			g.Unknown = changedMeans
			return nil
		}
		g.members = append(g.members, r.calledMembers(v.all)...)
		if v.next == 0 {
			return nil
		}
		from, stamp = v.next, at
	}
	g.Unknown = brokenRanges
	return nil
}

// readRange reads one range and when the group was changed, or notes why the group is unknown.
func (r *reader) readRange(g *listed, from int) (v values, changed string, err error) {
	a := r.settings.Attributes
	result, err := r.conn.Search(goldap.NewSearchRequest(g.dn, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=*)", r.attrs(fmt.Sprintf("%s;range=%d-*", a.Member, from)), nil))
	if err != nil {
		g.Unknown = cutShort(err)
		if goldap.IsErrorWithCode(err, goldap.LDAPResultNoSuchObject) {
			g.Unknown = changedMeans
		}
		if g.Unknown != "" {
			return v, "", nil
		}
		return v, "", answered(err, "", "read the members of "+g.dn)
	}
	if len(result.Entries) != 1 || r.settings.identity(result.Entries[0]) != g.ID {
		g.Unknown = changedMeans
		return v, "", nil
	}
	e := result.Entries[0]
	v = parseValues(e, a.Member)
	if v.wrong || v.next > 0 && v.next != from+len(v.all) || begins(e, a.Member) != from {
		g.Unknown = brokenRanges
	}
	return v, e.GetEqualFoldAttributeValue(a.Changed), nil
}

// begins returns where the range of an attribute begins, -1 where there is not exactly one.
func begins(e *goldap.Entry, attribute string) int {
	found := -1
	for _, a := range e.Attributes {
		name, options, _ := strings.Cut(strings.ToLower(a.Name), ";range=")
		if name != strings.ToLower(attribute) || options == "" {
			continue
		}
		first, _, _ := strings.Cut(options, "-")
		begin, err := strconv.Atoi(first)
		if err != nil || found >= 0 {
			return -1
		}
		found = begin
	}
	return found
}
