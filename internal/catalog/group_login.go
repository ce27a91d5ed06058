package catalog

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	// maxLoginGroups is how many groups of one login count; a token that names more is cut there, and takes nobody out of any.
	maxLoginGroups = 500
	// maxClaimBytes is how long the name of a group in a token may be.
	maxClaimBytes = 255
)

// loginPrincipal acts when an identity provider's word changes something.
func loginPrincipal(credential string) Principal {
	return Principal{Subject: authz.Object{Type: "system", ID: "login"}, Name: "login", TokenID: credential}
}

// LoginGroups notes in which groups a verified login says that a user is, until a time, when he is out of them again unless
// another login has said the same. The groups are those of d by external id; what is not there is made, and called what the
// claim calls it. A membership for good stays one. Groups in which an earlier login had him and which this one does not name
// lose him, unless it names none at all, which is no word on anything, or more than count, which is no word on others.
//
// Nothing is written where nothing changes, nor for an end that moves by no more than a quarter of the time that is left.
// Nothing is taken from a directory that is disabled or paused, nor about a group that is paused.
//
// made reports whether there are groups now that were not there, or were gone: what rules say of them is to be settled.
func (s *Service) LoginGroups(ctx context.Context, userID string, d Directory, names []string, until time.Time) (made bool, err error) {
	if d.Name == "" || reserved(d.Name) {
		return false, fault.At("source", "is no directory")
	}
	said := claimOf(names)
	d.Trust = d.Trust.known()
	if len(said.names) == 0 {
		return false, nil
	}
	outside := &Change{Queries: s.store, now: s.now()}
	w, err := outside.loginWord(ctx, userID, d, said, until)
	if err != nil || w.empty() {
		return false, err
	}
	_, err = s.changeFor(ctx, loginPrincipal(CredentialOIDC+d.Issuer), Behalf{Source: d.Name}, func(ctx context.Context, c *Change) error {
		made = false
		w, err := c.loginWord(ctx, userID, d, said, until)
		if err != nil || w.empty() {
			return err
		}
		if w.unprepared {
			if err := c.EnsureDirectory(ctx, d); err != nil {
				return err
			}
		}
		if w.own {
			if err := c.noteSubject(ctx, userID, d); err != nil {
				return err
			}
		}
		made, err = c.takeLogin(ctx, userID, d, w, until)
		return err
	})
	return made && err == nil, err
}

// groupNames are the groups of a claim that count, each once.
type groupNames struct {
	names []string
	cut   bool // there are more
}

func claimOf(names []string) groupNames {
	var out groupNames
	seen := map[string]bool{}
	for _, name := range names {
		legal := name != "" && len(name) <= maxClaimBytes && name == strings.TrimSpace(name) && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
		if !legal || seen[name] {
			continue
		}
		if len(out.names) == maxLoginGroups {
			out.cut = true
			break
		}
		seen[name] = true
		out.names = append(out.names, name)
	}
	return out
}

// loginWord is what a login changes.
type loginWord struct {
	made       []string // external ids of groups that are not there
	join       []string // groups in which he is put, or stays longer
	leave      []string // groups in which an earlier login had him
	unprepared bool     // the directory is not as it is said to be
	own        bool     // nothing but logins speaks for the directory
}

func (w loginWord) empty() bool {
	return len(w.made)+len(w.join)+len(w.leave) == 0 && !w.unprepared
}

func (c *Change) loginWord(ctx context.Context, userID string, d Directory, said groupNames, until time.Time) (loginWord, error) {
	var w loginWord
	stored, err := c.Directory(ctx, d.Name)
	missing := fault.Is(err, fault.NotFound)
	if err != nil && !missing || stored.Disabled || stored.Paused {
		return w, err
	}
	// One that is read or pushed as well is configured there.
	differs := stored.Trust != d.Trust || stored.Issuer != d.Issuer || stored.Profile != d.Profile
	w.own = missing || stored.Kind == d.Kind
	w.unprepared = missing || w.own && differs
	u, err := c.User(ctx, userID)
	if err != nil || u.Suspended {
		return loginWord{}, err
	}
	groups, err := c.GroupsOf(ctx, d.Name)
	if err != nil {
		return w, err
	}
	in, err := c.GroupMembers(ctx, GroupMemberFilter{UserID: userID, Source: d.Name})
	if err != nil {
		return w, err
	}
	c.compareLogin(&w, groups, in, said, until)
	return w, nil
}

// compareLogin fills in what a login says of groups besides what is known of them. A group that is gone is there again only
// where nothing but logins could know.
func (c *Change) compareLogin(w *loginWord, groups []Group, in []GroupMember, claim groupNames, until time.Time) {
	byName, inside := map[string]Group{}, map[string]GroupMember{}
	for _, g := range groups {
		byName[g.ExternalID] = g
	}
	for _, m := range in {
		inside[m.GroupID] = m
	}
	said := map[string]bool{}
	for _, name := range claim.names {
		g, known := byName[name]
		if !known {
			w.made = append(w.made, name)
			continue
		}
		said[g.ID] = true
		if was, is := inside[g.ID]; !g.Paused && (w.own || g.GoneAt.IsZero()) && (!is || c.prolongs(was, until)) {
			w.join = append(w.join, g.ID)
		}
	}
	if claim.cut {
		return
	}
	for _, g := range groups {
		if m, is := inside[g.ID]; is && !said[g.ID] && !g.Paused && !m.ExpiresAt.IsZero() {
			w.leave = append(w.leave, g.ID)
		}
	}
}

// prolongs reports whether another end of a membership is worth writing. What is for good has none.
func (c *Change) prolongs(m GroupMember, until time.Time) bool {
	if m.ExpiresAt.IsZero() {
		return false
	}
	return until.Sub(m.ExpiresAt) > until.Sub(c.now)/4
}

// noteSubject notes by which subject of the identity provider a user comes, once, so that audit events and administrators
// can tell. It is for directories of logins alone: one that is read or pushed may have other ids, and would take him for
// somebody who is gone.
func (c *Change) noteSubject(ctx context.Context, userID string, d Directory) error {
	have, err := c.Persons(ctx, PersonFilter{Source: d.Name, UserIDs: []string{userID}})
	if err != nil || len(have) > 0 || d.Issuer == "" {
		return err
	}
	known, err := c.Identities(ctx, IdentityFilter{UserID: userID})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(known, func(i Identity) bool { return i.Issuer == d.Issuer })
	if i < 0 {
		return nil
	}
	if _, err := c.Person(ctx, d.Name, known[i].Subject); !fault.Is(err, fault.NotFound) {
		return err // somebody else's, by another login
	}
	u, err := c.User(ctx, userID)
	if err != nil {
		return err
	}
	p := Person{Source: d.Name, ExternalID: known[i].Subject, UserID: userID, Username: u.Username, Email: u.Email, CreatedAt: c.now, UpdatedAt: c.now}
	c.record("person.create", "", userRef(userID), nil, p)
	return c.InsertPerson(ctx, p)
}

// takeLogin does what a login says, and reports whether it made or restored a group.
func (c *Change) takeLogin(ctx context.Context, userID string, d Directory, w loginWord, until time.Time) (made bool, err error) {
	for _, name := range w.made {
		g, err := c.CreateGroup(ctx, Group{Source: d.Name, ExternalID: name, DisplayName: name})
		if err != nil {
			return false, err
		}
		w.join, made = append(w.join, g.ID), true
	}
	for _, id := range w.join {
		g, err := c.Group(ctx, id)
		if err == nil && !g.GoneAt.IsZero() {
			made, err = true, c.RestoreGroup(ctx, id)
		}
		if err == nil {
			err = c.FillGroup(ctx, id, []GroupMember{{UserID: userID, ExpiresAt: until}}, nil)
		}
		if err != nil {
			return false, err
		}
	}
	for _, id := range w.leave {
		if err := c.FillGroup(ctx, id, nil, []string{userID}); err != nil {
			return false, err
		}
	}
	return made, nil
}
