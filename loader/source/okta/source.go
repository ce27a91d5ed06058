package okta

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// Settings say which organization is read, and how: with an API token, which has the rights of the administrator who made it
// (a read-only administrator is enough), or as a service application with the scopes okta.users.read and okta.groups.read.
type Settings struct {
	URL string // https://example.okta.com
	// Token is an API token, read anew for each read. Either it or the three of an application are set.
	Token      func() (string, error)
	ClientID   string
	PrivateKey func() (string, error) // in PEM, read anew for each read
	KeyID      string                 // by which Okta knows the key

	Increments bool // read what was touched, between full reads
	PageSize   int  // 2 to 200; 0: 200
	HTTP       rest.Settings
}

const maxPage = 200

// Source is an organization.
type Source struct {
	base *url.URL
	set  Settings
}

// New returns the source that settings describe. It asks nobody.
func New(s Settings) (*Source, error) {
	base, err := rest.Base("url", s.URL)
	if err != nil {
		return nil, err
	}
	if s.HTTP, err = s.HTTP.Completed(); err != nil {
		return nil, err
	}
	s.PageSize = cmp.Or(s.PageSize, maxPage)
	switch {
	case s.Token != nil && (s.ClientID != "" || s.PrivateKey != nil || s.KeyID != ""):
		return nil, fault.At("token", "must not be given beside an application's client-id and private-key")
	case s.Token == nil && s.ClientID == "" && s.PrivateKey == nil:
		return nil, fault.At("token", "is required, or client-id, private-key and key-id")
	case s.Token == nil && s.ClientID == "":
		return nil, fault.At("client-id", "is required with a private key")
	case s.Token == nil && s.PrivateKey == nil:
		return nil, fault.At("private-key", "is required with a client id")
	case s.PageSize < 2 || s.PageSize > maxPage:
		return nil, fault.At("page-size", "must be from 2 to %d", maxPage)
	}
	return &Source{base: base, set: s}, nil
}

func (s *Source) auth() rest.Auth {
	if s.set.Token != nil {
		return rest.Token("SSWS", s.set.Token)
	}
	return rest.ClientKey(s.base.JoinPath("oauth2", "v1", "token"), s.set.ClientID, s.set.PrivateKey, s.set.KeyID, "okta.users.read okta.groups.read")
}

// Read returns the people and groups of the organization, or, after a cursor, those that were touched since: that names no
// group that was deleted, nor a user, which a full read finds. Errors: Unavailable where people or groups can't be listed at
// all, or where what was touched is not known to its end: then the earlier cursor stays good.
func (s *Source) Read(ctx context.Context, r directory.Request) (directory.Snapshot, error) {
	o := &organization{client: rest.Open(s.base, s.set.HTTP, s.auth(), nil), size: s.set.PageSize}
	defer o.client.Close()
	since := time.Unix(0, 0)
	if at, err := time.Parse(time.RFC3339, r.Cursor); s.set.Increments && err == nil {
		since, o.partial = at, true
	}
	out, err := o.read(ctx, since.UTC().Format(stamp))
	if err != nil {
		return directory.Snapshot{}, err
	}
	if s.set.Increments {
		out.Cursor = o.begun.Add(-overlap).UTC().Format(time.RFC3339)
	}
	return out, ctx.Err()
}

const (
	stamp = "2006-01-02T15:04:05.000Z"
	// overlap is how much of the past a cursor asks for again: Okta may show a change later than it stamps it, and what comes
	// twice changes nothing.
	overlap = 5 * time.Minute
)
