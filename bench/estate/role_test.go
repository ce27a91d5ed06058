package estate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/bench/estate"
)

// TestSpreadRole edits a role of many teams on many workspaces: what is rewritten is a relationship for each team.
func TestSpreadRole(t *testing.T) {
	t.Parallel()
	const teams, workspaces, each = 8, 40, 2
	s := estate.SpreadRole(1, teams, workspaces, each, "workspace.lock", "workspace.apply_run")
	if len(s.Facts.Grants) != workspaces*each || len(s.Members) != teams || len(s.Workspaces) != workspaces {
		t.Fatalf("%d grants of %d teams on %d workspaces", len(s.Facts.Grants), len(s.Members), len(s.Workspaces))
	}
	if diff := cmp.Diff(map[string]int{"binding": teams}, s.Rewritten("workspace.apply_run")); diff != "" {
		t.Errorf("rewritten (-want +got):\n%s", diff)
	}
	team := map[string]string{}
	for _, m := range s.Facts.TeamMembers {
		team[m.UserID] = m.TeamID
	}
	held := map[[2]string]bool{}
	for _, g := range s.Facts.Grants {
		held[[2]string{g.Holder.ID, g.Scope.ID}] = true
	}
	for member, m := range s.Members {
		for n := range 2 * workspaces {
			if w := s.On(member, n); !held[[2]string{team[m.ID], w.ID}] {
				t.Fatalf("%s holds nothing on %s", m.Name, w.Name)
			}
		}
	}
}
