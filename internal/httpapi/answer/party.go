package answer

import (
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// Types of resources that documents of more than one package relate to.
const (
	TypeOrganizations   = "organizations"
	TypeProjects        = "projects"
	TypeUsers           = "users"
	TypeWorkspaces      = "workspaces"
	TypeStacks          = "stacks"
	TypeTeams           = "teams"
	TypeServiceAccounts = "service-accounts"
	TypeGroups          = "groups"
)

// Party relates to somebody who acts: a person, a team, an organization, whose id here is its name, a service account, or
// a group, by a token of it.
func Party(o authz.Object, organization string) jsonapi.Relationship {
	switch o.Type {
	case schema.TypeUser:
		return jsonapi.ToOne(TypeUsers, o.ID).At("/api/v2/users/" + o.ID)
	case schema.TypeTeam:
		return jsonapi.ToOne(TypeTeams, o.ID).At("/api/v2/teams/" + o.ID)
	case schema.TypeOrganization:
		return jsonapi.ToOne(TypeOrganizations, organization)
	case schema.TypeGroup:
		return jsonapi.ToOne(TypeGroups, o.ID)
	}
	return jsonapi.ToOne(TypeServiceAccounts, o.ID)
}
