package estate

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// roleIndex is no index that the loop of Generate reaches.
const roleIndex = giantIndex + 1

// Spread is an estate of one organization in which one custom role is held by many teams on many workspaces.
type Spread struct {
	*Estate
	Role       catalog.Role
	Members    []Named // one of each team
	Workspaces []Named
}

// On returns a workspace on which the team of a member holds the role.
func (s Spread) On(member, n int) Named {
	return s.Workspaces[(member+len(s.Members)*(n%(len(s.Workspaces)/len(s.Members))))%len(s.Workspaces)]
}

// SpreadRole makes such an estate; each workspace is one of so many teams'.
func SpreadRole(seed uint64, teams, workspaces, each int, permissions ...string) Spread {
	m := &maker{rng: rand.New(rand.NewPCG(seed, roleIndex)), label: "spread", granted: map[[3]string]bool{}} //nolint:gosec // repeatable, not secret
	m.org = catalog.Organization{ID: m.id(catalog.PrefixOrganization), Name: m.label, Email: "spread@example.com", CreatedAt: made()}
	m.makePeople(3)
	var projects []catalog.Project
	for i := range 10 {
		projects = append(projects, m.project(fmt.Sprintf("spread-%d", i)))
	}
	slices.Sort(permissions)
	m.org.DefaultProjectID = projects[0].ID
	s := Spread{Role: catalog.Role{ID: m.id(catalog.PrefixRole), OrganizationID: m.org.ID, Name: "spread", Permissions: permissions, CreatedAt: made()}}
	m.facts.Roles = append(m.facts.Roles, s.Role)
	var holders []authz.Object
	for i := range teams {
		t, u := m.team(fmt.Sprintf("spread-%d", i), catalog.VisibilityOrganization), m.user(fmt.Sprintf("spread-member-%d", i))
		m.facts.Memberships = append(m.facts.Memberships, catalog.Membership{ID: m.id(catalog.PrefixMembership), OrganizationID: m.org.ID, UserID: u.ID, Status: catalog.MembershipActive, CreatedAt: made()})
		m.join(t, u)
		holders = append(holders, teamHolder(t))
		s.Members = append(s.Members, Named{ID: u.ID, Name: u.Username})
	}
	for i := range workspaces {
		w := m.workspace(pick(m, projects))
		s.Workspaces = append(s.Workspaces, Named{ID: w.ID, Name: m.label + "/" + w.Name})
		for j := range each {
			m.grant(holders[(i+j)%teams], s.Role.ID, authz.Object{Type: schema.TypeWorkspace, ID: w.ID})
		}
	}
	m.facts.Organizations = []catalog.Organization{m.org}
	s.Estate = &Estate{Name: "spread", Facts: m.facts}
	s.Relationships = len(s.Projection())
	return s
}

// Rewritten returns how many relationships an edit of the role's permissions changes, by the type of what they are on.
func (s Spread) Rewritten(permissions ...string) map[string]int {
	before := s.Projection()
	facts := s.Facts
	facts.Roles = slices.Clone(facts.Roles)
	for i, r := range facts.Roles {
		if r.ID == s.Role.ID {
			facts.Roles[i].Permissions = permissions
		}
	}
	after := catalog.Projection(facts, now())
	stays := make(map[authz.Relationship]bool, len(after))
	for _, r := range after {
		stays[r] = true
	}
	out := map[string]int{}
	for _, r := range before {
		if !stays[r] {
			out[r.Resource.Type]++
		}
		delete(stays, r)
	}
	for r := range stays {
		out[r.Resource.Type]++
	}
	return out
}
