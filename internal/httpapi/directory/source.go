package directory

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// Types of the package's resources.
const (
	typeSources = "sync-sources"
	typePlans   = "sync-plans"
	typeChanges = "sync-plan-changes"
)

func (h *Handler) listSources(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	all, err := h.Engine.Status(c.Request().Context(), caller(c))
	if err != nil {
		return err
	}
	var shown []jsonapi.Resource
	for _, s := range jsonapi.Cut(all, page) {
		shown = append(shown, sourceResource(s))
	}
	return answer.SendPage(c, page, len(all), shown, nil, nil)
}

func (h *Handler) readSource(c echo.Context) error {
	return h.sendSource(c.Request().Context(), c)
}

// sendSource writes the source that a path names.
func (h *Handler) sendSource(ctx context.Context, c echo.Context) error {
	all, err := h.Engine.Status(ctx, caller(c))
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Name == c.Param("source") {
			return answer.Send(c, http.StatusOK, jsonapi.Document{Data: sourceResource(s)})
		}
	}
	return fault.New(fault.NotFound, "there is no such source")
}

// turnSource pauses or resumes a source.
func (h *Handler) turnSource(turn func(ctx context.Context, p catalog.Principal, source string) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := turn(c.Request().Context(), caller(c), c.Param("source")); err != nil {
			return inTheWay(err)
		}
		return h.sendSource(c.Request().Context(), c)
	}
}

// sourceAttributes are a source as documents show it.
type sourceAttributes struct {
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	Trust       string `json:"trust"`
	Pushed      bool   `json:"pushed"`
	Configured  bool   `json:"configured"`
	State       string `json:"state"`
	Failure     any    `json:"failure"`
	AttemptedAt any    `json:"attempted-at"`
	SucceededAt any    `json:"succeeded-at"`
	FullAt      any    `json:"full-at"`
	NextRunAt   any    `json:"next-run-at"`
	People      int    `json:"people-count"`
	Groups      int    `json:"groups-count"`
	Memberships int    `json:"memberships-count"`
}

func sourceResource(s directory.SourceStatus) jsonapi.Resource {
	var held string
	if len(s.HeldPlanIDs) > 0 {
		held = s.HeldPlanIDs[0]
	}
	return jsonapi.Resource{
		ID: s.Name, Type: typeSources, Links: answer.Self("admin/sync-sources/" + s.Name),
		Attributes: sourceAttributes{
			Name: s.Name, Kind: s.Kind, Trust: s.Trust, Pushed: s.Pushed, Configured: s.Configured, State: stateOf(s), Failure: answer.OrNull(s.Failure),
			AttemptedAt: answer.Stamp(s.Attempted), SucceededAt: answer.Stamp(s.Succeeded), FullAt: answer.Stamp(s.ReadWholly), NextRunAt: answer.Stamp(s.NextRun),
			People: s.Totals.People, Groups: s.Totals.Groups, Memberships: s.Totals.Memberships,
		},
		Relationships: map[string]jsonapi.Relationship{"plan": related(typePlans, held)},
	}
}

// related relates to a resource of the package, an empty id to none.
func related(typeName, id string) jsonapi.Relationship {
	if id == "" {
		return jsonapi.Relationship{}
	}
	return jsonapi.ToOne(typeName, id).At("/api/v2/admin/" + typeName + "/" + id)
}

// stateOf returns in a word how a source is doing, the word that asks most of somebody first.
func stateOf(s directory.SourceStatus) string {
	switch {
	case s.Disabled:
		return "disabled"
	case s.Paused:
		return "paused"
	case len(s.HeldPlanIDs) > 0:
		return "held"
	case s.Failure != "":
		return "failing"
	case s.Succeeded.IsZero():
		return "new"
	}
	return "ok"
}
