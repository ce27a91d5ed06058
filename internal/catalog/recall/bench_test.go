package recall_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
)

func BenchmarkLookup(b *testing.B) {
	raw := sqlite(b, filepath.Join(b.TempDir(), "catalog.db"))
	ctx := b.Context()
	must(b, raw.InTx(ctx, func(q catalog.Queries) error {
		must(b, q.InsertUser(ctx, catalog.User{ID: "user-1", Username: "ann"}))
		must(b, q.InsertOrganization(ctx, catalog.Organization{ID: "org-1", Name: "acme"}))
		must(b, q.InsertProject(ctx, catalog.Project{ID: "prj-1", OrganizationID: "org-1", Name: "default"}))
		must(b, q.InsertWorkspace(ctx, catalog.Workspace{ID: "ws-1", OrganizationID: "org-1", ProjectID: "prj-1", Name: "net"}))
		return q.InsertToken(ctx, catalog.Token{ID: "at-1", Kind: catalog.TokenService, OwnerID: "sa-1", Scopes: []string{"check"}, Hash: make([]byte, 32)})
	}))
	stores := map[string]catalog.Store{
		"database": raw, "alone": alone(raw), "shared": recall.New(recall.Deps{Store: raw, Staleness: time.Hour, Now: time.Now}),
	}
	for name, s := range stores {
		ctx := ctx
		if name == "shared" {
			ctx = catalog.Bounded(ctx)
		}
		for what, lookup := range map[string]func() error{
			"user by id":        func() error { _, err := s.User(ctx, "user-1"); return err },
			"user by name":      func() error { _, err := s.UserByUsername(ctx, "ann"); return err },
			"user by NAME":      func() error { _, err := s.UserByUsername(ctx, "ANN"); return err },
			"workspace by name": func() error { _, err := s.WorkspaceByName(ctx, "org-1", "net"); return err },
			"token":             func() error { _, err := s.Token(ctx, "at-1"); return err },
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := lookup(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("alone/user by id, all cores", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := stores["alone"].User(ctx, "user-1"); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
