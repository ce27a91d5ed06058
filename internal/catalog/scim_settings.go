package catalog

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// SCIMConnection is the one connection that TFE's administration knows: the name of its directory and of its service
// account.
const SCIMConnection = "scim"

// ruleSCIMSettings makes the people of the group in the settings site admins.
const ruleSCIMSettings = "scim-settings"

// SCIMSettings are how the connection of TFE's administration stands.
type SCIMSettings struct {
	Enabled        bool
	Paused         bool
	SiteAdminGroup Group // whose people are site admins; zero: no group's
}

// SCIMChanges are what is to change of them; nil leaves it.
type SCIMChanges struct {
	Enabled, Paused  *bool
	SiteAdminGroupID *string // "" for no group
}

// ReadSCIMSettings returns the settings; platform.audit.
func (s *Service) ReadSCIMSettings(ctx context.Context, p Principal) (SCIMSettings, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return SCIMSettings{}, err
	}
	return scimSettings(ctx, s.store)
}

func scimSettings(ctx context.Context, q Queries) (SCIMSettings, error) {
	var out SCIMSettings
	d, err := q.Directory(ctx, SCIMConnection)
	if fault.Is(err, fault.NotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Enabled, out.Paused = !d.Disabled, d.Paused
	admins, err := appointedBy(ctx, q, ruleSCIMSettings)
	if err != nil || len(admins) == 0 {
		return out, err
	}
	out.SiteAdminGroup, err = q.Group(ctx, admins[0])
	return out, err
}

// appointedBy returns the ids of the groups whose people a rule makes site admins.
func appointedBy(ctx context.Context, q Queries, rule string) ([]string, error) {
	grants, err := q.Grants(ctx, GrantFilter{PlatformOnly: true, RoleID: schema.RoleSiteAdmin})
	var out []string
	for _, g := range grants {
		if g.CreatedBy == byRule(rule) && g.Holder.Type == schema.TypeGroup {
			out = append(out, g.Holder.ID)
		}
	}
	return out, err
}

// ChangeSCIMSettings changes the settings; platform.administer. Switching on makes the connection and its service account
// where there are none. A group that gets site administration, or loses it, does so at once. Faults: NotFound for a group
// that is none of the connection, Conflict for anything but switching on while it is off.
func (s *Service) ChangeSCIMSettings(ctx context.Context, p Principal, ch SCIMChanges) (SCIMSettings, authz.Token, error) {
	var after SCIMSettings
	token, err := s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error {
		if err := c.changeSCIM(ctx, ch); err != nil {
			return err
		}
		var err error
		after, err = scimSettings(ctx, c)
		return err
	})
	return after, token, err
}

func (c *Change) changeSCIM(ctx context.Context, ch SCIMChanges) error {
	if ch.Enabled != nil && *ch.Enabled {
		if err := c.openSCIM(ctx); err != nil {
			return err
		}
	}
	if err := c.turnSCIM(ctx, ch); err != nil || ch.SiteAdminGroupID == nil {
		return err
	}
	return c.appointSCIM(ctx, *ch.SiteAdminGroupID)
}

// openSCIM makes the connection and its service account where there are none.
func (c *Change) openSCIM(ctx context.Context) error {
	if _, err := c.EnsureServiceAccount(ctx, SCIMConnection); err != nil {
		return err
	}
	_, err := c.Directory(ctx, SCIMConnection)
	if fault.Is(err, fault.NotFound) {
		return c.EnsureDirectory(ctx, Directory{Name: SCIMConnection, Kind: KindSCIM, Trust: TrustTeams})
	}
	return err
}

// turnSCIM switches the connection on or off, pauses it or resumes it.
func (c *Change) turnSCIM(ctx context.Context, ch SCIMChanges) error {
	d, err := c.Directory(ctx, SCIMConnection)
	if fault.Is(err, fault.NotFound) {
		if ch.Enabled != nil && ch.Paused == nil && ch.SiteAdminGroupID == nil { // off it is
			return nil
		}
		return fault.New(fault.Conflict, "SCIM is not enabled")
	}
	if err != nil {
		return err
	}
	before := d
	if ch.Enabled != nil {
		d.Disabled = !*ch.Enabled
	}
	if d.Disabled && (ch.Paused != nil || ch.SiteAdminGroupID != nil) {
		return fault.New(fault.Conflict, "SCIM is not enabled")
	}
	if ch.Paused != nil {
		d.Paused = *ch.Paused
	}
	if d == before {
		return nil
	}
	c.record("directory.update", "", directoryRef(d.Name), before, d)
	return c.PutDirectory(ctx, d)
}

// appointSCIM makes the people of a group of the connection site admins, in place of another group's.
func (c *Change) appointSCIM(ctx context.Context, groupID string) error {
	before, err := appointedBy(ctx, c, ruleSCIMSettings)
	if err != nil {
		return err
	}
	if groupID != "" && !slices.Contains(before, groupID) {
		if _, err := scimGroup(ctx, c, groupID); err != nil {
			return err
		}
		linked, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{groupID}})
		if err != nil {
			return err
		}
		if len(linked) > 0 {
			return fault.At("site-admin-group-scim-id", "is linked to a team already")
		}
	}
	if err := c.trustSCIM(ctx, groupID != ""); err != nil {
		return err
	}
	if groupID != "" {
		if _, err := c.AppointByRule(ctx, groupID, ruleSCIMSettings); err != nil {
			return err
		}
	}
	for _, id := range before {
		if id == groupID {
			continue
		}
		if err := c.DismissByRule(ctx, id, ruleSCIMSettings); err != nil {
			return err
		}
	}
	return nil
}

// trustSCIM trusts the connection to say who administers, or no more than that it says who is in which team.
func (c *Change) trustSCIM(ctx context.Context, administers bool) error {
	d, err := c.Directory(ctx, SCIMConnection)
	if err != nil {
		return err
	}
	if d.Trust = TrustTeams; administers {
		d.Trust = TrustAdministrators
	}
	return c.EnsureDirectory(ctx, d)
}

// scimGroup returns a group of the connection that is there.
func scimGroup(ctx context.Context, q Queries, id string) (Group, error) {
	g, err := q.Group(ctx, id)
	if err == nil && (g.Source != SCIMConnection || !g.GoneAt.IsZero()) {
		err = fault.New(fault.NotFound, "there is no such group")
	}
	return g, err
}

// ListSCIMGroups returns the groups of the connection whose names contain a text in any case, by name, and how many there
// are in all; platform.audit.
func (s *Service) ListSCIMGroups(ctx context.Context, p Principal, contains string, w Window) ([]Group, int, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return nil, 0, err
	}
	all, err := s.store.GroupsOf(ctx, SCIMConnection)
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(g Group) bool {
		return !g.GoneAt.IsZero() || !strings.Contains(NameKey(g.DisplayName), NameKey(contains))
	})
	slices.SortFunc(all, func(a, b Group) int { return compareNames(a.DisplayName+a.ID, b.DisplayName+b.ID) })
	return part(all, w), len(all), nil
}

// The lives that a token of the connection may have.
const (
	minSCIMToken = 29 * 24 * time.Hour
	maxSCIMToken = 365 * 24 * time.Hour
)

// IssueSCIMToken adds a token of the connection, with the scope scim; platform.administer. Without an end it has the
// longest life. Faults: Invalid for a description that is empty and for another life, Conflict while the connection is off.
func (s *Service) IssueSCIMToken(ctx context.Context, p Principal, terms TokenTerms) (IssuedToken, authz.Token, error) {
	var issued IssuedToken
	draft, err := s.draft(ctx, p, Token{Kind: TokenService, Scopes: []string{string(ScopeSCIM)}}, terms)
	if err != nil {
		return issued, "", err
	}
	token, err := s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error {
		t, latest := draft, c.now.Add(maxSCIMToken)
		if t.ExpiresAt.IsZero() {
			t.ExpiresAt = latest
		}
		switch {
		case strings.TrimSpace(t.Description) == "":
			return fault.At("description", "can't be blank")
		case t.ExpiresAt.Before(c.now.Add(minSCIMToken)), t.ExpiresAt.After(latest.Add(time.Minute)):
			return fault.At("expires", "must be between 29 and 365 days in the future")
		}
		if d, err := c.Directory(ctx, SCIMConnection); fault.Is(err, fault.NotFound) || err == nil && d.Disabled {
			return fault.New(fault.Conflict, "SCIM is not enabled")
		} else if err != nil {
			return err
		}
		a, err := c.EnsureServiceAccount(ctx, SCIMConnection)
		if err != nil {
			return err
		}
		t.OwnerID = a.ID
		issued, err = s.issueAs(ctx, c, t, opaque)
		return err
	})
	return issued, token, err
}

// SCIMTokens returns the tokens of the connection, the oldest first; platform.audit. Other service accounts' tokens with
// the scope are no business of this administration.
func (s *Service) SCIMTokens(ctx context.Context, p Principal) ([]Token, error) {
	if err := s.require(ctx, p, schema.PlatformAudit, platformRef()); err != nil {
		return nil, err
	}
	a, err := s.store.ServiceAccountByName(ctx, SCIMConnection)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := s.tokensByAge(ctx, TokenFilter{Kind: TokenService, OwnerID: a.ID})
	return slices.DeleteFunc(all, func(t Token) bool { return !slices.Contains(t.Scopes, string(ScopeSCIM)) }), err
}

// SCIMToken returns one of them; as SCIMTokens.
func (s *Service) SCIMToken(ctx context.Context, p Principal, id string) (Token, error) {
	all, err := s.SCIMTokens(ctx, p)
	if err != nil {
		return Token{}, err
	}
	for _, t := range all {
		if t.ID == id {
			return t, nil
		}
	}
	return Token{}, fault.New(fault.NotFound, "there is no such token")
}

// EndSCIMToken ends one of them; platform.administer.
func (s *Service) EndSCIMToken(ctx context.Context, p Principal, id string) (authz.Token, error) {
	if err := s.requireToChange(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
		return "", err
	}
	if _, err := s.SCIMToken(ctx, p, id); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.RevokeToken(ctx, id) })
}

// MapTeam makes a team follow a group of the connection; platform.administer. It is a group link like any other, of which
// TFE has one a team. Faults: NotFound for a team or group that is not there, Conflict for a team that follows one already,
// Invalid for an owners team and for the group of the site admins.
func (s *Service) MapTeam(ctx context.Context, p Principal, teamID, groupID string) (authz.Token, error) {
	return s.on(ctx, p, schema.PlatformAdminister, platformRef(), func(ctx context.Context, c *Change) error {
		t, err := c.Team(ctx, teamID)
		if err != nil {
			return err
		}
		g, err := scimGroup(ctx, c, groupID)
		if err != nil {
			return err
		}
		o, err := c.Organization(ctx, t.OrganizationID)
		if err != nil {
			return err
		}
		if o.OwnersTeamID == teamID {
			return fault.New(fault.Invalid, "Owners team SCIM linking is not yet supported")
		}
		admins, err := appointedBy(ctx, c, ruleSCIMSettings)
		if err != nil {
			return err
		}
		if slices.Contains(admins, g.ID) {
			return fault.New(fault.Invalid, "The site admin group cannot be linked to a team")
		}
		have, err := scimLinks(ctx, c, teamID)
		if err != nil {
			return err
		}
		if len(have) > 0 {
			return fault.New(fault.Conflict, "Team is already linked to a SCIM group")
		}
		_, err = c.LinkGroup(ctx, g.ID, teamID)
		return err
	})
}

// TeamMapping returns the link by which a team follows a group of the connection; platform.administer. Faults: NotFound for
// a team that is not there, Conflict for one that follows none.
func (s *Service) TeamMapping(ctx context.Context, p Principal, teamID string) (GroupLink, error) {
	if err := s.requireToChange(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
		return GroupLink{}, err
	}
	if _, err := s.store.Team(ctx, teamID); err != nil {
		return GroupLink{}, err
	}
	links, err := scimLinks(ctx, s.store, teamID)
	if err == nil && len(links) == 0 {
		err = fault.New(fault.Conflict, "Team is not linked to a SCIM group")
	}
	if err != nil {
		return GroupLink{}, err
	}
	return links[0], nil
}

// scimLinks returns the links of a team to groups of the connection.
func scimLinks(ctx context.Context, q Queries, teamID string) ([]GroupLink, error) {
	all, err := q.GroupLinks(ctx, GroupLinkFilter{TeamIDs: []string{teamID}})
	if err != nil {
		return nil, err
	}
	var out []GroupLink
	for _, l := range all {
		g, err := q.Group(ctx, l.GroupID)
		if err != nil {
			return nil, err
		}
		if g.Source == SCIMConnection {
			out = append(out, l)
		}
	}
	return out, nil
}
