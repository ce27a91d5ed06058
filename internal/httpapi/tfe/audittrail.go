package tfe

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// auditTrails is what the file needs of the catalog.
type auditTrails interface {
	Attempted(ctx context.Context, p catalog.Principal, err error) error
	OrganizationTrail(ctx context.Context, p catalog.Principal, since time.Time, offset, limit int) ([]catalog.AuditEvent, int, error)
	OrganizationTrailOf(ctx context.Context, p catalog.Principal, organizationID string, since time.Time, offset, limit int) ([]catalog.AuditEvent, int, error)
}

// auditTrail serves an organization's audit events in the vendor's shape, which is plain JSON, newest first. An
// organization token and an audit-trails token read their own organization's; any other credential names one in the
// parameter organization, which is ours.
func (h *Handler) auditTrail(c echo.Context) error {
	page, err := trailPage(c)
	if err != nil {
		return err
	}
	if err := answer.Misunderstood(c); err != nil {
		return err
	}
	var since time.Time
	if text := c.QueryParam("since"); text != "" {
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			return jsonapi.Parameter("since", "must be a time as in 2026-01-31T12:00:00Z")
		}
	}
	ctx, p := c.Request().Context(), principal(c)
	read := func() ([]catalog.AuditEvent, int, error) {
		return h.Service.OrganizationTrail(ctx, p, since, page.Offset(), page.Size)
	}
	if ref := c.QueryParam("organization"); ref != "" {
		o, err := h.Service.FindOrganization(ctx, p, ref)
		if err != nil {
			return err
		}
		read = func() ([]catalog.AuditEvent, int, error) {
			return h.Service.OrganizationTrailOf(ctx, p, o.ID, since, page.Offset(), page.Size)
		}
	}
	events, total, err := read()
	if err != nil {
		return err
	}
	n := page.Of(total)
	trail := trailDocument{
		Data:       make([]trailEvent, len(events)),
		Pagination: trailPagination{n.CurrentPage, n.PrevPage, n.NextPage, n.TotalPages, n.TotalCount},
	}
	for i, e := range events {
		trail.Data[i] = trailEventOf(e)
	}
	return c.JSON(http.StatusOK, trail)
}

// trailPage reads which page is wanted. This list has pages of a size of its own.
func trailPage(c echo.Context) (jsonapi.Page, error) {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return page, err
	}
	page.Size = catalog.MaxAuditEvents
	if n, err := strconv.Atoi(c.QueryParam("page[size]")); err == nil {
		page.Size = min(n, page.Size)
	}
	return page, nil
}

// trailDocument is the answer. Its members are written with underscores, unlike those of every other document.
type trailDocument struct {
	Data       []trailEvent    `json:"data"`
	Pagination trailPagination `json:"pagination"`
}

type trailPagination struct {
	CurrentPage int  `json:"current_page"`
	PrevPage    *int `json:"prev_page"`
	NextPage    *int `json:"next_page"`
	TotalPages  int  `json:"total_pages"`
	TotalCount  int  `json:"total_count"`
}

type trailEvent struct {
	ID        string        `json:"id"`
	Version   string        `json:"version"`
	Type      string        `json:"type"`
	Timestamp any           `json:"timestamp"`
	Auth      trailAuth     `json:"auth"`
	Request   trailRequest  `json:"request"`
	Resource  trailResource `json:"resource"`
}

type trailAuth struct {
	AccessorID     string  `json:"accessor_id"`
	Description    string  `json:"description"`
	Type           string  `json:"type"`
	ImpersonatorID *string `json:"impersonator_id"` // nobody acts as somebody else here
	OrganizationID string  `json:"organization_id"`
}

type trailRequest struct {
	ID any `json:"id"`
}

type trailResource struct {
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	Action string    `json:"action"`
	Meta   trailMeta `json:"meta"`
}

// trailMeta is what our events say beyond the vendor's.
type trailMeta struct {
	Outcome string          `json:"outcome"`
	Reason  string          `json:"reason,omitempty"`
	Related []string        `json:"related,omitempty"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
}

func trailEventOf(e catalog.AuditEvent) trailEvent {
	return trailEvent{
		ID: e.ID, Version: "0", Type: "Resource", Timestamp: answer.Stamp(e.Time),
		Auth:     trailAuth{AccessorID: e.Actor.ID, Description: e.ActorName, Type: trailAuthType(e.Actor), OrganizationID: e.OrganizationID},
		Request:  trailRequest{ID: answer.OrNull(e.RequestID)},
		Resource: trailResource{ID: e.Object.ID, Type: e.Object.Type, Action: trailAction(e), Meta: trailMetaOf(e)},
	}
}

// trailAction returns what was done to the resource: create, for team.create on a team. What is named after something
// else keeps its whole name: grant.create on a workspace.
func trailAction(e catalog.AuditEvent) string {
	return strings.TrimPrefix(e.Action, e.Object.Type+".")
}

// trailAuthType says as what somebody came.
func trailAuthType(actor authz.Object) string {
	switch actor.Type {
	case schema.TypeTeamToken:
		return "Team"
	case schema.TypeOrganizationToken:
		return "Organization"
	case schema.TypeUser, schema.TypeServiceAccount:
		return "Client"
	}
	return "System"
}

func trailMetaOf(e catalog.AuditEvent) trailMeta {
	m := trailMeta{Outcome: e.Outcome, Reason: e.Reason, Before: json.RawMessage(e.Before), After: json.RawMessage(e.After)}
	for _, o := range e.Related {
		m.Related = append(m.Related, o.String())
	}
	return m
}
