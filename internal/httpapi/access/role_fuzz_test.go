package access_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// FuzzRoleBody looks for roles that are neither made nor refused, and for ones that are not what they say: a role that is made
// keeps its permissions in the one spelling there is, and can be made again of what it shows.
func FuzzRoleBody(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"type":"roles","attributes":{"name":"a","description":"b","permissions":["workspace.read","infra0:terraform.*","*","terraform:plan"]}}}`,
		`{"data":{"attributes":{"name":"Terraform Operator","permissions":[]}}}`, `{"data":{"attributes":{"name":null,"permissions":null}}}`,
		`{"data":{"attributes":{"name":"a","permissions":["tfe:manage-workspaces","otf:run:apply","workspace.*"]}}}`, `{"data":{"attributes":{"permissions":[1,{},"x"]}}}`, `{"data":[]}`, `{`, ``,
	} {
		f.Add(seed)
	}
	r := testkit.App(f)
	owner := r.UserToken(f, "owner")
	media := []string{"Content-Type", jsonapi.MediaType}
	if got := r.Call(f, http.MethodPost, "/api/v2/organizations", owner, body(`{"name":"acme","email":"a@example.com"}`), media...); got.Status != http.StatusCreated {
		f.Fatalf("%d %s", got.Status, got.Body)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		got := reply{r.Call(t, http.MethodPost, "/api/v2/organizations/acme/roles", owner, sent, media...)}
		switch got.Status {
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
			if !strings.HasPrefix(got.Body, `{"errors":[{`) {
				t.Errorf("%q is refused by %s", sent, got.Body)
			}
			return
		case http.StatusUnsupportedMediaType:
			if sent != "" {
				t.Errorf("%q is of another media type", sent)
			}
			return
		case http.StatusCreated:
		default:
			t.Fatalf("%q is answered %d %s", sent, got.Status, got.Body)
		}
		made := got.one(t)
		defer r.Call(t, http.MethodDelete, "/api/v2/roles/"+made.ID, owner, "")
		permissions := made.strings("permissions")
		for _, p := range permissions {
			if canonical, err := schema.Canonical(p); err != nil || canonical != p {
				t.Errorf("%q makes a role with %q, which is %q, %v", sent, p, canonical, err)
			}
		}
		if !slices.IsSorted(permissions) || len(slices.Compact(slices.Clone(permissions))) != len(permissions) {
			t.Errorf("%q makes a role with %v", sent, permissions)
		}
		again := reply{r.Call(t, http.MethodPatch, "/api/v2/roles/"+made.ID, owner, body(text(t, map[string]any{"permissions": permissions})), media...)}
		if again.Status != http.StatusOK || !slices.Equal(again.one(t).strings("permissions"), permissions) {
			t.Errorf("%q: made again of what it shows, the role is %d %s", sent, again.Status, again.Body)
		}
	})
}
