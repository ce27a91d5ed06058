package github

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// Settings say which organization is read, and how: with a token (read:org; fine-grained: members, read) of an owner, for
// secret teams are hidden from others and no team counts as gone then, or as an application that is installed there with the permission to read members.
type Settings struct {
	Organization string // its login
	// Token is a personal access token, read anew for each read. Either it or the three of an application are set.
	Token          func() (string, error)
	AppID          string // or the client id
	InstallationID int64
	PrivateKey     func() (string, error) // in PEM, read anew for each read

	URL      string // "": https://api.github.com; of an own server https://HOST/api/v3
	PageSize int    // 2 to 100; 0: 100
	HTTP     rest.Settings
}

const maxPage = 100

// Source is an organization.
type Source struct {
	base *url.URL
	set  Settings
}

// New returns the source that settings describe. It asks nobody.
func New(s Settings) (*Source, error) {
	base, err := rest.Base("url", cmp.Or(s.URL, "https://api.github.com"))
	if err != nil {
		return nil, err
	}
	if s.HTTP, err = s.HTTP.Completed(); err != nil {
		return nil, err
	}
	s.PageSize = cmp.Or(s.PageSize, maxPage)
	switch app := s.AppID != "" || s.InstallationID != 0 || s.PrivateKey != nil; {
	case !regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]*$`).MatchString(s.Organization):
		return nil, fault.At("organization", "must be the login of an organization")
	case s.Token != nil && app:
		return nil, fault.At("token", "must not be given beside an application's app-id and private-key")
	case s.Token == nil && !app:
		return nil, fault.At("token", "is required, or app-id, installation-id and private-key")
	case app && s.AppID == "":
		return nil, fault.At("app-id", "is required with an application")
	case app && s.InstallationID <= 0:
		return nil, fault.At("installation-id", "is required with an application")
	case app && s.PrivateKey == nil:
		return nil, fault.At("private-key", "is required with an application")
	case s.PageSize < 2 || s.PageSize > maxPage:
		return nil, fault.At("page-size", "must be from 2 to %d", maxPage)
	}
	return &Source{base: base, set: s}, nil
}

// headers are what every request is sent with.
func headers() http.Header {
	return http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"}}
}

// Read returns everyone in the organization and its teams; there are no increments. Errors: Unavailable where people or teams
// can't be listed at all.
func (s *Source) Read(ctx context.Context, _ directory.Request) (directory.Snapshot, error) {
	auth := rest.Auth(s.install)
	if s.set.Token != nil {
		auth = rest.Token("Bearer", s.set.Token)
	}
	o := &organization{
		client: rest.Open(s.base, s.set.HTTP, auth, headers()), size: s.set.PageSize,
		path: "/orgs/" + s.set.Organization, login: s.set.Organization, token: s.set.Token != nil,
	}
	defer o.client.Close()
	out, err := o.read(ctx)
	if err != nil {
		return directory.Snapshot{}, err
	}
	return out, ctx.Err()
}

// install fetches the token of an installation, with no more than the permission to read members.
func (s *Source) install(ctx context.Context, c rest.Courier) (rest.Credential, error) {
	signed, err := rest.AppToken(s.set.AppID, s.set.PrivateKey, c.Now())
	if err != nil {
		return rest.Credential{}, err
	}
	header := headers()
	header.Set("Authorization", "Bearer "+signed)
	header.Set("Content-Type", "application/json")
	target := s.base.JoinPath("app", "installations", strconv.FormatInt(s.set.InstallationID, 10), "access_tokens")
	reply, err := c.Post(ctx, target, header, []byte(`{"permissions":{"members":"read"}}`))
	if err != nil {
		return rest.Credential{}, err
	}
	var answer struct {
		Token   string `json:"token"`
		Expires string `json:"expires_at"`
	}
	if err := reply.Decode(&answer); err != nil {
		return rest.Credential{}, err
	}
	if answer.Token == "" {
		return rest.Credential{}, reply.Missing("a token")
	}
	return rest.Expiring("Bearer "+answer.Token, answer.Expires, c.Now()), nil
}
