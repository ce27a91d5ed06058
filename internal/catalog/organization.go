package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Names that an organization is born with.
const (
	OwnersTeamName     = "owners"
	DefaultProjectName = "Default Project"
)

// Check reports everything about an organization's name and address that cannot be.
func (o Organization) Check() error {
	return errors.Join(checkName("name", o.Name, false), checkEmail("email", o.Email))
}

// CreateOrganization is FoundOrganization with default settings.
func (c *Change) CreateOrganization(ctx context.Context, name, email string, ownerIDs ...string) (Organization, error) {
	return c.FoundOrganization(ctx, Organization{Name: name, Email: email}, ownerIDs...)
}

// FoundOrganization adds an organization with its owners team and default project. The given users become its first
// owners and active members.
func (c *Change) FoundOrganization(ctx context.Context, o Organization, ownerIDs ...string) (Organization, error) {
	err := o.Check()
	if looksLikeID(o.Name, PrefixOrganization) {
		err = errors.Join(err, fault.At("name", "must not look like an id"))
	}
	if err != nil {
		return Organization{}, err
	}
	if err := freeName(ctx, "name", o.Name, c.Organization); err != nil {
		return Organization{}, err
	}
	if len(ownerIDs) == 0 {
		return Organization{}, fault.At("owners", "an organization needs an owner")
	}
	o.ID, o.OwnersTeamID, o.DefaultProjectID = c.random(PrefixOrganization), c.random(PrefixTeam), c.random(PrefixProject)
	o.Disabled, o.WorkspaceLimit, o.CreatedAt = false, Limit{}, c.now
	owners := Team{ID: o.OwnersTeamID, OrganizationID: o.ID, Name: OwnersTeamName, Visibility: VisibilitySecret, AllowMemberTokenManagement: true, CreatedAt: c.now}
	project := Project{ID: o.DefaultProjectID, OrganizationID: o.ID, Name: DefaultProjectName, CreatedAt: c.now}
	err = inOrder(
		func() error { return c.InsertOrganization(ctx, o) },
		func() error { return c.InsertTeam(ctx, owners) },
		func() error { return c.InsertProject(ctx, project) },
	)
	if err != nil {
		return Organization{}, err
	}
	c.touch(whole(organizationRef(o.ID)), whole(teamRef(owners.ID)), whole(projectRef(project.ID)), ownerBinding(o))
	c.record("organization.create", o.ID, organizationRef(o.ID), nil, o)
	for _, id := range ownerIDs {
		if err := c.AddTeamMember(ctx, owners.ID, id, false); err != nil {
			return Organization{}, err
		}
	}
	return o, nil
}

// ownerBinding is the binding by which the owners team holds everything in its organization.
func ownerBinding(o Organization) Slice {
	return Slice{Resource: bindingRef(bindingID(schema.RoleOwner, o.OwnersTeamID)), RoleID: schema.RoleOwner, Holder: teamRef(o.OwnersTeamID)}
}

// ChangeOrganization updates an organization's name, address and settings. Its owners team and default project
// stay what they are; disabling has a method of its own.
func (c *Change) ChangeOrganization(ctx context.Context, o Organization) error {
	before, err := c.Organization(ctx, o.ID)
	if err != nil {
		return err
	}
	if err := o.Check(); err != nil {
		return err
	}
	if err := c.checkRename(ctx, before, o.Name); err != nil {
		return err
	}
	o.OwnersTeamID, o.DefaultProjectID, o.Disabled, o.CreatedAt = before.OwnersTeamID, before.DefaultProjectID, before.Disabled, before.CreatedAt
	if o == before {
		return nil
	}
	if err := c.UpdateOrganization(ctx, o); err != nil {
		return err
	}
	c.touch(Slice{Resource: organizationRef(o.ID), Relation: schema.RelForceDeleteAllowed})
	c.record("organization.update", o.ID, organizationRef(o.ID), before, o)
	return nil
}

// checkRename refuses a new name that everything that takes names and ids alike would take for another organization.
func (c *Change) checkRename(ctx context.Context, o Organization, name string) error {
	switch {
	case name == o.Name, name == o.ID:
		return nil
	case looksLikeID(name, PrefixOrganization):
		return fault.At("name", "must not look like an id")
	}
	return freeName(ctx, "name", name, c.Organization)
}

// SetDisabled ends every decision inside an organization or brings them back (DECISIONS P18).
func (c *Change) SetDisabled(ctx context.Context, organizationID string, disabled bool) error {
	before, err := c.Organization(ctx, organizationID)
	if err != nil || before.Disabled == disabled {
		return err
	}
	after := before
	after.Disabled = disabled
	if err := c.touchOrganization(ctx, before); err != nil {
		return err
	}
	if err := c.UpdateOrganization(ctx, after); err != nil {
		return err
	}
	c.record(map[bool]string{true: "organization.disable", false: "organization.enable"}[disabled], organizationID, organizationRef(organizationID), before, after)
	return nil
}

// RemoveOrganization deletes an organization with everything in it.
func (c *Change) RemoveOrganization(ctx context.Context, organizationID string) error {
	o, err := c.Organization(ctx, organizationID)
	if err != nil {
		return err
	}
	if err := c.touchOrganization(ctx, o); err != nil {
		return err
	}
	if err := c.DeleteOrganization(ctx, organizationID); err != nil {
		return err
	}
	c.record("organization.delete", organizationID, organizationRef(organizationID), o, nil)
	return nil
}

// touchOrganization names everything an organization holds in the projection.
func (c *Change) touchOrganization(ctx context.Context, o Organization) error {
	c.touch(whole(organizationRef(o.ID)), ownerBinding(o))
	teams, err := c.Teams(ctx, TeamFilter{OrganizationID: o.ID})
	if err != nil {
		return err
	}
	for _, t := range teams {
		c.touch(whole(teamRef(t.ID)))
		c.touch(minimumSlices(t)...)
	}
	projects, err := c.Projects(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, p := range projects {
		c.touch(whole(projectRef(p.ID)))
	}
	workspaces, err := c.Workspaces(ctx, WorkspaceFilter{OrganizationID: o.ID})
	if err != nil {
		return err
	}
	for _, w := range workspaces {
		c.touch(whole(workspaceRef(w.ID)))
	}
	stacks, err := c.Stacks(ctx, WorkspaceFilter{OrganizationID: o.ID})
	if err != nil {
		return err
	}
	for _, st := range stacks {
		c.touch(whole(stackRef(st.ID)))
	}
	tokens, err := c.Tokens(ctx, TokenFilter{Kind: TokenOrganization, OwnerID: o.ID})
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if err := c.touchToken(ctx, t, ""); err != nil {
			return err
		}
	}
	return c.touchGrants(ctx, GrantFilter{OrganizationID: o.ID})
}

// keepOwners refuses a change that would leave an organization the user owns without an owner who can act.
func (c *Change) keepOwners(ctx context.Context, userID string) error {
	owned, err := c.ownedBy(ctx, userID)
	if err != nil {
		return err
	}
	for _, o := range owned {
		if err := c.keepOwner(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// ownedBy returns the organizations in whose owners team a user is.
func (c *Change) ownedBy(ctx context.Context, userID string) ([]Organization, error) {
	teams, err := c.Teams(ctx, TeamFilter{UserID: userID})
	if err != nil {
		return nil, err
	}
	var out []Organization
	for _, t := range teams {
		o, err := c.Organization(ctx, t.OrganizationID)
		if err != nil {
			return nil, err
		}
		if o.OwnersTeamID == t.ID {
			out = append(out, o)
		}
	}
	return out, nil
}

// actingOwners returns the people who own an organization and can act: direct members of the owners team who are active
// members of the organization and not suspended.
func actingOwners(ctx context.Context, q Queries, o Organization) ([]User, error) {
	owners, err := q.Users(ctx, UserFilter{TeamID: o.OwnersTeamID})
	if err != nil || len(owners) == 0 {
		return nil, err
	}
	ids := make([]string, len(owners))
	for i, u := range owners {
		ids[i] = u.ID
	}
	memberships, err := q.Memberships(ctx, MembershipFilter{OrganizationID: o.ID, UserIDs: ids})
	active := map[string]bool{}
	for _, m := range memberships {
		active[m.UserID] = m.Status == MembershipActive
	}
	return slices.DeleteFunc(owners, func(u User) bool { return u.Suspended || !active[u.ID] }), err
}

// keepOwner refuses a change that would leave an organization without an owner who can act: a direct member of
// the owners team, active and not suspended. People who come through a group do not count, since a directory
// could take them away.
func (c *Change) keepOwner(ctx context.Context, o Organization) error {
	owners, err := actingOwners(ctx, c, o)
	if err != nil || len(owners) > 0 {
		return err
	}
	return fault.New(fault.Conflict, "organization %s must keep an owner", o.Name)
}

// Organization use cases.

// CreateOrganization adds an organization owned by its creator, as an edit makes it; platform.create_organization.
func (s *Service) CreateOrganization(ctx context.Context, p Principal, edit Edit[Organization]) (Organization, authz.Token, error) {
	if err := s.requireToChange(ctx, p, schema.PlatformCreateOrganization, platformRef()); err != nil {
		return Organization{}, "", err
	}
	if p.Subject.Type != schema.TypeUser {
		err := fault.New(fault.Denied, "only people create organizations")
		return Organization{}, "", s.refused(ctx, p, schema.PlatformCreateOrganization, platformRef(), err)
	}
	var created Organization
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		o, err := edit.of(Organization{}, Home{})
		if err != nil {
			return err
		}
		created, err = c.FoundOrganization(ctx, o, p.Subject.ID)
		return err
	})
	return created, token, err
}

// UpdateOrganization changes an organization's settings and returns it as it is then; organization.update. What site
// admins set is none of them.
func (s *Service) UpdateOrganization(ctx context.Context, p Principal, id string, edit Edit[Organization]) (Organization, authz.Token, error) {
	var after Organization
	token, err := s.on(ctx, p, schema.OrganizationUpdate, organizationRef(id), func(ctx context.Context, c *Change) error {
		home, err := homeIn(ctx, c, id, "")
		if err != nil {
			return err
		}
		wanted, err := edit.of(home.Organization, home)
		if err != nil {
			return err
		}
		wanted.ID, wanted.WorkspaceLimit = id, home.Organization.WorkspaceLimit
		if err := c.ChangeOrganization(ctx, wanted); err != nil {
			return err
		}
		after, err = c.Organization(ctx, id)
		return err
	})
	return after, token, err
}

// DisableOrganization disables an organization or enables it again; platform.administer.
func (s *Service) DisableOrganization(ctx context.Context, p Principal, organizationID string, disabled bool) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error { return c.SetDisabled(ctx, organizationID, disabled) })
}

// DeleteOrganization deletes an organization with everything in it; organization.delete.
func (s *Service) DeleteOrganization(ctx context.Context, p Principal, organizationID string) (authz.Token, error) {
	return s.on(ctx, p, schema.OrganizationDelete, organizationRef(organizationID), func(ctx context.Context, c *Change) error { return c.RemoveOrganization(ctx, organizationID) })
}

// on is a use case that needs one permission on one object.
func (s *Service) on(ctx context.Context, p Principal, permission schema.Permission, object authz.Object, fn func(context.Context, *Change) error) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, permission, object); err != nil {
		return "", err
	}
	return s.change(ctx, p, fn)
}
