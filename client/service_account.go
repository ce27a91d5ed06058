package client

import (
	"context"
	"time"
)

// ServiceAccountDetails is a service account: a machine with an identity of its own.
type ServiceAccountDetails struct {
	ID        string
	Name      string
	Suspended bool
	CreatedAt time.Time

	ZedToken string // after a change: how new it is
}

type accountAttributes struct {
	Name      string    `json:"name"`
	Suspended bool      `json:"suspended"`
	CreatedAt time.Time `json:"created-at"`
}

func account(r resource[accountAttributes]) ServiceAccountDetails {
	return ServiceAccountDetails{ID: r.ID, Name: r.Attributes.Name, Suspended: r.Attributes.Suspended, CreatedAt: r.Attributes.CreatedAt}
}

// ServiceAccountChange says what a service account is to be. What is nil stays as it is.
type ServiceAccountChange struct {
	Name      *string `json:"name,omitempty"`
	Suspended *bool   `json:"suspended,omitempty"`
}

func (r ServiceAccountChange) body() any {
	return one[ServiceAccountChange]{Data: resource[ServiceAccountChange]{Type: "service-accounts", Attributes: r}}
}

// ListServiceAccounts returns service accounts, those whose names contain a text.
func (c *Client) ListServiceAccounts(ctx context.Context, contains string, p Page) (List[ServiceAccountDetails], error) {
	return list(ctx, c, api(get, "admin", "service-accounts"), filters("q", contains), p, account)
}

// CreateServiceAccount makes a service account. CreateToken makes its tokens.
func (c *Client) CreateServiceAccount(ctx context.Context, name string) (ServiceAccountDetails, error) {
	return c.writeAccount(ctx, api(post, "admin", "service-accounts").with(ServiceAccountChange{Name: &name}.body()))
}

// ReadServiceAccount returns a service account by its id or name.
func (c *Client) ReadServiceAccount(ctx context.Context, ref string) (ServiceAccountDetails, error) {
	found, _, err := fetch(ctx, c, api(get, "admin", "service-accounts", ref), account)
	return found, err
}

// UpdateServiceAccount renames or suspends a service account.
func (c *Client) UpdateServiceAccount(ctx context.Context, ref string, r ServiceAccountChange) (ServiceAccountDetails, error) {
	return c.writeAccount(ctx, api(patch, "admin", "service-accounts", ref).with(r.body()))
}

// DeleteServiceAccount deletes a service account, with its grants and tokens.
func (c *Client) DeleteServiceAccount(ctx context.Context, ref string) (zedToken string, err error) {
	return c.change(ctx, api(remove, "admin", "service-accounts", ref))
}

func (c *Client) writeAccount(ctx context.Context, r call) (ServiceAccountDetails, error) {
	out, d, err := fetch(ctx, c, r, account)
	out.ZedToken = d.ZedToken
	return out, err
}
