package otf

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// teams is what the file needs of the catalog.
type teams interface {
	FindTeam(ctx context.Context, p catalog.Principal, ref string, memberships bool) (catalog.TeamDetails, error)
	CreateTeam(ctx context.Context, p catalog.Principal, t catalog.Team, access catalog.TeamAccess) (catalog.Team, authz.Token, error)
	DeleteTeam(ctx context.Context, p catalog.Principal, teamID string) (authz.Token, error)
}

func (h *Handler) teamEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		route(http.MethodPost, "organizations/:organization/teams", endpoint.Permission(schema.OrganizationCreateTeam), h.createTeam),
		route(http.MethodGet, "organizations/:organization/teams/:name", endpoint.Permission(schema.TeamView), h.readTeam),
		route(http.MethodDelete, "teams/:team", endpoint.Permission(schema.TeamDelete), h.deleteTeam),
	}
}

// newTeam is what a client sends to have a team made.
type newTeam struct {
	Name                  *string
	ManageWorkspaces      *bool
	ManageVCS             *bool
	ManageModules         *bool
	ManageProviders       *bool
	ManagePolicies        *bool
	ManagePolicyOverrides *bool
	SSOTeamID             *string
	Visibility            *string
}

// flagNames returns what TFE's API calls each flag of a team, by the name it has here.
func flagNames() map[string]string {
	return map[string]string{
		"ManageWorkspaces": "manage-workspaces", "ManageVCS": "manage-vcs-settings", "ManageModules": "manage-modules",
		"ManageProviders": "manage-providers", "ManagePolicies": "manage-policies", "ManagePolicyOverrides": "manage-policy-overrides",
	}
}

// access returns the flags that the client named.
func (in newTeam) access() catalog.TeamAccess {
	sent := map[string]*bool{
		"ManageWorkspaces": in.ManageWorkspaces, "ManageVCS": in.ManageVCS, "ManageModules": in.ManageModules,
		"ManageProviders": in.ManageProviders, "ManagePolicies": in.ManagePolicies, "ManagePolicyOverrides": in.ManagePolicyOverrides,
	}
	out := catalog.TeamAccess{}
	for name, flag := range flagNames() {
		if sent[name] != nil {
			out[schema.Permission(schema.TypeOrganization+"."+strings.ReplaceAll(flag, "-", "_"))] = *sent[name]
		}
	}
	return out
}

// team returns the team that the client wants. Members manage its tokens, as OTF has it.
func (in newTeam) team(organizationID string) (catalog.Team, error) {
	t := catalog.Team{OrganizationID: organizationID, AllowMemberTokenManagement: true}
	if in.Name == nil {
		return t, fault.At("name", "can't be blank")
	}
	t.Name = *in.Name
	if in.Visibility != nil {
		t.Visibility = catalog.Visibility(*in.Visibility)
	}
	if in.SSOTeamID != nil {
		t.SSOTeamID = *in.SSOTeamID
	}
	return t, nil
}

func (h *Handler) createTeam(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	var in newTeam
	if err := readBody(c, &in); err != nil {
		return err
	}
	wanted, err := in.team(o.ID)
	if err != nil {
		return err
	}
	created, token, err := h.Service.CreateTeam(ctx, p, wanted, in.access())
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return sendTeam(c, http.StatusCreated, created, o)
}

func (h *Handler) readTeam(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	t, err := h.Service.FindTeam(c.Request().Context(), principal(c), o.ID+"/"+c.Param("name"), false)
	if err != nil {
		return hidden(err)
	}
	return sendTeam(c, http.StatusOK, t.Team, o)
}

// teamAttributes are a team as OTF's command reads it.
type teamAttributes struct {
	Name         string    `json:"name"`
	Organization string    `json:"organization"`
	CreatedAt    time.Time `json:"created-at"`
}

func sendTeam(c echo.Context, status int, t catalog.Team, o catalog.Organization) error {
	return answer.Send(c, status, jsonapi.Document{Data: jsonapi.Resource{
		ID: t.ID, Type: answer.TypeTeams, Attributes: teamAttributes{Name: t.Name, Organization: o.Name, CreatedAt: t.CreatedAt},
	}})
}

func (h *Handler) deleteTeam(c echo.Context) error {
	t, err := h.team(c)
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteTeam(c.Request().Context(), principal(c), t.ID)
	if fault.Is(err, fault.Denied) && t.Owners() { // nobody may, and who asks deserves to be told why
		return fault.Wrap(fault.Conflict, err, "the owners team cannot be deleted")
	}
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// team returns the team that a path names.
func (h *Handler) team(c echo.Context) (catalog.TeamDetails, error) {
	t, err := h.Service.FindTeam(c.Request().Context(), principal(c), c.Param("team"), false)
	return t, hidden(err)
}
