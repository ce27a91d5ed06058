package catalog

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// PersonWord is what a directory says of a person.
type PersonWord struct {
	Source, ExternalID string
	Username, Email    string
	// Issuer is the identity provider at which he has the external id as subject; "" links no identity.
	Issuer string
	// UserID is the user whom the person belongs to already; "" creates one.
	UserID     string
	Active     bool        // of one who is brought
	Attributes *Attributes // nil: as they are
}

// BringPerson adds a person of a directory: as a new user, whose name is what the directory calls him as far as that is
// legal, or as the user of UserID. Whom a SCIM client has deleted and brings again is the person he was. A user who has a
// placeholder for an address gets the directory's.
//
// Faults: Invalid; Conflict where the external id, the name of a new user, the user or the identity is somebody else's
// already (see mayMeet), where neither name nor address is what he was deleted with, and for the built-in site admin, who
// is nobody's. Then nothing is done, and a caller may go on.
func (c *Change) BringPerson(ctx context.Context, w PersonWord) (Person, error) {
	if err := c.checkWord(w); err != nil {
		return Person{}, err
	}
	was, err := c.deletedBefore(ctx, w)
	if err != nil {
		return Person{}, err
	}
	if was.UserID != "" {
		if err := was.returnsAs(w.Username, w.Email); err != nil {
			return Person{}, err
		}
		w.UserID = was.UserID
	}
	if err := c.mayLink(ctx, w, was); err != nil {
		return Person{}, err
	}
	u, err := c.userFor(ctx, w)
	if err != nil {
		return Person{}, err
	}
	if w.Issuer != "" {
		if _, err := c.LinkIdentity(ctx, w.Issuer, w.ExternalID, u.ID); err != nil {
			return Person{}, err
		}
	}
	if was.UserID != "" {
		return c.revivePerson(ctx, was, w)
	}
	p := Person{Source: w.Source, ExternalID: w.ExternalID, UserID: u.ID, Username: w.Username, Email: w.Email, CreatedAt: c.now, UpdatedAt: c.now}
	if w.Attributes != nil {
		p.Attributes = *w.Attributes
	}
	if err := c.InsertPerson(ctx, p); err != nil {
		return Person{}, err
	}
	c.record("person.create", "", userRef(u.ID), nil, p)
	if w.Active {
		return p, nil
	}
	return c.DeactivatePerson(ctx, p.Source, p.ExternalID, false)
}

func (c *Change) checkWord(w PersonWord) error {
	switch {
	case w.Source == "" || reserved(w.Source):
		return fault.At("source", "is no directory")
	case w.ExternalID == "":
		return fault.At("external-id", "can't be blank")
	case strings.TrimSpace(w.Username) == "":
		return fault.At("username", "can't be blank")
	case strings.HasPrefix(w.Issuer, ownIssuers):
		return fault.At("issuer", "is no identity provider")
	}
	return c.owns(w.Source)
}

// userFor returns the user of a person who is brought.
func (c *Change) userFor(ctx context.Context, w PersonWord) (User, error) {
	legal := legalAddress(w.Email)
	if w.UserID == "" {
		name := LegalUsername(w.Username)
		if !legal {
			return c.addUser(ctx, User{Username: name, Email: placeholderFor(name)})
		}
		return c.addUser(ctx, User{Username: name, Email: w.Email})
	}
	u, err := c.User(ctx, w.UserID)
	if err != nil || !legal || !isPlaceholder(u.Email) {
		return u, err
	}
	return u, c.relabel(ctx, u, u.Username, w.Email)
}

// legalAddress reports whether an address is one at which somebody may be reached.
func legalAddress(email string) bool {
	return email != "" && checkEmail("email", email) == nil && !isPlaceholder(email)
}

// placeholderFor returns the address of somebody who has none.
func placeholderFor(username string) string {
	address := strings.ReplaceAll(username, "@", ".") + placeholderDomain
	if checkEmail("placeholder", address) != nil {
		return username + placeholderDomain // a name that no address can be made of stays as it is
	}
	return address
}

// relabel gives a user another name and address. A directory's address counts as confirmed.
func (c *Change) relabel(ctx context.Context, before User, username, email string) error {
	after := before
	after.Username = username
	if email != before.Email {
		after.Email, after.UnconfirmedEmail = email, ""
	}
	if after == before {
		return nil
	}
	if err := c.UpdateUser(ctx, after); err != nil {
		return err
	}
	c.record("user.update", "", userRef(before.ID), before, after)
	return nil
}

// revivePerson makes a person whom a SCIM client has deleted one who is there again.
func (c *Change) revivePerson(ctx context.Context, was Person, w PersonWord) (Person, error) {
	after := was
	after.ExternalID, after.Username, after.Email, after.Deleted = w.ExternalID, w.Username, w.Email, false
	if w.Attributes != nil {
		after.Attributes = *w.Attributes
	}
	after, err := c.putPerson(ctx, "person.return", was, after)
	if err != nil || !w.Active {
		return after, err
	}
	return c.RestorePerson(ctx, after.Source, after.ExternalID)
}

// putPerson keeps a person who has changed.
func (c *Change) putPerson(ctx context.Context, action string, before, after Person) (Person, error) {
	if after == before {
		return before, nil
	}
	after.Version, after.UpdatedAt = before.Version+1, c.now
	if err := c.Queries.UpdatePerson(ctx, after); err != nil {
		return Person{}, err
	}
	c.record(action, "", userRef(after.UserID), before, after)
	return after, nil
}

// ChangePerson changes what a directory says of a person: his name, address, external id and attributes; what is "" or nil
// stays. The user is renamed when his name was the directory's, and gets its address. Those of somebody who administers the
// platform change by a directory alone that is trusted with administrators.
//
// Faults: NotFound; Conflict for a name, external id or identity that is somebody else's, and where one whom a SCIM client
// has deleted would be another by name and address. Then nothing is done, and a caller may go on. (The store's method is
// UpdatePerson.)
func (c *Change) ChangePerson(ctx context.Context, source, externalID string, w PersonWord) (Person, error) {
	before, err := c.personOf(ctx, source, externalID)
	if err != nil {
		return Person{}, err
	}
	after := before
	if w.Username != "" {
		after.Username = w.Username
	}
	if w.Email != "" {
		after.Email = w.Email
	}
	if w.Attributes != nil {
		after.Attributes = *w.Attributes
	}
	if w.ExternalID != "" {
		after.ExternalID = w.ExternalID
	}
	if before.Deleted {
		if err := before.returnsAs(after.Username, w.Email); err != nil {
			return Person{}, err
		}
	}
	if err := c.freeIdentity(ctx, before, after, w.Issuer); err != nil {
		return Person{}, err
	}
	issuer, err := c.mayMove(ctx, before, after, w.Issuer)
	if err != nil {
		return Person{}, err
	}
	if err := c.relabelUser(ctx, before, after); err != nil {
		return Person{}, err
	}
	if err := c.moveIdentity(ctx, before, after, issuer); err != nil {
		return Person{}, err
	}
	return c.putPerson(ctx, "person.update", before, after)
}

// personOf returns a person whom the change may write.
func (c *Change) personOf(ctx context.Context, source, externalID string) (Person, error) {
	if err := c.owns(source); err != nil {
		return Person{}, err
	}
	return c.Person(ctx, source, externalID)
}

// freeIdentity refuses another external id that is somebody else's.
func (c *Change) freeIdentity(ctx context.Context, before, after Person, issuer string) error {
	if after.ExternalID != before.ExternalID {
		_, err := c.Person(ctx, after.Source, after.ExternalID)
		if err == nil {
			return fault.New(fault.Conflict, "%s has a person of the external id already", after.Source)
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if issuer == "" {
		return nil
	}
	i, err := c.Identity(ctx, issuer, after.ExternalID)
	switch {
	case fault.Is(err, fault.NotFound) || err == nil && i.UserID == after.UserID:
		return nil
	case err != nil:
		return err
	}
	return fault.New(fault.Conflict, "the identity belongs to another user")
}

// moveIdentity lets a person act by his external id of now, and no more by the one he had.
func (c *Change) moveIdentity(ctx context.Context, before, after Person, issuer string) error {
	if issuer == "" {
		return nil
	}
	if _, err := c.LinkIdentity(ctx, issuer, after.ExternalID, after.UserID); err != nil || after.ExternalID == before.ExternalID {
		return err
	}
	old, err := c.Identity(ctx, issuer, before.ExternalID)
	if fault.Is(err, fault.NotFound) || err == nil && old.UserID != before.UserID {
		return nil
	}
	if err != nil {
		return err
	}
	return c.UnlinkIdentity(ctx, issuer, before.ExternalID)
}

// relabelUser gives the user of a person what the directory calls him by now.
func (c *Change) relabelUser(ctx context.Context, before, after Person) error {
	if before.Username == after.Username && before.Email == after.Email {
		return nil
	}
	u, err := c.User(ctx, after.UserID)
	if err != nil {
		return err
	}
	if above, err := c.above(ctx, after.Source, u); above || err != nil {
		return err
	}
	name, err := c.newName(ctx, u, before, after)
	if err != nil {
		return err
	}
	address := u.Email
	if after.Email != before.Email && legalAddress(after.Email) {
		address = after.Email
	}
	return c.relabel(ctx, u, name, address)
}

// newName returns what the user of a person is called from now on: as before, unless he had the name from the directory.
func (c *Change) newName(ctx context.Context, u User, before, after Person) (string, error) {
	name := LegalUsername(after.Username)
	if after.Username == before.Username || name == u.Username || !sameName(u.Username, LegalUsername(before.Username)) {
		return u.Username, nil
	}
	return name, inOrder(
		func() error {
			if sameName(name, u.Username) { // in other letters it is free for him
				return nil
			}
			return c.legalNewName(ctx, name)
		},
		func() error { return c.freeFor(ctx, name, u.ID) },
		func() error { return c.notPromised(ctx, name, u.ID) },
	)
}

// above reports whether a user administers the platform and a directory is not trusted so far.
func (c *Change) above(ctx context.Context, source string, u User) (bool, error) {
	trust, err := c.trustIn(ctx, source)
	if err != nil || trust.atLeast(TrustAdministrators) {
		return false, err
	}
	return c.administers(ctx, u.ID)
}
