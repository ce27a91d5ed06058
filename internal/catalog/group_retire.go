package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// RetireGroup takes everybody out of a group that its directory has no more, and the group out of the directory's other
// groups. Its links and grants stay and give nobody anything, so that a group that comes back has them. Twice is once.
func (c *Change) RetireGroup(ctx context.Context, id string) error {
	before, err := c.Group(ctx, id)
	if err != nil || !before.GoneAt.IsZero() {
		return err
	}
	if reserved(before.Source) {
		return fault.New(fault.Conflict, "the group is no directory's")
	}
	if err := c.ownsGroup(before); err != nil {
		return err
	}
	people, err := c.GroupMembers(ctx, GroupMemberFilter{GroupIDs: []string{id}})
	if err != nil {
		return err
	}
	ids := make([]string, len(people))
	for i, m := range people {
		ids[i] = m.UserID
	}
	if err := c.FillGroup(ctx, id, nil, ids); err != nil {
		return err
	}
	if err := c.leaveNestings(ctx, before); err != nil {
		return err
	}
	return c.setGroup(ctx, id, "group.retire", func(g *Group) { g.GoneAt = c.now })
}

// leaveNestings takes all groups out of a group, and the group out of others of its source. Groups of others keep it, and
// so do those that are paused.
func (c *Change) leaveNestings(ctx context.Context, g Group) error {
	n, err := c.nestings(ctx)
	if err != nil {
		return err
	}
	if err := c.NestGroups(ctx, g.ID, nil, n.down[g.ID]); err != nil {
		return err
	}
	for _, id := range slices.Clone(n.up[g.ID]) {
		parent, err := c.Group(ctx, id)
		if err != nil {
			return err
		}
		if parent.Source != g.Source || parent.Paused {
			continue
		}
		if err := c.NestGroups(ctx, id, nil, []string{g.ID}); err != nil {
			return err
		}
	}
	return nil
}

// RestoreGroup makes a retired group one that its directory has again. Nobody is in it yet.
func (c *Change) RestoreGroup(ctx context.Context, id string) error {
	return c.setGroup(ctx, id, "group.restore", func(g *Group) { g.GoneAt = time.Time{} })
}

// DeleteRetired deletes a retired group with its links, grants and tokens. Fault: Conflict for one that is there.
func (c *Change) DeleteRetired(ctx context.Context, id string) error {
	g, err := c.Group(ctx, id)
	if err == nil {
		err = c.ownsGroup(g)
	}
	if err == nil && g.GoneAt.IsZero() {
		err = fault.New(fault.Conflict, "the group is there still")
	}
	if err != nil {
		return err
	}
	return c.RemoveGroup(ctx, id)
}

// SetGroupAttributes sets what a SCIM client keeps with a group and, unless it is "", the external id. Fault: Conflict for
// an external id that another group of the source has; then nothing is done.
func (c *Change) SetGroupAttributes(ctx context.Context, id string, a Attributes, externalID string) error {
	g, err := c.Group(ctx, id)
	if err != nil {
		return err
	}
	if externalID == "" {
		externalID = g.ExternalID
	}
	if externalID != g.ExternalID {
		_, err := c.GroupByExternalID(ctx, g.Source, externalID)
		if err == nil {
			return fault.New(fault.Conflict, "another group of %s has the external id", g.Source)
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return c.setGroup(ctx, id, "group.update", func(g *Group) { g.Attributes, g.ExternalID = a, externalID })
}

// setGroup changes what the projection does not ask about a group.
func (c *Change) setGroup(ctx context.Context, id, action string, set func(*Group)) error {
	before, err := c.Group(ctx, id)
	if err == nil {
		err = c.ownsGroup(before)
	}
	if err != nil {
		return err
	}
	after := before
	set(&after)
	if after == before {
		return nil
	}
	if err := c.putGroup(ctx, after); err != nil {
		return err
	}
	c.record(action, "", groupRef(id), before, after)
	return nil
}

// byRule marks what a rule of the configuration gave.
func byRule(rule string) string { return "rule:" + rule }

// LinkByRule makes a team follow a group by a rule of the configuration. A link that is there stays whose it is: what a
// person made, no rule takes.
func (c *Change) LinkByRule(ctx context.Context, groupID, teamID, rule string) (GroupLink, error) {
	if rule == "" {
		return GroupLink{}, fault.At("rule", "can't be blank")
	}
	have, err := c.GroupLinks(ctx, GroupLinkFilter{GroupIDs: []string{groupID}, TeamIDs: []string{teamID}})
	if err != nil {
		return GroupLink{}, err
	}
	if len(have) > 0 {
		return have[0], nil
	}
	return c.link(ctx, groupID, teamID, rule)
}

// AppointByRule makes the people of a group site admins by a rule of the configuration, which is the only way to grant that
// role: who is in the group is for its directory to say. Fault: Conflict where its directory is not trusted so far.
func (c *Change) AppointByRule(ctx context.Context, groupID, rule string) (Grant, error) {
	if rule == "" {
		return Grant{}, fault.At("rule", "can't be blank")
	}
	g, err := c.Group(ctx, groupID)
	if err != nil {
		return Grant{}, err
	}
	if trust, err := c.trustIn(ctx, g.Source); err != nil || !trust.atLeast(TrustAdministrators) {
		if err == nil {
			err = fault.New(fault.Conflict, "the directory %s is not trusted to say who administers", g.Source)
		}
		return Grant{}, err
	}
	have, err := c.appointed(ctx, groupID)
	if err != nil {
		return Grant{}, err
	}
	if len(have) > 0 {
		return have[0], nil
	}
	made := Grant{ID: c.random(PrefixGrant), Holder: groupRef(groupID), RoleID: schema.RoleSiteAdmin, Scope: platformRef(), CreatedBy: byRule(rule), CreatedAt: c.now}
	if err := c.InsertGrant(ctx, made); err != nil {
		return Grant{}, err
	}
	c.touch(grantSlices(made, "")...)
	c.record("grant.create", "", made.Scope, nil, made, made.Holder)
	return made, nil
}

// DismissByRule ends that. What anything else than the rule granted stays.
func (c *Change) DismissByRule(ctx context.Context, groupID, rule string) error {
	have, err := c.appointed(ctx, groupID)
	if err != nil {
		return err
	}
	for _, g := range have {
		if g.CreatedBy != byRule(rule) {
			continue
		}
		if err := c.RemoveGrant(ctx, g.ID); err != nil {
			return err
		}
	}
	return nil
}

func (c *Change) appointed(ctx context.Context, groupID string) ([]Grant, error) {
	return c.Grants(ctx, GrantFilter{Scopes: []authz.Object{platformRef()}, Holder: groupRef(groupID), RoleID: schema.RoleSiteAdmin})
}
