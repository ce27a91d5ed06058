package entra

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// Settings say which tenant is read, and how. The application needs the application permissions User.Read.All and
// GroupMember.Read.All, with an administrator's consent.
type Settings struct {
	Tenant   string // directory (tenant) id, or a domain of it
	ClientID string // application (client) id
	// ClientSecret is read anew for each read.
	ClientSecret func() (string, error)
	GraphURL     string // "": https://graph.microsoft.com; national clouds have others
	LoginURL     string // "": https://login.microsoftonline.com
	Increments   bool   // read what has changed, between full reads
	PageSize     int    // 1 to 999; 0: 999
	HTTP         rest.Settings
}

const maxPage = 999

// Source is a tenant.
type Source struct {
	base  *url.URL
	token *url.URL
	scope string
	set   Settings
}

// New returns the source that settings describe. It asks nobody.
func New(s Settings) (*Source, error) {
	graph, err := rest.Base("graph-url", cmp.Or(s.GraphURL, "https://graph.microsoft.com"))
	if err != nil {
		return nil, err
	}
	login, err := rest.Base("login-url", cmp.Or(s.LoginURL, "https://login.microsoftonline.com"))
	if err != nil {
		return nil, err
	}
	if s.HTTP, err = s.HTTP.Completed(); err != nil {
		return nil, err
	}
	s.PageSize = cmp.Or(s.PageSize, maxPage)
	switch {
	case !regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]*$`).MatchString(s.Tenant):
		return nil, fault.At("tenant", "must be the id of a tenant or a domain of it")
	case s.ClientID == "":
		return nil, fault.At("client-id", "is required")
	case s.ClientSecret == nil:
		return nil, fault.At("client-secret", "is required")
	case s.PageSize < 1 || s.PageSize > maxPage:
		return nil, fault.At("page-size", "must be from 1 to %d", maxPage)
	}
	return &Source{
		base:  graph.JoinPath("v1.0"),
		token: login.JoinPath(s.Tenant, "oauth2", "v2.0", "token"),
		scope: graph.String() + "/.default",
		set:   s,
	}, nil
}

// open begins a read. Counting and filtering are done by Graph's advanced queries, which the header asks for.
func (s *Source) open() *tenant {
	auth := rest.ClientCredentials(s.token, s.set.ClientID, s.set.ClientSecret, s.scope)
	header := http.Header{"ConsistencyLevel": {"eventual"}}
	return &tenant{client: rest.Open(s.base, s.set.HTTP, auth, header), size: s.set.PageSize}
}

// Read returns the people and groups of the tenant, or what has changed since the request's cursor. A cursor that Graph does
// not know any more, or whose answer lacks what it must have, leads to a full read. Errors: Unavailable where people or groups
// can't be listed at all, or changes not to their end: then the earlier cursor stays good.
func (s *Source) Read(ctx context.Context, r directory.Request) (directory.Snapshot, error) {
	t := s.open()
	defer t.client.Close()
	if s.set.Increments && r.Cursor != "" {
		changes, whole, err := t.changes(ctx, r.Cursor)
		if err != nil || !whole {
			return changes, err
		}
	}
	out, err := t.all(ctx, s.set.Increments)
	if err == nil {
		err = ctx.Err()
	}
	return out, err
}
