package terrakube_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

const permissions = teams + "/permissions/organization/"

// allRights are the booleans that Terrakube's pages read.
func allRights() []string {
	return []string{
		"approveJob", "manageCollection", "manageJob", "manageModule", "managePermission", "manageProvider", "manageState",
		"manageTemplate", "manageVcs", "manageWorkspace", "planJob",
	}
}

// rights returns which booleans are true, after it has seen that all are there.
func (w *plainWorld) rights(t *testing.T, who, path string) []string {
	t.Helper()
	var got map[string]bool
	w.read(t, who, http.MethodGet, permissions+path, "", http.StatusAccepted, &got)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, allRights()) {
		t.Errorf("%s has the booleans %v", path, names)
	}
	maps.DeleteFunc(got, func(_ string, held bool) bool { return !held })
	return slices.Sorted(maps.Keys(got))
}

// TestRightsFollowWhatIsHeld: by role and level, for the group's people and for its tokens alike.
func TestRightsFollowWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	bot := w.mint(t, "ann", teams, `{"group":"juniors"}`)
	org, prod := authz.Object{Type: schema.TypeOrganization, ID: w.org.ID}, authz.Object{Type: schema.TypeWorkspace, ID: w.prod.ID}
	jobs := []string{"approveJob", "manageJob", "managePermission", "manageState", "manageWorkspace", "planJob"}
	everything := allRights()
	content := slices.DeleteFunc(allRights(), func(n string) bool { return n == "managePermission" })
	for _, row := range []struct {
		role               string
		at                 authz.Object
		inOrganization, ws []string
	}{
		{"terrakube-member", org, nil, nil},
		{"terrakube-read", org, nil, nil},
		{"terrakube-plan", org, []string{"manageJob", "planJob"}, []string{"manageJob", "planJob"}},
		{"terrakube-write", org, []string{"approveJob", "manageJob", "manageState", "manageWorkspace", "planJob"}, jobs},
		{"terrakube-admin", org, content, everything},
		{"hcp-admin", org, everything, everything},
		{"terrakube-read", prod, nil, nil},
		{"terrakube-plan", prod, nil, []string{"manageJob", "planJob"}},
		{"terrakube-write", prod, nil, jobs},
		{"tfe-write", prod, nil, []string{"approveJob", "manageJob", "manageState", "planJob"}},
	} {
		var g catalog.Grant
		_, err := w.Import(t.Context(), w.Admin, func(ctx context.Context, c *catalog.Change) (err error) {
			g, err = c.CreateGrant(ctx, catalog.Grant{Holder: authz.Object{Type: schema.TypeGroup, ID: w.groups["devs"].ID}, RoleID: row.role, Scope: row.at})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for who, path := range map[string]string{"ann": "ann", "its token": bot} {
			if got := w.rights(t, path, w.org.ID); !slices.Equal(got, row.inOrganization) {
				t.Errorf("%s at the %s, in the organization %s may %v, want %v", row.role, row.at.Type, who, got, row.inOrganization)
			}
			if got := w.rights(t, path, w.org.ID+"/workspace/"+w.prod.ID); !slices.Equal(got, row.ws) {
				t.Errorf("%s at the %s, at the workspace %s may %v, want %v", row.role, row.at.Type, who, got, row.ws)
			}
		}
		if got := w.rights(t, "bob", w.org.ID+"/workspace/"+w.prod.ID); len(got) != 0 {
			t.Errorf("bob may %v", got)
		}
		if _, err := w.Import(t.Context(), w.Admin, func(ctx context.Context, c *catalog.Change) error { return c.RemoveGrant(ctx, g.ID) }); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRightsOfThoseWhoAdminister: Terrakube's administrators manage teams and no content, owners and site admins all.
func TestRightsOfThoseWhoAdminister(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	for who, want := range map[string][]string{"cid": {"managePermission"}, "olga": allRights(), "site": allRights(), "robot": nil} {
		for _, path := range []string{w.org.ID, w.org.ID + "/workspace/" + w.prod.ID} {
			if got := w.rights(t, who, path); !slices.Equal(got, want) {
				t.Errorf("%s may %v in %s, want %v", who, got, path, want)
			}
		}
	}
}

// TestRightsInWhatOneMayNotKnow: all false, and no different from what is not there.
func TestRightsInWhatOneMayNotKnow(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	var other catalog.Organization
	_, err := w.Import(t.Context(), w.Admin, func(ctx context.Context, c *catalog.Change) (err error) {
		other, err = c.CreateOrganization(ctx, "other", "", w.people["olga"].ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"org-none", "acme", w.org.ID + "/workspace/ws-none", other.ID + "/workspace/" + w.prod.ID, "%20", strings.Repeat("x", 2000)} {
		if got := w.rights(t, "olga", path); len(got) != 0 {
			t.Errorf("in %.40s: %v", path, got)
		}
	}
	if got := w.rights(t, "olga", w.org.ID+"/workspace/"+w.prod.ID); len(got) != len(allRights()) {
		t.Errorf("where it is: %v", got)
	}
	if _, err := w.DisableOrganization(t.Context(), w.Admin, w.org.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"olga", "cid", "site"} {
		if got := w.rights(t, who, w.org.ID); len(got) != 0 {
			t.Errorf("%s in a disabled organization: %v", who, got)
		}
	}
}

// TestRightsAreTheWordsOfTheVocabulary: a check of terrakube:planJob and the boolean planJob are one decision.
func TestRightsAreTheWordsOfTheVocabulary(t *testing.T) {
	t.Parallel()
	w := newPlainWorld(t, false)
	for _, role := range []string{"terrakube-plan", "terrakube-write", "terrakube-admin", "tfe-plan", "tfe-write", "hcp-viewer", "infra0-editor"} {
		var g catalog.Grant
		_, err := w.Import(t.Context(), w.Admin, func(ctx context.Context, c *catalog.Change) (err error) {
			g, err = c.CreateGrant(ctx, catalog.Grant{
				Holder: authz.Object{Type: schema.TypeGroup, ID: w.groups["devs"].ID}, RoleID: role, Scope: authz.Object{Type: schema.TypeOrganization, ID: w.org.ID},
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		held := w.rights(t, "ann", w.org.ID+"/workspace/"+w.prod.ID)
		for _, name := range allRights() {
			if name == "managePermission" { // Terrakube has no check of that name
				continue
			}
			on := authz.Object{Type: schema.TypeWorkspace, ID: w.prod.ID}
			p, ok := schema.Resolve(on.Type, "terrakube:"+name)
			if !ok {
				on = authz.Object{Type: schema.TypeOrganization, ID: w.org.ID}
				p, ok = schema.Resolve(on.Type, "terrakube:"+name)
			}
			if !ok {
				t.Fatalf("the vocabulary does not know terrakube:%s", name)
			}
			d, err := w.Engine.Check(t.Context(), authz.Question{Subject: authz.Object{Type: schema.TypeUser, ID: w.people["ann"].ID}, Permission: p.On(on.Type), Resource: on}, authz.Consistency{})
			if err != nil || d.Allowed != slices.Contains(held, name) {
				t.Errorf("%s: terrakube:%s is %t, the boolean says %v, %v", role, name, d.Allowed, held, err)
			}
		}
		if _, err := w.Import(t.Context(), w.Admin, func(ctx context.Context, c *catalog.Change) error { return c.RemoveGrant(ctx, g.ID) }); err != nil {
			t.Fatal(err)
		}
	}
}
