package access

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// permissionEndpoints serve the vocabulary: what roles are made of.
func (h *Handler) permissionEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "permissions", endpoint.Authenticated(), h.listPermissions),
		answer.Route(http.MethodGet, "permissions/:permission", endpoint.Authenticated(), h.readPermission),
	}
}

func systems() []schema.System {
	return []schema.System{schema.TFE, schema.OTF, schema.Terrakube, schema.Infra0}
}

// listPermissions lists permissions: those of a type of object, those that a system has a word for, or those that a role may
// contain. They come in one piece unless a page is asked for.
func (h *Handler) listPermissions(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	selects, err := permissionFilter(c)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(schema.Vocabulary(), func(e schema.Entry) bool { return !selects(e) })
	if !page.Given {
		page = jsonapi.Page{Number: 1, Size: max(len(found), 1)}
	}
	var shown []jsonapi.Resource
	for _, e := range jsonapi.Cut(found, page) {
		shown = append(shown, permissionResource(e))
	}
	return answer.SendPage(c, page, len(found), shown, nil, nil)
}

func permissionFilter(c echo.Context) (func(schema.Entry) bool, error) {
	objectType, system := c.QueryParam("filter[type]"), c.QueryParam("filter[system]")
	if objectType != "" && len(schema.Of(objectType)) == 0 {
		return nil, jsonapi.Parameter("filter[type]", "must be platform, organization, team, project, workspace or stack")
	}
	if system != "" && !slices.Contains(systems(), schema.System(system)) {
		return nil, jsonapi.Parameter("filter[system]", "must be tfe, otf, terrakube or infra0")
	}
	assignable, err := answer.BoolParameter(c, "filter[assignable]")
	if err != nil {
		return nil, err
	}
	return func(e schema.Entry) bool {
		return (objectType == "" || e.Permission.Type() == objectType) &&
			(system == "" || len(e.Names(schema.System(system))) > 0) &&
			(assignable == nil || *assignable == (e.Kind == schema.Atom))
	}, nil
}

// readPermission shows one permission, by its own name or by another system's word for it.
func (h *Handler) readPermission(c echo.Context) error {
	e, ok := schema.Lookup(schema.Permission(c.Param("permission")))
	if !ok {
		canonical, err := schema.Canonical(c.Param("permission"))
		if e, ok = schema.Lookup(schema.Permission(canonical)); err != nil || !ok {
			return echo.ErrNotFound
		}
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: permissionResource(e)})
}

// permissionAttributes are a permission as documents show it. Names are what other systems call it.
type permissionAttributes struct {
	ObjectType  string              `json:"object-type"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Assignable  bool                `json:"assignable"`
	OwnerOnly   bool                `json:"owner-only"`
	Implied     []string            `json:"implied-permissions"`
	Names       map[string][]string `json:"names"`
}

func permissionResource(e schema.Entry) jsonapi.Resource {
	names := map[string][]string{}
	for _, system := range systems() {
		names[string(system)] = append([]string{}, e.Names(system)...)
	}
	implied := slices.DeleteFunc(schema.Close([]schema.Permission{e.Permission}), func(p schema.Permission) bool { return p == e.Permission })
	return jsonapi.Resource{
		ID: string(e.Permission), Type: typePermissions, Links: answer.Self("permissions/" + string(e.Permission)),
		Attributes: permissionAttributes{
			ObjectType: e.Permission.Type(), Name: e.Permission.Name(), Description: e.Doc,
			Assignable: e.Kind == schema.Atom, OwnerOnly: e.OwnerOnly, Implied: texts(implied), Names: names,
		},
	}
}

// texts returns permissions as documents list them.
func texts(all []schema.Permission) []string {
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = string(p)
	}
	return out
}
