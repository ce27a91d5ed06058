package ldap_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/testkit/slapd"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/ldap"
)

// settings are those of a test server's reader.
func settings(s *slapd.Server) ldap.Settings {
	return ldap.Settings{
		URL: s.URL, BindDN: slapd.Reader, Password: func() (string, error) { return slapd.Password, nil },
		UserBase: "ou=people," + slapd.Base, GroupBase: "ou=groups," + slapd.Base, Settle: 50 * time.Millisecond,
	}
}

func newSource(tb testing.TB, s ldap.Settings) *ldap.Source {
	tb.Helper()
	source, err := ldap.New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return source
}

// read reads, in a fixed order and without what changes from run to run.
func read(t *testing.T, source directory.Source, cursor string) directory.Snapshot {
	t.Helper()
	got, err := source.Read(t.Context(), directory.Request{Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	return ordered(got)
}

func ordered(s directory.Snapshot) directory.Snapshot {
	slices.SortFunc(s.Users, func(a, b directory.User) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Groups, func(a, b directory.Group) int { return cmp.Compare(a.ID, b.ID) })
	for _, g := range s.Groups {
		slices.Sort(g.Members)
		slices.Sort(g.Groups)
	}
	return s
}

// same compares snapshots but for their cursors.
func same(t *testing.T, want, got directory.Snapshot) {
	t.Helper()
	want.Cursor, got.Cursor = "", ""
	if diff := gocmp.Diff(ordered(want), ordered(got)); diff != "" {
		if len(diff) > 3000 {
			diff = diff[:3000]
		}
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func user(t *testing.T, s directory.Snapshot, username string) directory.User {
	t.Helper()
	i := slices.IndexFunc(s.Users, func(u directory.User) bool { return u.Username == username })
	if i < 0 {
		t.Fatalf("%s is not there", username)
	}
	return s.Users[i]
}

func group(t *testing.T, s directory.Snapshot, name string) directory.Group {
	t.Helper()
	i := slices.IndexFunc(s.Groups, func(g directory.Group) bool { return g.Name == name })
	if i < 0 {
		t.Fatalf("group %s is not there", name)
	}
	return s.Groups[i]
}

// world is a directory made by chance: what is loaded into a server, and what must come out.
type world struct {
	ldif strings.Builder
	want directory.Snapshot
}

func uuid(kind, n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, n) }

func (w *world) person(n int) {
	uid := fmt.Sprintf("p%05d", n)
	w.want.Users = append(w.want.Users, directory.User{ID: uuid(1, n), Username: uid, Email: uid + "@example.org"})
	fmt.Fprintf(&w.ldif, "dn: %s\nobjectClass: inetOrgPerson\nuid: %s\ncn: Person %d\nsn: %d\nmail: %s@example.org\nentryUUID: %s\n\n",
		slapd.PersonDN(uid), uid, n, n, uid, uuid(1, n))
}

// group adds a group of people and groups by their numbers.
func (w *world) group(n int, people, groups []int) {
	name := fmt.Sprintf("g%04d", n)
	g := directory.Group{ID: uuid(2, n), Name: name, Members: []string{}}
	fmt.Fprintf(&w.ldif, "dn: %s\nobjectClass: groupOfNames\ncn: %s\nentryUUID: %s\n", slapd.GroupDN(name), name, g.ID)
	for _, p := range people {
		g.Members = append(g.Members, uuid(1, p))
		fmt.Fprintf(&w.ldif, "member: %s\n", slapd.PersonDN(fmt.Sprintf("p%05d", p)))
	}
	for _, inner := range groups {
		g.Groups = append(g.Groups, uuid(2, inner))
		fmt.Fprintf(&w.ldif, "member: %s\n", slapd.GroupDN(fmt.Sprintf("g%04d", inner)))
	}
	w.ldif.WriteString("\n")
	w.want.Groups = append(w.want.Groups, g)
}

// newWorld returns people in groups, every fifth group with a group in it. The nesting has cycles.
func newWorld(people, groups int) *world {
	w := &world{want: directory.Snapshot{UsersComplete: true, GroupsComplete: true}}
	chance := rand.New(rand.NewPCG(6, 2026))
	for n := range people {
		w.person(n)
	}
	for n := range groups {
		var inner []int
		if n%5 == 0 {
			inner = []int{chance.IntN(groups)}
		}
		w.group(n, chance.Perm(people)[:1+chance.IntN(60)], inner)
	}
	return w
}

// memberships counts those that a snapshot names.
func memberships(s directory.Snapshot) int {
	sum := 0
	for _, g := range s.Groups {
		sum += len(g.Members) + len(g.Groups)
	}
	return sum
}
