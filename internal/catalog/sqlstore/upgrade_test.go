package sqlstore_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// old is a database that an older release left.
type old struct {
	db       *sql.DB
	migrator *goose.Provider
	open     func() *sqlstore.Store
}

// oldDatabases returns empty databases by engine.
func oldDatabases() map[string]func(t *testing.T) old {
	return map[string]func(t *testing.T) old{
		"sqlite": func(t *testing.T) old {
			t.Helper()
			path := nowhere(t)
			escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", " ", "%20").Replace(path)
			return oldDatabase(t, goose.DialectSQLite3, "sqlite", "file:"+escaped, func() *sqlstore.Store { return sqlite(t, path) })
		},
		"postgres": func(t *testing.T) old {
			t.Helper()
			url := testkit.Postgres(t)
			return oldDatabase(t, goose.DialectPostgres, "pgx", url, func() *sqlstore.Store { return postgres(t, url) })
		},
	}
}

func oldDatabase(t *testing.T, dialect goose.Dialect, driver, source string, open func() *sqlstore.Store) old {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	folder := "postgres"
	if dialect == goose.DialectSQLite3 {
		folder = "sqlite"
	}
	p, err := goose.NewProvider(dialect, db, os.DirFS("migrations/"+folder),
		goose.WithTableName("catalog_migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return old{db: db, migrator: p, open: open}
}

func (o old) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := o.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// TestUpgrade: rows of before migration 3 stay what they were, and are found by what it adds.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for name, engine := range oldDatabases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			before := engine(t)
			if _, err := before.migrator.UpTo(ctx, 2); err != nil {
				t.Fatal(err)
			}
			before.exec(t,
				`INSERT INTO users VALUES ('user-1', 'Ann', 'ann', 'Ann@X.example', FALSE, TRUE, FALSE, 0)`,
				`INSERT INTO organizations VALUES ('org-1', 'acme', 'acme', 'Ops@X.example', FALSE, '', '', FALSE, 0)`,
				`INSERT INTO audit_events (id, time, actor, actor_name, token_id, request_id, organization_id, action, object,
					related, before, after, outcome) VALUES ('ae-1', 1000000, '', '', '', '', '', '', '', '[]', '', '', 'done')`,
			)
			s := migrated(t, before.open())
			wantUpgraded(t, s)
			if err := s.InsertAuditEvent(ctx, catalog.AuditEvent{ID: "ae-2"}); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			// Back to the old release, which writes an event, and up again.
			if _, err := before.migrator.DownTo(ctx, 2); err != nil {
				t.Fatal(err)
			}
			before.exec(t, `INSERT INTO audit_events (id, time, actor, actor_name, token_id, request_id, organization_id, action,
				object, related, before, after, outcome) VALUES ('ae-3', 1000000, '', '', '', '', '', '', '', '[]', '', '', 'done')`)
			s = migrated(t, before.open())
			wantUpgraded(t, s)
			_, head, err := s.AuditEnds(ctx)
			if diff := cmp.Diff(catalog.AuditLink{Sequence: 3}, head); diff != "" || err != nil {
				t.Errorf("head: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func wantUpgraded(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	ctx := t.Context()
	users, err := s.Users(ctx, catalog.UserFilter{Emails: []string{"ann@x.EXAMPLE"}})
	ann := catalog.User{ID: "user-1", Username: "Ann", Email: "Ann@X.example", SiteAdmin: true}
	if diff := cmp.Diff([]catalog.User{ann}, users); diff != "" || err != nil {
		t.Errorf("users by address: %v (-want +got):\n%s", err, diff)
	}
	places, err := s.Places(ctx, catalog.PlaceFilter{
		Type: schema.TypeOrganization, Within: []authz.Object{{Type: schema.TypePlatform}}, PlaceQuery: catalog.PlaceQuery{EmailContains: "OPS@"},
	})
	if diff := cmp.Diff([]catalog.Place{{ID: "org-1", Organization: "acme"}}, places); diff != "" || err != nil {
		t.Errorf("organizations by address: %v (-want +got):\n%s", err, diff)
	}
	o, err := s.Organization(ctx, "org-1")
	if diff := cmp.Diff(catalog.Organization{ID: "org-1", Name: "acme", Email: "Ops@X.example"}, o); diff != "" || err != nil {
		t.Errorf("organization: %v (-want +got):\n%s", err, diff)
	}
	events, err := s.AuditEvents(ctx, catalog.AuditFilter{OldestFirst: true, Limit: 1})
	if err != nil || len(events) != 1 || events[0].Sequence != 1 || events[0].ID != "ae-1" || events[0].Hash != nil {
		t.Errorf("the old event is %v, %v", events, err)
	}
}
