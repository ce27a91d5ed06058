package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// GroupQuery narrows groups down to those that somebody looks for. Empty fields select nothing further.
type GroupQuery struct {
	Contains   string // a part of the display name, in any case
	Source     string
	ExternalID string
}

func (q GroupQuery) selects(g Group) bool {
	return strings.Contains(NameKey(g.DisplayName), NameKey(q.Contains)) &&
		(q.Source == "" || q.Source == g.Source) && (q.ExternalID == "" || q.ExternalID == g.ExternalID)
}

// GroupDetails is a group with how many are in it, as far as it was filled by itself: nested groups count as one each.
type GroupDetails struct {
	Group
	Users, Groups int
}

// ListGroups returns groups by name and how many there are in all; platform.manage_users or platform.audit.
func (s *Service) ListGroups(ctx context.Context, p Principal, q GroupQuery, w Window) ([]GroupDetails, int, error) {
	if err := s.oversees(ctx, p, schema.PlatformManageUsers); err != nil {
		return nil, 0, err
	}
	all, err := s.store.Groups(ctx)
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(g Group) bool { return !q.selects(g) })
	slices.SortFunc(all, func(a, b Group) int {
		return cmp.Or(compareNames(a.DisplayName, b.DisplayName), cmp.Compare(a.ID, b.ID))
	})
	shown, err := s.groupDetails(ctx, part(all, w)...)
	return shown, len(all), err
}

// FindGroup returns a group; as ListGroups.
func (s *Service) FindGroup(ctx context.Context, p Principal, id string) (GroupDetails, error) {
	if err := s.oversees(ctx, p, schema.PlatformManageUsers); err != nil {
		return GroupDetails{}, err
	}
	g, err := s.store.Group(ctx, id)
	if err != nil {
		return GroupDetails{}, err
	}
	shown, err := s.groupDetails(ctx, g)
	if err != nil {
		return GroupDetails{}, err
	}
	return shown[0], nil
}

func (s *Service) groupDetails(ctx context.Context, groups ...Group) ([]GroupDetails, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	out, place, ids := make([]GroupDetails, len(groups)), map[string]int{}, make([]string, len(groups))
	for i, g := range groups {
		out[i].Group, place[g.ID], ids[i] = g, i, g.ID
	}
	people, err := s.store.GroupMembers(ctx, GroupMemberFilter{GroupIDs: ids})
	if err != nil {
		return nil, err
	}
	for _, m := range people {
		out[place[m.GroupID]].Users++
	}
	nested, err := s.store.GroupChildren(ctx)
	for _, c := range nested {
		if i, ok := place[c.ParentID]; ok {
			out[i].Groups++
		}
	}
	return out, err
}

// ListGroupMembers returns who is in a group by itself, nested groups first, and how many there are in all; as ListGroups.
func (s *Service) ListGroupMembers(ctx context.Context, p Principal, groupID string, w Window) ([]authz.Object, int, error) {
	if _, err := s.FindGroup(ctx, p, groupID); err != nil {
		return nil, 0, err
	}
	all, err := groupContents(ctx, s.store, groupID)
	return part(all, w), len(all), err
}

// groupContents returns the nested groups and the people of a group.
func groupContents(ctx context.Context, q Queries, groupID string) ([]authz.Object, error) {
	nested, err := q.GroupChildren(ctx)
	if err != nil {
		return nil, err
	}
	var out []authz.Object
	for _, c := range nested {
		if c.ParentID == groupID {
			out = append(out, groupRef(c.ChildID))
		}
	}
	people, err := q.GroupMembers(ctx, GroupMemberFilter{GroupIDs: []string{groupID}})
	for _, m := range people {
		out = append(out, userRef(m.UserID))
	}
	return out, err
}

// GroupLinkDetails is a link with the group that it is of.
type GroupLinkDetails struct {
	GroupLink
	Group          Group
	OrganizationID string
}

// ListGroupLinks returns the links of groups to the teams of an organization, or to one of them, that the principal may
// see, and how many there are in all; organization.view, and team.read_organization_access of each team: whoever may know
// what a team holds may know where its people come from.
func (s *Service) ListGroupLinks(ctx context.Context, p Principal, organizationID, teamID, groupID string, w Window) ([]GroupLinkDetails, int, error) {
	if err := s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID)); err != nil {
		return nil, 0, err
	}
	filter := GroupLinkFilter{OrganizationID: organizationID}
	if teamID != "" {
		filter.TeamIDs = []string{teamID}
	}
	if groupID != "" {
		filter.GroupIDs = []string{groupID}
	}
	all, err := s.store.GroupLinks(ctx, filter)
	if err != nil {
		return nil, 0, err
	}
	seen, err := keepVisible(ctx, s, p, schema.TeamReadOrganizationAccess, all, func(l GroupLink) authz.Object { return teamRef(l.TeamID) })
	if err != nil {
		return nil, 0, err
	}
	shown, err := s.linkDetails(ctx, organizationID, part(seen, w)...)
	return shown, len(seen), err
}

// FindGroupLink returns a link; as ListGroupLinks.
func (s *Service) FindGroupLink(ctx context.Context, p Principal, id string) (GroupLinkDetails, error) {
	l, t, err := s.linkOf(ctx, id)
	if err != nil {
		return GroupLinkDetails{}, err
	}
	if err := s.require(ctx, p, schema.TeamReadOrganizationAccess, teamRef(t.ID)); err != nil {
		return GroupLinkDetails{}, err
	}
	shown, err := s.linkDetails(ctx, t.OrganizationID, l)
	if err != nil {
		return GroupLinkDetails{}, err
	}
	return shown[0], nil
}

// linkOf returns a link with its team.
func (s *Service) linkOf(ctx context.Context, id string) (GroupLink, Team, error) {
	found, err := s.store.GroupLinks(ctx, GroupLinkFilter{IDs: []string{id}})
	if err != nil {
		return GroupLink{}, Team{}, err
	}
	if len(found) == 0 {
		return GroupLink{}, Team{}, fault.New(fault.NotFound, "there is no such link")
	}
	t, err := s.store.Team(ctx, found[0].TeamID)
	return found[0], t, err
}

func (s *Service) linkDetails(ctx context.Context, organizationID string, links ...GroupLink) ([]GroupLinkDetails, error) {
	if len(links) == 0 {
		return nil, nil
	}
	ids := make([]string, len(links))
	for i, l := range links {
		ids[i] = l.GroupID
	}
	slices.Sort(ids)
	groups, err := s.store.Groups(ctx, slices.Compact(ids)...)
	if err != nil {
		return nil, err
	}
	byID := map[string]Group{}
	for _, g := range groups {
		byID[g.ID] = g
	}
	out := make([]GroupLinkDetails, len(links))
	for i, l := range links {
		out[i] = GroupLinkDetails{GroupLink: l, Group: byID[l.GroupID], OrganizationID: organizationID}
	}
	return out, nil
}
