package catalog

import (
	"context"
)

// changeCache is what a change has read and does not read again, since a change of a directory may be about thousands of
// groups. Whatever writes such rows forgets it; no other transaction writes meanwhile.
type changeCache struct {
	nesting  *nesting
	trust    map[string]NameTrust // of directories, by name
	holding  map[string]bool      // groups: whether they had a grant when it was asked first
	keepers  []LinkMember         // of all paused links
	keepRead bool
}

// PutDirectory adds a directory or changes it.
func (c *Change) PutDirectory(ctx context.Context, d Directory) error {
	c.known.trust = nil
	return c.Queries.PutDirectory(ctx, d)
}

// holds reports whether a group had a grant when that was asked first. Whoever makes or ends a grant names the private team
// of its holder, so that an answer from before counts as well.
func (c *Change) holds(ctx context.Context, groupID string) (bool, error) {
	if has, known := c.known.holding[groupID]; known {
		return has, nil
	}
	some, err := c.Grants(ctx, GrantFilter{Holder: groupRef(groupID), Limit: 1})
	if err != nil {
		return false, err
	}
	if c.known.holding == nil {
		c.known.holding = map[string]bool{}
	}
	c.known.holding[groupID] = len(some) > 0
	return len(some) > 0, nil
}

// keptIn returns the ids of the paused links that keep a user in their teams.
func (c *Change) keptIn(ctx context.Context, userID string) ([]string, error) {
	if !c.known.keepRead {
		all, err := c.LinkMembers(ctx)
		if err != nil {
			return nil, err
		}
		c.known.keepers, c.known.keepRead = all, true
	}
	var out []string
	for _, m := range c.known.keepers {
		if m.UserID == userID {
			out = append(out, m.LinkID)
		}
	}
	return out, nil
}

// PutLinkMembers notes whom paused links keep.
func (c *Change) PutLinkMembers(ctx context.Context, members ...LinkMember) error {
	c.known.keepRead = false
	return c.Queries.PutLinkMembers(ctx, members...)
}

// trustIn returns what the names of a source's groups may stand for.
func (c *Change) trustIn(ctx context.Context, source string) (NameTrust, error) {
	if t, known := c.known.trust[source]; known {
		return t, nil
	}
	t, err := trustOf(ctx, c.Queries, source)
	if err != nil {
		return TrustNone, err
	}
	if c.known.trust == nil {
		c.known.trust = map[string]NameTrust{}
	}
	c.known.trust[source] = t
	return t, nil
}
