package loader

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// usernamesPerQuery bounds how many names one question for accounts carries: databases limit their parameters.
const usernamesPerQuery = 5000

// Current reads the organizations that a desired Estate names, as far as they exist, and which of its people have
// accounts. It takes a constant number of queries for each organization.
//
// Of the grants it shows those an Estate can speak of: a team's built-in access level on a workspace.
func Current(ctx context.Context, q catalog.Queries, desired Estate) (Estate, error) {
	var out Estate
	for _, o := range desired.Organizations {
		row, err := q.OrganizationByName(ctx, o.Name)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return Estate{}, fmt.Errorf("read organization %s: %w", o.Name, err)
		}
		have, err := currentOrganization(ctx, q, row)
		if err != nil {
			return Estate{}, fmt.Errorf("read organization %s: %w", row.Name, err)
		}
		out.Organizations = append(out.Organizations, have)
	}
	names := slices.Sorted(maps.Keys(accountsOf(desired.Normalize())))
	for chunk := range slices.Chunk(names, usernamesPerQuery) {
		users, err := q.Users(ctx, catalog.UserFilter{Usernames: chunk})
		if err != nil {
			return Estate{}, fmt.Errorf("read users: %w", err)
		}
		for _, u := range users {
			out.Users = append(out.Users, u.Username)
		}
	}
	return out.Normalize(), nil
}

// rows are everything the catalog keeps of one organization that an Estate shows.
type rows struct {
	organization catalog.Organization
	memberships  []catalog.Membership
	users        map[string]string // username by id
	teams        []catalog.Team
	members      map[string][]catalog.TeamMember // by team id
	workspaces   []catalog.Workspace
	grants       []catalog.Grant
}

func readRows(ctx context.Context, q catalog.Queries, o catalog.Organization) (rows, error) {
	r := rows{organization: o, users: map[string]string{}, members: map[string][]catalog.TeamMember{}}
	var err error
	if r.memberships, err = q.Memberships(ctx, catalog.MembershipFilter{OrganizationID: o.ID}); err != nil {
		return rows{}, err
	}
	users, err := q.Users(ctx, catalog.UserFilter{OrganizationID: o.ID})
	if err != nil {
		return rows{}, err
	}
	for _, u := range users {
		r.users[u.ID] = u.Username
	}
	if r.teams, err = q.Teams(ctx, catalog.TeamFilter{OrganizationID: o.ID}); err != nil {
		return rows{}, err
	}
	members, err := q.TeamMembers(ctx, catalog.TeamMemberFilter{OrganizationID: o.ID})
	if err != nil {
		return rows{}, err
	}
	for _, m := range members {
		r.members[m.TeamID] = append(r.members[m.TeamID], m)
	}
	if r.workspaces, err = q.Workspaces(ctx, catalog.WorkspaceFilter{OrganizationID: o.ID}); err != nil {
		return rows{}, err
	}
	if r.grants, err = q.Grants(ctx, catalog.GrantFilter{OrganizationID: o.ID}); err != nil {
		return rows{}, err
	}
	return r, nil
}

func currentOrganization(ctx context.Context, q catalog.Queries, o catalog.Organization) (Organization, error) {
	r, err := readRows(ctx, q, o)
	if err != nil {
		return Organization{}, err
	}
	out := Organization{Name: o.Name, Email: o.Email}
	for _, m := range r.memberships {
		name := r.users[m.UserID]
		if m.Status == catalog.MembershipInvited {
			out.Invited = append(out.Invited, name)
		} else {
			out.Members = append(out.Members, name)
		}
	}
	for _, m := range r.members[o.OwnersTeamID] {
		out.Owners = append(out.Owners, r.users[m.UserID])
	}
	for _, w := range r.workspaces {
		out.Workspaces = append(out.Workspaces, Workspace{Name: w.Name, Description: w.Description})
	}
	grants := r.grantsByTeam()
	for _, t := range r.teams {
		if t.ID != o.OwnersTeamID {
			out.Teams = append(out.Teams, r.team(t, grants[t.ID]))
		}
	}
	return out, nil
}

func (r rows) team(t catalog.Team, grants []Grant) Team {
	out := Team{Name: t.Name, Description: t.Description, Visibility: string(t.Visibility), Grants: grants}
	for _, m := range r.members[t.ID] {
		out.Members = append(out.Members, Member{Username: r.users[m.UserID], Maintainer: m.Maintainer})
	}
	return out
}

// grantsByTeam returns the grants an Estate can speak of, by the team that holds them.
func (r rows) grantsByTeam() map[string][]Grant {
	names := map[authz.Object]string{}
	for _, w := range r.workspaces {
		names[authz.Object{Type: schema.TypeWorkspace, ID: w.ID}] = w.Name
	}
	out := map[string][]Grant{}
	for _, g := range r.grants {
		workspace, known := names[g.Scope]
		if known && isEstateGrant(g) {
			out[g.Holder.ID] = append(out[g.Holder.ID], Grant{Workspace: workspace, Role: g.RoleID, Temporary: !g.ExpiresAt.IsZero()})
		}
	}
	return out
}

// isEstateGrant reports whether a grant is one that an Estate can speak of.
func isEstateGrant(g catalog.Grant) bool {
	return g.Holder.Type == schema.TypeTeam && g.Scope.Type == schema.TypeWorkspace && isEstateRole(g.RoleID)
}
