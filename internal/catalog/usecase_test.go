package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// village is a small world in which everybody holds something different.
type village struct {
	*testkit.Bench
	people     map[string]catalog.Principal
	acme       catalog.Organization
	other      catalog.Organization
	teams      map[string]catalog.Team
	project    catalog.Project
	workspaces map[string]catalog.Workspace
	group      catalog.Group
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{Bench: testkit.Service(t, "embedded")}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		v.people, v.teams, v.workspaces = map[string]catalog.Principal{}, map[string]catalog.Team{}, map[string]catalog.Workspace{}
		return v.build(ctx, c)
	})
	v.people["site-admin"] = v.Admin
	return v
}

func (v *village) build(ctx context.Context, c *catalog.Change) (err error) {
	for _, name := range []string{"owner", "teamlead", "clerk", "wsadmin", "writer", "member", "outsider", "otherowner"} {
		u, err := c.EnsureUser(ctx, name, "")
		if err != nil {
			return err
		}
		v.people[name] = testkit.PrincipalOf(u)
	}
	id := func(name string) string { return v.people[name].Subject.ID }
	if v.acme, err = c.CreateOrganization(ctx, "acme", "", id("owner")); err != nil {
		return err
	}
	if v.other, err = c.CreateOrganization(ctx, "other", "", id("otherowner")); err != nil {
		return err
	}
	if v.project, err = c.CreateProject(ctx, catalog.Project{OrganizationID: v.acme.ID, Name: "infra"}); err != nil {
		return err
	}
	for name, project := range map[string]string{"prod": "", "infra-prod": v.project.ID} {
		if v.workspaces[name], err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: v.acme.ID, ProjectID: project, Name: name}); err != nil {
			return err
		}
	}
	if _, err = c.PutMember(ctx, v.acme.ID, id("member"), catalog.MembershipActive); err != nil {
		return err
	}
	if v.group, err = c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: "g", DisplayName: "g"}); err != nil {
		return err
	}
	org, prod := authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}, authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}
	ladder := func(permissions ...string) (string, error) {
		r, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Permissions: permissions})
		return r.ID, err
	}
	for _, spec := range []struct {
		team, member string
		visibility   catalog.Visibility
		permissions  []string
		role         string
		scope        authz.Object
	}{
		{"leads", "teamlead", catalog.VisibilityOrganization, []string{"organization.manage_teams"}, "", org},
		{"clerks", "clerk", catalog.VisibilityOrganization, []string{"organization.manage_membership"}, "", org},
		{"admins", "wsadmin", catalog.VisibilityOrganization, nil, "tfe-admin", prod},
		{"writers", "writer", catalog.VisibilityOrganization, nil, "tfe-write", prod},
		{"shadows", "owner", catalog.VisibilitySecret, nil, "tfe-read", prod},
	} {
		team, err := c.CreateTeam(ctx, catalog.Team{OrganizationID: v.acme.ID, Name: spec.team, Visibility: spec.visibility})
		if err != nil {
			return err
		}
		v.teams[spec.team] = team
		if err := c.AddTeamMember(ctx, team.ID, id(spec.member), false); err != nil {
			return err
		}
		if spec.role == "" {
			if spec.role, err = ladder(spec.permissions...); err != nil {
				return err
			}
		}
		if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: authz.Object{Type: schema.TypeTeam, ID: team.ID}, RoleID: spec.role, Scope: spec.scope}); err != nil {
			return err
		}
	}
	return nil
}

// TestUseCasesAskFirst lists, for every use case, who may and who nearly may.
func TestUseCasesAskFirst(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team := func(name string) authz.Object { return authz.Object{Type: schema.TypeTeam, ID: v.teams[name].ID} }
	prod := authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}
	org := authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}
	n := 0
	name := func() string { n++; return "new" + string(rune('a'+n%26)) + string(rune('a'+n/26)) }
	for _, row := range []struct {
		what string
		do   func(ctx context.Context, p catalog.Principal) error
		may  []string
		not  []string
	}{
		{"create a visible team", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateTeam(ctx, p, catalog.Team{OrganizationID: v.acme.ID, Name: name(), Visibility: catalog.VisibilityOrganization}, nil)
			return err
		}, []string{"owner", "teamlead", "site-admin"}, []string{"clerk", "wsadmin", "member", "otherowner", "outsider"}},
		{"create a secret team", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateTeam(ctx, p, catalog.Team{OrganizationID: v.acme.ID, Name: name(), Visibility: catalog.VisibilitySecret}, nil)
			return err
		}, []string{"owner", "site-admin"}, []string{"teamlead", "clerk", "otherowner"}},
		{"rename a visible team", func(ctx context.Context, p catalog.Principal) error {
			description := name()
			_, err := v.UpdateTeam(ctx, p, v.teams["writers"].ID, catalog.TeamChanges{Description: &description})
			return err
		}, []string{"owner", "teamlead"}, []string{"clerk", "writer", "otherowner"}},
		{"turn a visible team secret", func(ctx context.Context, p catalog.Principal) error {
			secret := catalog.VisibilitySecret
			_, err := v.UpdateTeam(ctx, p, v.teams["clerks"].ID, catalog.TeamChanges{Visibility: &secret})
			return err
		}, nil, []string{"teamlead", "clerk", "member"}},
		{"change a secret team", func(ctx context.Context, p catalog.Principal) error {
			description := name()
			_, err := v.UpdateTeam(ctx, p, v.teams["shadows"].ID, catalog.TeamChanges{Description: &description})
			return err
		}, []string{"owner"}, []string{"teamlead", "clerk"}},
		{"add to a visible team", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.AddTeamMembers(ctx, p, v.teams["writers"].ID, v.people["member"].Subject.ID)
			return err
		}, []string{"owner", "teamlead", "clerk"}, []string{"wsadmin", "writer", "member", "otherowner"}},
		{"add to the owners team", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.AddTeamMembers(ctx, p, v.acme.OwnersTeamID, v.people["member"].Subject.ID)
			return err
		}, nil, []string{"teamlead", "clerk", "wsadmin", "otherowner"}},
		{"invite", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.AddMember(ctx, p, v.acme.ID, v.people["outsider"].Subject.ID, catalog.MembershipInvited)
			return err
		}, []string{"owner", "clerk", "teamlead"}, []string{"wsadmin", "member", "otherowner"}},
		{"remove somebody who is in a team one cannot see", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.RemoveMember(ctx, p, v.acme.ID, v.people["owner"].Subject.ID)
			return err
		}, nil, []string{"clerk", "teamlead", "otherowner"}},
		{"create a project", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateProject(ctx, p, v.acme.ID, called[catalog.Project](name()))
			return err
		}, []string{"owner"}, []string{"teamlead", "wsadmin", "member", "otherowner"}},
		{"create a workspace", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateWorkspace(ctx, p, v.acme.ID, "", called[catalog.Workspace](name()))
			return err
		}, []string{"owner"}, []string{"wsadmin", "writer", "member", "otherowner"}},
		{"create a workspace in another organization's project", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateWorkspace(ctx, p, v.other.ID, v.project.ID, called[catalog.Workspace](name()))
			return err
		}, nil, []string{"owner", "otherowner"}},
		{"change a workspace", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateWorkspace(ctx, p, prod.ID, catalog.WorkspaceChanges{Edit: described(name())})
			return err
		}, []string{"owner", "wsadmin"}, []string{"writer", "member", "otherowner"}},
		{"move a workspace", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.UpdateWorkspace(ctx, p, prod.ID, catalog.WorkspaceChanges{ProjectID: v.project.ID})
			return err
		}, nil, []string{"wsadmin", "writer", "otherowner"}},
		{"grant read on a workspace", func(ctx context.Context, p catalog.Principal) error {
			g, _, err := v.CreateGrant(ctx, p, catalog.Grant{Holder: team("clerks"), RoleID: "tfe-read", Scope: prod})
			if err == nil {
				_, err = v.DeleteGrant(ctx, p, g.ID)
			}
			return err
		}, []string{"owner", "wsadmin", "site-admin"}, []string{"writer", "member", "teamlead", "otherowner"}},
		{"grant one's own level, force-delete included although the setting is off", func(ctx context.Context, p catalog.Principal) error {
			g, _, err := v.CreateGrant(ctx, p, catalog.Grant{Holder: team("leads"), RoleID: "tfe-admin", Scope: prod})
			if err == nil {
				_, err = v.DeleteGrant(ctx, p, g.ID)
			}
			return err
		}, []string{"owner", "wsadmin"}, []string{"writer", "member"}},
		{"grant to a team one cannot see", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateGrant(ctx, p, catalog.Grant{Holder: team("shadows"), RoleID: "tfe-plan", Scope: prod})
			return err
		}, nil, []string{"wsadmin"}},
		{"grant more than one holds oneself", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateGrant(ctx, p, catalog.Grant{Holder: team("clerks"), RoleID: "infra0-admin", Scope: org})
			return err
		}, nil, []string{"teamlead", "wsadmin", "otherowner"}},
		{"define a role", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateRole(ctx, p, catalog.Role{OrganizationID: v.acme.ID, Name: name(), Permissions: []string{"infra0:terraform.plan"}})
			return err
		}, []string{"owner"}, []string{"wsadmin", "teamlead", "otherowner"}},
		{"define a platform-wide role", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.CreateRole(ctx, p, catalog.Role{Name: name(), Permissions: []string{"workspace.read"}})
			return err
		}, []string{"site-admin"}, []string{"owner", "otherowner"}},
		{"link a group to a visible team", func(ctx context.Context, p catalog.Principal) error {
			l, _, err := v.LinkGroup(ctx, p, v.group.ID, v.teams["writers"].ID)
			if err == nil {
				_, err = v.UnlinkGroup(ctx, p, l)
			}
			return err
		}, []string{"owner", "clerk"}, []string{"writer", "member", "otherowner"}},
		{"link a group to the owners team", func(ctx context.Context, p catalog.Principal) error {
			_, _, err := v.LinkGroup(ctx, p, v.group.ID, v.acme.OwnersTeamID)
			return err
		}, nil, []string{"clerk", "teamlead", "otherowner"}},
		{"change organization settings", func(ctx context.Context, p catalog.Principal) error {
			email := name() + "@example.com"
			_, _, err := v.UpdateOrganization(ctx, p, v.acme.ID, func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
				o.Email = email
				return o, nil
			})
			return err
		}, []string{"owner", "site-admin"}, []string{"teamlead", "wsadmin", "otherowner"}},
		{"disable an organization", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.DisableOrganization(ctx, p, v.other.ID, true)
			if err == nil {
				_, err = v.DisableOrganization(ctx, p, v.other.ID, false)
			}
			return err
		}, []string{"site-admin"}, []string{"owner", "otherowner"}},
		{"create a user", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.CreateUser(ctx, p, name(), "")
			return err
		}, []string{"site-admin"}, []string{"owner", "member"}},
		{"suspend a user", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.SuspendUser(ctx, p, v.people["outsider"].Subject.ID, true)
			if err == nil {
				_, err = v.SuspendUser(ctx, p, v.people["outsider"].Subject.ID, false)
			}
			return err
		}, []string{"site-admin"}, []string{"owner"}},
		{"make a site admin", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.SetSiteAdmin(ctx, p, v.people["outsider"].Subject.ID, true)
			if err == nil {
				_, err = v.SetSiteAdmin(ctx, p, v.people["outsider"].Subject.ID, false)
			}
			return err
		}, []string{"site-admin"}, []string{"owner", "outsider"}},
		{"issue a token for somebody else", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.CreateToken(ctx, p, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "nobody-yet"})
			return err
		}, []string{"site-admin"}, []string{"owner", "member"}},
		{"reconcile", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.Reconcile(ctx, p, true)
			return err
		}, []string{"site-admin"}, []string{"owner"}},
		{"delete an organization", func(ctx context.Context, p catalog.Principal) error {
			_, err := v.DeleteOrganization(ctx, p, v.acme.ID)
			return err
		}, nil, []string{"teamlead", "wsadmin", "member", "otherowner", "outsider"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			for _, who := range row.may {
				if err := row.do(t.Context(), v.people[who]); err != nil {
					t.Errorf("%s may not: %v", who, err)
				}
			}
			for _, who := range row.not {
				if err := row.do(t.Context(), v.people[who]); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Invalid) {
					t.Errorf("%s: error %v, want a denial", who, err)
				}
			}
		})
	}
}

// may asks the engine at the newest state.
func (v *village) may(t *testing.T, who string, permission schema.Permission, object authz.Object) bool {
	t.Helper()
	d, err := v.Engine.Check(t.Context(), authz.Question{Subject: v.people[who].Subject, Permission: permission.On(object.Type), Resource: object}, authz.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	return d.Allowed
}

func TestWhatEndsAccessEndsItAtOnce(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	prod := authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}
	writer, id := schema.WorkspaceApplyRun, v.people["writer"].Subject.ID
	both := func(what string, end, restore func(ctx context.Context, c *catalog.Change) error) {
		t.Helper()
		if !v.may(t, "writer", writer, prod) {
			t.Fatalf("before %s: denied", what)
		}
		change(t, v.Bench, end)
		if v.may(t, "writer", writer, prod) {
			t.Errorf("after %s: allowed", what)
		}
		if restore != nil {
			change(t, v.Bench, restore)
		}
	}
	both("suspension",
		func(ctx context.Context, c *catalog.Change) error { return c.Suspend(ctx, id) },
		func(ctx context.Context, c *catalog.Change) error { return c.Unsuspend(ctx, id) })
	both("leaving the team",
		func(ctx context.Context, c *catalog.Change) error {
			return c.RemoveTeamMember(ctx, v.teams["writers"].ID, id)
		},
		func(ctx context.Context, c *catalog.Change) error {
			return c.AddTeamMember(ctx, v.teams["writers"].ID, id, false)
		})
	both("becoming invited again",
		func(ctx context.Context, c *catalog.Change) error {
			_, err := c.PutMember(ctx, v.acme.ID, id, catalog.MembershipInvited)
			return err
		},
		func(ctx context.Context, c *catalog.Change) error {
			_, err := c.PutMember(ctx, v.acme.ID, id, catalog.MembershipActive)
			return err
		})
	both("disabling the organization",
		func(ctx context.Context, c *catalog.Change) error { return c.SetDisabled(ctx, v.acme.ID, true) },
		func(ctx context.Context, c *catalog.Change) error {
			if v.may(t, "owner", schema.OrganizationView, authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}) || v.may(t, "site-admin", schema.WorkspaceRead, prod) {
				t.Error("a disabled organization still answers its owner or a site admin")
			}
			return c.SetDisabled(ctx, v.acme.ID, false)
		})
	both("deleting the team", func(ctx context.Context, c *catalog.Change) error { return c.DeleteTeam(ctx, v.teams["writers"].ID) }, nil)
	noDrift(t, v.Bench)
}

func TestAGrantEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	prod := authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}
	deadline := time.Now().Add(4 * time.Second)
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.CreateGrant(ctx, catalog.Grant{Holder: v.people["member"].Subject, RoleID: "tfe-write", Scope: prod, ExpiresAt: deadline})
		return err
	})
	if !v.may(t, "member", schema.WorkspaceApplyRun, prod) {
		t.Error("denied before the deadline")
	}
	if v.may(t, "outsider", schema.WorkspaceRead, prod) {
		t.Error("somebody else gained")
	}
	time.Sleep(time.Until(deadline))
	// Left alone, the engine's cache would go on saying yes for as long as somebody asks.
	for patience := deadline.Add(10 * time.Second); v.may(t, "member", schema.WorkspaceApplyRun, prod); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(patience) {
			t.Fatal("allowed long after the deadline")
		}
	}
}

// TestAMovedWorkspaceTakesItsNameAlong checks what only the projection of a move decides: a grant on a workspace makes
// its project readable, and after a move the new project instead of the old one.
func TestAMovedWorkspaceTakesItsNameAlong(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	old := authz.Object{Type: schema.TypeProject, ID: v.acme.DefaultProjectID}
	next := authz.Object{Type: schema.TypeProject, ID: v.project.ID}
	if !v.may(t, "writer", schema.ProjectRead, old) || v.may(t, "writer", schema.ProjectRead, next) {
		t.Fatal("before the move the writer does not read just the old project")
	}
	if _, _, err := v.UpdateWorkspace(t.Context(), v.people["owner"], v.workspaces["prod"].ID, catalog.WorkspaceChanges{ProjectID: v.project.ID}); err != nil {
		t.Fatal(err)
	}
	if v.may(t, "writer", schema.ProjectRead, old) || !v.may(t, "writer", schema.ProjectRead, next) {
		t.Error("after the move the writer does not read just the new project")
	}
	noDrift(t, v.Bench)
}
