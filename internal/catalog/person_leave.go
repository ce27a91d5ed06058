package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// DeactivatePerson ends the access of a person whom his directory has disabled, or has no more (gone): his user is
// suspended, unless he is already, and his tokens end for good (DECISIONS P17). His memberships stay. Twice is once.
//
// Fault: Conflict for the only owner of an organization, the last site admin and the built-in one, and for whoever
// administers the platform where the directory is not trusted so far. Then nothing is done, and a caller may go on.
func (c *Change) DeactivatePerson(ctx context.Context, source, externalID string, gone bool) (Person, error) {
	before, err := c.personOf(ctx, source, externalID)
	if err != nil || !before.InactiveAt.IsZero() {
		return before, err
	}
	u, err := c.User(ctx, before.UserID)
	if err != nil {
		return Person{}, err
	}
	after := before
	after.InactiveAt, after.Suspends = c.now, !u.Suspended
	if !u.Suspended {
		if err := c.maySuspend(ctx, source, u); err != nil {
			return Person{}, err
		}
		if err := c.Suspend(ctx, u.ID); err != nil {
			return Person{}, err
		}
	}
	return c.putPerson(ctx, map[bool]string{true: "person.leave", false: "person.disable"}[gone], before, after)
}

// maySuspend refuses what Suspend would refuse, before anything is done, and what a directory may not.
func (c *Change) maySuspend(ctx context.Context, source string, u User) error {
	above, err := c.above(ctx, source, u)
	if err != nil {
		return err
	}
	if above {
		return fault.New(fault.Conflict, "%s administers the platform, and the directory %s is not trusted to end that", u.Username, source)
	}
	if err := c.notBuiltin(ctx, u.ID); err != nil {
		return err
	}
	if u.SiteAdmin {
		admins, err := c.Users(ctx, UserFilter{SiteAdmins: true})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(admins, func(a User) bool { return a.ID != u.ID && !a.Suspended }) {
			return fault.New(fault.Conflict, "the last site admin cannot be removed")
		}
	}
	owned, err := c.ownedBy(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, o := range owned {
		owners, err := actingOwners(ctx, c, o)
		if err != nil {
			return err
		}
		if len(owners) == 1 && owners[0].ID == u.ID {
			return fault.New(fault.Conflict, "organization %s must keep an owner", o.Name)
		}
	}
	return nil
}

// RestorePerson makes a person active again whom his directory had disabled or lost. His user is suspended no more if it
// was by this directory's word and no other directory has him inactive; if one has, the suspension is its from then on.
func (c *Change) RestorePerson(ctx context.Context, source, externalID string) (Person, error) {
	before, err := c.personOf(ctx, source, externalID)
	if err != nil {
		return Person{}, err
	}
	after := before
	after.InactiveAt, after.Suspends, after.Released, after.Deleted = time.Time{}, false, false, false
	if after, err = c.putPerson(ctx, "person.restore", before, after); err != nil || !before.Suspends {
		return after, err
	}
	all, err := c.Persons(ctx, PersonFilter{UserIDs: []string{after.UserID}})
	if err != nil {
		return Person{}, err
	}
	for _, other := range all {
		if other.Source != source && !other.InactiveAt.IsZero() {
			holds := other
			holds.Suspends = true
			_, err := c.putPerson(ctx, "person.disable", other, holds)
			return after, err
		}
	}
	return after, c.Unsuspend(ctx, after.UserID)
}

// forgetSuspending notes that no directory's word suspends a user any more, so that none lifts a suspension that a person
// decides on later.
func (c *Change) forgetSuspending(ctx context.Context, userID string) error {
	all, err := c.Persons(ctx, PersonFilter{UserIDs: []string{userID}})
	if err != nil {
		return err
	}
	for _, before := range all {
		after := before
		after.Suspends = false
		if _, err := c.putPerson(ctx, "person.update", before, after); err != nil {
			return err
		}
	}
	return nil
}

// ReleasePerson takes a person who has been gone for long out of the groups of his directory, except for those that are
// paused. Fault: Conflict for one who is active.
func (c *Change) ReleasePerson(ctx context.Context, source, externalID string) error {
	before, err := c.personOf(ctx, source, externalID)
	if err != nil {
		return err
	}
	if before.InactiveAt.IsZero() {
		return fault.New(fault.Conflict, "%s is active in %s", before.Username, source)
	}
	in, err := c.GroupMembers(ctx, GroupMemberFilter{UserID: before.UserID, Source: source})
	if err != nil {
		return err
	}
	for _, m := range in {
		g, err := c.Group(ctx, m.GroupID)
		if err != nil {
			return err
		}
		if g.Paused {
			continue
		}
		if err := c.FillGroup(ctx, m.GroupID, nil, []string{before.UserID}); err != nil {
			return err
		}
	}
	after := before
	after.Released = true
	_, err = c.putPerson(ctx, "person.release", before, after)
	return err
}

// RemovePerson marks a person as one whom a SCIM client has deleted, and ends his access as DeactivatePerson does, with its
// faults. (The store's method is DeletePerson.)
func (c *Change) RemovePerson(ctx context.Context, source, externalID string) (Person, error) {
	before, err := c.DeactivatePerson(ctx, source, externalID, true)
	if err != nil || before.Deleted {
		return before, err
	}
	after := before
	after.Deleted = true
	return c.putPerson(ctx, "person.delete", before, after)
}
