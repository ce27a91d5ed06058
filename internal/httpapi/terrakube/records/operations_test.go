package records_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const atomic = mediaType + `;ext="https://jsonapi.org/ext/atomic"`

// operate sends operations, each a JSON object.
func (w *world) operate(t *testing.T, token string, operations ...string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "operations", token, `{"atomic:operations":[`+strings.Join(operations, ",")+`]}`, "Content-Type", atomic)
}

// results returns the objects of the results, a zero one where a result has none.
func (r reply) results(t *testing.T) []object {
	t.Helper()
	var d struct {
		Results []struct{ Data object } `json:"atomic:results"`
	}
	r.Decode(t, &d)
	out := make([]object, len(d.Results))
	for i, one := range d.Results {
		out[i] = one.Data
	}
	return out
}

func add(href, typ string, attributes map[string]any, more string) string {
	raw, err := json.Marshal(attributes)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"op":"add","href":%q,"data":{"type":%q,"attributes":%s%s}}`, href, typ, raw, more)
}

func remove(href string) string { return fmt.Sprintf(`{"op":"remove","href":%q}`, href) }

func TestOperationsAreDoneTogether(t *testing.T) {
	t.Parallel()
	w := start(t)
	org := "/organization/" + w.org
	old := w.make(t, org[1:]+"/template", "template", map[string]any{"name": "old"}, "")
	got := w.operate(t, w.owner,
		add(org+"/vcs", "vcs", map[string]any{"name": "github", "clientSecret": "hidden"}, `,"lid":"my-vcs"`),
		add("/api/v1"+org+"/module", "module", map[string]any{"name": "vpc"}, `,"relationships":{"vcs":{"data":{"type":"vcs","lid":"my-vcs"}}}`),
		add(org+"/collection", "collection", map[string]any{"name": "shared"}, `,"id":"0a-my-own-id"`),
		add(org+"/collection/0a-my-own-id/item", "item", map[string]any{"key": "k"}, ""),
		fmt.Sprintf(`{"op":"update","href":"%s/template/%s","data":{"type":"template","id":%q,"attributes":{"name":"new"}}}`, org, old, old),
		fmt.Sprintf(`{"op":"update","ref":{"type":"template","id":%q},"data":{"type":"template","id":%q,"attributes":{"description":"d"}}}`, old, old),
		remove(org+"/vcs/my-vcs"),
	).want(t, http.StatusOK)
	results := got.results(t)
	if len(results) != 7 || results[1].Type != "module" || results[3].Type != "item" || results[4].ID != "" {
		t.Fatalf("the results are %s", got.Body)
	}
	if vcs, _ := results[1].Relationships["vcs"].Data.(map[string]any); vcs["id"] != results[0].ID {
		t.Errorf("the module is of %v, want %s", vcs, results[0].ID)
	}
	if results[2].ID == "0a-my-own-id" {
		t.Error("a client chose an id")
	}
	if strings.Contains(got.Body, "hidden") {
		t.Errorf("the answer shows a secret: %s", got.Body)
	}
	if got.Header.Get("ZedToken") == "" {
		t.Error("the answer has no consistency token")
	}
	w.call(t, http.MethodGet, org[1:]+"/collection/"+results[2].ID+"/item/"+results[3].ID, w.owner, "").want(t, http.StatusOK)
	w.call(t, http.MethodGet, org[1:]+"/template/"+old, w.owner, "").want(t, http.StatusOK, `"name":"new"`, `"description":"d"`)
	w.call(t, http.MethodGet, org[1:]+"/vcs/"+results[0].ID, w.owner, "").want(t, http.StatusNotFound)
}

// TestAnErrorUndoesEveryOperation puts each way to fail behind operations that would have been done.
func TestAnErrorUndoesEveryOperation(t *testing.T) {
	t.Parallel()
	w := start(t)
	org := "/organization/" + w.org
	keep := w.make(t, org[1:]+"/template", "template", map[string]any{"name": "keep"}, "")
	before := w.everything(t)
	for name, row := range map[string]struct {
		last   string
		status int
		says   string
	}{
		"somebody else's organization":      {add("/organization/"+w.otherOrg+"/ssh", "ssh", map[string]any{"name": "x"}, ""), 403, "ReadPermission Denied"},
		"what only site admins may":         {add("/federated", "federated", map[string]any{"name": "x"}, ""), 403, "CreatePermission Denied"},
		"a name that is taken":              {add(org+"/template", "template", map[string]any{"name": "fresh"}, ""), 409, "name"},
		"a bad value":                       {add(org+"/template", "template", map[string]any{"name": 5}, ""), 400, "name must be a string"},
		"no name":                           {add(org+"/template", "template", map[string]any{}, ""), 400, "name can't be blank"},
		"an unknown attribute":              {add(org+"/template", "template", map[string]any{"colour": 5}, ""), 404, "colour"},
		"an unknown collection":             {add(org+"/nothing", "nothing", map[string]any{}, ""), 404, "nothing"},
		"another type":                      {add(org+"/template", "ssh", map[string]any{"name": "x"}, ""), 400, "type must be template"},
		"an object there is none of":        {remove(org + "/template/tmpl-0"), 404, "Unknown identifier tmpl-0 for template"},
		"one that is removed already":       {remove(org + "/template/" + keep), 404, "Unknown identifier " + keep},
		"a name that nothing was given":     {add(org+"/module", "module", map[string]any{"name": "m"}, `,"relationships":{"vcs":{"data":{"type":"vcs","lid":"nobody"}}}`), 404, "Unknown identifier nobody for vcs"},
		"an op there is none of":            {fmt.Sprintf(`{"op":"replace","href":"%s/template"}`, org), 400, "none of add"},
		"an update of a collection":         {fmt.Sprintf(`{"op":"update","href":"%s/template","data":{}}`, org), 400, "cannot be done"},
		"an addition to an object":          {fmt.Sprintf(`{"op":"add","href":"%s/template/%s","data":{}}`, org, keep), 400, "cannot be done"},
		"an update without data":            {fmt.Sprintf(`{"op":"update","href":"%s"}`, org), 400, "data must be one resource"},
		"neither where nor what":            {`{"op":"add"}`, 400, "needs a href"},
		"two places":                        {fmt.Sprintf(`{"op":"remove","href":"%s/template/x","ref":{"type":"template","id":"x"}}`, org), 400, "not both"},
		"a type there is none of":           {`{"op":"remove","ref":{"type":"nothing","id":"x"}}`, 400, "no type"},
		"a reference without an id":         {`{"op":"remove","ref":{"type":"template"}}`, 400, "needs an id"},
		"a broken path":                     {remove(org + "/template/%zz"), 400, "is no path"},
		"a relation there is none of":       {fmt.Sprintf(`{"op":"update","href":"%s/template/%%s/relationships/nothing","data":null}`, org), 400, ""},
		"a relation that is not changed so": {fmt.Sprintf(`{"op":"update","href":"%s/relationships/template","data":[]}`, org), 403, "UpdatePermission Denied"},
	} {
		t.Run(name, func(t *testing.T) {
			w.operate(t, w.owner, add(org+"/template", "template", map[string]any{"name": "fresh"}, ""), remove(org+"/template/"+keep), row.last).want(t, row.status, row.says)
			if diff := cmp.Diff(before, w.everything(t)); diff != "" {
				t.Errorf("something was done (-before +after):\n%s", diff)
			}
		})
	}
}

// everything returns what acme has that operations of these tests could change.
func (w *world) everything(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, path := range []string{"template", "ssh", "vcs", "module", "workspace", "variable"} {
		collection := "organization/" + w.org + "/" + path
		if path == "variable" {
			collection = "workspace/" + w.workspace + "/variable"
		}
		out = append(out, w.call(t, http.MethodGet, collection, w.owner, "").want(t, http.StatusOK).Body)
	}
	return out
}

// What an earlier operation makes can be used by a later one, by whoever could make it, and by nobody else.
func TestRightsOnWhatIsMadeInTheSameRequest(t *testing.T) {
	t.Parallel()
	w := start(t)
	org := "/organization/" + w.org
	batch := func(name string) []string {
		return []string{
			add(org+"/project", "project", map[string]any{"name": name}, `,"lid":"p"`),
			add(org+"/workspace", "workspace", map[string]any{"name": name, "source": "empty", "branch": "main", "terraformVersion": "1.9.0"}, `,"lid":"w","relationships":{"project":{"data":{"type":"project","lid":"p"}}}`),
			add(org+"/workspace/w/variable", "variable", map[string]any{"key": "k", "category": "ENV"}, ""),
			add("/workspace/w/webhook", "webhook", map[string]any{}, `,"lid":"h"`),
			add("/webhook/h/events", "webhook_event", map[string]any{"event": "PUSH"}, ""),
		}
	}
	results := w.operate(t, w.owner, batch("fresh")...).want(t, http.StatusOK).results(t)
	w.call(t, http.MethodGet, "workspace/"+results[1].ID+"/variable/"+results[2].ID, w.owner, "").want(t, http.StatusOK)
	w.call(t, http.MethodGet, "webhook/"+results[3].ID+"/events/"+results[4].ID, w.owner, "").want(t, http.StatusOK)
	if events := w.call(t, http.MethodGet, "webhook/"+results[3].ID, w.member, ""); events.Status != http.StatusForbidden {
		t.Errorf("%s answers %d to a member without a right", events.call, events.Status)
	}
	w.operate(t, w.member, batch("never")...).want(t, http.StatusForbidden, "CreatePermission Denied")

	// Who may make workspaces in a project and nothing else: what he makes he may not fill.
	team := w.team(t, "makers", `{}`, "mia")
	w.tfe(t, http.MethodPost, "team-projects", w.owner, fmt.Sprintf(`{"data":{"type":"team-projects","attributes":{"access":"custom","project-access":{"settings":"read"},"workspace-access":{"create":true,"variables":"none"}},
		"relationships":{"team":{"data":{"type":"teams","id":%q}},"project":{"data":{"type":"projects","id":%q}}}}}`, team, w.project)).want(t, http.StatusCreated)
	space := add(org+"/workspace", "workspace", map[string]any{"name": "mine", "source": "empty", "branch": "main", "terraformVersion": "1.9.0"}, `,"lid":"w"`)
	fill := add(org+"/workspace/w/variable", "variable", map[string]any{"key": "k", "category": "ENV"}, "")
	w.operate(t, w.member, space, fill).want(t, http.StatusForbidden, "CreatePermission Denied")
	w.operate(t, w.member, space).want(t, http.StatusOK)
}

func TestOperationsLeaveAuditEvents(t *testing.T) {
	t.Parallel()
	w := start(t)
	org := "/organization/" + w.org
	events := func() string {
		return w.Call(t, http.MethodGet, "/admin/v1/audit-events", w.ServiceToken(t, "auditor-"+t.Name(), "audit"), "").Body
	}
	w.operate(t, w.owner, add(org+"/template", "template", map[string]any{"name": "done"}, "")).want(t, http.StatusOK)
	w.operate(t, w.owner, add(org+"/template", "template", map[string]any{"name": "undone"}, ""), add("/organization/"+w.otherOrg+"/template", "template", map[string]any{"name": "x"}, "")).want(t, http.StatusForbidden)
	w.operate(t, w.member, add(org+"/template", "template", map[string]any{"name": "tried"}, "")).want(t, http.StatusForbidden)
	w.call(t, http.MethodPost, org[1:]+"/template", w.member, document(t, "template", "", map[string]any{"name": "x"}, "")).want(t, http.StatusForbidden)
	got := events()
	for what, times := range map[string]int{`"template.create"`: 1, "undone": 0, `"organization.manage_templates"`: 2} {
		if n := strings.Count(got, what); n != times {
			t.Errorf("%s stands %d times in the audit events, want %d", what, n, times)
		}
	}
}

func TestOperationsThatAreNoSuchDocument(t *testing.T) {
	t.Parallel()
	w := start(t)
	good := `{"atomic:operations":[` + add("/organization/"+w.org+"/ssh", "ssh", map[string]any{"name": "one"}, "") + `]}`
	for media, status := range map[string]int{"text/plain": 415, mediaType + `;ext="https://example.com/other"`: 415, "": 415} {
		w.call(t, http.MethodPost, "operations", w.owner, good, "Content-Type", media).want(t, status)
	}
	w.call(t, http.MethodPost, "operations", "", good, "Content-Type", atomic).want(t, http.StatusUnauthorized)
	for i, media := range []string{"application/json", mediaType, atomic} {
		body := strings.ReplaceAll(good, `"one"`, fmt.Sprintf(`"key-%d"`, i))
		w.call(t, http.MethodPost, "operations", w.owner, body, "Content-Type", media).want(t, http.StatusOK)
	}
	many := strings.Repeat(`{"op":"add"},`, 100) + `{"op":"add"}`
	for _, body := range []string{`{}`, `[]`, `{"atomic:operations":[]}`, `{"atomic:operations":{}}`, `{"atomic:operations":[1]}`, `{"atomic:operations":[null]}`, `{"atomic:operations":[` + many + `]}`, `{"atomic:operations":`} {
		w.call(t, http.MethodPost, "operations", w.owner, body, "Content-Type", atomic).want(t, http.StatusBadRequest)
	}
	w.call(t, http.MethodGet, "operations", w.owner, "").want(t, http.StatusMethodNotAllowed)
}
