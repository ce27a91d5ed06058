package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// peopleOf does what some operations do to people, at most so many in a change.
func (a *application) peopleOf(ctx context.Context, most int, ops ...Op) error {
	var wanted []PersonChange
	for _, c := range a.plan.People {
		if slices.Contains(ops, c.Op) {
			wanted = append(wanted, c)
		}
	}
	one := func(PersonChange) int { return 1 }
	do := func(ctx context.Context, h *hand, part []PersonChange) error { return h.people(ctx, part) }
	return batches(ctx, a, wanted, most, one, do, skippedPerson)
}

func skippedPerson(c PersonChange, reason string) Skip {
	return Skip{What: "user", ID: c.ExternalID, Name: c.Username, Op: c.Op, Reason: reason}
}

// people does some changes of people.
func (h *hand) people(ctx context.Context, part []PersonChange) error {
	ids := make([]string, len(part))
	for i, c := range part {
		ids[i] = c.ExternalID
	}
	known, err := h.personsBy(ctx, ids)
	if err != nil {
		return err
	}
	part, err = h.unswapped(ctx, part)
	if err != nil {
		return err
	}
	for _, c := range part {
		if err := h.person(ctx, c, known); err != nil {
			return err
		}
	}
	return nil
}

// personsBy returns the people of the source with some external ids.
func (h *hand) personsBy(ctx context.Context, ids []string) (map[string]catalog.Person, error) {
	out := make(map[string]catalog.Person, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	found, err := h.c.Persons(ctx, catalog.PersonFilter{Source: h.feed.Name, ExternalIDs: ids})
	for _, p := range found {
		out[p.ExternalID] = p
	}
	return out, err
}

// person does one change. What is done already is not done again.
func (h *hand) person(ctx context.Context, c PersonChange, known map[string]catalog.Person) error {
	have, exists := known[c.ExternalID]
	if c.Op == OpCreate && exists && !have.Deleted {
		return nil
	}
	if c.Op != OpCreate && !exists {
		return h.skip(skippedPerson(c, "the catalog knows nobody by this id any more"))
	}
	word := catalog.PersonWord{
		Source: h.feed.Name, ExternalID: cmp.Or(c.NewExternalID, c.ExternalID), Username: c.Username, Email: c.Email,
		Issuer: h.feed.Issuer, UserID: c.UserID, Active: !c.Disabled, Attributes: attributes(c.Attributes),
	}
	var err error
	switch c.Op {
	case OpCreate:
		_, err = h.c.BringPerson(ctx, word)
	case OpUpdate:
		_, err = h.c.ChangePerson(ctx, h.feed.Name, c.ExternalID, word)
	case OpSuspend:
		err = h.suspend(ctx, c, have)
	case OpRestore:
		_, err = h.c.RestorePerson(ctx, h.feed.Name, c.ExternalID)
	case OpRelease:
		err = h.release(ctx, c, have)
	case OpDelete:
		if have.InactiveAt.IsZero() {
			h.taken.People++
		}
		_, err = h.c.RemovePerson(ctx, h.feed.Name, c.ExternalID)
	case OpRetire:
		err = fault.New(fault.Internal, "nobody retires people")
	}
	if err == nil {
		h.counts["people."+string(c.Op)]++
	}
	return err
}

func (h *hand) suspend(ctx context.Context, c PersonChange, have catalog.Person) error {
	if have.InactiveAt.IsZero() {
		h.taken.People++
	}
	if c.Gone {
		_, err := h.c.RemovePerson(ctx, h.feed.Name, c.ExternalID)
		return err
	}
	_, err := h.c.DeactivatePerson(ctx, h.feed.Name, c.ExternalID, c.Reason == reasonGone)
	return err
}

func (h *hand) release(ctx context.Context, c PersonChange, have catalog.Person) error {
	if have.InactiveAt.IsZero() {
		return h.skip(skippedPerson(c, "he is back"))
	}
	h.taken.People++
	h.taken.Memberships += c.Memberships
	return h.c.ReleasePerson(ctx, h.feed.Name, c.ExternalID)
}

// attributes are those of a change as the catalog takes them.
func attributes(raw *json.RawMessage) *catalog.Attributes {
	if raw == nil {
		return nil
	}
	a := catalog.Attributes(*raw)
	return &a
}
