package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// SignedTerms say what a token in the form of Terrakube's clients is to be.
type SignedTerms struct {
	Description string
	Life        time.Duration // 0: as long as is allowed, which is as long as tokens live by default
	Endless     bool          // a Life of 0 has no end
	Attributes  Attributes
}

// administersGroups asks for what Terrakube's administrators hold everywhere, and site admins with them: a say in what
// teams may. It is for seeing and ending tokens of groups, not for making them.
func (s *Service) administersGroups(ctx context.Context, p Principal) error {
	return s.require(ctx, p, schema.OrganizationManageOrganizationAccess, platformRef())
}

// actCreateGroupToken is what audit events call the attempt to make a token of a group.
const actCreateGroupToken = schema.Permission("group.create_token")

// IssueGroupToken adds a token of the group of a name, for people who are in the group and for whoever holds
// platform.administer. It ends no later than the token that asks for it, if one does. Terrakube's administrators are not
// among them by being that: with a token of any group they would be whatever is above them.
//
// A token of the group is no member here, for it could renew itself for good, and neither is any other token that is
// nobody's own. A group that does not exist is refused like one that the principal is not in: fault.Denied.
func (s *Service) IssueGroupToken(ctx context.Context, p Principal, name string, terms SignedTerms) (IssuedToken, authz.Token, error) {
	group, member, err := s.groupToMint(ctx, p, name)
	if err != nil {
		on := platformRef()
		if group.ID != "" {
			on = groupRef(group.ID)
		}
		return IssuedToken{}, "", s.refused(ctx, p, actCreateGroupToken, on, err)
	}
	draft, err := s.draft(ctx, p, Token{Kind: TokenGroup, OwnerID: group.ID, Attributes: terms.Attributes}, TokenTerms{Description: terms.Description})
	if err != nil {
		return IssuedToken{}, "", err
	}
	return s.issueSigned(ctx, p, draft, terms, group.DisplayName, func(ctx context.Context, c *Change) error {
		g, err := c.Group(ctx, group.ID)
		if err == nil {
			err = c.stillNamed(ctx, g, name)
		}
		if err != nil || !member {
			return err
		}
		in, err := c.inGroup(ctx, p.Subject.ID, group.ID)
		if err == nil && !in {
			err = fault.New(fault.Stale, "somebody else has changed who is in the group")
		}
		return err
	})
}

// stillNamed refuses a group whose name stands for it no more.
func (c *Change) stillNamed(ctx context.Context, g Group, name string) error {
	trusted, err := c.trusted(ctx, g)
	if err == nil && (!trusted || g.DisplayName != name) {
		err = fault.New(fault.Stale, "somebody else has changed what the group is called, or how far its directory is trusted")
	}
	return err
}

// groupToMint returns the group of a name that the principal may make tokens of, and whether that is for being in it. Of
// several it is the first; where he may not, one that he asked for comes with the refusal. A group of a directory whose
// names stand for nothing is none of the name: whoever fills it would choose what its tokens are taken for.
func (s *Service) groupToMint(ctx context.Context, p Principal, name string) (g Group, member bool, err error) {
	if name == "" {
		return Group{}, false, fault.At("group", "can't be blank")
	}
	named, err := groupsTrusted(ctx, s.store, name, TrustTeams)
	if err != nil {
		return Group{}, false, err
	}
	if len(named) == 0 {
		g, err := s.untrustedNamed(ctx, name)
		if err == nil {
			err = fault.New(fault.Denied, "%s may make no token of the group %q", p.Name, name)
		}
		return g, false, err
	}
	questions := make([]authz.Question, len(named))
	for i, g := range named {
		questions[i] = authz.Question{Subject: p.Subject, Permission: schema.GroupMember.Name(), Resource: groupRef(g.ID)}
	}
	in, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return Group{}, false, err
	}
	if i := slices.Index(in, true); i >= 0 {
		return named[i], true, nil
	}
	err = s.require(ctx, p, schema.PlatformAdminister, platformRef())
	switch {
	case err != nil && !fault.Is(err, fault.Denied):
		return Group{}, false, err
	case err != nil:
		return named[0], false, fault.New(fault.Denied, "%s is not in the group %q", p.Name, name)
	}
	return named[0], false, nil
}

// untrustedNamed returns the first group of a name, whatever its name stands for; the zero group is none.
func (s *Service) untrustedNamed(ctx context.Context, name string) (Group, error) {
	all, err := s.store.GroupsByName(ctx, name)
	if err != nil || len(all) == 0 {
		return Group{}, err
	}
	return all[0], nil
}

// IssuePersonalToken adds a token of the person who asks, in the form of Terrakube's clients. It ends no later than the
// token that asks for it, if one does. What is no person has no personal tokens.
func (s *Service) IssuePersonalToken(ctx context.Context, p Principal, terms SignedTerms) (IssuedToken, authz.Token, error) {
	if p.Subject.Type != schema.TypeUser {
		err := fault.New(fault.Denied, "only people have personal tokens")
		return IssuedToken{}, "", s.refused(ctx, p, "user.create_token", p.Subject, err)
	}
	draft, err := s.draft(ctx, p, Token{Kind: TokenUser, OwnerID: p.Subject.ID, Attributes: terms.Attributes}, TokenTerms{Description: terms.Description})
	if err != nil {
		return IssuedToken{}, "", err
	}
	return s.issueSigned(ctx, p, draft, terms, p.Name, func(context.Context, *Change) error { return nil })
}

// issueSigned adds a drafted token in the form of Terrakube's clients, in the name of whom it stands for, if what allowed
// it is still so inside the change.
func (s *Service) issueSigned(ctx context.Context, p Principal, draft Token, terms SignedTerms, name string, still func(context.Context, *Change) error) (IssuedToken, authz.Token, error) {
	var issued IssuedToken
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		if err := still(ctx, c); err != nil {
			return err
		}
		t, email := draft, ""
		if p.Subject.Type == schema.TypeUser {
			u, err := c.User(ctx, p.Subject.ID)
			if err != nil {
				return err
			}
			email = u.Email
		}
		err := c.endSigned(ctx, p, &t, terms)
		if err == nil {
			issued, err = s.issueAs(ctx, c, t, signed(email, name))
		}
		return err
	})
	return issued, token, err
}

// endSigned gives a token its end: the one that was asked for, or the latest there may be. One that is asked for beyond
// the end of the token that asks is Invalid.
func (c *Change) endSigned(ctx context.Context, p Principal, t *Token, terms SignedTerms) error {
	asked := terms.Life > 0
	switch {
	case asked:
		t.ExpiresAt = c.now.Add(terms.Life)
	case !terms.Endless:
		if err := c.endByDefault(ctx, t); err != nil {
			return err
		}
	}
	if p.Credential == "" {
		return nil
	}
	maker, err := c.Token(ctx, p.TokenID)
	if err != nil || maker.ExpiresAt.IsZero() || !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(maker.ExpiresAt) {
		return err
	}
	if asked {
		return fault.At("expires", "must not be after %s, when the token that asks ends", maker.ExpiresAt.UTC().Format(time.RFC3339))
	}
	t.ExpiresAt = maker.ExpiresAt
	return nil
}
