package admin_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

const imports = "/admin/v1/imports"

// newco is an estate of its own beside the example organization.
const newco = `{"organizations":[{"name":"newco","email":"it@newco.example","owners":["alice"],"members":["erin"],
	"workspaces":[{"name":"net"}],"teams":[{"name":"ops","visibility":"secret","members":[{"username":"frank"}],"grants":[{"workspace":"net","role":"tfe-write"}]}]}]}`

// events are the lines of the answer to an import.
type event struct {
	Done  int `json:"done"`
	Total int `json:"total"`
	Plan  *struct {
		Organizations []struct {
			Name    string `json:"name"`
			Actions []struct {
				Op   string `json:"op"`
				Kind string `json:"kind"`
				Name string `json:"name"`
			} `json:"actions"`
		} `json:"organizations"`
	} `json:"plan"`
	Error *problem `json:"error"`
}

func events(t *testing.T, r testkit.Reply) []event {
	t.Helper()
	if r.Status != http.StatusOK || r.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("import: %d %v %s", r.Status, r.Header, r.Body)
	}
	var out []event
	for line := range strings.Lines(r.Body) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("the line %q is not JSON: %v", line, err)
		}
		out = append(out, e)
	}
	return out
}

// planned returns the plan of the last line in words.
func planned(t *testing.T, r testkit.Reply) []string {
	t.Helper()
	all := events(t, r)
	last := all[len(all)-1]
	if last.Plan == nil || last.Error != nil {
		t.Fatalf("the import ends with %+v: %s", last, r.Body)
	}
	var out []string
	for _, o := range last.Plan.Organizations {
		for _, a := range o.Actions {
			out = append(out, a.Op+" "+a.Kind+" "+a.Name)
		}
	}
	return out
}

func mayFrank(t *testing.T, r *testkit.Running) bool {
	t.Helper()
	got := r.Call(t, http.MethodPost, "/access/v1/evaluation", r.SiteToken, `{"subject":{"type":"user","id":"frank"},"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"newco/net"}}`)
	return strings.TrimSpace(got.Body) == `{"decision":true}`
}

func TestImport(t *testing.T) {
	t.Parallel()
	r := start(t)
	dry := planned(t, r.Call(t, http.MethodPost, imports+"?dry-run=true", r.SiteToken, newco))
	if !slices.Contains(dry, "create organization newco") || mayFrank(t, r) {
		t.Errorf("a dry run plans %v and changes: %v", dry, mayFrank(t, r))
	}
	reply := r.Call(t, http.MethodPost, imports, r.SiteToken, newco)
	if diff := cmp.Diff(dry, planned(t, reply)); diff != "" {
		t.Errorf("the plan of the dry run and what was done (-dry +done):\n%s", diff)
	}
	if !mayFrank(t, r) {
		t.Error("what was imported decides nothing")
	}
	all := events(t, reply)
	if len(all) < 2 || all[len(all)-2].Done != len(dry) || all[len(all)-2].Total != len(dry) {
		t.Errorf("the progress of %d actions ends with %s", len(dry), reply.Body)
	}
	for _, query := range []string{"", "?dry-run=true", "?dry-run=false"} {
		if again := planned(t, r.Call(t, http.MethodPost, imports+query, r.SiteToken, newco)); len(again) != 0 {
			t.Errorf("the second run%s does %v", query, again)
		}
	}
	if !mayFrank(t, r) {
		t.Error("the second run took something away")
	}
}

func TestImportThatIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	bob, service := r.UserToken(t, "bob"), r.ServiceToken(t, "gateway", "check", "search", "explain", "sync", "scim", "audit")
	broken := `{"organizations":[{"name":"newco","owners":[],"workspaces":[{"name":"net"}],"teams":[{"name":"ops","visibility":"open","grants":[{"workspace":"web","role":"boss"}]}]}]}`
	tests := map[string]struct {
		credential, query, body string
		status                  int
		fields                  []string
	}{
		"every fault of an estate": {r.SiteToken, "", broken, 422, []string{
			"organizations[newco].owners", "organizations[newco].teams[ops].visibility", "organizations[newco].teams[ops].grants[0].role", "organizations[newco].teams[ops].grants[0].workspace",
		}},
		"every fault, as a dry run": {r.SiteToken, "?dry-run=true", broken, 422, []string{
			"organizations[newco].owners", "organizations[newco].teams[ops].visibility", "organizations[newco].teams[ops].grants[0].role", "organizations[newco].teams[ops].grants[0].workspace",
		}},
		"an unknown member":             {r.SiteToken, "", strings.Replace(newco, `"members"`, `"memebrs"`, 1), 422, []string{""}},
		"an unknown member far down":    {r.SiteToken, "", strings.Replace(newco, `"role"`, `"rolle"`, 1), 422, []string{""}},
		"a dry run in other words":      {r.SiteToken, "?dry-run=1", newco, 422, []string{"dry-run"}},
		"something behind the estate":   {r.SiteToken, "", newco + "{}", 422, []string{""}},
		"no estate":                     {r.SiteToken, "", "", 422, []string{""}},
		"a user":                        {bob, "", newco, 403, []string{""}},
		"a user with a broken estate":   {bob, "", broken, 403, []string{""}},
		"a user who only wants to look": {bob, "?dry-run=true", newco, 403, []string{""}},
		"a service with every scope":    {service, "", newco, 403, []string{""}},
		"a service, dry":                {service, "?dry-run=true", newco, 403, []string{""}},
		"nobody":                        {"", "", newco, 401, []string{""}},
		"a dry run that may be one":     {r.SiteToken, "?dry-run=perhaps", broken, 422, []string{"dry-run"}},
	}
	t.Run("one by one", func(t *testing.T) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := r.Call(t, http.MethodPost, imports+test.query, test.credential, test.body)
				if got.Status != test.status {
					t.Fatalf("answer %d %s, want %d", got.Status, got.Body, test.status)
				}
				if diff := cmp.Diff(test.fields, fields(problems(t, got))); diff != "" {
					t.Errorf("fields at fault (-want +got):\n%s", diff)
				}
			})
		}
	})
	if all := planned(t, r.Call(t, http.MethodPost, imports+"?dry-run=true", r.SiteToken, newco)); !slices.Contains(all, "create organization newco") || mayFrank(t, r) {
		t.Errorf("a refused import changed something; what is left to do: %v", all)
	}
}

// An organization that cannot be imported is left as it was, and the answer says why.
func TestImportThatFailsOnTheWay(t *testing.T) {
	t.Parallel()
	r := start(t)
	body := strings.Replace(newco, `"erin"`, `"user-1111111111111111"`, 1) // a name that no user may have
	all := events(t, r.Call(t, http.MethodPost, imports, r.SiteToken, body))
	last := all[len(all)-1]
	if last.Error == nil || last.Error.Field != "username" || last.Error.Message != "must not look like an id" || last.Plan != nil {
		t.Errorf("the import ends with %+v", last)
	}
	if left := planned(t, r.Call(t, http.MethodPost, imports+"?dry-run=true", r.SiteToken, newco)); !slices.Contains(left, "create organization newco") || !slices.Contains(left, "create user frank") {
		t.Errorf("something was left behind; to do: %v", left)
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	r := start(t)
	for query, want := range map[string]string{
		"?dry-run=true":  `{"missing":[],"unexpected":[],"repaired":false}`,
		"":               `{"missing":[],"unexpected":[],"repaired":true}`,
		"?dry-run=false": `{"missing":[],"unexpected":[],"repaired":true}`,
	} {
		if got := r.Call(t, http.MethodPost, "/admin/v1/reconcile"+query, r.SiteToken, ""); got.Status != http.StatusOK || strings.TrimSpace(got.Body) != want {
			t.Errorf("reconcile%s: %d %s, want %s", query, got.Status, got.Body, want)
		}
	}
	if got := r.Call(t, http.MethodPost, "/admin/v1/reconcile?dry-run=yes", r.SiteToken, ""); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("a dry run in other words: %d %s", got.Status, got.Body)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	r := start(t)
	var both struct {
		Deployed string `json:"deployed"`
		Own      string `json:"own"`
	}
	r.Call(t, http.MethodGet, "/admin/v1/schema", r.SiteToken, "").Decode(t, &both)
	if both.Own != schema.Text() || !strings.Contains(both.Deployed, "definition workspace") {
		t.Errorf("own schema of %d bytes, deployed of %d", len(both.Own), len(both.Deployed))
	}
	diff := func(text string) testkit.Reply {
		raw, err := json.Marshal(map[string]string{"schema": text})
		if err != nil {
			t.Fatal(err)
		}
		return r.Call(t, http.MethodPost, "/admin/v1/schema/diff", r.SiteToken, string(raw))
	}
	type change struct {
		Kind     string `json:"kind"`
		Name     string `json:"name"`
		Breaking bool   `json:"breaking"`
	}
	changes := func(text string) []change {
		var out struct {
			Changes []change `json:"changes"`
		}
		reply := diff(text)
		if reply.Status != http.StatusOK || !strings.HasPrefix(reply.Body, `{"changes":[`) {
			t.Fatalf("diff: %d %s", reply.Status, reply.Body)
		}
		reply.Decode(t, &out)
		return out.Changes
	}
	if got := changes(schema.Text()); len(got) != 0 {
		t.Errorf("the schema differs from itself: %v", got)
	}
	if got := changes(schema.Text() + "\ndefinition newcomer {}\n"); len(got) != 1 || got[0].Breaking {
		t.Errorf("a new type: %v, want one change that breaks nothing", got)
	}
	less := strings.Replace(schema.Text(), "definition stack {", "definition heap {", 1)
	if got := changes(less); !slices.ContainsFunc(got, func(c change) bool { return c.Breaking && c.Name == "stack" }) {
		t.Errorf("a type less: %v, want a breaking change of stack", got)
	}
	if got := diff("definition {"); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("no schema: %d %s", got.Status, got.Body)
	}
	if got := r.Call(t, http.MethodPost, "/admin/v1/schema/diff", r.SiteToken, `{"schema":"","deploy":true}`); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown member: %d %s", got.Status, got.Body)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	r := start(t)
	got := r.Call(t, http.MethodGet, "/admin/v1/status", r.SiteToken, "")
	want := `{"engine":"embedded","pending_intents":0,"ready":true,"schema_current":true,"version":"test"}`
	if got.Status != http.StatusOK || strings.TrimSpace(got.Body) != want {
		t.Errorf("status %d %s, want %s", got.Status, got.Body, want)
	}
}
