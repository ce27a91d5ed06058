package openapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/client"
)

// as returns a client whose every exchange is held against the document.
func (w *town) as(token string) *client.Client {
	w.t.Helper()
	c, err := client.New(w.URL, token, client.Options{HTTPClient: w.http, Consistency: client.FullyConsistent()})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// got fails the test on an error.
func got[T any](w *town) func(T, error) T {
	return func(v T, err error) T {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
		return v
	}
}

// refusedAs wants an error of a status.
func refusedAs[T any](w *town, status int) func(T, error) {
	return func(v T, err error) {
		w.t.Helper()
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != status {
			w.t.Errorf("%+v, %v, want status %d", v, err, status)
		}
	}
}

// roles makes, changes and takes away roles and grants.
func (w *town) roles() {
	ctx, c, dave, all := w.t.Context(), w.as(w.SiteToken), w.as(w.dave), client.Page{}
	text := func(s string) *string { return &s }
	if l := got[client.List[client.Permission]](w)(c.ListPermissions(ctx, client.PermissionFilter{Type: "workspace"}, all)); l.Total < 20 {
		w.t.Errorf("%d permissions on workspaces", l.Total)
	}
	if p := got[client.Permission](w)(c.ReadPermission(ctx, "infra0:terraform.apply")); p.ID != "workspace.apply_run" {
		w.t.Errorf("infra0's terraform.apply is %+v", p)
	}
	refusedAs[client.Permission](w, 404)(c.ReadPermission(ctx, "nothing"))
	refusedAs[client.List[client.Permission]](w, 400)(c.ListPermissions(ctx, client.PermissionFilter{Type: "nothing"}, all))
	r := got[client.Role](w)(c.CreateRole(ctx, "acme", client.RoleChange{Name: text("deployer"), Permissions: []string{"infra0:terraform.apply", "workspace.read"}}))
	if !slices.Contains(r.Permissions, "workspace.apply_run") || r.Organization != "acme" || r.BuiltIn || r.CreatedAt.IsZero() {
		w.t.Errorf("made was %+v", r)
	}
	refusedAs[client.Role](w, 422)(c.CreateRole(ctx, "acme", client.RoleChange{Name: text("deployer")}))
	refusedAs[client.Role](w, 404)(dave.CreateRole(ctx, "acme", client.RoleChange{Name: text("other")}))
	if l := got[client.List[client.Role]](w)(c.ListRoles(ctx, "acme", client.RoleFilter{Contains: "deploy"}, all)); len(l.Items) != 1 || l.Items[0].ID != r.ID {
		w.t.Errorf("listed are %+v", l)
	}
	got[client.List[client.Role]](w)(c.ListRoles(ctx, "acme", client.RoleFilter{}, client.Page{Limit: 2}))
	if b := got[client.Role](w)(c.ReadRole(ctx, "tfe-write")); !b.BuiltIn || b.Name != "tfe-write" {
		w.t.Errorf("tfe-write is %+v", b)
	}
	got[client.Role](w)(c.UpdateRole(ctx, r.ID, client.RoleChange{Description: text("Applies")}))
	got[client.Role](w)(c.AddRolePermissions(ctx, r.ID, "workspace.queue_plan"))
	if after := got[client.Role](w)(c.RemoveRolePermissions(ctx, r.ID, "workspace.queue_plan")); len(after.StillImplied["workspace.queue_plan"]) == 0 {
		w.t.Errorf("apply still gives plan, and the answer is %+v", after)
	}
	refusedAs[client.Role](w, 422)(c.UpdateRole(ctx, r.ID, client.RoleChange{Permissions: []string{"nonsense"}}))
	w.grants(r)
	if after := got[client.Role](w)(c.UpdateRole(ctx, r.ID, client.RoleChange{Permissions: []string{}})); len(after.Permissions) != 0 {
		w.t.Errorf("emptied is %+v", after)
	}
	got[string](w)(c.DeleteRole(ctx, r.ID))
	everywhere := got[client.Role](w)(c.CreatePlatformRole(ctx, client.RoleChange{Name: text("watcher"), Permissions: []string{"workspace.read"}}))
	got[client.List[client.Role]](w)(c.ListPlatformRoles(ctx, client.RoleFilter{Contains: "watch"}, all))
	g := got[client.Grant](w)(c.CreatePlatformGrant(ctx, client.GrantRequest{Role: everywhere.ID, Holder: client.User("dave")}))
	if l := got[client.List[client.Grant]](w)(c.ListPlatformGrants(ctx, client.GrantFilter{Holder: client.User("dave")}, all)); len(l.Items) != 1 || l.Items[0].Scope.Type != "platform" {
		w.t.Errorf("dave holds %+v at the platform", l)
	}
	got[string](w)(c.DeleteGrant(ctx, g.ID))
	got[string](w)(c.DeleteRole(ctx, everywhere.ID))
}

func (w *town) grants(r client.Role) {
	ctx, c, dave, all := w.t.Context(), w.as(w.SiteToken), w.as(w.dave), client.Page{}
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	wanted := client.GrantRequest{Role: r.ID, Holder: client.Team("acme/sre"), Scope: client.Workspace("acme/staging"), ExpiresAt: end}
	g := got[client.Grant](w)(c.CreateGrant(ctx, "acme", wanted))
	if g.Role != r.ID || g.Holder.Type != "team" || g.Scope.Type != "workspace" || !g.ExpiresAt.Equal(end) || g.Organization != "acme" {
		w.t.Errorf("made was %+v", g)
	}
	refusedAs[client.Grant](w, 404)(dave.CreateGrant(ctx, "acme", wanted))
	refusedAs[client.Grant](w, 422)(c.CreateGrant(ctx, "acme", client.GrantRequest{Role: "nothing", Holder: wanted.Holder, Scope: wanted.Scope}))
	if l := got[client.List[client.Grant]](w)(c.ListGrants(ctx, "acme", client.GrantFilter{Holder: wanted.Holder, Scope: wanted.Scope, Role: "deployer"}, all)); len(l.Items) != 1 || l.Items[0].ID != g.ID {
		w.t.Errorf("listed are %+v", l)
	}
	if same := got[client.Grant](w)(c.ReadGrant(ctx, g.ID)); same.ID != g.ID {
		w.t.Errorf("read is %+v", same)
	}
	var never time.Time
	if after := got[client.Grant](w)(c.UpdateGrant(ctx, g.ID, client.GrantChange{ExpiresAt: &never})); !after.ExpiresAt.IsZero() || after.Role != r.ID {
		w.t.Errorf("changed is %+v", after)
	}
	if after := got[client.Grant](w)(c.UpdateGrant(ctx, g.ID, client.GrantChange{Role: "tfe-read"})); after.Role != "tfe-read" {
		w.t.Errorf("with another role it is %+v", after)
	}
	w.reviews(g)
	got[string](w)(c.DeleteGrant(ctx, g.ID))
	refusedAs[client.Grant](w, 404)(c.ReadGrant(ctx, g.ID))
}

func (w *town) reviews(g client.Grant) {
	ctx, c, dave := w.t.Context(), w.as(w.SiteToken), w.as(w.dave)
	a := got[client.EffectiveAccess](w)(c.EffectiveAccess(ctx, client.User("carol"), client.Workspace("acme/prod")))
	if len(a.Permissions) == 0 || len(a.Sources) == 0 || a.Subject.Name != "carol" {
		w.t.Errorf("carol may %+v", a)
	}
	refusedAs[client.EffectiveAccess](w, 403)(dave.EffectiveAccess(ctx, client.User("carol"), client.Workspace("acme/prod")))
	refusedAs[client.EffectiveAccess](w, 422)(c.EffectiveAccess(ctx, client.Entity{}, client.Workspace("acme/prod")))
	first := got[client.Matrix](w)(c.Matrix(ctx, client.Workspace("acme/prod"), true, client.Page{Limit: 1}))
	if len(first.Rows) != 1 || first.Next == "" || len(got[client.Matrix](w)(c.Matrix(ctx, client.Workspace("acme/prod"), true, client.Page{Token: first.Next})).Rows) != first.Total-1 {
		w.t.Errorf("the first person is %+v", first)
	}
	got[client.Matrix](w)(c.Matrix(ctx, client.Workspace("acme/prod"), false, client.Page{}))
	refusedAs[client.Matrix](w, 403)(dave.Matrix(ctx, client.Workspace("acme/prod"), false, client.Page{}))
	holder, scope := client.User("carol"), client.Workspace("acme/prod")
	for _, p := range []client.Proposal{
		{Change: client.Remove, Grant: &client.ProposedGrant{ID: g.ID}},
		{Change: client.Add, Grant: &client.ProposedGrant{Holder: &holder, Role: "tfe-admin", Scope: &scope, ExpiresAt: time.Now().Add(time.Hour)}},
		{Change: client.Add, Member: &client.ProposedMember{User: "carol", In: client.Team("acme/sre")}, Limit: 1},
		{Change: client.Remove, Member: &client.ProposedMember{User: "bob", In: client.Team("acme/sre")}},
	} {
		if found := got[client.Consequences](w)(c.WhatIf(ctx, p)); !found.Complete {
			w.t.Errorf("%+v: %+v", p, found)
		}
	}
	refusedAs[client.Consequences](w, 422)(c.WhatIf(ctx, client.Proposal{Change: "maybe"}))
}

// requests has carol ask for something three times.
func (w *town) requests() {
	ctx, admin, carol := w.t.Context(), w.as(w.SiteToken), w.as(w.UserToken(w.t, "carol"))
	wanted := client.AccessRequestInput{Role: "tfe-write", Scope: client.Workspace("acme/prod"), Reason: "Incident 42", ExpiresAt: time.Now().Add(time.Hour)}
	ask := func() client.AccessRequest {
		return got[client.AccessRequest](w)(carol.CreateAccessRequest(ctx, "acme", wanted))
	}
	r := ask()
	if r.Status != client.Pending || r.Role != "tfe-write" || r.Reason != wanted.Reason || r.Requester.Type != "user" {
		w.t.Errorf("asked was %+v", r)
	}
	refusedAs[client.AccessRequest](w, 422)(carol.CreateAccessRequest(ctx, "acme", client.AccessRequestInput{Role: "tfe-write", Scope: wanted.Scope}))
	refusedAs[client.AccessRequest](w, 404)(w.as(w.dave).CreateAccessRequest(ctx, "acme", wanted))
	if l := got[client.List[client.AccessRequest]](w)(admin.ListAccessRequests(ctx, "acme", client.Pending, client.Page{})); len(l.Items) != 1 || l.Items[0].ID != r.ID {
		w.t.Errorf("listed are %+v", l)
	}
	if _, err := carol.ApproveAccessRequest(ctx, r.ID, ""); err == nil {
		w.t.Error("carol approves her own request")
	}
	got[client.AccessRequest](w)(carol.ReadAccessRequest(ctx, r.ID))
	if after := got[client.AccessRequest](w)(carol.WithdrawAccessRequest(ctx, r.ID)); after.Status != client.Withdrawn {
		w.t.Errorf("withdrawn is %+v", after)
	}
	if after := got[client.AccessRequest](w)(admin.RejectAccessRequest(ctx, ask().ID, "Not now")); after.Status != client.Rejected || after.Answer != "Not now" {
		w.t.Errorf("rejected is %+v", after)
	}
	after := got[client.AccessRequest](w)(admin.ApproveAccessRequest(ctx, ask().ID, ""))
	if after.Status != client.Approved || after.Grant == "" || after.Decider.Type != "user" {
		w.t.Errorf("approved is %+v", after)
	}
	q := client.Question{Subject: client.User("carol"), Action: "apply_run", Resource: wanted.Scope, Consistency: client.AtLeastAsFresh(after.ZedToken)}
	if a := got[client.Answer](w)(admin.Check(ctx, q)); !a.Allowed {
		w.t.Error("carol may not do what was approved")
	}
	refusedAs[client.AccessRequest](w, 422)(admin.RejectAccessRequest(ctx, after.ID, ""))
}

// groups keeps a group by hand and links it.
func (w *town) groups() {
	ctx, c, all := w.t.Context(), w.as(w.SiteToken), client.Page{}
	g := got[client.GroupDetails](w)(c.CreateGroup(ctx, "On call", ""))
	refusedAs[client.GroupDetails](w, 422)(c.CreateGroup(ctx, "", ""))
	got[string](w)(c.AddGroupMembers(ctx, g.ID, client.User("dave"), client.User("carol")))
	refusedAs[string](w, 422)(c.AddGroupMembers(ctx, g.ID, client.User("nobody-of-that-name")))
	got[string](w)(c.RemoveGroupMembers(ctx, g.ID, client.User("carol")))
	if l := got[client.List[client.Entity]](w)(c.ListGroupMembers(ctx, g.ID, all)); len(l.Items) != 1 || l.Items[0].Type != "user" {
		w.t.Errorf("in it are %+v", l)
	}
	if same := got[client.GroupDetails](w)(c.ReadGroup(ctx, g.ID)); same.Users != 1 || same.Name != "On call" {
		w.t.Errorf("read is %+v", same)
	}
	got[client.List[client.GroupDetails]](w)(c.ListGroups(ctx, client.GroupFilter{Contains: "call", Source: g.Source, ExternalID: g.ExternalID}, all))
	link := got[client.GroupLink](w)(c.CreateGroupLink(ctx, "acme", "acme/sre", g.ID))
	if link.Group.ID != g.ID || link.Team.Type != "team" || link.GroupName != "On call" {
		w.t.Errorf("linked is %+v", link)
	}
	if l := got[client.List[client.GroupLink]](w)(c.ListGroupLinks(ctx, "acme", link.Team.ID, g.ID, all)); len(l.Items) != 1 {
		w.t.Errorf("links are %+v", l)
	}
	got[client.GroupLink](w)(c.ReadGroupLink(ctx, link.ID))
	got[string](w)(c.DeleteGroupLink(ctx, link.ID))
	got[string](w)(c.DeleteGroup(ctx, g.ID))
	m := got[client.ServiceAccountDetails](w)(c.CreateServiceAccount(ctx, "robot"))
	off := true
	if after := got[client.ServiceAccountDetails](w)(c.UpdateServiceAccount(ctx, m.ID, client.ServiceAccountChange{Suspended: &off})); !after.Suspended || after.Name != "robot" {
		w.t.Errorf("suspended is %+v", after)
	}
	got[client.List[client.ServiceAccountDetails]](w)(c.ListServiceAccounts(ctx, "rob", all))
	got[client.ServiceAccountDetails](w)(c.ReadServiceAccount(ctx, "robot"))
	got[string](w)(c.DeleteServiceAccount(ctx, m.ID))
}

func (w *town) events() {
	ctx, c := w.t.Context(), w.as(w.SiteToken)
	f := client.EventFilter{Actor: client.User("site-admin"), Actions: []string{"grant.create", "role.create"}, Outcome: "done", Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}
	for _, l := range []client.List[client.AuditEvent]{
		got[client.List[client.AuditEvent]](w)(c.ListOrganizationAuditEvents(ctx, "acme", f, client.Page{Limit: 1})),
		got[client.List[client.AuditEvent]](w)(c.ListPlatformAuditEvents(ctx, f, client.Page{Limit: 1})),
	} {
		if len(l.Items) != 1 || l.Total < 2 || l.Items[0].Actor.Name != "site-admin" || l.Items[0].After == nil || l.Items[0].Time.IsZero() {
			w.t.Errorf("the events are %+v", l)
		}
	}
	got[client.List[client.AuditEvent]](w)(c.ListPlatformAuditEvents(ctx, client.EventFilter{}, client.Page{Limit: 100}))
	refusedAs[client.List[client.AuditEvent]](w, 400)(c.ListPlatformAuditEvents(ctx, client.EventFilter{Outcome: "maybe"}, client.Page{}))
	w.send("GET", "/api/v2/organizations/acme/audit-events?filter%5Bsince%5D=2000-01-01T00:00:00Z", w.SiteToken, "", 200, "Accept", "text/event-stream")
}

// unspoken are operations for browsers and for whoever reads the document itself, which the client has no method for.
func unspoken() []string {
	return []string{
		"authorize", "finishSignIn", "approveSignIn", "exchangeCode", // a browser's way
		"readOpenAPI", "readDocs", "readAuthZENConfiguration", "readMetrics", // other tools read these
	}
}

// more are methods that make another's call in a way of their own, and those that make none.
func more() map[string]string {
	return map[string]string{"Explain": "check", "FollowAuditEvents": "listAuditEvents", "BaseURL": ""}
}

// TestClientHasEveryOperation calls every method of the client and looks which operation it arrives at: that of its name.
func TestClientHasEveryOperation(t *testing.T) {
	t.Parallel()
	r, _ := whole(t)
	c := newContract(t, r)
	var method, path string
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, path = r.Method, r.URL.Path
		_ = json.NewEncoder(w).Encode(map[string]any{"plan": map[string]any{}, "evaluations": []any{map[string]any{"decision": false}}})
	}))
	t.Cleanup(echo.Close)
	caller, err := client.New(echo.URL, "x", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	value := reflect.ValueOf(caller)
	called := map[string]bool{}
	for i := range value.NumMethod() {
		name := value.Type().Method(i).Name
		wanted, special := more()[name]
		if !special {
			wanted = strings.ToLower(name[:1]) + name[1:]
		}
		if wanted == "" {
			continue
		}
		method, path = "", ""
		value.Method(i).Call(arguments(t, value.Method(i).Type()))
		o := c.find(method, path)
		if o == nil || o.id != wanted {
			t.Errorf("%s calls %s %s, which is %+v", name, method, path, o)
			continue
		}
		called[o.id] = true
	}
	for _, o := range c.operations {
		if called[o.id] == slices.Contains(unspoken(), o.id) {
			t.Errorf("%s (%s %s): the client has a method: %v", o.id, o.method, o.path, called[o.id])
		}
	}
	if len(called) < 40 {
		t.Errorf("%d operations were called", len(called))
	}
}

// arguments makes up arguments for a method.
func arguments(t *testing.T, f reflect.Type) []reflect.Value {
	t.Helper()
	var out []reflect.Value
	for i := range f.NumIn() {
		in := f.In(i)
		v := reflect.New(in).Elem()
		switch {
		case i == 0:
			v.Set(reflect.ValueOf(t.Context()))
		case in.Kind() == reflect.String:
			v.SetString("a-1")
		case in == reflect.TypeFor[json.RawMessage]():
			v.SetBytes([]byte("{}"))
		case in == reflect.TypeFor[[]client.Question]():
			v.Set(reflect.ValueOf([]client.Question{{}}))
		}
		if f.IsVariadic() && i == f.NumIn()-1 {
			continue
		}
		out = append(out, v)
	}
	return out
}
