package protocol_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-tfe"
)

// members returns the members of acme whom somebody sees, with their states.
func members(t *testing.T, client *tfe.Client, o tfe.OrganizationMembershipListOptions) []string {
	t.Helper()
	o.Include = []tfe.OrgMembershipIncludeOpt{tfe.OrgMembershipUser}
	list, err := client.OrganizationMemberships.List(t.Context(), "acme", &o)
	must(t, err)
	out := make([]string, len(list.Items))
	for i, m := range list.Items {
		out[i] = m.User.Username + " " + string(m.Status)
		if m.Email == "" || m.Email != m.User.Email {
			t.Errorf("%s is shown with the addresses %q and %q", m.User.Username, m.Email, m.User.Email)
		}
	}
	return out
}

func membershipOf(t *testing.T, client *tfe.Client, username string) *tfe.OrganizationMembership {
	t.Helper()
	list, err := client.OrganizationMemberships.List(t.Context(), "acme", &tfe.OrganizationMembershipListOptions{
		Query: username, Include: []tfe.OrgMembershipIncludeOpt{tfe.OrgMembershipUser},
	})
	must(t, err)
	for _, m := range list.Items {
		if m.User.Username == username {
			return m
		}
	}
	t.Fatalf("%s is no member", username)
	return nil
}

func TestWhoSeesWhichMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "stranger", "other")
	s.team(t, "owner", "acme", holding(visible("clerks"), tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true)}), "clerk")
	s.team(t, "owner", "acme", visible("plain"), "member", "leaver")
	_, err := s.as(t, "clerk").OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("new@example.com")})
	must(t, err)
	s.do(t, "site", http.MethodPost, "admin/users/"+s.id(t, "leaver")+"/actions/suspend", "", http.StatusOK)

	all := []string{"clerk active", "leaver inactive", "member active", "new@example.com invited", "owner active"}
	none := tfe.OrganizationMembershipListOptions{}
	for who, want := range map[string][]string{"owner": all, "clerk": all, "site": all, "member": {"member active"}} {
		if diff := cmp.Diff(want, members(t, s.as(t, who), none)); diff != "" {
			t.Errorf("%s sees (-want +got):\n%s", who, diff)
		}
	}
	_, err = s.as(t, "stranger").OrganizationMemberships.List(t.Context(), "acme", nil)
	hidden(t, "a stranger lists the members", err)

	for _, row := range []struct {
		options tfe.OrganizationMembershipListOptions
		want    []string
	}{
		{tfe.OrganizationMembershipListOptions{Status: "active"}, []string{"clerk active", "member active", "owner active"}},
		{tfe.OrganizationMembershipListOptions{Status: "invited"}, []string{"new@example.com invited"}},
		{tfe.OrganizationMembershipListOptions{Status: "inactive"}, []string{"leaver inactive"}},
		{tfe.OrganizationMembershipListOptions{Query: "MEMB"}, []string{"member active"}},
		{tfe.OrganizationMembershipListOptions{Query: "EXAMPLE.com"}, []string{"new@example.com invited"}},
		{tfe.OrganizationMembershipListOptions{Emails: []string{"New@example.com", "member@users.invalid"}}, []string{"member active", "new@example.com invited"}},
		{tfe.OrganizationMembershipListOptions{Emails: []string{"ew@example.com"}}, []string{}},
		{tfe.OrganizationMembershipListOptions{ListOptions: tfe.ListOptions{PageNumber: 2, PageSize: 2}}, []string{"member active", "new@example.com invited"}},
	} {
		if diff := cmp.Diff(row.want, members(t, s.as(t, "owner"), row.options)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", row.options, diff)
		}
	}
	s.do(t, "owner", http.MethodGet, "organizations/acme/organization-memberships?filter[status]=gone", "", http.StatusBadRequest)

	var answer struct {
		Meta struct {
			Counts map[string]int `json:"status-counts"`
		} `json:"meta"`
	}
	s.do(t, "owner", http.MethodGet, "organizations/acme/organization-memberships?q=clerk", "", http.StatusOK).Decode(t, &answer)
	if diff := cmp.Diff(map[string]int{"total": 5, "active": 3, "invited": 1, "inactive": 1}, answer.Meta.Counts); diff != "" {
		t.Errorf("status-counts (-want +got):\n%s", diff)
	}

	// One membership: one's own, or any for whoever sees the list.
	of := func(name string) string { return membershipOf(t, s.as(t, "owner"), name).ID }
	for _, who := range []string{"owner", "clerk", "member"} {
		_, err := s.as(t, who).OrganizationMemberships.Read(t.Context(), of("member"))
		must(t, err)
	}
	_, err = s.as(t, "member").OrganizationMemberships.Read(t.Context(), of("clerk"))
	hidden(t, "a plain member reads another's membership", err)
	_, err = s.as(t, "stranger").OrganizationMemberships.Read(t.Context(), of("member"))
	hidden(t, "a stranger reads a membership", err)
	refused := s.do(t, "owner", http.MethodGet, "organization-memberships/"+of("member")+"?include=users", "", http.StatusBadRequest)
	if !strings.Contains(refused.Body, "include parameter") {
		t.Errorf("an unknown include is refused with %s", refused.Body)
	}
}

func TestAnInvitationWaitsForItsPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	team := s.team(t, "owner", "acme", secret("readers"))
	owner := s.as(t, "owner")
	created, err := owner.OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{
		Email: tfe.String("ann@example.com"), Teams: []*tfe.Team{{ID: team.ID}},
	})
	must(t, err)
	if created.Status != tfe.OrganizationMembershipInvited || created.User.Username != "ann@example.com" || len(created.Teams) != 1 {
		t.Errorf("invited: %+v, user %+v", created, created.User)
	}
	ann := created.User.ID
	sees := func() bool {
		reply := s.Call(t, http.MethodPost, "/access/v1/evaluation", s.SiteToken, fmt.Sprintf(
			`{"subject":{"type":"user","id":%q},"action":{"name":"view"},"resource":{"type":"organization","id":"acme"}}`, ann))
		var decision struct {
			Decision bool `json:"decision"`
		}
		reply.Decode(t, &decision)
		return decision.Decision
	}
	inTeam := func() []*tfe.User {
		read, err := owner.Teams.Read(t.Context(), team.ID)
		must(t, err)
		return read.Users
	}
	if sees() || len(inTeam()) != 0 {
		t.Error("an invited person holds something before she came")
	}
	_, err = owner.OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("Ann@Example.com")})
	refusedWith(t, "a second invitation", err, "Email is that of a member already")

	// Her first call with a credential of her own is her acceptance (DECISIONS P12).
	own := s.do(t, "ann@example.com", http.MethodGet, "organization-memberships?include=organization,teams", "", http.StatusOK)
	if !strings.Contains(own.Body, `"status":"active"`) || !strings.Contains(own.Body, `"id":"`+team.ID+`"`) {
		t.Errorf("her own memberships: %s", own.Body)
	}
	if !sees() || len(inTeam()) != 1 {
		t.Error("a person who came is no member")
	}
}

func TestWhoInvites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "stranger", "other")
	clerks := s.team(t, "owner", "acme", holding(visible("clerks"), tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true)}), "clerk")
	plain := s.team(t, "owner", "acme", visible("plain"), "member")
	shadows := s.team(t, "owner", "acme", secret("shadows"))
	elsewhere := s.team(t, "stranger", "other", visible("elsewhere"))
	before := members(t, s.as(t, "owner"), tfe.OrganizationMembershipListOptions{})
	n := 0
	invite := func(who string, teams ...string) error {
		n++
		options := tfe.OrganizationMembershipCreateOptions{Email: tfe.String(fmt.Sprintf("guest%d@example.com", n))}
		for _, id := range teams {
			options.Teams = append(options.Teams, &tfe.Team{ID: id})
		}
		_, err := s.as(t, who).OrganizationMemberships.Create(t.Context(), "acme", options)
		return err
	}
	for what, err := range map[string]error{
		"a plain member":                          invite("member"),
		"a stranger":                              invite("stranger"),
		"a clerk to the owners team":              invite("clerk", s.owners(t).ID),
		"a clerk to a secret team":                invite("clerk", plain.ID, shadows.ID),
		"an owner to another organization's team": invite("owner", elsewhere.ID),
		"an owner to no team":                     invite("owner", "team-none"),
	} {
		hidden(t, what+" invites", err)
	}
	if diff := cmp.Diff(before, members(t, s.as(t, "owner"), tfe.OrganizationMembershipListOptions{})); diff != "" {
		t.Errorf("refused invitations left (-want +got):\n%s", diff)
	}
	for what, err := range map[string]error{
		"a clerk":                  invite("clerk"),
		"a clerk to visible teams": invite("clerk", plain.ID, clerks.ID),
		"an owner to any team":     invite("owner", shadows.ID, s.owners(t).ID),
		"the site admin":           invite("site"),
	} {
		if err != nil {
			t.Errorf("%s invites: %v", what, err)
		}
	}
	for _, address := range []string{"", "nobody", "a@b@c", "x <x@example.com>"} {
		body := fmt.Sprintf(`{"data":{"type":"organization-memberships","attributes":{"email":%q}}}`, address)
		reply := s.do(t, "owner", http.MethodPost, "organizations/acme/organization-memberships", body, http.StatusUnprocessableEntity)
		if !strings.Contains(reply.Body, `"/data/attributes/email"`) {
			t.Errorf("the address %q is refused with %s", address, reply.Body)
		}
	}
	// An address that somebody has is his invitation.
	must(t, errOf(s.as(t, "owner").OrganizationMemberships.Create(t.Context(), "acme", tfe.OrganizationMembershipCreateOptions{Email: tfe.String("stranger@users.invalid")})))
	if got := membershipOf(t, s.as(t, "owner"), "stranger"); got.Status != tfe.OrganizationMembershipInvited {
		t.Errorf("somebody with an account is %s", got.Status)
	}
}

func errOf[T any](_ T, err error) error { return err }

func TestWhoRemovesMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "stranger", "other")
	s.team(t, "owner", "acme", holding(visible("clerks"), tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true)}), "clerk")
	plain := s.team(t, "owner", "acme", visible("plain"), "member", "shadow", "leaver", "guest")
	shadows := s.team(t, "owner", "acme", secret("shadows"), "shadow")
	owners := s.owners(t)
	id := func(name string) string { return membershipOf(t, s.as(t, "owner"), name).ID }
	remove := func(who, whom string) error {
		return s.as(t, who).OrganizationMemberships.Delete(t.Context(), id(whom))
	}
	for _, pair := range [][2]string{
		{"member", "clerk"}, {"stranger", "member"}, // no part of theirs
		{"clerk", "shadow"}, // who is in a team that the clerk does not see
		{"clerk", "owner"},  // removing owners is for owners
	} {
		hidden(t, pair[0]+" removes "+pair[1], remove(pair[0], pair[1]))
	}
	s.do(t, "owner", http.MethodDelete, "organization-memberships/"+id("owner"), "", http.StatusForbidden)
	s.do(t, "site", http.MethodDelete, "organization-memberships/"+id("owner"), "", http.StatusForbidden)
	if got := len(members(t, s.as(t, "owner"), tfe.OrganizationMembershipListOptions{})); got != 6 {
		t.Fatalf("%d members after refused removals, want 6", got)
	}
	for _, pair := range [][2]string{{"clerk", "member"}, {"leaver", "leaver"}, {"owner", "shadow"}} {
		must(t, remove(pair[0], pair[1]))
	}
	for _, team := range []*tfe.Team{plain, shadows} {
		read, err := s.as(t, "owner").Teams.Read(t.Context(), team.ID)
		must(t, err)
		if want := map[string]int{plain.ID: 1, shadows.ID: 0}[team.ID]; read.UserCount != want {
			t.Errorf("%s has %d people left, want %d", team.Name, read.UserCount, want)
		}
	}
	_, err := s.as(t, "leaver").Organizations.Read(t.Context(), "acme")
	hidden(t, "who left reads the organization", err)
	// An owner may leave while another stays (DECISIONS P20).
	must(t, s.as(t, "owner").TeamMembers.Add(t.Context(), owners.ID, tfe.TeamMemberAddOptions{Usernames: []string{"guest"}}))
	must(t, remove("owner", "owner"))
	s.do(t, "guest", http.MethodDelete, "organization-memberships/"+membershipOf(t, s.as(t, "guest"), "guest").ID, "", http.StatusForbidden)
}

func TestMembershipsShowTheTeamsOneMaySee(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.team(t, "owner", "acme", holding(visible("clerks"), tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true)}), "clerk")
	s.team(t, "owner", "acme", visible("open"), "member")
	s.team(t, "owner", "acme", secret("hidden"), "member")
	id := membershipOf(t, s.as(t, "owner"), "member").ID
	for who, want := range map[string][]string{"owner": {"hidden", "open"}, "member": {"hidden", "open"}, "clerk": {"open"}} {
		m, err := s.as(t, who).OrganizationMemberships.ReadWithOptions(t.Context(), id, tfe.OrganizationMembershipReadOptions{Include: []tfe.OrgMembershipIncludeOpt{tfe.OrgMembershipTeam}})
		must(t, err)
		var names []string
		for _, team := range m.Teams {
			names = append(names, team.Name)
		}
		slices.Sort(names)
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%s sees the teams (-want +got):\n%s", who, diff)
		}
	}
}

func TestOrganizationsThatTakeNoUserTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	plain := s.team(t, "owner", "acme", visible("plain"), "member", "peer")
	owners := s.owners(t)
	token, err := s.as(t, "owner").TeamTokens.Create(t.Context(), owners.ID)
	must(t, err)
	own := membershipOf(t, s.as(t, "owner"), "owner").ID
	peer, member := s.id(t, "peer"), s.id(t, "member")
	s.do(t, "member", http.MethodGet, "users/"+peer, "", http.StatusOK)
	must(t, errOf(s.as(t, token.Token).Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{UserTokensEnabled: tfe.Bool(false)})))

	for _, path := range []string{
		"organizations/acme/organization-memberships", "organization-memberships/" + own, "teams/" + owners.ID + "/authentication-token",
		"organizations/acme/team-tokens", "organizations/acme/authentication-token", "organizations/acme/token-ttl-policies", "authentication-tokens/" + token.ID,
	} {
		s.do(t, "owner", http.MethodGet, path, "", http.StatusUnauthorized)
	}
	s.do(t, "owner", http.MethodDelete, "organization-memberships/"+own, "", http.StatusUnauthorized)
	s.do(t, "owner", http.MethodPost, "teams/"+plain.ID+"/authentication-token", `{"data":{"type":""}}`, http.StatusUnauthorized)
	s.do(t, "member", http.MethodGet, "users/"+peer, "", http.StatusNotFound)
	s.do(t, "member", http.MethodGet, "users/"+member, "", http.StatusOK)
	if reply := s.do(t, "owner", http.MethodGet, "organization-memberships", "", http.StatusOK); strings.Contains(reply.Body, "acme") {
		t.Errorf("a user token still lists %s", reply.Body)
	}
	s.do(t, token.Token, http.MethodGet, "organizations/acme/organization-memberships", "", http.StatusOK)
	s.do(t, token.Token, http.MethodGet, "authentication-tokens/"+token.ID, "", http.StatusOK)
}
