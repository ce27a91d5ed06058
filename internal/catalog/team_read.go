package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// TeamQuery narrows teams down to those that somebody looks for. Empty fields select nothing further; names are compared
// without regard to case.
type TeamQuery struct {
	Names    []string // one of these
	Contains string   // a part of the name
	// Memberships are wanted with the teams that each member is in.
	Memberships bool
}

func (q TeamQuery) selects(t Team) bool {
	named := len(q.Names) == 0 || slices.ContainsFunc(q.Names, func(name string) bool { return sameName(name, t.Name) })
	return named && strings.Contains(strings.ToLower(t.Name), strings.ToLower(q.Contains))
}

// TeamDetails is a team with what its document shows to somebody who sees it.
type TeamDetails struct {
	Team
	Organization Organization
	Access       TeamAccess // nil for whoever may not know it
	Members      []Member   // those it has by hand, by username, whatever their status
	Addresses    bool       // whether the principal may know the members' addresses
}

// Owners reports whether it is the owners team of its organization.
func (d TeamDetails) Owners() bool { return d.Organization.OwnersTeamID == d.ID }

// ListTeams returns the teams of an organization that the principal may see, by name, and how many there are in all;
// organization.view, and team.view of each.
func (s *Service) ListTeams(ctx context.Context, p Principal, organizationID string, q TeamQuery, w Window) ([]TeamDetails, int, error) {
	if err := s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID)); err != nil {
		return nil, 0, err
	}
	all, err := s.store.Teams(ctx, TeamFilter{OrganizationID: organizationID})
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(t Team) bool { return !q.selects(t) })
	slices.SortFunc(all, func(a, b Team) int {
		return compareNames(a.Name, b.Name)
	})
	seen, err := keepVisible(ctx, s, p, schema.TeamView, all, func(t Team) authz.Object { return teamRef(t.ID) })
	if err != nil {
		return nil, 0, err
	}
	details, err := s.teamDetails(ctx, p, organizationID, part(seen, w), q.Memberships)
	return details, len(seen), err
}

// FindTeam returns a team by id or path; team.view. memberships asks for the teams that each member is in.
func (s *Service) FindTeam(ctx context.Context, p Principal, ref string, memberships bool) (TeamDetails, error) {
	id, err := s.resolveID(ctx, schema.TypeTeam, ref)
	if err != nil {
		return TeamDetails{}, err
	}
	if err := s.require(ctx, p, schema.TeamView, teamRef(id)); err != nil {
		return TeamDetails{}, err
	}
	t, err := s.store.Team(ctx, id)
	if err != nil {
		return TeamDetails{}, err
	}
	details, err := s.teamDetails(ctx, p, t.OrganizationID, []Team{t}, memberships)
	if err != nil {
		return TeamDetails{}, err
	}
	return details[0], nil
}

// DescribeTeams returns the details of those teams, of any organizations, that the principal may see, in order; team.view.
func (s *Service) DescribeTeams(ctx context.Context, p Principal, teams ...Team) ([]TeamDetails, error) {
	seen, err := keepVisible(ctx, s, p, schema.TeamView, teams, func(t Team) authz.Object { return teamRef(t.ID) })
	if err != nil {
		return nil, err
	}
	byOrganization := map[string][]Team{}
	for _, t := range seen {
		byOrganization[t.OrganizationID] = append(byOrganization[t.OrganizationID], t)
	}
	var described []TeamDetails
	for organizationID, some := range byOrganization {
		details, err := s.teamDetails(ctx, p, organizationID, some, false)
		if err != nil {
			return nil, err
		}
		described = append(described, details...)
	}
	ids := make([]string, len(seen))
	for i, t := range seen {
		ids[i] = t.ID
	}
	return inThatOrder(ids, described, func(d TeamDetails) string { return d.ID }), nil
}

// teamDetails returns the details of teams of one organization that the principal may see, in order.
func (s *Service) teamDetails(ctx context.Context, p Principal, organizationID string, teams []Team, memberships bool) ([]TeamDetails, error) {
	if len(teams) == 0 {
		return nil, nil
	}
	o, err := s.store.Organization(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	questions := []authz.Question{{Subject: p.Subject, Permission: schema.OrganizationViewMembers.Name(), Resource: organizationRef(organizationID)}}
	for _, t := range teams {
		questions = append(questions, authz.Question{Subject: p.Subject, Permission: schema.TeamReadOrganizationAccess.Name(), Resource: teamRef(t.ID)})
	}
	allowed, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return nil, err
	}
	var holder authz.Object // whose grants are read; everybody's for more than one team
	if len(teams) == 1 {
		holder = teamRef(teams[0].ID)
	}
	sets, err := accessSets(ctx, s.store, organizationID, holder)
	if err != nil {
		return nil, err
	}
	members, err := s.membersOf(ctx, p, o, teams, memberships)
	if err != nil {
		return nil, err
	}
	out := make([]TeamDetails, len(teams))
	for i, t := range teams {
		out[i] = TeamDetails{Team: t, Organization: o, Members: members[t.ID], Addresses: allowed[0]}
		switch {
		case o.OwnersTeamID == t.ID: // all true, which everybody knows (DECISIONS P5)
			out[i].Access = allFlags()
		case allowed[i+1]:
			out[i].Access = flagsOf(sets[t.ID])
		}
	}
	return out, nil
}

func allFlags() TeamAccess {
	out := TeamAccess{}
	for _, flag := range AccessFlags() {
		out[flag] = true
	}
	return out
}

// membersOf returns the direct members of teams of one organization, by team and in the order of their names.
func (s *Service) membersOf(ctx context.Context, p Principal, o Organization, teams []Team, memberships bool) (map[string][]Member, error) {
	ids := make([]string, len(teams))
	for i, t := range teams {
		ids[i] = t.ID
	}
	rows, err := s.store.TeamMembers(ctx, TeamMemberFilter{TeamIDs: ids})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var userIDs []string
	for _, row := range rows {
		userIDs = append(userIDs, row.UserID)
	}
	slices.Sort(userIDs)
	userIDs = slices.Compact(userIDs)
	users, err := s.store.Users(ctx, UserFilter{IDs: userIDs})
	if err != nil {
		return nil, err
	}
	belong, err := s.store.Memberships(ctx, MembershipFilter{OrganizationID: o.ID, UserIDs: userIDs})
	if err != nil {
		return nil, err
	}
	people := join(belong, users, []Organization{o})
	if memberships {
		if people, err = s.withTeams(ctx, p, people); err != nil {
			return nil, err
		}
	}
	in := map[[2]string]bool{} // team, user
	for _, row := range rows {
		in[[2]string{row.TeamID, row.UserID}] = true
	}
	out := map[string][]Member{}
	for _, t := range teams {
		for _, m := range people {
			if in[[2]string{t.ID, m.UserID}] {
				out[t.ID] = append(out[t.ID], m)
			}
		}
	}
	return out, nil
}
