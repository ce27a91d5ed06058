package protocol_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/go-tfe"
)

// TestWhatEachKindOfTokenMayDo executes the table of research tfe-api 6.7: the rows are actions, the columns a member of a
// team with manage-workspaces and manage-teams, that team's token, the owners team's token, and the organization's token.
// Where the vendor's pages disagree, DECISIONS P20 decides.
func TestWhatEachKindOfTokenMayDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	access := tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true), ManageTeams: tfe.Bool(true), ManageWorkspaces: tfe.Bool(true)}
	ops := s.team(t, "owner", "acme", holding(visible("ops"), access), "user")
	other := s.team(t, "owner", "acme", visible("other"))
	owners := s.owners(t)
	workspace, err := s.as(t, "owner").Workspaces.Create(t.Context(), "acme", tfe.WorkspaceCreateOptions{Name: tfe.String("prod")})
	must(t, err)
	user := s.id(t, "user")
	teamToken, err := s.as(t, "owner").TeamTokens.Create(t.Context(), ops.ID)
	must(t, err)
	ownersToken, err := s.as(t, "owner").TeamTokens.Create(t.Context(), owners.ID)
	must(t, err)
	organizationToken, err := s.as(t, "owner").OrganizationTokens.Create(t.Context(), "acme")
	must(t, err)

	const (
		post, patch = http.MethodPost, http.MethodPatch
		workspaces  = "organizations/acme/workspaces"
	)
	n := 0
	fresh := func(body string) string { n++; return fmt.Sprintf(body, fmt.Sprintf("new-%d", n)) }
	named := func(kind string) string { return `{"data":{"type":"` + kind + `","attributes":{"name":"%s"}}}` }
	yes := [4]bool{true, true, true, true}
	for _, row := range []struct {
		action, method, path, body string
		may                        [4]bool // user, team, owners team, organization
	}{
		{"create an organization", post, "organizations", `{"data":{"type":"organizations","attributes":{"name":"%s","email":"a@example.com"}}}`, [4]bool{true, false, false, false}},
		{"change the organization's settings", patch, "organizations/acme", `{"data":{"type":"organizations","attributes":{"email":"%s@example.com"}}}`, [4]bool{false, false, true, false}},
		{"make the audit-trails token", post, "organizations/acme/authentication-token?token=audit-trails", `{"data":{"attributes":{"description":"%s"}}}`, [4]bool{false, false, true, false}},
		{"limit the lives of tokens", patch, "organizations/acme/token-ttl-policies", `{"data":{"attributes":{"ignored":"%s","token-ttl-policies":[{"token-type":"team","max-ttl-ms":63113904000}]}}}`, [4]bool{false, false, true, false}},
		{"create a team", post, "organizations/acme/teams", `{"data":{"type":"teams","attributes":{"name":"%s","visibility":"organization"}}}`, yes},
		{"change a team", patch, "teams/" + other.ID, named("teams"), yes},
		{"make a team's token", post, "teams/" + other.ID + "/authentication-tokens", `{"data":{"attributes":{"description":"%s"}}}`, yes},
		{"make the owners team's token", post, "teams/" + owners.ID + "/authentication-tokens", `{"data":{"attributes":{"description":"%s"}}}`, [4]bool{false, false, true, false}},
		{"invite somebody", post, "organizations/acme/organization-memberships", `{"data":{"type":"organization-memberships","attributes":{"email":"%s@example.com"}}}`, yes},
		{"invite somebody to the owners team", post, "organizations/acme/organization-memberships", `{"data":{"attributes":{"email":"%s@example.com"},"relationships":{"teams":{"data":[{"type":"teams","id":"` + owners.ID + `"}]}}}}`, [4]bool{false, false, true, false}},
		{"create a workspace", post, workspaces, named("workspaces"), yes},
		{"change a workspace", patch, "workspaces/" + workspace.ID, `{"data":{"type":"workspaces","attributes":{"description":"%s"}}}`, yes},
		{"create a project", post, "organizations/acme/projects", named("projects"), [4]bool{false, false, true, true}},
		{"make a token of the user", post, "users/" + user + "/authentication-tokens", `{"data":{"attributes":{"description":"%s"}}}`, [4]bool{true, false, false, false}},
		{"change the account", patch, "account/update", `{"data":{"type":"users","attributes":{"email":"%s@example.com"}}}`, [4]bool{true, false, false, false}},
	} {
		for i, who := range []string{"user", teamToken.Token, ownersToken.Token, organizationToken.Token} {
			reply := s.Call(t, row.method, "/api/v2/"+row.path, s.token(t, who), fresh(row.body), "Content-Type", "application/vnd.api+json")
			ok := reply.Status == http.StatusOK || reply.Status == http.StatusCreated
			refused := reply.Status == http.StatusNotFound || reply.Status == http.StatusForbidden
			if ok != row.may[i] || refused == row.may[i] {
				t.Errorf("%s with a token of the %s: %d %s, may: %v", row.action, [4]string{"user", "team", "owners team", "organization"}[i], reply.Status, reply.Body, row.may[i])
			}
		}
	}

	// Runs and state are what an organization's token never touches, whatever else it may with the workspace.
	for name, may := range map[string][4]bool{
		"can-update": yes, "can-destroy": yes, "can-read-variable": yes, "can-update-variable": yes, "can-manage-run-tasks": yes,
		"can-queue-run": {true, true, true, false}, "can-queue-apply": {true, true, true, false}, "can-queue-destroy": {true, true, true, false},
		"can-create-state-versions": {true, true, true, false}, "can-read-state-versions": {true, true, true, false},
		"can-force-unlock": {true, true, true, false},
	} {
		for i, who := range []string{"user", teamToken.Token, ownersToken.Token, organizationToken.Token} {
			var answer struct {
				Data struct {
					Attributes struct {
						Permissions map[string]bool `json:"permissions"`
					} `json:"attributes"`
				} `json:"data"`
			}
			s.do(t, who, http.MethodGet, "workspaces/"+workspace.ID, "", http.StatusOK).Decode(t, &answer)
			if got := answer.Data.Attributes.Permissions[name]; got != may[i] {
				t.Errorf("%s with a token of the %s is %v", name, [4]string{"user", "team", "owners team", "organization"}[i], got)
			}
		}
	}

	// Last, since it ends the token it replaces: who renews the organization's token (DECISIONS P20).
	const path = "organizations/acme/authentication-token"
	for _, who := range []string{organizationToken.Token, teamToken.Token, "user"} {
		s.do(t, who, post, path, `{"data":{"attributes":{}}}`, http.StatusNotFound)
	}
	s.alive(t, "the organization's token", organizationToken.Token, true)
	s.do(t, ownersToken.Token, post, path, `{"data":{"attributes":{}}}`, http.StatusCreated)
	s.alive(t, "the organization's token, renewed by the owners'", organizationToken.Token, false)
}
