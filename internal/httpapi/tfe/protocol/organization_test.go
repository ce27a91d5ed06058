package protocol_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/go-tfe"
)

// TestOrganizations goes through an organization's life as its owner, and lets others try each step.
func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.organization(t, "owner", "acme")
	s.team(t, "owner", "acme", visible("devs"), "member")
	s.organization(t, "outsider", "other")
	if !created.Permissions.CanUpdate || !created.Permissions.CanDestroy {
		t.Errorf("its creator's permissions are %+v", created.Permissions)
	}
	for who, status := range map[string]int{"owner": http.StatusOK, "member": http.StatusOK, "site": http.StatusOK, "outsider": http.StatusNotFound, "nobody": http.StatusNotFound} {
		s.do(t, who, http.MethodGet, "organizations/acme", "", status)
		s.do(t, who, http.MethodGet, "organizations/ACME", "", status) // names in any case
		s.do(t, who, http.MethodGet, "organizations/acme/entitlement-set", "", status)
		s.do(t, who, http.MethodGet, "organizations/acme/capacity", "", status)
	}
	for _, who := range []string{"member", "outsider", "nobody"} {
		s.do(t, who, http.MethodPatch, "organizations/acme", `{"data":{"attributes":{"name":"theirs"}}}`, http.StatusNotFound)
		s.do(t, who, http.MethodDelete, "organizations/acme", "", http.StatusNotFound)
	}
	seen, err := s.as(t, "member").Organizations.List(t.Context(), nil)
	must(t, err)
	if len(seen.Items) != 1 || seen.Items[0].Name != "acme" || seen.Items[0].Permissions.CanUpdate {
		t.Errorf("a member sees %d organizations", len(seen.Items))
	}
	o, err := s.as(t, "owner").Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{Name: tfe.String("renamed"), AllowForceDeleteWorkspaces: tfe.Bool(true)})
	must(t, err)
	if o.Name != "renamed" || o.ExternalID != created.ExternalID || !o.AllowForceDeleteWorkspaces || o.Email != created.Email {
		t.Errorf("renamed: %+v", o)
	}
	s.do(t, "owner", http.MethodGet, "organizations/acme", "", http.StatusNotFound)
	must(t, s.as(t, "owner").Organizations.Delete(t.Context(), "renamed"))
	_, err = s.as(t, "owner").Organizations.Read(t.Context(), "renamed")
	hidden(t, "after it was deleted", err)
}

// A list leaves out what a single read refuses: an organization that takes no user tokens is not there for one.
func TestUserTokensRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "owner", "open")
	token, err := s.as(t, "owner").TeamTokens.Create(t.Context(), s.owners(t).ID)
	must(t, err)
	_, err = s.as(t, "owner").Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{UserTokensEnabled: tfe.Bool(false)})
	must(t, err)
	names := func(who string) []string {
		t.Helper()
		list, err := s.as(t, who).Organizations.List(t.Context(), nil)
		must(t, err)
		var out []string
		for _, o := range list.Items {
			out = append(out, o.Name)
		}
		return out
	}
	if got := names("owner"); len(got) != 1 || got[0] != "open" {
		t.Errorf("a user token lists %v", got)
	}
	s.do(t, "owner", http.MethodGet, "organizations/acme", "", http.StatusUnauthorized)
	s.do(t, "owner", http.MethodGet, "organizations/acme/teams", "", http.StatusUnauthorized)
	if got := names(token.Token); len(got) != 1 || got[0] != "acme" {
		t.Errorf("the owners team's token lists %v", got)
	}
	_, err = s.as(t, token.Token).Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{UserTokensEnabled: tfe.Bool(true)})
	must(t, err)
	if got := names("owner"); len(got) != 2 {
		t.Errorf("after it was allowed again a user token lists %v", got)
	}
}
