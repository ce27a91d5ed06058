package contract_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonapi"
)

// The provider's requests, with the headers it sends: no Accept, and the media type where there is a body.

func (c client) post(t *testing.T, path string, model any) reply {
	t.Helper()
	return c.send(t, call{method: http.MethodPost, path: path, body: encode(t, model), media: jsonapi.MediaType})
}

func (c client) patch(t *testing.T, path string, model any) reply {
	t.Helper()
	return c.send(t, call{method: http.MethodPatch, path: path, body: encode(t, model), media: jsonapi.MediaType})
}

func (c client) get(t *testing.T, path string) reply {
	t.Helper()
	return c.send(t, call{method: http.MethodGet, path: path})
}

func (c client) remove(t *testing.T, path string) reply {
	t.Helper()
	return c.send(t, call{method: http.MethodDelete, path: path, media: jsonapi.MediaType})
}

// create makes an object and returns its id, after the answer has shown it as it was sent.
func create[T any](t *testing.T, c client, path string, sent *T) string {
	t.Helper()
	got := new(T)
	r := c.post(t, path, sent).want(t, http.StatusCreated)
	if media := r.header.Get("Content-Type"); media != jsonapi.MediaType {
		t.Errorf("POST %s answers %q", path, media)
	}
	r.one(t, got)
	same(t, "POST "+path, sent, got)
	if id(got) == "" {
		t.Fatalf("POST %s gives no id: %s", path, r.body)
	}
	return id(got)
}

// same compares what came back with what was sent, ids and secrets apart; of a related object only its id comes back.
func same[T any](t *testing.T, what string, sent, got *T) {
	t.Helper()
	if diff := cmp.Diff(flat(sent), flat(got)); diff != "" {
		t.Errorf("%s (-sent +got):\n%s", what, diff)
	}
}

// flat returns the attributes of a shape by name, and the ids of what it relates to.
func flat(model any) map[string]any {
	out := map[string]any{}
	v := reflect.ValueOf(model).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		parts := strings.Split(field.Tag.Get("jsonapi"), ",")
		switch value := v.Field(i); {
		case parts[0] == "primary", parts[1] == "clientSecret", parts[1] == "privateKey":
		case parts[0] == "relation" && value.IsNil():
			out[parts[1]] = ""
		case parts[0] == "relation":
			out[parts[1]] = id(value.Interface())
		default:
			out[parts[1]] = value.Interface()
		}
	}
	return out
}

// read returns an object as the provider reads it into its state.
func read[T any](t *testing.T, c client, path string) *T {
	t.Helper()
	got := new(T)
	c.get(t, path).want(t, http.StatusOK).one(t, got)
	return got
}

// lifecycle is what the provider does to a resource in its life: it makes it, reads it, finds it by its name with raw and
// with encoded brackets, changes it, reads it again, destroys it and no longer finds it.
func lifecycle[T any](t *testing.T, c client, path, filter string, first, second *T) {
	t.Helper()
	made := create(t, c, path, first)
	one := path + "/" + made
	same(t, "GET "+one, first, read[T](t, c, one))
	if filter != "" {
		typ := strings.Split(reflect.TypeFor[T]().Field(0).Tag.Get("jsonapi"), ",")[1]
		for _, query := range []string{"filter[" + typ + "]=" + strings.ReplaceAll(filter, " ", "%20"), url.QueryEscape("filter["+typ+"]") + "=" + url.QueryEscape(filter)} {
			found := many[T](t, c.get(t, path+"?"+query).want(t, http.StatusOK))
			if len(found) != 1 || id(found[0]) != made {
				t.Errorf("GET %s?%s finds %d", path, query, len(found))
			}
		}
		if others := many[T](t, c.get(t, path+"?filter["+typ+"]="+filter[:strings.Index(filter, "=")]+"==nothing").want(t, http.StatusOK)); len(others) != 0 {
			t.Errorf("GET %s finds %d of another name", path, len(others))
		}
	}
	if all := many[T](t, c.get(t, path).want(t, http.StatusOK)); !contains(all, made) {
		t.Errorf("GET %s lists %d, and not the new one", path, len(all))
	}
	setID(second, made)
	if r := c.patch(t, one, second).want(t, http.StatusNoContent); r.body != "" {
		t.Errorf("PATCH %s answers %q", one, r.body)
	}
	same(t, "GET "+one+" after PATCH", second, read[T](t, c, one))
	c.remove(t, one).want(t, http.StatusNoContent)
	c.get(t, one).want(t, http.StatusNotFound)
	c.remove(t, one).want(t, http.StatusNotFound)
	if all := many[T](t, c.get(t, path).want(t, http.StatusOK)); contains(all, made) {
		t.Errorf("GET %s still lists it", path)
	}
}

func contains[T any](all []*T, wanted string) bool {
	for _, one := range all {
		if id(one) == wanted {
			return true
		}
	}
	return false
}

// estate is an organization that its administrator has made, with a team that lets him work in it.
type estate struct {
	client
	organization string // its id
	o            string // its path
	workspace    string // the path of a workspace
	workspaceID  string
	project      string // the path of a project
	projectID    string
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{client: start(t).person(t, "ada", administrators)}
	e.organization = create(t, e.client, "/api/v1/organization", &organization{Name: "acme", Description: "of tests", ExecutionMode: "remote"})
	e.o = "/api/v1/organization/" + e.organization
	role := "admin"
	create(t, e.client, e.o+"/team", &team{Name: administrators, Role: &role})
	e.projectID = create(t, e.client, e.o+"/project", &project{Name: "core", Description: "first"})
	e.project = e.o + "/project/" + e.projectID
	e.workspaceID = create(t, e.client, e.o+"/workspace", newWorkspace("base"))
	e.workspace = e.o + "/workspace/" + e.workspaceID
	return e
}

func newWorkspace(name string) *workspace {
	return &workspace{
		Name: name, Description: "w", Source: "empty", Branch: "remote-content", Folder: "/", TerraformVersion: "1.11.4",
		IaCType: "terraform", ExecutionMode: "remote", AllowRemoteApply: true,
	}
}

func ptr[T any](v T) *T { return &v }

// TestResourcesOfTheProvider runs the life of every resource that has an ordinary one.
func TestResourcesOfTheProvider(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	c := e.client
	keep := e.o + "/collection/" + create(t, c, e.o+"/collection", &collection{Name: "kept", Description: "of items", Priority: 1})
	issuer := "/api/v1/federated/" + create(t, c, "/api/v1/federated", &federated{Name: "ci", IssuerURL: "https://ci.example", Audience: "ci"})
	git := create(t, c, e.o+"/vcs", &vcs{Name: "git", VcsType: "GITLAB", ConnectionType: "OAUTH", ClientID: "x", ClientSecret: "s", Endpoint: "https://git.example", APIURL: "https://git.example/api", Status: "PENDING"})
	tags := []string{create(t, c, e.o+"/tag", &tag{Name: "blue"}), create(t, c, e.o+"/tag", &tag{Name: "green"})}
	resources := []struct {
		name string
		run  func(t *testing.T, c client)
	}{
		{"team", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/team", "name==devs", &team{Name: "devs", ManageWorkspace: true, ManageState: true, PlanJob: true, ApproveJob: true, ManageJob: true}, &team{Name: "devs", Role: ptr("Plan"), ManageVcs: true})
		}},
		{"team with a role", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/team", "name==ops", &team{Name: "ops", Role: ptr("Admin")}, &team{Name: "ops", ManageModule: true, ManageProvider: true, ManageTemplate: true, ManageCollection: true})
		}},
		{"workspace_access", func(t *testing.T, c client) {
			lifecycle(t, c, e.workspace+"/access", "name==guests", &access{Name: "guests", ManageState: true, PlanJob: true, ManageJob: true}, &access{Name: "guests", Role: ptr("write")})
		}},
		{"project_access", func(t *testing.T, c client) {
			lifecycle(t, c, e.project+"/projectAccess", "name==guests", &projectAccess{Name: "guests", Role: ptr("read")}, &projectAccess{Name: "guests", ManageWorkspace: true, ApproveJob: true, ManageJob: true})
		}},
		{"project", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/project", "name==edge", &project{Name: "edge", Description: "a"}, &project{Name: "edge", Description: "b"})
		}},
		{"workspace_variable", func(t *testing.T, c client) {
			lifecycle(t, c, e.workspace+"/variable", "key==region", &variable{Key: "region", Value: "eu", Description: "d", Category: "TERRAFORM", Sensitive: ptr(false), Hcl: ptr(false)}, &variable{Key: "region", Value: "us", Category: "ENV", Sensitive: ptr(false), Hcl: ptr(true)})
		}},
		{"workspace_tag", func(t *testing.T, c client) {
			made := create(t, c, e.workspace+"/workspaceTag", &workspaceTag{TagID: tags[0]})
			one := e.workspace + "/workspaceTag/" + made
			same(t, "GET "+one, &workspaceTag{TagID: tags[0]}, read[workspaceTag](t, c, one))
			c.remove(t, one).want(t, http.StatusNoContent)
			c.get(t, one).want(t, http.StatusNotFound)
		}},
		{"workspace_schedule", func(t *testing.T, c client) {
			lifecycle(t, c, e.workspace+"/schedule", "", &schedule{Cron: "0 0 3 * * ?", TemplateID: "t1"}, &schedule{Cron: "0 0 4 * * ?", TemplateID: "t2"})
			lifecycle(t, c, "/api/v1/workspace/"+e.workspaceID+"/schedule", "", &schedule{Cron: "0 0 5 * * ?", TemplateID: "t1"}, &schedule{Cron: "0 0 6 * * ?", TemplateID: "t2"})
		}},
		{"organization_variable", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/globalvar", "key==region", &globalVariable{Key: "region", Value: "eu", Category: "ENV", Sensitive: ptr(false), Hcl: ptr(false)}, &globalVariable{Key: "region", Value: "us", Category: "ENV", Sensitive: ptr(false), Hcl: ptr(false)})
		}},
		{"organization_tag", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/tag", "name==red", &tag{Name: "red"}, &tag{Name: "crimson"})
		}},
		{"organization_template", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/template", "name=='plan only'", &template{Name: "plan only", Description: "d", Version: "1.0.0", Content: "Zmxvdw=="}, &template{Name: "plan only", Description: "e", Version: "2.0.0", Content: "Zm9v"})
		}},
		{"vcs", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/vcs", "name=='hub'", &vcs{Name: "hub", Description: "d", VcsType: "GITHUB", ConnectionType: "OAUTH", ClientID: "x", ClientSecret: "hush", Endpoint: "https://github.com", APIURL: "https://api.github.com", Status: "PENDING"}, &vcs{Name: "hub", VcsType: "GITHUB", ConnectionType: "OAUTH", ClientID: "y", ClientSecret: "hush2", Endpoint: "https://github.com", APIURL: "https://api.github.com", Status: "COMPLETED"})
		}},
		{"ssh", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/ssh", "name==deploy", &ssh{Name: "deploy", Description: "d", SSHType: "ed25519", PrivateKey: "hush"}, &ssh{Name: "deploy", Description: "e", SSHType: "rsa", PrivateKey: "hush2"})
		}},
		{"module", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/module", "name==net", &module{Name: "net", Description: "d", Provider: "aws", Source: "https://git.example/net.git", Folder: "/", TagPrefix: "v"}, &module{Name: "net", Description: "e", Provider: "aws", Source: "https://git.example/net2.git", Folder: "/m", TagPrefix: "", Vcs: &vcs{ID: git}})
		}},
		{"collection", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/collection", "name==shared", &collection{Name: "shared", Description: "d", Priority: 10}, &collection{Name: "shared", Description: "e", Priority: 20})
		}},
		{"collection_item", func(t *testing.T, c client) {
			lifecycle(t, c, keep+"/item", "key==a", &item{Key: "a", Value: "1", Category: "ENV", Sensitive: ptr(false), Hcl: ptr(false)}, &item{Key: "a", Value: "2", Category: "TERRAFORM", Sensitive: ptr(false), Hcl: ptr(true)})
		}},
		{"collection_reference", func(t *testing.T, c client) {
			lifecycle(t, c, keep+"/reference", "", &reference{Description: "d", Workspace: &workspace{ID: e.workspaceID}}, &reference{Description: "e", Workspace: &workspace{ID: e.workspaceID}})
		}},
		{"self_hosted_agent", func(t *testing.T, c client) {
			lifecycle(t, c, e.o+"/agent", "name==den", &agent{Name: "den", Description: "d", URL: "https://den.example"}, &agent{Name: "den", Description: "e", URL: "https://den2.example"})
		}},
		{"federated_credential", func(t *testing.T, c client) {
			lifecycle(t, c, "/api/v1/federated", "name==hub", &federated{Name: "hub", IssuerURL: "https://hub.example", Audience: "a"}, &federated{Name: "hub", IssuerURL: "https://hub.example", Audience: "b"})
		}},
		{"federated_credential_claim", func(t *testing.T, c client) {
			lifecycle(t, c, issuer+"/claims", "", &federatedClaim{Key: "sub", Value: "repo:a"}, &federatedClaim{Key: "sub", Value: "repo:b"})
		}},
	}
	for _, r := range resources {
		t.Run(r.name, func(t *testing.T) {
			before := c.calls
			r.run(t, c)
			t.Logf("%s: %d calls", r.name, c.calls-before)
		})
	}
}
