package keycloak

import (
	"cmp"
	"context"
	"net/url"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// Settings say which realm is read, and how. The client needs a service account with the role view-users of the client
// realm-management (of REALM-realm, where it lives in the realm master): it is enough for groups and members too.
type Settings struct {
	URL         string // of the server; with /auth where it is an old one
	Realm       string
	ClientRealm string // where the client lives; "": Realm
	ClientID    string
	// ClientSecret is read anew for each read.
	ClientSecret func() (string, error)
	PageSize     int // 2 to 1000; 0: 100
	HTTP         rest.Settings
}

const (
	defaultPage = 100
	maxPage     = 1000
)

// Source is a realm.
type Source struct {
	base  *url.URL // of the realm's admin interface
	token *url.URL
	set   Settings
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
	s.PageSize = cmp.Or(s.PageSize, defaultPage)
	s.ClientRealm = cmp.Or(s.ClientRealm, s.Realm)
	switch {
	case s.Realm == "":
		return nil, fault.At("realm", "is required")
	case s.ClientID == "":
		return nil, fault.At("client-id", "is required")
	case s.ClientSecret == nil:
		return nil, fault.At("client-secret", "is required")
	case s.PageSize < 2 || s.PageSize > maxPage:
		return nil, fault.At("page-size", "must be from 2 to %d", maxPage)
	}
	return &Source{
		base:  base.JoinPath("admin", "realms", url.PathEscape(s.Realm)),
		token: base.JoinPath("realms", url.PathEscape(s.ClientRealm), "protocol", "openid-connect", "token"),
		set:   s,
	}, nil
}

// Read returns everything in the realm; there are no increments. Errors: Unavailable where people or groups can't be listed
// at all, or can no longer be counted at the end.
func (s *Source) Read(ctx context.Context, _ directory.Request) (directory.Snapshot, error) {
	auth := rest.ClientCredentials(s.token, s.set.ClientID, s.set.ClientSecret, "")
	client := rest.Open(s.base, s.set.HTTP, auth, nil)
	defer client.Close()
	r := &realm{client: client, size: s.set.PageSize}

	before, err := r.count(ctx)
	if err != nil {
		return directory.Snapshot{}, err
	}
	groups, err := r.groups(ctx)
	if err != nil {
		return directory.Snapshot{}, err
	}
	users, err := r.people(ctx)
	if err != nil {
		return directory.Snapshot{}, err
	}
	if len(users.Items) == 0 { // then it may have left out the members of groups as well
		return directory.Snapshot{}, fault.New(fault.Unavailable, "the realm lists nobody, which is not believed")
	}
	after, err := r.count(ctx)
	if err != nil {
		return directory.Snapshot{}, err
	}
	return r.snapshot(groups, users, before, after), ctx.Err()
}
