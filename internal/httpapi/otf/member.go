package otf

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// maxUsernames is how many people one request may name.
const maxUsernames = 1000

// teamMembers is what the file needs of the catalog.
type teamMembers interface {
	AddTeamMembers(ctx context.Context, p catalog.Principal, teamID string, refs ...string) (authz.Token, error)
	RemoveTeamMembers(ctx context.Context, p catalog.Principal, teamID string, refs ...string) (authz.Token, error)
}

func (h *Handler) teamMemberEndpoints() []endpoint.Endpoint {
	const path = "teams/:team/relationships/users"
	needs := endpoint.Permission(schema.TeamUpdateMembership)
	return []endpoint.Endpoint{
		route(http.MethodPost, path, needs, h.addMembers),
		route(http.MethodDelete, path, needs, h.removeMembers),
	}
}

func (h *Handler) addMembers(c echo.Context) error {
	t, usernames, err := h.named(c)
	if err != nil {
		return err
	}
	token, err := h.Service.AddTeamMembers(c.Request().Context(), principal(c), t.ID, usernames...)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return c.NoContent(http.StatusCreated)
}

func (h *Handler) removeMembers(c echo.Context) error {
	t, usernames, err := h.named(c)
	if err != nil {
		return err
	}
	token, err := h.Service.RemoveTeamMembers(c.Request().Context(), principal(c), t.ID, usernames...)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

// named returns the team of a path and the people that the body names, each once.
func (h *Handler) named(c echo.Context) (catalog.TeamDetails, []string, error) {
	t, err := h.team(c)
	if err != nil {
		return t, nil, err
	}
	var in struct{ Usernames []string }
	if err := readBody(c, &in); err != nil {
		return t, nil, err
	}
	var out []string
	seen := map[string]bool{}
	for _, name := range in.Usernames {
		if key := catalog.NameKey(name); !seen[key] {
			seen[key], out = true, append(out, name)
		}
	}
	switch {
	case len(out) == 0:
		return t, nil, fault.At("/Usernames", "can't be blank")
	case len(out) > maxUsernames:
		return t, nil, fault.At("/Usernames", "must not be more than %d", maxUsernames)
	}
	return t, out, nil
}
