package access

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/auditlog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// auditEvents is what the file needs of the catalog.
type auditEvents interface {
	ListAuditEvents(ctx context.Context, p catalog.Principal, f catalog.AuditFilter, w catalog.Window) ([]catalog.AuditEvent, int, error)
	MayReadAudit(ctx context.Context, p catalog.Principal, organizationID string) error
	FollowAudit(ctx context.Context, p catalog.Principal, f catalog.AuditFilter, after int64) ([]catalog.AuditEvent, int64, error)
}

// auditEndpoints serve audit events, newest first, or as they happen to a client that accepts text/event-stream (DECISIONS N7).
func (h *Handler) auditEndpoints() []endpoint.Endpoint {
	own := endpoint.PermissionOr(schema.OrganizationViewAudit, catalog.ScopeAudit)
	all := endpoint.PermissionOr(schema.PlatformAudit, catalog.ScopeAudit)
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "organizations/:organization/audit-events", own, h.organizationEvents),
		answer.Route(http.MethodGet, "admin/audit-events", all, h.allEvents),
	}
}

// organizationEvents shows the events of an organization. One that is disabled has some, too.
func (h *Handler) organizationEvents(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.Service.Resolve(ctx, schema.TypeOrganization, c.Param("organization"))
	if err == nil {
		err = h.Service.MayReadAudit(ctx, principal(c), o.ID)
	}
	if err != nil {
		return err
	}
	return h.sendEvents(c, o.ID)
}

func (h *Handler) allEvents(c echo.Context) error {
	if err := h.Service.MayReadAudit(c.Request().Context(), principal(c), ""); err != nil {
		return err
	}
	return h.sendEvents(c, "")
}

// sendEvents writes events of an organization, or of all for "".
func (h *Handler) sendEvents(c echo.Context, organizationID string) error {
	page, pageErr := jsonapi.ReadPage(c.QueryParams())
	filter, filterErr := h.auditFilter(c)
	if err := errors.Join(pageErr, filterErr); err != nil {
		return err
	}
	filter.OrganizationID = organizationID
	if auditlog.Wanted(c.Request()) {
		if err := answer.Misunderstood(c); err != nil {
			return err
		}
		return h.streamEvents(c, filter)
	}
	found, total, err := h.Service.ListAuditEvents(c.Request().Context(), principal(c), filter, answer.Window(page))
	if err != nil {
		return err
	}
	shown, err := h.eventResources(c.Request().Context(), found)
	if err != nil {
		return err
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

// streamEvents sends events as they happen, each as a resource. The stream begins at the time that the filter begins at, or
// now.
func (h *Handler) streamEvents(c echo.Context, filter catalog.AuditFilter) error {
	after := int64(-1)
	if !filter.Since.IsZero() {
		after = 0
	}
	return auditlog.Stream{
		Look: func(ctx context.Context, after int64) ([]catalog.AuditEvent, int64, error) {
			if err := h.Service.MayReadAudit(ctx, principal(c), filter.OrganizationID); err != nil {
				return nil, after, err
			}
			return h.Service.FollowAudit(ctx, principal(c), filter, after)
		},
		Show: func(ctx context.Context, events []catalog.AuditEvent) ([]any, error) {
			shown, err := h.eventResources(ctx, events)
			out := make([]any, len(shown))
			for i, e := range shown {
				out[i] = e
			}
			return out, err
		},
		Stopping: h.Stopping,
	}.Send(c, after)
}

// auditFilter reads which events are wanted. What is not there, or not any more, counts by the name it is given.
func (h *Handler) auditFilter(c echo.Context) (catalog.AuditFilter, error) {
	f := catalog.AuditFilter{Actions: answer.Words(c.QueryParam("filter[action]")), Outcome: c.QueryParam("filter[outcome]")}
	var faults []error
	if f.Outcome != "" && f.Outcome != catalog.OutcomeDone && f.Outcome != catalog.OutcomeRefused {
		faults = append(faults, jsonapi.Parameter("filter[outcome]", "must be %s or %s", catalog.OutcomeDone, catalog.OutcomeRefused))
	}
	var actorErr, objectErr, sinceErr, untilErr error
	f.Actor, actorErr = h.objectParameter(c, "filter[actor]")
	f.Object, objectErr = h.objectParameter(c, "filter[object]")
	f.Since, sinceErr = momentParameter(c, "filter[since]")
	f.Until, untilErr = momentParameter(c, "filter[until]")
	return f, errors.Join(append(faults, actorErr, objectErr, sinceErr, untilErr)...)
}

// objectParameter reads a parameter that names an object, "type:id" or "type:name".
func (h *Handler) objectParameter(c echo.Context, name string) (authz.Object, error) {
	text := c.QueryParam(name)
	if text == "" {
		return authz.Object{}, nil
	}
	named, ok := authz.ParseObject(text)
	if !ok {
		return authz.Object{}, jsonapi.Parameter(name, "must be type:id or type:name, as in user:alice")
	}
	found, _, err := auditlog.Find(c.Request().Context(), h.Service, named)
	return found, err
}

// momentParameter reads a parameter that is a point in time, the zero time when there is none.
func momentParameter(c echo.Context, name string) (time.Time, error) {
	text := c.QueryParam(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, jsonapi.Parameter(name, "must be a time as in 2026-01-31T12:00:00Z")
	}
	return at, nil
}

// eventAttributes are an audit event as documents show it (DECISIONS N14). Objects have the names that they have now; what is
// gone has none.
type eventAttributes struct {
	Sequence     int64           `json:"sequence"`
	Time         any             `json:"time"`
	Actor        eventActor      `json:"actor"`
	Address      any             `json:"address"`
	RequestID    any             `json:"request-id"`
	Organization any             `json:"organization-id"`
	Action       string          `json:"action"`
	Object       eventObject     `json:"object"`
	Related      []eventObject   `json:"related"`
	Before       json.RawMessage `json:"before"`
	After        json.RawMessage `json:"after"`
	Outcome      string          `json:"outcome"`
	Reason       any             `json:"reason"`
}

type eventActor struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	Name    string `json:"name"` // that he had then
	TokenID any    `json:"token-id"`
}

type eventObject struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name any    `json:"name"`
}

// eventResources returns events as documents show them.
func (h *Handler) eventResources(ctx context.Context, events []catalog.AuditEvent) ([]jsonapi.Resource, error) {
	names, err := auditlog.Names(ctx, h.Service, events)
	if err != nil {
		return nil, err
	}
	show := func(o authz.Object) eventObject { return eventObject{o.Type, o.ID, answer.OrNull(names[o])} }
	out := make([]jsonapi.Resource, len(events))
	for i, e := range events {
		related := make([]eventObject, len(e.Related))
		for j, o := range e.Related {
			related[j] = show(o)
		}
		out[i] = jsonapi.Resource{ID: e.ID, Type: typeAuditEvents, Attributes: eventAttributes{
			Sequence: e.Sequence, Time: answer.Stamp(e.Time),
			Actor:   eventActor{e.Actor.Type, e.Actor.ID, e.ActorName, answer.OrNull(e.TokenID)},
			Address: answer.OrNull(e.Address), RequestID: answer.OrNull(e.RequestID), Organization: answer.OrNull(e.OrganizationID),
			Action: e.Action, Object: show(e.Object), Related: related,
			Before: document(e.Before), After: document(e.After), Outcome: e.Outcome, Reason: answer.OrNull(e.Reason),
		}}
	}
	return out, nil
}

// document returns a JSON document as it is kept, null for none.
func document(text string) json.RawMessage {
	if text == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(text)
}
