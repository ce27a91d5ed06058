package client

import (
	"context"
	"encoding/json"
	"time"
)

// The states of an access request.
const (
	Pending   = "pending"
	Approved  = "approved"
	Rejected  = "rejected"
	Withdrawn = "withdrawn"
)

// AccessRequest is a member's wish for a role at a scope.
type AccessRequest struct {
	ID           string
	Organization string
	Requester    Entity
	Role         string // its id, or the name of a built-in one
	Scope        Entity // as it was called
	Reason       string
	ExpiresAt    time.Time // of the grant; zero: for good
	Status       string
	Answer       string // what the decider wrote
	Decider      Entity // zero while it is pending
	Grant        string // the id of the one that an approval made
	CreatedAt    time.Time
	DecidedAt    time.Time

	ZedToken string // after a change: how new it is
}

type requestAttributes struct {
	Reason    string    `json:"reason"`
	ExpiresAt time.Time `json:"expires-at"`
	Status    string    `json:"status"`
	Answer    string    `json:"answer"`
	CreatedAt time.Time `json:"created-at"`
	DecidedAt time.Time `json:"decided-at"`
}

func accessRequest(r resource[requestAttributes]) AccessRequest {
	a := r.Attributes
	return AccessRequest{
		ID: r.ID, Organization: r.related("organization").ID, Requester: r.related("requester"), Role: r.related("role").ID, Scope: r.related("scope"),
		Reason: a.Reason, ExpiresAt: a.ExpiresAt, Status: a.Status, Answer: a.Answer, Decider: r.related("decider"), Grant: r.related("grant").ID,
		CreatedAt: a.CreatedAt, DecidedAt: a.DecidedAt,
	}
}

// AccessRequestInput says what is asked for.
type AccessRequestInput struct {
	Role      string // its id or name
	Scope     Entity
	Reason    string
	ExpiresAt time.Time // of the grant; zero: for good
}

type sentRequest struct {
	Reason    string          `json:"reason"`
	ExpiresAt json.RawMessage `json:"expires-at"`
}

// ListAccessRequests returns the access requests in an organization that have a status, all for "".
func (c *Client) ListAccessRequests(ctx context.Context, organization, status string, p Page) (List[AccessRequest], error) {
	return list(ctx, c, api(get, "organizations", organization, "access-requests"), filters("filter[status]", status), p, accessRequest)
}

// CreateAccessRequest asks for a role for oneself.
func (c *Client) CreateAccessRequest(ctx context.Context, organization string, r AccessRequestInput) (AccessRequest, error) {
	body := one[sentRequest]{Data: resource[sentRequest]{
		Type: "access-requests", Attributes: sentRequest{r.Reason, orNull(r.ExpiresAt)},
		Relationships: map[string]relation{"role": {Data: &Ref{Type: "roles", ID: r.Role}}, "scope": to(r.Scope)},
	}}
	return c.writeRequest(ctx, api(post, "organizations", organization, "access-requests").with(body))
}

// ReadAccessRequest returns an access request.
func (c *Client) ReadAccessRequest(ctx context.Context, id string) (AccessRequest, error) {
	found, _, err := fetch(ctx, c, api(get, "access-requests", id), accessRequest)
	return found, err
}

// ApproveAccessRequest makes the grant that is asked for. The answer may be "".
func (c *Client) ApproveAccessRequest(ctx context.Context, id, answer string) (AccessRequest, error) {
	return c.writeRequest(ctx, api(post, "access-requests", id, "actions", "approve").with(answerBody(answer)))
}

// RejectAccessRequest refuses what is asked for. The answer may be "".
func (c *Client) RejectAccessRequest(ctx context.Context, id, answer string) (AccessRequest, error) {
	return c.writeRequest(ctx, api(post, "access-requests", id, "actions", "reject").with(answerBody(answer)))
}

// WithdrawAccessRequest takes one's own request back.
func (c *Client) WithdrawAccessRequest(ctx context.Context, id string) (AccessRequest, error) {
	return c.writeRequest(ctx, api(post, "access-requests", id, "actions", "withdraw"))
}

type sentAnswer struct {
	Answer string `json:"answer"`
}

func answerBody(answer string) any {
	return one[sentAnswer]{Data: resource[sentAnswer]{Type: "access-requests", Attributes: sentAnswer{answer}}}
}

func (c *Client) writeRequest(ctx context.Context, r call) (AccessRequest, error) {
	out, d, err := fetch(ctx, c, r, accessRequest)
	out.ZedToken = d.ZedToken
	return out, err
}
