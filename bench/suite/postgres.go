package suite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"

	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
)

// The larger sizes of the product itself, for which the suite needs a Postgres server.
const (
	nameOnPostgres = rival.NameTerrawarden + "-postgres" // SpiceDB in process over Postgres
	nameOnSpiceDB  = rival.NameTerrawarden + "-spicedb"  // a SpiceDB server; the catalog in Postgres
)

// freshDatabase makes an empty database on a server and returns its URL.
func freshDatabase(ctx context.Context, admin string) (fresh string, err error) {
	db, err := sql.Open("pgx", admin)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	name := "bench_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return "", err
	}
	u, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// larger is a service of a larger size with the SpiceDB server it may need.
type larger struct {
	*rival.Service
	also *rival.SpiceDBServer
}

// Close ends both.
func (l larger) Close() error {
	err := l.Service.Close()
	if l.also != nil {
		err = errors.Join(err, l.also.Close())
	}
	return err
}

// openLarger starts the product at one of its larger sizes over an estate: catalog first, then the relationships, which
// `terrawarden migrate` makes from it.
func (s *suite) openLarger(ctx context.Context, name string, p prepared, database string) (system rival.System, err error) {
	env := append(rival.Environment(s.work), "TERRAWARDEN_DATABASE_URL="+database)
	l := larger{}
	if name == nameOnSpiceDB {
		if l.also, err = rival.SpiceDB(ctx, "spicedb", s.Programs, ""); err != nil {
			return nil, err
		}
		env = append(env, "TERRAWARDEN_ENGINE=spicedb", "TERRAWARDEN_SPICEDB_INSECURE=true", "TERRAWARDEN_SPICEDB_TOKEN="+rival.SpiceDBKey,
			"TERRAWARDEN_SPICEDB_ENDPOINT="+l.also.Address())
	} else {
		env = append(env, "TERRAWARDEN_ENGINE=postgres")
	}
	err = writePostgres(ctx, p, database)
	if err == nil {
		err = process.Run(ctx, env, s.Programs.Terrawarden, "migrate")
	}
	if err == nil {
		l.Service, err = rival.Terrawarden(ctx, name, s.Programs, env)
	}
	if err != nil && l.also != nil {
		err = errors.Join(err, l.also.Close())
	}
	return l, err
}

func writePostgres(ctx context.Context, p prepared, database string) error {
	store, err := sqlstore.OpenPostgres(ctx, database)
	if err != nil {
		return err
	}
	err = store.Migrate(ctx)
	if err == nil {
		err = p.Write(ctx, store)
	}
	return errors.Join(err, store.Close())
}
