package recall_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const staleness = time.Second

// clock is a time that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time            { return time.UnixMicro(1_700_000_000_000_000 + c.offset.Load()) }
func (c *clock) pass(d time.Duration)      { c.offset.Add(d.Microseconds()) }
func (c *clock) deps() recall.Deps         { return recall.Deps{Staleness: staleness, Now: c.now} }
func bounded(t *testing.T) context.Context { return catalog.Bounded(t.Context()) }

// replicas are two processes on one database, and the time of both.
type replicas struct {
	clock
	here, there catalog.Store
}

func eachShared(t *testing.T, test func(t *testing.T, r *replicas)) {
	t.Helper()
	open := func(here, there catalog.Store) *replicas {
		r := &replicas{}
		for at, s := range map[*catalog.Store]catalog.Store{&r.here: here, &r.there: there} {
			deps := r.deps()
			deps.Store = s
			*at = recall.New(deps)
		}
		return r
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := database(t)
		test(t, open(sqlite(t, path), sqlite(t, path)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := testkit.Postgres(t)
		test(t, open(postgres(t, url), postgres(t, url)))
	})
}

// net is a workspace by its first name.
func net() catalog.Workspace {
	return catalog.Workspace{ID: "ws-1", OrganizationID: "org-1", ProjectID: "prj-1", Name: "net"}
}

func web() catalog.Workspace {
	w := net()
	w.Name = "web"
	return w
}

func (r *replicas) furnish(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	must(t, r.there.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.InsertUser(ctx, catalog.User{ID: "user-1", Username: "ann"}))
		must(t, q.InsertServiceAccount(ctx, catalog.ServiceAccount{ID: "sa-1", Name: "ci"}))
		must(t, q.InsertToken(ctx, catalog.Token{ID: "at-1", Kind: catalog.TokenUser, OwnerID: "user-1"}))
		must(t, q.InsertOrganization(ctx, catalog.Organization{ID: "org-1", Name: "acme"}))
		must(t, q.InsertProject(ctx, catalog.Project{ID: "prj-1", OrganizationID: "org-1", Name: "default"}))
		return q.InsertWorkspace(ctx, net())
	}))
}

// wantNamed checks whether the workspace is found under a name.
func wantNamed(ctx context.Context, t *testing.T, s catalog.Store, name string, there bool) {
	t.Helper()
	_, err := s.WorkspaceByName(ctx, "org-1", name)
	if err != nil && !fault.Is(err, fault.NotFound) || there != (err == nil) {
		t.Errorf("%s is there: %v (%v), want %v", name, err == nil, err, there)
	}
}

func TestNamesOfAnotherReplica(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, r *replicas) {
		r.furnish(t)
		wantNamed(bounded(t), t, r.here, "net", true)
		must(t, r.there.UpdateWorkspace(t.Context(), web()))
		r.pass(staleness)
		for range 2 { // answers at the newest state do not come from memory, nor do they change it
			wantNamed(t.Context(), t, r.here, "net", false)
			wantNamed(t.Context(), t, r.here, "web", true)
			wantNamed(bounded(t), t, r.here, "net", true)
		}
		wantNamed(bounded(t), t, r.here, "web", true) // nobody asked before
		r.pass(time.Microsecond)
		wantNamed(bounded(t), t, r.here, "net", false)
		must(t, r.there.UpdateWorkspace(t.Context(), net()))
		wantNamed(t.Context(), t, r.here, "web", false)
	})
}

func TestOwnNamesAreNeverOld(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, r *replicas) {
		r.furnish(t)
		wantNamed(bounded(t), t, r.here, "net", true)
		must(t, r.here.InTx(t.Context(), func(q catalog.Queries) error { return q.UpdateWorkspace(t.Context(), web()) }))
		wantNamed(bounded(t), t, r.here, "net", false)
		wantNamed(bounded(t), t, r.here, "web", true)
		must(t, r.here.DeleteOrganization(t.Context(), "org-1"))
		wantNamed(bounded(t), t, r.here, "web", false)
	})
}

func TestCredentialsEndAtOnce(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, r *replicas) {
		r.furnish(t)
		ctx := t.Context()
		for range 2 { // into memory, if anything went there
			for _, c := range []context.Context{ctx, bounded(t)} {
				_, err := r.here.User(c, "user-1")
				must(t, err)
				_, err = r.here.ServiceAccount(c, "sa-1")
				must(t, err)
				_, err = r.here.Token(c, "at-1")
				must(t, err)
			}
		}
		must(t, r.there.UpdateUser(ctx, catalog.User{ID: "user-1", Username: "ann", Suspended: true}))
		must(t, r.there.UpdateServiceAccount(ctx, catalog.ServiceAccount{ID: "sa-1", Name: "ci", Suspended: true}))
		must(t, r.there.DeleteToken(ctx, "at-1"))
		if u, err := r.here.User(ctx, "user-1"); err != nil || !u.Suspended {
			t.Errorf("the suspended user is %v, %v", u, err)
		}
		if a, err := r.here.ServiceAccount(ctx, "sa-1"); err != nil || !a.Suspended {
			t.Errorf("the suspended service account is %v, %v", a, err)
		}
		for _, c := range []context.Context{ctx, bounded(t)} {
			if _, err := r.here.Token(c, "at-1"); !fault.Is(err, fault.NotFound) {
				t.Errorf("the revoked token is there, or: %v", err)
			}
		}
	})
}

func TestWithoutAStalenessNothingIsOld(t *testing.T) {
	t.Parallel()
	for name, deps := range map[string]recall.Deps{"none": {}, "no staleness": {Now: time.Now}, "no clock": {Staleness: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := sqlite(t, database(t))
			deps.Store = there
			r := &replicas{here: recall.New(deps), there: there}
			r.furnish(t)
			wantNamed(bounded(t), t, r.here, "net", true)
			must(t, r.there.UpdateWorkspace(t.Context(), web()))
			wantNamed(bounded(t), t, r.here, "net", false)
		})
	}
}
