package places_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

func TestAdministratorsAndNobodyElseMakeOrganizations(t *testing.T) {
	t.Parallel()
	w := start(t)
	admin, nobody := w.person(t, administrators), w.person(t, "SOMETHING_ELSE")
	nobody.post(t, "organization", values{"name": "forbidden"}).want(t, http.StatusForbidden)
	o := admin.make(t, "organization", values{"name": "acme", "description": "of theirs", "icon": "box", "executionMode": "local"})
	if o.text("description") != "of theirs" || o.text("icon") != "box" || o.text("executionMode") != "local" || o.flag("disabled") {
		t.Errorf("the organization came back as %v", o.Attributes)
	}
	admin.post(t, "organization", values{"name": "ACME"}).want(t, http.StatusConflict)
	admin.post(t, "organization", values{"name": ""}).want(t, http.StatusBadRequest)

	path := "organization/" + o.ID
	nobody.get(t, path).want(t, http.StatusForbidden)
	nobody.get(t, "organization/org-0000000000000000").want(t, http.StatusNotFound)
	if seen := nobody.list(t, "organization", ""); len(seen) != 0 {
		t.Errorf("somebody without a team sees %v", namesIn(seen))
	}
	if seen := namesIn(admin.list(t, "organization", "name==acme")); !slices.Equal(seen, []string{"acme"}) {
		t.Errorf("the administrator finds %v", seen)
	}
	if seen := admin.list(t, "organization", "name==Acme"); len(seen) != 0 {
		t.Errorf("another case of letters finds %v", namesIn(seen))
	}
	nobody.patch(t, "organization", o.ID, values{"description": "mine"}).want(t, http.StatusForbidden)
	admin.patch(t, "organization", o.ID, values{"description": nil, "name": "acme2"}).want(t, http.StatusNoContent)
	changed := admin.get(t, path).want(t, http.StatusOK).object(t)
	if changed.text("name") != "acme2" || changed.Attributes["description"] != nil || changed.text("icon") != "box" {
		t.Errorf("after a change it is %v", changed.Attributes)
	}
	admin.tfe(t, http.MethodGet, "organizations/acme2", "").want(t, http.StatusOK)
}

func TestADisabledOrganizationVanishes(t *testing.T) {
	t.Parallel()
	w := start(t)
	admin := w.person(t, administrators)
	o := admin.make(t, "organization", values{"name": "acme"})
	team := admin.make(t, "organization/"+o.ID+"/team", values{"name": "DEV"})
	dev := w.person(t, "DEV")
	dev.get(t, "organization/"+o.ID).want(t, http.StatusOK)
	dev.patch(t, "organization", o.ID, values{"name": "acme_DEL_a1B2", "disabled": true}).want(t, http.StatusForbidden)
	admin.patch(t, "organization", o.ID, values{"name": "acme_DEL_a1B2", "disabled": true}).want(t, http.StatusNoContent)
	for _, p := range []caller{admin, dev, w.site} {
		p.get(t, "organization/"+o.ID).want(t, http.StatusNotFound)
		p.get(t, "organization/"+o.ID+"/team/"+team.ID).want(t, http.StatusNotFound)
		if seen := p.list(t, "organization", ""); len(seen) != 0 {
			t.Errorf("%s sees %v", p.name, namesIn(seen))
		}
	}
	dev.tfe(t, http.MethodGet, "organizations/acme_DEL_a1B2", "").want(t, http.StatusNotFound)
	admin.make(t, "organization", values{"name": "acme"}) // its name is free
}

func TestOwnersChangeTheirOrganizationUnlessItIsAsInTerrakube(t *testing.T) {
	t.Parallel()
	for _, exact := range []bool{false, true} {
		w := start(t)
		want := http.StatusNoContent
		if exact {
			w, want = start(t, parity), http.StatusForbidden
		}
		owner := w.person(t)
		owner.tfe(t, http.MethodPost, "organizations", `{"data":{"type":"organizations","attributes":{"name":"theirs","email":"a@users.invalid"}}}`).want(t, http.StatusCreated)
		id := owner.list(t, "organization", "")[0].ID
		owner.get(t, "organization/"+id).want(t, http.StatusOK)
		owner.patch(t, "organization", id, values{"description": "ours"}).want(t, want)
		owner.patch(t, "organization", id, values{"disabled": true}).want(t, http.StatusForbidden)
		owner.remove(t, "organization/"+id).want(t, http.StatusForbidden)
		w.person(t, administrators).remove(t, "organization/"+id).want(t, http.StatusNoContent)
	}
}

// TestTheAdministratorsNameDecides: who administers follows the name, wherever the group comes from.
func TestTheAdministratorsNameDecides(t *testing.T) {
	t.Parallel()
	w := start(t)
	p, q := w.person(t), w.person(t)
	may := func(who caller) int { return who.post(t, "organization", values{"name": w.fresh("org")}).status }
	check := func(when string, pWant, qWant int) {
		t.Helper()
		if got := may(p); got != pWant {
			t.Errorf("%s the first answers %d, want %d", when, got, pWant)
		}
		if got := may(q); got != qWant {
			t.Errorf("%s the second answers %d, want %d", when, got, qWant)
		}
	}
	check("without a group", http.StatusForbidden, http.StatusForbidden)
	w.join(t, p, administrators)
	w.join(t, q, "OTHERS")
	check("in the group that took the placeholder's place", http.StatusCreated, http.StatusForbidden)
	rename := func(from, to string) {
		w.directory(t, func(ctx context.Context, c *catalog.Change) error {
			id, err := w.ensure(ctx, c, from)
			if err != nil {
				return err
			}
			return c.RenameGroup(ctx, id, to)
		})
	}
	rename(administrators, "WERE_ADMINS")
	check("after the group was renamed", http.StatusForbidden, http.StatusForbidden)
	rename("OTHERS", administrators)
	check("after another got the name", http.StatusForbidden, http.StatusCreated)
	w.leave(t, q, administrators)
	check("after leaving the group", http.StatusForbidden, http.StatusForbidden)
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		id, err := brought(ctx, c, catalog.Group{Source: "okta", ExternalID: "1", DisplayName: administrators})
		if err != nil {
			return err
		}
		return c.AddGroupMember(ctx, id, p.id)
	})
	check("by a group of that name of a second directory", http.StatusCreated, http.StatusForbidden)
}
