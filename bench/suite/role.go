package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/wire"
	"github.com/terrawarden/terrawarden/schema"
)

// Of the role that is edited: how many teams hold it, on how many workspaces, and on how many of these each.
const (
	roleTeams      = 100
	roleWorkspaces = 10_000
	roleEach       = 10  // teams on a workspace
	roleEdits      = 30  // that are timed
	roleAsked      = 100 // checks after each, by different people
)

// role measures how soon a permission that is taken out of a custom role is refused to everybody who holds the role, and how
// many relationships that takes.
func (s *suite) role(ctx context.Context) (err error) {
	spread := estate.SpreadRole(s.Seed, roleTeams, roleWorkspaces, roleEach, "workspace.apply_run", "workspace.lock")
	p := prepared{Estate: spread.Estate, dir: filepath.Join(s.work, "catalog-spread")}
	if err := p.write(ctx); err != nil {
		return err
	}
	rewritten := spread.Rewritten("workspace.apply_run")
	total := 0
	for _, n := range rewritten {
		total += n
	}
	what := fmt.Sprintf("a role of %d teams on %d workspaces loses a permission", roleTeams, roleWorkspaces)
	s.detail("role", what+": relationships written / of them at workspaces", p.Name, "%d / %d of %d", total, rewritten[schema.TypeWorkspace], p.Relationships)
	service, err := s.serve(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	conn, err := wire.Dial(ctx, service.Address())
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // done with it
	return s.roleEdits(ctx, spread, what, service, conn)
}

// roleEdits takes the permission out and puts it in again, and asks for people of all teams after each.
func (s *suite) roleEdits(ctx context.Context, spread estate.Spread, what string, service *rival.Service, conn *wire.Conn) error {
	permissions := "/api/v2/roles/" + spread.Role.ID + "/relationships/permissions"
	lock := map[string]any{"data": []map[string]string{{"type": "permissions", "id": "workspace.lock"}}}
	var refused, written []time.Duration
	for edit := range roleEdits {
		start := time.Now()
		if err := service.Call(ctx, http.MethodDelete, permissions, rival.SiteToken, lock, nil); err != nil {
			return err
		}
		written = append(written, time.Since(start))
		allowed, err := ask(conn, service.Evaluation(spread.Members[edit%roleTeams].ID, "lock", spread.On(edit%roleTeams, edit).ID))
		refused = append(refused, time.Since(start))
		if err := errors.Join(err, s.roleSeen(spread, service, conn, edit, false)); err != nil || allowed {
			return errors.Join(err, fmt.Errorf("a permission that was taken out is given: %t", allowed))
		}
		if err := service.Call(ctx, http.MethodPost, permissions, rival.SiteToken, lock, nil); err != nil {
			return err
		}
		if err := s.roleSeen(spread, service, conn, edit, true); err != nil {
			return err
		}
	}
	s.detail("role", what+": until the next check is refused, p50 / p99", spread.Name, "%s / %s of %d (the edit itself %s)",
		report.Short(measure.Median(refused)), report.Short(measure.Percentile(refused, 0.99)), len(refused), report.Short(measure.Median(written)))
	return nil
}

// roleSeen asks for people of all teams whether they hold what the role gives now.
func (s *suite) roleSeen(spread estate.Spread, service *rival.Service, conn *wire.Conn, edit int, want bool) error {
	for i := range roleAsked {
		member := i % roleTeams
		allowed, err := ask(conn, service.Evaluation(spread.Members[member].ID, "lock", spread.On(member, edit+i).ID))
		if err != nil {
			return err
		}
		if allowed != want {
			return fmt.Errorf("after edit %d %s holds what the role gives: %t, want %t", edit, spread.Members[member].Name, allowed, want)
		}
	}
	return nil
}
