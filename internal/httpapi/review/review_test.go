package review_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi/review"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

func start(t *testing.T) *testkit.Running {
	t.Helper()
	return testkit.App(t, func(c *config.Config) { c.Example = true })
}

func decoded[T any](t *testing.T, got testkit.Reply) T {
	t.Helper()
	var out T
	if got.Status != http.StatusOK {
		t.Fatalf("answered %d %s", got.Status, got.Body)
	}
	got.Decode(t, &out)
	return out
}

func TestEffectiveAccess(t *testing.T) {
	t.Parallel()
	r := start(t)
	got := decoded[review.EffectiveAccess](t, r.Call(t, http.MethodGet, "/access/v1/effective-access?subject=user:bob&object=workspace:acme/prod", r.SiteToken, ""))
	if got.Subject.Name != "bob" || got.Object.Name != "acme/prod" || !strings.HasPrefix(got.Object.ID, "ws-") {
		t.Errorf("it is about %+v and %+v", got.Subject, got.Object)
	}
	write := slices.IndexFunc(got.Sources, func(s review.Source) bool { return s.Role.Name == "tfe-write" })
	if write < 0 {
		t.Fatalf("no tfe-write among %+v", got.Sources)
	}
	if s := got.Sources[write]; s.Holder.Name != "acme/sre" || s.Scope.Name != "acme/prod" || s.Where != "direct" || !strings.HasPrefix(s.Grant, "tws-") || len(s.Paths) != 1 || !s.Paths[0].Direct {
		t.Errorf("tfe-write: %+v", s)
	}
	apply := slices.IndexFunc(got.Permissions, func(p review.Permission) bool { return p.Name == "apply_run" })
	if apply < 0 || !slices.Contains(got.Permissions[apply].From, write) || got.Permissions[apply].Derived {
		t.Errorf("apply_run: %+v", got.Permissions)
	}
	locally := slices.IndexFunc(got.Permissions, func(p review.Permission) bool { return p.Name == "run_locally" })
	if locally < 0 || !got.Permissions[locally].Derived || !cmp.Equal(got.Permissions[locally].FollowsFrom, []string{"lock", "write_state"}) {
		t.Errorf("run_locally: %+v", got.Permissions)
	}
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	r := start(t)
	got := decoded[review.Matrix](t, r.Call(t, http.MethodGet, "/access/v1/matrix?object=workspace:acme/prod", r.SiteToken, ""))
	may := map[string]bool{}
	for _, row := range got.Rows {
		may[row.Holder.Type+":"+row.Holder.Name] = slices.Contains(row.Permissions, "apply_run")
	}
	if diff := cmp.Diff(map[string]bool{"team:acme/sre": true, "team:acme/developers": false, "team:acme/owners": true, "user:site-admin": true}, may); diff != "" {
		t.Errorf("who may apply (-want +got):\n%s", diff)
	}
	people := []string{}
	for after := ""; ; {
		page := decoded[review.Matrix](t, r.Call(t, http.MethodGet, "/access/v1/matrix?object=workspace:acme/prod&people=true&limit=2&after="+after, r.SiteToken, ""))
		for _, row := range page.Rows {
			if slices.Contains(row.Permissions, "apply_run") {
				people = append(people, row.Holder.Name)
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"alice", "bob", "site-admin"}, people); diff != "" {
		t.Errorf("people who may apply (-want +got):\n%s", diff)
	}
}

func TestWhatIf(t *testing.T) {
	t.Parallel()
	r := start(t)
	suppose := func(body string) review.Consequences {
		return decoded[review.Consequences](t, r.Call(t, http.MethodPost, "/access/v1/what-if", r.SiteToken, body))
	}
	got := suppose(`{"change":"remove","member":{"user":"bob","in":{"type":"team","id":"acme/sre"}}}`)
	lost := slices.IndexFunc(got.Changes, func(c review.Consequence) bool {
		return c.ObjectType == "workspace" && slices.Contains(c.Lost, "apply_run")
	})
	if lost < 0 || !got.Complete || got.Changes[lost].Objects.Total != 2 || got.Changes[lost].Subjects.Total != 1 || got.Changes[lost].Subjects.First[0].Name != "bob" {
		t.Errorf("bob leaves: %+v", got)
	}
	got = suppose(`{"change":"add","grant":{"holder":{"type":"team","id":"acme/developers"},"role":"tfe-write","scope":{"type":"workspace","id":"acme/prod"}}}`)
	if len(got.Changes) == 0 || !slices.ContainsFunc(got.Changes, func(c review.Consequence) bool { return slices.Contains(c.Gained, "apply_run") }) {
		t.Errorf("developers write: %+v", got)
	}
	if again := suppose(`{"change":"add","member":{"user":"bob","in":{"type":"team","id":"acme/sre"}}}`); len(again.Changes) != 0 || again.Changes == nil {
		t.Errorf("bob is there already: %+v", again)
	}
	if denied := r.Call(t, http.MethodPost, "/access/v1/evaluation", r.SiteToken, `{"subject":{"type":"user","id":"carol"},"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod"}}`); !strings.Contains(denied.Body, "false") {
		t.Errorf("supposing made it so: %s", denied.Body)
	}
}

// TestRefusals sends what is wrong, and what the caller may not ask.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := start(t)
	carol, alice, explainer, checker := r.UserToken(t, "carol"), r.UserToken(t, "alice"), r.ServiceToken(t, "explainer", "explain"), r.ServiceToken(t, "checker", "check", "search")
	const effective, matrix, whatIf = "/access/v1/effective-access?", "/access/v1/matrix?", "/access/v1/what-if"
	for _, row := range []struct {
		what, method, path, token, body string
		status                          int
		says                            string
	}{
		{"oneself", http.MethodGet, effective + "subject=user:carol&object=workspace:acme/prod", carol, "", 200, ""},
		{"another", http.MethodGet, effective + "subject=user:bob&object=workspace:acme/prod", carol, "", 403, `"kind":"denied"`},
		{"another, by an owner", http.MethodGet, effective + "subject=user:bob&object=workspace:acme/prod", alice, "", 200, ""},
		{"another, by a service that explains", http.MethodGet, effective + "subject=user:bob&object=workspace:acme/prod", explainer, "", 200, ""},
		{"another, by a service that checks", http.MethodGet, effective + "subject=user:bob&object=workspace:acme/prod", checker, "", 403, ""},
		{"nobody's credential", http.MethodGet, effective + "subject=user:bob&object=workspace:acme/prod", "", "", 401, ""},
		{"no subject and no object", http.MethodGet, effective, r.SiteToken, "", 422, `"field":"object"`},
		{"an object without a type", http.MethodGet, effective + "subject=user:bob&object=prod", r.SiteToken, "", 422, `"field":"object"`},
		{"a type that is none", http.MethodGet, effective + "subject=user:bob&object=ship:x", r.SiteToken, "", 404, ""},
		{"a subject that is none", http.MethodGet, effective + "subject=workspace:acme/prod&object=workspace:acme/prod", r.SiteToken, "", 404, ""},
		{"a name that is no text", http.MethodGet, effective + "subject=user:%ff&object=workspace:acme/%00", r.SiteToken, "", 422, ""},
		{"a matrix by who may not", http.MethodGet, matrix + "object=workspace:acme/prod", carol, "", 403, ""},
		{"a matrix of a team", http.MethodGet, matrix + "object=team:acme/sre", r.SiteToken, "", 422, ""},
		{"a matrix of nothing", http.MethodGet, matrix + "object=workspace:acme/ghost", r.SiteToken, "", 404, ""},
		{"a page of too many", http.MethodGet, matrix + "object=workspace:acme/prod&limit=501", r.SiteToken, "", 422, `"field":"limit"`},
		{"a page of none", http.MethodGet, matrix + "object=workspace:acme/prod&limit=0", r.SiteToken, "", 422, ""},
		{"a page of words", http.MethodGet, matrix + "object=workspace:acme/prod&limit=x", r.SiteToken, "", 422, ""},
		{"behind nowhere", http.MethodGet, matrix + "object=workspace:acme/prod&after=-1", r.SiteToken, "", 422, `"field":"after"`},
		{"behind the end", http.MethodGet, matrix + "object=workspace:acme/prod&after=9999", r.SiteToken, "", 200, `"rows":[]`},
		{"people, perhaps", http.MethodGet, matrix + "object=workspace:acme/prod&people=perhaps", r.SiteToken, "", 422, ""},
		{"a change that nobody knows", http.MethodPost, whatIf, r.SiteToken, `{"change":"turn"}`, 422, `"field":"change"`},
		{"no change", http.MethodPost, whatIf, r.SiteToken, `{"change":"add"}`, 422, ""},
		{"two changes", http.MethodPost, whatIf, r.SiteToken, `{"change":"add","link":{},"member":{"user":"bob","in":{"type":"team","id":"acme/sre"}}}`, 422, ""},
		{"a grant by its id and more", http.MethodPost, whatIf, r.SiteToken, `{"change":"remove","grant":{"id":"x","role":"y"}}`, 422, `"field":"grant"`},
		{"a grant without a role", http.MethodPost, whatIf, r.SiteToken, `{"change":"add","grant":{"holder":{"type":"user","id":"bob"},"scope":{"type":"workspace","id":"acme/prod"}}}`, 422, ""},
		{"a grant that is not there", http.MethodPost, whatIf, r.SiteToken, `{"change":"remove","grant":{"id":"grant-1111111111111111"}}`, 404, ""},
		{"the same, by who may not", http.MethodPost, whatIf, carol, `{"change":"remove","grant":{"id":"grant-1111111111111111"}}`, 403, ""},
		{"the last owner leaves", http.MethodPost, whatIf, r.SiteToken, `{"change":"remove","member":{"user":"alice","in":{"type":"organization","id":"acme"}}}`, 409, ""},
		{"a misspelled member", http.MethodPost, whatIf, r.SiteToken, `{"change":"add","membr":{}}`, 422, ""},
		{"two documents", http.MethodPost, whatIf, r.SiteToken, `{"change":"add"}{}`, 422, ""},
		{"a long body", http.MethodPost, whatIf, r.SiteToken, `{"change":"` + strings.Repeat("x", 70<<10) + `"}`, 413, ""},
		{"no body", http.MethodPost, whatIf, r.SiteToken, ``, 422, ""},
	} {
		got := r.Call(t, row.method, row.path, row.token, row.body)
		if got.Status != row.status || !strings.Contains(got.Body, row.says) {
			t.Errorf("%s: %d %s, want %d %s", row.what, got.Status, got.Body, row.status, row.says)
		}
	}
}
