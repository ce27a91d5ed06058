package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// AuditEvent is an administrative act that was done or refused.
type AuditEvent struct {
	Sequence       int64           `json:"sequence"` // its place in the log
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
	Outcome        string          `json:"outcome"` // done or refused
	Reason         string          `json:"reason,omitempty"`
	ZedToken       string          `json:"zed_token,omitempty"`
	Hash           string          `json:"hash,omitempty"`
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

// AuditFilter says which events are wanted. The zero value: the newest of all.
type AuditFilter struct {
	Organization string // its name or id
	Actor        string // as in user:bob
	Action       string // as in team.create
	Outcome      string // done or refused
	Since, Until time.Time
	After        *int64 // in their order, behind this place in the log
	Limit        int    // at most a thousand; 0: a hundred
}

// AfterEvent returns a place in the log for AuditFilter.After.
func AfterEvent(sequence int64) *int64 { return &sequence }

func (f AuditFilter) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"organization": f.Organization, "actor": f.Actor, "action": f.Action, "outcome": f.Outcome} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"since": f.Since, "until": f.Until} {
		if !at.IsZero() {
			q.Set(name, at.UTC().Format(time.RFC3339))
		}
	}
	if f.After != nil {
		q.Set("after", strconv.FormatInt(*f.After, 10))
	}
	if f.Limit != 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return q
}

const auditPath = "/admin/v1/audit-events"

// ListAuditEvents returns audit events: the newest first, or in their order those behind a place in the log.
func (c *Client) ListAuditEvents(ctx context.Context, f AuditFilter) ([]AuditEvent, error) {
	var page struct {
		Events []AuditEvent `json:"events"`
	}
	_, err := c.do(ctx, call{method: http.MethodGet, path: auditPath, query: f.query(), into: &page})
	return page.Events, err
}

// maxEvent is the longest event that is read from a stream.
const maxEvent = 16 << 20

// FollowAuditEvents calls fn with audit events as they happen, until the stream or ctx ends or fn returns an error, which
// it then returns. Streams end now and then, which is no error; behind the last event they can be taken up again.
func (c *Client) FollowAuditEvents(ctx context.Context, f AuditFilter, fn func(AuditEvent) error) error {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: auditPath, query: f.query(), accept: "text/event-stream"}, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e AuditEvent
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return fmt.Errorf("the service sent no JSON: %w", err)
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return err
	}
	return ctx.Err() // however else it broke off, it can be taken up
}

// AuditChain is what a verification of the log found.
type AuditChain struct {
	Intact    int         `json:"intact"`              // events that are as they were written
	Unchained int         `json:"unchained,omitempty"` // events of before there was a chain
	Head      AuditHead   `json:"head"`
	Broken    *AuditBreak `json:"broken,omitempty"`
}

// AuditHead is where the log ends. Noted elsewhere, it shows later that nobody wrote another log.
type AuditHead struct {
	Sequence int64  `json:"sequence"`
	Hash     string `json:"hash"`
}

// AuditBreak is the first place at which the log is not as it was written.
type AuditBreak struct {
	Sequence int64  `json:"sequence"`
	Reason   string `json:"reason"`
}

// VerifyAuditChain has the service verify its audit log.
func (c *Client) VerifyAuditChain(ctx context.Context) (AuditChain, error) {
	var chain AuditChain
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/admin/v1/audit-chain", into: &chain})
	return chain, err
}
