package protocol_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// Everybody may ask about himself; about others it takes the scope, or platform.audit (DECISIONS N17).
func TestWhoMayAskAboutWhom(t *testing.T) {
	t.Parallel()
	s := start(t)
	tokens := map[string]string{
		"bob": s.UserToken(t, "bob"), "dave": s.UserToken(t, "dave"), "alice": s.UserToken(t, "alice"), "site": s.SiteToken,
		"check": s.ServiceToken(t, "checker", "check"), "search": s.ServiceToken(t, "searcher", "search"),
		"explain": s.ServiceToken(t, "explainer", "explain"), "nothing": s.ServiceToken(t, "powerless"),
		"check and explain": s.ServiceToken(t, "both", "check", "explain"), "other scopes": s.ServiceToken(t, "other", "sync", "scim", "audit"),
	}
	bobID := idOf(t, s, "user", "bob")
	var (
		aboutBob   = question("bob", "apply_run", "acme/prod")
		aboutDave  = question("dave", "read", "acme/prod")
		explainBob = with(aboutBob, `"context":{"explain":true}`)
		service    = func(name string) string {
			return `{"subject":{"type":"service_account","id":"` + name + `"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`
		}
		subjectSearch  = `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`
		resourceSearch = `{"subject":{"type":"user","id":"bob"},"action":{"name":"read"},"resource":{"type":"workspace"}}`
		actionSearch   = `{"subject":{"type":"user","id":"bob"},"resource":{"type":"workspace","id":"acme/prod"}}`
	)
	const (
		needsCheck   = `"asking about others needs the scope check"`
		needsSearch  = `"asking about others needs the scope search"`
		needsExplain = `"asking about others needs the scope explain"`
	)
	tests := map[string]struct{ as, path, body, refusal string }{ // "" is an answer
		"bob about himself by name":              {"bob", evaluation, aboutBob, ""},
		"bob about himself in other letters":     {"bob", evaluation, question("BoB", "apply_run", "acme/prod"), ""},
		"bob about himself by id":                {"bob", evaluation, question(bobID, "apply_run", "acme/prod"), ""},
		"bob about himself and nothing":          {"bob", evaluation, question("bob", "read", "acme/nowhere"), ""},
		"bob about dave":                         {"bob", evaluation, aboutDave, needsCheck},
		"bob about nobody":                       {"bob", evaluation, question("mallory", "read", "acme/prod"), needsCheck},
		"an owner about his member":              {"alice", evaluation, aboutBob, needsCheck},
		"bob's name as a service account":        {"bob", evaluation, service("bob"), needsCheck},
		"bob about his own team":                 {"bob", evaluation, `{"subject":{"type":"team","id":"acme/sre"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`, needsCheck},
		"bob in a batch about himself":           {"bob", evaluations, batch("", `{}`, `{"action":{"name":"read"}}`), ""},
		"bob in a batch with dave":               {"bob", evaluations, batch("", `{}`, `{"subject":{"type":"user","id":"dave"}}`), needsCheck},
		"the site admin about anybody":           {"site", evaluation, aboutBob, ""},
		"the scope check":                        {"check", evaluation, aboutBob, ""},
		"the scope check, in a batch":            {"check", evaluations, batch("", `{}`, `{"subject":{"type":"user","id":"dave"}}`), ""},
		"the scope search does not check":        {"search", evaluation, aboutBob, needsCheck},
		"other scopes do not check":              {"other scopes", evaluation, aboutBob, needsCheck},
		"no scope, about himself":                {"nothing", evaluation, service("powerless"), ""},
		"no scope, about himself, other letters": {"nothing", evaluation, service("POWERLESS"), ""},
		"no scope, about another service":        {"nothing", evaluation, service("checker"), needsCheck},
		"no scope, about bob":                    {"nothing", evaluation, aboutBob, needsCheck},
		"bob's own explanation":                  {"bob", evaluation, explainBob, ""},
		"dave wants bob's explanation":           {"dave", evaluation, explainBob, needsExplain},
		"the scope check does not explain":       {"check", evaluation, explainBob, needsExplain},
		"the scopes check and explain":           {"check and explain", evaluation, explainBob, ""},
		"the site admin explains":                {"site", evaluation, explainBob, ""},
		"the scope search finds subjects":        {"search", subjects, subjectSearch, ""},
		"the site admin finds subjects":          {"site", subjects, subjectSearch, ""},
		"the scope check finds no subjects":      {"check", subjects, subjectSearch, needsSearch},
		"bob finds no subjects":                  {"bob", subjects, subjectSearch, needsSearch},
		"an owner finds no subjects":             {"alice", subjects, subjectSearch, needsSearch},
		"not even of nothing":                    {"bob", subjects, strings.Replace(subjectSearch, "acme/prod", "acme/nowhere", 1), needsSearch},
		"bob finds his resources":                {"bob", resources, resourceSearch, ""},
		"dave does not find bob's resources":     {"dave", resources, resourceSearch, needsSearch},
		"the scope search finds bob's resources": {"search", resources, resourceSearch, ""},
		"the scope check finds no resources":     {"check", resources, resourceSearch, needsSearch},
		"bob finds his actions":                  {"bob", actions, actionSearch, ""},
		"dave does not find bob's actions":       {"dave", actions, actionSearch, needsSearch},
		"the scope search finds bob's actions":   {"search", actions, actionSearch, ""},
		"the scope check finds no actions":       {"check", actions, actionSearch, needsSearch},
		"a subject search about himself":         {"bob", subjects, strings.Replace(subjectSearch, `"type":"user"`, `"type":"user","id":"bob"`, 1), needsSearch},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.ask(t, test.path, tokens[test.as], test.body)
			if test.refusal != "" {
				expect(t, got, http.StatusForbidden, test.refusal)
			} else if got.Status != http.StatusOK {
				t.Errorf("answer %d %s, want 200", got.Status, got.Body)
			}
		})
	}
}

// idOf returns an object's id, as searches show it among the properties.
func idOf(t *testing.T, s *service, typeName, name string) string {
	t.Helper()
	for _, f := range s.search(t, subjects, `{"subject":{"type":"`+typeName+`"},"action":{"name":"view"},"resource":{"type":"organization","id":"acme"}}`).Results {
		if f.Properties.Name == name {
			return f.Properties.ID
		}
	}
	t.Fatalf("there is no %s %s", typeName, name)
	return ""
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	s := start(t)
	bob := s.UserToken(t, "bob")
	last := bob[:len(bob)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(bob, "A")]
	tests := map[string]struct {
		header string
		status int
	}{
		"a bearer token":                  {"Bearer " + bob, 200},
		"the scheme in other letters":     {"bEARER " + bob, 200},
		"no credential":                   {"", 401},
		"an empty one":                    {"Bearer ", 401},
		"a token without scheme":          {bob, 401},
		"another scheme":                  {"Basic " + bob, 401},
		"a token nobody issued":           {"Bearer hello", 401},
		"a token with another last digit": {"Bearer " + last, 401},
		"a token in capitals":             {"Bearer " + strings.ToUpper(bob), 401},
		"half a token":                    {"Bearer " + bob[:20], 401},
		"two tokens":                      {"Bearer " + bob + " " + bob, 401},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.ask(t, evaluation, "", question("bob", "apply_run", "acme/prod"), "Authorization", test.header)
			if got.Status != test.status {
				t.Errorf("answer %d %s, want %d", got.Status, got.Body, test.status)
			}
			if challenge := got.Header.Get("WWW-Authenticate"); (challenge != "") != (test.status == 401) || (challenge != "" && !strings.HasPrefix(challenge, "Bearer ")) {
				t.Errorf("WWW-Authenticate is %q", challenge)
			}
		})
	}
	t.Run("whoever is nobody learns nothing of the request", func(t *testing.T) {
		t.Parallel()
		for _, path := range endpoints() {
			for _, body := range []string{"{", "{}", question("bob", "read", "acme/prod")} {
				expect(t, s.ask(t, path, "wrong", body), http.StatusUnauthorized, `"the credential is not valid"`)
				expect(t, s.ask(t, path, "", body), http.StatusUnauthorized, `"a bearer token is required"`)
			}
		}
	})
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	s := start(t)
	long := strings.Repeat("x", 201)
	tests := map[string]struct {
		id   string
		kept bool
	}{
		"an id":                      {"req-1", true},
		"an id with odd signs":       {`a b"c/ü`[:6], true},
		"as long as they may be":     {long[:200], true},
		"none":                       {"", false},
		"too long":                   {long, false},
		"one that is not plain text": {"req-ü", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, token := range []string{s.asker, "wrong"} { // errors carry it too
				got := s.ask(t, evaluation, token, question("bob", "read", "acme/prod"), "X-Request-ID", test.id).Header.Get("X-Request-ID")
				if got == "" || (got == test.id) != test.kept {
					t.Errorf("request id %q, sent %q", got, test.id)
				}
			}
		})
	}
}

func TestConsistency(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.ask(t, evaluation, s.asker, question("bob", "apply_run", "acme/prod"))
	token := first.Header.Get("ZedToken")
	if token == "" {
		t.Fatal("an answer carries no ZedToken")
	}
	tests := map[string]string{
		"minimize_latency":                     `{"consistency":"minimize_latency"}`,
		"fully_consistent":                     `{"consistency":"fully_consistent"}`,
		"a token":                              `{"zedtoken":"` + token + `"}`,
		"at_least_as_fresh with a token":       `{"consistency":"at_least_as_fresh","zedtoken":"` + token + `"}`,
		"minimize_latency that has a token":    `{"consistency":"minimize_latency","zedtoken":"` + token + `"}`,
		"no consistency and an empty token":    `{"consistency":"","zedtoken":""}`,
		"no consistency and a token of null":   `{"consistency":null,"zedtoken":null}`,
		"fully_consistent with a stale number": `{"consistency":"fully_consistent","revision":1}`,
	}
	for name, context := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.ask(t, evaluation, s.asker, with(question("bob", "apply_run", "acme/prod"), `"context":`+context))
			expect(t, got, http.StatusOK, allow)
			again := got.Header.Get("ZedToken")
			expect(t, s.ask(t, evaluation, s.asker, with(question("dave", "read", "acme/prod"), `"context":{"zedtoken":"`+again+`"}`)), http.StatusOK, deny)
		})
	}
	t.Run("searches take a token and give one", func(t *testing.T) {
		t.Parallel()
		for path, body := range map[string]string{
			subjects:  `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`,
			resources: `{"subject":{"type":"user","id":"bob"},"action":{"name":"read"},"resource":{"type":"workspace"}}`,
			actions:   `{"subject":{"type":"user","id":"bob"},"resource":{"type":"workspace","id":"acme/prod"}}`,
		} {
			got := s.ask(t, path, s.asker, with(body, `"context":{"consistency":"at_least_as_fresh","zedtoken":"`+token+`"}`))
			if got.Status != http.StatusOK || got.Header.Get("ZedToken") == "" || got.Header.Get("Decision-Id") == "" {
				t.Errorf("%s: %d %s %v", path, got.Status, got.Body, got.Header)
			}
		}
	})
}

// explained is what the context of an explained decision holds.
type explained struct {
	Decision bool `json:"decision"`
	Context  struct {
		ReasonAdmin map[string]string `json:"reason_admin"`
		ReasonUser  map[string]string `json:"reason_user"`
		Roles       []role            `json:"roles"`
	} `json:"context"`
}

type role struct {
	Role    string `json:"role"`
	Scope   string `json:"scope"`
	Through string `json:"through"`
	Gives   bool   `json:"gives"`
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]struct {
		user, action, workspace string
		code, admin             string
		roles                   []role
	}{
		"a role that gives it": {
			"bob", "apply_run", "acme/prod", "granted", "bob holds tfe-write on workspace acme/prod through team sre, which gives apply_run",
			[]role{{"tfe-write", "workspace acme/prod", "through team sre", true}},
		},
		"a role that does not": {
			"carol", "apply_run", "acme/prod", "missing", "carol holds tfe-plan on workspace acme/prod through team developers; apply_run needs tfe-write",
			[]role{{"tfe-plan", "workspace acme/prod", "through team developers", false}},
		},
		"an owner": {
			"alice", "delete", "acme/prod", "granted", "alice holds owner on organization acme through team owners, which gives delete",
			[]role{{"owner", "organization acme", "through team owners", true}},
		},
		"nothing at all":             {"dave", "read", "acme/prod", "missing", "dave holds nothing on workspace acme/prod; read needs tfe-read", nil},
		"a workspace there is none":  {"dave", "read", "acme/nowhere", "missing", "dave holds nothing on workspace acme/nowhere; read needs tfe-read", nil},
		"a permission there is none": {"dave", "levitate", "acme/prod", "missing", "dave holds nothing on workspace acme/prod", nil},
		"another system's word": {
			"carol", "otf:run:apply", "acme/prod", "missing", "carol holds tfe-plan on workspace acme/prod through team developers; otf:run:apply needs tfe-write",
			[]role{{"tfe-plan", "workspace acme/prod", "through team developers", false}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := s.ask(t, evaluation, s.asker, with(question(test.user, test.action, test.workspace), `"context":{"explain":true}`))
			var got explained
			reply.Decode(t, &got)
			if got.Decision != (test.code == "granted") {
				t.Errorf("decision %v with reason %s", got.Decision, test.code)
			}
			if text := got.Context.ReasonAdmin[test.code]; !strings.HasPrefix(text, test.admin) {
				t.Errorf("reason %q, want %q", text, test.admin)
			}
			if len(got.Context.ReasonAdmin) != 1 || len(got.Context.ReasonUser) != 1 || got.Context.ReasonUser[test.code] == "" {
				t.Errorf("reasons %v and %v, want one each with the code %s", got.Context.ReasonAdmin, got.Context.ReasonUser, test.code)
			}
			if diff := cmp.Diff(test.roles, got.Context.Roles); diff != "" {
				t.Errorf("roles (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("what is said to users names no role and no team", func(t *testing.T) {
		t.Parallel()
		var got explained
		s.ask(t, evaluation, s.asker, with(question("carol", "apply_run", "acme/prod"), `"context":{"explain":true}`)).Decode(t, &got)
		if diff := cmp.Diff(map[string]string{"missing": "a permission is missing"}, got.Context.ReasonUser); diff != "" {
			t.Errorf("reason for users (-want +got):\n%s", diff)
		}
	})
	t.Run("sensitive variables", func(t *testing.T) {
		t.Parallel()
		var got explained
		s.ask(t, evaluation, s.asker, `{"subject":{"type":"user","id":"bob"},"action":{"name":"read_variable"},"resource":{"type":"workspace","id":"acme/prod","properties":{"sensitive":true}},"context":{"explain":true}}`).Decode(t, &got)
		if text := got.Context.ReasonAdmin["missing"]; !strings.HasSuffix(text, "the values of sensitive variables are readable by nobody") {
			t.Errorf("reason %q", text)
		}
	})
	t.Run("in one item of a batch", func(t *testing.T) {
		t.Parallel()
		got := s.ask(t, evaluations, s.asker, batch("", `{}`, `{"context":{"explain":true}}`))
		if got.Status != http.StatusOK || strings.Count(got.Body, "reason_admin") != 1 || !strings.HasPrefix(got.Body, `{"evaluations":[{"decision":true},`) {
			t.Errorf("answer %d %s", got.Status, got.Body)
		}
	})
}

// A suspended person's tokens end, and every decision about him is a deny (DECISIONS P17).
func TestSuspendedUser(t *testing.T) {
	t.Parallel()
	cfg := testkit.Config(t)
	var secret string
	t.Run("prepare", func(t *testing.T) {
		secret = prepareSuspended(t, cfg)
	})
	s := &service{Running: runConfigured(t, cfg)}
	s.asker = s.ServiceToken(t, "gateway", "check", "search", "explain")
	expect(t, s.ask(t, evaluation, secret, question("bob", "read", "acme/prod")), http.StatusUnauthorized, `"the credential is not valid"`)
	expect(t, s.ask(t, evaluation, s.asker, question("bob", "read", "acme/prod")), http.StatusOK, deny)
	expect(t, s.ask(t, evaluation, s.asker, question("carol", "read", "acme/prod")), http.StatusOK, allow)
	for _, f := range s.search(t, subjects, `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`).Results {
		if f.ID == "bob" {
			t.Error("a search finds the suspended user")
		}
	}
}
