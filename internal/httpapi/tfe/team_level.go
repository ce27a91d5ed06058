package tfe

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// teamLevels is what the file needs of the catalog.
type teamLevels interface {
	ListTeamLevels(ctx context.Context, p catalog.Principal, scope authz.Object, teamID string, w catalog.Window) ([]catalog.TeamLevel, int, error)
	FindTeamLevel(ctx context.Context, p catalog.Principal, scopeType, id string) (catalog.TeamLevel, error)
	AddTeamLevel(ctx context.Context, p catalog.Principal, scope authz.Object, teamID string, want catalog.LevelWanted) (catalog.TeamLevel, authz.Token, error)
	ChangeTeamLevel(ctx context.Context, p catalog.Principal, scopeType, id string, want catalog.LevelWanted) (catalog.TeamLevel, authz.Token, error)
	RemoveTeamLevel(ctx context.Context, p catalog.Principal, scopeType, id string) (authz.Token, error)
}

// levelNoun is one of the two resources that say what a team holds: at workspaces and at projects.
type levelNoun struct {
	*Handler
	kind      catalog.AccessKind
	typeName  string // of the resource, and its path
	relation  string // to the scope, and in the filter
	scopeType string // of resources
	paged     bool   // whether a list without a page parameter is a page
}

// teamLevelEndpoints returns the routes of team-workspaces and team-projects (research tfe-api 1.5, 1.6).
func (h *Handler) teamLevelEndpoints() []endpoint.Endpoint {
	workspaces, _ := catalog.KindOfAccess(schema.TypeWorkspace)
	projects, _ := catalog.KindOfAccess(schema.TypeProject)
	return append(
		levelNoun{h, workspaces, "team-workspaces", "workspace", answer.TypeWorkspaces, false}.endpoints(schema.WorkspaceRead, schema.WorkspaceManageAccess),
		levelNoun{h, projects, "team-projects", "project", answer.TypeProjects, true}.endpoints(schema.ProjectRead, schema.ProjectManageAccess)...)
}

func (n levelNoun) endpoints(see, manage schema.Permission) []endpoint.Endpoint {
	read, write := endpoint.Permission(see), endpoint.Permission(manage)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, n.typeName, read, n.list),
		answer.Route(http.MethodPost, n.typeName, write, n.add),
		answer.Route(http.MethodGet, n.typeName+"/:access", read, n.read),
		answer.Route(http.MethodPatch, n.typeName+"/:access", write, n.change),
		answer.Route(http.MethodDelete, n.typeName+"/:access", write, n.remove),
	}
}

func (n levelNoun) list(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	filter := "filter[" + n.relation + "][id]"
	scopeID := c.QueryParam(filter)
	if scopeID == "" {
		return jsonapi.Parameter(filter, "can't be blank")
	}
	part, answered := answer.Window(page), func(int) jsonapi.Page { return page }
	if !n.paged {
		part, answered = answer.WholeUnlessPaged(page)
	}
	scope := authz.Object{Type: n.kind.Scope, ID: scopeID}
	found, total, err := n.Service.ListTeamLevels(c.Request().Context(), principal(c), scope, c.QueryParam("filter[team][id]"), part)
	if err != nil {
		return err
	}
	shown := make([]jsonapi.Resource, len(found))
	for i, l := range found {
		shown[i] = n.resource(l)
	}
	return answer.SendPage(c, answered(total), total, shown, nil, nil)
}

func (n levelNoun) add(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), n.typeName)
	if err != nil {
		return err
	}
	teamID, scopeID, wrongEnds := n.ends(in)
	want, wrongFields := n.wanted(in)
	if err := errors.Join(wrongEnds, wrongFields); err != nil {
		return err
	}
	level, token, err := n.Service.AddTeamLevel(c.Request().Context(), principal(c), authz.Object{Type: n.kind.Scope, ID: scopeID}, teamID, want)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return answer.Send(c, http.StatusCreated, jsonapi.Document{Data: n.resource(level)})
}

func (n levelNoun) read(c echo.Context) error {
	level, err := n.Service.FindTeamLevel(c.Request().Context(), principal(c), n.kind.Scope, c.Param("access"))
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: n.resource(level)})
}

func (n levelNoun) change(c echo.Context) error {
	in, err := jsonapi.ReadResource(c.Request(), n.typeName)
	if err != nil {
		return err
	}
	want, err := n.wanted(in)
	if err != nil {
		return err
	}
	level, token, err := n.Service.ChangeTeamLevel(c.Request().Context(), principal(c), n.kind.Scope, c.Param("access"), want)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: n.resource(level)})
}

func (n levelNoun) remove(c echo.Context) error {
	token, err := n.Service.RemoveTeamLevel(c.Request().Context(), principal(c), n.kind.Scope, c.Param("access"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
