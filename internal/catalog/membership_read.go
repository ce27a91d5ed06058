package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// MembershipInactive is how an active membership is shown while its user is suspended (DECISIONS P17). It is not stored.
const MembershipInactive MembershipStatus = "inactive"

// Member is a membership as somebody sees it. Its status is the one that is shown.
type Member struct {
	Membership
	User         User
	Organization Organization
	Teams        []Team // those the principal may see, by name
}

// MemberQuery narrows the members of an organization down; empty fields select nothing further.
type MemberQuery struct {
	Emails   []string // one of these addresses, in any case
	Statuses []MembershipStatus
	Contains string // a part of the username or address, in any case
}

// MemberPage is a part of the members of an organization.
type MemberPage struct {
	Members []Member
	Total   int                      // how many the query selects
	Counts  map[MembershipStatus]int // of all that the principal may see
}

// ListMembers returns the members of an organization by username. Who holds organization.view_members sees all, every
// other member himself (DECISIONS P15).
func (s *Service) ListMembers(ctx context.Context, p Principal, organizationID string, q MemberQuery, w Window) (MemberPage, error) {
	if err := s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID)); err != nil {
		return MemberPage{}, err
	}
	filter := MembershipFilter{OrganizationID: organizationID}
	err := s.require(ctx, p, schema.OrganizationViewMembers, organizationRef(organizationID))
	if fault.Is(err, fault.Denied) {
		filter.UserID, err = p.Subject.ID, nil // the id of no user, for other subjects
	}
	if err != nil {
		return MemberPage{}, err
	}
	all, err := s.people(ctx, filter)
	if err != nil {
		return MemberPage{}, err
	}
	page := MemberPage{Counts: map[MembershipStatus]int{}}
	var kept []Member
	for _, m := range all {
		page.Counts[m.Status]++
		if q.selects(m) {
			kept = append(kept, m)
		}
	}
	page.Total = len(kept)
	page.Members, err = s.withTeams(ctx, p, part(kept, w))
	return page, err
}

func (q MemberQuery) selects(m Member) bool {
	contains := func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(q.Contains))
	}
	return (len(q.Emails) == 0 || slices.ContainsFunc(q.Emails, func(e string) bool { return sameName(e, m.User.Email) })) &&
		(len(q.Statuses) == 0 || slices.Contains(q.Statuses, m.Status)) &&
		(q.Contains == "" || contains(m.User.Username) || contains(m.User.Email))
}

// people returns memberships with whose and where they are, by username and organization.
func (s *Service) people(ctx context.Context, f MembershipFilter) ([]Member, error) {
	rows, err := s.store.Memberships(ctx, f)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	of := UserFilter{OrganizationID: f.OrganizationID}
	if f.UserID != "" {
		of = UserFilter{IDs: []string{f.UserID}}
	}
	users, err := s.store.Users(ctx, of)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, m := range rows {
		ids[i] = m.OrganizationID
	}
	slices.Sort(ids)
	organizations, err := s.store.Organizations(ctx, slices.Compact(ids)...)
	if err != nil {
		return nil, err
	}
	return join(rows, users, organizations), nil
}

// join puts rows together. One whose user or organization is gone in the meantime is left out.
func join(rows []Membership, users []User, organizations []Organization) []Member {
	person, place := map[string]User{}, map[string]Organization{}
	for _, u := range users {
		person[u.ID] = u
	}
	for _, o := range organizations {
		place[o.ID] = o
	}
	out := make([]Member, 0, len(rows))
	for _, row := range rows {
		u, known := person[row.UserID]
		o, there := place[row.OrganizationID]
		if !known || !there {
			continue
		}
		if u.Suspended {
			row.Status = MembershipInactive
		}
		out = append(out, Member{Membership: row, User: u, Organization: o})
	}
	slices.SortFunc(out, func(a, b Member) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.User.Username), strings.ToLower(b.User.Username)), strings.Compare(a.Organization.Name, b.Organization.Name))
	})
	return out
}

// withTeams adds the teams that the members are in, as far as the principal may see them (team.view). The members are of
// one organization, or one person.
func (s *Service) withTeams(ctx context.Context, p Principal, members []Member) ([]Member, error) {
	if len(members) == 0 {
		return nil, nil
	}
	at := map[[2]string]int{} // by organization and user
	filter := TeamMemberFilter{OrganizationID: members[0].OrganizationID, UserID: members[0].UserID}
	for i, m := range members {
		at[[2]string{m.OrganizationID, m.UserID}] = i
		if m.OrganizationID != filter.OrganizationID {
			filter.OrganizationID = ""
		}
		if m.UserID != filter.UserID {
			filter.UserID = ""
		}
	}
	rows, err := s.store.TeamMembers(ctx, filter)
	if err != nil {
		return nil, err
	}
	users := map[string][]string{} // by team
	for _, row := range rows {
		users[row.TeamID] = append(users[row.TeamID], row.UserID)
	}
	teams, err := s.teamsOf(ctx, members, users)
	if err != nil {
		return nil, err
	}
	if teams, err = keepVisible(ctx, s, p, schema.TeamView, teams, func(t Team) authz.Object { return teamRef(t.ID) }); err != nil {
		return nil, err
	}
	for _, t := range teams {
		for _, userID := range users[t.ID] {
			if i, ok := at[[2]string{t.OrganizationID, userID}]; ok {
				members[i].Teams = append(members[i].Teams, t)
			}
		}
	}
	return members, nil
}

// teamsOf returns the teams that some members are in, by name; users are those of each team.
func (s *Service) teamsOf(ctx context.Context, members []Member, users map[string][]string) ([]Team, error) {
	wanted := map[string]bool{}
	for _, m := range members {
		wanted[m.UserID] = true
	}
	var ids []string
	for teamID, in := range users {
		if slices.ContainsFunc(in, func(userID string) bool { return wanted[userID] }) {
			ids = append(ids, teamID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	teams, err := s.store.Teams(ctx, TeamFilter{IDs: ids})
	slices.SortFunc(teams, func(a, b Team) int { return compareNames(a.Name, b.Name) })
	return teams, err
}

// ListOwnMemberships returns the memberships of the person who makes the request, by organization: those of organizations
// that he can see with his credential. Other credentials have none.
func (s *Service) ListOwnMemberships(ctx context.Context, p Principal) ([]Member, error) {
	if p.Subject.Type != schema.TypeUser {
		return nil, nil
	}
	members, err := s.people(ctx, MembershipFilter{UserID: p.Subject.ID})
	if err != nil {
		return nil, err
	}
	open := make([]Member, 0, len(members))
	for _, m := range members {
		in, err := s.letsIn(ctx, p, m.Organization)
		if err != nil {
			return nil, err
		}
		if in {
			open = append(open, m)
		}
	}
	members, err = keepVisible(ctx, s, p, schema.OrganizationView, open, func(m Member) authz.Object { return organizationRef(m.OrganizationID) })
	if err != nil {
		return nil, err
	}
	return s.withTeams(ctx, p, members)
}

// FindMember returns a membership: one's own, or any for organization.view_members.
func (s *Service) FindMember(ctx context.Context, p Principal, id string) (Member, error) {
	row, err := s.store.Membership(ctx, id)
	if err != nil {
		return Member{}, err
	}
	needs := schema.OrganizationViewMembers
	if p.Subject == userRef(row.UserID) {
		needs = schema.OrganizationView
	}
	if err := s.require(ctx, p, needs, organizationRef(row.OrganizationID)); err != nil {
		return Member{}, err
	}
	return s.member(ctx, p, row)
}

// member returns a membership as a principal sees it, who may.
func (s *Service) member(ctx context.Context, p Principal, row Membership) (Member, error) {
	found, err := s.people(ctx, MembershipFilter{OrganizationID: row.OrganizationID, UserID: row.UserID})
	if err == nil {
		found, err = s.withTeams(ctx, p, found)
	}
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "there is no such membership")
	}
	if err != nil {
		return Member{}, err
	}
	return found[0], nil
}
