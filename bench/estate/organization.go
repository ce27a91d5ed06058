package estate

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// madeOrganization is one organization with its rows.
type madeOrganization struct {
	organization Organization
	facts        catalog.Facts
	rows         int // relationships that it adds to an estate
}

// maker makes one organization. It draws from a source of its own, so that an organization does not depend on
// what else is in the estate.
type maker struct {
	rng   *rand.Rand
	label string
	org   catalog.Organization
	facts catalog.Facts

	people     []catalog.User
	groups     []catalog.Group
	teams      []catalog.Team
	kits       [][]string // for each team, the few roles it is given
	projects   []catalog.Project
	workspaces []catalog.Workspace
	roles      []string // custom roles of the organization
	granted    map[[3]string]bool
	cast       *Cast
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// castFrom is the size in workspaces from which an organization has a cast.
const castFrom = 30

func newOrganization(seed, index uint64, workspaces int) madeOrganization {
	m := &maker{rng: rand.New(rand.NewPCG(seed, index)), label: fmt.Sprintf("org%d", index), granted: map[[3]string]bool{}} //nolint:gosec // repeatable, not secret
	if index == giantIndex {
		m.label = "giant"
	}
	m.org = catalog.Organization{ID: m.id(catalog.PrefixOrganization), Name: m.label, Email: m.label + "@example.com", CreatedAt: made(), AllowForceDelete: m.oneIn(4)}
	m.makePeople(3 + workspaces/2)
	m.makeTeams(1 + workspaces/12)
	m.makeGroups(workspaces)
	m.makeRoles(2 + min(workspaces/25, 4))
	m.makeProjects(workspaces / 8)
	m.makeWorkspaces(workspaces)
	m.grantBroadly()
	if workspaces >= castFrom {
		m.makeCast()
	}
	m.facts.Organizations = []catalog.Organization{m.org}
	rows := len(catalog.Projection(m.facts, now())) - len(catalog.Projection(catalog.Facts{}, now()))
	o := describe(m.facts)[0]
	o.Cast = m.cast
	return madeOrganization{organization: o, facts: m.facts, rows: rows}
}

// id returns a new id in the form of the catalog's own.
func (m *maker) id(prefix string) string {
	var b strings.Builder
	b.WriteString(prefix + "-")
	for range 16 {
		b.WriteByte(base58[m.rng.IntN(len(base58))])
	}
	return b.String()
}

func (m *maker) oneIn(n int) bool { return m.rng.IntN(n) == 0 }

func pick[T any](m *maker, from []T) T { return from[m.rng.IntN(len(from))] }

func (m *maker) makePeople(n int) {
	for i := range n {
		u := m.user(fmt.Sprintf("%s-person%d", m.label, i))
		m.people = append(m.people, u)
		status := catalog.MembershipActive
		if i > 3 && m.oneIn(40) {
			status = catalog.MembershipInvited
		}
		m.facts.Memberships = append(m.facts.Memberships, catalog.Membership{
			ID: m.id(catalog.PrefixMembership), OrganizationID: m.org.ID, UserID: u.ID, Status: status, CreatedAt: made(),
		})
	}
	owners := m.team("owners", catalog.VisibilityOrganization)
	m.org.OwnersTeamID = owners.ID
	for _, u := range m.people[:1+m.rng.IntN(2)] {
		m.join(owners, u)
	}
}

func (m *maker) user(name string) catalog.User {
	u := catalog.User{ID: m.id(catalog.PrefixUser), Username: name, Email: name + "@example.com", CreatedAt: made()}
	m.facts.Users = append(m.facts.Users, u)
	return u
}

func (m *maker) team(name string, visibility catalog.Visibility) catalog.Team {
	t := catalog.Team{ID: m.id(catalog.PrefixTeam), OrganizationID: m.org.ID, Name: name, Visibility: visibility, AllowMemberTokenManagement: true, CreatedAt: made()}
	m.facts.Teams = append(m.facts.Teams, t)
	return t
}

func (m *maker) join(t catalog.Team, u catalog.User) {
	m.facts.TeamMembers = append(m.facts.TeamMembers, catalog.TeamMember{TeamID: t.ID, UserID: u.ID})
}

// some returns between low and high people, each once.
func (m *maker) some(low, high int) []catalog.User {
	n := min(low+m.rng.IntN(high-low+1), len(m.people))
	seen := map[string]bool{}
	var out []catalog.User
	for len(out) < n {
		if u := pick(m, m.people); !seen[u.ID] {
			seen[u.ID] = true
			out = append(out, u)
		}
	}
	return out
}

func (m *maker) makeTeams(n int) {
	for i := range n {
		visibility := catalog.VisibilityOrganization
		if m.oneIn(8) {
			visibility = catalog.VisibilitySecret
		}
		t := m.team(fmt.Sprintf("team%d", i), visibility)
		for _, u := range m.some(2, max(3, min(24, len(m.people)/4))) {
			m.join(t, u)
		}
		m.teams = append(m.teams, t)
	}
}

// makeGroups makes one group of the identity provider for a hundred workspaces; each third one is nested in the one
// before it, and every fifth team is linked to one.
func (m *maker) makeGroups(workspaces int) {
	if workspaces < castFrom {
		return
	}
	for i := range 1 + workspaces/100 {
		g := m.group(fmt.Sprintf("%s-group%d", m.label, i))
		for _, u := range m.some(5, 40) {
			m.facts.GroupMembers = append(m.facts.GroupMembers, catalog.GroupMember{GroupID: g.ID, UserID: u.ID})
		}
		if i%3 != 0 {
			m.facts.GroupChildren = append(m.facts.GroupChildren, catalog.GroupChild{ParentID: m.groups[i-1].ID, ChildID: g.ID})
		}
		m.groups = append(m.groups, g)
	}
	for i := 0; i < len(m.teams); i += 5 {
		m.link(pick(m, m.groups), m.teams[i])
	}
}

func (m *maker) group(name string) catalog.Group {
	g := catalog.Group{ID: m.id(catalog.PrefixGroup), Source: "bench", ExternalID: name, DisplayName: name, CreatedAt: made()}
	m.facts.Groups = append(m.facts.Groups, g)
	return g
}

func (m *maker) link(g catalog.Group, t catalog.Team) {
	m.facts.GroupLinks = append(m.facts.GroupLinks, catalog.GroupLink{ID: m.id(catalog.PrefixGroupLink), GroupID: g.ID, TeamID: t.ID})
}

// makeRoles makes custom roles: sets of three to ten workspace permissions, and one for administrators of people.
func (m *maker) makeRoles(n int) {
	var atoms []string
	for _, p := range schema.Atoms() {
		if p.Type() == schema.TypeWorkspace {
			atoms = append(atoms, string(p))
		}
	}
	for i := range n {
		var permissions []string
		for _, at := range m.rng.Perm(len(atoms))[:3+m.rng.IntN(8)] {
			permissions = append(permissions, atoms[at])
		}
		m.roles = append(m.roles, m.role(fmt.Sprintf("role%d", i), permissions...))
	}
	for range m.teams {
		fixed := pick(m, []string{"tfe-read", "tfe-plan", "tfe-write", "tfe-admin"})
		m.kits = append(m.kits, []string{fixed, pick(m, append([]string{"tfe-read", "terrakube-plan", "infra0-editor"}, m.roles...))})
	}
}

func (m *maker) role(name string, permissions ...string) string {
	r := catalog.Role{ID: m.id(catalog.PrefixRole), OrganizationID: m.org.ID, Name: name, Permissions: permissions, CreatedAt: made()}
	m.facts.Roles = append(m.facts.Roles, r)
	return r.ID
}

func (m *maker) makeProjects(n int) {
	for i := range 1 + n {
		name := fmt.Sprintf("project%d", i)
		if i == 0 {
			name = "Default Project"
		}
		p := m.project(name)
		if i == 0 {
			m.org.DefaultProjectID = p.ID
		}
		m.projects = append(m.projects, p)
		for range 2 {
			role := pick(m, []string{"tfe-project-read", "tfe-project-write", "tfe-project-maintain", "tfe-project-admin"})
			m.grant(teamHolder(pick(m, m.teams)), role, authz.Object{Type: schema.TypeProject, ID: p.ID})
		}
	}
}

func (m *maker) project(name string) catalog.Project {
	p := catalog.Project{ID: m.id(catalog.PrefixProject), OrganizationID: m.org.ID, Name: name, CreatedAt: made()}
	m.facts.Projects = append(m.facts.Projects, p)
	return p
}

func teamHolder(t catalog.Team) authz.Object { return authz.Object{Type: schema.TypeTeam, ID: t.ID} }

func (m *maker) makeWorkspaces(n int) {
	for range n {
		w := m.workspace(pick(m, m.projects))
		scope := authz.Object{Type: schema.TypeWorkspace, ID: w.ID}
		for range 1 + m.rng.IntN(4) {
			at := m.rng.IntN(len(m.teams))
			m.grant(teamHolder(m.teams[at]), pick(m, m.kits[at]), scope)
		}
		if m.oneIn(20) {
			m.grant(authz.Object{Type: schema.TypeUser, ID: pick(m, m.people).ID}, "tfe-write", scope)
		}
		if len(m.groups) > 0 && m.oneIn(30) {
			m.grant(authz.Object{Type: schema.TypeGroup, ID: pick(m, m.groups).ID}, "tfe-plan", scope)
		}
	}
}

func (m *maker) workspace(p catalog.Project) catalog.Workspace {
	part := pick(m, []string{"network", "cluster", "database", "identity", "billing", "search", "queue", "edge"})
	stage := pick(m, []string{"dev", "test", "staging", "prod"})
	w := catalog.Workspace{
		ID: m.id(catalog.PrefixWorkspace), OrganizationID: m.org.ID, ProjectID: p.ID,
		Name: fmt.Sprintf("%s-%s-%d", part, stage, len(m.workspaces)), CreatedAt: made(),
	}
	m.workspaces = append(m.workspaces, w)
	m.facts.Workspaces = append(m.facts.Workspaces, w)
	return w
}

// grantBroadly gives a few teams something at the organization.
func (m *maker) grantBroadly() {
	org := authz.Object{Type: schema.TypeOrganization, ID: m.org.ID}
	people := m.role("people", "organization.manage_membership", "organization.manage_teams", "organization.access_secret_teams")
	m.grant(teamHolder(pick(m, m.teams)), people, org)
	m.grant(teamHolder(pick(m, m.teams)), pick(m, []string{"hcp-viewer", "tfe-read", "hcp-contributor"}), org)
}

// grant adds a grant unless there is one like it. One in thirty expires, in a hundred years.
func (m *maker) grant(holder authz.Object, role string, scope authz.Object) {
	key := [3]string{holder.ID, role, scope.ID}
	if m.granted[key] {
		return
	}
	m.granted[key] = true
	g := catalog.Grant{
		ID: m.id(catalog.PrefixGrant), OrganizationID: m.org.ID, Holder: holder, RoleID: role, Scope: scope,
		CreatedBy: m.people[0].ID, CreatedAt: made(),
	}
	if m.oneIn(30) {
		g.ExpiresAt = faraway()
	}
	m.facts.Grants = append(m.facts.Grants, g)
}
