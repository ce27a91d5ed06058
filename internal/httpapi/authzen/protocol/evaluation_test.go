package protocol_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEvaluation(t *testing.T) {
	t.Parallel()
	s := start(t)
	onOrganization := func(user, action string) string {
		return `{"subject":{"type":"user","id":"` + user + `"},"action":{"name":"` + action + `"},"resource":{"type":"organization","id":"acme"}}`
	}
	tests := map[string]struct{ body, want string }{
		"bob applies to prod":                            {question("bob", "apply_run", "acme/prod"), allow},
		"carol only plans on prod":                       {question("carol", "apply_run", "acme/prod"), deny},
		"carol plans on prod":                            {question("carol", "queue_plan", "acme/prod"), allow},
		"carol applies to staging":                       {question("carol", "apply_run", "acme/staging"), allow},
		"alice owns everything":                          {question("alice", "delete", "acme/prod"), allow},
		"dave holds nothing":                             {question("dave", "read", "acme/prod"), deny},
		"a username in other letters":                    {question("BOB", "apply_run", "acme/prod"), allow},
		"an organization named in other letters":         {question("bob", "apply_run", "ACME/Prod"), allow},
		"the members in another order":                   {`{"resource":{"id":"acme/prod","type":"workspace"},"action":{"name":"apply_run"},"subject":{"id":"bob","type":"user"}}`, allow},
		"a team as subject":                              {`{"subject":{"type":"team","id":"acme/sre"},"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod"}}`, allow},
		"a team that only plans":                         {`{"subject":{"type":"team","id":"acme/developers"},"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod"}}`, deny},
		"an action with its type":                        {question("bob", "workspace.apply_run", "acme/prod"), allow},
		"an action with its type, denied":                {question("carol", "workspace.apply_run", "acme/prod"), deny},
		"a workspace action on the organization, owner":  {onOrganization("alice", "workspace.apply_run"), allow},
		"a workspace action on the organization, member": {onOrganization("bob", "workspace.apply_run"), deny},
		"a plain workspace action on the organization":   {onOrganization("alice", "apply_run"), deny},
		"an organization action on a workspace":          {question("alice", "organization.view", "acme/prod"), deny},
		"OTF's word":                                     {question("bob", "otf:run:apply", "acme/prod"), allow},
		"OTF's word, denied":                             {question("carol", "otf:run:apply", "acme/prod"), deny},
		"Terrakube's word":                               {question("bob", "terrakube:approveJob", "acme/prod"), allow},
		"infra0's word":                                  {question("carol", "infra0:terraform.plan", "acme/prod"), allow},
		"TFE's word":                                     {question("bob", "tfe:can-queue-apply", "acme/prod"), allow},
		"TFE's word, denied":                             {question("carol", "tfe:can-queue-apply", "acme/prod"), deny},
		"another system's word without the system":       {question("bob", "can-queue-apply", "acme/prod"), deny},
		"a word under the wrong system":                  {question("bob", "otf:can-queue-apply", "acme/prod"), deny},
		"the platform, nobody special":                   {`{"subject":{"type":"user","id":"alice"},"action":{"name":"administer"},"resource":{"type":"platform","id":"main"}}`, deny},
		"the platform, the site admin":                   {`{"subject":{"type":"user","id":"site-admin"},"action":{"name":"administer"},"resource":{"type":"platform","id":"main"}}`, allow},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, s.ask(t, evaluation, s.asker, test.body), http.StatusOK, test.want)
		})
	}
}

// What the catalog does not know must read like what it refuses: status, body and headers (DECISIONS N17).
func TestUnknownReadsLikeADeny(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]string{
		"an unknown user":             question("mallory", "read", "acme/prod"),
		"an unknown workspace":        question("dave", "read", "acme/nowhere"),
		"an unknown organization":     question("dave", "read", "nowhere/prod"),
		"an unknown action":           question("dave", "levitate", "acme/prod"),
		"an action of another type":   question("dave", "manage_teams", "acme/prod"),
		"a wildcard action":           question("dave", "*", "acme/prod"),
		"the wildcard user":           question("*", "read", "acme/prod"),
		"an id that never was":        question("user-1111111111111111", "read", "ws-1111111111111111"),
		"an e-mail address":           question("dave@example.com", "read", "acme/prod"),
		"an unknown subject type":     strings.Replace(question("dave", "read", "acme/prod"), `"user"`, `"robot"`, 1),
		"a type that is no subject":   `{"subject":{"type":"workspace","id":"acme/prod"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`,
		"an unknown resource type":    strings.Replace(question("dave", "read", "acme/prod"), `"workspace"`, `"cluster"`, 1),
		"a resource type in capitals": strings.Replace(question("alice", "read", "acme/prod"), `"workspace"`, `"Workspace"`, 1),
		"a binding as resource":       strings.Replace(question("alice", "workspace_read", "main"), `"workspace"`, `"binding"`, 1),
	}
	plain := s.ask(t, evaluation, s.asker, question("dave", "read", "acme/prod"))
	expect(t, plain, http.StatusOK, deny)
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.ask(t, evaluation, s.asker, body)
			expect(t, got, http.StatusOK, deny)
			if diff := cmp.Diff(headerNames(plain.Header), headerNames(got.Header)); diff != "" {
				t.Errorf("headers that tell an unknown from a deny (-deny +unknown):\n%s", diff)
			}
		})
	}
}

func headerNames(h http.Header) map[string]bool {
	names := map[string]bool{}
	for name := range h {
		names[name] = true
	}
	return names
}

func TestWhatIsNotUnderstoodIsIgnored(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]string{
		"beside the four members": with(question("bob", "apply_run", "acme/prod"), `"metadata":{"a":[1,2]},"api":"v9"`),
		"inside the entities":     `{"subject":{"type":"user","id":"bob","relation":"member"},"action":{"name":"apply_run","verb":1},"resource":{"type":"workspace","id":"acme/prod","owner":null}}`,
		"in all properties":       `{"subject":{"type":"user","id":"bob","properties":{"role":"x"}},"action":{"name":"apply_run","properties":{"soft":true}},"resource":{"type":"workspace","id":"acme/prod","properties":{"status":"archived"}}}`,
		"in the context":          with(question("bob", "apply_run", "acme/prod"), `"context":{"time":"2026-01-01T00:00:00Z","ip":null,"nested":{"a":{}}}`),
		"an empty context":        with(question("bob", "apply_run", "acme/prod"), `"context":{}`),
		"members that are null":   with(question("bob", "apply_run", "acme/prod"), `"context":null,"options":null,"evaluations":null,"page":null`),
		"a batch beside it":       with(question("bob", "apply_run", "acme/prod"), `"evaluations":[{"subject":{"type":"user","id":"dave"}}]`),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, s.ask(t, evaluation, s.asker, body), http.StatusOK, allow)
		})
	}
}

// The values of sensitive variables are nobody's (DECISIONS M12).
func TestSensitiveVariables(t *testing.T) {
	t.Parallel()
	s := start(t)
	sensitive := func(user, action, value string) string {
		return `{"subject":{"type":"user","id":"` + user + `"},"action":{"name":"` + action + `"},"resource":{"type":"workspace","id":"acme/prod","properties":{"sensitive":` + value + `}}}`
	}
	tests := map[string]struct {
		body   string
		status int
		want   string
	}{
		"a writer reads a sensitive variable":    {sensitive("bob", "read_variable", "true"), 200, deny},
		"an owner reads a sensitive variable":    {sensitive("alice", "read_variable", "true"), 200, deny},
		"a site admin reads one":                 {sensitive("site-admin", "read_variable", "true"), 200, deny},
		"in another system's words":              {sensitive("bob", "tfe:can-read-variable", "true"), 200, deny},
		"with the type":                          {sensitive("bob", "workspace.read_variable", "true"), 200, deny},
		"a writer reads another variable":        {sensitive("bob", "read_variable", "false"), 200, allow},
		"the property is null":                   {sensitive("bob", "read_variable", "null"), 200, allow},
		"a writer overwrites a sensitive one":    {sensitive("bob", "write_variable", "true"), 200, allow},
		"who reads none overwrites none":         {sensitive("dave", "write_variable", "true"), 200, deny},
		"a property that is neither":             {sensitive("bob", "read_variable", `"yes"`), 400, `"resource.properties.sensitive must be true or false"`},
		"on the organization, by the owner":      {`{"subject":{"type":"user","id":"alice"},"action":{"name":"workspace.read_variable"},"resource":{"type":"organization","id":"acme","properties":{"sensitive":true}}}`, 200, deny},
		"not sensitive, on the organization":     {`{"subject":{"type":"user","id":"alice"},"action":{"name":"workspace.read_variable"},"resource":{"type":"organization","id":"acme"}}`, 200, allow},
		"the property on the subject is nothing": {`{"subject":{"type":"user","id":"bob","properties":{"sensitive":true}},"action":{"name":"read_variable"},"resource":{"type":"workspace","id":"acme/prod"}}`, 200, allow},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, s.ask(t, evaluation, s.asker, test.body), test.status, test.want)
		})
	}
	t.Run("searches agree", func(t *testing.T) {
		t.Parallel()
		none := `{"page":{"next_token":"","count":0,"total":0},"results":[]}`
		of := `"resource":{"type":"workspace","id":"acme/prod","properties":{"sensitive":true}}`
		expect(t, s.ask(t, subjects, s.asker, `{"subject":{"type":"user"},"action":{"name":"read_variable"},`+of+`}`), 200, none)
		expect(t, s.ask(t, resources, s.asker, `{"subject":{"type":"user","id":"bob"},"action":{"name":"read_variable"},`+of+`}`), 200, none)
		held := s.ask(t, actions, s.asker, `{"subject":{"type":"user","id":"bob"},`+of+`}`)
		if strings.Contains(held.Body, `"read_variable"`) || !strings.Contains(held.Body, `"write_variable"`) {
			t.Errorf("bob's actions on a sensitive variable: %s", held.Body)
		}
	})
}

// Bodies must not change between equal questions, whatever answers them; ids and tokens are in headers.
func TestAnswersAreByteStable(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]struct{ path, body string }{
		"evaluation":      {evaluation, question("bob", "apply_run", "acme/prod")},
		"explained":       {evaluation, with(question("carol", "apply_run", "acme/prod"), `"context":{"explain":true}`)},
		"evaluations":     {evaluations, with(question("bob", "apply_run", "acme/prod"), `"evaluations":[{},{"action":{"name":"delete"}},{"action":{"name":5}}]`)},
		"subject search":  {subjects, `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`},
		"resource search": {resources, `{"subject":{"type":"user","id":"carol"},"action":{"name":"read"},"resource":{"type":"workspace"},"page":{"limit":1}}`},
		"action search":   {actions, `{"subject":{"type":"user","id":"carol"},"resource":{"type":"workspace","id":"acme/prod"}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := s.ask(t, test.path, s.asker, test.body)
			ids := map[string]bool{first.Header.Get("Decision-Id"): true}
			for range 2 {
				again := s.ask(t, test.path, s.asker, test.body)
				if diff := cmp.Diff(first.Body, again.Body); diff != "" {
					t.Errorf("the same question gave another body (-first +again):\n%s", diff)
				}
				ids[again.Header.Get("Decision-Id")] = true
			}
			if len(ids) != 3 || ids[""] {
				t.Errorf("three answers have the decision ids %v, want three different ones", ids)
			}
			if first.Status != http.StatusOK || first.Header.Get("ZedToken") == "" {
				t.Errorf("status %d, ZedToken %q", first.Status, first.Header.Get("ZedToken"))
			}
		})
	}
}
