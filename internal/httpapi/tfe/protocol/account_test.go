package protocol_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-tfe"
)

// user is a user's document.
type user struct {
	Data struct {
		ID         string `json:"id"`
		Attributes struct {
			Username         string          `json:"username"`
			Email            *string         `json:"email"`
			UnconfirmedEmail *string         `json:"unconfirmed-email"`
			AvatarURL        string          `json:"avatar-url"`
			IsServiceAccount bool            `json:"is-service-account"`
			IsAdmin          *bool           `json:"is-admin"`
			Permissions      map[string]bool `json:"permissions"`
		} `json:"attributes"`
		Relationships struct {
			Resource struct {
				Data struct {
					Type string `json:"type"`
					ID   string `json:"id"`
				} `json:"data"`
			} `json:"authenticated-resource"`
		} `json:"relationships"`
	} `json:"data"`
}

func (s *site) details(t *testing.T, who string) user {
	t.Helper()
	var u user
	s.do(t, who, http.MethodGet, "account/details", "", http.StatusOK).Decode(t, &u)
	return u
}

func TestAccountDetails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	team := s.team(t, "owner", "acme", visible("team"), "member")
	teamToken, err := s.as(t, "member").TeamTokens.Create(t.Context(), team.ID)
	must(t, err)
	organizationToken, err := s.as(t, "owner").OrganizationTokens.Create(t.Context(), "acme")
	must(t, err)
	trailsToken, err := s.as(t, "owner").OrganizationTokens.CreateWithOptions(t.Context(), "acme", tfe.OrganizationTokenCreateOptions{TokenType: tfe.Ptr(tfe.AuditTrailToken)})
	must(t, err)
	for _, row := range []struct {
		who, username, resource string
		person, admin, creates  bool
	}{
		{"member", "member", "users " + s.id(t, "member"), true, false, true},
		{"site", "site-admin", "users " + s.id(t, "site"), true, true, true},
		{teamToken.Token, "api-team-" + team.ID, "teams " + team.ID, false, false, false},
		{organizationToken.Token, "api-org-acme", "organizations acme", false, false, false},
		{trailsToken.Token, "api-org-acme", "organizations acme", false, false, false},
		{s.ServiceToken(t, "robot"), "robot", "service-accounts", false, false, false},
	} {
		u := s.details(t, row.who).Data
		a := u.Attributes
		if a.Username != row.username || a.IsServiceAccount == row.person || *a.IsAdmin != row.admin || a.AvatarURL == "" || a.Email == nil || *a.Email == "" {
			t.Errorf("%s: %+v", row.username, a)
		}
		resource := u.Relationships.Resource.Data
		if !strings.HasPrefix(resource.Type+" "+resource.ID, row.resource) {
			t.Errorf("%s stands for %+v, want %s", row.username, resource, row.resource)
		}
		for name, want := range map[string]bool{
			"can-create-organizations": row.creates, "can-create-organization": row.creates, "can-manage-user-tokens": row.person,
			"can-change-email": row.person, "can-change-username": row.person, "can-view-admin-workspaces": row.admin,
		} {
			if got, shown := a.Permissions[name]; got != want || !shown {
				t.Errorf("%s: %s is %v (shown: %v), want %v", row.username, name, got, shown, want)
			}
		}
		if strings.Contains(a.AvatarURL, "://") {
			t.Errorf("a picture is fetched from %s", a.AvatarURL)
		}
	}
}

func TestAccountUpdate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "other", "acme")
	client := s.as(t, "ann")
	before := s.details(t, "ann")
	update := func(attributes string, status int) string {
		return s.do(t, "ann", http.MethodPatch, "account/update", `{"data":{"type":"users","attributes":`+attributes+`}}`, status).Body
	}
	update(`{}`, http.StatusOK)
	for _, attributes := range []string{
		`{"username":"other"}`, `{"username":"OTHER"}`, `{"username":""}`, `{"username":null}`, `{"username":"a b"}`, `{"username":"a/b"}`,
		fmt.Sprintf(`{"username":%q}`, s.id(t, "other")), fmt.Sprintf(`{"username":%q}`, strings.Repeat("x", 300)),
	} {
		if body := update(attributes, http.StatusUnprocessableEntity); !strings.Contains(body, `"/data/attributes/username"`) {
			t.Errorf("%s is refused with %s", attributes, body)
		}
	}
	for _, attributes := range []string{`{"email":"nobody"}`, `{"email":""}`, `{"email":null}`, `{"email":7}`} {
		if body := update(attributes, http.StatusUnprocessableEntity); !strings.Contains(body, `"/data/attributes/email"`) {
			t.Errorf("%s is refused with %s", attributes, body)
		}
	}
	if body := update(`{"username":"a b","email":"nobody"}`, http.StatusUnprocessableEntity); strings.Count(body, `"pointer"`) != 2 {
		t.Errorf("two faults are told as %s", body)
	}
	if body := update(`{"username":"other"}`, http.StatusUnprocessableEntity); !strings.Contains(body, `"Username has already been taken"`) {
		t.Errorf("a name that is taken is refused with %s", body)
	}
	if diff := cmp.Diff(before, s.details(t, "ann")); diff != "" {
		t.Errorf("refused changes changed (-before +after):\n%s", diff)
	}

	u, err := client.Users.UpdateCurrent(t.Context(), tfe.UserUpdateOptions{Username: tfe.String("Anna"), Email: tfe.String("anna@example.com")})
	must(t, err)
	if u.Username != "Anna" || u.UnconfirmedEmail != "anna@example.com" || u.Email != *before.Data.Attributes.Email {
		t.Errorf("changed: %+v", u)
	}
	// Neither an invitation nor anybody else sees the address before it is confirmed.
	m, err := s.as(t, "other").OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("anna@example.com")})
	must(t, err)
	if m.User.ID == u.ID {
		t.Error("an address that is not confirmed was invited")
	}
	if body := update(`{}`, http.StatusOK); !strings.Contains(body, `"unconfirmed-email":"anna@example.com"`) {
		t.Errorf("a change of nothing answers %s", body)
	}
	update(fmt.Sprintf(`{"username":"ann","email":%q}`, u.Email), http.StatusOK)
	if diff := cmp.Diff(before, s.details(t, "ann")); diff != "" {
		t.Errorf("set back (-before +after):\n%s", diff)
	}
	// The built-in site admin has a name like everybody, and his credential stays his.
	must(t, errOf(s.as(t, "site").Users.UpdateCurrent(t.Context(), tfe.UserUpdateOptions{Username: tfe.String("root")})))
	must(t, errOf(client.Users.UpdateCurrent(t.Context(), tfe.UserUpdateOptions{Username: tfe.String("site-admin")})))
	if site, ann := s.details(t, "site").Data.Attributes, s.details(t, "ann").Data.Attributes; site.Username != "root" || !*site.IsAdmin || *ann.IsAdmin {
		t.Errorf("site admin %+v, and who took his name %+v", site, ann)
	}
}

func TestWhoSeesWhichUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "stranger", "other")
	s.team(t, "owner", "acme", holding(visible("clerks"), tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true)}), "clerk")
	s.team(t, "owner", "acme", visible("open"), "shown", "gone")
	s.team(t, "owner", "acme", secret("closed"), "private", "fellow")
	invited, err := s.as(t, "owner").OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("new@example.com")})
	must(t, err)
	ids := map[string]string{"new": invited.User.ID}
	for _, name := range []string{"owner", "clerk", "shown", "private", "fellow", "stranger", "gone"} {
		ids[name] = s.id(t, name)
	}
	s.do(t, "site", http.MethodPost, "admin/users/"+ids["gone"]+"/actions/suspend", "", http.StatusOK)
	for _, row := range []struct {
		who, whom string
		status    int
	}{
		{"shown", "shown", http.StatusOK},         // himself
		{"shown", "owner", http.StatusOK},         // everybody sees the owners team
		{"private", "shown", http.StatusOK},       // in a team that every member sees
		{"private", "fellow", http.StatusOK},      // in a team of both
		{"clerk", "private", http.StatusOK},       // lists all members
		{"clerk", "new", http.StatusOK},           // the invited too
		{"clerk", "gone", http.StatusOK},          // and the suspended
		{"shown", "private", http.StatusNotFound}, // in no team that he sees
		{"shown", "new", http.StatusNotFound},
		{"shown", "gone", http.StatusNotFound},
		{"stranger", "shown", http.StatusNotFound}, // no organization of both
		{"owner", "stranger", http.StatusNotFound},
		{"site", "stranger", http.StatusOK},
	} {
		reply := s.do(t, row.who, http.MethodGet, "users/"+ids[row.whom], "", row.status)
		if row.status != http.StatusOK {
			continue
		}
		var u user
		reply.Decode(t, &u)
		if shown := u.Data.Attributes.Email != nil; shown != (row.who == row.whom) {
			t.Errorf("%s sees the address of %s: %v", row.who, row.whom, shown)
		}
		if told := u.Data.Attributes.IsAdmin != nil; told != (row.who == row.whom) {
			t.Errorf("%s learns whether %s is a site admin: %t", row.who, row.whom, told)
		}
	}
	s.do(t, "owner", http.MethodGet, "users/user-none", "", http.StatusNotFound)
	s.do(t, "owner", http.MethodGet, "users/shown", "", http.StatusNotFound)
}
