package loader

import (
	"context"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// application is one run of an organization's plan inside a change: what the names of the plan mean there, kept
// up as the actions create and delete. Maps are by folded name.
type application struct {
	change       *catalog.Change
	organization catalog.Organization
	users        map[string]string // id
	teams        map[string]catalog.Team
	workspaces   map[string]string // id
	grants       map[grantKey]string
}

// grantKey is what makes a grant unique in an organization.
type grantKey struct {
	teamID, workspaceID, role string
}

// newApplication reads what the plan's names mean now, in a constant number of queries.
func newApplication(ctx context.Context, c *catalog.Change, plan OrganizationPlan) (*application, error) {
	a := &application{
		change: c,
		users:  map[string]string{}, teams: map[string]catalog.Team{}, workspaces: map[string]string{}, grants: map[grantKey]string{},
	}
	if err := a.readUsers(ctx, plan); err != nil {
		return nil, err
	}
	isNew := slices.ContainsFunc(plan.Actions, func(x Action) bool { return x.Kind == KindOrganization && x.Op == OpCreate })
	if isNew {
		return a, nil
	}
	var err error
	if a.organization, err = c.OrganizationByName(ctx, plan.Name); err != nil {
		return nil, err
	}
	return a, a.readContents(ctx)
}

func (a *application) readUsers(ctx context.Context, plan OrganizationPlan) error {
	names := map[string]bool{}
	for _, x := range plan.Actions {
		for _, name := range append([]string{x.Target.User}, x.Target.Owners...) {
			if name != "" {
				names[fold(name)] = true
			}
		}
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(names)), usernamesPerQuery) {
		users, err := a.change.Users(ctx, catalog.UserFilter{Usernames: chunk})
		if err != nil {
			return err
		}
		for _, u := range users {
			a.users[fold(u.Username)] = u.ID
		}
	}
	return nil
}

func (a *application) readContents(ctx context.Context) error {
	teams, err := a.change.Teams(ctx, catalog.TeamFilter{OrganizationID: a.organization.ID})
	if err != nil {
		return err
	}
	for _, t := range teams {
		a.teams[fold(t.Name)] = t
	}
	workspaces, err := a.change.Workspaces(ctx, catalog.WorkspaceFilter{OrganizationID: a.organization.ID})
	if err != nil {
		return err
	}
	for _, w := range workspaces {
		a.workspaces[fold(w.Name)] = w.ID
	}
	grants, err := a.change.Grants(ctx, catalog.GrantFilter{OrganizationID: a.organization.ID})
	if err != nil {
		return err
	}
	for _, g := range grants {
		a.grants[grantKey{g.Holder.ID, g.Scope.ID, g.RoleID}] = g.ID
	}
	return nil
}

// apply carries one action out.
func (a *application) apply(ctx context.Context, x Action) error {
	switch x.Kind {
	case KindUser:
		return a.user(ctx, x)
	case KindOrganization:
		return a.create(ctx, x)
	case KindWorkspace:
		return a.workspace(ctx, x)
	case KindMembership:
		return a.membership(ctx, x)
	case KindOwner:
		return a.owner(ctx, x)
	case KindTeam:
		return a.team(ctx, x)
	case KindTeamMember:
		return a.teamMember(ctx, x)
	case KindGrant:
		return a.grant(ctx, x)
	}
	return unknownAction(x)
}

func unknownAction(x Action) error {
	return fault.New(fault.Invalid, "a plan does not %s a %s", x.Op, x.Kind)
}

// missing says that a plan speaks of something that is not there (any more).
func missing(kind Kind, name string) error {
	return fault.New(fault.NotFound, "there is no %s %q", kind, name)
}

func (a *application) userID(name string) (string, error) {
	if id, ok := a.users[fold(name)]; ok {
		return id, nil
	}
	return "", missing(KindUser, name)
}

func (a *application) teamByName(name string) (catalog.Team, error) {
	// The owners team changes through its own actions, whatever a plan from outside says.
	if t, ok := a.teams[fold(name)]; ok && t.ID != a.organization.OwnersTeamID {
		return t, nil
	}
	return catalog.Team{}, missing(KindTeam, name)
}

func (a *application) user(ctx context.Context, x Action) error {
	if x.Op != OpCreate {
		return unknownAction(x)
	}
	u, err := a.change.CreateUser(ctx, x.Target.User, x.Target.Email)
	if err == nil {
		a.users[fold(x.Target.User)] = u.ID
	}
	return err
}

func (a *application) create(ctx context.Context, x Action) error {
	if x.Op != OpCreate {
		return unknownAction(x)
	}
	var owners []string
	for _, name := range x.Target.Owners {
		id, err := a.userID(name)
		if err != nil {
			return err
		}
		owners = append(owners, id)
	}
	var err error
	a.organization, err = a.change.CreateOrganization(ctx, x.Target.Organization, x.Target.Email, owners...)
	return err
}

func (a *application) workspace(ctx context.Context, x Action) error {
	if x.Op != OpCreate {
		return unknownAction(x)
	}
	w, err := a.change.CreateWorkspace(ctx, catalog.Workspace{
		OrganizationID: a.organization.ID, Name: x.Target.Workspace, Description: x.Target.Description,
	})
	if err == nil {
		a.workspaces[fold(x.Target.Workspace)] = w.ID
	}
	return err
}

func (a *application) membership(ctx context.Context, x Action) error {
	id, err := a.userID(x.Target.User)
	if err != nil {
		return err
	}
	if x.Op == OpDelete {
		return a.change.RemoveMember(ctx, a.organization.ID, id)
	}
	_, err = a.change.PutMember(ctx, a.organization.ID, id, catalog.MembershipActive)
	return err
}

func (a *application) owner(ctx context.Context, x Action) error {
	id, err := a.userID(x.Target.User)
	if err != nil {
		return err
	}
	if x.Op == OpDelete {
		return a.change.RemoveTeamMember(ctx, a.organization.OwnersTeamID, id)
	}
	return a.change.AddTeamMember(ctx, a.organization.OwnersTeamID, id, false)
}

func (a *application) team(ctx context.Context, x Action) error {
	if x.Op == OpCreate {
		t, err := a.change.CreateTeam(ctx, catalog.Team{
			OrganizationID: a.organization.ID, Name: x.Target.Team, Description: x.Target.Description,
			Visibility: catalog.Visibility(x.Target.Visibility),
		})
		if err == nil {
			a.teams[fold(x.Target.Team)] = t
		}
		return err
	}
	t, err := a.teamByName(x.Target.Team)
	if err != nil {
		return err
	}
	if x.Op == OpDelete {
		delete(a.teams, fold(t.Name))
		return a.change.DeleteTeam(ctx, t.ID)
	}
	t.Description, t.Visibility = x.Target.Description, catalog.Visibility(x.Target.Visibility)
	a.teams[fold(t.Name)] = t
	return a.change.UpdateTeam(ctx, t)
}

func (a *application) teamMember(ctx context.Context, x Action) error {
	t, err := a.teamByName(x.Target.Team)
	if err != nil {
		return err
	}
	id, err := a.userID(x.Target.User)
	if err != nil {
		return err
	}
	if x.Op == OpDelete {
		return a.change.RemoveTeamMember(ctx, t.ID, id)
	}
	return a.change.AddTeamMember(ctx, t.ID, id, x.Target.Maintainer)
}

// grant creates or deletes a grant; an update makes one that expires a lasting one, which takes a new grant.
func (a *application) grant(ctx context.Context, x Action) error {
	if !isEstateRole(x.Target.Role) {
		return fault.At("role", "role %q is no built-in access level of a workspace", x.Target.Role)
	}
	t, err := a.teamByName(x.Target.Team)
	if err != nil {
		return err
	}
	workspaceID, ok := a.workspaces[fold(x.Target.Workspace)]
	if !ok {
		return missing(KindWorkspace, x.Target.Workspace)
	}
	key := grantKey{t.ID, workspaceID, x.Target.Role}
	if x.Op != OpCreate {
		id, ok := a.grants[key]
		if !ok {
			return missing(KindGrant, x.Name)
		}
		delete(a.grants, key)
		if err := a.change.DeleteGrant(ctx, id); err != nil || x.Op == OpDelete {
			return err
		}
	}
	g, err := a.change.CreateGrant(ctx, catalog.Grant{
		OrganizationID: a.organization.ID, RoleID: x.Target.Role,
		Holder: authz.Object{Type: schema.TypeTeam, ID: t.ID},
		Scope:  authz.Object{Type: schema.TypeWorkspace, ID: workspaceID},
	})
	if err == nil {
		a.grants[key] = g.ID
	}
	return err
}
