package storetest

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// world fills a store with two organizations, acme and beta, that have one of everything, and three people.
// What belongs to acme ends in -a, what belongs to beta in -b.
func world(t *testing.T, s catalog.Store) {
	t.Helper()
	ctx := t.Context()
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		for _, name := range []string{"ann", "bob", "cid"} {
			must(t, q.InsertUser(ctx, catalog.User{ID: "user-" + name, Username: name, CreatedAt: at(0)}))
		}
		must(t, q.InsertServiceAccount(ctx, catalog.ServiceAccount{ID: "sa-ci", Name: "ci", CreatedAt: at(0)}))
		must(t, q.InsertGroup(ctx, catalog.Group{ID: "grp-a", Source: "ldap", ExternalID: "a", DisplayName: "A"}))
		must(t, q.InsertGroup(ctx, catalog.Group{ID: "grp-b", Source: "ldap", ExternalID: "b", DisplayName: "B"}))
		organization(t, q, "a", "acme")
		organization(t, q, "b", "beta")
		return nil
	}))
}

func organization(t *testing.T, q catalog.Queries, x, name string) {
	t.Helper()
	ctx := t.Context()
	org := "org-" + x
	must(t, q.InsertOrganization(ctx, catalog.Organization{
		ID: org, Name: name, OwnersTeamID: "team-owners-" + x, DefaultProjectID: "prj-" + x, CreatedAt: at(0),
	}))
	must(t, q.InsertTeam(ctx, catalog.Team{ID: "team-owners-" + x, OrganizationID: org, Name: "owners"}))
	must(t, q.InsertTeam(ctx, catalog.Team{ID: "team-" + x, OrganizationID: org, Name: "Dev"}))
	must(t, q.InsertMembership(ctx, catalog.Membership{
		ID: "ou-ann-" + x, OrganizationID: org, UserID: "user-ann", Status: catalog.MembershipActive,
	}))
	must(t, q.PutTeamMember(ctx, catalog.TeamMember{TeamID: "team-" + x, UserID: "user-ann"}))
	must(t, q.PutTeamMember(ctx, catalog.TeamMember{TeamID: "team-owners-" + x, UserID: "user-bob"}))
	must(t, q.PutGroupMembers(ctx, catalog.GroupMember{GroupID: "grp-" + x, UserID: "user-ann"}))
	must(t, q.InsertGroupLink(ctx, catalog.GroupLink{ID: "gl-" + x, GroupID: "grp-" + x, TeamID: "team-" + x}))
	must(t, q.InsertProject(ctx, catalog.Project{ID: "prj-" + x, OrganizationID: org, Name: "Default"}))
	must(t, q.InsertProject(ctx, catalog.Project{ID: "prj-empty-" + x, OrganizationID: org, Name: "Empty"}))
	must(t, q.InsertWorkspace(ctx, catalog.Workspace{ID: "ws-" + x, OrganizationID: org, ProjectID: "prj-" + x, Name: "Net"}))
	must(t, q.InsertStack(ctx, catalog.Stack{ID: "st-" + x, OrganizationID: org, ProjectID: "prj-" + x, Name: "Net"}))
	must(t, q.InsertRole(ctx, catalog.Role{ID: "role-" + x, OrganizationID: org, Name: "Deployer"}))
	for id, g := range map[string]catalog.Grant{
		"team":    {Holder: object(schema.TypeTeam, "team-"+x), Scope: object(schema.TypeWorkspace, "ws-"+x)},
		"group":   {Holder: object(schema.TypeGroup, "grp-"+x), Scope: object(schema.TypeStack, "st-"+x)},
		"user":    {Holder: object(schema.TypeUser, "user-ann"), Scope: object(schema.TypeProject, "prj-"+x)},
		"account": {Holder: object(schema.TypeServiceAccount, "sa-ci"), Scope: object(schema.TypeOrganization, org)},
	} {
		g.ID, g.OrganizationID, g.RoleID = "grant-"+id+"-"+x, org, "role-"+x
		must(t, q.InsertGrant(ctx, g))
	}
	must(t, q.InsertToken(ctx, catalog.Token{ID: "at-team-" + x, Kind: catalog.TokenTeam, OwnerID: "team-" + x}))
	must(t, q.InsertToken(ctx, catalog.Token{ID: "at-org-" + x, Kind: catalog.TokenOrganization, OwnerID: org}))
	must(t, q.InsertToken(ctx, catalog.Token{ID: "at-user-" + x, Kind: catalog.TokenUser, OwnerID: "user-ann"}))
	must(t, q.InsertToken(ctx, catalog.Token{ID: "at-service-" + x, Kind: catalog.TokenService, OwnerID: "sa-ci"}))
	must(t, q.InsertAuditEvent(ctx, catalog.AuditEvent{ID: "ae-" + x, OrganizationID: org, Time: at(0)}))
}

func object(typeName, id string) authz.Object { return authz.Object{Type: typeName, ID: id} }

// The ids of rows, for wantIDs.
func userID(u catalog.User) string               { return u.ID }
func accountID(a catalog.ServiceAccount) string  { return a.ID }
func orgID(o catalog.Organization) string        { return o.ID }
func membershipID(m catalog.Membership) string   { return m.ID }
func teamID(x catalog.Team) string               { return x.ID }
func memberID(m catalog.TeamMember) string       { return m.TeamID + "/" + m.UserID }
func groupID(g catalog.Group) string             { return g.ID }
func groupMemberID(m catalog.GroupMember) string { return m.GroupID + "/" + m.UserID }
func childID(c catalog.GroupChild) string        { return c.ParentID + "/" + c.ChildID }
func linkID(l catalog.GroupLink) string          { return l.ID }
func projectID(p catalog.Project) string         { return p.ID }
func workspaceID(w catalog.Workspace) string     { return w.ID }
func stackID(x catalog.Stack) string             { return x.ID }
func roleID(r catalog.Role) string               { return r.ID }
func grantID(g catalog.Grant) string             { return g.ID }
func tokenID(x catalog.Token) string             { return x.ID }
func eventID(e catalog.AuditEvent) string        { return e.ID }
func intentID(i catalog.Intent) string           { return i.ID }
