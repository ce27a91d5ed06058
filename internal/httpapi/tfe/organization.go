package tfe

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// organizations is what the file needs of the catalog.
type organizations interface {
	FindOrganization(ctx context.Context, p catalog.Principal, ref string) (catalog.Organization, error)
	ListOrganizations(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window) ([]catalog.Organization, int, error)
	CreateOrganization(ctx context.Context, p catalog.Principal, edit catalog.Edit[catalog.Organization]) (catalog.Organization, authz.Token, error)
	UpdateOrganization(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.Organization]) (catalog.Organization, authz.Token, error)
	DeleteOrganization(ctx context.Context, p catalog.Principal, organizationID string) (authz.Token, error)
}

func (h *Handler) organizationEndpoints() []endpoint.Endpoint {
	update := endpoint.Permission(schema.OrganizationUpdate)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations", endpoint.Authenticated(), h.listOrganizations),
		answer.Route(http.MethodPost, "organizations", endpoint.Permission(schema.PlatformCreateOrganization), h.createOrganization),
		answer.Route(http.MethodGet, "organizations/:organization", endpoint.Permission(schema.OrganizationView), h.readOrganization),
		answer.Route(http.MethodPatch, "organizations/:organization", update, h.updateOrganization),
		answer.Route(http.MethodPut, "organizations/:organization", update, h.updateOrganization),
		answer.Route(http.MethodDelete, "organizations/:organization", endpoint.Permission(schema.OrganizationDelete), h.deleteOrganization),
		answer.Route(http.MethodGet, "organizations/:organization/entitlement-set", endpoint.Permission(schema.OrganizationView), h.readEntitlements),
		answer.Route(http.MethodGet, "organizations/:organization/capacity", endpoint.Permission(schema.OrganizationView), h.readCapacity),
	}
}

// organization returns the organization that a path names.
func (h *Handler) organization(c echo.Context) (catalog.Organization, error) {
	return h.Service.FindOrganization(c.Request().Context(), principal(c), c.Param("organization"))
}

func (h *Handler) listOrganizations(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	wanted, err := answer.ReadIncludes(c, "subscription", "default_project", "entitlement_set")
	if err != nil {
		return err
	}
	query := catalog.PlaceQuery{Contains: c.QueryParam("q"), EmailContains: c.QueryParam("q[email]")}
	if name := c.QueryParam("q[name]"); name != "" {
		query.Wildcard = "*" + name + "*"
	}
	part, answered := answer.WholeUnlessPaged(page)
	found, total, err := h.Service.ListOrganizations(ctx, p, query, part)
	if err != nil {
		return err
	}
	shown, err := h.organizationResources(ctx, p, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, answered(total), total, shown, h.includeBeside(wanted, found...), nil)
}

func (h *Handler) createOrganization(c echo.Context) error {
	wanted, err := readOrganizationIncludes(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeOrganizations)
	if err != nil {
		return err
	}
	created, token, err := h.Service.CreateOrganization(c.Request().Context(), principal(c), organizationEdit(in))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendOrganization(c, http.StatusCreated, wanted, created)
}

func (h *Handler) readOrganization(c echo.Context) error {
	wanted, err := readOrganizationIncludes(c)
	if err != nil {
		return err
	}
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	return h.sendOrganization(c, http.StatusOK, wanted, o)
}

func (h *Handler) updateOrganization(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	wanted, err := readOrganizationIncludes(c)
	if err != nil {
		return err
	}
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeOrganizations)
	if err != nil {
		return err
	}
	changed, token, err := h.Service.UpdateOrganization(ctx, p, o.ID, organizationEdit(in))
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendOrganization(c, http.StatusOK, wanted, changed)
}

func (h *Handler) deleteOrganization(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteOrganization(c.Request().Context(), principal(c), o.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// readOrganizationIncludes reads what is wanted with an organization. It comes before a write, as all that may refuse one.
func readOrganizationIncludes(c echo.Context) (answer.Includes, error) {
	return answer.ReadIncludes(c, "default_project", "subscription", "entitlement_set")
}

// sendOrganization writes one organization with what the client wants included.
func (h *Handler) sendOrganization(c echo.Context, status int, wanted answer.Includes, o catalog.Organization) error {
	shown, err := h.organizationResources(c.Request().Context(), principal(c), o)
	if err != nil {
		return err
	}
	d := jsonapi.Document{Data: shown[0]}
	if wanted.Has("default_project") {
		if d.Included, err = h.includeDefaultProject(c, o); err != nil {
			return err
		}
	}
	d.Included = append(d.Included, h.includeBeside(wanted, o)...)
	return answer.Send(c, status, d)
}

// includeBeside returns what is wanted with organizations and takes no look-up. A subscription is HCP Terraform's alone.
func (h *Handler) includeBeside(wanted answer.Includes, all ...catalog.Organization) []jsonapi.Resource {
	var out []jsonapi.Resource
	for _, o := range all {
		if wanted.Has("entitlement_set") {
			out = append(out, entitlements(o))
		}
		if wanted.Has("subscription") && h.Mode == ModeHCP {
			out = append(out, subscription(o))
		}
	}
	return out
}

// includeDefaultProject returns an organization's default project, to whoever may read it.
func (h *Handler) includeDefaultProject(c echo.Context, o catalog.Organization) ([]jsonapi.Resource, error) {
	ctx, p := c.Request().Context(), principal(c)
	prj, err := h.Service.FindProject(ctx, p, o.DefaultProjectID)
	if fault.Is(err, fault.Denied) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	shown, _, err := h.projectDocuments(ctx, p, nil, prj)
	return shown, err
}

// organizationResources returns organizations as documents show them to a caller.
func (h *Handler) organizationResources(ctx context.Context, p catalog.Principal, all ...catalog.Organization) ([]jsonapi.Resource, error) {
	ids := make([]string, len(all))
	for i, o := range all {
		ids[i] = o.ID
	}
	can, err := h.permissions(ctx, p, schema.TypeOrganization, ids...)
	if err != nil {
		return nil, err
	}
	kept, err := h.Service.RetentionsOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, o := range all {
		if out[i], err = h.organizationResource(o, can[i], kept[o.ID]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// organizationEdit puts what a client sent over an organization.
func organizationEdit(in jsonapi.Input) catalog.Edit[catalog.Organization] {
	return func(o catalog.Organization, home catalog.Home) (catalog.Organization, error) {
		settings := defaultOrganizationSettings()
		if err := recallKept(o.Attributes, &settings); err != nil {
			return o, err
		}
		before := settings.DefaultAgentPool
		common := organizationInput{Name: o.Name, Email: o.Email, AllowForceDelete: o.AllowForceDelete, UserTokensEnabled: !o.RefuseUserTokens, MaxTTLEnabled: o.LimitTokenLives}
		pool, sent, poolErr := answer.RelatedTo(in, "default-agent-pool", typeAgentPools)
		wrongTypes := errors.Join(in.Attributes(&common), in.Attributes(&settings), poolErr)
		switch {
		case pool != "":
			settings.DefaultAgentPool = pool
		case sent, settings.DefaultExecutionMode != modeAgent:
			settings.DefaultAgentPool = ""
		}
		badName := checkOrganizationName(common.Name, o.Name)
		o.Name, o.Email, o.AllowForceDelete = common.Name, common.Email, common.AllowForceDelete
		o.RefuseUserTokens, o.LimitTokenLives = !common.UserTokensEnabled, common.MaxTTLEnabled
		wrongPool := settings.checkPool()
		if wrongPool == nil {
			wrongPool = checkAgentPool(home, before, settings.DefaultAgentPool, "/data/relationships/default-agent-pool", agentPoolUser{})
		}
		if unexpected(wrongPool) {
			return o, wrongPool
		}
		if badName == nil {
			badName = o.Check()
		}
		if err := answer.Beside(wrongTypes, errors.Join(badName, answer.Required(o.Email, "email"), settings.check(), wrongPool)); err != nil {
			return o, err
		}
		var err error
		o.Attributes, err = keep(o.Attributes, settings)
		return o, err
	}
}
