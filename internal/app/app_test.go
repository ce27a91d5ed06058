package app_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

func TestServeRefusesWhatIsNotMigrated(t *testing.T) {
	t.Parallel()
	unmigrated := testkit.Config(t)
	unmigrated.Engine, unmigrated.DatabaseURL = config.EnginePostgres, config.Secret(testkit.Postgres(t))
	_, err := testkit.Start(t.Context(), unmigrated)
	if !errors.Is(err, app.ErrNotMigrated) || !strings.Contains(err.Error(), "terrawarden migrate") {
		t.Errorf("an empty database: error %v, want one that says to migrate", err)
	}
	// Tables are there, but nobody deployed the schema to the cluster.
	half := testkit.Sized(t, config.EngineSpiceDB)
	half.SpiceDBEndpoint, half.SpiceDBToken = testkit.SpiceDB(t)
	if _, err := testkit.Start(t.Context(), half); err == nil || !strings.Contains(err.Error(), "terrawarden migrate") {
		t.Errorf("a cluster without the schema: error %v, want one that says to migrate", err)
	}
}

func TestOneProcessOwnsADataDirectory(t *testing.T) {
	t.Parallel()
	cfg := testkit.Config(t)
	testkit.App(t, func(c *config.Config) { *c = cfg })
	if _, err := testkit.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second process: error %v, want a refusal", err)
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			cfg := testkit.Sized(t, size)
			cfg.Example = true
			for range 2 {
				r, err := testkit.Start(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				for user, want := range map[string]bool{"bob": true, "carol": false, "alice": true, "dave": false} {
					if got := mayApply(t, r, user); got != want {
						t.Errorf("%s may apply to acme/prod: %t, want %t", user, got, want)
					}
				}
				if err := r.Stop(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func mayApply(t *testing.T, r *testkit.Running, user string) bool {
	t.Helper()
	resp := post(t, r, "/access/v1/evaluation", map[string]any{
		"subject":  map[string]string{"type": "user", "id": user},
		"action":   map[string]string{"name": "apply_run"},
		"resource": map[string]string{"type": "workspace", "id": "acme/prod"},
	})
	defer resp.Body.Close()
	var answer struct {
		Decision bool `json:"decision"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Decision
}

// TestAnEngineThatIsGoneIsNoAnswer takes SpiceDB away under a running service: nothing is allowed, nothing is half
// written, and readiness says so.
func TestAnEngineThatIsGoneIsNoAnswer(t *testing.T) {
	t.Parallel()
	cfg := testkit.Sized(t, config.EngineSpiceDB)
	cfg.Example = true
	proxy := testkit.Forward(t, cfg.SpiceDBEndpoint)
	cfg.SpiceDBEndpoint = proxy.Address
	r := testkit.App(t, func(c *config.Config) { *c = cfg })
	if !mayApply(t, r, "bob") {
		t.Fatal("bob may not apply while all is well")
	}
	proxy.Cut()
	for path, body := range map[string]any{
		"/access/v1/evaluation": map[string]any{
			"subject": map[string]string{"type": "user", "id": "bob"}, "action": map[string]string{"name": "apply_run"},
			"resource": map[string]string{"type": "workspace", "id": "acme/prod"},
		},
		"/admin/v1/tokens": map[string]string{"kind": "user", "name": "bob"},
	} {
		if status := statusOf(t, r, http.MethodPost, path, body); status != http.StatusServiceUnavailable {
			t.Errorf("%s answers %d, want 503", path, status)
		}
	}
	if status := statusOf(t, r, http.MethodGet, "/readyz", nil); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d, want 503", status)
	}
	if status := statusOf(t, r, http.MethodGet, "/healthz", nil); status != http.StatusOK {
		t.Errorf("/healthz answers %d, want 200", status)
	}
	proxy.Restore()
	deadline := time.Now().Add(30 * time.Second)
	for statusOf(t, r, http.MethodGet, "/readyz", nil) != http.StatusOK {
		if time.Now().After(deadline) {
			t.Fatal("the service does not come back with the engine")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !mayApply(t, r, "bob") || mayApply(t, r, "carol") {
		t.Error("decisions differ after the engine came back")
	}
	var tokens struct {
		Tokens []struct {
			Name string `json:"name"`
		} `json:"tokens"`
	}
	resp := request(t, r, http.MethodGet, "/admin/v1/tokens", nil)
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&tokens); err != nil || len(tokens.Tokens) > 0 {
		t.Errorf("tokens after a refused write: %+v (%v), want none", tokens.Tokens, err)
	}
}

func statusOf(t *testing.T, r *testkit.Running, method, path string, body any) int {
	t.Helper()
	resp := request(t, r, method, path, body)
	defer resp.Body.Close()
	return resp.StatusCode
}
