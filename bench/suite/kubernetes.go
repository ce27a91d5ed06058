package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
)

// kubernetes measures real data: imported by the product's own command, then asked about like the generated estates.
func (s *suite) kubernetes(ctx context.Context) error {
	if s.Kubernetes == "" {
		s.leaveOut("the Kubernetes estate: no -data directory was given")
		return nil
	}
	if _, err := os.Stat(s.Kubernetes); err != nil {
		s.leaveOut("the Kubernetes estate: %v", err)
		return nil
	}
	p, err := s.imported(ctx)
	if err != nil {
		return err
	}
	took, held, err := s.startOnce(ctx, p)
	if err != nil {
		return err
	}
	s.out.Sizes = append(s.out.Sizes, report.Size{
		Estate: p.Name, Relationships: p.Relationships, Organizations: len(p.Facts.Organizations), Workspaces: len(p.Facts.Workspaces),
		People: len(p.Facts.Users), Start: took, Resident: held,
	})
	return s.compare(ctx, p, s.Rivals, []way{{repeated, 16}, {first, 1}})
}

// imported starts an empty service, imports, and keeps the catalog.
func (s *suite) imported(ctx context.Context) (prepared, error) {
	p := prepared{dir: filepath.Join(s.work, "catalog-kubernetes")}
	service, err := rival.Terrawarden(ctx, rival.NameTerrawarden, s.Programs, rival.Environment(p.dir))
	if err != nil {
		return p, err
	}
	start := time.Now()
	env := []string{"TERRAWARDEN_SERVER=http://" + service.Address(), "TERRAWARDEN_TOKEN=" + rival.SiteToken}
	err = process.Run(ctx, env, s.Programs.Terrawarden, "import", "peribolos", s.Kubernetes)
	took := time.Since(start)
	if err := errors.Join(err, service.Close()); err != nil {
		return p, fmt.Errorf("import: %w", err)
	}
	store, err := sqlstore.OpenSQLite(ctx, filepath.Join(p.dir, "catalog.db"))
	if err != nil {
		return p, err
	}
	p.Estate, err = estate.Read(ctx, "kubernetes", store)
	if err := errors.Join(err, store.Close()); err != nil {
		return p, err
	}
	s.detail("import", fmt.Sprintf("%d organizations of the Kubernetes project", len(p.Facts.Organizations)), p.Name, "%s", report.Short(took))
	return p, nil
}
