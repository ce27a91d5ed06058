package admin

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/auditlog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// AuditEvent is an audit event as this API shows it (DECISIONS N14).
type AuditEvent struct {
	Sequence       int64           `json:"sequence"`
	ID             string          `json:"id"`
	Time           time.Time       `json:"time"`
	Actor          AuditActor      `json:"actor"`
	Address        string          `json:"address,omitempty"`
	RequestID      string          `json:"request_id,omitempty"`
	OrganizationID string          `json:"organization_id,omitempty"`
	Action         string          `json:"action"`
	Object         AuditObject     `json:"object"`
	Related        []AuditObject   `json:"related,omitempty"`
	Before         json.RawMessage `json:"before,omitempty"`
	After          json.RawMessage `json:"after,omitempty"`
	Outcome        string          `json:"outcome"`
	Reason         string          `json:"reason,omitempty"`
	ZedToken       string          `json:"zed_token,omitempty"`
	Hash           string          `json:"hash,omitempty"` // hexadecimal
}

// AuditActor is who did it, by the name he had then.
type AuditActor struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	TokenID string `json:"token_id,omitempty"`
}

// AuditObject is what was changed, by the name it has now; what is gone has none.
type AuditObject struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// AuditEvents is a page of events.
type AuditEvents struct {
	Events []AuditEvent `json:"events"`
}

// auditEvents lists audit events: the newest first, or in their order those behind the place `after`. To a client that
// accepts text/event-stream it sends them as they happen.
func (h *Handler) auditEvents(c echo.Context) error {
	q, err := h.auditQuery(c)
	if err != nil {
		return err
	}
	if auditlog.Wanted(c.Request()) {
		return h.streamAudit(c, q)
	}
	f := q.filter
	f.Limit, f.AfterSequence, f.OldestFirst = q.limit, max(q.after, 0), q.after >= 0
	ctx := c.Request().Context()
	events, err := h.Service.AuditEvents(ctx, endpoint.Principal(c), f)
	if err != nil {
		return err
	}
	if len(events) == 0 && q.unknown != nil {
		return q.unknown
	}
	shown, err := h.showAudit(ctx, events)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, AuditEvents{Events: shown})
}

// auditQuery is what a request asks for.
type auditQuery struct {
	filter  catalog.AuditFilter
	after   int64 // a place in the chain; -1 when none is named
	limit   int
	unknown error // the organization that is named is not there, or not any more
}

const auditPage = 100

// auditQuery reads a request. Every fault of it is reported.
func (h *Handler) auditQuery(c echo.Context) (auditQuery, error) {
	ctx := c.Request().Context()
	q := auditQuery{filter: catalog.AuditFilter{Outcome: c.QueryParam("outcome")}}
	if action := c.QueryParam("action"); action != "" {
		q.filter.Actions = []string{action}
	}
	p := params{c: c}
	q.after, q.limit = p.number("after", -1), int(p.number("limit", auditPage))
	q.filter.Since, q.filter.Until = p.moment("since"), p.moment("until")
	if q.limit < 1 || q.limit > catalog.MaxAuditEvents {
		p.refuse("limit", "must be from 1 to "+strconv.Itoa(catalog.MaxAuditEvents))
	}
	if o := q.filter.Outcome; o != "" && o != catalog.OutcomeDone && o != catalog.OutcomeRefused {
		p.refuse("outcome", "must be "+catalog.OutcomeDone+" or "+catalog.OutcomeRefused)
	}
	if actor := c.QueryParam("actor"); actor != "" {
		named, ok := authz.ParseObject(actor)
		if !ok {
			p.refuse("actor", "must be type:id or type:name, as in user:alice")
		}
		var err error
		if q.filter.Actor, _, err = auditlog.Find(ctx, h.Service, named); err != nil {
			return q, err
		}
	}
	if ref := c.QueryParam("organization"); ref != "" {
		found, unknown, err := auditlog.Find(ctx, h.Service, authz.Object{Type: schema.TypeOrganization, ID: ref})
		if err != nil {
			return q, err
		}
		q.filter.OrganizationID, q.unknown = found.ID, unknown
	}
	return q, p.fault()
}

// showAudit translates events and looks up what their objects are called.
func (h *Handler) showAudit(ctx context.Context, events []catalog.AuditEvent) ([]AuditEvent, error) {
	names, err := auditlog.Names(ctx, h.Service, events)
	if err != nil {
		return nil, err
	}
	out := make([]AuditEvent, len(events))
	for i, e := range events {
		out[i] = shownEvent(e, func(o authz.Object) AuditObject { return AuditObject{Type: o.Type, ID: o.ID, Name: names[o]} })
	}
	return out, nil
}

func shownEvent(e catalog.AuditEvent, show func(authz.Object) AuditObject) AuditEvent {
	out := AuditEvent{
		Sequence: e.Sequence, ID: e.ID, Time: e.Time,
		Actor:   AuditActor{Type: e.Actor.Type, ID: e.Actor.ID, Name: e.ActorName, TokenID: e.TokenID},
		Address: e.Address, RequestID: e.RequestID, OrganizationID: e.OrganizationID,
		Action: e.Action, Object: show(e.Object), Before: json.RawMessage(e.Before), After: json.RawMessage(e.After),
		Outcome: e.Outcome, Reason: e.Reason, ZedToken: e.ZedToken, Hash: hex.EncodeToString(e.Hash),
	}
	for _, o := range e.Related {
		out.Related = append(out.Related, show(o))
	}
	return out
}

// AuditChain is what a verification of the audit events found.
type AuditChain struct {
	Intact    int         `json:"intact"`              // events that are as they were written
	Unchained int         `json:"unchained,omitempty"` // events of before there was a chain
	Head      AuditHead   `json:"head"`
	Broken    *AuditBreak `json:"broken,omitempty"`
}

// AuditHead is where the chain ends. Noted elsewhere, it shows later that nobody wrote a new chain.
type AuditHead struct {
	Sequence int64  `json:"sequence"`
	Hash     string `json:"hash"`
}

// AuditBreak is the first place at which the chain does not fit.
type AuditBreak struct {
	Sequence int64  `json:"sequence"`
	Reason   string `json:"reason"`
}

// auditChain verifies the chain of audit events.
func (h *Handler) auditChain(c echo.Context) error {
	r, err := h.Service.VerifyAudit(c.Request().Context(), endpoint.Principal(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, AuditChain{
		Intact: r.Intact, Unchained: r.Unchained, Broken: (*AuditBreak)(r.Broken),
		Head: AuditHead{Sequence: r.Head.Sequence, Hash: hex.EncodeToString(r.Head.Hash)},
	})
}
