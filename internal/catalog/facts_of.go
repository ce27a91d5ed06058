package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// manySlices is the number of slices that are read one by one from which reading the whole catalog costs less.
const manySlices = 400

// factsOf reads the rows that decide the given slices. Rows about other slices may come along; the rows about
// these are complete, so that the projection of the result is right for them.
func factsOf(ctx context.Context, q Queries, slices []Slice) (Facts, error) {
	single, people := apart(slices)
	if len(single) >= manySlices {
		return allFacts(ctx, q)
	}
	g := &gatherer{ctx: ctx, q: q, users: map[string]bool{}, orgs: map[string]bool{}, teams: map[string]bool{}, projects: map[string]bool{}, groups: map[string]bool{}, accounts: map[string]bool{}}
	var err error
	if g.f.Settings, err = q.Settings(ctx); err != nil {
		return Facts{}, err
	}
	for _, s := range single {
		if err := g.slice(s); err != nil {
			return Facts{}, err
		}
	}
	if err := g.rosters(people); err != nil {
		return Facts{}, err
	}
	return g.f, g.finish()
}

// apart splits slices into those whose rows are read one by one and those of teams and groups, whose rows are read
// together however many they are.
func apart(slices []Slice) (single, people []Slice) {
	for _, s := range slices {
		switch s.Resource.Type {
		case schema.TypeTeam, schema.TypeGroup:
			people = append(people, s)
		default:
			single = append(single, s)
		}
	}
	return single, people
}

// gatherer reads rows slice by slice and what they refer to at the end. Its sets hold ids still to be read.
type gatherer struct {
	ctx context.Context //nolint:containedctx // lives for one call of factsOf
	q   Queries
	f   Facts

	users, orgs, teams, projects, groups, accounts map[string]bool
	nested                                         bool // whether group nestings have been read
}

func (g *gatherer) slice(s Slice) error {
	id := s.Resource.ID
	switch s.Resource.Type {
	case schema.TypePlatform:
		return g.grants(GrantFilter{PlatformOnly: true})
	case schema.TypeOrganization:
		return g.organization(s)
	case schema.TypeProject:
		return g.project(s)
	case schema.TypeWorkspace:
		return inOrder(func() error { return g.workspaces(id) }, func() error { return g.grants(GrantFilter{Scopes: []authz.Object{s.Resource}}) })
	case schema.TypeStack:
		return inOrder(func() error { return g.stacks(id) }, func() error { return g.grants(GrantFilter{Scopes: []authz.Object{s.Resource}}) })
	case schema.TypeBinding:
		return g.binding(s)
	}
	return fault.New(fault.Internal, "no projection for %s", s.Resource)
}

func (g *gatherer) organization(s Slice) error {
	id := s.Resource.ID
	g.orgs[id] = true
	switch {
	case s.Relation == schema.RelMembership && s.Subject.Type == schema.TypeUser:
		return g.memberships(MembershipFilter{OrganizationID: id, UserID: s.Subject.ID})
	case s.Relation == schema.RelMembership && s.Subject.Type == schema.TypeTeam:
		g.teams[s.Subject.ID] = true
		return nil
	case s.Relation == schema.RelGuest && s.Holder.Type != "" && s.Holder.Type != schema.TypeTeam:
		return g.grants(GrantFilter{OrganizationID: id, Holder: s.Holder})
	case s.Relation == schema.RelGuest && !s.Subject.IsZero():
		return g.links(GroupLinkFilter{TeamIDs: []string{s.Subject.ID}})
	case s.Relation == schema.RelBinding && s.RoleID != "":
		g.gathersMinimum(s.RoleID, s.Holder)
		return inOrder(func() error {
			return g.grants(GrantFilter{Scopes: []authz.Object{s.Resource}, RoleID: s.RoleID, Holder: s.Holder})
		},
			func() error { return g.tokens(TokenFilter{Kind: TokenOrganization, OwnerID: id}) })
	}
	teams, err := g.q.Teams(g.ctx, TeamFilter{OrganizationID: id})
	if err != nil {
		return err
	}
	g.f.Teams = append(g.f.Teams, teams...)
	for _, t := range teams {
		if err := g.tokens(TokenFilter{Kind: TokenTeam, OwnerID: t.ID}); err != nil {
			return err
		}
	}
	return inOrder(
		func() error { return g.memberships(MembershipFilter{OrganizationID: id}) },
		func() error { return g.links(GroupLinkFilter{OrganizationID: id}) },
		func() error { return g.grants(GrantFilter{OrganizationID: id}) },
		func() error { return g.tokens(TokenFilter{Kind: TokenOrganization, OwnerID: id}) },
	)
}

func (g *gatherer) project(s Slice) error {
	g.projects[s.Resource.ID] = true
	filter := GrantFilter{ProjectID: s.Resource.ID}
	if s.RoleID != "" {
		filter.RoleID, filter.Holder = s.RoleID, s.Holder
	}
	return g.grants(filter)
}

// firstGrants is how many grants of a binding are read before all of them are: one that is in force is enough
// to know that the binding exists.
const firstGrants = 16

func (g *gatherer) binding(s Slice) error {
	switch s.RoleID {
	case "":
		return fault.New(fault.Internal, "slice %s does not name its role", s.Resource)
	case schema.RoleOwner:
		g.teams[s.Holder.ID] = true
	case schema.RoleOrganizationToken:
		return g.rosters([]Slice{whole(teamRef(s.Holder.ID))})
	}
	g.gathersMinimum(s.RoleID, s.Holder)
	filter := GrantFilter{RoleID: s.RoleID, Holder: s.Holder, Limit: firstGrants}
	before := len(g.f.Grants)
	if err := g.grants(filter); err != nil {
		return err
	}
	found := g.f.Grants[before:]
	if len(found) < firstGrants || g.anyInForce(found) {
		return nil
	}
	filter.Limit = 0
	return g.grants(filter)
}

// anyInForce reports whether one of the grants surely counts: for good, in an organization that is not disabled.
func (g *gatherer) anyInForce(grants []Grant) bool {
	return slices.ContainsFunc(grants, func(r Grant) bool {
		if !r.ExpiresAt.IsZero() {
			return false
		}
		org, err := g.q.Organization(g.ctx, r.OrganizationID)
		return r.OrganizationID == "" || (err == nil && !org.Disabled)
	})
}
