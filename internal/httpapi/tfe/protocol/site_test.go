package protocol_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// site is a running service with people who come to it by name.
type site struct {
	*testkit.Running
	tokens map[string]string
}

func newSite(t *testing.T) *site {
	t.Helper()
	return &site{Running: testkit.App(t), tokens: map[string]string{}}
}

// token returns the user token of a person, who is created when there is none; "site" is the site token, and what looks
// like a secret already is one.
func (s *site) token(t *testing.T, who string) string {
	t.Helper()
	switch {
	case who == "site":
		return s.SiteToken
	case strings.HasPrefix(who, "twn_"):
		return who
	case s.tokens[who] == "":
		s.tokens[who] = s.UserToken(t, who)
	}
	return s.tokens[who]
}

// as returns the vendor's client with the credential of a person.
func (s *site) as(t *testing.T, who string) *tfe.Client {
	t.Helper()
	client, err := tfe.NewClient(&tfe.Config{Address: s.URL, Token: s.token(t, who), HTTPClient: http.DefaultClient})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// do sends a request with the credential of a person, and fails the test when the status of the answer is another one.
func (s *site) do(t *testing.T, who, method, path, body string, status int) testkit.Reply {
	t.Helper()
	reply := s.Call(t, method, "/api/v2/"+path, s.token(t, who), body, "Content-Type", "application/vnd.api+json")
	if reply.Status != status {
		t.Fatalf("%s: %s %s answers %d %s, want %d", who, method, path, reply.Status, reply.Body, status)
	}
	return reply
}

// id returns the id of a person.
func (s *site) id(t *testing.T, who string) string {
	t.Helper()
	u, err := s.as(t, who).Users.ReadCurrent(t.Context())
	must(t, err)
	return u.ID
}

// organization creates an organization of a person.
func (s *site) organization(t *testing.T, owner, name string) *tfe.Organization {
	t.Helper()
	o, err := s.as(t, owner).Organizations.Create(t.Context(), tfe.OrganizationCreateOptions{Name: tfe.String(name), Email: tfe.String(owner + "@example.com")})
	must(t, err)
	return o
}

// team creates a team with some people in it, who become members of the organization.
func (s *site) team(t *testing.T, owner, organization string, options tfe.TeamCreateOptions, members ...string) *tfe.Team {
	t.Helper()
	team, err := s.as(t, owner).Teams.Create(t.Context(), organization, options)
	must(t, err)
	for _, m := range members {
		s.token(t, m)
	}
	if len(members) > 0 {
		must(t, s.as(t, owner).TeamMembers.Add(t.Context(), team.ID, tfe.TeamMemberAddOptions{Usernames: members}))
	}
	return team
}

// visible are the options of a team that every member sees.
func visible(name string) tfe.TeamCreateOptions {
	return tfe.TeamCreateOptions{Name: tfe.String(name), Visibility: tfe.String("organization")}
}

// secret are the options of a team that its members see.
func secret(name string) tfe.TeamCreateOptions {
	return tfe.TeamCreateOptions{Name: tfe.String(name), Visibility: tfe.String("secret")}
}

// holding gives a team organization access.
func holding(o tfe.TeamCreateOptions, access tfe.OrganizationAccessOptions) tfe.TeamCreateOptions {
	o.OrganizationAccess = &access
	return o
}

// owners returns the owners team of acme, which the person "owner" owns.
func (s *site) owners(t *testing.T) *tfe.Team {
	t.Helper()
	list, err := s.as(t, "owner").Teams.List(t.Context(), "acme", &tfe.TeamListOptions{Names: []string{"owners"}})
	must(t, err)
	if len(list.Items) != 1 {
		t.Fatalf("%d owners teams", len(list.Items))
	}
	return list.Items[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hidden fails the test unless an answer is that there is no such thing.
func hidden(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil || err.Error() != tfe.ErrResourceNotFound.Error() {
		t.Errorf("%s: %v, want %v", what, err, tfe.ErrResourceNotFound)
	}
}

// refusedWith fails the test unless an answer tells what is wrong in some words.
func refusedWith(t *testing.T, what string, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v, want %q", what, err, words)
	}
}
