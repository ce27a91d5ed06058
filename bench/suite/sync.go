package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// Of the directory that is read: people, groups, and how many people are in each. A tenth of the groups is linked to teams
// by a rule.
const (
	syncPeople  = 10_000
	syncGroups  = 2_000
	syncEach    = 50
	syncLinked  = 10
	syncChanged = 1_000 // memberships of the change, half of them removals

	syncNoChange = 5 * time.Second
	syncChange   = 8 * time.Second
)

// sync measures how long a run over a directory takes beside the largest estate: the first load, one without a change, and
// one where one membership of a hundred has changed. The directory is a file, so that nobody else's speed counts.
func (s *suite) sync(ctx context.Context) (err error) {
	p := s.estates[len(s.estates)-1]
	dir, err := p.copied(s.work)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "directory.json")
	snapshot := syncSnapshot()
	if err := writeJSON(file, snapshot); err != nil {
		return err
	}
	config := filepath.Join(dir, "terrawarden.yaml")
	if err := os.WriteFile(config, []byte(syncConfig(file, p.Organizations[0].Name)), 0o600); err != nil {
		return err
	}
	started, err := process.Announced(ctx, rival.Environment(dir), s.Programs.Terrawarden, "serve", "--config", config)
	if err != nil {
		return err
	}
	service, err := rival.NewService(ctx, "sync", started)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	return s.syncRuns(ctx, p, service, started, file, snapshot)
}

func (s *suite) syncRuns(ctx context.Context, p prepared, service *rival.Service, started *process.Process, file string, snapshot directory.Snapshot) error {
	before, err := started.Resident()
	if err != nil {
		return err
	}
	first, err := syncRun(ctx, service)
	if err != nil {
		return err
	}
	after, err := started.Resident()
	if err != nil {
		return err
	}
	s.detail("sync", "group sync, 100,000 memberships in 2,000 groups: first load / memory before and after", p.Name, "%s / %s, %s", report.Short(first), report.MiB(before), report.MiB(after))
	none, err := syncRun(ctx, service)
	if err != nil {
		return err
	}
	s.target("group sync, 100,000 memberships, no change", p.Name, "≤ 5 s", report.Short(none), none <= syncNoChange, "")
	changeMemberships(snapshot)
	if err := writeJSON(file, snapshot); err != nil {
		return err
	}
	change, err := syncRun(ctx, service)
	if err != nil {
		return err
	}
	s.target("group sync, 100,000 memberships, 1 % change", p.Name, "≤ 8 s", report.Short(change), change <= syncChange, "half of it removals")
	return nil
}

// syncRun runs the source and returns how long that took.
func syncRun(ctx context.Context, service *rival.Service) (time.Duration, error) {
	start := time.Now()
	var answer struct {
		Data struct {
			Attributes struct {
				Status string `json:"status"`
				Trips  []struct {
					Message string `json:"message"`
				} `json:"trips"`
			} `json:"attributes"`
		} `json:"data"`
	}
	err := service.Call(ctx, http.MethodPost, "/api/v2/admin/sync-sources/corp/actions/run", rival.SiteToken, map[string]any{}, &answer)
	took := time.Since(start)
	if trips := answer.Data.Attributes.Trips; err == nil && answer.Data.Attributes.Status == "held" {
		err = fmt.Errorf("a guard holds the plan: %v", trips)
	}
	return took, err
}

func syncConfig(file, organization string) string {
	return fmt.Sprintf(`sync:
  sources:
    - {name: corp, kind: file, apply-first: true, file: {path: %q}, limits: {memberships: {max: -1, percent: -1}, day: {max: -1, percent: -1}}}
  rules:
    - {name: linked, pattern: "linked-(.+)", team: %q, create: true}
`, file, organization+"/bench-$1")
}

// syncSnapshot returns a directory in which everybody is in ten groups.
func syncSnapshot() directory.Snapshot {
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for i := range syncPeople {
		s.Users = append(s.Users, directory.User{ID: fmt.Sprintf("u-%05d", i), Username: fmt.Sprintf("sync-%05d", i), Email: fmt.Sprintf("sync-%05d@corp.example", i)})
	}
	for g := range syncGroups {
		group := directory.Group{ID: fmt.Sprintf("g-%04d", g), Name: fmt.Sprintf("group-%04d", g)}
		if g%syncLinked == 0 {
			group.Name = fmt.Sprintf("linked-%04d", g)
		}
		for m := range syncEach {
			group.Members = append(group.Members, s.Users[(g*7+m*syncPeople/syncEach)%syncPeople].ID)
		}
		s.Groups = append(s.Groups, group)
	}
	return s
}

// changeMemberships takes one member out of some groups and puts another one into as many.
func changeMemberships(s directory.Snapshot) {
	for g := range syncChanged / 2 {
		s.Groups[g].Members = s.Groups[g].Members[1:]
	}
	for g := syncChanged / 2; g < syncChanged; g++ {
		s.Groups[g].Members = append(s.Groups[g].Members, fmt.Sprintf("u-%05d", (g*7+1)%syncPeople))
	}
}

// writeJSON puts a document in the place of another one.
func writeJSON(path string, document any) error {
	var b strings.Builder
	if err := json.NewEncoder(&b).Encode(document); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
