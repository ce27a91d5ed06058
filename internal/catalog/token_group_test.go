package catalog_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// hamlet is an organization whose access comes from groups: inner is nested in outer, outer is linked to the team writers
// and holds read on the workspace web by itself; ann is in inner, and cid administers in Terrakube's way.
type hamlet struct {
	*testkit.Bench
	ahead        *atomic.Int64 // how far the catalog's clock is ahead
	org          catalog.Organization
	writers      catalog.Team
	prod, web    authz.Object
	outer, inner catalog.Group
	people       map[string]catalog.Principal
}

func newHamlet(t *testing.T) *hamlet {
	t.Helper()
	h := &hamlet{ahead: &atomic.Int64{}, people: map[string]catalog.Principal{}}
	h.Bench = testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{Now: func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }})
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		for _, name := range []string{"owner", "ann", "bob", "cid"} {
			u, err := c.EnsureUser(ctx, name, name+"@example.com")
			if err != nil {
				return err
			}
			h.people[name] = testkit.PrincipalOf(u)
		}
		return h.build(ctx, c)
	})
	h.people["site-admin"] = h.Admin
	return h
}

func (h *hamlet) build(ctx context.Context, c *catalog.Change) (err error) {
	if h.org, err = c.CreateOrganization(ctx, "acme", "", h.people["owner"].Subject.ID); err != nil {
		return err
	}
	for name, at := range map[string]*authz.Object{"prod": &h.prod, "web": &h.web} {
		w, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: h.org.ID, Name: name})
		if err != nil {
			return err
		}
		*at = ref(schema.TypeWorkspace, w.ID)
	}
	if h.writers, err = c.CreateTeam(ctx, catalog.Team{OrganizationID: h.org.ID, Name: "writers", Visibility: catalog.VisibilityOrganization}); err != nil {
		return err
	}
	if err := c.EnsureDirectory(ctx, catalog.Directory{Name: "test", Trust: catalog.TrustAdministrators}); err != nil {
		return err
	}
	var admins catalog.Group
	for name, g := range map[string]*catalog.Group{"outer": &h.outer, "inner": &h.inner, "admins": &admins} {
		if *g, err = c.CreateGroup(ctx, catalog.Group{Source: "test", ExternalID: name, DisplayName: name}); err != nil {
			return err
		}
	}
	if err := c.Nest(ctx, h.outer.ID, h.inner.ID); err != nil {
		return err
	}
	for group, name := range map[string]string{h.inner.ID: "ann", admins.ID: "cid"} {
		if err := c.AddGroupMember(ctx, group, h.people[name].Subject.ID); err != nil {
			return err
		}
	}
	if _, err := c.LinkGroup(ctx, h.outer.ID, h.writers.ID); err != nil {
		return err
	}
	for _, g := range []catalog.Grant{
		{Holder: ref(schema.TypeTeam, h.writers.ID), RoleID: "tfe-write", Scope: h.prod},
		{Holder: ref(schema.TypeGroup, h.outer.ID), RoleID: "tfe-read", Scope: h.web},
		{Holder: ref(schema.TypeGroup, admins.ID), RoleID: "terrakube-administrator", Scope: ref(schema.TypePlatform, catalog.PlatformID)},
	} {
		if _, err := c.CreateGrant(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// token makes a token of a group by the site admin and returns who comes with it.
func (h *hamlet) token(t *testing.T, group string) catalog.Principal {
	t.Helper()
	made, _, err := h.IssueGroupToken(t.Context(), h.Admin, group, catalog.SignedTerms{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.enter(t.Context(), made.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (h *hamlet) enter(ctx context.Context, secret string) (catalog.Principal, error) {
	token, err := h.TokenBySecret(ctx, secret)
	if err != nil {
		return catalog.Principal{}, err
	}
	return h.PrincipalOf(ctx, token)
}

// may reports what somebody holds: apply on prod through the team, read on web through the group, and the organization.
func (h *hamlet) may(t *testing.T, p catalog.Principal) (prod, web, org bool) {
	t.Helper()
	held, _, err := h.Engine.CheckAll(t.Context(), []authz.Question{
		{Subject: p.Subject, Permission: schema.WorkspaceApplyRun.Name(), Resource: h.prod},
		{Subject: p.Subject, Permission: schema.WorkspaceReadRun.Name(), Resource: h.web},
		{Subject: p.Subject, Permission: schema.OrganizationView.Name(), Resource: ref(schema.TypeOrganization, h.org.ID)},
	}, authz.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	return held[0], held[1], held[2]
}

// TestATokenOfAGroupIsOneMoreOfItsPeople: it holds what ann holds, who is in the same group, at every turn.
func TestATokenOfAGroupIsOneMoreOfItsPeople(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	p, ann := h.token(t, "inner"), h.people["ann"]
	if p.Subject.Type != schema.TypeTeamToken || p.Name != "inner" || p.Credential != catalog.TokenGroup {
		t.Errorf("principal %+v", p)
	}
	link := func() catalog.GroupLink {
		links, err := h.Store.GroupLinks(ctx, catalog.GroupLinkFilter{TeamIDs: []string{h.writers.ID}})
		if err != nil || len(links) != 1 {
			t.Fatal(links, err)
		}
		return links[0]
	}
	step := func(fn func(ctx context.Context, c *catalog.Change) error) func() {
		return func() { change(t, h.Bench, fn) }
	}
	disabled := func(d bool) func() {
		return step(func(ctx context.Context, c *catalog.Change) error { return c.SetDisabled(ctx, h.org.ID, d) })
	}
	for _, row := range []struct {
		when           string
		do             func()
		prod, web, org bool
	}{
		{"at first", func() {}, true, true, true},
		{"the team is not linked any more", step(func(ctx context.Context, c *catalog.Change) error { return c.UnlinkGroup(ctx, link()) }), false, true, true},
		{"the inner group is linked itself", step(func(ctx context.Context, c *catalog.Change) error {
			_, err := c.LinkGroup(ctx, h.inner.ID, h.writers.ID)
			return err
		}), true, true, true},
		{"the groups are apart", step(func(ctx context.Context, c *catalog.Change) error { return c.Unnest(ctx, h.outer.ID, h.inner.ID) }), true, false, true},
		{"neither link nor nesting is left", step(func(ctx context.Context, c *catalog.Change) error { return c.UnlinkGroup(ctx, link()) }), false, false, false},
		{"nested again", step(func(ctx context.Context, c *catalog.Change) error { return c.Nest(ctx, h.outer.ID, h.inner.ID) }), false, true, true},
		{"the organization is disabled", disabled(true), false, false, false},
		{"enabled again", disabled(false), false, true, true},
		{"the outer group is gone", step(func(ctx context.Context, c *catalog.Change) error { return c.RemoveGroup(ctx, h.outer.ID) }), false, false, false},
	} {
		row.do()
		for who, p := range map[string]catalog.Principal{"the token": p, "ann": ann} {
			if prod, web, org := h.may(t, p); prod != row.prod || web != row.web || org != row.org {
				t.Errorf("%s, %s holds %t %t %t, want %t %t %t", row.when, who, prod, web, org, row.prod, row.web, row.org)
			}
		}
		if d, err := h.Reconcile(ctx, h.Admin, true); err != nil || len(d.Missing)+len(d.Unexpected) > 0 {
			t.Errorf("%s: drift %+v, %v", row.when, d, err)
		}
	}
}

// TestATokenOfAGroupEnds: when it is revoked, when it expires and with its group; until then it works.
func TestATokenOfAGroupEnds(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	hour := catalog.SignedTerms{Life: time.Hour}
	for _, row := range []struct {
		how string
		end func(id string) error
	}{
		{"revoked", func(id string) error { _, err := h.EndGroupToken(ctx, h.Admin, id); return err }},
		{"revoked by id as every token", func(id string) error { _, err := h.RevokeToken(ctx, h.Admin, id); return err }},
		{"expired", func(string) error { h.ahead.Store(int64(time.Hour)); return nil }},
		{"without its group", func(string) error {
			h.ahead.Store(0)
			_, err := h.Import(ctx, h.Admin, func(ctx context.Context, c *catalog.Change) error { return c.RemoveGroup(ctx, h.inner.ID) })
			return err
		}},
	} {
		made, _, err := h.IssueGroupToken(ctx, h.people["ann"], "inner", hour)
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.enter(ctx, made.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if prod, _, _ := h.may(t, p); !prod {
			t.Errorf("%s: it held nothing before", row.how)
		}
		if err := row.end(made.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.enter(ctx, made.Secret); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: it still enters: %v", row.how, err)
		}
		if prod, _, _ := h.may(t, p); prod && row.how != "expired" { // the engine has a clock of its own
			t.Errorf("%s: it still holds something", row.how)
		}
	}
}

// TestWhoMakesTokensOfAGroup lists who may and who nearly may, and what of the attempt is left.
func TestWhoMakesTokensOfAGroup(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	bots := map[string]catalog.Principal{"a token of the group": h.token(t, "inner"), "a token of the administrators": h.token(t, "admins")}
	organization, _, err := h.IssueOrganizationToken(ctx, h.people["owner"], h.org.ID, catalog.TokenOrganization, catalog.TokenTerms{})
	if err != nil {
		t.Fatal(err)
	}
	team, _, err := h.IssueTeamToken(ctx, h.people["owner"], h.writers.ID, catalog.TokenTerms{})
	if err != nil {
		t.Fatal(err)
	}
	service, err := h.CreateToken(ctx, h.Admin, catalog.TokenRequest{Kind: catalog.TokenService, Name: "ci", Scopes: []string{"check", "sync", "scim"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, made := range map[string]catalog.IssuedToken{"an organization's token": organization, "a token of the linked team": team, "a service's token": service} {
		if bots[name], err = h.enter(ctx, made.Secret); err != nil {
			t.Fatal(err)
		}
	}
	for name, p := range h.people {
		bots[name] = p
	}
	refusals := 0
	for _, row := range []struct {
		who, group string
		may        bool
	}{
		{"ann", "inner", true}, // in the group
		{"ann", "outer", true}, // in a group that is nested in it
		{"ann", "admins", false},
		{"ann", "nowhere", false},
		{"ann", "INNER", false}, // names are exact
		{"bob", "inner", false},
		{"owner", "inner", false}, // of an organization where the group has access
		{"cid", "inner", false},   // who administers in Terrakube's way is not above everybody
		{"cid", "admins", true},
		{"cid", "nowhere", false},
		{"site-admin", "inner", true},
		{"site-admin", "nowhere", false}, // even for him there is none
		{"a token of the group", "inner", false},
		{"a token of the group", "outer", false},
		{"a token of the administrators", "inner", false},
		{"a token of the administrators", "admins", false},
		{"an organization's token", "inner", false},
		{"a token of the linked team", "outer", false},
		{"a service's token", "inner", false},
	} {
		made, _, err := h.IssueGroupToken(ctx, bots[row.who], row.group, catalog.SignedTerms{})
		if (err == nil) != row.may || !row.may && !fault.Is(err, fault.Denied) {
			t.Errorf("%s makes a token of %s: %v", row.who, row.group, err)
		}
		if (made.Secret == "") == row.may {
			t.Errorf("%s gets the secret %q", row.who, made.Secret)
		}
		if !row.may {
			refusals++
		}
	}
	events, err := h.AuditEvents(ctx, h.Admin, catalog.AuditFilter{Actions: []string{"group.create_token"}, Outcome: catalog.OutcomeRefused})
	if err != nil || len(events) != refusals {
		t.Errorf("%d refusals are recorded, want %d, %v", len(events), refusals, err)
	}
	if _, _, err := h.IssueGroupToken(ctx, h.people["ann"], "", catalog.SignedTerms{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a token of no group: %v", err)
	}
}

// TestATokenEndsNoLaterThanItsMaker: what a token that ends makes ends with it at the latest, of whatever kind it is.
func TestATokenEndsNoLaterThanItsMaker(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	make1 := func(made catalog.IssuedToken, _ authz.Token, err error) (catalog.IssuedToken, catalog.Principal) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.enter(ctx, made.Secret)
		if err != nil {
			t.Fatal(err)
		}
		return made, p
	}
	parent, p := make1(h.IssuePersonalToken(ctx, h.people["ann"], catalog.SignedTerms{Life: 10 * time.Hour}))
	_, endless := make1(h.IssuePersonalToken(ctx, h.people["ann"], catalog.SignedTerms{Endless: true}))
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error { // so that their tokens make tokens of other groups
		role, err := c.CreateRole(ctx, catalog.Role{Name: "root", Permissions: []string{string(schema.PlatformAdminister)}})
		if err != nil {
			return err
		}
		admins, err := c.GroupsByName(ctx, "admins")
		if err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeGroup, admins[0].ID), RoleID: role.ID, Scope: ref(schema.TypePlatform, catalog.PlatformID)})
		return err
	})
	bot, b := make1(h.IssueGroupToken(ctx, h.people["cid"], "admins", catalog.SignedTerms{Life: 10 * time.Hour}))
	issue := map[string]func(catalog.Principal, catalog.SignedTerms) (catalog.IssuedToken, authz.Token, error){
		"personal": func(p catalog.Principal, terms catalog.SignedTerms) (catalog.IssuedToken, authz.Token, error) {
			return h.IssuePersonalToken(ctx, p, terms)
		},
		"group": func(p catalog.Principal, terms catalog.SignedTerms) (catalog.IssuedToken, authz.Token, error) {
			return h.IssueGroupToken(ctx, p, "inner", terms)
		},
	}
	for _, row := range []struct {
		kind, by string
		p        catalog.Principal
		terms    catalog.SignedTerms
		want     time.Time // zero: no end
		refused  bool
	}{
		{"personal", "a token that ends", p, catalog.SignedTerms{}, parent.ExpiresAt, false},
		{"personal", "a token that ends", p, catalog.SignedTerms{Endless: true}, parent.ExpiresAt, false},
		{"personal", "a token that ends", p, catalog.SignedTerms{Life: 11 * time.Hour}, time.Time{}, true},
		{"group", "a token that ends", p, catalog.SignedTerms{}, parent.ExpiresAt, false},
		{"group", "a token that ends", p, catalog.SignedTerms{Life: 11 * time.Hour}, time.Time{}, true},
		{"group", "a group's token that ends", b, catalog.SignedTerms{}, bot.ExpiresAt, false},
		{"group", "a group's token that ends", b, catalog.SignedTerms{Life: 11 * time.Hour}, time.Time{}, true},
		{"personal", "a token without an end", endless, catalog.SignedTerms{Endless: true}, time.Time{}, false},
		{"group", "somebody without a token", h.people["ann"], catalog.SignedTerms{Endless: true}, time.Time{}, false},
	} {
		made, _, err := issue[row.kind](row.p, row.terms)
		if (err != nil) != row.refused || row.refused && !fault.Is(err, fault.Invalid) || !row.refused && !made.ExpiresAt.Equal(row.want.Truncate(time.Microsecond)) {
			t.Errorf("a %s token by %s on %+v ends %v, want %v, %v", row.kind, row.by, row.terms, made.ExpiresAt, row.want, err)
		}
	}
	made, _ := make1(h.IssuePersonalToken(ctx, p, catalog.SignedTerms{Life: 9 * time.Hour}))
	if !made.ExpiresAt.Before(parent.ExpiresAt) {
		t.Errorf("a shorter one ends %v", made.ExpiresAt)
	}
	made, _ = make1(h.IssuePersonalToken(ctx, h.people["ann"], catalog.SignedTerms{}))
	if want := made.CreatedAt.AddDate(2, 0, 0); !made.ExpiresAt.Equal(want) {
		t.Errorf("as long as is allowed is until %v, want %v", made.ExpiresAt, want)
	}
	if _, _, err := h.IssuePersonalToken(ctx, b, catalog.SignedTerms{}); !fault.Is(err, fault.Denied) {
		t.Errorf("a group has made itself a personal token: %v", err)
	}
}

// TestWhoSeesAndEndsTokensOfAGroup: its creator and administrators end it, its group sees it; to others it is not there.
func TestWhoSeesAndEndsTokensOfAGroup(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		return c.AddGroupMember(ctx, h.inner.ID, h.people["bob"].Subject.ID)
	})
	bot := h.token(t, "inner")
	for _, row := range []struct {
		who       string
		p         catalog.Principal
		sees, may bool
	}{
		{"who created it", h.people["ann"], true, true},
		{"another in the group", h.people["bob"], true, false},
		{"a token of the group", bot, true, false},
		{"an owner of an organization", h.people["owner"], false, false},
		{"a Terrakube administrator", h.people["cid"], true, true},
		{"a site admin", h.Admin, true, true},
	} {
		made, _, err := h.IssueGroupToken(ctx, h.people["ann"], "inner", catalog.SignedTerms{})
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		listed, err := h.GroupTokens(ctx, row.p)
		for _, g := range listed {
			if g.Hash != nil {
				t.Errorf("%s sees the digest of %s", row.who, g.ID)
			}
			if g.ID == made.ID {
				seen = g.Maker == "ann" && g.Group.ID == h.inner.ID
			}
		}
		if err != nil || seen != row.sees {
			t.Errorf("%s sees it: %t, want %t, %v", row.who, seen, row.sees, err)
		}
		_, err = h.EndGroupToken(ctx, row.p, made.ID)
		if (err == nil) != row.may || !row.may && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s ends it: %v", row.who, err)
		}
		if _, err := h.enter(ctx, made.Secret); (err != nil) != row.may {
			t.Errorf("%s: it enters afterwards: %v", row.who, err)
		}
	}
	mine, _, err := h.IssuePersonalToken(ctx, h.people["ann"], catalog.SignedTerms{})
	if err != nil {
		t.Fatal(err)
	}
	for what, end := range map[string]func() error{
		"a personal token as a group's":  func() error { _, err := h.EndGroupToken(ctx, h.people["ann"], mine.ID); return err },
		"a group's token as a personal":  func() error { _, err := h.EndPersonalToken(ctx, h.people["ann"], bot.TokenID); return err },
		"somebody else's personal token": func() error { _, err := h.EndPersonalToken(ctx, h.people["cid"], mine.ID); return err },
		"one that is not there":          func() error { _, err := h.EndGroupToken(ctx, h.Admin, "at-1111111111111111"); return err },
	} {
		if err := end(); !fault.Is(err, fault.NotFound) {
			t.Errorf("end %s: %v", what, err)
		}
	}
}

// TestAnOrganizationDecidesAboutTokensOfGroups: it has issued none of them, so it lets them in as it does people's own.
func TestAnOrganizationDecidesAboutTokensOfGroups(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	p := h.token(t, "inner")
	for _, refuse := range []bool{false, true, false} {
		change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
			o, err := c.Organization(ctx, h.org.ID)
			if err != nil {
				return err
			}
			o.RefuseUserTokens = refuse
			return c.ChangeOrganization(ctx, o)
		})
		_, err := h.FindOrganization(ctx, p, h.org.ID)
		_, listed, failed := h.ListOrganizations(ctx, p, catalog.PlaceQuery{}, catalog.Window{})
		held, heldErr := h.HeldIn(ctx, p, h.org.ID, catalog.Possession{Permission: schema.WorkspaceApplyRun, On: h.prod})
		if (err == nil) == refuse || failed != nil || heldErr != nil || held[0] == refuse || (listed == 0) != refuse {
			t.Errorf("refusing %t: %v, %d listed, %v, holds %v, %v", refuse, err, listed, failed, held, heldErr)
		}
	}
}

// TestAGroupsTokenIsNoMemberOfATeamWhoseTokensItWants: it manages tokens of a linked team where the team manages teams, and
// not because members may.
func TestAGroupsTokenIsNoMemberOfATeamWhoseTokensItWants(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	p := h.token(t, "inner")
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		team, err := c.Team(ctx, h.writers.ID)
		if err != nil {
			return err
		}
		team.AllowMemberTokenManagement = true
		return c.ChangeTeam(ctx, team)
	})
	if _, _, err := h.IssueTeamToken(ctx, h.people["ann"], h.writers.ID, catalog.TokenTerms{}); err != nil {
		t.Errorf("a member: %v", err)
	}
	if _, _, err := h.IssueTeamToken(ctx, p, h.writers.ID, catalog.TokenTerms{}); !fault.Is(err, fault.Denied) {
		t.Errorf("a token of the group: %v", err)
	}
}

// TestHeldInIsAboutOneOrganization: about what is elsewhere, or nowhere, nothing is held.
func TestHeldInIsAboutOneOrganization(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	other, _ := ownedBy(t, h.Bench, "other", "eve")
	for _, row := range []struct {
		what, organization string
		on                 authz.Object
		want               bool
	}{
		{"where it is", h.org.ID, h.prod, true},
		{"in another organization", other.ID, h.prod, false},
		{"a workspace that is not there", h.org.ID, ref(schema.TypeWorkspace, "ws-none"), false},
		{"an organization that is not there", "org-none", h.prod, false},
	} {
		held, err := h.HeldIn(ctx, h.people["ann"], row.organization, catalog.Possession{Permission: schema.WorkspaceApplyRun, On: row.on})
		if err != nil || held[0] != row.want {
			t.Errorf("%s: %v, %v", row.what, held, err)
		}
	}
}
