package recall_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/catalog/storetest"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

func TestAlone(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) catalog.Store { return alone(sqlite(t, database(t))) })
}

func TestSharedSQLite(t *testing.T) {
	t.Parallel()
	storetest.RunPair(t, func(t *testing.T) (a, b catalog.Store) {
		path := database(t)
		return shared(sqlite(t, path)), shared(sqlite(t, path))
	})
}

func TestSharedPostgres(t *testing.T) {
	t.Parallel()
	testkit.Postgres(t) // skips once, not once a check
	storetest.Run(t, func(t *testing.T) catalog.Store { return shared(postgres(t, testkit.Postgres(t))) })
	storetest.RunPair(t, func(t *testing.T) (a, b catalog.Store) {
		url := testkit.Postgres(t)
		return shared(postgres(t, url)), shared(postgres(t, url))
	})
}

func alone(s catalog.Store) *recall.Store { return recall.New(recall.Deps{Store: s, Alone: true}) }

func shared(s catalog.Store) *recall.Store {
	return recall.New(recall.Deps{Store: s, Staleness: time.Hour, Now: time.Now})
}

func database(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalog.db")
	testkit.Catalog(t, path)
	return path
}

func sqlite(t testing.TB, path string) *sqlstore.Store {
	t.Helper()
	return opened(t)(sqlstore.OpenSQLite(t.Context(), path))
}

func postgres(t testing.TB, url string) *sqlstore.Store {
	t.Helper()
	return opened(t)(sqlstore.OpenPostgres(t.Context(), url))
}

func opened(t testing.TB) func(*sqlstore.Store, error) *sqlstore.Store {
	t.Helper()
	return func(s *sqlstore.Store, err error) *sqlstore.Store {
		t.Helper()
		must(t, err)
		t.Cleanup(func() { _ = s.Close() })
		must(t, s.Migrate(t.Context()))
		return s
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// counter counts what OnLookup is told.
type counter struct{ remembered, asked int }

func (c *counter) told(remembered bool) {
	if remembered {
		c.remembered++
	} else {
		c.asked++
	}
}

func TestOnlyWhatIsThereIsRemembered(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var count counter
	s := recall.New(recall.Deps{Store: sqlite(t, database(t)), Alone: true, OnLookup: count.told})
	for range 3 {
		if _, err := s.User(ctx, "user-1"); err == nil {
			t.Fatal("somebody is there")
		}
	}
	must(t, s.InsertUser(ctx, catalog.User{ID: "user-1", Username: "Ann"}))
	for range 3 {
		for _, name := range []string{"ann", "ANN", "Ann"} {
			if u, err := s.UserByUsername(ctx, name); err != nil || u.ID != "user-1" {
				t.Fatalf("%s is %v, %v", name, u, err)
			}
		}
	}
	if want := (counter{remembered: 8, asked: 4}); count != want {
		t.Errorf("lookups: %+v, want %+v", count, want)
	}
}

func TestRowsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := alone(sqlite(t, database(t)))
	want := catalog.Token{ID: "at-1", Kind: catalog.TokenService, OwnerID: "sa-1", Scopes: []string{"check", "search"}, Hash: []byte("hash")}
	must(t, s.InsertToken(ctx, want))
	for range 3 {
		got, err := s.Token(ctx, want.ID)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("token (-want +got):\n%s", diff)
		}
		got.Scopes[0] = "sync"
		got.Hash = append(got.Hash[:0], bytes.Repeat([]byte("x"), len(got.Hash))...)
	}
}

func TestTransactionsAskTheDatabase(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var count counter
	s := recall.New(recall.Deps{Store: sqlite(t, database(t)), Alone: true, OnLookup: count.told})
	must(t, s.InsertUser(ctx, catalog.User{ID: "user-1", Username: "ann"}))
	_, err := s.User(ctx, "user-1")
	must(t, err)
	count = counter{}
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.UpdateUser(ctx, catalog.User{ID: "user-1", Username: "eve"}))
		if u, err := q.User(ctx, "user-1"); err != nil || u.Username != "eve" {
			t.Errorf("inside, the user is %v, %v", u, err)
		}
		if count != (counter{}) {
			t.Errorf("memory was asked inside: %+v", count)
		}
		if u, err := s.User(ctx, "user-1"); err != nil || u.Username != "ann" {
			t.Errorf("outside, before the end, the user is %v, %v", u, err)
		}
		return nil
	}))
	if u, err := s.User(ctx, "user-1"); err != nil || u.Username != "eve" {
		t.Errorf("afterwards the user is %v, %v", u, err)
	}
}

// A use that was recorded is what the next lookup tells, so that it is not recorded again; other tokens stay.
func TestUsesAreSeen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var count counter
	s := recall.New(recall.Deps{Store: sqlite(t, database(t)), Alone: true, OnLookup: count.told})
	const many = 200
	lookUp := func(at time.Time) {
		t.Helper()
		for i := range many {
			token, err := s.Token(ctx, "at-"+strconv.Itoa(i))
			must(t, err)
			if i == 0 && !token.LastUsedAt.Equal(at) {
				t.Errorf("last used at %v, want %v", token.LastUsedAt, at)
			}
		}
	}
	for i := range many {
		must(t, s.InsertToken(ctx, catalog.Token{ID: "at-" + strconv.Itoa(i), Kind: catalog.TokenUser, OwnerID: "user-1"}))
	}
	lookUp(time.Time{})
	used := time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)
	must(t, s.TouchToken(ctx, "at-0", used))
	count = counter{}
	lookUp(used)
	if count.asked < 1 || count.asked > many/10 {
		t.Errorf("a use of one token made %d of %d lookups go to the database", count.asked, many)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var count counter
	const limit, many = 64 << 10, 1000
	s := recall.New(recall.Deps{Store: sqlite(t, database(t)), Alone: true, Bytes: limit, OnLookup: count.told})
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		for i := range many {
			if err := q.InsertUser(ctx, catalog.User{ID: "user-" + strconv.Itoa(i), Username: "user" + strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return q.InsertUser(ctx, catalog.User{ID: "user-large", Username: "large", Email: longText(limit)})
	}))
	for range 2 {
		count = counter{}
		for i := range many {
			id := "user-" + strconv.Itoa(i)
			if u, err := s.User(ctx, id); err != nil || u.ID != id {
				t.Fatalf("%s is %v, %v", id, u, err)
			}
		}
	}
	if count.remembered > limit/300 {
		t.Errorf("%d rows of at least 300 bytes are in %d bytes", count.remembered, limit)
	}
	count = counter{}
	for range 2 {
		_, err := s.User(ctx, "user-large")
		must(t, err)
	}
	if count.remembered != 0 {
		t.Error("a row is remembered that fills all memory")
	}
	for range 2 {
		_, err := s.User(ctx, "user-1")
		must(t, err)
	}
	if count.remembered == 0 {
		t.Error("nothing is remembered")
	}
}

// TestEveryTextCounts: a row whose text does not fit is not remembered, whichever of its texts it is.
func TestEveryTextCounts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const limit = 64 << 10
	long := longText(limit)
	type rows struct {
		organization catalog.Organization
		user         catalog.User
		project      catalog.Project
		workspace    catalog.Workspace
	}
	text := catalog.Attributes(long)
	for name, fill := range map[string]func(*rows){
		"an address":                    func(r *rows) { r.user.UnconfirmedEmail = long },
		"attributes of an organization": func(r *rows) { r.organization.Attributes = text },
		"attributes of a project":       func(r *rows) { r.project.Attributes = text },
		"attributes of a workspace":     func(r *rows) { r.workspace.Attributes = text },
		"a lock":                        func(r *rows) { r.workspace.LockReason = long },
	} {
		var count counter
		s := recall.New(recall.Deps{Store: sqlite(t, database(t)), Alone: true, Bytes: limit, OnLookup: count.told})
		r := rows{
			catalog.Organization{ID: "org-1", Name: "acme"},
			catalog.User{ID: "user-1", Username: "ann"},
			catalog.Project{ID: "prj-1", OrganizationID: "org-1", Name: "default"},
			net(),
		}
		fill(&r)
		must(t, errors.Join(
			s.InsertOrganization(ctx, r.organization), s.InsertUser(ctx, r.user), s.InsertProject(ctx, r.project), s.InsertWorkspace(ctx, r.workspace),
		))
		for range 2 {
			_, err := s.Organization(ctx, "org-1")
			must(t, err)
			_, err = s.User(ctx, "user-1")
			must(t, err)
			_, err = s.Project(ctx, "prj-1")
			must(t, err)
			_, err = s.Workspace(ctx, "ws-1")
			must(t, err)
		}
		if count.remembered != 3 {
			t.Errorf("%s fills all memory, and %d rows of 4 are remembered, want the other 3", name, count.remembered)
		}
	}
}

func longText(n int) string { return string(bytes.Repeat([]byte("x"), n)) }
