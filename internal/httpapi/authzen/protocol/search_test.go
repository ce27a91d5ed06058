package protocol_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// searched is the answer to a search; of an action search the results have a name alone.
type searched struct {
	Page struct {
		NextToken string `json:"next_token"`
		Count     int    `json:"count"`
		Total     int    `json:"total"`
	} `json:"page"`
	Results []searchedEntity `json:"results"`
}

type searchedEntity struct {
	Type       string `json:"type"`
	ID         string `json:"id"`
	Name       string `json:"name"`
	Properties struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"properties"`
}

// ids returns the ids, or names of actions, in order.
func (r searched) ids() []string {
	out := []string{}
	for _, f := range r.Results {
		out = append(out, f.ID+f.Name)
	}
	slices.Sort(out)
	return out
}

func (s *service) search(t *testing.T, path, body string) searched {
	t.Helper()
	got := s.ask(t, path, s.asker, body)
	if got.Status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", path, body, got.Status, got.Body)
	}
	var out searched
	got.Decode(t, &out)
	return out
}

func who(action, workspace string) string {
	return fmt.Sprintf(`{"subject":{"type":"user"},"action":{"name":%q},"resource":{"type":"workspace","id":%q}}`, action, workspace)
}

func where(user, action string) string {
	return fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"workspace"}}`, user, action)
}

func what(user, workspace string) string {
	return fmt.Sprintf(`{"subject":{"type":"user","id":%q},"resource":{"type":"workspace","id":%q}}`, user, workspace)
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]struct {
		path, body string
		want       []string
	}{
		"who may apply to prod":                  {subjects, who("apply_run", "acme/prod"), []string{"alice", "bob", "site-admin"}},
		"who may plan on prod":                   {subjects, who("queue_plan", "acme/prod"), []string{"alice", "bob", "carol", "site-admin"}},
		"who may, in another system's words":     {subjects, who("tfe:can-queue-apply", "acme/prod"), []string{"alice", "bob", "site-admin"}},
		"the searched id is ignored":             {subjects, strings.Replace(who("apply_run", "acme/prod"), `"type":"user"`, `"type":"user","id":"dave"`, 1), []string{"alice", "bob", "site-admin"}},
		"an ignored id may be nonsense":          {subjects, strings.Replace(who("apply_run", "acme/prod"), `"type":"user"`, `"type":"user","id":7`, 1), []string{"alice", "bob", "site-admin"}},
		"teams that may apply":                   {subjects, strings.Replace(who("apply_run", "acme/prod"), `"user"`, `"team"`, 1), []string{"acme/owners", "acme/sre"}},
		"a workspace action on the organization": {subjects, `{"subject":{"type":"user"},"action":{"name":"workspace.apply_run"},"resource":{"type":"organization","id":"acme"}}`, []string{"alice", "site-admin"}},
		"where may bob apply":                    {resources, where("bob", "apply_run"), []string{"acme/prod", "acme/staging"}},
		"where may carol apply":                  {resources, where("carol", "apply_run"), []string{"acme/staging"}},
		"where may carol, in other letters":      {resources, where("CAROL", "apply_run"), []string{"acme/staging"}},
		"where may carol, in OTF's words":        {resources, where("carol", "otf:run:apply"), []string{"acme/staging"}},
		"where may dave read":                    {resources, where("dave", "read"), []string{}},
		"the searched resource's id is ignored":  {resources, strings.Replace(where("carol", "apply_run"), `"type":"workspace"`, `"type":"workspace","id":"acme/prod"`, 1), []string{"acme/staging"}},
		"which organizations may bob view":       {resources, `{"subject":{"type":"user","id":"bob"},"action":{"name":"view"},"resource":{"type":"organization"}}`, []string{"acme"}},
		"which platforms may the admin audit":    {resources, `{"subject":{"type":"user","id":"site-admin"},"action":{"name":"audit"},"resource":{"type":"platform"}}`, []string{"main"}},
		"what may carol do on prod": {actions, what("carol", "acme/prod"), []string{
			"initialize", "preview", "queue_plan", "read", "read_run", "read_state", "read_state_outputs", "read_variable", "validate",
		}},
		"what may carol do, ignoring an action": {actions, with(what("carol", "acme/prod"), `"action":{"name":5}`), []string{
			"initialize", "preview", "queue_plan", "read", "read_run", "read_state", "read_state_outputs", "read_variable", "validate",
		}},
		"what may dave do on prod": {actions, what("dave", "acme/prod"), []string{}},
		// what is unknown has no results, and is no error
		"an unknown resource":         {subjects, who("read", "acme/nowhere"), []string{}},
		"an unknown action":           {subjects, who("levitate", "acme/prod"), []string{}},
		"an unknown resource type":    {subjects, strings.Replace(who("read", "acme/prod"), `"workspace"`, `"cluster"`, 1), []string{}},
		"an unknown subject type":     {subjects, strings.Replace(who("read", "acme/prod"), `"user"`, `"robot"`, 1), []string{}},
		"a type that is no subject":   {subjects, strings.Replace(who("read", "acme/prod"), `"user"`, `"binding"`, 1), []string{}},
		"the resources of nobody":     {resources, where("mallory", "read"), []string{}},
		"resources of unknown type":   {resources, strings.Replace(where("bob", "read"), `"workspace"`, `"cluster"`, 1), []string{}},
		"resources, unknown action":   {resources, where("bob", "levitate"), []string{}},
		"resources of unknown things": {resources, strings.Replace(where("bob", "read"), `"user"`, `"robot"`, 1), []string{}},
		"the actions of nobody":       {actions, what("mallory", "acme/prod"), []string{}},
		"the actions on nothing":      {actions, what("bob", "acme/nowhere"), []string{}},
		"the actions of a robot":      {actions, strings.Replace(what("bob", "acme/prod"), `"user"`, `"robot"`, 1), []string{}},
		"the actions on a cluster":    {actions, strings.Replace(what("bob", "acme/prod"), `"workspace"`, `"cluster"`, 1), []string{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.search(t, test.path, test.body)
			if diff := cmp.Diff(test.want, got.ids()); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			if got.Page.NextToken != "" || got.Page.Count != len(test.want) || got.Page.Total != len(test.want) {
				t.Errorf("page %+v, want %d results and no other page", got.Page, len(test.want))
			}
		})
	}
	t.Run("nothing found is an empty array, and the page comes first", func(t *testing.T) {
		t.Parallel()
		for path, body := range map[string]string{subjects: who("levitate", "acme/prod"), resources: where("dave", "read"), actions: what("dave", "acme/prod")} {
			expect(t, s.ask(t, path, s.asker, body), http.StatusOK, `{"page":{"next_token":"","count":0,"total":0},"results":[]}`)
		}
	})
}

// Results are named as the question named its object; the properties give both names.
func TestResultsAreNamedLikeTheQuestion(t *testing.T) {
	t.Parallel()
	s := start(t)
	byName := s.search(t, resources, where("carol", "apply_run")).Results[0]
	if byName.ID != "acme/staging" || byName.Properties.Name != "acme/staging" || !strings.HasPrefix(byName.Properties.ID, "ws-") || byName.Type != "workspace" {
		t.Errorf("asked by name: %+v", byName)
	}
	carol := idOf(t, s, "user", "carol")
	byID := s.search(t, resources, where(carol, "apply_run")).Results[0]
	if byID.ID != byName.Properties.ID || byID.Properties != byName.Properties {
		t.Errorf("asked by id: %+v", byID)
	}
	for _, workspace := range []string{byName.Properties.ID, "acme/staging"} {
		for _, f := range s.search(t, subjects, who("apply_run", workspace)).Results {
			want := f.Properties.Name
			if workspace != "acme/staging" {
				want = f.Properties.ID
			}
			if f.ID != want || f.Properties.ID == f.Properties.Name {
				t.Errorf("asked about %s: %+v", workspace, f)
			}
		}
	}
	// Whatever a search returns can be asked back.
	for _, f := range append(s.search(t, subjects, who("apply_run", byID.ID)).Results, s.search(t, subjects, who("apply_run", "acme/staging")).Results...) {
		expect(t, s.ask(t, evaluation, s.asker, question(f.ID, "apply_run", byName.ID)), http.StatusOK, allow)
		expect(t, s.ask(t, evaluation, s.asker, question(f.ID, "apply_run", byID.ID)), http.StatusOK, allow)
	}
}

// Nested groups are expanded, and a group is found by its id: its name is for display and cannot be asked back.
func TestSearchIsTransitive(t *testing.T) {
	t.Parallel()
	cfg := testkit.Config(t)
	t.Run("prepare", func(t *testing.T) { prepareNestedGroups(t, cfg) })
	s := &service{Running: runConfigured(t, cfg)}
	s.asker = s.ServiceToken(t, "gateway", "check", "search", "explain")
	expect(t, s.ask(t, evaluation, s.asker, question("dave", "apply_run", "acme/prod")), http.StatusOK, allow)
	if got := s.search(t, subjects, who("apply_run", "acme/prod")).ids(); !slices.Contains(got, "dave") {
		t.Errorf("subjects %v, want dave of the nested group among them", got)
	}
	if diff := cmp.Diff([]string{"acme/prod", "acme/staging"}, s.search(t, resources, where("dave", "apply_run")).ids()); diff != "" {
		t.Errorf("dave's workspaces (-want +got):\n%s", diff)
	}
	if got := s.search(t, actions, what("dave", "acme/prod")).ids(); !slices.Contains(got, "apply_run") {
		t.Errorf("dave's actions: %v", got)
	}
	groups := s.search(t, subjects, strings.Replace(who("apply_run", "acme/prod"), `"user"`, `"group"`, 1)).Results
	if len(groups) == 0 {
		t.Error("no group is found")
	}
	for _, g := range groups {
		raw, err := json.Marshal(map[string]any{
			"subject": map[string]string{"type": "group", "id": g.ID}, "action": map[string]string{"name": "apply_run"},
			"resource": map[string]string{"type": "workspace", "id": "acme/prod"},
		})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, s.ask(t, evaluation, s.asker, string(raw)), http.StatusOK, allow)
	}
}
