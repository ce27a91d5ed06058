package testkit

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
	"github.com/terrawarden/terrawarden/internal/config"
)

// Bench is a catalog service without HTTP: its use cases over a real store and a real engine.
type Bench struct {
	*catalog.Service
	Store  catalog.Store
	Engine authz.Engine
	Admin  catalog.Principal // the built-in site admin
}

// Service opens the use cases at a size, with the built-in site admin in place.
func Service(tb testing.TB, size string) *Bench {
	tb.Helper()
	return ServiceWith(tb, Sized(tb, size), catalog.Deps{})
}

// ServiceWith opens the use cases over a configuration that Sized made. Fields of deps that are set are used as
// they are, for tests that break something on purpose.
func ServiceWith(tb testing.TB, cfg config.Config, deps catalog.Deps) *Bench {
	tb.Helper()
	if deps.Store == nil {
		store, err := app.OpenStore(tb.Context(), cfg)
		if err != nil {
			tb.Fatalf("open the catalog: %v", err)
		}
		tb.Cleanup(func() { _ = store.Close() })
		if err := store.Migrate(tb.Context()); err != nil {
			tb.Fatalf("migrate the catalog: %v", err)
		}
		deps.Store = recall.New(recall.Deps{Store: store, Alone: cfg.DatabaseURL == ""})
	}
	if deps.Engine == nil {
		engine, seeder, err := app.OpenEngine(tb.Context(), cfg, app.EngineDeps{Log: Quiet()})
		if err != nil {
			tb.Fatalf("open the engine: %v", err)
		}
		tb.Cleanup(func() { _ = engine.Close() })
		deps.Engine, deps.Seeder = engine, seeder
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	deps.Log, deps.Random = Quiet(), rand.Reader
	b := &Bench{Service: catalog.New(deps), Store: deps.Store, Engine: deps.Engine}
	if err := b.Start(tb.Context()); err != nil {
		tb.Fatalf("start: %v", err)
	}
	admin, err := b.Bootstrap(tb.Context(), nil, nil)
	if err != nil {
		tb.Fatalf("bootstrap: %v", err)
	}
	b.Admin = PrincipalOf(admin)
	return b
}

// PrincipalOf returns a user as the maker of a request.
func PrincipalOf(u catalog.User) catalog.Principal {
	return catalog.Principal{Subject: authz.Object{Type: "user", ID: u.ID}, Name: u.Username}
}
