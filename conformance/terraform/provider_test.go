package terraform

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/conformance/server"
)

// organization is what the configuration calls the organization.
const organization = "acme"

// TestProvider takes an organization through its life with the provider, and lets a person with little power try more.
func TestProvider(t *testing.T) {
	programs := atHand(t)
	for _, mode := range []string{"tfe", "hcp"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, programs, mode)
			f := w.admin.open(t, "organization")
			first := []string{"-var-file=acme.tfvars"}
			f = f.with("TF_VAR_tokens_expire_at", inDays(30))
			f.apply(t, first...)
			f.settled(t, first...)

			w.looksUp(t)
			w.stranger(t)
			dana := w.newCaller(t, "user:dana")
			w.limited(t, dana)

			later := []string{"-var-file=changed.tfvars"}
			f = f.with("TF_VAR_tokens_expire_at", inDays(60))
			changesInPlace(t, f.plan(t, later...))
			f.apply(t, "plan")
			f.settled(t, later...)
			w.withoutUserTokens(t, dana)

			imported := w.imported(t, f, later)
			imported.destroy(t, later...)
			if _, err := w.client.Organizations.Read(t.Context(), organization); !errors.Is(err, tfe.ErrResourceNotFound) {
				t.Errorf("the organization that was destroyed: %v", err)
			}
		})
	}
}

// inDays is the time in some days, to the second, as tokens have it.
func inDays(n int) string { return time.Now().AddDate(0, 0, n).UTC().Format("2006-01-02T15:04:05Z") }

// changesInPlace checks that nothing with an id that others hold is replaced, and that a plan changes a good deal.
func changesInPlace(t *testing.T, changes []change) {
	t.Helper()
	lasting := []string{
		"tfe_organization", "tfe_agent_pool", "tfe_team", "tfe_project", "tfe_workspace", "tfe_workspace_settings",
		"tfe_team_access", "tfe_team_project_access", "tfe_org_max_token_ttl_policy",
	}
	updated := map[string]int{}
	for _, c := range changes {
		if !slices.Contains(lasting, c.Type) {
			continue
		}
		switch {
		case slices.Equal(c.Change.Actions, []string{"update"}):
			updated[c.Type]++
		case !slices.Equal(c.Change.Actions, []string{"no-op"}):
			t.Errorf("%s: %v", c.Address, c.Change.Actions)
		}
	}
	for _, kind := range lasting {
		if updated[kind] == 0 {
			t.Errorf("nothing of %s is changed", kind)
		}
	}
}

// world is a server and who calls it.
type world struct {
	programs tools
	server   *server.Server
	admin    caller
	client   *tfe.Client // of the site admin
}

func newWorld(t *testing.T, programs tools, mode string) *world {
	t.Helper()
	log := filepath.Join(t.TempDir(), "server.txt")
	s, err := server.Start(server.Options{Binary: programs.binary, Mode: mode, Data: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if text, err := os.ReadFile(log); err == nil && t.Failed() {
			t.Logf("the server's log:\n%s", text)
		}
	})
	client, err := tfe.NewClient(&tfe.Config{Address: s.URL, Token: s.Token})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{programs: programs, server: s, client: client, admin: newCaller(t, programs, s, s.Token)}
	t.Cleanup(func() { w.neverBroke(t) })
	return w
}

// neverBroke checks that the server never answered that it failed: the provider repeats such a request.
func (w *world) neverBroke(t *testing.T) {
	t.Helper()
	broken, err := w.server.Broken(context.WithoutCancel(t.Context()))
	if err != nil || broken.Total() > 0 {
		t.Errorf("answers of 500 and above: %v, %v", broken, err)
	}
}

// newCaller returns somebody with a token of his own.
func (w *world) newCaller(t *testing.T, owner string) caller {
	t.Helper()
	token, err := w.server.CreateToken(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	return newCaller(t, w.programs, w.server, token)
}

// imported imports everything of a folder into an empty state, and returns the folder with that state.
func (w *world) imported(t *testing.T, from folder, args []string) folder {
	t.Helper()
	resources := from.resources(t)
	f := w.admin.open(t, "organization")
	f.env = from.env
	f.write(t, "imports.tf", importBlocks(t, resources))
	changed := map[string]bool{}
	changes := f.plan(t, args...)
	for _, c := range changes {
		if c.Change.Importing == nil {
			t.Errorf("%s is not imported", c.Address)
		}
		if !slices.Equal(c.Change.Actions, []string{"no-op"}) {
			changed[c.Address] = true
		}
	}
	// force_delete is of the configuration alone, so that an import cannot know it.
	if want := map[string]bool{`tfe_workspace.this["scratch"]`: true}; len(changes) != len(resources) || !maps.Equal(changed, want) {
		t.Errorf("%d resources make %d imports, which change %v", len(resources), len(changes), changed)
	}
	f.apply(t, "plan")
	f.settled(t, args...)
	return f
}
