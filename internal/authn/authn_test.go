package authn_test

import (
	"context"
	"encoding/base64"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const siteToken = "the-site-token-of-this-very-test-0123456789"

// world is a catalog with a token of every kind.
type world struct {
	*testkit.Bench
	*authn.Authenticator
	secrets map[string]string
	tokens  map[string]catalog.Token
}

func newWorld(t *testing.T) *world {
	t.Helper()
	b := testkit.Service(t, config.EngineEmbedded)
	if err := b.Example(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &world{Bench: b, Authenticator: authn.New(b, siteToken, b.Admin.Subject.ID), secrets: map[string]string{}, tokens: map[string]catalog.Token{}}
	for name, r := range map[string]catalog.TokenRequest{
		"bob":     {Kind: catalog.TokenUser, Name: "bob"},
		"carol":   {Kind: catalog.TokenUser, Name: "carol"},
		"gateway": {Kind: catalog.TokenService, Name: "gateway", Scopes: []string{"check", "search"}},
		"bare":    {Kind: catalog.TokenService, Name: "bare"},
	} {
		issued, err := b.CreateToken(t.Context(), b.Admin, r)
		if err != nil {
			t.Fatal(err)
		}
		w.secrets[name], w.tokens[name] = issued.Secret, issued.Token
	}
	return w
}

func TestWhoACredentialIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := func(name string) catalog.Principal {
		return catalog.Principal{Subject: authz.Object{Type: "user", ID: w.tokens[name].OwnerID}, Name: name, TokenID: w.tokens[name].ID, Credential: catalog.TokenUser}
	}
	tests := map[string]struct {
		bearer string
		want   catalog.Principal
	}{
		"the site token": {siteToken, catalog.Principal{Subject: w.Admin.Subject, Name: "site-admin", TokenID: "site-token"}},
		"a user's token": {w.secrets["bob"], user("bob")},
		"another user's": {w.secrets["carol"], user("carol")},
		"a service's token with its scopes": {w.secrets["gateway"], catalog.Principal{
			Subject: authz.Object{Type: "service_account", ID: w.tokens["gateway"].OwnerID}, Name: "gateway", TokenID: w.tokens["gateway"].ID, Credential: catalog.TokenService,
			Scopes: []catalog.Scope{catalog.ScopeCheck, catalog.ScopeSearch},
		}},
		"a service's token without scopes": {w.secrets["bare"], catalog.Principal{
			Subject: authz.Object{Type: "service_account", ID: w.tokens["bare"].OwnerID}, Name: "bare", TokenID: w.tokens["bare"].ID, Credential: catalog.TokenService,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := w.Authenticate(t.Context(), test.bearer)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("principal (-want +got):\n%s", diff)
			}
		})
	}
}

// withChecksum ends a body as real tokens end.
func withChecksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return "twn_" + body + base64.RawURLEncoding.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// Whatever is wrong with a credential, the answer is the same.
func TestCredentialsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := w.secrets["bob"]
	body := strings.TrimPrefix(bob, "twn_")
	body = body[:len(body)-6]
	id, _, _ := strings.Cut(body, "_")
	other := map[bool]string{true: "B", false: "A"}[strings.HasPrefix(bob[len(bob)-1:], "A")]
	tests := map[string]string{
		"a word":                               "hello",
		"the prefix alone":                     "twn_",
		"the site token cut off":               siteToken[:len(siteToken)-1],
		"the site token and more":              siteToken + "0",
		"the site token in capitals":           strings.ToUpper(siteToken),
		"a token cut off":                      bob[:len(bob)-1],
		"a token and more":                     bob + "A",
		"a token without its prefix":           strings.TrimPrefix(bob, "twn_"),
		"a token with a bad checksum":          bob[:len(bob)-1] + other,
		"a token with a prefix of Terraform's": "atlasv1." + bob,
		"another secret with a good checksum":  withChecksum(id + "_" + base64.RawURLEncoding.EncodeToString(make([]byte, 32))),
		"an empty secret with a good checksum": withChecksum(id + "_"),
		"an id that never was":                 withChecksum("1111111111111111_" + base64.RawURLEncoding.EncodeToString(make([]byte, 32))),
		"no id, with a good checksum":          withChecksum("_x"),
		"no parts, with a good checksum":       withChecksum("x"),
		"the id of a token":                    "at-" + id,
		"its hash":                             string(w.tokens["bob"].Hash),
		"a null byte":                          "\x00",
		"a very long one":                      "twn_" + strings.Repeat("x", 1<<16),
	}
	for name, bearer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, w.Authenticator, bearer)
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		if _, err := w.Authenticate(t.Context(), ""); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("error %v", err)
		}
	})
}

func refused(t *testing.T, a *authn.Authenticator, bearer string) {
	t.Helper()
	got, err := a.Authenticate(t.Context(), bearer)
	if diff := cmp.Diff(catalog.Principal{}, got); diff != "" {
		t.Errorf("a refused credential is somebody (-want +got):\n%s", diff)
	}
	if message, _ := fault.Public(err); !fault.Is(err, fault.Unauthenticated) || message != "the credential is not valid" {
		t.Errorf("error %v of kind %s", err, fault.KindOf(err))
	}
}

func TestCredentialsThatEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end    func(ctx context.Context, w *world) error
		others string // whose token still works
	}{
		"a revoked token": {func(ctx context.Context, w *world) error {
			_, err := w.RevokeToken(ctx, w.Admin, w.tokens["bob"].ID)
			return err
		}, "carol"},
		"a suspended owner": {func(ctx context.Context, w *world) error {
			_, err := w.SuspendUser(ctx, w.Admin, w.tokens["bob"].OwnerID, true)
			return err
		}, "carol"},
		"an owner who is deleted": {func(ctx context.Context, w *world) error {
			_, err := w.DeleteUser(ctx, w.Admin, w.tokens["bob"].OwnerID)
			return err
		}, "gateway"},
		"an owner who comes back keeps no token": {func(ctx context.Context, w *world) error {
			if _, err := w.SuspendUser(ctx, w.Admin, w.tokens["bob"].OwnerID, true); err != nil {
				return err
			}
			_, err := w.SuspendUser(ctx, w.Admin, w.tokens["bob"].OwnerID, false)
			return err
		}, "carol"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if _, err := w.Authenticate(t.Context(), w.secrets["bob"]); err != nil {
				t.Fatal(err)
			}
			if err := test.end(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			refused(t, w.Authenticator, w.secrets["bob"])
			if _, err := w.Authenticate(t.Context(), w.secrets[test.others]); err != nil {
				t.Errorf("the token of %s ended too: %v", test.others, err)
			}
		})
	}
	t.Run("a service account that is deleted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if _, err := w.DeleteServiceAccount(t.Context(), w.Admin, w.tokens["gateway"].OwnerID); err != nil {
			t.Fatal(err)
		}
		refused(t, w.Authenticator, w.secrets["gateway"])
	})
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	b := testkit.ServiceWith(t, testkit.Config(t), catalog.Deps{Now: func() time.Time { return now }})
	a := authn.New(b, siteToken, b.Admin.Subject.ID)
	end := now.Add(time.Hour)
	issued, err := b.CreateToken(t.Context(), b.Admin, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "bob", ExpiresAt: end})
	if err != nil {
		t.Fatal(err)
	}
	now = end.Add(-time.Second)
	if _, err := a.Authenticate(t.Context(), issued.Secret); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	now = end
	refused(t, a, issued.Secret)
	now = end.Add(-time.Second)
	if _, err := a.Authenticate(t.Context(), siteToken); err != nil {
		t.Errorf("the site token: %v", err)
	}
}

// A catalog that does not answer is no reason to call a credential wrong.
func TestBrokenCatalog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Authenticate(ctx, w.secrets["bob"]); err == nil || fault.Is(err, fault.Unauthenticated) {
		t.Errorf("error %v of kind %s, want one that says to try again", err, fault.KindOf(err))
	}
}
