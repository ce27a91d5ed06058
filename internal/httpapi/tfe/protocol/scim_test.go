package protocol_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// scim sends a request of the SCIM protocol.
func (s *site) scim(t *testing.T, secret, method, path, body string, status int) testkit.Reply {
	t.Helper()
	got := s.Call(t, method, "/scim/v2"+path, secret, body)
	if got.Status != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, got.Status, got.Body, status)
	}
	return got
}

// provisioned creates a resource by SCIM and returns its id.
func (s *site) provisioned(t *testing.T, secret, path, body string) string {
	t.Helper()
	var made struct{ ID string }
	s.scim(t, secret, http.MethodPost, path, body, http.StatusCreated).Decode(t, &made)
	return made.ID
}

// administers reports whether somebody is a site admin.
func (s *site) administers(t *testing.T, userID string) bool {
	t.Helper()
	body := `{"subject":{"type":"user","id":"` + userID + `"},"action":{"name":"administer"},"resource":{"type":"platform","id":"main"}}`
	return strings.Contains(s.Call(t, http.MethodPost, "/access/v1/evaluation", s.SiteToken, body).Body, `"decision":true`)
}

// TestSCIMSettings runs the vendor's client through the settings: off, on, paused, the group of the site admins, off again.
func TestSCIMSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	scim := s.as(t, "site").Admin.Settings.SCIM
	read := func(enabled, paused bool, group string) {
		t.Helper()
		got, err := scim.Read(t.Context())
		must(t, err)
		if got.ID != "scim" || got.Enabled != enabled || got.Paused != paused || got.SiteAdminGroupDisplayName != group || (got.SiteAdminGroupSCIMID == "") != (group == "") {
			t.Errorf("the settings are %+v, want %v %v %q", got, enabled, paused, group)
		}
	}
	read(false, false, "")
	if _, err := scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{Paused: tfe.Bool(true)}); err == nil {
		t.Error("what is off was paused")
	}
	if _, err := scim.Tokens.Create(t.Context(), "too early"); err == nil {
		t.Error("a token was made while it is off")
	}
	must(t, scim.Delete(t.Context()))
	_, err := scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{Enabled: tfe.Bool(true)})
	must(t, err)
	read(true, false, "")
	token, err := scim.Tokens.Create(t.Context(), "Okta")
	must(t, err)
	user := s.provisioned(t, token.Token, "/Users", `{"userName":"ann@example.com","externalId":"x1"}`)
	group := s.provisioned(t, token.Token, "/Groups", `{"displayName":"admins","externalId":"g1","members":[{"value":"`+user+`"}]}`)
	if s.administers(t, user) {
		t.Fatal("a member of an ordinary group administers the site")
	}
	_, err = scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{SiteAdminGroupSCIMID: tfe.NullableString("grp-1111111111111111")})
	if err == nil {
		t.Error("a group that is not there was taken")
	}
	_, err = scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{SiteAdminGroupSCIMID: tfe.NullableString(group)})
	must(t, err)
	read(true, false, "admins")
	if !s.administers(t, user) {
		t.Error("the group of the site admins does not administer")
	}
	_, err = scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{Paused: tfe.Bool(true)})
	must(t, err)
	read(true, true, "admins")
	s.scim(t, token.Token, http.MethodGet, "/Users", "", http.StatusForbidden)
	_, err = scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{Paused: tfe.Bool(false), SiteAdminGroupSCIMID: tfe.NullString()})
	must(t, err)
	read(true, false, "")
	if s.administers(t, user) {
		t.Error("the group that was unlinked administers")
	}
	must(t, scim.Delete(t.Context()))
	read(false, false, "")
	s.scim(t, token.Token, http.MethodGet, "/Users", "", http.StatusUnauthorized)
	for _, who := range []string{"owner", "member"} {
		if _, err := s.as(t, who).Admin.Settings.SCIM.Read(t.Context()); err == nil {
			t.Errorf("%s reads the settings", who)
		}
		if err := s.as(t, who).Admin.Settings.SCIM.Delete(t.Context()); err == nil {
			t.Errorf("%s switches it off", who)
		}
	}
}

// TestSCIMTokens: several at a time, of 29 to 365 days, each shown once and ended by its id.
func TestSCIMTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	scim := s.as(t, "site").Admin.Settings.SCIM
	_, err := scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{Enabled: tfe.Bool(true)})
	must(t, err)
	first, err := scim.Tokens.Create(t.Context(), "first")
	must(t, err)
	if left := time.Until(first.ExpiredAt); first.Token == "" || first.Description != "first" || left < 364*24*time.Hour || left > 366*24*time.Hour {
		t.Errorf("the token is %+v", first)
	}
	for days, ok := range map[int]bool{20: false, 30: true, 60: true, 364: true, 400: false} {
		_, err := scim.Tokens.CreateWithOptions(t.Context(), tfe.AdminSCIMTokenCreateOptions{
			Description: tfe.String(fmt.Sprint(days)), ExpiredAt: new(time.Now().Add(time.Duration(days) * 24 * time.Hour)),
		})
		if (err == nil) != ok {
			t.Errorf("a token of %d days: %v", days, err)
		}
	}
	all, err := scim.Tokens.List(t.Context())
	must(t, err)
	if len(all.Items) != 4 || all.Items[0].Token != "" || all.Items[0].Description != "first" {
		t.Errorf("there are %d tokens, the first %+v", len(all.Items), all.Items[0])
	}
	got, err := scim.Tokens.Read(t.Context(), first.ID)
	must(t, err)
	if got.ID != first.ID || got.Token != "" {
		t.Errorf("it reads %+v", got)
	}
	s.scim(t, first.Token, http.MethodGet, "/Users", "", http.StatusOK)
	for _, who := range []string{"owner", "member"} {
		client := s.as(t, who).Admin.Settings.SCIM.Tokens
		if _, err := client.Read(t.Context(), first.ID); err == nil {
			t.Errorf("%s reads it", who)
		}
		if err := client.Delete(t.Context(), first.ID); err == nil {
			t.Errorf("%s ends it", who)
		}
		if _, err := client.Create(t.Context(), "mine"); err == nil {
			t.Errorf("%s makes one", who)
		}
	}
	other := s.ServiceToken(t, "gateway", "check")
	must(t, scim.Tokens.Delete(t.Context(), first.ID))
	s.scim(t, first.Token, http.MethodGet, "/Users", "", http.StatusUnauthorized)
	if err := scim.Tokens.Delete(t.Context(), first.ID); err == nil {
		t.Error("it was ended twice")
	}
	// Tokens of other service accounts are no business of this administration.
	var mine struct{ Tokens []struct{ ID, Name string } }
	s.Call(t, http.MethodGet, "/admin/v1/tokens", s.SiteToken, "").Decode(t, &mine)
	for _, token := range mine.Tokens {
		if _, err := scim.Tokens.Read(t.Context(), token.ID); err == nil && token.Name == "gateway" {
			t.Errorf("the token %s of another account is read", token.ID)
		}
	}
	if got := s.Call(t, http.MethodGet, "/scim/v2/Users", other, ""); got.Status != http.StatusForbidden {
		t.Errorf("a token without the scope is answered %d", got.Status)
	}
}

// TestSCIMMappings links groups to teams as the vendor's own tests do, with the vendor's words for what cannot be.
func TestSCIMMappings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	scim := s.as(t, "site").Admin.Settings.SCIM
	_, err := scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{Enabled: tfe.Bool(true)})
	must(t, err)
	token, err := scim.Tokens.Create(t.Context(), "Entra")
	must(t, err)
	user := s.provisioned(t, token.Token, "/Users", `{"userName":"ann@example.com"}`)
	groups := make([]string, 3) // the last one has nobody
	for n := range groups {
		members := []string{`{"value":"` + user + `"}`, `{"value":"` + user + `"}`, ""}[n]
		groups[n] = s.provisioned(t, token.Token, "/Groups", fmt.Sprintf(`{"displayName":"Group-%d","members":[%s]}`, n, members))
	}
	found, err := scim.Groups.List(t.Context(), &tfe.AdminSCIMGroupListOptions{Query: "group-"})
	must(t, err)
	if len(found.Items) != 3 || found.TotalCount != 3 || found.Items[0].ID != groups[0] || found.Items[0].Name != "Group-0" {
		t.Errorf("the groups are %+v", found)
	}
	if found, err = scim.Groups.List(t.Context(), &tfe.AdminSCIMGroupListOptions{ListOptions: tfe.ListOptions{PageSize: 2, PageNumber: 2}}); err != nil || len(found.Items) != 1 || found.TotalCount != 3 {
		t.Errorf("the second page: %v %+v", err, found)
	}
	s.organization(t, "owner", "acme")
	secret := func(name string) tfe.TeamCreateOptions {
		return tfe.TeamCreateOptions{Name: tfe.String(name), Visibility: tfe.String("secret")}
	}
	devs, ops := s.team(t, "owner", "acme", secret("devs")), s.team(t, "owner", "acme", secret("ops"))
	link := func(team, group string) error {
		return scim.SCIMGroupMappings.Create(t.Context(), team, &tfe.AdminSCIMGroupMappingCreateOptions{SCIMGroupID: group})
	}
	pause := func(team string, paused bool) error {
		return scim.SCIMGroupMappings.Update(t.Context(), team, &tfe.AdminSCIMGroupMappingUpdateOptions{SCIMSyncPaused: tfe.Bool(paused)})
	}
	says := func(what string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	inside := func(team string) bool {
		body := `{"subject":{"type":"user","id":"` + user + `"},"action":{"name":"view"},"resource":{"type":"team","id":"` + team + `"}}`
		return strings.Contains(s.Call(t, http.MethodPost, "/access/v1/evaluation", s.SiteToken, body).Body, `"decision":true`)
	}
	if inside(devs.ID) {
		t.Fatal("somebody sees a team that he is not in")
	}
	must(t, link(devs.ID, groups[0]))
	must(t, link(ops.ID, groups[0]))
	if !inside(devs.ID) || !inside(ops.ID) {
		t.Error("the group's people are not in the teams")
	}
	says("linked twice", link(devs.ID, groups[1]), tfe.ErrSCIMTeamAlreadyMapped.Error())
	says("a group that is not there", link(devs.ID, "grp-1111111111111111"), tfe.ErrResourceNotFound.Error())
	says("a team that is not there", link("team-1111111111111111", groups[0]), tfe.ErrResourceNotFound.Error())
	says("the owners team", link(s.owners(t).ID, groups[1]), tfe.ErrSCIMGroupMappingOwnersTeam.Error())
	_, err = scim.Update(t.Context(), tfe.AdminSCIMSettingUpdateOptions{SiteAdminGroupSCIMID: tfe.NullableString(groups[2])})
	must(t, err)
	free := s.team(t, "owner", "acme", secret("free"))
	says("the group of the site admins", link(free.ID, groups[2]), tfe.ErrSCIMGroupMappingSiteAdminGroup.Error())
	says("pause what is not linked", pause(free.ID, true), tfe.ErrSCIMGroupMappingTeamNotLinked.Error())
	says("unlink what is not linked", scim.SCIMGroupMappings.Delete(t.Context(), free.ID), tfe.ErrSCIMGroupMappingTeamNotLinked.Error())
	says("pause a team that is not there", pause("team-1111111111111111", true), tfe.ErrResourceNotFound.Error())
	must(t, pause(devs.ID, true))
	must(t, pause(devs.ID, true))
	s.scim(t, token.Token, http.MethodPatch, "/Groups/"+groups[0], `{"Operations":[{"op":"remove","path":"members","value":[{"value":"`+user+`"}]}]}`, http.StatusOK)
	if !inside(devs.ID) || inside(ops.ID) {
		t.Error("a paused team follows its group, or another one does not")
	}
	must(t, pause(devs.ID, false))
	if inside(devs.ID) {
		t.Error("a team that was resumed does not follow its group")
	}
	must(t, scim.SCIMGroupMappings.Delete(t.Context(), devs.ID))
	must(t, link(devs.ID, groups[1]))
	if !inside(devs.ID) {
		t.Error("the team does not follow the other group")
	}
	must(t, pause(devs.ID, true))
	must(t, scim.SCIMGroupMappings.Delete(t.Context(), devs.ID))
	if inside(devs.ID) {
		t.Error("a team that was unlinked follows the group")
	}
	for _, who := range []string{"owner", "member"} {
		client := s.as(t, who).Admin.Settings.SCIM
		if err := client.SCIMGroupMappings.Create(t.Context(), free.ID, &tfe.AdminSCIMGroupMappingCreateOptions{SCIMGroupID: groups[0]}); err == nil {
			t.Errorf("%s links a group", who)
		}
		if _, err := client.Groups.List(t.Context(), nil); err == nil {
			t.Errorf("%s lists groups", who)
		}
	}
}
