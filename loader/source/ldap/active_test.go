package ldap_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/ldap"
)

// domain is Active Directory as far as we meet it: GUIDs, ranges, references and the matching rule.
type domain struct {
	people   int
	members  []int // of the one large group
	width    int   // of a range
	rule     []int // whom the matching rule finds; nil: nobody asks
	changes  bool  // the group changes at every look
	looks    int
	mangle   func(name string, values []string) (string, []string)
	gone     bool // the group is deleted while its ranges are read
	busy     bool
	unable   bool // it does not know the matching rule
	elsewher string
}

const (
	allStaff = "CN=All Staff,OU=groups,DC=example"
	inner    = "CN=Inner,OU=groups,DC=example"
)

// rawGUID is the objectGUID of a number, and textGUID how it is written.
func rawGUID(n int) string {
	return string([]byte{4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 0, 0, 0, 0, byte(n >> 8), byte(n)})
}
func textGUID(n int) string { return fmt.Sprintf("01020304-0506-0708-090a-00000000%04x", n) }

func personDN(n int) string { return fmt.Sprintf("CN=Person %d,OU=people,DC=example", n) }

func (d *domain) serve(t *testing.T) ldap.Settings {
	t.Helper()
	set := serve(t, d.answer)
	set.Kind, set.PageSize = ldap.KindActiveDirectory, 1000
	set.UserBase, set.GroupBase = "OU=people,DC=example", "OU=groups,DC=example"
	return set
}

func (d *domain) answer(a asked, r *reply) {
	switch {
	case a.base == "":
		capabilities := []string{"1.2.840.113556.1.4.800"}
		if d.unable {
			capabilities = []string{"1.3.6.1.4.1.4203.1.5.1"}
		}
		r.entry("", map[string][]string{"supportedCapabilities": capabilities})
		r.done(0, "")
	case strings.Contains(a.filter, "1.2.840.113556.1.4.1941"):
		for _, n := range d.rule {
			d.person(r, n)
		}
		r.page(0, "")
	case a.scope == 0:
		d.range_(a, r)
	case strings.Contains(a.base, "people"):
		for n := range d.people {
			d.person(r, n)
		}
		if d.elsewher != "" {
			r.reference(d.elsewher)
		}
		r.page(0, "")
	default:
		name, values := d.slice(0)
		r.entry(allStaff, d.group(60000, "All Staff", map[string][]string{"member": {}, name: values}))
		r.entry(inner, d.group(60001, "Inner", map[string][]string{"member": {personDN(0), "CN=S-1-5-21,CN=ForeignSecurityPrincipals,DC=example"}}))
		r.page(0, "")
	}
}

func (d *domain) person(r *reply, n int) {
	r.entry(personDN(n), map[string][]string{
		"objectGUID": {rawGUID(n)}, "sAMAccountName": {"p" + strconv.Itoa(n)}, "userAccountControl": {"512"}, "whenChanged": {"20260101000000.0Z"},
	})
}

func (d *domain) group(n int, name string, members map[string][]string) map[string][]string {
	d.looks++
	when := "20260101000000.0Z"
	if d.changes {
		when = fmt.Sprintf("20260101%06d.0Z", d.looks)
	}
	members["objectGUID"], members["cn"], members["objectClass"], members["whenChanged"] = []string{rawGUID(n)}, []string{name}, []string{"top", "group"}, []string{when}
	return members
}

// slice is the range of the members that begins somewhere.
func (d *domain) slice(from int) (name string, values []string) {
	to := min(from+d.width, len(d.members))
	for _, n := range d.members[min(from, to):to] {
		values = append(values, personDN(n))
	}
	last := strconv.Itoa(to - 1)
	if to == len(d.members) {
		last = "*"
	}
	name = fmt.Sprintf("member;range=%d-%s", from, last)
	if d.mangle != nil {
		return d.mangle(name, values)
	}
	return name, values
}

func (d *domain) range_(a asked, r *reply) {
	switch {
	case d.gone:
		r.done(32, "")
		return
	case d.busy:
		r.done(51, "")
		return
	}
	i := slices.IndexFunc(a.attrs, func(s string) bool { return strings.HasPrefix(s, "member;range=") })
	from, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(a.attrs[i], "member;range="), "-*"))
	if err != nil {
		r.done(2, "")
		return
	}
	name, values := d.slice(from)
	r.entry(allStaff, d.group(60000, "All Staff", map[string][]string{name: values}))
	r.done(0, "")
}

func numbers(n int) []int {
	var out []int
	for i := range n {
		out = append(out, i)
	}
	return out
}

func TestRanges(t *testing.T) {
	t.Parallel()
	guids := func(n int) []string {
		var out []string
		for i := range n {
			out = append(out, textGUID(i))
		}
		return out
	}
	for _, size := range []int{1, 1499, 1500, 1501, 3000, 4321} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			d := &domain{people: size, members: numbers(size), width: 1500}
			got := read(t, newSource(t, d.serve(t)), "")
			want := directory.Group{ID: textGUID(60000), Name: "All Staff", Members: guids(size)}
			if diff := gocmp.Diff(want, group(t, got, "All Staff")); diff != "" {
				t.Errorf("(-want +got):\n%.2000s", diff)
			}
			if !got.UsersComplete || !got.GroupsComplete || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "foreignsecurityprincipals") {
				t.Errorf("complete %v %v, warnings %q", got.UsersComplete, got.GroupsComplete, got.Warnings)
			}
		})
	}
}

// Ranges that do not fit together leave the members of the group unknown; the other group is as it was.
func TestFaultsOfRanges(t *testing.T) {
	t.Parallel()
	later := func(name string) bool { return !strings.Contains(name, "=0-") }
	tests := map[string]func(d *domain){
		"the group changes":    func(d *domain) { d.changes = true },
		"the group is deleted": func(d *domain) { d.gone = true },
		"a range is short": func(d *domain) {
			d.mangle = func(name string, v []string) (string, []string) { return name, v[:max(len(v)-1, 0)] }
		},
		"a later range is short": func(d *domain) {
			d.mangle = func(name string, v []string) (string, []string) {
				if later(name) && !strings.HasSuffix(name, "*") {
					return name, v[:len(v)-1]
				}
				return name, v
			}
		},
		"a later range is the first": func(d *domain) {
			d.mangle = func(name string, v []string) (string, []string) {
				if later(name) {
					return "member;range=0-*", v
				}
				return name, v
			}
		},
		"a later range is empty": func(d *domain) {
			d.mangle = func(name string, v []string) (string, []string) {
				if later(name) {
					return strings.TrimSuffix(name, "*") + "9999", nil
				}
				return name, v
			}
		},
		"a later range is missing": func(d *domain) {
			d.mangle = func(name string, v []string) (string, []string) {
				if later(name) {
					return "description", nil
				}
				return name, v
			}
		},
		"no number": func(d *domain) {
			d.mangle = func(_ string, v []string) (string, []string) { return "member;range=a-b", v }
		},
		"no end": func(d *domain) {
			d.mangle = func(_ string, v []string) (string, []string) { return "member;range=0", v }
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &domain{people: 300, members: numbers(300), width: 100}
			before := read(t, newSource(t, d.serve(t)), "")
			d = &domain{people: 300, members: numbers(300), width: 100}
			change(d)
			got, err := newSource(t, d.serve(t)).Read(t.Context(), directory.Request{})
			if err != nil {
				t.Fatal(err)
			}
			takesNothing(t, before, got, err)
			if g := group(t, got, "All Staff"); g.Unknown == "" {
				t.Errorf("the group has %d members and is known", len(g.Members))
			}
			if g := group(t, got, "Inner"); g.Unknown != "" || len(g.Members) != 1 {
				t.Errorf("the other group is %+v", g)
			}
			if got.Cursor != "" {
				t.Errorf("the next read is to begin at %q, and not everything is known", got.Cursor)
			}
		})
	}
	d := &domain{people: 300, members: numbers(300), width: 100, busy: true}
	if _, err := newSource(t, d.serve(t)).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("busy: %v", err)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for reference, complete := range map[string]bool{
		"ldap://ForestDnsZones.example/DC=ForestDnsZones,DC=example": true,
		"ldap://example/CN=Configuration,DC=example":                 true,
		"ldap://sub.example/DC=sub,DC=example":                       false,
		"ldap://CN=Configuration.evil/DC=sub":                        false,
	} {
		d := &domain{people: 3, members: numbers(3), width: 100, elsewher: reference}
		if got := read(t, newSource(t, d.serve(t)), ""); got.UsersComplete != complete {
			t.Errorf("%s: complete %v", reference, got.UsersComplete)
		}
	}
}

func TestMatchingRule(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule    []int
		unknown bool
		members int
	}{
		"everybody at any depth":        {[]int{0, 1, 2, 3, 4}, false, 5},
		"nobody, though some are in it": {[]int{}, true, 0},
		"less than are in it":           {[]int{0, 1}, true, 0},
		"somebody who was not there":    {[]int{0, 1, 2, 77}, true, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &domain{people: 5, members: numbers(3), width: 100, rule: test.rule}
			set := d.serve(t)
			set.MatchingRule = true
			got := read(t, newSource(t, set), "")
			if g := group(t, got, "All Staff"); (g.Unknown != "") != test.unknown || !test.unknown && len(g.Members) != test.members {
				t.Errorf("the group is %+v", g)
			}
			if got.Cursor != "" {
				t.Error("a group changes when one inside it does, and its own time does not: there are no increments")
			}
		})
	}
	d := &domain{people: 5, members: numbers(3), width: 100, unable: true}
	set := d.serve(t)
	set.MatchingRule = true
	if _, err := newSource(t, set).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a directory that does not know the rule: %v", err)
	}
}
