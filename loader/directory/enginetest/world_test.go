// Package enginetest holds the tests of the engine of directories over real stores and a real authorization engine.
package enginetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/schema"
)

// tester is what a *testing.T, a *testing.B and a *rapid.T have in common.
type tester interface {
	Helper()
	Context() context.Context
	Cleanup(fn func())
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// world is a platform with a directory.
type world struct {
	tb     tester
	svc    *catalog.Service
	store  catalog.Store
	engine *spicedb.Embedded
	admin  catalog.Principal
	sync   catalog.Principal // a service token of scope sync

	ahead   atomic.Int64                 // how far the clock is ahead
	onStep  atomic.Pointer[func(string)] // told of steps of the catalog and of the engine
	source  *script
	feed    directory.Feed
	heard   *listener
	holders int
	written *counted
}

// counted is an authorization engine that counts the relationships that are written to it, and taken away.
type counted struct {
	authz.Engine

	touched, deleted atomic.Int64
}

func (c *counted) Write(ctx context.Context, w authz.Write) (authz.Token, error) {
	c.touched.Add(int64(len(w.Touches)))
	c.deleted.Add(int64(len(w.Deletes)))
	return c.Engine.Write(ctx, w)
}

// script is a source that says what a test tells it to.
type script struct {
	mu    sync.Mutex
	read  func(r directory.Request) (directory.Snapshot, error)
	asked []directory.Request
}

func (s *script) Read(_ context.Context, r directory.Request) (directory.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
	return s.read(r)
}

func (s *script) say(snap directory.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = func(directory.Request) (directory.Snapshot, error) { return snap, nil }
}

func (s *script) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = func(directory.Request) (directory.Snapshot, error) { return directory.Snapshot{}, err }
}

// listener keeps what was told.
type listener struct {
	mu     sync.Mutex
	events []directory.Event
	held   map[string]bool
	ended  map[string]int
	drift  map[string]int
}

func newListener() *listener {
	return &listener{held: map[string]bool{}, ended: map[string]int{}, drift: map[string]int{}}
}

func (l *listener) Notify(e directory.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *listener) types() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]string, len(l.events))
	for i, e := range l.events {
		out[i] = string(e.Type)
	}
	return out
}

func (l *listener) Planned(string, map[string]int)         {}
func (l *listener) Applied(string, int, int)               {}
func (l *listener) Fresh(string, time.Time, time.Duration) {}
func (l *listener) Ended(_, outcome string, _ time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[outcome]++
}

func (l *listener) Held(source string, held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[source] = held
}

func (l *listener) Drift(source string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drift[source] = n
}

const corp = "corp"

// generous are limits that nothing trips.
func generous() directory.Limits {
	none := directory.Limit{Max: -1, Percent: -1}
	return directory.Limits{Floor: 1 << 30, Memberships: none, Group: none, People: none, Groups: none, Links: none, Day: none, DayPeople: none}
}

// newWorld starts a platform over a store, an SQLite one for nil.
func newWorld(tb testing.TB, store catalog.Store) *world {
	tb.Helper()
	return newWorldIn(tb, tb.TempDir(), store)
}

// newWorldIn is newWorld with its files in a folder.
func newWorldIn(tb tester, dir string, store catalog.Store) *world {
	tb.Helper()
	w := &world{tb: tb, source: &script{}, heard: newListener()}
	if store == nil {
		sqlite, err := sqlstore.OpenSQLite(tb.Context(), filepath.Join(dir, "catalog.db"))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = sqlite.Close() })
		if err := sqlite.Migrate(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		store = sqlite
	}
	engine, err := spicedb.NewEmbedded(tb.Context(), spicedb.EmbeddedConfig{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = engine.Close() })
	w.store, w.engine, w.written = store, engine, &counted{Engine: engine}
	w.svc = catalog.New(catalog.Deps{
		Store: store, Engine: w.written, Seeder: engine, Log: slog.New(slog.DiscardHandler), Now: w.now, Random: rand.Reader, FaultPoint: w.step,
	})
	if err := w.svc.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	admin, err := w.svc.Bootstrap(tb.Context(), nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	w.admin = principal(admin)
	w.sync = catalog.Principal{Subject: authz.Object{Type: "system", ID: "sync"}, Name: "sync", Scopes: []catalog.Scope{catalog.ScopeSync}}
	w.feed = directory.Feed{
		Settings: directory.Settings{Name: corp, Kind: "file", Nesting: directory.NestingKept, MaxDepth: 10, Keep: 30 * 24 * time.Hour, ApplyFirst: true, Limits: generous()},
		Trust:    catalog.TrustTeams, Source: w.source,
	}
	return w
}

func principal(u catalog.User) catalog.Principal {
	return catalog.Principal{Subject: authz.Object{Type: schema.TypeUser, ID: u.ID}, Name: u.Username}
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) wait(d time.Duration) { w.ahead.Add(int64(d)) }

func (w *world) step(name string) {
	if fn := w.onStep.Load(); fn != nil {
		(*fn)(name)
	}
}

// engineOf returns another process's engine.
func (w *world) engineOf(feeds ...directory.Feed) *directory.Engine {
	w.tb.Helper()
	w.holders++
	if len(feeds) == 0 {
		feeds = []directory.Feed{w.feed}
	}
	e, err := directory.New(directory.Deps{
		Service: w.svc, Store: w.store, Feeds: feeds, Log: slog.New(slog.DiscardHandler), Now: w.now, Random: rand.Reader,
		Observe: w.heard, Notify: w.heard, Holder: fmt.Sprintf("process-%d", w.holders), FaultPoint: w.step,
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return e
}

// run runs the source and fails the test where that fails.
func (w *world) run(e *directory.Engine, o directory.Options) (catalog.SyncPlan, directory.Report) {
	w.tb.Helper()
	kept, report, err := e.Run(w.tb.Context(), w.sync, corp, o)
	if err != nil {
		w.tb.Fatal(err)
	}
	return kept, report
}

// settled fails the test unless a plan of what the source says now is empty, and the engine holds what the catalog says.
func (w *world) settled(e *directory.Engine) {
	w.tb.Helper()
	_, plan, err := e.Plan(w.tb.Context(), w.sync, corp, directory.Options{DryRun: true, Full: true})
	if err != nil {
		w.tb.Fatal(err)
	}
	if !plan.Empty() {
		w.tb.Fatalf("there is still to do: people %+v groups %+v links %+v", plan.People, plan.Groups, plan.Links)
	}
	w.noDrift()
}

func (w *world) noDrift() {
	w.tb.Helper()
	d, err := w.svc.Reconcile(w.tb.Context(), w.admin, true)
	if err != nil {
		w.tb.Fatal(err)
	}
	if len(d.Missing)+len(d.Unexpected) > 0 {
		w.tb.Fatalf("the engine lacks %v and has too much: %v", d.Missing, d.Unexpected)
	}
}

// user returns a user by name.
func (w *world) user(name string) catalog.User {
	w.tb.Helper()
	u, err := w.store.UserByUsername(w.tb.Context(), name)
	if err != nil {
		w.tb.Fatalf("%s: %v", name, err)
	}
	return u
}

// group returns a group by its external id.
func (w *world) group(id string) catalog.Group {
	w.tb.Helper()
	g, err := w.store.GroupByExternalID(w.tb.Context(), corp, id)
	if err != nil {
		w.tb.Fatalf("%s: %v", id, err)
	}
	return g
}

// state is what the catalog has of the source, in words that do not depend on ids.
func (w *world) state() []string {
	w.tb.Helper()
	ctx := w.tb.Context()
	must := func(err error) {
		if err != nil {
			w.tb.Fatal(err)
		}
	}
	users, err := w.store.Users(ctx, catalog.UserFilter{})
	must(err)
	names := map[string]string{}
	var out []string
	for _, u := range users {
		names[u.ID] = u.Username
		out = append(out, fmt.Sprintf("user %s %s suspended=%v admin=%v", u.Username, u.Email, u.Suspended, u.SiteAdmin))
	}
	people, err := w.store.Persons(ctx, catalog.PersonFilter{Source: corp})
	must(err)
	for _, p := range people {
		out = append(out, fmt.Sprintf("person %s is %s called %s inactive=%v released=%v", p.ExternalID, names[p.UserID], p.Username, !p.InactiveAt.IsZero(), p.Released))
	}
	groups, err := w.store.Groups(ctx)
	must(err)
	labels := map[string]string{}
	for _, g := range groups {
		labels[g.ID] = g.Source + "/" + g.ExternalID
		out = append(out, fmt.Sprintf("group %s called %s gone=%v", labels[g.ID], g.DisplayName, !g.GoneAt.IsZero()))
	}
	members, err := w.store.GroupMembers(ctx, catalog.GroupMemberFilter{})
	must(err)
	for _, m := range members {
		out = append(out, fmt.Sprintf("%s has %s expires=%v", labels[m.GroupID], names[m.UserID], !m.ExpiresAt.IsZero()))
	}
	children, err := w.store.GroupChildren(ctx)
	must(err)
	for _, c := range children {
		out = append(out, fmt.Sprintf("%s holds %s", labels[c.ParentID], labels[c.ChildID]))
	}
	links, err := w.store.GroupLinks(ctx, catalog.GroupLinkFilter{})
	must(err)
	for _, l := range links {
		t, err := w.store.Team(ctx, l.TeamID)
		must(err)
		out = append(out, fmt.Sprintf("team %s follows %s by %q", t.Name, labels[l.GroupID], l.Rule))
	}
	slices.Sort(out)
	return out
}

// has fails the test unless the state has all of some lines, and none of those that begin with "!".
func (w *world) has(lines ...string) {
	w.tb.Helper()
	state := w.state()
	for _, line := range lines {
		unwanted, not := strings.CutPrefix(line, "!")
		if slices.Contains(state, unwanted) == not {
			w.tb.Errorf("want %s; the state is\n%s", line, strings.Join(state, "\n"))
		}
	}
}

func (w *world) same(want []string) {
	w.tb.Helper()
	if diff := cmp.Diff(want, w.state()); diff != "" {
		w.tb.Fatalf("state (-want +got):\n%s", diff)
	}
}

func isKind(tb tester, err error, want fault.Kind) {
	tb.Helper()
	if err == nil || fault.KindOf(err) != want {
		tb.Errorf("error %v, want %s", err, want)
	}
}

// person and others make snapshots.
func person(id string) directory.User {
	return directory.User{ID: id, Username: id, Email: id + "@corp.example"}
}

func group(id string, members ...string) directory.Group {
	return directory.Group{ID: id, Name: "The " + id, Members: members}
}

func whole(users []directory.User, groups ...directory.Group) directory.Snapshot {
	return directory.Snapshot{UsersComplete: true, GroupsComplete: true, Users: users, Groups: groups}
}

func people(ids ...string) []directory.User {
	out := make([]directory.User, len(ids))
	for i, id := range ids {
		out[i] = person(id)
	}
	return out
}

// nothing makes a change of a function that needs no context.
func nothing(fn func(c *catalog.Change) error) func(context.Context, *catalog.Change) error {
	return func(_ context.Context, c *catalog.Change) error { return fn(c) }
}
