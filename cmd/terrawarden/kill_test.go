package main_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/loader"
)

// estates before and after a write that gives access to one and takes it from another.
func before() loader.Estate { return estate("alice", "bob", "tfe-write") }
func after() loader.Estate  { return estate("alice", "carol", "tfe-plan") }

// onlyGiving adds to before and takes nothing away.
func onlyGiving() loader.Estate {
	e := before()
	e.Organizations[0].Teams[0].Members = append(e.Organizations[0].Teams[0].Members, loader.Member{Username: "dora"})
	e.Organizations[0].Members = append(e.Organizations[0].Members, "dora")
	return e
}

func estate(owner, member, role string) loader.Estate {
	return loader.Estate{Organizations: []loader.Organization{{
		Name: "acme", Owners: []string{owner}, Members: []string{member},
		Workspaces: []loader.Workspace{{Name: "prod"}},
		Teams: []loader.Team{{
			Name: "sre", Visibility: "organization", Members: []loader.Member{{Username: member}},
			Grants: []loader.Grant{{Workspace: "prod", Role: role}},
		}},
	}}}
}

// TestKilledAtEveryStep ends the real binary with kill -9 at every step of a write. Until it is started again the
// engine never holds access that the catalog does not know of, and after that both agree.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			for _, step := range catalog.Steps() {
				t.Run("taking away/"+step, func(t *testing.T) { killAt(t, testkit.Sized(t, size), step, after()) })
			}
			for _, step := range catalog.Steps()[3:] {
				t.Run("only giving/"+step, func(t *testing.T) { killAt(t, testkit.Sized(t, size), step, onlyGiving()) })
			}
		})
	}
}

func killAt(t *testing.T, cfg config.Config, step string, to loader.Estate) {
	t.Helper()
	p := testkit.Serve(t, cfg)
	if !send(t, p, before()) {
		t.Fatal("the first import failed")
	}
	p.Kill()

	p = testkit.Serve(t, cfg, "TERRAWARDEN_TEST_KILL_AT="+step)
	send(t, p, to)
	if !p.Ended(30 * time.Second) {
		t.Fatalf("the process went past step %s", step)
	}
	if cfg.Engine != config.EngineEmbedded {
		neverMore(t, cfg)
	}

	p = testkit.Serve(t, cfg)
	var drift struct{ Missing, Unexpected []string }
	call(t, p, "/admin/v1/reconcile?dry-run=true", nil, &drift)
	if len(drift.Missing)+len(drift.Unexpected) > 0 {
		t.Errorf("after the restart: missing %v, unexpected %v", drift.Missing, drift.Unexpected)
	}
	chained(t, p)
	committed := slices.Index(catalog.Steps(), step) >= slices.Index(catalog.Steps(), "committed")
	if len(to.Organizations[0].Teams[0].Members) > 1 {
		expect(t, p, "dora", "apply_run", committed)
		return
	}
	expect(t, p, "bob", "apply_run", !committed)
	expect(t, p, "carol", "queue_plan", committed)
	expect(t, p, "carol", "apply_run", false)
}

// chained verifies the audit events: those of a write that was not committed are not there, and the others fit.
func chained(t *testing.T, p *testkit.Process) {
	t.Helper()
	s := shell{testkit.Binary(t), append(os.Environ(), "TERRAWARDEN_SERVER="+p.URL, "TERRAWARDEN_TOKEN="+p.SiteToken)}
	if stdout, _, status := s.run(t, "doctor"); status != 0 {
		t.Errorf("after the restart:\n%s", stdout)
	}
}

// neverMore looks at the catalog and the engine as the crash left them.
func neverMore(t *testing.T, cfg config.Config) {
	t.Helper()
	store, err := app.OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // a test's
	engine, _, err := app.OpenEngine(t.Context(), cfg, app.EngineDeps{Log: testkit.Quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close() //nolint:errcheck // a test's
	s := catalog.New(catalog.Deps{Store: store, Engine: engine, Log: testkit.Quiet(), Now: time.Now, Random: rand.Reader})
	admin, err := store.UserByUsername(t.Context(), catalog.SiteAdminUsername)
	if err != nil {
		t.Fatal(err)
	}
	drift, err := s.Reconcile(t.Context(), testkit.PrincipalOf(admin), true)
	if err != nil {
		t.Fatal(err)
	}
	if len(drift.Unexpected) > 0 {
		t.Errorf("the engine holds what the catalog does not say: %v", drift.Unexpected)
	}
}

// send imports an estate and reports whether it was answered to the end.
func send(t *testing.T, p *testkit.Process, e loader.Estate) bool {
	t.Helper()
	resp, err := post(t, p, "/admin/v1/imports", e)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var done bool
	for lines := json.NewDecoder(resp.Body); ; {
		var event struct {
			Plan  any `json:"plan"`
			Error any `json:"error"`
		}
		if lines.Decode(&event) != nil {
			return done
		}
		if event.Error != nil {
			t.Fatalf("import: %v", event.Error)
		}
		done = event.Plan != nil
	}
}

func post(t *testing.T, p *testkit.Process, path string, body any) (*http.Response, error) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.SiteToken)
	req.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(req)
}

func call(t *testing.T, p *testkit.Process, path string, body, into any) {
	t.Helper()
	resp, err := post(t, p, path, body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s", path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// expect asks whether a person has a permission on the workspace.
func expect(t *testing.T, p *testkit.Process, user, permission string, want bool) {
	t.Helper()
	var got struct{ Decision bool }
	call(t, p, "/access/v1/evaluation", map[string]any{
		"subject":  map[string]string{"type": "user", "id": user},
		"action":   map[string]string{"name": permission},
		"resource": map[string]string{"type": "workspace", "id": "acme/prod"},
	}, &got)
	if got.Decision != want {
		t.Errorf("%s %s: %t, want %t", user, permission, got.Decision, want)
	}
}
