package access

import (
	"context"
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

// groupLinks is what the file needs of the catalog.
type groupLinks interface {
	ListGroupLinks(ctx context.Context, p catalog.Principal, organizationID, teamID, groupID string, w catalog.Window) ([]catalog.GroupLinkDetails, int, error)
	FindGroupLink(ctx context.Context, p catalog.Principal, id string) (catalog.GroupLinkDetails, error)
	AddGroupLink(ctx context.Context, p catalog.Principal, organizationID, teamID string, sent catalog.Sent[string]) (catalog.GroupLink, authz.Token, error)
	RemoveGroupLink(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
}

func (h *Handler) groupLinkEndpoints() []endpoint.Endpoint {
	read, change := endpoint.Permission(schema.TeamReadOrganizationAccess), endpoint.Permission(schema.TeamUpdateMembership)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/group-links", endpoint.Permission(schema.OrganizationView), h.listGroupLinks),
		answer.Route(http.MethodPost, "organizations/:organization/group-links", change, h.createGroupLink),
		answer.Route(http.MethodGet, "group-links/:link", read, h.readGroupLink),
		answer.Route(http.MethodDelete, "group-links/:link", change, h.deleteGroupLink),
	}
}

func (h *Handler) listGroupLinks(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	teamID, groupID := c.QueryParam("filter[team]"), c.QueryParam("filter[group]")
	found, total, err := h.Service.ListGroupLinks(c.Request().Context(), principal(c), o.ID, teamID, groupID, answer.Window(page))
	if err != nil {
		return err
	}
	shown, err := h.linkResources(c, found...)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

func (h *Handler) createGroupLink(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), typeGroupLinks)
	if err != nil {
		return err
	}
	group, groupErr := answer.RelatedID(in, "group", typeGroups)
	ref, teamErr := answer.RelatedID(in, "team", answer.TypeTeams)
	if teamErr != nil { // so nobody can be asked whether the caller may
		return answer.Beside(groupErr, teamErr)
	}
	team, err := h.Service.Resolve(ctx, schema.TypeTeam, ref)
	if err != nil {
		return err
	}
	l, token, err := h.Service.AddGroupLink(ctx, p, o.ID, team.ID, func() (string, error) { return group, groupErr })
	if err != nil {
		return relations(err, "group", "team")
	}
	answer.Written(c, token)
	return h.sendLink(c, http.StatusCreated, l.ID)
}

func (h *Handler) readGroupLink(c echo.Context) error {
	return h.sendLink(c, http.StatusOK, c.Param("link"))
}

func (h *Handler) deleteGroupLink(c echo.Context) error {
	token, err := h.Service.RemoveGroupLink(c.Request().Context(), principal(c), c.Param("link"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// sendLink writes a link to whoever may see it. Who may make or change one may not always.
func (h *Handler) sendLink(c echo.Context, status int, id string) error {
	l, err := h.Service.FindGroupLink(c.Request().Context(), principal(c), id)
	if c.Request().Method != http.MethodGet && fault.Is(err, fault.Denied) {
		return c.NoContent(http.StatusNoContent)
	}
	if err != nil {
		return err
	}
	shown, err := h.linkResources(c, l)
	if err != nil {
		return err
	}
	return answer.Send(c, status, jsonapi.Document{Data: shown[0]})
}

// linkAttributes are what a link tells of its group: whoever manages a team need not be one who looks at all groups.
type linkAttributes struct {
	Name       string `json:"name"`
	ExternalID string `json:"external-id"`
	Source     string `json:"source"`
	Rule       any    `json:"rule"`
	Paused     bool   `json:"paused"`
}

func (h *Handler) linkResources(c echo.Context, all ...catalog.GroupLinkDetails) ([]jsonapi.Resource, error) {
	names, err := organizationNames(h, c, all, func(l catalog.GroupLinkDetails) string { return l.OrganizationID })
	if err != nil {
		return nil, err
	}
	out := make([]jsonapi.Resource, len(all))
	for i, l := range all {
		out[i] = jsonapi.Resource{
			ID: l.ID, Type: typeGroupLinks, Links: answer.Self("group-links/" + l.ID),
			Attributes: linkAttributes{l.Group.DisplayName, l.Group.ExternalID, l.Group.Source, answer.OrNull(l.Rule), l.Paused},
			Relationships: map[string]jsonapi.Relationship{
				"group":        holders().related(authz.Object{Type: schema.TypeGroup, ID: l.GroupID}, ""),
				"team":         holders().related(authz.Object{Type: schema.TypeTeam, ID: l.TeamID}, ""),
				"organization": jsonapi.ToOne(answer.TypeOrganizations, names[l.OrganizationID]),
			},
		}
	}
	return out, nil
}
