package authorization_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// organizationActions are the calls behind the booleans of an organization.
func organizationActions() []action {
	return []action{
		{rule{boolean: "can-traverse"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Organizations.Read(t.Context(), p.name)
			return of(err)
		}},
		{rule{boolean: "can-update"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Organizations.Update(t.Context(), p.name, tfe.OrganizationUpdateOptions{Email: tfe.String(p.fresh("owner") + "@users.invalid")})
			return of(err)
		}},
		{rule{boolean: "can-update-api-token"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.OrganizationTokens.Create(t.Context(), p.name)
			return of(err)
		}},
		{rule{boolean: "can-manage-users"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.OrganizationMemberships.Create(t.Context(), p.name, tfe.OrganizationMembershipCreateOptions{Email: tfe.String(p.fresh("guest") + "@users.invalid")})
			return of(err)
		}},
		{rule{boolean: "can-view-users"}, viewUsers},
		{rule{boolean: "can-create-team"}, func(t *testing.T, who *caller, p *place) outcome {
			return p.createTeam(t, who, visible)
		}},
		{rule{boolean: "can-create-project"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Projects.Create(t.Context(), p.name, tfe.ProjectCreateOptions{Name: p.fresh("project")})
			return of(err)
		}},
		{rule{boolean: "can-create-workspace"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Workspaces.Create(t.Context(), p.name, tfe.WorkspaceCreateOptions{Name: tfe.String(p.fresh("workspace"))})
			return of(err)
		}},
		{rule{boolean: "can-update-agent-pools"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.AgentPools.Create(t.Context(), p.name, tfe.AgentPoolCreateOptions{Name: tfe.String(p.fresh("pool"))})
			return of(err)
		}},
		{rule{boolean: "can-manage-tags"}, deleteTag},
	}
}

// viewUsers lists the members: whoever may not sees himself alone, and an outsider nothing.
func viewUsers(t *testing.T, who *caller, p *place) outcome {
	path := "organizations/" + p.name + "/organization-memberships"
	if got := who.call(t, http.MethodGet, path, "").outcome(); got != allowed {
		return got
	}
	return is(len(who.list(t, path)) > 1)
}

// deleteTag deletes a tag of the organization.
func deleteTag(t *testing.T, who *caller, p *place) outcome {
	name := p.fresh("tag")
	err := p.owner.api.Workspaces.AddTags(t.Context(), p.workspace, tfe.WorkspaceAddTagsOptions{Tags: []*tfe.Tag{{Name: name}}})
	must(t, "add a tag", of(err))
	tags := p.owner.list(t, "organizations/"+p.name+"/tags?q="+name)
	return who.call(t, http.MethodDelete, "organizations/"+p.name+"/tags", encode(t, links("tags", ids(tags)...))).outcome()
}

func (e *estate) createTeam(t *testing.T, who *caller, visibility string) outcome {
	t.Helper()
	body := e.teamDocument(t, e.fresh("team"), visibility)
	return who.call(t, http.MethodPost, "organizations/"+e.name+"/teams", body).outcome()
}

// compareOrganization compares an organization's document, its item in the list, and the checks with the oracle; then it
// tries every call.
func (p *place) compareOrganization(t *testing.T, who *caller, want map[string]bool) {
	t.Helper()
	if want["can-traverse"] {
		document := who.read(t, "organizations/"+p.name)
		compareBooleans(t, who, "organization", p.name, document.Attributes.Permissions, want)
		item := only(t, p.name, who.list(t, "organizations?q%5Bname%5D="+p.name))
		sameBooleans(t, item.Attributes.Permissions, document.Attributes.Permissions)
	}
	for _, a := range organizationActions() {
		expect(t, a.boolean+" by its call", a.do(t, who, p), is(want[a.boolean]))
	}
	if !want["can-destroy"] {
		expect(t, "can-destroy by its call", of(who.api.Organizations.Delete(t.Context(), p.name)), refused)
	}
}

// testOrganizationAccess gives a team each flag alone, with the flags it needs, and looks at the organization, at a
// project and its workspace, at the default project, and at another organization.
func testOrganizationAccess(t *testing.T, s *suite) {
	e, other := s.organization(t), s.organization(t)
	elsewhere := other.workspace(t, other.defaultProject)
	for _, flag := range organizationFlags() {
		s.test(t, flag, func(t *testing.T) {
			if _, ok := flags[flag]; !ok {
				t.Fatalf("no expectation for the flag %s", flag)
			}
			set := withNeeds(flag)
			who := e.member(t, e.team(t, visible, set...))
			booleans, everywhere, inDefault := organizationHeld(set...)
			nothing := func(*testing.T, string) {}
			p := e.within(t, e.project(t), nothing)
			p.compareOrganization(t, who, booleans)
			p.compareWorkspace(t, who, everywhere.workspaces)
			p.compareProject(t, who, everywhere.project)
			e.within(t, e.defaultProject, nothing).compareDefault(t, who, inDefault)

			shown := ids(who.list(t, "organizations"))
			if !slices.Equal(shown, []string{e.name}) {
				t.Errorf("the list of organizations shows %v, want %s alone", shown, e.name)
			}
			for _, path := range []string{"organizations/" + other.name, "organizations/" + other.name + "/teams", "workspaces/" + elsewhere, "projects/" + other.defaultProject} {
				expect(t, "GET "+strings.Split(path, "/")[0]+" of another organization", who.call(t, http.MethodGet, path, "").outcome(), refused)
			}
			expect(t, "a team in another organization", other.createTeam(t, who, visible), refused)
		})
	}
	for _, flag := range organizationFlags() {
		if len(flags[flag].needs) > 0 {
			s.test(t, flag+" without what it needs", func(t *testing.T) {
				body := e.teamDocument(t, e.fresh("team"), visible, flag)
				r := e.owner.call(t, http.MethodPost, "organizations/"+e.name+"/teams", body)
				if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "/data/attributes/organization-access/") {
					t.Errorf("%d %s, want 422 with a pointer into organization-access", r.status, r.body)
				}
			})
		}
	}
	s.test(t, "an owner", func(t *testing.T) {
		p := e.within(t, e.project(t), func(*testing.T, string) {})
		who := e.member(t, e.ownersTeam)
		p.compareOrganization(t, who, ownerBooleans())
		p.compareWorkspace(t, who, workspaceOwner)
		p.compareProject(t, who, projectAdmin)
	})
}

// compareDefault is compareProject for the default project, which many share and nobody may delete.
func (p *place) compareDefault(t *testing.T, who *caller, held powers) {
	t.Helper()
	if held.has("see", on) {
		document := who.read(t, "projects/"+p.project)
		shown, want := document.Attributes.Permissions, held.booleans(projectRules())
		if can, ok := shown["can-destroy"]; can || !ok {
			t.Errorf("can-destroy of the default project is %v", shown)
		}
		shown["can-destroy"] = want["can-destroy"] // who holds the permission holds it here as well; the call is refused
		compareBooleans(t, who, "project", p.project, shown, want)
	}
	for _, a := range projectActions() {
		if a.boolean == "can-create-workspace" || a.boolean == "can-create-stack" {
			expect(t, a.boolean+" by its call, in the default project", a.do(t, who, p), is(held.has(a.field, a.least)))
		}
	}
}
