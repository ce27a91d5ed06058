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
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// siteUsers is what the file needs of the catalog.
type siteUsers interface {
	ListUsers(ctx context.Context, p catalog.Principal, f catalog.UserFilter, w catalog.Window) ([]catalog.User, int, catalog.UserCounts, error)
	OrganizationsOf(ctx context.Context, p catalog.Principal, userIDs ...string) (map[string][]catalog.Organization, error)
	ActOnUser(ctx context.Context, p catalog.Principal, userID string, action catalog.UserAction) (catalog.User, authz.Token, error)
	DeleteUser(ctx context.Context, p catalog.Principal, userID string) (authz.Token, error)
}

func (h *Handler) listSiteUsers(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	filter := catalog.UserFilter{Contains: c.QueryParam("q")}
	var wrong [2]error
	filter.Admin, wrong[0] = answer.BoolParameter(c, "filter[admin]")
	filter.Suspended, wrong[1] = answer.BoolParameter(c, "filter[suspended]")
	if err := errors.Join(wrong[:]...); err != nil {
		return err
	}
	wanted, err := answer.ReadIncludes(c, "organizations")
	if err != nil {
		return err
	}
	users, total, counts, err := h.Service.ListUsers(ctx, p, filter, answer.Window(page))
	if err != nil {
		return err
	}
	shown, organizations, err := h.siteUserResources(ctx, p, users...)
	if err != nil {
		return err
	}
	var included []jsonapi.Resource
	if wanted.Has("organizations") {
		if included, err = h.organizationResources(ctx, p, organizations...); err != nil {
			return err
		}
	}
	status := map[string]int{"total": counts.Total, "suspended": counts.Suspended, "admin": counts.Admins}
	return answer.SendPage(c, page, total, shown, included, map[string]any{"status-counts": status})
}

// siteUserAttributes are a person as site admins see him.
type siteUserAttributes struct {
	Username         string    `json:"username"`
	Email            string    `json:"email"`
	AvatarURL        string    `json:"avatar-url"`
	IsAdmin          bool      `json:"is-admin"`
	IsSiteAuditor    bool      `json:"is-site-auditor"`
	IsSuspended      bool      `json:"is-suspended"`
	IsServiceAccount bool      `json:"is-service-account"`
	TwoFactor        twoFactor `json:"two-factor"`
}

// siteUserResources shows people to a site admin, and returns their organizations, each once.
func (h *Handler) siteUserResources(ctx context.Context, p catalog.Principal, users ...catalog.User) ([]jsonapi.Resource, []catalog.Organization, error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	organizations, err := h.Service.OrganizationsOf(ctx, p, ids...)
	if err != nil {
		return nil, nil, err
	}
	var each []catalog.Organization
	seen := map[string]bool{}
	out := make([]jsonapi.Resource, len(users))
	for i, u := range users {
		var names []string
		for _, o := range organizations[u.ID] {
			names = append(names, o.Name)
			if !seen[o.ID] {
				seen[o.ID], each = true, append(each, o)
			}
		}
		out[i] = jsonapi.Resource{
			ID: u.ID, Type: answer.TypeUsers,
			Attributes: siteUserAttributes{
				Username: u.Username, Email: u.Email, AvatarURL: avatar, IsAdmin: u.SiteAdmin,
				IsSiteAuditor: u.SiteAuditor, IsSuspended: u.Suspended,
			},
			Relationships: map[string]jsonapi.Relationship{"organizations": jsonapi.ToMany(answer.TypeOrganizations, names...)},
			Links:         answer.Self("users/" + u.ID),
		}
	}
	return out, each, nil
}

// actOnUser returns what suspends a person, makes him a site admin or auditor, or undoes that.
func (h *Handler) actOnUser(action catalog.UserAction) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, p := c.Request().Context(), principal(c)
		user, token, err := h.Service.ActOnUser(ctx, p, c.Param("id"), action)
		if errors.Is(err, catalog.ErrAlready) {
			return answer.As(http.StatusBadRequest, fault.Conflict, err)
		}
		if err != nil {
			return err
		}
		answer.Written(c, token)
		shown, _, err := h.siteUserResources(ctx, p, user)
		if err != nil {
			return err
		}
		return answer.Send(c, http.StatusOK, jsonapi.Document{Data: shown[0]})
	}
}

func (h *Handler) deleteSiteUser(c echo.Context) error {
	token, err := h.Service.DeleteUser(c.Request().Context(), principal(c), c.Param("id"))
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}
