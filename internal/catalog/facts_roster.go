package catalog

import (
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// roster says whose places in teams and groups some slices are about.
type roster struct {
	teams, groups map[string]places
	everybody     bool // of the holders of platform roles
	people        map[string]bool
}

// places are those of one team or group that count.
type places struct {
	all    bool // of everybody, and everything else that the object carries
	tokens bool
}

// note adds a slice.
func (r *roster) note(s Slice) {
	id, at := s.Resource.ID, r.teams
	if s.Resource.Type == schema.TypeGroup {
		at = r.groups
	}
	special := s.Resource.Type == schema.TypeTeam && (id == holderUsers || id == holderSiteAdmins || id == holderSiteAuditors)
	switch {
	case s.Relation == schema.RelMembership && s.Subject.Type == schema.TypeUser:
		r.people[s.Subject.ID] = true
		if !special {
			at[id] = at[id].and(places{})
		}
	case special:
		r.everybody = true
	case s.Relation == schema.RelMembership && s.Subject.Type == schema.TypeTeamToken:
		at[id] = at[id].and(places{tokens: true})
	default:
		at[id] = places{all: true, tokens: true}
	}
}

func (p places) and(o places) places {
	return places{all: p.all || o.all, tokens: p.tokens || o.tokens}
}

// of returns the ids that want what is asked for, in order.
func of(from map[string]places, wants func(places) bool) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(from)) {
		if wants(from[id]) {
			out = append(out, id)
		}
	}
	return out
}

func anyPlace(places) bool      { return true }
func allPlaces(p places) bool   { return p.all }
func tokenPlaces(p places) bool { return p.tokens }

// rosters reads what decides slices of teams and groups, with one query for each kind of row however many they are. The
// places of single people are found by the people, who have few, and not by teams and groups, which may have many.
func (g *gatherer) rosters(parts []Slice) error {
	if len(parts) == 0 {
		return nil
	}
	r := &roster{teams: map[string]places{}, groups: map[string]places{}, people: map[string]bool{}}
	for _, s := range parts {
		r.note(s)
	}
	for id := range r.people {
		g.users[id] = true
	}
	return inOrder(
		func() error { return g.everybody(r) },
		func() error { return g.rosterTeams(r) },
		func() error { return g.rosterGroups(r) },
	)
}

func (g *gatherer) everybody(r *roster) error {
	if !r.everybody {
		return nil
	}
	users, err := g.q.Users(g.ctx, UserFilter{})
	g.f.Users = append(g.f.Users, users...)
	return err
}

// rosterTeams reads teams with who is in them by hand, and notes the groups that they are linked to. What is no team of an
// organization is the private one of something.
func (g *gatherer) rosterTeams(r *roster) error {
	ids := of(r.teams, anyPlace)
	if len(ids) == 0 {
		return nil
	}
	teams, err := g.q.Teams(g.ctx, TeamFilter{IDs: ids})
	if err != nil {
		return err
	}
	g.f.Teams = append(g.f.Teams, teams...)
	here := map[string]places{}
	orgs := map[string]bool{}
	for _, t := range teams {
		here[t.ID], orgs[t.OrganizationID] = r.teams[t.ID], true
		g.orgs[t.OrganizationID] = true
	}
	private := slices.DeleteFunc(ids, func(id string) bool { _, ok := here[id]; return ok })
	if err := g.privateTeams(r, private); err != nil || len(here) == 0 {
		return err
	}
	links, err := g.q.GroupLinks(g.ctx, GroupLinkFilter{TeamIDs: of(here, anyPlace)})
	if err != nil {
		return err
	}
	g.f.GroupLinks = append(g.f.GroupLinks, links...)
	for _, l := range links {
		r.groups[l.GroupID] = r.groups[l.GroupID].and(here[l.TeamID])
	}
	return inOrder(
		func() error { return g.paused(links) },
		func() error { return g.directMembers(here, orgs, keys(r.people)) },
		func() error {
			owners := of(here, tokenPlaces)
			if len(owners) == 0 {
				return nil
			}
			return g.tokens(TokenFilter{Kind: TokenTeam, OwnerIDs: owners})
		},
	)
}

// directMembers reads who is in teams by hand: everybody, or some people.
func (g *gatherer) directMembers(teams map[string]places, orgs map[string]bool, people []string) error {
	var found []TeamMember
	if all := of(teams, allPlaces); len(all) > 0 {
		rows, err := g.q.TeamMembers(g.ctx, TeamMemberFilter{TeamIDs: all})
		if err != nil {
			return err
		}
		found = rows
	}
	if len(people) > 0 {
		rows, err := g.q.TeamMembers(g.ctx, TeamMemberFilter{UserIDs: people})
		if err != nil {
			return err
		}
		found = append(found, slices.DeleteFunc(rows, func(m TeamMember) bool { _, ok := teams[m.TeamID]; return !ok })...)
	}
	g.f.TeamMembers = append(g.f.TeamMembers, found...)
	ids := map[string]bool{}
	for _, m := range found {
		ids[m.UserID] = true
	}
	if len(ids) == 0 {
		return nil
	}
	filter := MembershipFilter{UserIDs: keys(ids)}
	if len(orgs) == 1 {
		filter.OrganizationID = keys(orgs)[0]
	}
	return g.memberships(filter)
}

// privateTeams reads what decides the private teams of users, service accounts, groups and organization tokens. The id
// alone does not tell which, and ids of different types never meet, so they are looked for in turn.
func (g *gatherer) privateTeams(r *roster, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	users, err := g.q.Users(g.ctx, UserFilter{IDs: ids})
	if err != nil {
		return err
	}
	g.f.Users = append(g.f.Users, users...)
	rest := map[string]bool{}
	for _, id := range ids {
		rest[id] = true
	}
	for _, u := range users {
		delete(rest, u.ID)
	}
	if len(rest) == 0 {
		return nil
	}
	groups, err := g.q.Groups(g.ctx, keys(rest)...)
	if err != nil {
		return err
	}
	for _, group := range groups {
		delete(rest, group.ID)
		r.groups[group.ID] = r.groups[group.ID].and(r.teams[group.ID])
		if err := g.grants(GrantFilter{Holder: groupRef(group.ID)}); err != nil {
			return err
		}
	}
	for _, id := range keys(rest) {
		if err := g.machine(id); err != nil {
			return err
		}
	}
	return nil
}

// machine reads the service account or the organization token of an id.
func (g *gatherer) machine(id string) error {
	g.accounts[id] = true
	token, err := g.q.Token(g.ctx, id)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err == nil && token.Kind == TokenOrganization:
		g.f.Tokens = append(g.f.Tokens, token)
		g.orgs[token.OwnerID] = true
	}
	return err
}

// rosterGroups reads who is in groups, those nested in them included, and the tokens of those.
func (g *gatherer) rosterGroups(r *roster) error {
	if len(r.groups) == 0 {
		return nil
	}
	for id := range r.groups {
		g.groups[id] = true
	}
	if err := g.nestings(); err != nil {
		return err
	}
	if all := of(r.groups, allPlaces); len(all) > 0 {
		if err := g.groupMembers(GroupMemberFilter{GroupIDs: descendants(all, g.f.GroupChildren)}); err != nil {
			return err
		}
	}
	if people := keys(r.people); len(people) > 0 {
		if err := g.groupMembers(GroupMemberFilter{UserIDs: people}); err != nil {
			return err
		}
	}
	if owners := of(r.groups, tokenPlaces); len(owners) > 0 {
		return g.tokens(TokenFilter{Kind: TokenGroup, OwnerIDs: descendants(owners, g.f.GroupChildren)})
	}
	return nil
}
