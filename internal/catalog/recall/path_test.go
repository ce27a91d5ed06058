package recall_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestStatementsOfACheck counts what a check by a service costs the database once its rows are known: the credential
// and its owner, the organization, the workspace and the user.
func TestStatementsOfACheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		deps      recall.Deps
		freshness authz.Freshness
		want      int64
	}{
		"alone":                                {recall.Deps{Alone: true}, authz.Latest, 0},
		"with others, at the newest state":     {recall.Deps{Staleness: time.Hour, Now: time.Now}, authz.Latest, 5},
		"with others, where it may be old":     {recall.Deps{Staleness: time.Hour, Now: time.Now}, authz.MinimizeLatency, 2},
		"with others, no older than a token":   {recall.Deps{Staleness: time.Hour, Now: time.Now}, authz.AtLeastAsFresh, 5},
		"with others, where nothing may be so": {recall.Deps{}, authz.MinimizeLatency, 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			var statements atomic.Int64
			test.deps.Store = sqlite(t, database(t)).Observed(func(string, time.Duration, error) { statements.Add(1) })
			b := testkit.ServiceWith(t, testkit.Sized(t, config.EngineEmbedded), catalog.Deps{Store: recall.New(test.deps)})
			must(t, b.Example(ctx))
			issued, err := b.CreateToken(ctx, b.Admin, catalog.TokenRequest{Kind: catalog.TokenService, Name: "gateway", Scopes: []string{"check"}})
			must(t, err)
			auth := authn.New(b, "the-site-token-of-this-very-test-0123456789", b.Admin.Subject.ID)
			var token authz.Token
			check := func() int64 {
				before := statements.Load()
				p, err := auth.Authenticate(ctx, issued.Secret)
				must(t, err)
				ask := catalog.Ask{SubjectType: "user", SubjectID: "bob", Action: "apply_run", ResourceType: "workspace", ResourceID: "acme/prod"}
				answers, at, err := b.Evaluate(ctx, p, []catalog.Ask{ask}, catalog.AskOptions{Consistency: authz.Consistency{Freshness: test.freshness, Token: token}})
				must(t, err)
				if !slices.Equal(answers, []catalog.Answer{{Allowed: true}}) {
					t.Errorf("answers: %v", answers)
				}
				token = at
				return statements.Load() - before
			}
			token = latest(t, b)
			check() // also notes the use of the token
			check()
			if got := check(); got != test.want {
				t.Errorf("a check takes %d statements, want %d", got, test.want)
			}
		})
	}
}

// latest returns a consistency token.
func latest(t *testing.T, b *testkit.Bench) authz.Token {
	t.Helper()
	_, token, err := b.Evaluate(t.Context(), b.Admin, nil, catalog.AskOptions{})
	must(t, err)
	return token
}
