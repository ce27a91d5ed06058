package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// deletedBefore returns the person whom a word brings again: one of its external id or user whom a SCIM client has deleted.
// The zero person is none.
func (c *Change) deletedBefore(ctx context.Context, w PersonWord) (Person, error) {
	p, err := c.Person(ctx, w.Source, w.ExternalID)
	switch {
	case err == nil && !p.Deleted:
		return Person{}, fault.New(fault.Conflict, "%s has a person of the external id already", w.Source)
	case err == nil && w.UserID != "" && w.UserID != p.UserID:
		return Person{}, fault.New(fault.Conflict, "the external id was another user's in %s", w.Source)
	case err == nil || !fault.Is(err, fault.NotFound):
		return p, err
	case w.UserID == "":
		return Person{}, nil
	}
	have, err := c.Persons(ctx, PersonFilter{Source: w.Source, UserIDs: []string{w.UserID}})
	if err != nil || len(have) == 0 {
		return Person{}, err
	}
	if !have[0].Deleted {
		return Person{}, fault.New(fault.Conflict, "%s knows the user by another external id already", w.Source)
	}
	return have[0], nil
}

// returnsAs refuses to take somebody for the person who was deleted when he has neither his name nor his address: ids are
// given to others after a while, and what a person had is not theirs. Where no address was known then or is now, the id has
// to do.
func (p Person) returnsAs(username, email string) error {
	if sameName(p.Username, username) || strings.EqualFold(p.Email, email) {
		return nil
	}
	return fault.New(fault.Conflict, "the external id was that of %s, who had another name and address: it seems to be somebody else's now", p.Username)
}

// mayLink refuses what a word cannot do, before anything is done: see BringPerson. was is whom the word brings again.
func (c *Change) mayLink(ctx context.Context, w PersonWord, was Person) error {
	his := false
	if w.Issuer != "" {
		i, err := c.Identity(ctx, w.Issuer, w.ExternalID)
		if err == nil && i.UserID != w.UserID {
			return fault.New(fault.Conflict, "the identity belongs to another user")
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		his = err == nil
	}
	if w.UserID == "" {
		name := LegalUsername(w.Username)
		if err := c.legalNewName(ctx, name); err != nil {
			return err
		}
		return c.freeFor(ctx, name, "")
	}
	u, err := c.User(ctx, w.UserID)
	if err == nil {
		err = c.notBuiltin(ctx, u.ID)
	}
	if err == nil && !his {
		err = c.mayMeet(ctx, w, u, was)
	}
	if err != nil || w.Active || u.Suspended {
		return err
	}
	return c.maySuspend(ctx, w.Source, u)
}

// mayMeet refuses to give a directory's person an account that is not, by his identity, his already, and that he may not
// have by his name or address alone: it administers what the directory is not trusted with, somebody else vouches for it,
// or it is another directory's person. What was so when a plan was made need not be so when it is approved.
func (c *Change) mayMeet(ctx context.Context, w PersonWord, u User, was Person) error {
	own := was.UserID == u.ID && was.ExternalID == w.ExternalID
	if own && w.Issuer == "" { // which gives nobody anything that he did not have
		return nil
	}
	above, err := c.above(ctx, w.Source, u)
	if err != nil {
		return err
	}
	if above {
		return fault.New(fault.Conflict, "%s administers the platform, and the directory %s is not trusted to say who that is", u.Username, w.Source)
	}
	if own {
		return nil
	}
	return c.open(ctx, w, u)
}

// open refuses an account for which somebody vouches: an identity provider or something of our own, be it the word's
// provider by another subject, or another directory. A directory that is trusted with nothing meets no account at all.
func (c *Change) open(ctx context.Context, w PersonWord, u User) error {
	trust, err := c.trustIn(ctx, w.Source)
	if err != nil {
		return err
	}
	if trust == TrustNone {
		return fault.New(fault.Conflict, "the directory %s is not trusted to say that somebody is user %s", w.Source, u.Username)
	}
	identities, err := c.Identities(ctx, IdentityFilter{UserID: u.ID})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(identities, func(i Identity) bool { return i.Issuer != promoted }) {
		return fault.New(fault.Conflict, "an identity provider vouches for user %s already", u.Username)
	}
	known, err := c.Persons(ctx, PersonFilter{UserIDs: []string{u.ID}})
	if err == nil && slices.ContainsFunc(known, func(p Person) bool { return p.Source != w.Source }) {
		err = fault.New(fault.Conflict, "user %s is a person of another directory", u.Username)
	}
	return err
}

// freeFor refuses a username that somebody else has.
func (c *Change) freeFor(ctx context.Context, name, userID string) error {
	u, err := c.UserByUsername(ctx, name)
	switch {
	case fault.Is(err, fault.NotFound) || err == nil && u.ID == userID:
		return nil
	case err != nil:
		return err
	}
	return &fault.Error{Kind: fault.Conflict, Field: "username", Message: "has already been taken"}
}

// mayMove returns the issuer at which a person may act by the external id of after, "" where he may not and nothing but that
// is left out. Whoever says who an account's login is has the account: so another external id is refused for one that the
// directory has not made itself, and for one that administers what the directory is not trusted with.
func (c *Change) mayMove(ctx context.Context, before, after Person, issuer string) (string, error) {
	if issuer == "" {
		return "", nil
	}
	if _, err := c.Identity(ctx, issuer, after.ExternalID); err == nil || !fault.Is(err, fault.NotFound) {
		return issuer, err // it is his: freeIdentity has looked
	}
	u, err := c.User(ctx, after.UserID)
	if err != nil {
		return "", err
	}
	above, err := c.above(ctx, after.Source, u)
	if err != nil {
		return "", err
	}
	made := u.CreatedAt.Equal(before.CreatedAt) // in one change with the person
	switch {
	case !above && made:
		return issuer, nil
	case before.ExternalID != after.ExternalID:
		return "", fault.New(fault.Conflict, "whose login opens the account of %s is not for the directory %s to say", u.Username, after.Source)
	case !above && c.open(ctx, PersonWord{Source: after.Source}, u) == nil:
		return issuer, nil
	}
	return "", nil
}
