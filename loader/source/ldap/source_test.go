package ldap_test

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/testkit/slapd"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func TestReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(5000, 400)
	w.group(400, nil, []int{401}) // two groups in each other, and one in itself
	w.group(401, []int{1}, []int{400})
	w.group(402, []int{2}, []int{402})
	s := slapd.Start(t, slapd.Options{LDIF: w.ldif.String(), Limits: "size.prtotal=unlimited"})
	source := newSource(t, settings(s))
	got := read(t, source, "")
	same(t, w.want, got)
	if len(got.Users) != 5000 || len(got.Groups) != 403 || memberships(got) < 5000 {
		t.Errorf("%d people, %d groups, %d memberships", len(got.Users), len(got.Groups), memberships(got))
	}
	s.Restart()
	same(t, w.want, read(t, newSource(t, settings(s)), ""))
	if _, err := source.Read(t.Context(), directory.Request{}); err == nil {
		t.Error("the server has gone from its port and there is no error")
	}
}

func TestReadLargeGroup(t *testing.T) {
	t.Parallel()
	const size = 10_000
	w := &world{want: directory.Snapshot{UsersComplete: true, GroupsComplete: true}}
	var all []int
	for n := range size {
		w.person(n)
		all = append(all, n)
	}
	w.group(1, all, nil)
	s := slapd.Start(t, slapd.Options{LDIF: w.ldif.String(), Limits: "size.prtotal=unlimited"})
	same(t, w.want, read(t, newSource(t, settings(s)), ""))
}

func TestNames(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{})
	ann := s.AddPerson("ann")
	s.AddPerson("bob")
	s.Add(`cn=Smith\, Zoë+uid=zoe,ou=people,`+slapd.Base, slapd.Attributes{"objectClass": {"inetOrgPerson"}, "uid": {"zoe", "zoe2"}, "cn": {"Smith, Zoë"}, "sn": {"S"}})
	// Spelled otherwise, each is still who is meant.
	dev := s.AddGroup("dev", strings.ToUpper(ann), "UserID=Bob, OU=People,dc=Example,dc=ORG", `uid=ZOE+cn=smith\2C zo\C3\AB,ou=people,`+slapd.Base, "cn=elsewhere,dc=example,dc=net", slapd.PersonDN("nobody"))
	all := s.AddGroup("all", dev)
	source := newSource(t, settings(s))
	before := read(t, source, "")
	a, b, z := user(t, before, "ann"), user(t, before, "bob"), user(t, before, "zoe")
	g := group(t, before, "dev")
	if diff := gocmp.Diff(ordered(directory.Snapshot{Groups: []directory.Group{{ID: g.ID, Name: "dev", Members: []string{a.ID, b.ID, z.ID}}}}).Groups[0], g); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]string{g.ID}, group(t, before, "all").Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if len(before.Warnings) != 1 || !strings.Contains(before.Warnings[0], `group "dev": 2 members are neither`) {
		t.Errorf("warnings %q", before.Warnings)
	}

	t.Run("a rename keeps who it is", func(t *testing.T) {
		s.Rename(ann, "uid=anna", "")
		s.Rename(dev, "cn=developers", "")
		after := read(t, source, "")
		if got := user(t, after, "anna"); got.ID != a.ID || got.Email != a.Email {
			t.Errorf("the renamed person is %+v, was %+v", got, a)
		}
		if got := group(t, after, "developers"); got.ID != g.ID || len(got.Members) != 3 {
			t.Errorf("the renamed group is %+v, was %+v", got, g)
		}
		if diff := gocmp.Diff([]string{g.ID}, group(t, after, "all").Groups); diff != "" {
			t.Errorf("groups around it (-want +got):\n%s", diff)
		}
	})
	t.Run("a name given to somebody else is somebody else", func(t *testing.T) {
		s.Delete(slapd.PersonDN("bob"))
		s.AddPerson("bob")
		after := read(t, source, "")
		if got := user(t, after, "bob"); got.ID == b.ID {
			t.Error("the new bob has the id of the old")
		}
		if members := group(t, after, "developers").Members; len(members) != 2 {
			t.Errorf("the new bob is in the old one's group: %q", members)
		}
	})
	_ = all
}

func TestDisabled(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{})
	for _, uid := range []string{"ann", "bob", "cy"} {
		s.AddPerson(uid)
	}
	s.Replace(slapd.PersonDN("bob"), "pwdAccountLockedTime", "000001010000Z")
	s.Replace(slapd.PersonDN("cy"), "pwdAccountLockedTime", "20260101000000Z") // a lock that passes
	got := read(t, newSource(t, settings(s)), "")
	for name, want := range map[string]bool{"ann": false, "bob": true, "cy": false} {
		if u := user(t, got, name); u.Disabled != want {
			t.Errorf("%s: disabled = %v, want %v", name, u.Disabled, want)
		}
	}
}

func TestReadPosixGroups(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{})
	for i, uid := range []string{"ann", "bob"} {
		s.Add(slapd.PersonDN(uid), slapd.Attributes{
			"objectClass": {"account", "posixAccount"}, "uid": {uid}, "cn": {uid}, "uidNumber": {string(rune('1' + i))}, "gidNumber": {"1"}, "homeDirectory": {"/"},
		})
	}
	s.Add(slapd.GroupDN("dev"), slapd.Attributes{"objectClass": {"posixGroup"}, "cn": {"dev"}, "gidNumber": {"7"}, "memberUid": {"Ann", "bob", "stranger"}})
	s.Add(slapd.GroupDN("none"), slapd.Attributes{"objectClass": {"posixGroup"}, "cn": {"none"}, "gidNumber": {"8"}})
	set := settings(s)
	set.Kind = "rfc2307"
	got := read(t, newSource(t, set), "")
	if members := group(t, got, "dev").Members; len(members) != 2 || len(got.Warnings) != 1 {
		t.Errorf("members %q, warnings %q", members, got.Warnings)
	}
	if g := group(t, got, "none"); len(g.Members) != 0 || g.Unknown != "" || !got.GroupsComplete {
		t.Errorf("an empty group is %+v", g)
	}
}

func TestReadChanges(t *testing.T) {
	t.Parallel()
	old := "modifyTimestamp: 20200101000000Z\n"
	w := newWorld(300, 20)
	s := slapd.Start(t, slapd.Options{LDIF: strings.ReplaceAll(w.ldif.String(), "entryUUID:", old+"entryUUID:"), Limits: "size.prtotal=unlimited"})
	source := newSource(t, settings(s))
	full := read(t, source, "")
	same(t, w.want, full)
	if full.Cursor == "" {
		t.Fatal("a full read has no cursor")
	}
	// Everything is of one time, so that the margin holds all of it: change something much later.
	first := s.AddPerson("first")
	full = read(t, source, full.Cursor)
	if !full.Partial || full.Cursor == "" {
		t.Fatalf("partial %v, cursor %q", full.Partial, full.Cursor)
	}
	cursor := full.Cursor

	quiet := read(t, source, cursor)
	if len(quiet.Users) != 1 || len(quiet.Groups) != 0 || !quiet.Partial || quiet.UsersComplete || quiet.GroupsComplete {
		t.Errorf("after the first change: %d people, %d groups, %+v", len(quiet.Users), len(quiet.Groups), quiet)
	}
	s.Replace(slapd.PersonDN("p00007"), "pwdAccountLockedTime", "000001010000Z")
	s.Replace(slapd.PersonDN("p00007"), "mail", "seven@example.org")
	s.Join(slapd.GroupDN("g0003"), first)
	s.Rename(slapd.PersonDN("p00009"), "uid=nine", "")
	got := read(t, source, cursor)
	if len(got.Users) != 3 {
		t.Errorf("%d people have changed, want first, p00007 and nine", len(got.Users))
	}
	if u := user(t, got, "p00007"); !u.Disabled || u.Email != "seven@example.org" {
		t.Errorf("p00007 is %+v", u)
	}
	if u := user(t, got, "nine"); u.ID != uuid(1, 9) {
		t.Errorf("the renamed person is %+v", u)
	}
	var want directory.Group
	for _, g := range w.want.Groups {
		if g.Name == "g0003" {
			want = g
		}
	}
	want.Members = append(want.Members, user(t, got, "first").ID)
	g := group(t, got, "g0003")
	if diff := gocmp.Diff(ordered(directory.Snapshot{Groups: []directory.Group{want}}).Groups[0], g); diff != "" {
		t.Errorf("the changed group (-want +got):\n%s", diff)
	}

	t.Run("increments and a full read agree", func(t *testing.T) {
		merged := merge(w.want, quiet, got)
		same(t, read(t, source, ""), merged)
	})
	t.Run("a cursor of other settings reads everything", func(t *testing.T) {
		set := settings(s)
		set.UserFilter = "(&(objectClass=inetOrgPerson)(uid=*))"
		if again := read(t, newSource(t, set), got.Cursor); again.Partial || len(again.Users) != 301 {
			t.Errorf("partial %v, %d people", again.Partial, len(again.Users))
		}
	})
	t.Run("nor does a spoiled cursor take anything away", func(t *testing.T) {
		for _, cursor := range []string{"x", got.Cursor + "x", "@", "@20260101000000Z", strings.Split(got.Cursor, "@")[0] + "@)(uid=*"} {
			if again := read(t, source, cursor); again.Partial || len(again.Users) != 301 {
				t.Errorf("%q: partial %v, %d people", cursor, again.Partial, len(again.Users))
			}
		}
	})
	t.Run("a directory that does not say when reads everything always", func(t *testing.T) {
		set := settings(s)
		set.Attributes.Changed = "-"
		again := read(t, newSource(t, set), got.Cursor)
		if again.Partial || again.Cursor != "" {
			t.Errorf("partial %v, cursor %q", again.Partial, again.Cursor)
		}
	})
}

// merge puts increments on a snapshot.
func merge(s directory.Snapshot, increments ...directory.Snapshot) directory.Snapshot {
	users, groups := map[string]directory.User{}, map[string]directory.Group{}
	for _, part := range append([]directory.Snapshot{s}, increments...) {
		for _, u := range part.Users {
			users[u.ID] = u
		}
		for _, g := range part.Groups {
			groups[g.ID] = g
		}
	}
	s.Users, s.Groups = nil, nil
	for _, u := range users {
		s.Users = append(s.Users, u)
	}
	for _, g := range groups {
		s.Groups = append(s.Groups, g)
	}
	return s
}

// After a rename, a server renames members of groups a little later. Meanwhile nobody has left.
func TestRenameIsSlow(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{})
	var members []string
	for _, uid := range []string{"ann", "bob", "cy"} {
		members = append(members, s.AddPerson(uid))
	}
	for i := range 40 {
		s.AddGroup("g"+string(rune('a'+i%26))+string(rune('a'+i/26)), members...)
	}
	set := settings(s)
	set.Settle = time.Second
	source := newSource(t, set)
	before := read(t, source, "")
	for i, cursor := range []string{"", before.Cursor, "", before.Cursor} {
		s.RenameAlone(members[0], "uid=ann"+string(rune('a'+i)), "")
		members[0] = slapd.PersonDN("ann" + string(rune('a'+i)))
		got, err := source.Read(t.Context(), directory.Request{Cursor: cursor})
		takesNothing(t, before, got, err)
	}
}
