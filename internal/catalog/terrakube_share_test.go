package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestAWorkspaceIsSharedWithWhatOneMayRead: bob manages prod, which is shared with seen, which he reads, and with web, which
// he does not. What he cannot read he does not see, and whatever he sends leaves it as it is.
func TestAWorkspaceIsSharedWithWhatOneMayRead(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	other, _ := ownedBy(t, h.Bench, "other", "eve")
	places := map[string]string{"web": h.web.ID, "prod": h.prod.ID}
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		for _, name := range []string{"seen", "free", "hidden"} {
			w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: h.org.ID, Name: name})
			if err != nil {
				return err
			}
			places[name] = w.ID
			if name == "hidden" {
				continue
			}
			if err := h.holds(ctx, c, h.people["bob"].Subject, ref(schema.TypeWorkspace, w.ID), schema.WorkspaceRead); err != nil {
				return err
			}
		}
		w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: other.ID, Name: "abroad"})
		if err != nil {
			return err
		}
		places["abroad"] = w.ID
		if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: h.people["bob"].Subject, RoleID: "tfe-read", Scope: ref(schema.TypeWorkspace, w.ID)}); err != nil {
			return err
		}
		return h.holds(ctx, c, h.people["bob"].Subject, h.prod, schema.WorkspaceRead, schema.WorkspaceUpdate)
	})
	ids := func(names ...string) []string {
		out := make([]string, len(names))
		for i, name := range names {
			if out[i] = places[name]; out[i] == "" {
				out[i] = name
			}
		}
		slices.Sort(out)
		return out
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("ws-%d", i)
	}
	var repeated []string
	for range 2000 {
		repeated = append(repeated, places["seen"])
	}
	for _, row := range []struct {
		what       string
		sent, want []string
		refused    bool
	}{
		{"what he was shown", ids("seen"), ids("seen", "web"), false},
		{"all there is", ids("seen", "web"), ids("seen", "web"), false},
		{"nothing", nil, ids("web"), false},
		{"another that he reads", ids("seen", "free"), ids("free", "seen", "web"), false},
		{"one many times", repeated, ids("seen", "web"), false},
		{"another that he cannot read", ids("seen", "hidden"), nil, true},
		{"one of another organization", ids("seen", "abroad"), nil, true},
		{"none at all", ids("no id at all"), nil, true},
		{"itself", ids("prod"), nil, true},
		{"more than there may be", many, nil, true},
	} {
		if _, err := h.ReplaceConsumers(ctx, h.Admin, h.prod.ID, ids("seen", "web")...); err != nil {
			t.Fatal(err)
		}
		before := ids("seen", "web")
		_, err := h.UpdateTerrakubeWorkspace(ctx, h.people["bob"], h.prod.ID, catalog.TerrakubeWorkspace{Shared: true, SharedWith: row.sent})
		refused, _ := errors.AsType[*fault.Error](err)
		if (err != nil) != row.refused || row.refused && (!fault.Is(err, fault.Invalid) || refused.Field != "sharedIds") {
			t.Errorf("%s: %v", row.what, err)
		}
		if row.refused {
			row.want = before
		}
		all, err := h.SharedWith(ctx, h.Admin, h.prod.ID)
		if got := slices.Sorted(slices.Values(all[h.prod.ID])); err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s: it is shared with %v, want %v, %v", row.what, got, row.want, err)
		}
		shown, err := h.SharedWith(ctx, h.people["bob"], h.prod.ID)
		want := slices.DeleteFunc(slices.Clone(row.want), func(id string) bool { return id == places["web"] })
		if got := slices.Sorted(slices.Values(shown[h.prod.ID])); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: he is shown %v, want %v, %v", row.what, got, want, err)
		}
	}
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		u, err := c.EnsureUser(ctx, "rae", "")
		h.people["rae"] = testkit.PrincipalOf(u)
		if err != nil {
			return err
		}
		return h.holds(ctx, c, h.people["rae"].Subject, h.prod, schema.WorkspaceRead)
	})
	if _, err := h.UpdateTerrakubeWorkspace(ctx, h.people["rae"], h.prod.ID, catalog.TerrakubeWorkspace{Shared: true, SharedWith: ids("seen")}); !fault.Is(err, fault.Denied) {
		t.Errorf("who merely reads it shares it: %v", err)
	}
}
