package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func accessChecks() []check {
	return []check{
		{"roles are found by name, unnamed ones by id alone", rolesAreFound},
		{"a role that is granted is not deleted", grantedRolesStay},
		{"grants are filtered", grantsAreFiltered},
		{"the holders of a role are found, each once", roleHoldersAreFound},
		{"grants and tokens are found by their deadlines", deadlinesSelect},
		{"a grant is unique by holder, role and scope", grantsAreUnique},
		{"tokens are filtered", tokensAreFiltered},
		{"a use of a token changes nothing else", tokensAreTouched},
	}
}

func rolesAreFound(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, r := range []catalog.Role{
		{ID: "role-p", Name: "Deployer"}, // platform-wide
		{ID: "role-u1", OrganizationID: "org-a"},
		{ID: "role-u2", OrganizationID: "org-a"}, // unnamed ones are no duplicates
		{ID: "role-u3"},
		{ID: "role-u4"},
	} {
		must(t, s.InsertRole(ctx, r))
	}
	for organization, id := range map[string]string{"org-a": "role-a", "org-b": "role-b", "": "role-p"} {
		got, err := s.RoleByName(ctx, organization, "dEPLOYER")
		must(t, err)
		if got.ID != id {
			t.Errorf("dEPLOYER of %q is %s, want %s", organization, got.ID, id)
		}
	}
	_, err := s.RoleByName(ctx, "org-a", "")
	wantFault(t, "an unnamed role by its name", err, fault.NotFound, "")
	wantIDs(t, "of an organization", roleID, "role-a", "role-u1", "role-u2")(s.Roles(ctx, "org-a"))
	wantIDs(t, "platform-wide", roleID, "role-p", "role-u3", "role-u4")(s.Roles(ctx, ""))
	wantIDs(t, "by id, wherever they are", roleID, "role-b", "role-p", "role-u1")(s.Roles(ctx, "org-a", "role-u1", "role-p", "role-b", "role-x"))
	wantFault(t, "a second platform-wide one", s.InsertRole(ctx, catalog.Role{ID: "role-q", Name: "deployer"}), fault.Conflict, "name")
	wantFault(t, "a name for an unnamed one", s.UpdateRole(ctx, catalog.Role{ID: "role-u1", OrganizationID: "org-a", Name: "DEPLOYER"}), fault.Conflict, "name")
}

func roleHoldersAreFound(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for role, want := range map[string][]authz.Object{"role-none": nil, "role-many": {}} {
		if role == "role-many" { // more than are looked for one after another, and of two types
			for i := range 250 {
				holder := object(schema.TypeUser, fmt.Sprintf("user-%03d", i))
				if i%50 == 49 {
					holder = object(schema.TypeTeam, fmt.Sprintf("team-%03d", i))
				}
				for j := range 2 {
					must(t, s.InsertGrant(ctx, catalog.Grant{ID: fmt.Sprintf("grant-%d-%d", i, j), Holder: holder, RoleID: role, Scope: object(schema.TypeWorkspace, fmt.Sprintf("ws-%d", j))}))
				}
				want = append(want, holder)
			}
			slices.SortFunc(want, func(a, b authz.Object) int { return strings.Compare(a.String(), b.String()) })
		}
		got, err := s.RoleHolders(ctx, role)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("the holders of %s are %v, want %v", role, got, want)
		}
	}
}

func grantedRolesStay(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	wantFault(t, "a granted role", s.DeleteRole(ctx, "role-a"), fault.Conflict, "")
	wantIDs(t, "it is still there", roleID, "role-a")(s.Roles(ctx, "org-a"))
	wantFault(t, "a built-in role, which is no row", s.DeleteRole(ctx, "tfe-read"), fault.NotFound, "")
	for _, id := range []string{"grant-team-a", "grant-group-a", "grant-user-a", "grant-account-a"} {
		must(t, s.DeleteGrant(ctx, id))
	}
	must(t, s.DeleteRole(ctx, "role-a"))
	wantIDs(t, "it is gone", roleID)(s.Roles(ctx, "org-a"))
}

func grantsAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	must(t, s.InsertGrant(ctx, catalog.Grant{
		ID: "grant-p", Holder: object(schema.TypeTeam, "team-a"), RoleID: "tfe-read", Scope: object(schema.TypePlatform, catalog.PlatformID),
	}))
	organization := []string{"grant-account-a", "grant-group-a", "grant-team-a", "grant-user-a"}
	for _, row := range []struct {
		what   string
		filter catalog.GrantFilter
		want   []string
	}{
		{"of an organization", catalog.GrantFilter{OrganizationID: "org-a"}, organization},
		{"at the platform", catalog.GrantFilter{PlatformOnly: true}, []string{"grant-p"}},
		{"of a holder", catalog.GrantFilter{Holder: object(schema.TypeTeam, "team-a")}, []string{"grant-p", "grant-team-a"}},
		{"of a holder of another type with the same id", catalog.GrantFilter{Holder: object(schema.TypeGroup, "team-a")}, nil},
		{"of a role", catalog.GrantFilter{RoleID: "role-a"}, organization},
		{"of a built-in role", catalog.GrantFilter{RoleID: "tfe-read"}, []string{"grant-p"}},
		{"of a holder and a role", catalog.GrantFilter{Holder: object(schema.TypeTeam, "team-a"), RoleID: "role-a"}, []string{"grant-team-a"}},
		{"at a project and inside it", catalog.GrantFilter{ProjectID: "prj-a"}, []string{"grant-group-a", "grant-team-a", "grant-user-a"}},
		{"inside an empty project", catalog.GrantFilter{ProjectID: "prj-empty-a"}, nil},
		{"inside a project, of a holder", catalog.GrantFilter{ProjectID: "prj-a", Holder: object(schema.TypeTeam, "team-a")}, []string{"grant-team-a"}},
		{"inside another organization's project", catalog.GrantFilter{ProjectID: "prj-a", OrganizationID: "org-b"}, nil},
		{"at scopes of several types", catalog.GrantFilter{Scopes: []authz.Object{
			object(schema.TypeWorkspace, "ws-a"), object(schema.TypeOrganization, "org-a"), object(schema.TypeWorkspace, "ws-b"),
			object(schema.TypePlatform, catalog.PlatformID), object(schema.TypeStack, "st-x"),
		}}, []string{"grant-account-a", "grant-p", "grant-team-a", "grant-team-b"}},
		{"at scopes whose type and id belong to others", catalog.GrantFilter{Scopes: []authz.Object{
			object(schema.TypeWorkspace, "st-a"), object(schema.TypeStack, "ws-a"),
		}}, nil},
		{"at scopes, in an organization", catalog.GrantFilter{OrganizationID: "org-b", Scopes: []authz.Object{
			object(schema.TypeWorkspace, "ws-a"), object(schema.TypeWorkspace, "ws-b"),
		}}, []string{"grant-team-b"}},
	} {
		wantIDs(t, row.what, grantID, row.want...)(s.Grants(ctx, row.filter))
	}
	all, err := s.Grants(ctx, catalog.GrantFilter{})
	must(t, err)
	if len(all) != 9 {
		t.Errorf("an empty filter selects %d grants, want all 9", len(all))
	}
}

func deadlinesSelect(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	for id, deadline := range map[string]time.Time{"1": at(1), "2": at(2), "never": {}} {
		must(t, s.InsertGrant(ctx, catalog.Grant{ID: "grant-" + id, Holder: object(schema.TypeTeam, "team-1"), RoleID: "role-" + id, Scope: object(schema.TypeWorkspace, "ws-1"), ExpiresAt: deadline}))
		must(t, s.InsertToken(ctx, catalog.Token{ID: "at-" + id, Kind: catalog.TokenService, OwnerID: "sa-1", Hash: []byte("h"), ExpiresAt: deadline}))
	}
	wantIDs(t, "long before", grantID)(s.Grants(ctx, catalog.GrantFilter{ExpiredBy: at(0)}))
	wantIDs(t, "at the first deadline", grantID, "grant-1")(s.Grants(ctx, catalog.GrantFilter{ExpiredBy: at(1)}))
	wantIDs(t, "after both", grantID, "grant-1", "grant-2")(s.Grants(ctx, catalog.GrantFilter{ExpiredBy: at(9)}))
	wantIDs(t, "after both, one of them", grantID, "grant-1")(s.Grants(ctx, catalog.GrantFilter{ExpiredBy: at(9), Limit: 1}))
	wantIDs(t, "tokens at the first deadline", tokenID, "at-1")(s.Tokens(ctx, catalog.TokenFilter{ExpiredBy: at(1)}))
}

func grantsAreUnique(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	base := catalog.Grant{ID: "grant-0", Holder: object(schema.TypeTeam, "team-1"), RoleID: "role-1", Scope: object(schema.TypeWorkspace, "ws-1")}
	must(t, s.InsertGrant(ctx, base))
	for what, change := range map[string]func(*catalog.Grant){
		"another holder":           func(g *catalog.Grant) { g.Holder.ID = "team-2" },
		"a holder of another type": func(g *catalog.Grant) { g.Holder.Type = schema.TypeGroup },
		"another role":             func(g *catalog.Grant) { g.RoleID = "role-2" },
		"another scope":            func(g *catalog.Grant) { g.Scope.ID = "ws-2" },
		"a scope of another type":  func(g *catalog.Grant) { g.Scope.Type = schema.TypeStack },
	} {
		g := base
		change(&g)
		g.ID = "grant-" + what
		must(t, s.InsertGrant(ctx, g))
		g.Holder, g.RoleID, g.Scope = base.Holder, base.RoleID, base.Scope
		wantFault(t, what+" changed into a duplicate", s.UpdateGrant(ctx, g), fault.Conflict, "")
	}
}

func tokensAreFiltered(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, row := range []struct {
		what   string
		filter catalog.TokenFilter
		want   []string
	}{
		{"of a kind", catalog.TokenFilter{Kind: catalog.TokenTeam}, []string{"at-team-a", "at-team-b"}},
		{"of an owner", catalog.TokenFilter{OwnerID: "user-ann"}, []string{"at-user-a", "at-user-b"}},
		{"of a kind and an owner", catalog.TokenFilter{Kind: catalog.TokenOrganization, OwnerID: "org-a"}, []string{"at-org-a"}},
		{"of owners", catalog.TokenFilter{OwnerIDs: []string{"team-b", "org-a", "x"}}, []string{"at-org-a", "at-team-b"}},
		{"of a kind and owners", catalog.TokenFilter{Kind: catalog.TokenTeam, OwnerIDs: []string{"team-b", "org-a"}}, []string{"at-team-b"}},
		{"of the wrong kind", catalog.TokenFilter{Kind: catalog.TokenTeam, OwnerID: "org-a"}, nil},
	} {
		wantIDs(t, row.what, tokenID, row.want...)(s.Tokens(ctx, row.filter))
	}
}

func tokensAreTouched(t *testing.T, s catalog.Store) {
	ctx := t.Context()
	token := catalog.Token{ID: "at-1", Kind: catalog.TokenService, OwnerID: "sa-1", Scopes: []string{"check"}, Hash: []byte("h"), Attributes: `{"days":1}`, CreatedAt: at(0), ExpiresAt: at(9)}
	must(t, s.InsertToken(ctx, token))
	must(t, s.TouchToken(ctx, "at-1", at(5)))
	token.LastUsedAt = at(5)
	want(t, "a touched token", token)(s.Token(ctx, "at-1"))
	wantFault(t, "touch a missing token", s.TouchToken(ctx, "at-2", at(5)), fault.NotFound, "")
}
