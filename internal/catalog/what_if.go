package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Proposal is a change that somebody thinks about: one thing that is added, or taken away.
type Proposal struct {
	Remove bool
	Grant  *ProposedGrant
	Member *ProposedMember
	Link   *ProposedLink
}

// ProposedGrant is a grant to remove, by its id, or one to add, by everything else.
type ProposedGrant struct {
	ID            string
	Holder, Scope Entity
	Role          string // the id or name of a role
	ExpiresAt     time.Time
}

// ProposedMember puts a user into a team or an organization, or takes him out.
type ProposedMember struct {
	User string
	In   Entity
}

// ProposedLink links a group to a team, or ends that.
type ProposedLink struct{ Group, Team string }

// supposed is a change ready to be supposed: who may ask, and what it does.
type supposed struct {
	may   func(ctx context.Context) error
	apply func(ctx context.Context, c *Change) error
}

// maxSupposing is how many changes are supposed at once; whoever comes next waits.
const maxSupposing = 2

// errSupposed ends the transaction of a change that is only supposed.
var errSupposed = errors.New("supposed")

// WhatIf returns what a change would change for whom, and makes none of it. Whoever may make the change may ask, and
// platform.audit. A change that the rules forbid has the same fault as if it were made. Faults besides: Denied, also for
// a change to what is not there.
func (s *Service) WhatIf(ctx context.Context, p Principal, proposal Proposal, limit int) (Consequences, error) {
	if limit <= 0 || limit > maxConsequences {
		return Consequences{}, fault.At("limit", "must be from 1 to %d", maxConsequences)
	}
	change, err := s.suppose(ctx, p, proposal)
	if err != nil {
		return Consequences{}, err
	}
	select {
	case s.supposing <- struct{}{}:
		defer func() { <-s.supposing }()
	case <-ctx.Done():
		return Consequences{}, fault.Wrap(fault.Unavailable, ctx.Err(), "others are asking the same kind of question")
	}
	var d difference
	err = s.store.Exclusive(ctx, func(ctx context.Context) (err error) {
		if d, err = s.rehearse(ctx, change); err == nil {
			err = d.gather(ctx, s)
		}
		return err
	})
	if err != nil {
		return Consequences{}, err
	}
	return s.consequences(ctx, p, &d, limit)
}

// rehearse makes a change in a transaction that is rolled back, and returns what it would do to the relationships. The
// caller holds the store exclusively, so what is read after the transaction is what was there before it.
func (s *Service) rehearse(ctx context.Context, change supposed) (difference, error) {
	d := difference{now: s.now()}
	var after []authz.Relationship
	err := s.store.InTx(ctx, func(q Queries) (err error) {
		c := &Change{Queries: q, now: d.now, random: func(prefix string) string { return newID(s.random, prefix) }}
		if err := change.apply(ctx, c); err != nil {
			return err
		}
		if err := c.endLeftTokens(ctx); err != nil {
			return err
		}
		d.slices = c.slices
		if after, err = projected(ctx, q, &d.slices, d.now); err != nil {
			return err
		}
		return errSupposed
	})
	if !errors.Is(err, errSupposed) {
		return d, err
	}
	before, err := projected(ctx, s.store, &d.slices, d.now)
	if err != nil {
		return d, err
	}
	d.deletes, d.touches = compare(after, before)
	return d, nil
}

// projected returns the relationships of some slices.
func projected(ctx context.Context, q Queries, set *sliceSet, now time.Time) ([]authz.Relationship, error) {
	parts := set.list()
	if len(parts) == 0 {
		return nil, nil
	}
	facts, err := factsOf(ctx, q, parts)
	if err != nil {
		return nil, err
	}
	var out []authz.Relationship
	for _, r := range Projection(facts, now) {
		if set.contains(r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// suppose finds out what a proposal is about, and whether the principal may ask.
func (s *Service) suppose(ctx context.Context, p Principal, proposal Proposal) (supposed, error) {
	given := 0
	for _, is := range []bool{proposal.Grant != nil, proposal.Member != nil, proposal.Link != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return supposed{}, fault.New(fault.Invalid, "propose one grant, one member or one link")
	}
	var change func(context.Context, Principal, Proposal) (supposed, error)
	switch {
	case proposal.Grant != nil && proposal.Remove:
		change = s.supposeRevoke
	case proposal.Grant != nil:
		change = s.supposeGrant
	case proposal.Member != nil:
		change = s.supposeMember
	default:
		change = s.supposeLink
	}
	audits := s.require(ctx, p, schema.PlatformAudit, platformRef())
	if audits != nil && !fault.Is(audits, fault.Denied) {
		return supposed{}, audits
	}
	out, err := change(ctx, p, proposal)
	if err == nil && audits != nil {
		err = out.may(ctx)
	}
	if audits != nil && (fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound)) {
		err = fault.New(fault.Denied, "you may not make that change")
	}
	return out, err
}

func (s *Service) supposeRevoke(ctx context.Context, p Principal, proposal Proposal) (supposed, error) {
	g, err := s.store.Grant(ctx, proposal.Grant.ID)
	if err != nil {
		return supposed{}, err
	}
	permission, on, err := s.grantGuard(ctx, g)
	return supposed{
		may:   func(ctx context.Context) error { return s.require(ctx, p, permission, on) },
		apply: func(ctx context.Context, c *Change) error { return c.RemoveGrant(ctx, g.ID) },
	}, err
}

func (s *Service) supposeGrant(ctx context.Context, p Principal, proposal Proposal) (supposed, error) {
	wanted := *proposal.Grant
	scope, err := s.Resolve(ctx, wanted.Scope.Type, wanted.Scope.Ref)
	if err != nil {
		return supposed{}, err
	}
	in, _, err := scopeOrganization(ctx, s.store, scope)
	if err != nil {
		return supposed{}, err
	}
	holder, err := s.meant(ctx, wanted.Holder.Type, wanted.Holder.Ref)
	if err != nil {
		return supposed{}, err
	}
	g := Grant{Holder: holder, Scope: scope, ExpiresAt: wanted.ExpiresAt}
	if holder.IsZero() {
		g.Holder = authz.Object{Type: wanted.Holder.Type, ID: wanted.Holder.Ref} // which the change refuses, saying so
	}
	permission, on, err := s.grantGuard(ctx, g)
	if err != nil {
		return supposed{}, err
	}
	roleID, noRole := s.requestedRole(ctx, in, wanted.Role)
	may := func(ctx context.Context) error {
		if err := s.require(ctx, p, permission, on); err != nil {
			return err
		}
		if noRole != nil {
			return noRole
		}
		g.RoleID = roleID
		return s.mayGrantAsIs(ctx, p, g)
	}
	return supposed{may: may, apply: func(ctx context.Context, c *Change) error {
		if noRole != nil {
			return noRole
		}
		g.RoleID = roleID
		_, err := c.CreateGrant(ctx, g)
		return err
	}}, nil
}

// mayGrantAsIs asks what CreateGrant asks about the holder and the role, and leaves no trace of it.
func (s *Service) mayGrantAsIs(ctx context.Context, p Principal, g Grant) error {
	if g.Holder.Type == schema.TypeTeam {
		if err := s.require(ctx, p, schema.TeamAssign, g.Holder); err != nil {
			return err
		}
	}
	atoms, err := roleAtoms(ctx, s.store, g.RoleID)
	if err != nil {
		return err
	}
	beyond, on, err := s.beyond(ctx, p, atoms, g.Scope, g.ExpiresAt)
	if err == nil && beyond != "" {
		err = refusedToHandOut(beyond, on)
	}
	return err
}

func (s *Service) supposeLink(ctx context.Context, p Principal, proposal Proposal) (supposed, error) {
	team, err := s.Resolve(ctx, schema.TypeTeam, proposal.Link.Team)
	if err != nil {
		return supposed{}, err
	}
	group, err := s.meant(ctx, schema.TypeGroup, proposal.Link.Group)
	if err != nil {
		return supposed{}, err
	}
	return supposed{
		may: func(ctx context.Context) error { return s.require(ctx, p, schema.TeamUpdateMembership, team) },
		apply: func(ctx context.Context, c *Change) error {
			if group.IsZero() {
				return fault.At("group", "does not exist")
			}
			if !proposal.Remove {
				_, err := c.LinkGroup(ctx, group.ID, team.ID)
				return err
			}
			links, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{group.ID}, TeamIDs: []string{team.ID}})
			if err == nil && len(links) == 0 {
				err = fault.At("group", "is not linked to the team")
			}
			if err != nil {
				return err
			}
			return c.UnlinkGroup(ctx, links[0])
		},
	}, nil
}

func (s *Service) supposeMember(ctx context.Context, p Principal, proposal Proposal) (supposed, error) {
	in := proposal.Member.In
	if in.Type != schema.TypeTeam && in.Type != schema.TypeOrganization {
		return supposed{}, fault.At("in", "must be a team or an organization")
	}
	place, err := s.Resolve(ctx, in.Type, in.Ref)
	if err != nil {
		return supposed{}, err
	}
	user, err := s.meant(ctx, schema.TypeUser, proposal.Member.User)
	if err != nil {
		return supposed{}, err
	}
	out := supposed{may: func(ctx context.Context) error { return s.mayChangeMember(ctx, p, proposal.Remove, user, place) }}
	out.apply = func(ctx context.Context, c *Change) error {
		switch {
		case user.IsZero():
			return fault.At("user", "does not exist")
		case place.Type == schema.TypeOrganization && proposal.Remove:
			return c.RemoveMember(ctx, place.ID, user.ID)
		case place.Type == schema.TypeOrganization:
			_, err := c.PutMember(ctx, place.ID, user.ID, MembershipActive)
			return err
		case proposal.Remove:
			if _, err := c.inTeam(ctx, place.ID, proposal.Member.User, User{ID: user.ID}); err != nil {
				return err
			}
			return c.RemoveTeamMember(ctx, place.ID, user.ID)
		}
		return c.AddTeamMember(ctx, place.ID, user.ID, false)
	}
	return out, nil
}

// mayChangeMember asks what RemoveMember and the other changes of members ask, and leaves no trace of it.
func (s *Service) mayChangeMember(ctx context.Context, p Principal, remove bool, user, place authz.Object) error {
	switch {
	case place.Type == schema.TypeTeam:
		return s.require(ctx, p, schema.TeamUpdateMembership, place)
	case remove && user == p.Subject:
		return s.require(ctx, p, schema.OrganizationView, place)
	}
	if err := s.require(ctx, p, schema.OrganizationManageMembership, place); err != nil || !remove {
		return err
	}
	questions, err := removalQuestions(ctx, s.store, p, place.ID, user.ID)
	if err != nil {
		return err
	}
	seen, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	for _, ok := range seen {
		if !ok {
			return fault.New(fault.Denied, "the user is in a team you may not see or change")
		}
	}
	return err
}
