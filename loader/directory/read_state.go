package directory

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// readState reads what the catalog has of a source, in one transaction and in a number of queries that does not depend
// on how much it is. Names and addresses of a snapshot decide whom else it reads.
func (e *Engine) readState(ctx context.Context, f Feed, s Snapshot) (State, error) {
	var out State
	err := e.store.InTx(ctx, func(q catalog.Queries) error {
		r := &stateReader{q: q, feed: f, state: State{Trust: f.Trust, Users: map[string]catalog.User{}, Open: map[string]bool{}}}
		err := r.read(ctx, s)
		out = r.state
		return err
	})
	return out, err
}

// stateReader fills a state, part by part.
type stateReader struct {
	q     catalog.Queries
	feed  Feed
	state State

	organizations map[string]catalog.Organization
	teams         map[string]catalog.Team
}

func (r *stateReader) read(ctx context.Context, s Snapshot) error {
	for _, part := range []func(context.Context) error{
		r.people, r.groups,
		func(ctx context.Context) error { return r.users(ctx, s) },
		r.identities, r.places, r.links, r.owners, r.administrators,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *stateReader) people(ctx context.Context) (err error) {
	r.state.People, err = r.q.Persons(ctx, catalog.PersonFilter{Source: r.feed.Name})
	return err
}

func (r *stateReader) groups(ctx context.Context) error {
	groups, err := r.q.GroupsOf(ctx, r.feed.Name)
	if err != nil {
		return err
	}
	place := make(map[string]int, len(groups))
	r.state.Groups = make([]GroupState, len(groups))
	for i, g := range groups {
		r.state.Groups[i], place[g.ID] = GroupState{Group: g}, i
	}
	members, err := r.q.GroupMembers(ctx, catalog.GroupMemberFilter{Source: r.feed.Name})
	if err != nil {
		return err
	}
	for _, m := range members {
		i, ok := place[m.GroupID]
		if !ok {
			continue
		}
		g := &r.state.Groups[i]
		g.Members = append(g.Members, m.UserID)
		if !m.ExpiresAt.IsZero() {
			if g.Expiring == nil {
				g.Expiring = map[string]bool{}
			}
			g.Expiring[m.UserID] = true
		}
	}
	children, err := r.q.GroupChildren(ctx)
	for _, c := range children {
		if i, ok := place[c.ParentID]; ok {
			r.state.Groups[i].Children = append(r.state.Groups[i].Children, c.ChildID)
		}
	}
	return err
}

// users reads those who are known already, and those whom the snapshot's names and addresses may mean.
func (r *stateReader) users(ctx context.Context, s Snapshot) error {
	var ids, names, emails []string
	for _, p := range r.state.People {
		ids = append(ids, p.UserID)
	}
	for _, g := range r.state.Groups {
		ids = append(ids, g.Members...)
	}
	for _, u := range s.Users {
		if u.Username != "" {
			names = append(names, u.Username)
		}
		if u.Email != "" {
			emails = append(emails, u.Email)
		}
	}
	slices.Sort(ids)
	filters := []catalog.UserFilter{{IDs: slices.Compact(ids)}, {Usernames: names}, {Emails: emails}}
	for i, asked := range [][]string{ids, names, emails} {
		if len(asked) == 0 { // a filter of nothing is everybody
			continue
		}
		found, err := r.q.Users(ctx, filters[i])
		if err != nil {
			return err
		}
		for _, u := range found {
			r.state.Users[u.ID] = u
		}
	}
	return nil
}

// identities fills Open and, where the source has an issuer, Identities.
func (r *stateReader) identities(ctx context.Context) error {
	for id := range r.state.Users {
		r.state.Open[id] = true
	}
	for _, p := range r.state.People {
		delete(r.state.Open, p.UserID)
	}
	if r.feed.Trust == catalog.TrustNone || r.feed.Trust == "" {
		clear(r.state.Open) // its names and addresses stand for nothing
	}
	if err := r.vouched(ctx); err != nil {
		return err
	}
	if r.feed.Issuer == "" && len(r.state.Open) == 0 {
		return nil
	}
	all, err := r.q.Identities(ctx, catalog.IdentityFilter{})
	if err != nil {
		return err
	}
	if r.feed.Issuer != "" {
		r.state.Identities = map[string]string{}
	}
	for _, i := range all {
		if r.feed.Issuer != "" && i.Issuer == r.feed.Issuer {
			r.state.Identities[i.Subject] = i.UserID
			continue
		}
		delete(r.state.Open, i.UserID)
	}
	missing := make([]string, 0, len(r.state.Identities))
	for _, id := range r.state.Identities {
		if _, known := r.state.Users[id]; !known {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	users, err := r.q.Users(ctx, catalog.UserFilter{IDs: missing})
	for _, u := range users {
		r.state.Users[u.ID] = u
	}
	return err
}

// vouched takes the people of other sources out of Open: an address or a name alone makes nobody one of theirs.
func (r *stateReader) vouched(ctx context.Context) error {
	if len(r.state.Open) == 0 {
		return nil
	}
	people, err := r.q.Persons(ctx, catalog.PersonFilter{UserIDs: slices.Sorted(maps.Keys(r.state.Open))})
	for _, p := range people {
		delete(r.state.Open, p.UserID)
	}
	return err
}

// places reads organizations, and teams where the source has rules, or links that rules have left.
func (r *stateReader) places(ctx context.Context) error {
	organizations, err := r.q.Organizations(ctx)
	if err != nil {
		return err
	}
	r.organizations = make(map[string]catalog.Organization, len(organizations))
	for _, o := range organizations {
		r.organizations[o.ID] = o
	}
	if len(r.feed.Rules) == 0 {
		return nil
	}
	for _, o := range organizations {
		r.state.Organizations = append(r.state.Organizations, o.Name)
	}
	teams, err := r.q.Teams(ctx, catalog.TeamFilter{})
	r.keepTeams(teams)
	for _, t := range teams {
		o := r.organizations[t.OrganizationID]
		r.state.Teams = append(r.state.Teams, TeamState{ID: t.ID, Organization: o.Name, Name: t.Name, SSOTeamID: t.SSOTeamID, Owners: o.OwnersTeamID == t.ID})
	}
	return err
}

func (r *stateReader) keepTeams(teams []catalog.Team) {
	if r.teams == nil {
		r.teams = make(map[string]catalog.Team, len(teams))
	}
	for _, t := range teams {
		r.teams[t.ID] = t
	}
}

func (r *stateReader) links(ctx context.Context) error {
	if len(r.state.Groups) == 0 {
		return nil
	}
	ids := make([]string, len(r.state.Groups))
	ours := make(map[string]bool, len(ids))
	for i, g := range r.state.Groups {
		ids[i], ours[g.ID] = g.ID, true
	}
	links, err := r.q.GroupLinks(ctx, catalog.GroupLinkFilter{GroupIDs: ids})
	if err != nil {
		return err
	}
	if err := r.linkedTeams(ctx, links); err != nil {
		return err
	}
	for _, l := range links {
		t := r.teams[l.TeamID]
		o := r.organizations[t.OrganizationID]
		r.state.Links = append(r.state.Links, LinkState{
			ID: l.ID, GroupID: l.GroupID, TeamID: l.TeamID, Organization: o.Name, Team: t.Name, Rule: l.Rule,
			Paused: l.Paused,
		})
	}
	return r.appointments(ctx, ours)
}

// appointments reads which of the groups rules have made site administrators.
func (r *stateReader) appointments(ctx context.Context, ours map[string]bool) error {
	grants, err := r.q.Grants(ctx, catalog.GrantFilter{PlatformOnly: true, RoleID: schema.RoleSiteAdmin})
	for _, g := range grants {
		if g.Holder.Type != schema.TypeGroup || !ours[g.Holder.ID] {
			continue
		}
		rule, _ := strings.CutPrefix(g.CreatedBy, byRule)
		r.state.Links = append(r.state.Links, LinkState{ID: g.ID, GroupID: g.Holder.ID, Rule: rule, SiteAdmins: true})
	}
	return err
}

// byRule begins CreatedBy of what catalog.Change.AppointByRule grants. Nothing else grants that role to a group.
const byRule = "rule:"

// linkedTeams reads the teams of links that have not been read yet.
func (r *stateReader) linkedTeams(ctx context.Context, links []catalog.GroupLink) error {
	var unread []string
	for _, l := range links {
		if _, known := r.teams[l.TeamID]; !known {
			unread = append(unread, l.TeamID)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	teams, err := r.q.Teams(ctx, catalog.TeamFilter{IDs: unread})
	r.keepTeams(teams)
	return err
}

// owners reads who owns what the people of the source own.
func (r *stateReader) owners(ctx context.Context) error {
	byTeam := make(map[string]catalog.Organization, len(r.organizations))
	teams := make([]string, 0, len(r.organizations))
	for _, o := range r.organizations {
		byTeam[o.OwnersTeamID] = o
		teams = append(teams, o.OwnersTeamID)
	}
	if len(teams) == 0 || len(r.state.People) == 0 {
		return nil
	}
	members, err := r.q.TeamMembers(ctx, catalog.TeamMemberFilter{TeamIDs: teams})
	if err != nil || len(members) == 0 {
		return err
	}
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.UserID
	}
	acting, err := r.acting(ctx, ids)
	if err != nil {
		return err
	}
	mine := map[string]bool{}
	for _, p := range r.state.People {
		mine[p.UserID] = true
	}
	r.state.SoleOwners, r.state.Owners = map[string]string{}, map[string][]string{}
	concerned := map[string]bool{}
	for _, m := range members {
		o := byTeam[m.TeamID]
		if acting[catalog.Membership{OrganizationID: o.ID, UserID: m.UserID}] {
			r.state.Owners[o.Name] = append(r.state.Owners[o.Name], m.UserID)
			concerned[o.Name] = concerned[o.Name] || mine[m.UserID]
		}
	}
	for name, owners := range r.state.Owners {
		if !concerned[name] {
			delete(r.state.Owners, name)
			continue
		}
		if first, known := r.state.SoleOwners[owners[0]]; len(owners) == 1 && (!known || strings.Compare(name, first) < 0) {
			r.state.SoleOwners[owners[0]] = name
		}
	}
	return nil
}

// administrators reads what the administrators' group is called.
func (r *stateReader) administrators(ctx context.Context) error {
	settings, err := r.q.Settings(ctx)
	r.state.Administrators = settings.TerrakubeAdminGroup
	return err
}

// acting returns who of some users is an active member where and not suspended, as memberships of an organization and a
// user alone.
func (r *stateReader) acting(ctx context.Context, ids []string) (map[catalog.Membership]bool, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	users, err := r.q.Users(ctx, catalog.UserFilter{IDs: ids})
	if err != nil {
		return nil, err
	}
	suspended := map[string]bool{}
	for _, u := range users {
		suspended[u.ID] = u.Suspended
	}
	memberships, err := r.q.Memberships(ctx, catalog.MembershipFilter{UserIDs: ids})
	if err != nil {
		return nil, err
	}
	out := map[catalog.Membership]bool{}
	for _, m := range memberships {
		if m.Status == catalog.MembershipActive && !suspended[m.UserID] {
			out[catalog.Membership{OrganizationID: m.OrganizationID, UserID: m.UserID}] = true
		}
	}
	return out, nil
}

// totals counts what a source has in the catalog.
func totals(people []catalog.Person, groups []catalog.Group, memberships int) Totals {
	t := Totals{Memberships: memberships}
	for _, p := range people {
		if p.InactiveAt.IsZero() {
			t.People++
		}
	}
	for _, g := range groups {
		if g.GoneAt.IsZero() {
			t.Groups++
		}
	}
	return t
}
