package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// systemPrincipal acts when the service itself does, at start.
func systemPrincipal() Principal {
	return Principal{Subject: authz.Object{Type: "system", ID: "start"}, Name: "start"}
}

// Bootstrap makes sure that the built-in site admin exists and can act, and returns him. A non-empty promotion list makes
// exactly the people on it site admins besides him; an empty one changes nothing, so that a lost setting demotes
// nobody. A name on it that nobody can be promoted by is logged and left out (see promote). Settings are replaced where
// they are given.
func (s *Service) Bootstrap(ctx context.Context, promote []string, settings *Settings) (User, error) {
	var admin User
	var left []string
	_, err := s.change(ctx, systemPrincipal(), func(ctx context.Context, c *Change) (err error) {
		c.touch(platformSlices()...)
		if admin, err = c.builtin(ctx); err != nil {
			return err
		}
		if err := c.SetSiteAdmin(ctx, admin.ID, true); err != nil {
			return err
		}
		if err := c.Unsuspend(ctx, admin.ID); err != nil { // by a version that let him be
			return err
		}
		if settings != nil {
			if err := c.putSettings(ctx, *settings); err != nil {
				return err
			}
		}
		if err := c.appointAdministrators(ctx); err != nil {
			return err
		}
		left, err = c.promote(ctx, admin.ID, promote)
		return err
	})
	for _, name := range left {
		s.log.ErrorContext(ctx, "not made a site admin: the account of that name gave itself the name; list another one", "username", name)
	}
	return admin, err
}

// platformSlices are what the model itself grants at the platform.
func platformSlices() []Slice {
	out := []Slice{{Resource: platformRef(), Relation: schema.RelBinding}}
	for role, holder := range map[string]string{
		schema.RoleSiteAdmin: holderSiteAdmins, schema.RoleSiteAuditor: holderSiteAuditors, schema.RoleOrganizationCreator: holderUsers,
	} {
		out = append(out, Slice{Resource: bindingRef(bindingID(role, holder)), RoleID: role, Holder: teamRef(holder)})
	}
	return out
}

func (c *Change) putSettings(ctx context.Context, after Settings) error {
	before, err := c.Settings(ctx)
	if err != nil || before == after {
		return err
	}
	c.touch(platformSlices()...)
	if before.OTFLevels != after.OTFLevels {
		if err := c.touchMinimum(ctx); err != nil {
			return err
		}
	}
	c.record("settings.update", "", platformRef(), before, after)
	if err := c.PutSettings(ctx, after); err != nil {
		return err
	}
	if before.TerrakubeAdminGroup == after.TerrakubeAdminGroup {
		return nil
	}
	return c.appointAdministrators(ctx)
}

// Import runs a change on behalf of a loader; platform.administer.
func (s *Service) Import(ctx context.Context, p Principal, fn func(ctx context.Context, c *Change) error) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), fn)
}

// Inspect runs fn on a consistent view of the catalog; platform.administer.
func (s *Service) Inspect(ctx context.Context, p Principal, fn func(ctx context.Context, q Queries) error) error {
	if err := s.require(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
		return err
	}
	return fn(ctx, s.store)
}

// Example adds a small organization to look at, unless there is an organization already.
func (s *Service) Example(ctx context.Context) error {
	have, err := s.store.Organizations(ctx)
	if err != nil || len(have) > 0 {
		return err
	}
	_, err = s.change(ctx, systemPrincipal(), func(ctx context.Context, c *Change) error { return c.example(ctx) })
	if fault.Is(err, fault.Conflict) {
		return nil // another replica was first
	}
	return err
}

func (c *Change) example(ctx context.Context) error {
	people := map[string]string{}
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		u, err := c.EnsureUser(ctx, name, "")
		if err != nil {
			return err
		}
		people[name] = u.ID
	}
	org, err := c.CreateOrganization(ctx, "acme", "", people["alice"])
	if err != nil {
		return err
	}
	scopes := map[string]authz.Object{}
	for _, name := range []string{"staging", "prod"} {
		w, err := c.CreateWorkspace(ctx, Workspace{OrganizationID: org.ID, Name: name})
		if err != nil {
			return err
		}
		scopes[name] = workspaceRef(w.ID)
	}
	teams := []struct {
		name, member string
		roles        map[string]string
	}{
		{"sre", "bob", map[string]string{"staging": "tfe-write", "prod": "tfe-write"}},
		{"developers", "carol", map[string]string{"staging": "tfe-write", "prod": "tfe-plan"}},
	}
	for _, spec := range teams {
		t, err := c.CreateTeam(ctx, Team{OrganizationID: org.ID, Name: spec.name, Visibility: VisibilityOrganization, AllowMemberTokenManagement: true})
		if err != nil {
			return err
		}
		if err := c.AddTeamMember(ctx, t.ID, people[spec.member], false); err != nil {
			return err
		}
		for scope, role := range spec.roles {
			if _, err := c.CreateGrant(ctx, Grant{Holder: teamRef(t.ID), RoleID: role, Scope: scopes[scope]}); err != nil {
				return err
			}
		}
	}
	return nil
}
