package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// EventFilter says which audit events are wanted. The zero value: all.
type EventFilter struct {
	Actor, Object Entity
	Actions       []string
	Outcome       string // done or refused
	Since, Until  time.Time
}

func (f EventFilter) query() url.Values {
	q := filters("filter[action]", strings.Join(f.Actions, ","), "filter[outcome]", f.Outcome)
	for name, e := range map[string]Entity{"filter[actor]": f.Actor, "filter[object]": f.Object} {
		if e != (Entity{}) {
			q.Set(name, e.String())
		}
	}
	for name, at := range map[string]time.Time{"filter[since]": f.Since, "filter[until]": f.Until} {
		if !at.IsZero() {
			q.Set(name, at.UTC().Format(time.RFC3339))
		}
	}
	return q
}

type eventAttributes struct {
	Sequence       int64           `json:"sequence"`
	Time           time.Time       `json:"time"`
	Actor          eventActor      `json:"actor"`
	Address        string          `json:"address"`
	RequestID      string          `json:"request-id"`
	OrganizationID string          `json:"organization-id"`
	Action         string          `json:"action"`
	Object         AuditObject     `json:"object"`
	Related        []AuditObject   `json:"related"`
	Before         json.RawMessage `json:"before"`
	After          json.RawMessage `json:"after"`
	Outcome        string          `json:"outcome"`
	Reason         string          `json:"reason"`
}

type eventActor struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	Name    string `json:"name"`
	TokenID string `json:"token-id"`
}

func event(r resource[eventAttributes]) AuditEvent {
	a := r.Attributes
	return AuditEvent{
		Sequence: a.Sequence, ID: r.ID, Time: a.Time, Actor: AuditActor(a.Actor), Address: a.Address, RequestID: a.RequestID,
		OrganizationID: a.OrganizationID, Action: a.Action, Object: a.Object, Related: a.Related, Before: document(a.Before), After: document(a.After),
		Outcome: a.Outcome, Reason: a.Reason,
	}
}

// document returns a JSON document, nil for null.
func document(text json.RawMessage) json.RawMessage {
	if string(text) == "null" {
		return nil
	}
	return text
}

// ListOrganizationAuditEvents returns the audit events of an organization, the newest first, a page at a time.
func (c *Client) ListOrganizationAuditEvents(ctx context.Context, organization string, f EventFilter, p Page) (List[AuditEvent], error) {
	return list(ctx, c, api(get, "organizations", organization, "audit-events"), f.query(), p, event)
}

// ListPlatformAuditEvents returns all audit events, the newest first, a page at a time.
func (c *Client) ListPlatformAuditEvents(ctx context.Context, f EventFilter, p Page) (List[AuditEvent], error) {
	return list(ctx, c, api(get, "admin", "audit-events"), f.query(), p, event)
}
