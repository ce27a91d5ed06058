package authorization_test

import (
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// teamCall is a call on a team.
type teamCall func(t *testing.T, who *caller, e *estate, team string) outcome

// teamCalls are the calls behind the booleans of a team's document.
var teamCalls = map[string]teamCall{
	"can-update-name": func(t *testing.T, who *caller, e *estate, team string) outcome {
		return updateTeam(t, who, team, tfe.TeamUpdateOptions{Name: tfe.String(e.fresh("renamed"))})
	},
	"can-update-sso-team-id": func(t *testing.T, who *caller, e *estate, team string) outcome {
		return updateTeam(t, who, team, tfe.TeamUpdateOptions{SSOTeamID: tfe.String(e.fresh("sso"))})
	},
	"can-update-member-token-management": func(t *testing.T, who *caller, e *estate, team string) outcome {
		found, err := e.owner.api.Teams.Read(t.Context(), team)
		must(t, "read the team", of(err))
		other := !found.AllowMemberTokenManagement
		got := updateTeam(t, who, team, tfe.TeamUpdateOptions{AllowMemberTokenManagement: &other})
		must(t, "set it back", updateTeam(t, e.owner, team, tfe.TeamUpdateOptions{AllowMemberTokenManagement: &found.AllowMemberTokenManagement}))
		return got
	},
	"can-update-membership": func(t *testing.T, who *caller, e *estate, team string) outcome {
		return of(who.api.TeamMembers.Add(t.Context(), team, tfe.TeamMemberAddOptions{Usernames: []string{e.fresh("newcomer")}}))
	},
	"can-update-api-token": func(t *testing.T, who *caller, e *estate, team string) outcome {
		_, err := who.api.TeamTokens.CreateWithOptions(t.Context(), team, tfe.TeamTokenCreateOptions{Description: tfe.String(e.fresh("token"))})
		return of(err)
	},
	"can-view-api-token": func(t *testing.T, who *caller, e *estate, team string) outcome {
		made, err := e.owner.api.TeamTokens.CreateWithOptions(t.Context(), team, tfe.TeamTokenCreateOptions{Description: tfe.String(e.fresh("token"))})
		must(t, "issue a token", of(err))
		_, err = who.api.TeamTokens.ReadByID(t.Context(), made.ID)
		return of(err)
	},
	"can-update-organization-access": func(t *testing.T, who *caller, _ *estate, team string) outcome {
		return updateTeam(t, who, team, tfe.TeamUpdateOptions{OrganizationAccess: &tfe.OrganizationAccessOptions{ManageModules: tfe.Bool(true)}})
	},
	"can-update-visibility": func(t *testing.T, who *caller, e *estate, team string) outcome {
		now := e.visibilityOf(t, team)
		got := updateTeam(t, who, team, tfe.TeamUpdateOptions{Visibility: tfe.String(otherVisibility[now])})
		must(t, "set it back", updateTeam(t, e.owner, team, tfe.TeamUpdateOptions{Visibility: &now}))
		return got
	},
	"can-destroy": func(t *testing.T, who *caller, _ *estate, team string) outcome {
		return of(who.api.Teams.Delete(t.Context(), team))
	},
}

func updateTeam(t *testing.T, who *caller, team string, o tfe.TeamUpdateOptions) outcome {
	_, err := who.api.Teams.Update(t.Context(), team, o)
	return of(err)
}

var otherVisibility = map[string]string{visible: secret, secret: visible}

func (e *estate) visibilityOf(t *testing.T, team string) string {
	t.Helper()
	found, err := e.owner.api.Teams.Read(t.Context(), team)
	must(t, "read the team", of(err))
	return found.Visibility
}

// teamBooleans are the booleans of a team's document and which of the seven actions of the ladder each is about.
var teamBooleans = map[string]string{
	"can-update-membership": "membership", "can-update-name": "name", "can-update-sso-team-id": "name",
	"can-update-member-token-management": "name", "can-update-visibility": "visibility",
	"can-update-organization-access": "access", "can-update-api-token": "token", "can-view-api-token": "token", "can-destroy": "delete",
}

// teamActions are the seven actions of the ladder.
var teamActions = []struct {
	what string
	do   teamCall
}{
	{"see", func(t *testing.T, who *caller, _ *estate, team string) outcome {
		_, err := who.api.Teams.Read(t.Context(), team)
		return of(err)
	}},
	{"name", teamCalls["can-update-name"]},
	{"membership", teamCalls["can-update-membership"]},
	{"token", func(t *testing.T, who *caller, _ *estate, team string) outcome {
		_, err := who.api.TeamTokens.Create(t.Context(), team)
		return of(err)
	}},
	{"access", teamCalls["can-update-organization-access"]},
	{"visibility", teamCalls["can-update-visibility"]},
	{"delete", teamCalls["can-destroy"]},
}
