package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// roleInput are the attributes of a role that a client may set.
type roleInput struct {
	Name        jsonapi.Field[string] `json:"name"`
	Description jsonapi.Field[string] `json:"description"`
	Permissions []string              `json:"permissions"`
}

// roleEdit returns what a client wants made of a role. Permissions come in any system's words and replace those there are; a
// name that is null is none, which no role may have.
func roleEdit(in jsonapi.Input) catalog.Edit[catalog.Role] {
	return func(r catalog.Role, _ catalog.Home) (catalog.Role, error) {
		var sent roleInput
		wrongTypes := in.Attributes(&sent)
		sent.Name.Into(&r.Name)
		sent.Description.Into(&r.Description)
		faults := []error{answer.Required(r.Name, "name")}
		if in.Has("permissions") {
			if sent.Permissions == nil { // null, or no list at all
				faults = append(faults, fault.At("permissions", "must be a list"))
			}
			r.Permissions = sent.Permissions
			faults = append(faults, known(r.Permissions, "permissions/%d", "permission"))
		}
		return r, answer.Beside(wrongTypes, errors.Join(faults...))
	}
}

// known reports every name that is no permission of a role; at is where the one of an index stands.
func known(names []string, at, noun string) error {
	var faults []error
	for i, name := range names {
		_, err := schema.Canonical(name)
		if unknown, ok := errors.AsType[*schema.PatternError](err); ok {
			faults = append(faults, fault.At(fmt.Sprintf(at, i), "%s %q %s", noun, unknown.Pattern, unknown.Reason))
		}
	}
	return errors.Join(faults...)
}

// adding returns the edit that puts permissions into a role.
func adding(named []string) catalog.Edit[catalog.Role] {
	return func(r catalog.Role, _ catalog.Home) (catalog.Role, error) {
		r.Permissions = append(slices.Clone(r.Permissions), named...)
		return r, known(named, "/data/%d/id", "Permission")
	}
}

// removing returns the edit that takes permissions out of a role. What is not in it by itself cannot be taken out, and the
// fault tells through what the role gives it.
func removing(named []string) catalog.Edit[catalog.Role] {
	return func(r catalog.Role, _ catalog.Home) (catalog.Role, error) {
		if err := known(named, "/data/%d/id", "Permission"); err != nil {
			return r, err
		}
		var faults []error
		gone := map[string]bool{}
		for i, name := range named {
			pattern, err := schema.Canonical(name)
			if err != nil {
				return r, err
			}
			gone[pattern] = true
			if slices.Contains(r.Permissions, pattern) {
				continue
			}
			reason := "is not in the role"
			if from := givers(r.Permissions, pattern); len(from) > 0 {
				reason = "is in the role through " + strings.Join(from, ", ") + " alone"
			}
			faults = append(faults, fault.At(fmt.Sprintf("/data/%d/id", i), "Permission %q %s", name, reason))
		}
		r.Permissions = slices.DeleteFunc(slices.Clone(r.Permissions), func(p string) bool { return gone[p] })
		return r, errors.Join(faults...)
	}
}

// givers returns the patterns that give everything that a pattern names.
func givers(patterns []string, pattern string) []string {
	wanted := schema.Expand([]string{pattern})
	return slices.DeleteFunc(slices.Clone(patterns), func(p string) bool {
		atoms := schema.Close(schema.Expand([]string{p}))
		return slices.ContainsFunc(wanted, func(w schema.Permission) bool { return !slices.Contains(atoms, w) })
	})
}

// stillImplied tells which of the permissions that a change took out of a role it gives all the same, and through what
// (DECISIONS M6).
func stillImplied(before, after catalog.Role) any {
	implied := map[string][]string{}
	for _, atom := range schema.Expand(before.Permissions) {
		if slices.Contains(schema.Expand(after.Permissions), atom) {
			continue
		}
		if from := givers(after.Permissions, string(atom)); len(from) > 0 {
			implied[string(atom)] = from
		}
	}
	if len(implied) == 0 {
		return nil
	}
	return map[string]any{"still-implied": implied}
}

// roleAttributes are a role as documents show it (DECISIONS N3).
type roleAttributes struct {
	Name        any      `json:"name"`
	Description string   `json:"description"`
	Permissions []string `json:"permissions"`
	Implied     []string `json:"implied-permissions"`
	BuiltIn     bool     `json:"built-in"`
	Scopes      []string `json:"scopes,omitempty"`
	CreatedAt   any      `json:"created-at"`
}

// roleResources returns roles as documents show them.
func (h *Handler) roleResources(c echo.Context, all ...catalog.RoleDetails) ([]jsonapi.Resource, error) {
	names, err := organizationNames(h, c, all, func(d catalog.RoleDetails) string { return d.OrganizationID })
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, d := range all {
		out[i] = jsonapi.Resource{
			ID: d.ID, Type: typeRoles, Links: answer.Self("roles/" + d.ID),
			Attributes: roleAttributes{
				Name: answer.OrNull(d.Name), Description: d.Description, Permissions: append([]string{}, d.Permissions...),
				Implied: texts(d.Implied()), BuiltIn: d.BuiltIn, Scopes: d.Scopes, CreatedAt: answer.Stamp(d.CreatedAt),
			},
			Relationships: map[string]jsonapi.Relationship{
				"organization": jsonapi.ToOne(answer.TypeOrganizations, names[d.OrganizationID]),
			},
		}
	}
	return out, nil
}

// organizationNames returns the names of the organizations that rows are in, by id.
func organizationNames[T any](h *Handler, c echo.Context, all []T, organizationID func(T) string) (map[string]string, error) {
	var ids []string
	for _, row := range all {
		if id := organizationID(row); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // no names is an answer
	}
	return h.Service.Names(c.Request().Context(), schema.TypeOrganization, ids)
}
