package catalog_test

import (
	"context"
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// directorySteps are the changes that directories and what is done about them bring to a history.
func (h *history) directorySteps() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"fill":           func(*rapid.T) { h.do(h.fill) },
		"nest many":      func(*rapid.T) { h.do(h.nestMany) },
		"rename group":   func(*rapid.T) { h.do(h.renameGroup) },
		"retire":         func(*rapid.T) { h.do(h.retire) },
		"restore group":  func(*rapid.T) { h.do(h.restoreGroup) },
		"delete retired": func(*rapid.T) { h.do(h.deleteRetired) },
		"trust":          func(*rapid.T) { h.do(h.trust) },
		"administrators": func(*rapid.T) { h.do(h.appoint) },
		"person":         func(*rapid.T) { h.do(h.person) },
		"leave for good": func(*rapid.T) { h.do(h.personLeaves) },
		"restore person": func(*rapid.T) { h.do(h.personReturns) },
		"pause link":     func(*rapid.T) { h.outside(h.pauseLink) },
		"login":          func(*rapid.T) { h.outside(h.login) },
	}
}

// outside runs a use case that is a change of its own.
func (h *history) outside(fn func(ctx context.Context) error) {
	h.rng = rand.New(rand.NewPCG(rapid.Uint64().Draw(h.T, "seed"), 0))
	err := fn(h.Context())
	if fault.Is(err, fault.Denied) { // in an organization that is disabled
		return
	}
	h.judge(err)
}

// until draws for how long somebody is in a group. Ends are far off, so that none passes while a history is looked at.
func (h *history) until() time.Time {
	return []time.Time{{}, {}, time.Now().Add(time.Hour), time.Now().Add(2 * time.Hour)}[h.rng.IntN(4)]
}

func (h *history) fill(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	users, err := c.Users(ctx, catalog.UserFilter{})
	if err != nil {
		return err
	}
	var add []catalog.GroupMember
	var remove []string
	for _, u := range users {
		switch h.rng.IntN(4) {
		case 0:
			add = append(add, catalog.GroupMember{UserID: u.ID, ExpiresAt: h.until()})
		case 1:
			remove = append(remove, u.ID)
		}
	}
	return c.FillGroup(ctx, g.ID, add, remove)
}

func (h *history) nestMany(ctx context.Context, c *catalog.Change) error {
	parent, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	groups, err := c.Groups(ctx)
	if err != nil {
		return err
	}
	var add, remove []string
	for _, g := range groups {
		switch h.rng.IntN(5) {
		case 0:
			add = append(add, g.ID)
		case 1, 2:
			remove = append(remove, g.ID)
		}
	}
	return c.NestGroups(ctx, parent.ID, add, remove)
}

func (h *history) renameGroup(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	other, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	return c.RenameGroup(ctx, g.ID, other.DisplayName)
}

func (h *history) retire(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	return c.RetireGroup(ctx, g.ID)
}

func (h *history) restoreGroup(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	return c.RestoreGroup(ctx, g.ID)
}

func (h *history) deleteRetired(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	return c.DeleteRetired(ctx, g.ID)
}

// trust changes how far the directory is trusted, and what the administrators' group is called.
func (h *history) trust(ctx context.Context, c *catalog.Change) error {
	trusts := []catalog.NameTrust{catalog.TrustNone, catalog.TrustTeams, catalog.TrustAdministrators}
	return c.EnsureDirectory(ctx, catalog.Directory{Name: "test", Kind: "file", Trust: trusts[h.rng.IntN(len(trusts))]})
}

func (h *history) appoint(ctx context.Context, c *catalog.Change) error {
	g, err := h.group(ctx, c)
	if err != nil {
		return err
	}
	if h.flip() {
		return c.DismissByRule(ctx, g.ID, "admins")
	}
	_, err = c.AppointByRule(ctx, g.ID, "admins")
	return err
}

func (h *history) person(ctx context.Context, c *catalog.Change) error {
	w := catalog.PersonWord{Source: "test", ExternalID: h.name(), Username: h.name(), Active: h.flip()}
	if h.flip() {
		u, err := h.user(ctx, c)
		if err != nil {
			return err
		}
		w.UserID = u.ID
	}
	_, err := c.BringPerson(ctx, w)
	return err
}

func (h *history) personOf(ctx context.Context, c *catalog.Change) (catalog.Person, error) {
	rows, err := c.Persons(ctx, catalog.PersonFilter{Source: "test"})
	return pick(h, rows, err)
}

func (h *history) personLeaves(ctx context.Context, c *catalog.Change) error {
	p, err := h.personOf(ctx, c)
	if err != nil {
		return err
	}
	if _, err := c.DeactivatePerson(ctx, p.Source, p.ExternalID, h.flip()); err != nil || h.flip() {
		return err
	}
	if h.flip() {
		_, err := c.RemovePerson(ctx, p.Source, p.ExternalID)
		return err
	}
	return c.ReleasePerson(ctx, p.Source, p.ExternalID)
}

func (h *history) personReturns(ctx context.Context, c *catalog.Change) error {
	p, err := h.personOf(ctx, c)
	if err != nil {
		return err
	}
	_, err = c.RestorePerson(ctx, p.Source, p.ExternalID)
	return err
}

func (h *history) pauseLink(ctx context.Context) error {
	links, err := h.b.Store.GroupLinks(ctx, catalog.GroupLinkFilter{})
	l, err := pick(h, links, err)
	if err != nil {
		return err
	}
	if l.Paused {
		_, _, err = h.b.ResumeLink(ctx, h.b.Admin, l.ID)
	} else {
		_, _, err = h.b.PauseLink(ctx, h.b.Admin, l.ID)
	}
	return err
}

func (h *history) login(ctx context.Context) error {
	users, err := h.b.Store.Users(ctx, catalog.UserFilter{})
	u, err := pick(h, users, err)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range []string{"red", "blue", "green", "TERRAKUBE_ADMIN"} {
		if h.flip() {
			names = append(names, name)
		}
	}
	d := catalog.Directory{Name: "idp", Kind: "oidc", Trust: catalog.TrustAdministrators, Issuer: "https://idp.example"}
	if _, err := h.b.LoginGroups(ctx, u.ID, d, names, time.Now().Add(time.Hour)); err != nil {
		return err
	}
	if h.flip() {
		return nil
	}
	groups, err := h.b.Store.GroupsOf(ctx, "idp")
	g, err := pick(h, groups, err)
	if err != nil {
		return err
	}
	_, err = h.b.Import(ctx, h.b.Admin, func(ctx context.Context, c *catalog.Change) error {
		t, err := c.Teams(ctx, catalog.TeamFilter{})
		team, err := pick(h, t, err)
		if err != nil {
			return err
		}
		if h.flip() {
			_, err = c.LinkByRule(ctx, g.ID, team.ID, "by-login")
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: authz.Object{Type: schema.TypeGroup, ID: g.ID}, RoleID: "infra0-viewer", Scope: authz.Object{Type: schema.TypePlatform, ID: catalog.PlatformID}})
		return err
	})
	return err
}
