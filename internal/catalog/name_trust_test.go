package catalog_test

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestNamesStandForNothingWithoutTrust: a group called like the administrators' or like a Terrakube team gives what its
// directory is trusted with, in whatever way it gets the name: made, in place of a placeholder, or renamed.
func TestNamesStandForNothingWithoutTrust(t *testing.T) {
	t.Parallel()
	const administrators = "TERRAKUBE_ADMIN"
	for _, row := range []struct {
		trust        catalog.NameTrust
		admins, devs bool
	}{
		{"", false, false}, // of which nobody spoke
		{catalog.TrustNone, false, false},
		{catalog.TrustTeams, false, true},
		{catalog.TrustAdministrators, true, true},
	} {
		for _, way := range []string{"made", "renamed", "trusted later"} {
			t.Run(string(row.trust)+" "+way, func(t *testing.T) {
				t.Parallel()
				w := newHouse(t, administrators)
				if row.trust != "" && way != "trusted later" {
					trusting(t, w.Bench, "corp", row.trust)
				}
				for _, name := range []string{administrators, "devs"} {
					first := name
					if way == "renamed" {
						first = "was " + name
					}
					w.brings(t, name, first)
					if way == "renamed" {
						w.renames(t, name, name)
					}
				}
				if way == "trusted later" {
					if w.administers(t) || w.inTeam(t) {
						t.Error("names stand for something before anybody spoke of the directory")
					}
					trusting(t, w.Bench, "corp", row.trust)
				}
				if got := w.administers(t); got != row.admins {
					t.Errorf("they administer: %v", got)
				}
				if got := w.inTeam(t); got != row.devs {
					t.Errorf("they are in the team: %v", got)
				}
				trusting(t, w.Bench, "corp", catalog.TrustNone)
				if w.administers(t) || w.inTeam(t) {
					t.Error("what went by names stays when the trust is gone")
				}
				trusting(t, w.Bench, "corp", catalog.TrustAdministrators)
				if !w.administers(t) || !w.inTeam(t) {
					t.Error("names stand for nothing when the trust is back")
				}
				noDrift(t, w.Bench)
			})
		}
	}
}

// TestADirectoryTakesNoPlaceholderBeyondItsTrust: what a person granted to a name that nobody has yet goes to the first who
// may have it.
func TestADirectoryTakesNoPlaceholderBeyondItsTrust(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		trust          catalog.NameTrust
		root, anywhere bool
	}{
		{catalog.TrustNone, false, false},
		{catalog.TrustTeams, false, true},
		{catalog.TrustAdministrators, true, true},
	} {
		t.Run(string(row.trust), func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, "TERRAKUBE_ADMIN")
			platform := ref(schema.TypePlatform, catalog.PlatformID)
			change(t, w.Bench, func(ctx context.Context, c *catalog.Change) error {
				for name, g := range map[string]catalog.Grant{"roots": {RoleID: "infra0-viewer", Scope: platform}, "locals": {RoleID: "tfe-read", Scope: w.prod}} {
					named, err := c.GroupsNamed(ctx, name)
					if err != nil {
						return err
					}
					g.Holder = ref(schema.TypeGroup, named[0].ID)
					if _, err := c.CreateGrant(ctx, g); err != nil {
						return err
					}
				}
				return nil
			})
			trusting(t, w.Bench, "corp", row.trust)
			for _, name := range []string{"roots", "locals"} {
				w.brings(t, name, name)
			}
			holds := map[string]bool{}
			for _, name := range []string{"roots", "locals"} {
				g, err := w.Store.GroupByExternalID(t.Context(), "corp", name)
				if err != nil {
					t.Fatal(err)
				}
				held, err := w.Store.Grants(t.Context(), catalog.GrantFilter{Holder: ref(schema.TypeGroup, g.ID)})
				if err != nil {
					t.Fatal(err)
				}
				holds[name] = len(held) > 0
			}
			if holds["roots"] != row.root || holds["locals"] != row.anywhere {
				t.Errorf("they hold %v", holds)
			}
			noDrift(t, w.Bench)
		})
	}
}

// house is an organization with a Terrakube team called devs, and a name for the administrators' group.
type house struct {
	*testkit.Bench
	org  string
	team catalog.Team
	prod authz.Object
	ann  catalog.User
}

func newHouse(t *testing.T, administrators string) *house {
	t.Helper()
	w := &house{Bench: testkit.Service(t, "embedded")}
	ctx := t.Context()
	settings := catalog.DefaultSettings()
	settings.TerrakubeAdminGroup, settings.RestrictOrganizationCreation = administrators, true
	if _, err := w.Bootstrap(ctx, nil, &settings); err != nil {
		t.Fatal(err)
	}
	o, _ := ownedBy(t, w.Bench, "acme", "owner")
	w.org = o.ID
	var err error
	if w.ann, err = w.CreateUser(ctx, w.Admin, "ann", ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.CreateTerrakubeTeam(ctx, w.Admin, o.ID, "devs", catalog.TerrakubeRights{}); err != nil {
		t.Fatal(err)
	}
	if w.team, err = w.Store.TeamByName(ctx, o.ID, "devs"); err != nil {
		t.Fatal(err)
	}
	change(t, w.Bench, func(ctx context.Context, c *catalog.Change) error {
		ws, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: "prod"})
		w.prod = ref(schema.TypeWorkspace, ws.ID)
		return err
	})
	return w
}

// brings lets the directory bring a group with ann in it.
func (w *house) brings(t *testing.T, id, name string) {
	t.Helper()
	err := synced(t, w.Bench, corp(), func(ctx context.Context, c *catalog.Change) error {
		g, err := c.CreateGroup(ctx, catalog.Group{Source: "corp", ExternalID: id, DisplayName: name})
		if err != nil {
			return err
		}
		return c.FillGroup(ctx, g.ID, []catalog.GroupMember{{UserID: w.ann.ID}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *house) renames(t *testing.T, id, name string) {
	t.Helper()
	err := synced(t, w.Bench, corp(), func(ctx context.Context, c *catalog.Change) error {
		g, err := c.GroupByExternalID(ctx, "corp", id)
		if err != nil {
			return err
		}
		return c.RenameGroup(ctx, g.ID, name)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *house) administers(t *testing.T) bool {
	t.Helper()
	return allows(t, w.Bench, ref(schema.TypeUser, w.ann.ID), schema.PlatformCreateOrganization, ref(schema.TypePlatform, catalog.PlatformID))
}

func (w *house) inTeam(t *testing.T) bool {
	t.Helper()
	return allows(t, w.Bench, ref(schema.TypeUser, w.ann.ID), schema.WorkspaceRead, w.prod)
}
