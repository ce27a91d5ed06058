package protocol_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// badEndpoints returns the endpoints of this API that want a credential. A new one is tested as soon as it is there.
func (f *badFixture) badEndpoints() []endpoint.Endpoint {
	return slices.DeleteFunc(f.Endpoints(), func(e endpoint.Endpoint) bool {
		// Subscriptions and feature sets are there in HCP Terraform only; sources of sync, and plans, where they are configured,
		// and package directory asks those everything that is asked here.
		return strings.HasPrefix(e.Path, "/api/v2/admin/sync-") || !strings.HasPrefix(e.Path, "/api/v2/") || e.Needs.IsPublic() || strings.HasSuffix(e.Path, "/subscription") || strings.HasSuffix(e.Path, "/feature-sets")
	})
}

// badPath returns a path with parts of the fixture for its parameters, but for one of them what is given.
func badPath(path, parameter, value string) string {
	if parameter != "" {
		path = strings.Replace(path, parameter, value, 1)
	}
	path = strings.NewReplacer(
		"/users/:id", "/users/<owner>", "/teams/:id", "/teams/<devs>", "/organization-memberships/:id", "/organization-memberships/<member-ou>",
		"/authentication-tokens/:id", "/authentication-tokens/<user-token>", "/scim-tokens/:id", "/scim-tokens/<scim-token>", "/admin/workspaces/:id", "/admin/workspaces/<web>",
		"/team-workspaces/:access", "/team-workspaces/<tws>", "/team-projects/:access", "/team-projects/<tprj>",
		"/service-accounts/:account", "/service-accounts/<account>", ":role", "<role>", ":grant", "<grant>", ":group", "<group>", ":link", "<link>", ":request", "<request>", ":permission", "workspace.read",
		":action", "suspend", ":tag", "<blue>", ":pool", "<pool>", ":stack", "<net>", ":team", "<devs>", ":project", "<apps>", ":organization", "acme",
	).Replace(path)
	if strings.HasPrefix(path, "/api/v2/organizations/") {
		return strings.ReplaceAll(path, ":workspace", "web")
	}
	return strings.ReplaceAll(path, ":workspace", "<web>")
}

// badCaller returns who may do everything at an endpoint.
func badCaller(e endpoint.Endpoint) string {
	switch {
	case strings.Contains(e.Path, "/admin/"):
		return "admin"
	case strings.HasSuffix(e.Path, "/audit-trail"):
		return "org-token"
	}
	return "owner"
}

// What a request of an endpoint holds.
const (
	holdsNothing    = "nothing"
	holdsResource   = "a resource"
	holdsReferences = "a list of resource identifiers"
	holdsEither     = "a resource or its attributes"
)

func holds(e endpoint.Endpoint) string {
	ends := func(suffixes ...string) bool {
		return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(e.Path, s) })
	}
	switch {
	case e.Method == http.MethodGet:
		return holdsNothing
	case ends("/actions/lock"):
		return holdsEither
	case strings.Contains(e.Path, "/actions/"):
		return holdsNothing
	case ends("/relationships/users", "/relationships/organization-memberships", "/relationships/workspaces", "/relationships/tags",
		"/relationships/remote-state-consumers", "/relationships/module-consumers", "/relationships/permissions", "/relationships/members", "/tag-bindings"):
		return holdsReferences
	case e.Method == http.MethodDelete && ends("/tags", "/team-tokens"):
		return holdsReferences
	case e.Method == http.MethodDelete:
		return holdsNothing
	}
	return holdsResource
}

// answers fails the test unless an answer has a status and these faults.
func (a badAnswer) answers(t *testing.T, what string, status int, faults ...string) {
	t.Helper()
	got := a.faults(t)
	if diff := cmp.Diff(faults, got); diff != "" || a.status != status {
		t.Errorf("%s: status %d, want %d, faults -want +got\n%s", what, a.status, status, diff)
	}
}

// TestNoEndpointTakesWhatIsNoDocument sends every kind of wrong body to every endpoint that takes one.
func TestNoEndpointTakesWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	f := newBadFixture(t)
	const resource, references = "/data | invalid attribute | Data must be a resource object", "/data | invalid attribute | Data must be a list of resource identifiers"
	notJSON, notOne := "bad request | the body is not valid JSON", "bad request | the body must be a JSON:API document"
	bodies := []struct {
		what, body string
		status     int
		faults     map[string]string // by what the endpoint wants; "": whatever it does
	}{
		{"nothing", "", 400, map[string]string{"": notJSON, holdsEither: "-"}},
		{"half an object", `{"data":`, 400, map[string]string{"": notJSON}},
		{"two values", `{"data":{}} {}`, 400, map[string]string{"": "bad request | the body holds more than one JSON value"}},
		{"a form", `name=acme&email=a%40example.com`, 400, map[string]string{"": notJSON}},
		{"a name twice", `{"data":{},"data":{}}`, 400, map[string]string{"": notJSON}},
		{"letters that are none", "{\"data\":{\"id\":\"\xff\"}}", 400, map[string]string{"": notJSON}},
		{"half a letter", `{"data":{"id":"\ud800"}}`, 400, map[string]string{"": notJSON}},
		{"a null character", `{"data":{"attributes":{"name":"a\u0000b"}}}`, 400, map[string]string{"": "bad request | the body must not contain null characters"}},
		{"a hundred objects in each other", `<{"data":*100>1<}*100>`, 400, map[string]string{"": "bad request | the body is nested more than 32 deep"}},
		{"a hundred lists in each other", `{"data":<[*100><]*100>}`, 400, map[string]string{"": "bad request | the body is nested more than 32 deep"}},
		{"a list", `[]`, 400, map[string]string{"": notOne, holdsEither: "bad request | the body must be a JSON object"}},
		{"a text", `"data"`, 400, map[string]string{"": notOne, holdsEither: "bad request | the body must be a JSON object"}},
		{"a number", `7`, 400, map[string]string{"": notOne, holdsEither: "bad request | the body must be a JSON object"}},
		{"two mebibytes", `{"data":{"attributes":{"name":"<x*2097152>"}}}`, 413, map[string]string{"": "request entity too large | the body is larger than 1048576 bytes"}},
		{"no data", `{"meta":{}}`, 422, map[string]string{"": "/data | invalid attribute | Data is missing", holdsEither: "-"}},
		{"null for data", `{"data":null}`, 422, map[string]string{"": "/data | invalid attribute | Data is missing"}},
		{"a text for data", `{"data":"acme"}`, 422, map[string]string{"": resource, holdsReferences: "/data | invalid attribute | Data must be a resource identifier"}},
		{"a list for a resource", `{"data":[]}`, 422, map[string]string{"": resource, holdsReferences: "-"}},
		{"an object for a list", `{"data":{}}`, 422, map[string]string{holdsReferences: references}},
		{"numbers for identifiers", `{"data":[7,"x"]}`, 422, map[string]string{"": resource, holdsReferences: "/data/0 | invalid attribute | must be a resource identifier\n/data/1 | invalid attribute | must be a resource identifier"}},
		{"a number for an id", `{"data":{"id":7}}`, 422, map[string]string{"": "/data/id | invalid attribute | Id must be a string"}},
		{"a list for attributes", `{"data":{"attributes":[]}}`, 422, map[string]string{"": "/data/attributes | invalid attribute | Attributes must be an object"}},
		{"a list for relationships", `{"data":{"relationships":[]}}`, 422, map[string]string{holdsResource: "/data/relationships | invalid attribute | Relationships must be an object"}},
		{"texts for relationships", `{"data":{"relationships":{"b/~":{"data":"x"},"a":{"data":7}}}}`, 422, map[string]string{holdsResource: "/data/relationships/a/data | invalid attribute | Data must be a resource identifier\n/data/relationships/b~1~0/data | invalid attribute | Data must be a resource identifier"}},
		{"a number for a type", `{"data":{"type":7}}`, 422, map[string]string{"": "/data/type | invalid attribute | Type must be a string"}},
		{"more identifiers than anybody has", `{"data":[{"id":"x"}<,{"id":"x"}*1000>]}`, 422, map[string]string{holdsReferences: "/data | invalid attribute | Data must not hold more than 1000 resource identifiers"}},
	}
	before, n := f.snapshot(t), 0
	for _, e := range f.badEndpoints() {
		if holds(e) == holdsNothing {
			continue
		}
		ask := func(body string, header ...string) badAnswer {
			n++
			return f.ask(t, badCaller(e), e.Method, badPath(e.Path, "", ""), body, header...)
		}
		at := e.Method + " " + e.Path
		for _, b := range bodies {
			want, ok := b.faults[holds(e)]
			if !ok {
				want = b.faults[""]
			}
			if want == "" || want == "-" {
				continue
			}
			ask(b.body).answers(t, at+": "+b.what, b.status, strings.Split(want, "\n")...)
		}
		for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/vnd.api+json2", "application/octet-stream", "multipart/form-data; boundary=x", ";"} {
			ask(`{"data":{}}`, "Content-Type", media).answers(t, at+" as "+media, http.StatusUnsupportedMediaType, "unsupported media type | the content type must be application/vnd.api+json")
		}
		for _, who := range []string{nobody, somebody} {
			n++
			f.ask(t, who, e.Method, badPath(e.Path, "", ""), `{`).answers(t, at+" by "+who, http.StatusUnauthorized, "unauthorized")
		}
	}
	f.unchanged(t, before)
	t.Logf("%d bad requests", n)
}

// TestNoReaderGetsWhatItDidNotAskFor asks every endpoint that can be read for pages, orders and related resources that
// there are none of.
func TestNoReaderGetsWhatItDidNotAskFor(t *testing.T) {
	t.Parallel()
	f := newBadFixture(t)
	const range1 = " must be a whole number from 1 to 1048576"
	n := 0
	for _, e := range f.badEndpoints() {
		if e.Method != http.MethodGet {
			continue
		}
		base := url.Values{}
		switch {
		case strings.HasSuffix(e.Path, "/team-workspaces"):
			base.Set("filter[workspace][id]", f.ids["web"])
		case strings.HasSuffix(e.Path, "/team-projects"):
			base.Set("filter[project][id]", f.ids["apps"])
		}
		ask := func(query string) badAnswer {
			n++
			return f.ask(t, badCaller(e), e.Method, badPath(e.Path, "", "")+"?"+base.Encode()+"&"+query, "")
		}
		at := e.Method + " " + e.Path
		if plain := ask(""); plain.status != http.StatusOK {
			t.Errorf("%s: %d %s", at, plain.status, plain.body)
		}
		for _, bad := range []string{"include", "sort"} {
			a := ask(bad + "=bogus")
			got := a.faults(t)
			if a.status != http.StatusBadRequest || len(got) != 1 || !strings.HasPrefix(got[0], "?"+bad+" | bad request | ") {
				t.Errorf("%s?%s=bogus: %d %v", at, bad, a.status, got)
			} else if bad == "include" && !strings.Contains(got[0], "include parameter") {
				t.Errorf("%s: %q lacks the words that clients know the refusal by", at, got[0])
			}
		}
		for _, bad := range []string{"q=%00", "q=%ff", "filter[names]=a,%00", "search[name]=%c3", "page[size]=%00"} {
			name, _, _ := strings.Cut(bad, "=")
			ask(bad).answers(t, at+"?"+bad, http.StatusBadRequest, "?"+name+" | bad request | "+name+" must be UTF-8 without null characters")
		}
		ask("%ff=1").answers(t, at+"?%ff=1", http.StatusBadRequest, "bad request | the name of a parameter must be UTF-8 without null characters")
		if !paged(ask("page[size]=1").body) {
			continue
		}
		for _, bad := range []string{"0", "-1", "x", "1e9", "1000000000", "1048577", "99999999999999999999", "1.5", "+", "%201", "١"} {
			ask("page[number]="+bad).answers(t, at+" page "+bad, http.StatusBadRequest, "?page[number] | bad request | page[number]"+range1)
			ask("page[size]="+bad).answers(t, at+" size "+bad, http.StatusBadRequest, "?page[size] | bad request | page[size]"+range1)
		}
		ask("page[size]=x&page[number]=x").answers(t, at+" both", http.StatusBadRequest, "?page[number] | bad request | page[number]"+range1, "?page[size] | bad request | page[size]"+range1)
		for _, good := range []string{"page[number]=1048576&page[size]=1048576", "page[number]=", "q=%25_%5C%27%22", "q=<x*20000>", "filter[names]=<x,*20000>", "page[number][x]=1"} {
			if a := ask(good); a.status != http.StatusOK {
				t.Errorf("%s?%s: %d %s", at, good, a.status, a.body)
			}
		}
	}
	t.Logf("%d requests", n)
}

// paged reports whether an answer is one item long because a page of one was asked for.
func paged(body string) bool {
	return regexp.MustCompile(`"page[-_]size":1\b|"total_pages"`).MatchString(body) && !strings.Contains(body, `"type":"organization-token-ttl-policies"`) && !strings.Contains(body, "tag-bindings?")
}

// TestWhatIsNotThereIsNotFound names things that are not there, of another kind or in another organization, at every
// endpoint, with every method and all the right to do so.
func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	f := newBadFixture(t)
	before, n := f.snapshot(t), 0
	for _, e := range f.badEndpoints() {
		for _, parameter := range regexp.MustCompile(`:[a-z]+`).FindAllString(e.Path, -1) {
			wrong := []string{
				"", "-", "*", ".", "%2e%2e", "%2F", "%00", "%ff", "%0a", "a%20b", "a%23b", "%C3%A9", "%7C", "1", "null", "undefined", "<x*300>", "<x*5000>", "ws-", "nobody",
				"ws-1111111111111111", "team-1111111111111111", "org-1111111111111111", "prj-1111111111111111", "user-1111111111111111", "at-1111111111111111",
				"<invited>-", "<tprj>x",
			}
			for _, kind := range []string{"outsider", "blue", "net", "tws", "tprj", "invited", "other-web", "other-devs", "other-apps", "other-net", "other-pool", "other-tws", "other-token", "other-id"} {
				if !badKin(parameter, e.Path, kind) {
					wrong = append(wrong, "<"+kind+">")
				}
			}
			for _, value := range wrong {
				if strings.HasSuffix(e.Path, "/teams/:id/authentication-tokens") && value == "" {
					continue
				}
				n++
				a := f.ask(t, badCaller(e), e.Method, badPath(e.Path, parameter, value), badBody(e))
				a.answers(t, e.Method+" "+e.Path+" with "+value+" for "+parameter, http.StatusNotFound, "not found")
			}
		}
	}
	f.unchanged(t, before)
	t.Logf("%d bad requests", n)
}

// badKin reports whether a thing of the fixture may stand for a parameter, for whom badCaller returns.
func badKin(parameter, path, kind string) bool {
	admin := strings.Contains(path, "/admin/")
	switch parameter {
	case ":organization":
		return admin && kind == "other-id"
	case ":team":
		return admin && kind == "other-devs"
	case ":tag":
		return kind == "blue"
	case ":stack":
		return kind == "net"
	case ":grant":
		return kind == "tws" || kind == "tprj"
	case ":access":
		return kind == "tws" && strings.Contains(path, "/team-workspaces/") || kind == "tprj" && strings.Contains(path, "/team-projects/")
	case ":id":
		return admin && (kind == "outsider" || kind == "other-web") || kind == "invited" && strings.Contains(path, "/organization-memberships/")
	}
	return false
}

// badBody returns a body that an endpoint understands.
func badBody(e endpoint.Endpoint) string {
	switch {
	case holds(e) == holdsReferences:
		return `{"data":[]}`
	case strings.HasSuffix(e.Path, "/data-retention-policy"):
		return `{"data":{"type":"data-retention-policy-dont-deletes"}}`
	case e.Method == http.MethodGet:
		return ""
	}
	return `{"data":{"attributes":{"name":"new","email":"new@example.com"}}}`
}

// TestWhereThereIsNoEndpoint asks for paths and methods that there are none of.
func TestWhereThereIsNoEndpoint(t *testing.T) {
	t.Parallel()
	f := newBadFixture(t)
	methods := map[string][]string{}
	for _, e := range f.badEndpoints() {
		methods[e.Path] = append(methods[e.Path], e.Method)
	}
	n := 0
	for path, has := range methods {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, "PROPFIND"} {
			if slices.Contains(has, method) || strings.HasSuffix(path, "/:action") || strings.HasSuffix(path, "/disable_two_factor") {
				continue
			}
			for _, who := range []string{"owner", nobody} {
				n++
				f.ask(t, who, method, badPath(path, "", ""), `{"data":{}}`).answers(t, method+" "+path+" by "+who, http.StatusMethodNotAllowed, "method not allowed")
			}
		}
	}
	for _, path := range []string{
		"/api/v2", "/api/v2/", "/api/v2/nothing", "/api/v2/organizations/acme/nothing", "/api/v2/organizations/acme/teams/<devs>", "/api/v2/workspaces", "/api/v2/teams",
		"/api/v2/runs/run-1", "/api/v2/workspaces/<web>/runs", "/api/v2/workspaces/<web>/vars", "/api/v2//organizations", "/api/v2/organizations/acme/",
		"/api/v2/../v2/organizations", "/api/v3", "/api", "/api/v2/Organizations", "/api/v2/organizations.json", "/api/v2/organizations/acme/%2e%2e/other", "/api/v2/ping/x",
	} {
		for _, who := range []string{"owner", somebody, nobody} {
			n++
			f.ask(t, who, http.MethodGet, path, "").answers(t, path+" by "+who, http.StatusNotFound, "not found")
		}
	}
	t.Logf("%d bad requests", n)
}
