package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// A token that an identity provider has signed is a credential like any other, at every protocol.
func TestBearerTokensOfAnIdentityProvider(t *testing.T) {
	t.Parallel()
	idp := testkit.OIDC(t)
	r := testkit.App(t, func(c *config.Config) {
		c.Example, c.LogLevel = true, "debug"
		trusted := idp.Issuer()
		trusted.UsernameClaim, trusted.TrustedUsernames = "preferred_username", true
		c.OIDC = []config.Issuer{trusted}
	})
	claims := func(change map[string]any) string { return idp.Token(t, "sub-of-bob", change) }
	bob := claims(map[string]any{"preferred_username": "bob"})
	ask := func(token, who string) testkit.Reply {
		return r.Call(t, http.MethodPost, "/access/v1/evaluation", token,
			`{"subject":{"type":"user","id":"`+who+`"},"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod"}}`)
	}
	if got := ask(bob, "bob"); got.Status != http.StatusOK || !strings.Contains(got.Body, `"decision":true`) {
		t.Errorf("bob asks about himself: %d %s", got.Status, got.Body)
	}
	if got := ask(bob, "carol"); got.Status != http.StatusForbidden {
		t.Errorf("bob asks about carol: %d %s", got.Status, got.Body)
	}
	eve := idp.Token(t, "sub-of-eve", map[string]any{"preferred_username": "bob"}) // the name is taken by now
	if got := ask(eve, "bob"); got.Status != http.StatusForbidden {
		t.Errorf("eve asks about bob: %d %s", got.Status, got.Body)
	}
	if got := ask(eve, "bob-2"); got.Status != http.StatusOK || !strings.Contains(got.Body, `"decision":false`) {
		t.Errorf("eve asks about herself: %d %s", got.Status, got.Body)
	}
	if got := r.Call(t, http.MethodPost, "/admin/v1/tokens", bob, `{"kind":"user","name":"bob"}`); got.Status != http.StatusCreated {
		t.Errorf("bob makes himself a token: %d %s", got.Status, got.Body)
	}
	if got := r.Call(t, http.MethodPost, "/admin/v1/tokens", bob, `{"kind":"user","name":"alice"}`); got.Status != http.StatusForbidden {
		t.Errorf("bob makes a token for alice: %d %s", got.Status, got.Body)
	}
	if got := r.Call(t, http.MethodPost, "/admin/v1/tokens", eve, `{"kind":"user","name":"bob"}`); got.Status != http.StatusForbidden {
		t.Errorf("eve makes a token for bob: %d %s", got.Status, got.Body)
	}
	for name, token := range map[string]string{
		"expired":              claims(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		"for another audience": claims(map[string]any{"aud": "other"}),
		"of another issuer":    claims(map[string]any{"iss": "https://other.example"}),
		"with its end cut off": bob[:len(bob)-4],
	} {
		for _, got := range []testkit.Reply{ask(token, "bob"), r.Call(t, http.MethodGet, "/admin/v1/tokens", token, "")} {
			if got.Status != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("a token %s: %d %v", name, got.Status, got.Header)
			}
		}
	}
	for _, part := range strings.Split(bob, ".")[1:] {
		if strings.Contains(r.Log(), part) {
			t.Error("the log quotes a token")
		}
	}
}

// An identity provider that does not answer keeps the service from nothing else.
func TestStartWithoutTheIdentityProvider(t *testing.T) {
	t.Parallel()
	idp := testkit.OIDC(t)
	idp.Down(true)
	r := testkit.App(t, func(c *config.Config) { c.OIDC = []config.Issuer{idp.SignsIn()} })
	if got := r.Call(t, http.MethodGet, "/readyz", "", ""); got.Status != http.StatusOK {
		t.Errorf("readyz: %d", got.Status)
	}
	if got := r.Call(t, http.MethodGet, "/admin/v1/tokens", r.SiteToken, ""); got.Status != http.StatusOK {
		t.Errorf("the site token: %d", got.Status)
	}
	if got := r.Call(t, http.MethodGet, "/admin/v1/tokens", idp.Token(t, "ann", nil), ""); got.Status != http.StatusServiceUnavailable {
		t.Errorf("a token of the provider: %d %s", got.Status, got.Body)
	}
}

func TestClientSecretFile(t *testing.T) {
	t.Parallel()
	idp := testkit.OIDC(t)
	cfg := testkit.Config(t)
	issuer := idp.SignsIn()
	issuer.ClientSecret, issuer.ClientSecretFile = "", filepath.Join(t.TempDir(), "secret")
	cfg.OIDC = []config.Issuer{issuer}
	if r, err := testkit.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), idp.URL) {
		_ = r.Stop()
		t.Fatalf("without the file: %v", err)
	}
	if err := os.WriteFile(issuer.ClientSecretFile, []byte(testkit.OIDCSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := testkit.App(t, func(c *config.Config) { *c = cfg })
	if got := r.Call(t, http.MethodGet, "/oauth/authorize", "", ""); got.Status != http.StatusBadRequest {
		t.Errorf("authorize: %d", got.Status)
	}
}
