package protocol_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-tfe"
)

// alive fails the test unless a credential is accepted, or is not.
func (s *site) alive(t *testing.T, what, secret string, want bool) {
	t.Helper()
	status := s.Call(t, http.MethodGet, "/api/v2/account/details", secret, "").Status
	if (status == http.StatusOK) != want || !want && status != http.StatusUnauthorized {
		t.Errorf("%s is answered %d, alive: %v", what, status, want)
	}
}

func TestOrganizationTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "stranger", "other")
	s.team(t, "owner", "acme", holding(visible("leads"), tfe.OrganizationAccessOptions{
		ManageMembership: tfe.Bool(true), ManageTeams: tfe.Bool(true), ManageOrganizationAccess: tfe.Bool(true),
	}), "lead")
	owner := s.as(t, "owner").OrganizationTokens
	first, err := owner.Create(t.Context(), "acme")
	must(t, err)
	trails, err := owner.CreateWithOptions(t.Context(), "acme", tfe.OrganizationTokenCreateOptions{TokenType: tfe.Ptr(tfe.AuditTrailToken)})
	must(t, err)
	if first.CreatedBy.User == nil || first.CreatedBy.User.ID != s.id(t, "owner") {
		t.Errorf("created by %+v", first.CreatedBy)
	}
	const path = "organizations/acme/authentication-token"
	for _, query := range []string{"", "?token=audit-trails"} {
		for _, who := range []string{"lead", "stranger", first.Token, trails.Token} {
			s.do(t, who, http.MethodGet, path+query, "", http.StatusNotFound)
			s.do(t, who, http.MethodPost, path+query, `{"data":{"type":"authentication-tokens"}}`, http.StatusNotFound)
			s.do(t, who, http.MethodDelete, path+query, "", http.StatusNotFound)
		}
	}
	for _, who := range []string{"lead", "stranger", first.Token} {
		s.do(t, who, http.MethodGet, "authentication-tokens/"+trails.ID, "", http.StatusNotFound)
		s.do(t, who, http.MethodDelete, "authentication-tokens/"+trails.ID, "", http.StatusNotFound)
	}
	s.do(t, "owner", http.MethodGet, path+"?token=other", "", http.StatusBadRequest)
	s.alive(t, "a token that others tried to end", first.Token, true)
	s.alive(t, "an audit-trails token that others tried to end", trails.Token, true)

	// A new one takes the place of the old one at once; the other kind stays.
	second, err := owner.Create(t.Context(), "acme")
	must(t, err)
	s.alive(t, "a replaced token", first.Token, false)
	s.alive(t, "the new token", second.Token, true)
	s.do(t, second.Token, http.MethodGet, "organizations/acme/organization-memberships", "", http.StatusOK)
	read, err := owner.Read(t.Context(), "acme")
	must(t, err)
	if read.ID != second.ID || read.Token != "" {
		t.Errorf("read: %+v", read)
	}

	// The audit-trails token reads the trail and nothing else.
	s.do(t, trails.Token, http.MethodGet, "organization/audit-trail", "", http.StatusOK)
	for _, path := range []string{"organizations/acme", "organizations/acme/organization-memberships", "organizations/acme/teams", "organizations/acme/team-tokens"} {
		s.do(t, trails.Token, http.MethodGet, path, "", http.StatusNotFound)
	}
	must(t, owner.Delete(t.Context(), "acme"))
	hidden(t, "a second deletion", owner.Delete(t.Context(), "acme"))
	s.alive(t, "a deleted token", second.Token, false)
	s.alive(t, "the audit-trails token", trails.Token, true)
	s.do(t, "owner", http.MethodDelete, "authentication-tokens/"+trails.ID, "", http.StatusNoContent)
	s.alive(t, "a deleted audit-trails token", trails.Token, false)
}

func TestTeamTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "stranger", "other")
	s.team(t, "owner", "acme", holding(visible("leads"), tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true), ManageTeams: tfe.Bool(true)}), "lead")
	s.team(t, "owner", "acme", holding(visible("clerks"), tfe.OrganizationAccessOptions{ManageMembership: tfe.Bool(true)}), "clerk")
	open := s.team(t, "owner", "acme", visible("open"), "member")
	managed := visible("managed")
	managed.AllowMemberTokenManagement = tfe.Bool(false)
	closed := s.team(t, "owner", "acme", managed, "managed")
	shadows := s.team(t, "owner", "acme", secret("shadows"), "shadow")
	owners := s.owners(t)
	for _, row := range []struct {
		team *tfe.Team
		who  map[string]bool
	}{
		{open, map[string]bool{"owner": true, "lead": true, "member": true, "clerk": false, "managed": false, "stranger": false}},
		{closed, map[string]bool{"owner": true, "lead": true, "managed": false, "member": false}}, // DECISIONS P7
		{shadows, map[string]bool{"owner": true, "shadow": true, "lead": false, "member": false}},
		{owners, map[string]bool{"owner": true, "lead": false, "member": false}},
	} {
		for who, may := range row.who {
			legacy, described := "teams/"+row.team.ID+"/authentication-token", "teams/"+row.team.ID+"/authentication-tokens"
			body := fmt.Sprintf(`{"data":{"attributes":{"description":"of %s"}}}`, who)
			if may {
				s.do(t, who, http.MethodPost, described, body, http.StatusCreated)
				s.do(t, who, http.MethodPost, legacy, body, http.StatusCreated)
				s.do(t, who, http.MethodGet, legacy, "", http.StatusOK)
				s.do(t, who, http.MethodDelete, legacy, "", http.StatusNoContent)
				continue
			}
			s.do(t, who, http.MethodPost, described, body, http.StatusNotFound)
			s.do(t, who, http.MethodPost, legacy, body, http.StatusNotFound)
			s.do(t, who, http.MethodGet, described, "", http.StatusNotFound)
		}
	}
	// Everybody lists the tokens that he may manage, and no others.
	for who, want := range map[string]int{"owner": 8, "lead": 5, "member": 3, "shadow": 2, "clerk": 0} {
		list, err := s.as(t, who).TeamTokens.List(t.Context(), "acme", nil)
		must(t, err)
		if len(list.Items) != want || list.TotalCount != want {
			t.Errorf("%s lists %d tokens of %d, want %d", who, len(list.Items), list.TotalCount, want)
		}
	}
	s.do(t, "stranger", http.MethodGet, "organizations/acme/team-tokens", "", http.StatusNotFound)

	// By id, too.
	legacy, err := s.as(t, "owner").TeamTokens.Create(t.Context(), closed.ID)
	must(t, err)
	for _, who := range []string{"managed", "clerk", "stranger"} {
		hidden(t, who+" reads a token", errOf(s.as(t, who).TeamTokens.ReadByID(t.Context(), legacy.ID)))
		hidden(t, who+" ends a token", s.as(t, who).TeamTokens.DeleteByID(t.Context(), legacy.ID))
	}
	s.alive(t, "a token that others tried to end", legacy.Token, true)
	hidden(t, "a team's token makes one of another team", errOf(s.as(t, legacy.Token).TeamTokens.Create(t.Context(), open.ID)))
	renewed, err := s.as(t, "lead").TeamTokens.Create(t.Context(), closed.ID)
	must(t, err)
	s.alive(t, "a replaced token", legacy.Token, false)
	must(t, s.as(t, "lead").TeamTokens.DeleteByID(t.Context(), renewed.ID))
	s.alive(t, "a deleted token", renewed.Token, false)
	kept, err := s.as(t, "owner").TeamTokens.Create(t.Context(), open.ID)
	must(t, err)
	must(t, s.as(t, "owner").Teams.Delete(t.Context(), open.ID))
	s.alive(t, "the token of a deleted team", kept.Token, false)
}

// TestATeamsTokenIsNoMember: members may manage the tokens of their team, its tokens may not. Otherwise one of an hour
// would renew itself for good. What the team holds by a role or by being the owners team counts for its tokens too.
func TestATeamsTokenIsNoMember(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	team := s.team(t, "owner", "acme", visible("open"), "member")
	managers := s.team(t, "owner", "acme", tfe.TeamCreateOptions{Name: tfe.String("managers"), Visibility: tfe.String("organization"), OrganizationAccess: &tfe.OrganizationAccessOptions{ManageTeams: tfe.Bool(true), ManageMembership: tfe.Bool(true)}})
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	issue := func(who string, team *tfe.Team) *tfe.TeamToken {
		made, err := s.as(t, who).TeamTokens.CreateWithOptions(t.Context(), team.ID, tfe.TeamTokenCreateOptions{ExpiredAt: &end})
		must(t, err)
		return made
	}
	plain := issue("member", team)
	tokens := s.as(t, plain.Token).TeamTokens
	hidden(t, "a team's token renews itself", errOf(tokens.Create(t.Context(), team.ID)))
	hidden(t, "a team's token makes another", errOf(tokens.CreateWithOptions(t.Context(), team.ID, tfe.TeamTokenCreateOptions{Description: tfe.String("another")})))
	hidden(t, "a team's token reads itself", errOf(tokens.ReadByID(t.Context(), plain.ID)))
	hidden(t, "a team's token ends itself", tokens.DeleteByID(t.Context(), plain.ID))
	if list, err := tokens.List(t.Context(), "acme", nil); err != nil || len(list.Items) != 0 {
		t.Errorf("a team's token lists %+v, %v", list, err)
	}
	s.alive(t, "the token that tried", plain.Token, true)
	issue("member", team) // who is a member still may

	all, err := s.as(t, "owner").Teams.List(t.Context(), "acme", &tfe.TeamListOptions{Names: []string{"owners"}})
	must(t, err)
	for _, mighty := range []*tfe.Team{managers, all.Items[0]} {
		first := issue("owner", mighty)
		other, err := s.as(t, first.Token).TeamTokens.Create(t.Context(), team.ID)
		must(t, err)
		if other.CreatedBy.Team == nil || other.CreatedBy.Team.ID != mighty.ID || other.ExpiredAt.Before(end.AddDate(1, 0, 0)) {
			t.Errorf("made by a token of %s: by %+v, until %v", mighty.Name, other.CreatedBy, other.ExpiredAt)
		}
		later := end.Add(time.Second)
		_, err = s.as(t, first.Token).TeamTokens.CreateWithOptions(t.Context(), mighty.ID, tfe.TeamTokenCreateOptions{ExpiredAt: &later})
		if err == nil || !strings.Contains(err.Error(), "Expired at must not be after") {
			t.Errorf("a token of %s outlives itself: %v", mighty.Name, err)
		}
		second, err := s.as(t, first.Token).TeamTokens.Create(t.Context(), mighty.ID)
		must(t, err)
		if !second.ExpiredAt.Equal(end) {
			t.Errorf("a token of %s that ends at %v renews itself until %v", mighty.Name, end, second.ExpiredAt)
		}
		s.alive(t, "the token that renewed itself", first.Token, false)
		s.alive(t, "its successor", second.Token, true)
	}
	organization, err := s.as(t, "owner").OrganizationTokens.Create(t.Context(), "acme")
	must(t, err)
	third, err := s.as(t, organization.Token).TeamTokens.Create(t.Context(), team.ID)
	must(t, err)
	if third.CreatedBy.Organization == nil || third.CreatedBy.Organization.Name != "acme" && third.CreatedBy.Organization.ExternalID != "acme" {
		t.Errorf("created by %+v", third.CreatedBy.Organization)
	}
}

func TestListsOfTeamTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	client := s.as(t, "owner").TeamTokens
	alpha, beta := s.team(t, "owner", "acme", visible("alpha"), "zoe"), s.team(t, "owner", "acme", visible("beta"))
	in := func(d time.Duration) *time.Time { return tfe.Ptr(time.Now().Add(d).UTC().Truncate(time.Second)) }
	const day = 24 * time.Hour
	ids := map[string]string{}
	secrets := map[string]string{}
	for _, row := range []struct {
		name string
		team *tfe.Team
		end  *time.Time
	}{{"week", beta, in(5 * day)}, {"month", alpha, in(20 * day)}, {"later", beta, nil}} {
		made, err := client.CreateWithOptions(t.Context(), row.team.ID, tfe.TeamTokenCreateOptions{Description: tfe.String(row.name), ExpiredAt: row.end})
		must(t, err)
		ids[made.ID], secrets[row.name] = row.name, made.Token
	}
	made, err := s.as(t, "zoe").TeamTokens.CreateWithOptions(t.Context(), alpha.ID, tfe.TeamTokenCreateOptions{Description: tfe.String("zoe"), ExpiredAt: in(60 * day)})
	must(t, err)
	ids[made.ID] = "zoe"
	s.alive(t, "a token", secrets["week"], true) // its first use
	list := func(query string) []string {
		var answer struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		s.do(t, "owner", http.MethodGet, "organizations/acme/team-tokens?"+query, "", http.StatusOK).Decode(t, &answer)
		out := []string{}
		for _, d := range answer.Data {
			out = append(out, ids[d.ID])
		}
		return out
	}
	for query, want := range map[string][]string{
		"":                 {"week", "month", "zoe", "later"},
		"sort=-expired-at": {"later", "zoe", "month", "week"},
		"q=LPH":            {"month", "zoe"},
		"q=none":           {},
		"filter[expiry_status]=expiring_in_7_days":                {"week"},
		"filter[expiry_status]=expiring_in_30_days":               {"week", "month"},
		"filter[expiry_status]=active":                            {"week", "month", "zoe", "later"},
		"filter[expiry_status]=expired,no_expiration":             {},
		"page[number]=2&page[size]=3":                             {"later"},
		"sort=-created-by&page[size]=1":                           {"zoe"},
		"sort=-last-used-at&page[size]=1":                         {"week"},
		"filter[expiry_status]=expired,expiring_in_7_days&q=beta": {"week"},
	} {
		if diff := cmp.Diff(want, list(query)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	for query, want := range map[string][]string{"sort=team-name&page[size]=2": {"month", "zoe"}, "sort=-team-name&page[size]=2": {"later", "week"}} {
		got := list(query)
		slices.Sort(got) // those of one team in any order
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	s.do(t, "owner", http.MethodGet, "organizations/acme/team-tokens?sort=name", "", http.StatusBadRequest)
	s.do(t, "owner", http.MethodGet, "organizations/acme/team-tokens?filter[expiry_status]=soon", "", http.StatusBadRequest)

	// Several at once, all or none.
	id := map[string]string{}
	for k, v := range ids {
		id[v] = k
	}
	body := func(names ...string) string {
		var refs []string
		for _, n := range names {
			refs = append(refs, fmt.Sprintf(`{"type":"authentication-tokens","id":%q}`, n))
		}
		return `{"data":[` + strings.Join(refs, ",") + `]}`
	}
	const path = "organizations/acme/team-tokens"
	s.organization(t, "stranger", "other")
	elsewhere := s.team(t, "stranger", "other", visible("elsewhere"))
	foreign, err := s.as(t, "stranger").TeamTokens.Create(t.Context(), elsewhere.ID)
	must(t, err)
	own, err := s.as(t, "owner").UserTokens.Create(t.Context(), s.id(t, "owner"), tfe.UserTokenCreateOptions{})
	must(t, err)
	s.do(t, "owner", http.MethodDelete, path, body(id["week"], "at-none"), http.StatusNotFound)
	s.do(t, "owner", http.MethodDelete, path, body(id["week"], foreign.ID), http.StatusNotFound)
	s.do(t, "owner", http.MethodDelete, path, body(id["week"], own.ID), http.StatusNotFound)
	s.do(t, "zoe", http.MethodDelete, path, body(id["month"], id["week"]), http.StatusNotFound)
	s.do(t, "stranger", http.MethodDelete, path, body(foreign.ID), http.StatusNotFound)
	if got := list(""); len(got) != 4 {
		t.Fatalf("refused deletions left %v", got)
	}
	s.do(t, "owner", http.MethodDelete, path, body(id["week"], id["month"], id["week"]), http.StatusNoContent)
	s.alive(t, "a deleted token", secrets["week"], false)
	if diff := cmp.Diff([]string{"zoe", "later"}, list("")); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func TestUserTokensAreOnesOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "ann", "acme")
	s.team(t, "ann", "acme", visible("team"), "bob")
	ann := s.id(t, "ann")
	made, err := s.as(t, "ann").UserTokens.Create(t.Context(), ann, tfe.UserTokenCreateOptions{Description: "laptop"})
	must(t, err)
	for _, who := range []string{"bob", "site"} {
		s.do(t, who, http.MethodGet, "users/"+ann+"/authentication-tokens", "", http.StatusNotFound)
		s.do(t, who, http.MethodPost, "users/"+ann+"/authentication-tokens", `{"data":{"attributes":{}}}`, http.StatusNotFound)
		s.do(t, who, http.MethodGet, "authentication-tokens/"+made.ID, "", http.StatusNotFound)
		s.do(t, who, http.MethodDelete, "authentication-tokens/"+made.ID, "", http.StatusNotFound)
	}
	list, err := s.as(t, "ann").UserTokens.List(t.Context(), ann)
	must(t, err)
	if len(list.Items) != 2 || list.Items[1].Description != "laptop" { // the other one made the request
		t.Errorf("%d tokens", len(list.Items))
	}
	s.alive(t, "a token", made.Token, true)
	must(t, s.as(t, made.Token).UserTokens.Delete(t.Context(), made.ID))
	s.alive(t, "a token that ended itself", made.Token, false)
}

func TestSecretsAreShownOnceAndEndsStay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	team := s.team(t, "owner", "acme", visible("team"))
	end := time.Now().Add(36 * time.Hour).UTC().Truncate(time.Second)
	for _, path := range []string{
		"organizations/acme/authentication-token", "organizations/acme/authentication-token?token=audit-trails",
		"teams/" + team.ID + "/authentication-token", "teams/" + team.ID + "/authentication-tokens", "users/" + s.id(t, "owner") + "/authentication-tokens",
	} {
		for _, sent := range []string{`"` + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + `"`, `"tomorrow"`, `17`, `"0001-01-01T00:00:00Z"`} {
			reply := s.do(t, "owner", http.MethodPost, path, `{"data":{"attributes":{"expired-at":`+sent+`}}}`, http.StatusUnprocessableEntity)
			if !strings.Contains(reply.Body, `"/data/attributes/expired-at"`) {
				t.Errorf("%s: %s is refused with %s", path, sent, reply.Body)
			}
		}
		type answer struct {
			Data struct {
				ID         string `json:"id"`
				Attributes struct {
					CreatedAt   time.Time  `json:"created-at"`
					ExpiredAt   time.Time  `json:"expired-at"`
					LastUsedAt  *time.Time `json:"last-used-at"`
					Description *string    `json:"description"`
					Token       *string    `json:"token"`
				} `json:"attributes"`
				Relationships any `json:"relationships"`
			} `json:"data"`
		}
		var made, read, usual answer
		s.do(t, "owner", http.MethodPost, path, `{"data":{"attributes":{"expired-at":"`+end.Format(time.RFC3339)+`","description":"a"}}}`, http.StatusCreated).Decode(t, &made)
		if made.Data.Attributes.Token == nil || !made.Data.Attributes.ExpiredAt.Equal(end) {
			t.Errorf("%s: made %+v", path, made.Data.Attributes)
		}
		s.do(t, "owner", http.MethodGet, "authentication-tokens/"+made.Data.ID, "", http.StatusOK).Decode(t, &read)
		if read.Data.Attributes.Token != nil {
			t.Errorf("%s: the secret is shown again", path)
		}
		made.Data.Attributes.Token = nil
		if diff := cmp.Diff(made, read); diff != "" {
			t.Errorf("%s: made and read (-made +read):\n%s", path, diff)
		}
		for i, sent := range []string{`{}`, `{"expired-at":null,"description":"b"}`} {
			s.do(t, "owner", http.MethodPost, path, `{"data":{"type":"","attributes":`+sent+`}}`, http.StatusCreated).Decode(t, &usual)
			if a := usual.Data.Attributes; !a.ExpiredAt.Equal(a.CreatedAt.AddDate(2, 0, 0)) {
				t.Errorf("%s: %d: without an end: %+v", path, i, a)
			}
		}
	}
}

func TestDescriptionsOfTeamTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	team := s.team(t, "owner", "acme", visible("team"))
	post := func(attributes string, status int) string {
		return s.do(t, "owner", http.MethodPost, "teams/"+team.ID+"/authentication-tokens", `{"data":{"attributes":`+attributes+`}}`, status).Body
	}
	post(`{"description":"ci"}`, http.StatusCreated)
	post(`{"description":"CI"}`, http.StatusCreated)
	post(`{"description":""}`, http.StatusCreated)
	want := `{"errors":[{"status":"422","title":"invalid attributes","detail":"Validation failed: Description has already been taken"}]}`
	for _, taken := range []string{`{"description":"ci"}`, `{"description":""}`, `{}`} {
		if got := post(taken, http.StatusUnprocessableEntity); got != want {
			t.Errorf("%s: %s", taken, got)
		}
	}
	post(fmt.Sprintf(`{"description":%q}`, strings.Repeat("x", 300)), http.StatusUnprocessableEntity)
	post(`{"description":"a\u0007b"}`, http.StatusUnprocessableEntity)
}

func TestTokenLives(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "owner", "strict")
	s.organization(t, "stranger", "other")
	team := s.team(t, "owner", "acme", visible("team"), "member")
	s.team(t, "owner", "strict", visible("team"), "member")
	lives := func(who, organization string) []string {
		list, err := s.as(t, who).OrganizationTokenTTLPolicies.List(t.Context(), organization, nil)
		must(t, err)
		var out []string
		for _, l := range list.Items {
			out = append(out, fmt.Sprint(l.TokenType, " ", l.MaxTTLMs))
		}
		return out
	}
	if diff := cmp.Diff([]string{"organization 63113904000", "team 63113904000", "user 63113904000", "audit_trails 63113904000"}, lives("owner", "acme")); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	const path = "organizations/acme/token-ttl-policies"
	set := func(who, organization, policies string, status int) string {
		return s.do(t, who, http.MethodPatch, "organizations/"+organization+"/token-ttl-policies", `{"data":{"type":"organization-token-ttl-policies","attributes":{"token-ttl-policies":`+policies+`}}}`, status).Body
	}
	const hour = `[{"token-type":"team","max-ttl-ms":3600000},{"token-type":"user","max-ttl-ms":7200000},{"token-type":"audit_trails","max-ttl-ms":3600000}]`
	// Who sees the organization is told that he may not; who does not is told nothing.
	s.do(t, "member", http.MethodGet, path, "", http.StatusForbidden)
	set("member", "acme", hour, http.StatusForbidden)
	s.do(t, "stranger", http.MethodGet, path, "", http.StatusNotFound)
	set("stranger", "acme", hour, http.StatusNotFound)
	for policies, pointer := range map[string]string{
		`[]`: "token-ttl-policies", `null`: "token-ttl-policies", `{}`: "token-ttl-policies",
		`[{"token-type":"team","max-ttl-ms":3600000},{"token-type":"metrics","max-ttl-ms":3600000}]`: "token-ttl-policies/1/token-type",
		`[{"token-type":"team","max-ttl-ms":0}]`:                                                     "token-ttl-policies/0/max-ttl-ms",
		`[{"token-type":"team","max-ttl-ms":9223372036854775807}]`:                                   "token-ttl-policies/0/max-ttl-ms",
	} {
		if body := set("owner", "acme", policies, http.StatusUnprocessableEntity); !strings.Contains(body, `"/data/attributes/`+pointer+`"`) {
			t.Errorf("%s is refused with %s", policies, body)
		}
	}
	if diff := cmp.Diff("team 63113904000", lives("owner", "acme")[1]); diff != "" {
		t.Errorf("after refusals (-want +got):\n%s", diff)
	}
	set("owner", "acme", hour, http.StatusOK)
	set("owner", "strict", `[{"token-type":"user","max-ttl-ms":3600000}]`, http.StatusOK)
	if diff := cmp.Diff([]string{"organization 63113904000", "team 3600000", "user 7200000", "audit_trails 3600000"}, lives("owner", "acme")); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}

	member := s.id(t, "member")
	issue := func(who, path string, life time.Duration, status int) time.Duration {
		attributes := `{}`
		if life != 0 {
			attributes = `{"expired-at":"` + time.Now().Add(life).UTC().Format(time.RFC3339) + `"}`
		}
		reply := s.do(t, who, http.MethodPost, path, `{"data":{"attributes":`+attributes+`}}`, status)
		if status != http.StatusCreated {
			if !strings.Contains(reply.Body, `"/data/attributes/expired-at"`) {
				t.Errorf("%s is refused with %s", path, reply.Body)
			}
			return 0
		}
		var answer struct {
			Data struct {
				Attributes struct {
					CreatedAt time.Time `json:"created-at"`
					ExpiredAt time.Time `json:"expired-at"`
				} `json:"attributes"`
			} `json:"data"`
		}
		reply.Decode(t, &answer)
		return answer.Data.Attributes.ExpiredAt.Sub(answer.Data.Attributes.CreatedAt)
	}
	brief := func(who string, life time.Duration) string {
		end := time.Now().Add(life).UTC().Truncate(time.Second)
		made, err := s.as(t, who).UserTokens.Create(t.Context(), s.id(t, who), tfe.UserTokenCreateOptions{ExpiredAt: &end})
		must(t, err)
		return made.Token
	}
	endless := s.token(t, "owner")
	s.tokens["owner"] = brief("owner", 50*time.Minute)
	ofTeam, ofMember := "teams/"+team.ID+"/authentication-token", "users/"+member+"/authentication-tokens"
	ofOrganization, trails := "organizations/acme/authentication-token", "organizations/acme/authentication-token?token=audit-trails"
	issue("owner", ofTeam, 48*time.Hour, http.StatusCreated) // nothing is enforced yet
	for _, name := range []string{"acme", "strict"} {
		must(t, errOf(s.as(t, "owner").Organizations.Update(t.Context(), name, tfe.OrganizationUpdateOptions{MaxTTLEnabled: tfe.Bool(true)})))
	}
	for _, path := range []string{ofTeam, trails} {
		issue("owner", path, 2*time.Hour, http.StatusUnprocessableEntity)
		issue("owner", path, 50*time.Minute, http.StatusCreated)
		if got := issue("owner", path, 0, http.StatusCreated); got != time.Hour {
			t.Errorf("%s: a token without an end lives %v", path, got)
		}
	}
	issue("owner", ofOrganization, 700*24*time.Hour, http.StatusCreated)
	issue("owner", ofOrganization, 800*24*time.Hour, http.StatusUnprocessableEntity)

	// No organization shortens a user's token, which works elsewhere as well. It decides whom it lets in.
	if got := issue("member", ofMember, 0, http.StatusCreated); got < 730*24*time.Hour {
		t.Errorf("a member's token without an end lives %v", got)
	}
	for name, row := range map[string]struct {
		token string
		in    [2]int // acme, which allows two hours, and strict, which allows one
	}{
		"a member for less than an hour":     {brief("member", 50*time.Minute), [2]int{200, 200}},
		"a member for more than an hour":     {brief("member", 90*time.Minute), [2]int{200, 401}},
		"a member for more than both allow":  {brief("member", 3*time.Hour), [2]int{401, 401}},
		"a member for good":                  {s.token(t, "member"), [2]int{401, 401}},
		"an owner for good":                  {endless, [2]int{401, 401}},
		"a stranger for less than an hour":   {brief("stranger", 50*time.Minute), [2]int{404, 404}},
		"the site token, which is no user's": {"site", [2]int{200, 200}},
	} {
		for i, organization := range []string{"acme", "strict"} {
			if got := s.Call(t, http.MethodGet, "/api/v2/organizations/"+organization, s.token(t, row.token), ""); got.Status != row.in[i] {
				t.Errorf("%s in %s: %d %s, want %d", name, organization, got.Status, got.Body, row.in[i])
			}
		}
		s.do(t, row.token, http.MethodGet, "account/details", "", http.StatusOK)
	}
	s.do(t, "stranger", http.MethodGet, "organizations/other", "", http.StatusOK) // one that limits nothing
	memberships, err := s.as(t, brief("member", 90*time.Minute)).OrganizationMemberships.List(t.Context(), "acme", nil)
	if err != nil || len(memberships.Items) != 1 {
		t.Errorf("in acme: %+v, %v", memberships, err)
	}
	own := s.do(t, brief("member", 90*time.Minute), http.MethodGet, "organization-memberships", "", http.StatusOK).Body
	if strings.Count(own, `"type":"organization-memberships"`) != 1 {
		t.Errorf("his memberships, of which one organization takes him: %s", own)
	}
}
