package ldap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/ldap"
)

// isPeople reports whether people are asked for.
func isPeople(a asked) bool { return strings.Contains(a.base, "ou=people") }

// without returns what is healthy but for what a script says about people or groups.
func scripted(people bool, script func(a asked, r *reply)) func(asked, *reply) {
	return func(a asked, r *reply) {
		if isPeople(a) != people {
			healthy(a, r)
			return
		}
		script(a, r)
	}
}

// On the second page of people, and of groups, a directory does what it should not. Nobody loses anything.
func TestFaultsTakeNothing(t *testing.T) {
	t.Parallel()
	before := read(t, newSource(t, serve(t, healthy)), "")
	if len(before.Users) != 5 || len(before.Groups) != 3 || !before.UsersComplete || !before.GroupsComplete || memberships(before) != 6 {
		t.Fatalf("a healthy directory: %+v", before)
	}
	code := func(code int64) func(asked, *reply) {
		return func(_ asked, r *reply) { r.done(code, "words of the directory") }
	}
	first := func(a asked) object {
		if isPeople(a) {
			return people()[0]
		}
		return groups()[0]
	}
	faults := map[string]func(a asked, r *reply){
		"the connection breaks":           func(_ asked, r *reply) { r.drop() },
		"the connection breaks in a page": func(a asked, r *reply) { o := first(a); r.entry(o.dn, o.attrs); r.drop() },
		"busy (51)":                       code(51),
		"unavailable (52)":                code(52),
		"unwilling (53)":                  code(53),
		"an operations error (1)":         code(1),
		"a time limit (3)":                code(3),
		"a size limit (4)":                code(4),
		"an administrator's limit (11)":   code(11),
		"not allowed (50)":                code(50),
		"a referral (10)":                 code(10),
		"an unknown code":                 code(1234),
		"a reference to elsewhere":        func(a asked, r *reply) { r.reference("ldap://evil.example/dc=example"); healthy(a, r) },
		"no word of pages any more":       code(0),
		"more, for ever, and nothing":     func(_ asked, r *reply) { r.page(0, "more") },
		"the first page again, for ever":  func(a asked, r *reply) { o := first(a); r.entry(o.dn, o.attrs); r.page(0, "more") },
		"an entry without an id": func(a asked, r *reply) {
			r.entry("uid=x,ou=people,dc=example", map[string][]string{"uid": {"x"}, "cn": {"x"}})
			r.page(0, "")
		},
		"an entry with two ids": func(a asked, r *reply) {
			r.entry("uid=x", map[string][]string{"entryUUID": {"a", "b"}, "uid": {"x"}, "cn": {"x"}})
			r.page(0, "")
		},
		"an entry without a name":          func(a asked, r *reply) { r.entry("uid=x", map[string][]string{"entryUUID": {"id-dee"}}); r.page(0, "") },
		"what is no answer":                func(_ asked, r *reply) { _, _ = r.conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); r.drop() },
		"an answer to something else":      func(_ asked, r *reply) { r.result(25, 0, ""); r.drop() },
		"a size estimate and then nothing": func(_ asked, r *reply) { r.entry("", nil); r.page(5, "") },
	}
	for name, bad := range faults {
		for _, where := range []string{"people", "groups"} {
			t.Run(name+", of "+where, func(t *testing.T) {
				t.Parallel()
				set := serve(t, scripted(where == "people", func(a asked, r *reply) {
					if a.cookie == "" {
						healthy(a, r)
						return
					}
					bad(a, r)
				}))
				set.MaxEntries = 1000
				got, err := newSource(t, set).Read(t.Context(), directory.Request{})
				takesNothing(t, before, got, err)
				complete := got.UsersComplete
				if where == "groups" {
					complete = got.GroupsComplete
				}
				if err == nil && (complete || len(got.Warnings) == 0) {
					t.Errorf("complete %v, warnings %q", complete, got.Warnings)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("the error holds the password: %v", err)
				}
			})
		}
	}
}

// What a directory claims about counts changes nothing; an empty success is one, which the guards of a plan catch.
func TestCountsAreNotBelieved(t *testing.T) {
	t.Parallel()
	for _, estimate := range []int64{1, 3, 1 << 30} {
		got := read(t, newSource(t, serve(t, func(a asked, r *reply) {
			list := people()
			if !isPeople(a) {
				list = groups()
			}
			for _, o := range list {
				r.entry(o.dn, o.attrs)
			}
			r.page(estimate, "")
		})), "")
		if len(got.Users) != 5 || len(got.Groups) != 3 || !got.UsersComplete || !got.GroupsComplete {
			t.Errorf("an estimate of %d: %+v", estimate, got)
		}
	}
	empty := read(t, newSource(t, serve(t, func(_ asked, r *reply) { r.page(0, "") })), "")
	if !empty.UsersComplete || len(empty.Users)+len(empty.Groups) != 0 || empty.Cursor != "" {
		t.Errorf("an empty directory: %+v", empty)
	}
	first := true
	once := read(t, newSource(t, serve(t, func(a asked, r *reply) {
		if first {
			first = false
			r.page(0, "")
			return
		}
		healthy(a, r)
	})), "")
	if once.UsersComplete || !once.GroupsComplete || len(once.Users) != 5 {
		t.Errorf("a directory that was empty for once: %+v", once)
	}
}

// A directory that knows no pages answers everything at once. As long as a page, nobody knows.
func TestDirectoryWithoutPages(t *testing.T) {
	t.Parallel()
	for size, complete := range map[int]bool{5: false, 4: true, 6: true} {
		set := serve(t, func(a asked, r *reply) {
			list := people()
			if !isPeople(a) {
				list = groups()
			}
			for _, o := range list {
				r.entry(o.dn, o.attrs)
			}
			r.done(0, "")
		})
		set.PageSize = size
		if got := read(t, newSource(t, set), ""); got.UsersComplete != complete || len(got.Users) != 5 {
			t.Errorf("pages of %d: complete %v", size, got.UsersComplete)
		}
	}
}

// Somebody who moves between the reading of people and that of groups is still who he is.
func TestMovesWhileReading(t *testing.T) {
	t.Parallel()
	moved := people()
	moved[0].dn = "uid=anna,ou=people,dc=example"
	after := groups()
	after[0].attrs["member"][0] = "uid=anna,ou=people,dc=example"
	newcomer := append(people(), object{"uid=anna,ou=people,dc=example", map[string][]string{"entryUUID": {"id-new"}, "uid": {"anna"}}})
	tests := map[string]struct {
		then    []object // people, at the second look
		members []string
		unknown bool
	}{
		"he is found by his new name":             {moved, []string{"id-ann", "id-eve"}, false},
		"a newcomer is nobody we know":            {newcomer, nil, true},
		"who is in no list is nobody of ours":     {people(), []string{"id-eve"}, false},
		"the second look is cut, and all is open": {nil, nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seenGroups := false
			got := read(t, newSource(t, serve(t, func(a asked, r *reply) {
				seenGroups = seenGroups || !isPeople(a)
				switch {
				case !seenGroups:
					healthy(a, r)
				case test.then == nil && isPeople(a):
					r.done(4, "")
				default:
					answer(a, r, test.then, after)
				}
			})), "")
			dev := group(t, got, "dev")
			if (dev.Unknown != "") != test.unknown {
				t.Errorf("unknown %q, want it %v", dev.Unknown, test.unknown)
			}
			if diff := gocmp.Diff(test.members, dev.Members); !test.unknown && diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
		})
	}
}

// Members who are called as nobody is are nobody, unless the directory only had not got to them yet.
func TestRenamesAreAwaited(t *testing.T) {
	t.Parallel()
	old := groups()
	old[0].attrs["member"][0] = "uid=anna,ou=people,dc=example" // who is ann by now, and who was anna
	tests := map[string]struct {
		then    []object // groups, after a while
		unknown bool
	}{
		"the group names him as he is": {groups(), true},
		"the group stays as it is":     {old, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looks := 0
			got := read(t, newSource(t, serve(t, func(a asked, r *reply) {
				switch {
				case a.scope == 0:
					r.done(32, "")
				case isPeople(a):
					healthy(a, r)
				default:
					if a.cookie == "" {
						looks++
					}
					if looks < 3 { // the list, and the second look for who is missing
						answer(a, r, people(), old)
						return
					}
					answer(a, r, people(), test.then)
				}
			})), "")
			dev := group(t, got, "dev")
			if (dev.Unknown != "") != test.unknown || !test.unknown && !slices.Equal(dev.Members, []string{"id-eve"}) {
				t.Errorf("the group is %+v", dev)
			}
			if !got.UsersComplete || !got.GroupsComplete {
				t.Errorf("complete %v %v", got.UsersComplete, got.GroupsComplete)
			}
		})
	}
}

// A list that is short is found out by members who are not in it and are there all the same.
func TestShortLists(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(a asked, r *reply){
		"people": func(a asked, r *reply) { answer(a, r, people()[:4], groups()) },
		"groups": func(a asked, r *reply) { answer(a, r, people(), groups()[1:]) },
		"nobody": func(a asked, r *reply) { answer(a, r, nil, groups()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := serve(t, func(a asked, r *reply) {
				if a.scope != 0 {
					script(a, r)
					return
				}
				for _, o := range slices.Concat(people(), groups()) {
					if strings.EqualFold(o.dn, a.base) {
						r.entry(o.dn, map[string][]string{"entryUUID": o.attrs["entryUUID"]})
						r.done(0, "")
						return
					}
				}
				r.done(32, "")
			})
			got := read(t, newSource(t, set), "")
			if got.UsersComplete || got.GroupsComplete || len(got.Warnings) == 0 {
				t.Errorf("complete %v %v, warnings %q", got.UsersComplete, got.GroupsComplete, got.Warnings)
			}
			takesNothing(t, read(t, newSource(t, serve(t, healthy)), ""), got, nil)
		})
	}
}

// A group that must have members and shows none hides them.
func TestHiddenMembers(t *testing.T) {
	t.Parallel()
	list := groups()
	delete(list[0].attrs, "member")
	list[1].attrs["member"] = []string{""} // as those do that would be empty
	got := read(t, newSource(t, serve(t, func(a asked, r *reply) { answer(a, r, people(), list) })), "")
	if dev, ops := group(t, got, "dev"), group(t, got, "ops"); dev.Unknown == "" || ops.Unknown != "" || len(ops.Members) != 0 {
		t.Errorf("hidden %+v, empty %+v", dev, ops)
	}
}

// A name that stands for two people is nobody's.
func TestAmbiguousUsernames(t *testing.T) {
	t.Parallel()
	twins := append(people(), object{"uid=Ann,ou=other,ou=people,dc=example", map[string][]string{"entryUUID": {"id-twin"}, "uid": {"Ann"}}})
	list := groups()
	for i, names := range [][]string{{"ann"}, {"bob"}, {"nobody"}} {
		list[i].attrs["objectClass"], list[i].attrs["memberUid"] = []string{"posixGroup"}, names
	}
	set := serve(t, func(a asked, r *reply) { answer(a, r, twins, list) })
	set.Kind = ldap.KindRFC2307
	got := read(t, newSource(t, set), "")
	if g := group(t, got, "dev"); g.Unknown == "" {
		t.Errorf("ann is two people: %+v", g)
	}
	if g := group(t, got, "ops"); g.Unknown != "" || !slices.Equal(g.Members, []string{"id-bob"}) {
		t.Errorf("bob is one: %+v", g)
	}
}

func TestDisabledElsewhere(t *testing.T) {
	t.Parallel()
	list := people()
	list[0].attrs["userAccountControl"] = []string{"514"}
	list[1].attrs["userAccountControl"] = []string{"66048"}
	list[2].attrs["nsAccountLock"] = []string{"TRUE"}
	list[3].attrs["nsaccountlock"] = []string{"false"}
	got := read(t, newSource(t, serve(t, func(a asked, r *reply) { answer(a, r, list, groups()) })), "")
	for name, want := range map[string]bool{"ann": true, "bob": false, "cy": true, "dee": false, "eve": false} {
		if u := user(t, got, name); u.Disabled != want {
			t.Errorf("%s: disabled = %v", name, u.Disabled)
		}
	}
	list[4].attrs["userAccountControl"] = []string{"NORMAL"}
	got = read(t, newSource(t, serve(t, func(a asked, r *reply) { answer(a, r, list, groups()) })), "")
	if got.UsersComplete || len(got.Users) != 4 {
		t.Errorf("what cannot be told makes the list incomplete: %d people, complete %v", len(got.Users), got.UsersComplete)
	}
}

func TestErrorsSayWhy(t *testing.T) {
	t.Parallel()
	set := serve(t, func(_ asked, r *reply) { r.done(51, "come back later, secret\x00"+strings.Repeat("!", 5000)) })
	_, err := newSource(t, set).Read(t.Context(), directory.Request{})
	if text := fmt.Sprint(err); !fault.Is(err, fault.Unavailable) || !strings.HasPrefix(text, `the directory answers "Busy" (51): search people: come back later`) || len(text) > 400 || strings.ContainsRune(text, 0) {
		t.Errorf("the error is %q", text)
	}
}
