package tfe

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// siteWorkspaces is what the file needs of the catalog.
type siteWorkspaces interface {
	SiteWorkspaces(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery, w catalog.Window) ([]catalog.Workspace, int, error)
	SiteWorkspace(ctx context.Context, p catalog.Principal, id string) (catalog.Workspace, error)
	RemoveWorkspace(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) listSiteWorkspaces(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	query := catalog.PlaceQuery{Contains: c.QueryParam("q")}
	if err := readPlaceOrder(c, &query); err != nil {
		return err
	}
	workspaces, total, err := h.Service.SiteWorkspaces(ctx, p, query, answer.Window(page))
	if err != nil {
		return err
	}
	shown, included, err := h.siteWorkspaceResources(c, workspaces...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, included, nil)
}

// siteWorkspaceResources shows workspaces to a site admin, and returns their organizations where they are wanted.
func (h *Handler) siteWorkspaceResources(c echo.Context, workspaces ...catalog.Workspace) (shown, included []jsonapi.Resource, err error) {
	wanted, err := answer.ReadIncludes(c, "organization", "organization.owners", "current_run", "current_run.plan")
	if err != nil {
		return nil, nil, err
	}
	ctx, p := c.Request().Context(), principal(c)
	organizations := map[string]catalog.Organization{}
	var each []catalog.Organization
	for _, w := range workspaces {
		o, known := organizations[w.OrganizationID]
		if !known {
			if o, err = h.Service.SiteOrganization(ctx, p, w.OrganizationID); err != nil {
				return nil, nil, err
			}
			organizations[w.OrganizationID], each = o, append(each, o)
		}
		shown = append(shown, jsonapi.Resource{
			ID: w.ID, Type: answer.TypeWorkspaces,
			Attributes:    map[string]any{"name": w.Name, "locked": !w.LockedBy.IsZero(), "vcs-repo": nil},
			Relationships: map[string]jsonapi.Relationship{"organization": jsonapi.ToOne(answer.TypeOrganizations, o.Name), "current-run": jsonapi.ToOne("runs", "")},
			Links:         answer.Self("workspaces/" + w.ID),
		})
	}
	if wanted.Has("organization") {
		included, err = h.organizationResources(ctx, p, each...)
	}
	return shown, included, err
}

func (h *Handler) readSiteWorkspace(c echo.Context) error {
	w, err := h.Service.SiteWorkspace(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	shown, included, err := h.siteWorkspaceResources(c, w)
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: shown[0], Included: included})
}

func (h *Handler) deleteSiteWorkspace(c echo.Context) error {
	token, err := h.Service.RemoveWorkspace(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
