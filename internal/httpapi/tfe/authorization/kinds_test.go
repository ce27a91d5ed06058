package authorization_test

import (
	"testing"

	"github.com/terrawarden/terrawarden/schema"
)

// kind is a credential with what it holds everywhere in its organization.
type kind struct {
	column                 rune
	organization           map[string]bool
	workspaces, project    powers
	subjectType, subjectID string // in a check
}

// kinds are the callers who hold something by what they are, not by access of a team (research tfe-api 6.7, DECISIONS
// P1, P20, P22).
func kinds(w *town) []kind {
	auditor := ownedBy("can-traverse", "can-access-via-teams", "can-view-users", "can-read-policies", "can-read-varsets")
	token := ownedBy(
		"can-traverse", "can-access-via-teams", "can-view-users", "can-manage-users", "can-create-team", "can-create-project",
		"can-create-workspace", "can-create-workspace-migration", "can-deploy-no-code-modules", "can-manage-run-tasks", "can-read-run-tasks",
		"can-update-oauth", "can-create-module", "can-manage-no-code-modules", "can-create-provider", "can-manage-custom-providers",
		"can-manage-varsets", "can-read-varsets", "can-manage-tags",
	)
	auditorOnWorkspace := powers{"see": on, "runs": "read", "variables": "read", "sentinel-mocks": "read"}
	auditorOnProject := powers{"see": on, "settings": "read", "teams": "read", "variable-sets": "read"}
	tokenOnWorkspace := powers{"see": on, "update": on, "delete": on, "tags": on, "access": on, "variables": "write", "run-tasks": on}
	tokenOnProject := projectAdmin.with()
	delete(tokenOnProject, "stacks") // stacks are not in the table of what organization tokens do
	return []kind{
		{'A', ownerBooleans(), workspaceOwner, projectAdmin, schema.TypeUser, w.callers['A'].name},
		{'O', ownerBooleans(), workspaceOwner, projectAdmin, schema.TypeUser, w.callers['O'].name},
		{'W', ownerBooleans(), workspaceOwner, projectAdmin, schema.TypeTeamToken, w.tokenOwners},
		{'U', auditor, auditorOnWorkspace, auditorOnProject, schema.TypeUser, w.callers['U'].name},
		{'G', token, tokenOnWorkspace, tokenOnProject, schema.TypeOrganizationToken, w.tokenOrg},
		{'T', ownedBy("can-traverse", "can-access-via-teams"), workspaceLevels["write"], named, schema.TypeTeamToken, w.tokenCrew},
		{'M', ownedBy("can-traverse", "can-access-via-teams"), workspaceLevels["write"], named, schema.TypeUser, w.callers['M'].name},
		{'D', ownedBy(), nil, nil, schema.TypeOrganizationToken, w.tokenTrails},
		{'X', ownedBy(), nil, nil, schema.TypeUser, w.callers['X'].name},
	}
}

// ownedBy is a permissions object of an organization with these booleans true.
func ownedBy(names ...string) map[string]bool {
	out := map[string]bool{}
	for name := range organizationBooleans {
		out[name] = false
	}
	for _, name := range names {
		out[name] = true
	}
	return out
}

// testKinds compares the documents that callers of each kind are shown, and checks about them, with the oracle.
func testKinds(t *testing.T, s *suite) {
	w := s.town(t)
	for _, k := range kinds(w) {
		for _, o := range []struct {
			objectType, id string
			want           map[string]bool
			seen           bool
		}{
			{schema.TypeOrganization, w.name, k.organization, k.organization["can-traverse"]},
			{schema.TypeWorkspace, w.web, k.workspaces.booleans(workspaceRules()), k.workspaces.has("see", on)},
			{schema.TypeProject, w.apps, k.project.booleans(projectRules()), k.project.has("see", on)},
		} {
			s.test(t, string(k.column)+" "+o.objectType, func(t *testing.T) {
				who, path := w.callers[k.column], o.objectType+"s/"+o.id
				if o.seen {
					compareBooleans(t, who, o.objectType, o.id, who.read(t, path).Attributes.Permissions, o.want)
				} else {
					expect(t, "GET "+path, who.call(t, "GET", path, "").outcome(), refused)
				}
				asked := booleansOf(o.objectType)
				for name, got := range s.admin.checkAbout(t, k.subjectType, k.subjectID, o.objectType, o.id, asked...) {
					if got != o.want[name] {
						t.Errorf("a check about %s for tfe:%s says %v, want %v", k.subjectType, name, got, o.want[name])
					}
				}
			})
		}
	}
}
