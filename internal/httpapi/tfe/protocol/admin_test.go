package protocol_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-tfe"
)

// adminRoutes are calls of the site administration API about what is there, by what they need. They are made in order.
func adminRoutes(userID, workspaceID string) map[string][]string {
	return map[string][]string{
		"audit": {
			"GET admin/users", "GET admin/organizations", "GET admin/organizations/acme", "GET admin/workspaces",
			"GET admin/workspaces/" + workspaceID, "GET admin/organizations/acme/relationships/module-consumers",
		},
		"change": {
			"POST admin/users/" + userID + "/actions/suspend", "POST admin/users/" + userID + "/actions/unsuspend",
			"POST admin/users/" + userID + "/actions/grant_admin", "POST admin/users/" + userID + "/actions/revoke_admin",
			"POST admin/users/" + userID + "/actions/grant_site_auditor", "POST admin/users/" + userID + "/actions/revoke_site_auditor",
			"PATCH admin/organizations/acme", "DELETE admin/workspaces/" + workspaceID, "DELETE admin/users/" + userID,
			"DELETE admin/organizations/acme",
		},
	}
}

// Site auditors read, site admins do everything, and to everybody else, owners included, there is nothing here.
func TestWhoMayAdministerTheSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	w, err := s.as(t, "owner").Workspaces.Create(t.Context(), "acme", tfe.WorkspaceCreateOptions{Name: tfe.String("prod")})
	must(t, err)
	s.do(t, "site", http.MethodPost, "admin/users/"+s.id(t, "auditor")+"/actions/grant_site_auditor", "", http.StatusOK)
	s.do(t, "site", http.MethodPost, "admin/users/"+s.id(t, "admin")+"/actions/grant_admin", "", http.StatusOK)
	routes := adminRoutes(s.id(t, "victim"), w.ID)
	do := func(who, route string, status int) {
		t.Helper()
		method, path, _ := strings.Cut(route, " ")
		body := ""
		if method == http.MethodPatch {
			body = `{"data":{"attributes":{"access-beta-tools":true}}}`
		}
		s.do(t, who, method, path, body, status)
	}
	everything := slices.Concat(routes["audit"], routes["change"])
	for _, route := range everything {
		for _, who := range []string{"owner", "outsider", "victim"} {
			do(who, route, http.StatusNotFound)
		}
	}
	for _, route := range routes["audit"] {
		do("auditor", route, http.StatusOK)
	}
	for _, route := range routes["change"] {
		do("auditor", route, http.StatusNotFound)
	}
	for _, route := range everything {
		status := http.StatusOK
		if strings.HasPrefix(route, http.MethodDelete) {
			status = http.StatusNoContent
		}
		do("admin", route, status)
	}
	// Everybody, also an auditor, is told by the same words that a person has no second factor, or nothing at all.
	second := "admin/users/" + s.id(t, "owner") + "/actions/disable_two_factor"
	s.do(t, "auditor", http.MethodPost, second, "", http.StatusNotFound)
	s.do(t, "admin", http.MethodPost, second, "", http.StatusBadRequest)
}

// TestActionsOnPeople goes through what may be done to a person once and not twice.
func TestActionsOnPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	site, ctx, bob := s.as(t, "site"), t.Context(), s.id(t, "bob")
	s.do(t, "bob", http.MethodGet, "account/details", "", http.StatusOK)
	u, err := site.Admin.Users.Suspend(ctx, bob)
	must(t, err)
	if !u.IsSuspended {
		t.Error("a suspended user is not shown so")
	}
	s.do(t, "bob", http.MethodGet, "account/details", "", http.StatusUnauthorized)
	_, err = site.Admin.Users.Suspend(ctx, bob)
	refusedWith(t, "suspend again", err, "already suspended")
	must(t, s.unsuspend(t, bob))
	_, err = site.Admin.Users.Unsuspend(ctx, bob)
	refusedWith(t, "unsuspend again", err, "not suspended")
	_, err = site.Admin.Users.GrantAdmin(ctx, bob)
	must(t, err)
	_, err = site.Admin.Users.GrantAdmin(ctx, bob)
	refusedWith(t, "grant again", err, "already an administrator")
	_, err = site.Admin.Users.RevokeAdmin(ctx, bob)
	must(t, err)
	_, err = site.Admin.Users.RevokeAdmin(ctx, bob)
	refusedWith(t, "revoke again", err, "not an administrator")
	must(t, site.Admin.Users.Delete(ctx, bob))
	hidden(t, "delete again", site.Admin.Users.Delete(ctx, bob))
}

func (s *site) unsuspend(t *testing.T, id string) error {
	t.Helper()
	u, err := s.as(t, "site").Admin.Users.Unsuspend(t.Context(), id)
	if err == nil && u.IsSuspended {
		t.Error("a user who is not suspended any more is shown so")
	}
	return err
}

// A sole owner can neither be suspended nor deleted, and stays what he is (DECISIONS P17).
func TestASoleOwnerStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	id := s.id(t, "owner")
	for _, route := range []string{"POST admin/users/" + id + "/actions/suspend", "DELETE admin/users/" + id} {
		method, path, _ := strings.Cut(route, " ")
		if reply := s.do(t, "site", method, path, "", http.StatusUnprocessableEntity); !strings.Contains(reply.Body, "owner") {
			t.Errorf("%s: %s", route, reply.Body)
		}
	}
	s.do(t, "owner", http.MethodPatch, "organizations/acme", `{"data":{"attributes":{"email":"new@example.com"}}}`, http.StatusOK)
}

// A disabled organization is there for site administration alone, workspaces included, and comes back as it was
// (DECISIONS P18).
func TestADisabledOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	w, err := s.as(t, "owner").Workspaces.Create(t.Context(), "acme", tfe.WorkspaceCreateOptions{Name: tfe.String("prod")})
	must(t, err)
	disable := func(disabled bool) {
		t.Helper()
		o, err := s.as(t, "site").Admin.Organizations.Update(t.Context(), "acme", tfe.AdminOrganizationUpdateOptions{IsDisabled: tfe.Bool(disabled)})
		must(t, err)
		if o.IsDisabled != disabled {
			t.Errorf("is-disabled is %t after it was set to %t", o.IsDisabled, disabled)
		}
	}
	disable(true)
	for _, who := range []string{"owner", "site"} {
		s.do(t, who, http.MethodGet, "organizations/acme", "", http.StatusNotFound)
		s.do(t, who, http.MethodGet, "workspaces/"+w.ID, "", http.StatusNotFound)
	}
	organizations, err := s.as(t, "site").Admin.Organizations.List(t.Context(), &tfe.AdminOrganizationListOptions{Query: "ACM"})
	must(t, err)
	workspaces, err := s.as(t, "site").Admin.Workspaces.List(t.Context(), &tfe.AdminWorkspaceListOptions{Query: "pro"})
	must(t, err)
	if len(organizations.Items) != 1 || !organizations.Items[0].IsDisabled || len(workspaces.Items) != 1 || workspaces.Items[0].ID != w.ID {
		t.Errorf("site administration sees %d organizations and %d workspaces", len(organizations.Items), len(workspaces.Items))
	}
	disable(false)
	s.do(t, "owner", http.MethodGet, "workspaces/"+w.ID, "", http.StatusOK)
}

// What a site admin and an owner keep with an organization does not undo the other's.
func TestSiteSettingsLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "owner", "beta")
	ctx, site := t.Context(), s.as(t, "site")
	_, err := s.as(t, "owner").Organizations.Update(ctx, "acme", tfe.OrganizationUpdateOptions{SessionTimeout: tfe.Int(77)})
	must(t, err)
	_, err = site.Admin.Organizations.Update(ctx, "acme", tfe.AdminOrganizationUpdateOptions{GlobalModuleSharing: tfe.Bool(true)})
	must(t, err)
	must(t, site.Admin.Organizations.UpdateModuleConsumers(ctx, "acme", []string{"beta"}))
	_, err = s.as(t, "owner").Organizations.Update(ctx, "acme", tfe.OrganizationUpdateOptions{SessionRemember: tfe.Int(88)})
	must(t, err)
	o, err := s.as(t, "owner").Organizations.Read(ctx, "acme")
	must(t, err)
	a, err := site.Admin.Organizations.Read(ctx, "acme")
	must(t, err)
	consumers, err := site.Admin.Organizations.ListModuleConsumers(ctx, "acme", nil)
	must(t, err)
	if o.SessionTimeout != 77 || o.SessionRemember != 88 || !*a.GlobalModuleSharing || len(consumers.Items) != 1 || consumers.Items[0].Name != "beta" {
		t.Errorf("kept: timeout %d, remember %d, sharing %t, %d consumers", o.SessionTimeout, o.SessionRemember, *a.GlobalModuleSharing, len(consumers.Items))
	}
}
