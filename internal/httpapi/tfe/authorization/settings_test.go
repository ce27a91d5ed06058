package authorization_test

import (
	"net/http"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/config"
)

// testSettings turns settings that decisions depend on, of an organization and of the installation.
func testSettings(t *testing.T, s *suite) {
	for _, before := range []bool{false, true} {
		name := map[bool]string{false: "force-delete allowed", true: "force-delete allowed no more"}[before]
		s.test(t, name, func(t *testing.T) { testForceDelete(t, s, before) })
	}
	s.test(t, "user tokens refused", func(t *testing.T) { testUserTokens(t, s) })
	s.test(t, "organization disabled and enabled", func(t *testing.T) {
		e := s.organization(t)
		w := e.workspace(t, e.defaultProject)
		e.disable(t, true)
		for word, got := range s.admin.checkAbout(t, "user", e.owner.name, "workspace", w, "can-read-settings", "can-update") {
			if got {
				t.Errorf("in a disabled organization its owner has %s", word)
			}
		}
		expect(t, "a site admin reads it in the site administration", s.admin.call(t, http.MethodGet, "admin/organizations/"+e.name, "").outcome(), allowed)
		e.disable(t, false)
		expect(t, "enabled again", e.owner.call(t, http.MethodGet, "workspaces/"+w, "").outcome(), allowed)
	})
	s.test(t, "an unknown user in a team", func(t *testing.T) {
		e := s.organization(t)
		name := s.fresh("unknown")
		team := e.team(t, visible, "read-workspaces")
		must(t, "add", of(e.owner.api.TeamMembers.Add(t.Context(), team, tfe.TeamMemberAddOptions{Usernames: []string{name}})))
		expect(t, "he is a member", s.person(t, name).call(t, http.MethodGet, "organizations/"+e.name, "").outcome(), allowed)
	})
	s.test(t, "unknown users are not created", func(t *testing.T) {
		strict := newSuite(t, s.size, func(c *config.Config) { c.CreateUnknownMembers = false })
		e := strict.organization(t)
		name, known := s.fresh("unknown"), strict.person(t, s.fresh("known"))
		r := e.owner.call(t, http.MethodPost, "teams/"+e.team(t, visible)+"/relationships/users", encode(t, links("users", name)))
		if r.status != http.StatusBadRequest || !strings.Contains(r.body, name+" does not exist") {
			t.Errorf("%d %s, want 400 and that he does not exist", r.status, r.body)
		}
		if found := strict.admin.list(t, "admin/users?q="+name); len(found) != 0 {
			t.Error("a refused call made a user")
		}
		for _, joins := range []bool{false, true} {
			r := e.owner.call(t, http.MethodPost, "teams/"+e.team(t, visible)+"/relationships/users", encode(t, links("users", known.name)))
			if joins {
				expect(t, "a member", r.outcome(), allowed)
			} else if r.status != http.StatusBadRequest || !strings.Contains(r.body, known.name+" is not a member") {
				t.Errorf("%d %s, want 400 and that he is not a member", r.status, r.body)
			}
			if !joins {
				e.invite(t, known)
			}
		}
	})
	s.test(t, "only site admins create organizations", func(t *testing.T) {
		strict := newSuite(t, s.size, func(c *config.Config) { c.RestrictOrgCreation = true })
		for _, row := range []struct {
			who *caller
			may bool
		}{{strict.admin, true}, {strict.person(t, s.fresh("person")), false}} {
			name := s.fresh("organization")
			_, err := row.who.api.Organizations.Create(t.Context(), tfe.OrganizationCreateOptions{Name: &name, Email: tfe.String("a@users.invalid")})
			expect(t, "create an organization", of(err), is(row.may))
			can := row.who.read(t, "account/details").Attributes.Permissions
			if can["can-create-organizations"] != row.may || can["can-create-organization"] != row.may {
				t.Errorf("the account says %v, want %v", can, row.may)
			}
		}
	})
}

// testForceDelete lets a workspace admin and others try while the organization changes its mind (DECISIONS M3).
func testForceDelete(t *testing.T, s *suite, before bool) {
	e := s.organization(t, func(o *tfe.OrganizationCreateOptions) { o.AllowForceDeleteWorkspaces = &before })
	project := e.project(t)
	people := []struct {
		name string
		who  *caller
		held powers
	}{
		{"an admin of the project", e.holder(t, project, "admin", nil), workspaceLevels["admin"]},
		{"a maintainer of the project", e.holder(t, project, "maintain", nil), workspaceLevels["admin"]},
		{"a writer", e.holder(t, project, "write", nil), workspaceLevels["write"]},
		{"who may delete workspaces", e.holder(t, project, "custom", map[string]powers{aboutWorkspace: {"delete": on}}), workspaceCustom(powers{"delete": on}, false)},
		{"an owner", e.owner, workspaceOwner},
	}
	for _, allows := range []bool{before, !before} {
		_, err := e.owner.api.Organizations.Update(t.Context(), e.name, tfe.OrganizationUpdateOptions{AllowForceDeleteWorkspaces: &allows})
		must(t, "change the organization", of(err))
		for _, p := range people {
			want := p.held
			if allows {
				want = want.whereForced()
			}
			w := e.workspace(t, project)
			compareBooleans(t, p.who, "workspace", w, p.who.read(t, "workspaces/"+w).Attributes.Permissions, want.booleans(workspaceRules()))
			expect(t, p.name+" deletes by force", of(p.who.api.Workspaces.DeleteByID(t.Context(), w)), is(want.has("force-delete", "always")))
		}
	}
}

// holder returns the only member of a new team with access to a project.
func (e *estate) holder(t *testing.T, project, level string, fields map[string]powers) *caller {
	t.Helper()
	team := e.team(t, visible)
	e.giveProject(t, team, project, level, fields)
	return e.member(t, team)
}

// testUserTokens turns user tokens off: they are no credential for anything in the organization any more, and no other is
// touched (research tfe-api 1.1).
func testUserTokens(t *testing.T, s *suite) {
	e := s.organization(t)
	team := e.team(t, visible)
	w := e.workspace(t, e.defaultProject)
	e.giveWorkspace(t, team, w, "admin", nil)
	who := e.member(t, team)
	token := func(id string) *caller {
		made, err := e.owner.api.TeamTokens.Create(t.Context(), id)
		must(t, "issue a token", of(err))
		return s.caller(t, made.Token)
	}
	ofTeam, ofOwners := token(team), token(e.ownersTeam)
	e.userTokens(t, ofOwners, false)
	paths := []string{
		"organizations/" + e.name, "organizations/" + e.name + "/teams", "organizations/" + e.name + "/workspaces", "organizations/" + e.name + "/projects",
		"organizations/" + e.name + "/organization-memberships", "teams/" + team, "workspaces/" + w, "projects/" + e.defaultProject,
		"team-workspaces?filter%5Bworkspace%5D%5Bid%5D=" + w,
	}
	for _, path := range paths {
		expect(t, "a member, GET "+path, who.call(t, http.MethodGet, path, "").outcome(), unauthorized)
		expect(t, "an owner, GET "+path, e.owner.call(t, http.MethodGet, path, "").outcome(), unauthorized)
		expect(t, "the team's token, GET "+path, ofTeam.call(t, http.MethodGet, path, "").outcome(), allowed)
	}
	changed := document(t, "workspaces", map[string]any{"description": "x"}, nil)
	expect(t, "a member, PATCH", who.call(t, http.MethodPatch, "workspaces/"+w, changed).outcome(), unauthorized)
	expect(t, "the team's token, PATCH", ofTeam.call(t, http.MethodPatch, "workspaces/"+w, changed).outcome(), allowed)
	expect(t, "his own account", who.call(t, http.MethodGet, "account/details", "").outcome(), allowed)
	if got := who.list(t, "organizations?q%5Bname%5D="+e.name); len(got) != 0 {
		t.Error("the list of organizations shows one that takes no user tokens")
	}
	e.userTokens(t, ofOwners, true)
	expect(t, "turned on again", who.call(t, http.MethodGet, "workspaces/"+w, "").outcome(), allowed)
}
