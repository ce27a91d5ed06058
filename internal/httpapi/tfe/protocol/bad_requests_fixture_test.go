package protocol_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// badFixture is a service with an organization, acme, that has one of everything, and another one, other, beside it. Bad
// requests name what is in it in angle brackets: <devs> is the id of a team.
type badFixture struct {
	*testkit.Running
	ids    map[string]string
	tokens map[string]string // by who has them; those of tokens alone by the names of these
}

// badPeople are those who make bad requests, beside the site admin: an owner of acme, a member who is in a team, a
// stranger who owns the other organization, an outsider of both, and tokens that are nobody's own. Nobody sends no
// credential, and somebody one that there is none of.
const (
	nobody   = "nobody"
	somebody = "somebody"
)

func newBadFixture(t *testing.T) *badFixture {
	t.Helper()
	r := testkit.App(t)
	f := &badFixture{Running: r, ids: map[string]string{}, tokens: map[string]string{
		"admin": r.SiteToken, nobody: "", somebody: "twn_user_0000000000000000000000000000000000000000",
	}}
	for _, who := range []string{"owner", "member", "stranger", "outsider"} {
		f.tokens[who] = f.UserToken(t, who)
	}
	for _, who := range []string{"admin", "owner", "member", "stranger", "outsider"} {
		f.ids[who] = f.idIn(t, who, "account/details", "")
	}
	f.addOrganization(t, "owner", "acme")
	f.addPlaces(t, "owner", "acme", "")
	f.addBelongings(t)
	f.addAccess(t)
	f.addTokens(t)
	f.addOwn(t)
	f.must(t, "admin", http.MethodPatch, "admin/scim-settings", `{"data":{"type":"scim-settings","attributes":{"enabled":true}}}`)
	f.add(t, "admin", "scim-token", "admin/scim-tokens", `{"description":"a directory"}`)
	f.addOrganization(t, "stranger", "other")
	f.addPlaces(t, "stranger", "other", "other-")
	f.add(t, "stranger", "other-pool", "organizations/other/agent-pools", `{"name":"pool"}`)
	f.add(t, "stranger", "other-tws", "team-workspaces", `{"access":"read"}`, `"team":{"data":{"type":"teams","id":"<other-devs>"}}`, `"workspace":{"data":{"type":"workspaces","id":"<other-web>"}}`)
	return f
}

// add creates something of attributes and relationships, and keeps its id under a name.
func (f *badFixture) add(t *testing.T, who, name, path, attributes string, relationships ...string) {
	t.Helper()
	body := `{"data":{"attributes":` + attributes + `,"relationships":{` + strings.Join(relationships, ",") + `}}}`
	var made struct {
		Data struct {
			ID         string `json:"id"`
			Attributes struct {
				ExternalID string `json:"external-id"`
				Token      string `json:"token"`
			} `json:"attributes"`
			Relationships struct {
				DefaultProject struct {
					Data struct {
						ID string `json:"id"`
					} `json:"data"`
				} `json:"default-project"`
			} `json:"relationships"`
		} `json:"data"`
	}
	f.must(t, who, http.MethodPost, path, body).Decode(t, &made)
	f.ids[name] = made.Data.ID
	if a := made.Data.Attributes; a.ExternalID != "" {
		f.ids[name+"-id"], f.ids[name+"-default"] = a.ExternalID, made.Data.Relationships.DefaultProject.Data.ID
	} else if a.Token != "" {
		f.tokens[name] = a.Token
	}
}

func (f *badFixture) addOrganization(t *testing.T, who, name string) {
	t.Helper()
	f.add(t, who, name, "organizations", `{"name":"`+name+`","email":"`+who+`@example.com"}`)
	f.ids[name+"-owners"] = f.idIn(t, who, "organizations/"+name+"/teams?filter[names]=owners", "")
}

// addPlaces adds teams, projects, workspaces and a stack.
func (f *badFixture) addPlaces(t *testing.T, who, organization, prefix string) {
	t.Helper()
	in := "organizations/" + organization + "/"
	f.add(t, who, prefix+"devs", in+"teams", `{"name":"devs","visibility":"organization"}`)
	f.add(t, who, prefix+"apps", in+"projects", `{"name":"apps"}`)
	f.add(t, who, prefix+"web", in+"workspaces", `{"name":"web"}`, `"project":{"data":{"type":"projects","id":"<`+prefix+`apps>"}}`)
	f.add(t, who, prefix+"net", "stacks", `{"name":"net"}`, `"project":{"data":{"type":"projects","id":"<`+prefix+`apps>"}}`)
}

// addBelongings adds what acme's workspaces, projects and teams have.
func (f *badFixture) addBelongings(t *testing.T) {
	t.Helper()
	f.add(t, "owner", "hidden", "organizations/acme/teams", `{"name":"hidden","visibility":"secret","organization-access":{"manage-membership":true}}`)
	f.add(t, "owner", "empty", "organizations/acme/projects", `{"name":"empty","description":"nothing in it"}`)
	f.add(t, "owner", "api", "organizations/acme/workspaces", `{"name":"api"}`)
	f.add(t, "owner", "locked", "organizations/acme/workspaces", `{"name":"locked"}`)
	f.add(t, "owner", "pool", "organizations/acme/agent-pools", `{"name":"pool"}`)
	f.add(t, "owner", "own-pool", "organizations/acme/agent-pools", `{"name":"own-pool","organization-scoped":false}`, `"allowed-workspaces":{"data":[{"type":"workspaces","id":"<api>"}]}`)
	f.put(t, "workspaces/<locked>/actions/lock", `{"data":{"attributes":{"reason":"maintenance"}}}`)
	f.put(t, "workspaces/<web>/relationships/tags", `{"data":[{"type":"tags","attributes":{"name":"blue"}},{"type":"tags","attributes":{"name":"green"}}]}`)
	f.put(t, "workspaces/<web>/relationships/remote-state-consumers", `{"data":[{"type":"workspaces","id":"<api>"}]}`)
	f.put(t, "organizations/acme/relationships/data-retention-policy", `{"data":{"type":"data-retention-policy-delete-olders","attributes":{"delete-older-than-n-days":30}}}`)
	f.put(t, "workspaces/<web>/relationships/data-retention-policy", `{"data":{"type":"data-retention-policy-dont-deletes"}}`)
	for _, place := range []string{"projects/<apps>", "workspaces/<web>"} {
		f.must(t, "owner", http.MethodPatch, place+"/tag-bindings", `{"data":[{"type":"tag-bindings","attributes":{"key":"env","value":"prod"}}]}`)
	}
	f.ids["blue"] = f.idIn(t, "owner", "organizations/acme/tags?q=blue", "")
}

// put is a POST of the owner of which nothing needs to be known afterwards.
func (f *badFixture) put(t *testing.T, path, body string) {
	t.Helper()
	f.must(t, "owner", http.MethodPost, path, body)
}

// must makes a request that succeeds.
func (f *badFixture) must(t *testing.T, who, method, path, body string) testkit.Reply {
	t.Helper()
	reply := f.Call(t, method, "/api/v2/"+f.fill(path), f.tokens[who], f.fill(body), "Content-Type", "application/vnd.api+json")
	if reply.Status >= http.StatusBadRequest {
		t.Fatalf("%s: %s %s: %d %s", who, method, path, reply.Status, reply.Body)
	}
	return reply
}

// idIn returns the id of the first resource in an answer that has an id of a person in it, or of the first of all.
func (f *badFixture) idIn(t *testing.T, who, path, person string) string {
	t.Helper()
	var d struct{ Data json.RawMessage }
	f.must(t, who, http.MethodGet, path, "").Decode(t, &d)
	if d.Data[0] == '{' {
		d.Data = append(append(json.RawMessage{'['}, d.Data...), ']')
	}
	var all []json.RawMessage
	if err := json.Unmarshal(d.Data, &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all {
		var one struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &one); err == nil && strings.Contains(string(raw), person) {
			return one.ID
		}
	}
	t.Fatalf("%s: %s is not in %s", path, person, d.Data)
	return ""
}

// addAccess lets people into acme and gives a team something to do there.
func (f *badFixture) addAccess(t *testing.T) {
	t.Helper()
	f.put(t, "teams/<devs>/relationships/users", `{"data":[{"type":"users","id":"member"}]}`)
	f.add(t, "owner", "invited", "organizations/acme/organization-memberships", `{"email":"invited@example.com"}`, `"teams":{"data":[{"type":"teams","id":"<devs>"}]}`)
	f.add(t, "owner", "tws", "team-workspaces", `{"access":"write"}`, `"team":{"data":{"type":"teams","id":"<devs>"}}`, `"workspace":{"data":{"type":"workspaces","id":"<web>"}}`)
	f.add(t, "owner", "tprj", "team-projects", `{"access":"custom","project-access":{"settings":"read"}}`, `"team":{"data":{"type":"teams","id":"<devs>"}}`, `"project":{"data":{"type":"projects","id":"<apps>"}}`)
	for _, who := range []string{"member", "owner"} {
		f.ids[who+"-ou"] = f.idIn(t, "owner", "organizations/acme/organization-memberships", f.ids[who])
	}
}

// addTokens adds a token of every kind. Its name is also who makes requests with it.
func (f *badFixture) addTokens(t *testing.T) {
	t.Helper()
	f.add(t, "owner", "team-token", "teams/<devs>/authentication-token", `{}`)
	f.add(t, "owner", "named-token", "teams/<devs>/authentication-tokens", `{"description":"ci"}`)
	f.add(t, "owner", "org-token", "organizations/acme/authentication-token", `{}`)
	f.add(t, "owner", "audit-token", "organizations/acme/authentication-token?token=audit-trails", `{}`)
	f.add(t, "owner", "user-token", "users/<owner>/authentication-tokens", `{"description":"laptop"}`)
	f.add(t, "stranger", "other-token", "users/<stranger>/authentication-tokens", `{"description":"laptop"}`)
	f.must(t, "admin", http.MethodPatch, "admin/organizations/acme", `{"data":{"attributes":{"workspace-limit":100}}}`)
	f.must(t, "owner", http.MethodPatch, "organizations/acme/token-ttl-policies", `{"data":{"attributes":{"token-ttl-policies":[{"token-type":"team","max-ttl-ms":864000000000}]}}}`)
}

// addOwn adds what is at this API's paths and not of its vendor.
func (f *badFixture) addOwn(t *testing.T) {
	t.Helper()
	const in = "organizations/acme/"
	f.add(t, "owner", "role", in+"roles", `{"name":"deployer","permissions":["workspace.read"]}`)
	f.add(t, "admin", "group", "admin/groups", `{"name":"crew"}`)
	f.add(t, "owner", "link", in+"group-links", `{}`, `"group":{"data":{"type":"groups","id":"<group>"}}`, `"team":{"data":{"type":"teams","id":"<devs>"}}`)
	f.add(t, "admin", "account", "admin/service-accounts", `{"name":"robot"}`)
	f.add(t, "owner", "grant", in+"grants", `{}`, `"role":{"data":{"type":"roles","id":"<role>"}}`, `"holder":{"data":{"type":"service-accounts","id":"<account>"}}`, `"scope":{"data":{"type":"organizations","id":"acme"}}`)
	f.add(t, "member", "request", in+"access-requests", `{"reason":"maintenance"}`, `"role":{"data":{"type":"roles","id":"<role>"}}`, `"scope":{"data":{"type":"workspaces","id":"<web>"}}`)
}

// fill puts ids in place of their names: <devs> is the id of the team devs, and <x*300> three hundred x.
func (f *badFixture) fill(text string) string {
	text = regexp.MustCompile(`<([^<>]+?)\*(\d+)>`).ReplaceAllStringFunc(text, func(s string) string {
		what, times, _ := strings.Cut(s[1:len(s)-1], "*")
		n, err := strconv.Atoi(times)
		if err != nil {
			return s
		}
		return strings.Repeat(what, n)
	})
	return regexp.MustCompile(`<([a-z-]+)>`).ReplaceAllStringFunc(text, func(s string) string {
		if id, ok := f.ids[s[1:len(s)-1]]; ok {
			return id
		}
		return s
	})
}

// ask sends a bad request.
func (f *badFixture) ask(t *testing.T, who, method, path, body string, header ...string) badAnswer {
	t.Helper()
	credential, known := f.tokens[who]
	if !known {
		t.Fatalf("there is no %s", who)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/api/v2/" + path
	}
	header = append([]string{"Content-Type", "application/vnd.api+json"}, header...)
	reply := f.Call(t, method, f.fill(path), credential, f.fill(body), header...)
	return badAnswer{reply.Status, reply.Header, reply.Body}
}

// badAnswer is what came back.
type badAnswer struct {
	status int
	header http.Header
	body   string
}

// badError is an error object.
type badError struct {
	Status string `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Source struct {
		Pointer   string `json:"pointer"`
		Parameter string `json:"parameter"`
	} `json:"source"`
}

// faults returns the error objects of an answer, each as "place | title | detail", and fails the test where a refusal is
// anything else than a document of errors.
func (a badAnswer) faults(t *testing.T) []string {
	t.Helper()
	if a.status >= http.StatusInternalServerError {
		t.Errorf("the answer is %d %s", a.status, a.body)
	}
	if a.status < http.StatusBadRequest {
		return nil
	}
	if got := a.header.Get("Content-Type"); got != "application/vnd.api+json" {
		t.Errorf("a refusal of type %q", got)
	}
	if got, want := a.header.Get("WWW-Authenticate") != "", a.status == http.StatusUnauthorized; got != want {
		t.Errorf("%d, and it asks for a credential: %t", a.status, got)
	}
	var d struct {
		Errors []badError `json:"errors"`
	}
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil || len(d.Errors) == 0 {
		t.Fatalf("%d %q is no document of errors: %v", a.status, a.body, err)
	}
	var out []string
	for _, e := range d.Errors {
		if e.Status != strconv.Itoa(a.status) {
			t.Errorf("an error of status %q in an answer of %d", e.Status, a.status)
		}
		line := []string{e.Source.Pointer, e.Title}
		if e.Source.Parameter != "" {
			line[0] = "?" + e.Source.Parameter
		}
		if e.Detail != "" {
			line = append(line, e.Detail)
		}
		out = append(out, strings.TrimPrefix(strings.Join(line, " | "), " | "))
	}
	return out
}

// snapshot is all there is to see, as it is seen.
func (f *badFixture) snapshot(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	see := func(who string, paths ...string) {
		for _, path := range paths {
			reply := f.Call(t, http.MethodGet, f.fill(path), f.tokens[who], "")
			if reply.Status != http.StatusOK {
				t.Fatalf("%s reads %s: %d %s", who, path, reply.Status, reply.Body)
			}
			out[path] = regexp.MustCompile(`,?"last[-_]used[-_]at":(null|"[^"]*")`).ReplaceAllString(reply.Body, "")
		}
	}
	for organization, who := range map[string]string{"acme": "owner", "other": "stranger"} {
		in := "/api/v2/organizations/" + organization
		see(who, in, in+"/teams?include=users,organization-memberships&page[size]=100", in+"/organization-memberships?include=user,teams&page[size]=100",
			in+"/projects?include=effective_tag_bindings&page[size]=100", in+"/workspaces?include=effective_tag_bindings&page[size]=100",
			in+"/stacks?page[size]=100", in+"/tags?page[size]=100", in+"/agent-pools?page[size]=100", in+"/team-tokens?page[size]=100", in+"/token-ttl-policies",
			"/api/v2/users/<"+who+">/authentication-tokens", "/api/v2/team-workspaces?filter[workspace][id]=<"+map[string]string{"acme": "", "other": "other-"}[organization]+"web>")
	}
	see("owner", "/api/v2/organizations/acme/authentication-token", "/api/v2/organizations/acme/authentication-token?token=audit-trails",
		"/api/v2/organizations/acme/relationships/data-retention-policy", "/api/v2/workspaces/<web>/relationships/data-retention-policy",
		"/api/v2/workspaces/<web>/relationships/remote-state-consumers", "/api/v2/workspaces/<web>/relationships/tags", "/api/v2/team-projects?filter[project][id]=<apps>",
		"/api/v2/account/details")
	see("admin", "/api/v2/admin/users?page[size]=100", "/api/v2/admin/organizations?page[size]=100", "/api/v2/admin/workspaces?page[size]=100",
		"/api/v2/admin/organizations/acme/relationships/module-consumers",
		"/admin/v1/audit-events?outcome=done&limit=1000", "/admin/v1/tokens")
	return out
}

// unchanged fails the test where something is not as it was, was done, or is in the engine and not in the catalog.
func (f *badFixture) unchanged(t *testing.T, before map[string]string) {
	t.Helper()
	if diff := cmp.Diff(before, f.snapshot(t)); diff != "" {
		t.Errorf("refused requests have changed something (-before +after):\n%s", diff)
	}
	reply := f.Call(t, http.MethodPost, "/admin/v1/reconcile?dry-run=true", f.SiteToken, "")
	var drift struct{ Missing, Unexpected []string }
	reply.Decode(t, &drift)
	if reply.Status != http.StatusOK || len(drift.Missing)+len(drift.Unexpected) > 0 {
		t.Errorf("the engine is not what the catalog says: %d %s", reply.Status, reply.Body)
	}
}

// nameIDs is the reverse of fill.
func (f *badFixture) nameIDs(text string) string {
	for name, id := range f.ids {
		if strings.Contains(id, "-") && len(id) > 16 {
			text = strings.ReplaceAll(text, id, "<"+name+">")
		}
	}
	return regexp.MustCompile(`x{50,}`).ReplaceAllStringFunc(text, func(s string) string { return "<x*" + strconv.Itoa(len(s)) + ">" })
}
