package google

import (
	"cmp"
	"context"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// Settings say which account is read, and how. The service account needs domain-wide delegation for the scopes
// admin.directory.user.readonly, admin.directory.group.readonly and admin.directory.group.member.readonly; the administrator for
// whom it acts needs the rights to read users and groups.
type Settings struct {
	Customer string // "": my_customer, that of the administrator
	Subject  string // the administrator's address
	// Credentials are the service account's key as Google gives it out, in JSON, read anew for each read.
	Credentials func() (string, error)
	URL         string // "": https://admin.googleapis.com
	TokenURL    string // "": https://oauth2.googleapis.com/token; what the key file says is not followed
	PageSize    int    // 2 to 200; 0: 200
	HTTP        rest.Settings
}

const (
	maxPage = 200
	scopes  = "https://www.googleapis.com/auth/admin.directory.user.readonly " +
		"https://www.googleapis.com/auth/admin.directory.group.readonly " +
		"https://www.googleapis.com/auth/admin.directory.group.member.readonly"
)

// Source is an account.
type Source struct {
	base, token *url.URL
	set         Settings
}

// New returns the source that settings describe. It asks nobody.
func New(s Settings) (*Source, error) {
	base, err := rest.Base("url", cmp.Or(s.URL, "https://admin.googleapis.com"))
	if err != nil {
		return nil, err
	}
	token, err := rest.Base("token-url", cmp.Or(s.TokenURL, "https://oauth2.googleapis.com/token"))
	if err != nil {
		return nil, err
	}
	if s.HTTP, err = s.HTTP.Completed(); err != nil {
		return nil, err
	}
	s.Customer = cmp.Or(s.Customer, "my_customer")
	s.PageSize = cmp.Or(s.PageSize, maxPage)
	switch {
	case s.Subject == "":
		return nil, fault.At("subject", "is required: the address of an administrator")
	case s.Credentials == nil:
		return nil, fault.At("credentials", "is required")
	case s.PageSize < 2 || s.PageSize > maxPage:
		return nil, fault.At("page-size", "must be from 2 to %d", maxPage)
	}
	return &Source{base: base.JoinPath("admin", "directory", "v1"), token: token, set: s}, nil
}

// Read returns everything in the account; there are no increments. Errors: Unavailable where people or groups can't be listed
// at all.
func (s *Source) Read(ctx context.Context, _ directory.Request) (directory.Snapshot, error) {
	a := &account{client: rest.Open(s.base, s.set.HTTP, s.auth, nil), size: s.set.PageSize, customer: s.set.Customer}
	defer a.client.Close()
	out, err := a.read(ctx)
	if err != nil {
		return directory.Snapshot{}, err
	}
	return out, ctx.Err()
}

// auth fetches an access token in the administrator's name.
func (s *Source) auth(ctx context.Context, c rest.Courier) (rest.Credential, error) {
	text, err := rest.Secret(s.set.Credentials).Read("service account's key")
	if err != nil {
		return rest.Credential{}, err
	}
	var key struct {
		Email      string `json:"client_email"`
		PrivateKey string `json:"private_key"`
		KeyID      string `json:"private_key_id"`
	}
	if json.Unmarshal([]byte(text), &key) != nil || key.Email == "" || key.PrivateKey == "" { // the cause may quote the key
		return rest.Credential{}, fault.New(fault.Unavailable, "the service account's key must be JSON with client_email and private_key")
	}
	private := func() (string, error) { return key.PrivateKey, nil }
	return rest.Bearing(s.token, key.Email, s.set.Subject, scopes, private, key.KeyID)(ctx, c)
}
