package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// GroupToken is a token of a group, in a list.
type GroupToken struct {
	Token
	Group Group
	Maker string // the name of the user who created it; of other creators what they are
}

// OwnGroups returns the groups that the principal is in, nested ones counted, in the order of their names. The token of a
// group is in that group and in those around it.
func (s *Service) OwnGroups(ctx context.Context, p Principal) ([]Group, error) {
	ids, err := s.ownGroupIDs(ctx, p)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	groups, err := s.store.Groups(ctx, ids...)
	slices.SortStableFunc(groups, func(a, b Group) int { return compareNames(a.DisplayName, b.DisplayName) })
	return groups, err
}

func (s *Service) ownGroupIDs(ctx context.Context, p Principal) ([]string, error) {
	if p.Credential != TokenGroup {
		ids, _, err := s.engine.Resources(ctx, p.Subject, schema.GroupMember.Name(), schema.TypeGroup, authz.Consistency{})
		return ids, err
	}
	own, err := s.standsFor(ctx, p)
	if err != nil {
		return nil, err
	}
	children, err := s.store.GroupChildren(ctx)
	return ancestors([]string{own.ID}, children), err
}

// GroupTokens returns the tokens of the groups that the principal is in, and those that he created, the oldest first;
// administrators see those of all groups.
func (s *Service) GroupTokens(ctx context.Context, p Principal) ([]GroupToken, error) {
	all, err := s.tokensByAge(ctx, TokenFilter{Kind: TokenGroup})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	err = s.administersGroups(ctx, p)
	if fault.Is(err, fault.Denied) {
		all, err = s.ownGroupTokens(ctx, p, all)
	}
	if err != nil || len(all) == 0 {
		return nil, err
	}
	ids, makers := map[string]bool{}, map[string]bool{}
	for _, t := range all {
		ids[t.OwnerID], makers[t.Creator().ID] = true, true
	}
	groups, err := s.store.Groups(ctx, keysOf(ids)...)
	if err != nil {
		return nil, err
	}
	users, err := s.store.Users(ctx, UserFilter{IDs: keysOf(makers)})
	if err != nil {
		return nil, err
	}
	byID, names := map[string]Group{}, map[string]string{}
	for _, g := range groups {
		byID[g.ID] = g
	}
	for _, u := range users {
		names[u.ID] = u.Username
	}
	out := make([]GroupToken, len(all))
	for i, t := range all {
		out[i] = GroupToken{Token: t, Group: byID[t.OwnerID], Maker: t.CreatedBy}
		if name, ok := names[t.Creator().ID]; ok {
			out[i].Maker = name
		}
	}
	return out, nil
}

// ownGroupTokens keeps the tokens of the principal's groups, and those that he created.
func (s *Service) ownGroupTokens(ctx context.Context, p Principal, all []Token) ([]Token, error) {
	own, err := s.ownGroupIDs(ctx, p)
	if err != nil {
		return nil, err
	}
	me, err := s.standsFor(ctx, p)
	return slices.DeleteFunc(all, func(t Token) bool { return !slices.Contains(own, t.OwnerID) && t.Creator() != me }), err
}

// EndGroupToken revokes a token of a group, for whoever created it and for administrators. To everybody else there is no
// such token.
func (s *Service) EndGroupToken(ctx context.Context, p Principal, id string) (authz.Token, error) {
	if err := s.mayEndGroupToken(ctx, p, id); err != nil {
		return "", err
	}
	return s.change(ctx, p, func(ctx context.Context, c *Change) error { return c.RevokeToken(ctx, id) })
}

func (s *Service) mayEndGroupToken(ctx context.Context, p Principal, id string) error {
	t, err := s.store.Token(ctx, id)
	if err != nil {
		return err
	}
	if t.Kind != TokenGroup {
		return fault.New(fault.NotFound, "there is no such token")
	}
	me, err := s.standsFor(ctx, p)
	if err != nil || t.Creator() == me {
		return err
	}
	err = s.refused(ctx, p, schema.OrganizationManageOrganizationAccess, platformRef(), s.administersGroups(ctx, p), tokenRef(id))
	if fault.Is(err, fault.Denied) {
		return fault.Wrap(fault.NotFound, err, "there is no such token")
	}
	return err
}

// EndPersonalToken revokes a token of a user; for whom see RevokeToken.
func (s *Service) EndPersonalToken(ctx context.Context, p Principal, id string) (authz.Token, error) {
	t, err := s.store.Token(ctx, id)
	if err == nil && t.Kind != TokenUser {
		err = fault.New(fault.NotFound, "there is no such token")
	}
	if err != nil {
		return "", err
	}
	return s.RevokeToken(ctx, p, id)
}
