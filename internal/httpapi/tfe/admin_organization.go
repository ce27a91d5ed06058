package tfe

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// siteOrganizations is what the file needs of the catalog.
type siteOrganizations interface {
	SiteOrganizations(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery) ([]catalog.Organization, error)
	SiteOrganization(ctx context.Context, p catalog.Principal, ref string) (catalog.Organization, error)
	OwnersOf(ctx context.Context, p catalog.Principal, o catalog.Organization) ([]catalog.User, error)
	AdministerOrganization(ctx context.Context, p catalog.Principal, id string, edit catalog.Edit[catalog.Organization]) (catalog.Organization, authz.Token, error)
	RemoveOrganization(ctx context.Context, p catalog.Principal, organizationID string) (authz.Token, error)
	Administers(ctx context.Context, p catalog.Principal) error
}

// siteSettings are what site admins set for an organization and no rule reads, beside whether it is disabled.
type siteSettings struct {
	AccessBetaTools       bool     `json:"access-beta-tools"`
	GlobalModuleSharing   bool     `json:"global-module-sharing"`
	GlobalProviderSharing bool     `json:"global-provider-sharing"`
	BuildWorkerApply      *string  `json:"terraform-build-worker-apply-timeout"`
	BuildWorkerPlan       *string  `json:"terraform-build-worker-plan-timeout"`
	ApplyTimeout          *string  `json:"apply-timeout"`
	PlanTimeout           *string  `json:"plan-timeout"`
	WorkerSudo            bool     `json:"terraform-worker-sudo-enabled"`
	ModuleConsumers       []string `json:"module-consumers,omitempty"` // ids of organizations; shown by a call of its own
}

// keptForSite is where these settings are kept in an organization's attributes.
const keptForSite = "tfe-admin"

func (h *Handler) listSiteOrganizations(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	wanted, err := answer.ReadIncludes(c, "owners")
	if err != nil {
		return err
	}
	query := catalog.PlaceQuery{Contains: c.QueryParam("q"), EmailContains: c.QueryParam("q[email]"), Names: answer.Words(c.QueryParam("q[name]"))}
	all, err := h.Service.SiteOrganizations(ctx, p, query)
	if err != nil {
		return err
	}
	shown, owners, err := h.siteOrganizationResources(ctx, p, jsonapi.Cut(all, page)...)
	if err != nil {
		return err
	}
	if !wanted.Has("owners") {
		owners = nil
	}
	return answer.SendPage(c, page, len(all), shown, owners, nil)
}

// siteOrganizationResources shows organizations to a site admin, and returns their owners, each once.
func (h *Handler) siteOrganizationResources(ctx context.Context, p catalog.Principal, all ...catalog.Organization) (shown, owners []jsonapi.Resource, err error) {
	seen := map[string]bool{}
	for _, o := range all {
		people, err := h.Service.OwnersOf(ctx, p, o)
		if err != nil {
			return nil, nil, err
		}
		var ids []string
		for _, u := range people {
			ids = append(ids, u.ID)
			if !seen[u.ID] {
				seen[u.ID] = true
				owners = append(owners, jsonapi.Resource{ID: u.ID, Type: answer.TypeUsers, Attributes: map[string]any{"username": u.Username, "email": u.Email, "avatar-url": avatar}})
			}
		}
		r, err := siteOrganizationResource(o, ids)
		if err != nil {
			return nil, nil, err
		}
		shown = append(shown, r)
	}
	return shown, owners, nil
}

func siteOrganizationResource(o catalog.Organization, ownerIDs []string) (jsonapi.Resource, error) {
	var settings siteSettings
	if err := recallPart(o.Attributes, keptForSite, &settings); err != nil {
		return jsonapi.Resource{}, err
	}
	settings.ModuleConsumers = nil
	type attributes struct {
		siteSettings
		Name              string `json:"name"`
		ExternalID        string `json:"external-id"`
		IsDisabled        bool   `json:"is-disabled"`
		NotificationEmail string `json:"notification-email"`
		SSOEnabled        bool   `json:"sso-enabled"`
		CreatedAt         any    `json:"created-at"`
		WorkspaceLimit    *int   `json:"workspace-limit"`
	}
	return jsonapi.Resource{
		ID: o.Name, Type: answer.TypeOrganizations,
		Attributes: attributes{
			siteSettings: settings, Name: o.Name, ExternalID: o.ID, IsDisabled: o.Disabled, NotificationEmail: o.Email,
			CreatedAt: answer.Stamp(o.CreatedAt), WorkspaceLimit: maxOrNull(o.WorkspaceLimit),
		},
		Relationships: map[string]jsonapi.Relationship{
			"owners":           jsonapi.ToMany(answer.TypeUsers, ownerIDs...),
			"module-consumers": jsonapi.Elsewhere("/api/v2/admin/organizations/" + o.Name + "/relationships/module-consumers"),
		},
		Links: answer.Self("organizations/" + o.Name),
	}, nil
}

func (h *Handler) siteOrganization(c echo.Context) (catalog.Organization, error) {
	return h.Service.SiteOrganization(c.Request().Context(), principal(c), c.Param("organization"))
}

func (h *Handler) readSiteOrganization(c echo.Context) error {
	wanted, err := answer.ReadIncludes(c, "owners")
	if err != nil {
		return err
	}
	o, err := h.siteOrganization(c)
	if err != nil {
		return err
	}
	return h.sendSiteOrganization(c, wanted, o)
}

func (h *Handler) sendSiteOrganization(c echo.Context, wanted answer.Includes, o catalog.Organization) error {
	shown, owners, err := h.siteOrganizationResources(c.Request().Context(), principal(c), o)
	if err != nil {
		return err
	}
	d := jsonapi.Document{Data: shown[0]}
	if wanted.Has("owners") {
		d.Included = owners
	}
	return answer.Send(c, http.StatusOK, d)
}

func (h *Handler) updateSiteOrganization(c echo.Context) error {
	wanted, err := answer.ReadIncludes(c, "owners")
	if err != nil {
		return err
	}
	o, err := h.siteOrganization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeOrganizations)
	if err != nil {
		return err
	}
	edit := siteEdit(func(o *catalog.Organization, settings *siteSettings) error { return putSite(in, o, settings) })
	changed, token, err := h.Service.AdministerOrganization(c.Request().Context(), principal(c), o.ID, edit)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendSiteOrganization(c, wanted, changed)
}

// siteEdit is an edit of what site admins set for an organization.
func siteEdit(put func(o *catalog.Organization, settings *siteSettings) error) catalog.Edit[catalog.Organization] {
	return func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
		var settings siteSettings
		if err := recallPart(o.Attributes, keptForSite, &settings); err != nil {
			return o, err
		}
		if err := put(&o, &settings); err != nil {
			return o, err
		}
		var err error
		o.Attributes, err = keepPart(o.Attributes, keptForSite, settings)
		return o, err
	}
}

// putSite puts what a client sent over what site admins set.
func putSite(in jsonapi.Input, o *catalog.Organization, settings *siteSettings) error {
	limit, consumers := maxOrNull(o.WorkspaceLimit), settings.ModuleConsumers
	_, wrongState := in.Attribute("is-disabled", &o.Disabled)
	wrongSettings := in.Attributes(settings)
	_, wrongLimit := in.Attribute("workspace-limit", &limit)
	if err := errors.Join(wrongState, wrongSettings, wrongLimit); err != nil {
		return err
	}
	settings.ModuleConsumers, o.WorkspaceLimit = consumers, catalog.Limit{}
	if limit == nil {
		return nil
	}
	o.WorkspaceLimit = catalog.Limit{Given: true, Max: *limit}
	if *limit < 0 {
		return fault.At("workspace-limit", "must be greater than or equal to 0")
	}
	return nil
}

// maxOrNull returns a limit as documents carry it, null for none.
func maxOrNull(l catalog.Limit) *int {
	if !l.Given {
		return nil
	}
	return &l.Max
}

func (h *Handler) deleteSiteOrganization(c echo.Context) error {
	o, err := h.siteOrganization(c)
	if err != nil {
		return err
	}
	token, err := h.Service.RemoveOrganization(c.Request().Context(), principal(c), o.ID)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// listModuleConsumers lists the organizations that may use an organization's modules.
func (h *Handler) listModuleConsumers(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	o, err := h.siteOrganization(c)
	if err != nil {
		return err
	}
	var settings siteSettings
	if err := recallPart(o.Attributes, keptForSite, &settings); err != nil {
		return err
	}
	all, err := h.Service.SiteOrganizations(c.Request().Context(), principal(c), catalog.PlaceQuery{})
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o catalog.Organization) bool { return !slices.Contains(settings.ModuleConsumers, o.ID) })
	shown, _, err := h.siteOrganizationResources(c.Request().Context(), principal(c), jsonapi.Cut(all, page)...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, len(all), shown, nil, nil)
}

func (h *Handler) updateModuleConsumers(c echo.Context) error {
	o, err := h.siteOrganization(c)
	if err != nil {
		return err
	}
	names, err := answer.ReadIDs(c, answer.TypeOrganizations)
	if err != nil {
		return err
	}
	var consumers []string
	var faults []error
	for _, name := range names {
		consumer, err := h.Service.SiteOrganization(c.Request().Context(), principal(c), name)
		switch {
		case fault.Is(err, fault.NotFound):
			faults = append(faults, fault.New(fault.Invalid, "Organization %s not found", name))
		case err != nil:
			return err
		}
		if !slices.Contains(consumers, consumer.ID) { // it has two names
			consumers = append(consumers, consumer.ID)
		}
	}
	edit := siteEdit(func(_ *catalog.Organization, settings *siteSettings) error {
		settings.ModuleConsumers = consumers
		return errors.Join(faults...)
	})
	_, token, err := h.Service.AdministerOrganization(c.Request().Context(), principal(c), o.ID, edit)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
