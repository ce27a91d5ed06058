package catalog_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestRandomHistoriesLeaveNoDrift proves that what each change names of the projection is all that it changes: after
// any history of changes, the engine holds exactly the projection of the whole catalog.
func TestRandomHistoriesLeaveNoDrift(t *testing.T) {
	t.Parallel()
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			b := testkit.Service(t, size)
			populate(t, b)
			done, made := 0, 0
			defer func() { t.Logf("%d histories, %d changes", done, made) }()
			rapid.Check(t, func(rt *rapid.T) {
				h := &history{T: rt, b: b, run: done}
				done++
				defer func() { made += h.done }()
				steps := map[string]func(*rapid.T){
					"":                    func(*rapid.T) { h.noDrift() },
					"user":                func(*rapid.T) { h.do(h.addUser) },
					"suspend":             func(*rapid.T) { h.do(h.suspend) },
					"unsuspend":           func(*rapid.T) { h.do(h.unsuspend) },
					"delete user":         func(*rapid.T) { h.do(h.removeUser) },
					"site admin":          func(*rapid.T) { h.do(h.siteAdmin) },
					"organization":        func(*rapid.T) { h.do(h.addOrganization) },
					"settings":            func(*rapid.T) { h.do(h.organizationSettings) },
					"disable":             func(*rapid.T) { h.do(h.disable) },
					"team":                func(*rapid.T) { h.do(h.addTeam) },
					"change team":         func(*rapid.T) { h.do(h.changeTeam) },
					"delete team":         func(*rapid.T) { h.do(h.removeTeam) },
					"member":              func(*rapid.T) { h.do(h.addMember) },
					"remove member":       func(*rapid.T) { h.do(h.removeMember) },
					"leave":               func(*rapid.T) { h.do(h.leave) },
					"invite":              func(*rapid.T) { h.do(h.invite) },
					"group":               func(*rapid.T) { h.do(h.addGroup) },
					"group member":        func(*rapid.T) { h.do(h.groupMember) },
					"nest":                func(*rapid.T) { h.do(h.nest) },
					"unnest":              func(*rapid.T) { h.do(h.unnest) },
					"link":                func(*rapid.T) { h.do(h.link) },
					"unlink":              func(*rapid.T) { h.do(h.unlink) },
					"remove group":        func(*rapid.T) { h.do(h.removeGroup) },
					"project":             func(*rapid.T) { h.do(h.addProject) },
					"workspace":           func(*rapid.T) { h.do(h.addWorkspace) },
					"move workspace":      func(*rapid.T) { h.do(h.moveWorkspace) },
					"remove workspace":    func(*rapid.T) { h.do(h.removeWorkspace) },
					"stack":               func(*rapid.T) { h.do(h.addStack) },
					"role":                func(*rapid.T) { h.do(h.addRole) },
					"change role":         func(*rapid.T) { h.do(h.changeRole) },
					"grant":               func(*rapid.T) { h.do(h.addGrant) },
					"revoke":              func(*rapid.T) { h.do(h.removeGrant) },
					"token":               func(*rapid.T) { h.do(h.addToken) },
					"revoke token":        func(*rapid.T) { h.do(h.revokeToken) },
					"delete organization": func(*rapid.T) { h.do(h.removeOrganization) },
				}
				maps.Copy(steps, h.directorySteps())
				rt.Repeat(steps)
			})
		})
	}
}

// populate makes a small world in which most changes find something to change.
func populate(t *testing.T, b *testkit.Bench) {
	t.Helper()
	_, err := b.Import(t.Context(), b.Admin, func(ctx context.Context, c *catalog.Change) error {
		var people []catalog.User
		for _, name := range []string{"ann", "ben", "cat", "dan"} {
			u, err := c.EnsureUser(ctx, name, "")
			if err != nil {
				return err
			}
			people = append(people, u)
		}
		o, err := c.CreateOrganization(ctx, "world", "", people[0].ID)
		if err != nil {
			return err
		}
		outer, err := c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: "outer", DisplayName: "outer"})
		if err != nil {
			return err
		}
		inner, err := c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: "inner", DisplayName: "inner"})
		if err != nil {
			return err
		}
		if err := c.Nest(ctx, outer.ID, inner.ID); err != nil {
			return err
		}
		for _, name := range []string{"red", "blue"} {
			team, err := c.CreateTeam(ctx, catalog.Team{OrganizationID: o.ID, Name: name, Visibility: catalog.VisibilityOrganization})
			if err != nil {
				return err
			}
			if _, err := c.LinkGroup(ctx, outer.ID, team.ID); err != nil {
				return err
			}
			p, err := c.CreateProject(ctx, catalog.Project{OrganizationID: o.ID, Name: name})
			if err != nil {
				return err
			}
			w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, ProjectID: p.ID, Name: name})
			if err != nil {
				return err
			}
			if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: authz.Object{Type: schema.TypeTeam, ID: team.ID}, RoleID: "tfe-write", Scope: authz.Object{Type: schema.TypeWorkspace, ID: w.ID}}); err != nil {
				return err
			}
		}
		return c.AddGroupMember(ctx, inner.ID, people[1].ID)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// history makes random changes to one catalog; run keeps the names of repeated runs apart.
type history struct {
	*rapid.T
	b      *testkit.Bench
	run, n int
	rng    *rand.Rand
	done   int // changes that were made, not refused
}

func (h *history) flip() bool { return h.rng.IntN(2) == 0 }

type step func(ctx context.Context, c *catalog.Change) error

// do runs a change. Refusals by a rule are part of the history; anything else is a failure. A change may run
// twice, so its choices come from a seed.
func (h *history) do(fn step) {
	seed, n := rapid.Uint64().Draw(h.T, "seed"), h.n
	_, err := h.b.Import(h.Context(), h.b.Admin, func(ctx context.Context, c *catalog.Change) error {
		h.rng, h.n = rand.New(rand.NewPCG(seed, 0)), n
		return fn(ctx, c)
	})
	h.judge(err)
}

// judge counts a change, or fails for one that ended in something else than a refusal.
func (h *history) judge(err error) {
	if err == nil {
		h.done++
	}
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
		h.Fatalf("change: %v", err)
	}
}

func (h *history) noDrift() {
	d, err := h.b.Reconcile(h.Context(), h.b.Admin, true)
	if err != nil {
		h.Fatal(err)
	}
	if len(d.Missing)+len(d.Unexpected) > 0 {
		h.Fatalf("drift: missing %v, unexpected %v", d.Missing, d.Unexpected)
	}
}

func (h *history) name() string {
	h.n++
	return fmt.Sprintf("n%d-%d", h.run, h.n)
}

// pick draws one of rows; none at all is a refusal that do accepts.
func pick[T any](h *history, rows []T, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, err
	}
	if len(rows) == 0 {
		return zero, fault.New(fault.NotFound, "nothing to pick")
	}
	return rows[h.rng.IntN(len(rows))], nil
}

func (h *history) user(ctx context.Context, c *catalog.Change) (catalog.User, error) {
	rows, err := c.Users(ctx, catalog.UserFilter{})
	return pick(h, rows, err)
}

func (h *history) organization(ctx context.Context, c *catalog.Change) (catalog.Organization, error) {
	rows, err := c.Organizations(ctx)
	return pick(h, rows, err)
}

func (h *history) team(ctx context.Context, c *catalog.Change) (catalog.Team, error) {
	rows, err := c.Teams(ctx, catalog.TeamFilter{})
	return pick(h, rows, err)
}

func (h *history) group(ctx context.Context, c *catalog.Change) (catalog.Group, error) {
	rows, err := c.Groups(ctx)
	return pick(h, rows, err)
}

func (h *history) addUser(ctx context.Context, c *catalog.Change) error {
	_, err := c.CreateUser(ctx, h.name(), "")
	return err
}

func (h *history) suspend(ctx context.Context, c *catalog.Change) error {
	u, err := h.user(ctx, c)
	if err != nil {
		return err
	}
	if u.Username == catalog.SiteAdminUsername {
		return nil // who makes the history must be able to go on
	}
	return c.Suspend(ctx, u.ID)
}

func (h *history) unsuspend(ctx context.Context, c *catalog.Change) error {
	u, err := h.user(ctx, c)
	if err != nil {
		return err
	}
	return c.Unsuspend(ctx, u.ID)
}

func (h *history) removeUser(ctx context.Context, c *catalog.Change) error {
	u, err := h.user(ctx, c)
	if err != nil || u.Username == catalog.SiteAdminUsername {
		return err
	}
	return c.RemoveUser(ctx, u.ID)
}

func (h *history) siteAdmin(ctx context.Context, c *catalog.Change) error {
	u, err := h.user(ctx, c)
	if err != nil || u.Username == catalog.SiteAdminUsername {
		return err
	}
	if h.flip() {
		return c.SetSiteAuditor(ctx, u.ID, !u.SiteAuditor)
	}
	return c.SetSiteAdmin(ctx, u.ID, !u.SiteAdmin)
}

func (h *history) addOrganization(ctx context.Context, c *catalog.Change) error {
	u, err := h.user(ctx, c)
	if err != nil {
		return err
	}
	_, err = c.CreateOrganization(ctx, h.name(), "", u.ID)
	return err
}

func (h *history) organizationSettings(ctx context.Context, c *catalog.Change) error {
	o, err := h.organization(ctx, c)
	if err != nil {
		return err
	}
	o.AllowForceDelete = !o.AllowForceDelete
	return c.ChangeOrganization(ctx, o)
}

func (h *history) disable(ctx context.Context, c *catalog.Change) error {
	o, err := h.organization(ctx, c)
	if err != nil {
		return err
	}
	return c.SetDisabled(ctx, o.ID, !o.Disabled)
}

func (h *history) removeOrganization(ctx context.Context, c *catalog.Change) error {
	o, err := h.organization(ctx, c)
	if err != nil || o.Name == "world" {
		return err // the one that populate made stays interesting
	}
	return c.RemoveOrganization(ctx, o.ID)
}

func (h *history) addTeam(ctx context.Context, c *catalog.Change) error {
	o, err := h.organization(ctx, c)
	if err != nil {
		return err
	}
	visibility := []catalog.Visibility{catalog.VisibilitySecret, catalog.VisibilityOrganization}[h.rng.IntN(2)]
	_, err = c.CreateTeam(ctx, catalog.Team{OrganizationID: o.ID, Name: h.name(), Visibility: visibility})
	return err
}

func (h *history) changeTeam(ctx context.Context, c *catalog.Change) error {
	t, err := h.team(ctx, c)
	if err != nil {
		return err
	}
	t.AllowMemberTokenManagement = !t.AllowMemberTokenManagement
	if t.Name != catalog.OwnersTeamName && h.flip() {
		t.Visibility = map[catalog.Visibility]catalog.Visibility{catalog.VisibilitySecret: catalog.VisibilityOrganization, catalog.VisibilityOrganization: catalog.VisibilitySecret}[t.Visibility]
	}
	return c.ChangeTeam(ctx, t)
}

func (h *history) removeTeam(ctx context.Context, c *catalog.Change) error {
	t, err := h.team(ctx, c)
	if err != nil {
		return err
	}
	return c.DeleteTeam(ctx, t.ID)
}

func (h *history) addMember(ctx context.Context, c *catalog.Change) error {
	t, err := h.team(ctx, c)
	if err != nil {
		return err
	}
	u, err := h.user(ctx, c)
	if err != nil {
		return err
	}
	return c.AddTeamMember(ctx, t.ID, u.ID, false)
}

func (h *history) removeMember(ctx context.Context, c *catalog.Change) error {
	rows, err := c.TeamMembers(ctx, catalog.TeamMemberFilter{})
	m, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	return c.RemoveTeamMember(ctx, m.TeamID, m.UserID)
}

func (h *history) leave(ctx context.Context, c *catalog.Change) error {
	rows, err := c.Memberships(ctx, catalog.MembershipFilter{})
	m, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	return c.RemoveMember(ctx, m.OrganizationID, m.UserID)
}

func (h *history) invite(ctx context.Context, c *catalog.Change) error {
	o, err := h.organization(ctx, c)
	if err != nil {
		return err
	}
	u, err := h.user(ctx, c)
	if err != nil {
		return err
	}
	status := []catalog.MembershipStatus{catalog.MembershipActive, catalog.MembershipInvited}[h.rng.IntN(2)]
	_, err = c.PutMember(ctx, o.ID, u.ID, status)
	return err
}

func (h *history) addGroup(ctx context.Context, c *catalog.Change) error {
	name := h.name()
	_, err := c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: name, DisplayName: name})
	return err
}

func (h *history) groupMember(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	u, err := h.user(ctx, c)
	if err != nil {
		return err
	}
	if h.flip() {
		return c.RemoveGroupMember(ctx, g.ID, u.ID)
	}
	return c.AddGroupMember(ctx, g.ID, u.ID)
}

func (h *history) nest(ctx context.Context, c *catalog.Change) error {
	parent, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	child, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	return c.Nest(ctx, parent.ID, child.ID)
}

func (h *history) unnest(ctx context.Context, c *catalog.Change) error {
	rows, err := c.GroupChildren(ctx)
	n, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	return c.Unnest(ctx, n.ParentID, n.ChildID)
}

func (h *history) link(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	t, err := h.team(ctx, c)
	if err != nil {
		return err
	}
	_, err = c.LinkGroup(ctx, g.ID, t.ID)
	return err
}

func (h *history) unlink(ctx context.Context, c *catalog.Change) error {
	rows, err := c.GroupLinks(ctx, catalog.GroupLinkFilter{})
	l, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	return c.UnlinkGroup(ctx, l)
}

func (h *history) removeGroup(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	return c.RemoveGroup(ctx, g.ID)
}

func (h *history) addProject(ctx context.Context, c *catalog.Change) error {
	o, err := h.organization(ctx, c)
	if err != nil {
		return err
	}
	_, err = c.CreateProject(ctx, catalog.Project{OrganizationID: o.ID, Name: h.name()})
	return err
}

func (h *history) project(ctx context.Context, c *catalog.Change) (catalog.Project, error) {
	rows, err := c.Projects(ctx, "")
	return pick(h, rows, err)
}

func (h *history) addWorkspace(ctx context.Context, c *catalog.Change) error {
	p, err := h.project(ctx, c)
	if err != nil {
		return err
	}
	_, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: p.OrganizationID, ProjectID: p.ID, Name: h.name()})
	return err
}

func (h *history) addStack(ctx context.Context, c *catalog.Change) error {
	p, err := h.project(ctx, c)
	if err != nil {
		return err
	}
	_, err = c.CreateStack(ctx, catalog.Stack{OrganizationID: p.OrganizationID, ProjectID: p.ID, Name: h.name()})
	return err
}

func (h *history) moveWorkspace(ctx context.Context, c *catalog.Change) error {
	rows, err := c.Workspaces(ctx, catalog.WorkspaceFilter{})
	w, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	p, err := h.project(ctx, c)
	if err != nil {
		return err
	}
	w.ProjectID = p.ID
	return c.ChangeWorkspace(ctx, w)
}

func (h *history) removeWorkspace(ctx context.Context, c *catalog.Change) error {
	rows, err := c.Workspaces(ctx, catalog.WorkspaceFilter{})
	w, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	return c.RemoveWorkspace(ctx, w.ID)
}

func (h *history) permissions() []string {
	all := []string{"workspace.apply_run", "workspace.*", "infra0:terraform.*", "project.update", "organization.manage_modules", "*"}
	h.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:1+h.rng.IntN(3)]
}

func (h *history) addRole(ctx context.Context, c *catalog.Change) error {
	r := catalog.Role{Name: h.name(), Permissions: h.permissions()}
	if h.flip() {
		o, err := h.organization(ctx, c)
		if err != nil {
			return err
		}
		r.OrganizationID = o.ID
	}
	_, err := c.CreateRole(ctx, r)
	return err
}

func (h *history) changeRole(ctx context.Context, c *catalog.Change) error {
	rows, err := c.Roles(ctx, "")
	r, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	r.Permissions = h.permissions()
	return c.ChangeRole(ctx, r)
}

func (h *history) holder(ctx context.Context, c *catalog.Change) (authz.Object, error) {
	switch h.rng.IntN(3) {
	case 0:
		u, err := h.user(ctx, c)
		return authz.Object{Type: schema.TypeUser, ID: u.ID}, err
	case 1:
		g, err := h.group(ctx, c)
		return authz.Object{Type: schema.TypeGroup, ID: g.ID}, err
	}
	t, err := h.team(ctx, c)
	return authz.Object{Type: schema.TypeTeam, ID: t.ID}, err
}

func (h *history) scope(ctx context.Context, c *catalog.Change) (authz.Object, string, error) {
	switch h.rng.IntN(5) {
	case 0:
		return authz.Object{Type: schema.TypePlatform, ID: catalog.PlatformID}, "infra0-viewer", nil
	case 1:
		o, err := h.organization(ctx, c)
		return authz.Object{Type: schema.TypeOrganization, ID: o.ID}, "hcp-viewer", err
	case 2:
		p, err := h.project(ctx, c)
		return authz.Object{Type: schema.TypeProject, ID: p.ID}, "tfe-project-write", err
	case 3:
		rows, err := c.Stacks(ctx, catalog.WorkspaceFilter{})
		st, err := pick(h, rows, err)
		return authz.Object{Type: schema.TypeStack, ID: st.ID}, "", err
	}
	rows, err := c.Workspaces(ctx, catalog.WorkspaceFilter{})
	w, err := pick(h, rows, err)
	return authz.Object{Type: schema.TypeWorkspace, ID: w.ID}, "tfe-plan", err
}

func (h *history) addGrant(ctx context.Context, c *catalog.Change) error {
	holder, err := h.holder(ctx, c)
	if err != nil {
		return err
	}
	scope, role, err := h.scope(ctx, c)
	if err != nil {
		return err
	}
	if role == "" || h.flip() {
		rows, err := c.Roles(ctx, "")
		r, err := pick(h, rows, err)
		if err != nil {
			return err
		}
		role = r.ID
	}
	g := catalog.Grant{Holder: holder, RoleID: role, Scope: scope}
	if h.flip() {
		g.ExpiresAt = time.Now().Add(time.Hour).Truncate(time.Second)
	}
	if same, err := c.Grants(ctx, catalog.GrantFilter{Holder: holder, RoleID: role, Scopes: []authz.Object{scope}}); err != nil || len(same) > 0 {
		return err
	}
	_, err = c.CreateGrant(ctx, g)
	return err
}

func (h *history) removeGrant(ctx context.Context, c *catalog.Change) error {
	rows, err := c.Grants(ctx, catalog.GrantFilter{})
	g, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	return c.RemoveGrant(ctx, g.ID)
}

func (h *history) addToken(ctx context.Context, c *catalog.Change) error {
	t := catalog.Token{Kind: []catalog.TokenKind{catalog.TokenTeam, catalog.TokenOrganization, catalog.TokenGroup, catalog.TokenGroup}[h.rng.IntN(4)]}
	var err error
	switch t.Kind {
	case catalog.TokenOrganization:
		var o catalog.Organization
		o, err = h.organization(ctx, c)
		t.OwnerID = o.ID
	case catalog.TokenGroup:
		var g catalog.Group
		g, err = h.group(ctx, c)
		t.OwnerID = g.ID
		if maker, err := h.user(ctx, c); err == nil { // in the group or not
			t.CreatedBy = authz.Object{Type: schema.TypeUser, ID: maker.ID}.String()
		}
	default:
		var team catalog.Team
		team, err = h.team(ctx, c)
		t.OwnerID = team.ID
	}
	if err != nil {
		return err
	}
	if h.flip() {
		t.ExpiresAt = time.Now().Add(time.Hour)
	}
	_, err = c.IssueToken(ctx, t, func(b []byte) error { b[0] = 1; return nil })
	return err
}

func (h *history) revokeToken(ctx context.Context, c *catalog.Change) error {
	rows, err := c.Tokens(ctx, catalog.TokenFilter{})
	t, err := pick(h, rows, err)
	if err != nil {
		return err
	}
	return c.RevokeToken(ctx, t.ID)
}
