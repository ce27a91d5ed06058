package authorization_test

import "slices"

// organizationBooleans are those of research tfe-api 2.4 and whom they belong to. What stands here with nobody is true
// for nobody, with `member` for every member, with `owner` for owners alone; every flag gives what it names.
var organizationBooleans = map[string]string{
	"can-traverse": "member", "can-access-via-teams": "member",
	"can-update": "owner", "can-destroy": "owner", "can-update-api-token": "owner", "can-update-authentication-token": "owner",
	"can-manage-subscription": "owner", "can-manage-sso": "owner", "can-manage-auditing": "owner", "can-enable-stacks": "owner",
	"can-view-authentication": "owner", "can-view-usage": "owner", "can-manage-assessments": "owner", "can-manage-recoverable-items": "owner",
	"can-manage-users": "flag", "can-view-users": "flag", "can-create-team": "flag", "can-create-workspace": "flag",
	"can-create-workspace-migration": "flag", "can-deploy-no-code-modules": "flag", "can-create-project": "flag",
	"can-update-oauth": "flag", "can-update-ssh-keys": "flag", "can-update-sentinel": "flag", "can-read-policies": "flag",
	"can-manage-run-tasks": "flag", "can-read-run-tasks": "flag", "can-update-agent-pools": "flag", "can-create-module": "flag",
	"can-manage-no-code-modules": "flag", "can-create-provider": "flag", "can-manage-custom-providers": "flag",
	"can-manage-public-modules": "flag", "can-manage-org-public-modules": "flag", "can-manage-public-providers": "flag",
	"can-manage-org-public-providers": "flag", "can-manage-varsets": "flag", "can-read-varsets": "flag", "can-manage-tags": "flag",
	"can-read-assessments": "flag", "can-view-explorer": "flag",
	"can-update-hyok-configuration": "", "can-view-hyok-feature-info": "",
}

// power is what one flag of a team gives (research tfe-api 6.5, DECISIONS M2, M4, M10, M11).
type power struct {
	needs        []string // flags that must be set with it (research tfe-api 2.1)
	organization []string // booleans of the organization
	everywhere   held     // on every project and workspace
	inDefault    powers   // on the default project besides
	rung         int      // of the ladder of team management
}

// The rungs of the ladder (research tfe-api 6.4).
const (
	rungNone = iota
	rungMembership
	rungTeams
	rungAccess
)

var readsWorkspaces = []string{"can-read-assessments", "can-view-explorer"}

var flags = map[string]power{
	"manage-policies": {
		organization: []string{"can-update-sentinel", "can-read-policies"},
		everywhere:   held{named, powers{"see": on, "runs": "read"}},
	},
	"manage-policy-overrides":   {everywhere: held{named, powers{"see": on, "runs": "read", "policy-overrides": on}}},
	"delegate-policy-overrides": {},
	"read-workspaces":           {organization: readsWorkspaces, everywhere: held{named, workspaceLevels["read"]}},
	"manage-workspaces": {
		organization: slices.Concat(readsWorkspaces, []string{
			"can-create-workspace", "can-create-workspace-migration", "can-deploy-no-code-modules", "can-manage-varsets", "can-read-varsets", "can-manage-tags",
		}),
		everywhere: held{named, workspaceLevels["admin"]},
		inDefault:  powers{"create": on, "stacks": on},
	},
	"read-projects": {needs: []string{"read-workspaces"}, everywhere: held{named, nil}},
	"manage-projects": {
		needs: []string{"manage-workspaces"}, organization: []string{"can-create-project"},
		everywhere: held{projectAdmin, workspaceLevels["admin"]},
	},
	"manage-vcs-settings":        {organization: []string{"can-update-oauth", "can-update-ssh-keys"}},
	"manage-providers":           {organization: []string{"can-create-provider", "can-manage-custom-providers"}},
	"manage-modules":             {organization: []string{"can-create-module", "can-manage-no-code-modules"}},
	"manage-public-providers":    {organization: []string{"can-manage-public-providers", "can-manage-org-public-providers"}},
	"manage-public-modules":      {organization: []string{"can-manage-public-modules", "can-manage-org-public-modules"}},
	"manage-run-tasks":           {organization: []string{"can-manage-run-tasks", "can-read-run-tasks"}},
	"manage-agent-pools":         {organization: []string{"can-update-agent-pools"}, everywhere: held{named, powers{"see": on}}},
	"manage-membership":          {organization: []string{"can-manage-users", "can-view-users"}, rung: rungMembership},
	"manage-teams":               {needs: []string{"manage-membership"}, organization: []string{"can-create-team"}, rung: rungTeams},
	"manage-organization-access": {needs: []string{"manage-membership", "manage-teams"}, rung: rungAccess},
	"access-secret-teams":        {needs: []string{"manage-membership"}}, // any flag of the ladder does
}

// organizationHeld is what flags give a member of their team.
func organizationHeld(names ...string) (booleans map[string]bool, everywhere held, inDefault powers) {
	booleans = map[string]bool{}
	for name, whose := range organizationBooleans {
		booleans[name] = whose == "member"
	}
	for _, name := range names {
		f := flags[name]
		for _, b := range f.organization {
			booleans[b] = true
		}
		everywhere = everywhere.with(f.everywhere)
		inDefault = inDefault.with(f.inDefault)
	}
	return booleans, everywhere, everywhere.project.with(inDefault)
}

// ownerBooleans are what owners are shown: everything there is.
func ownerBooleans() map[string]bool {
	out := map[string]bool{}
	for name, whose := range organizationBooleans {
		out[name] = whose != ""
	}
	return out
}

// withNeeds returns a flag and what must be set with it.
func withNeeds(flag string) []string {
	return append(slices.Clone(flags[flag].needs), flag)
}
