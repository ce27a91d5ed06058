package directory

import (
	"context"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// ground is what the catalog has of a source when a push is measured: nothing that the caller counts is believed.
type ground struct {
	people   map[string]catalog.Person // by external id, the one too that the push gives
	groups   map[string]catalog.Group  // by id
	byKey    map[string]catalog.Group  // by external id
	members  map[string][]string       // users, by group
	children map[string][]string       // groups, by group
	before   Totals

	losers map[string]bool // ids of users whom the push takes out of groups
}

// ground reads it: everything the source has where a push takes away, otherwise only the people it is about.
func (r *run) ground(ctx context.Context, c *catalog.Change) (*ground, error) {
	g := &ground{
		people: map[string]catalog.Person{}, groups: map[string]catalog.Group{}, byKey: map[string]catalog.Group{},
		members: map[string][]string{}, children: map[string][]string{}, losers: map[string]bool{},
	}
	filter := catalog.PersonFilter{Source: r.feed.Name}
	if !r.plan.takes() {
		for _, p := range r.plan.People {
			filter.ExternalIDs = append(filter.ExternalIDs, p.ExternalID)
		}
		if len(filter.ExternalIDs) == 0 {
			return g, nil
		}
	}
	people, err := c.Persons(ctx, filter)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		g.people[p.ExternalID] = p
	}
	for _, p := range r.plan.People {
		if have, ok := g.people[p.ExternalID]; ok && p.NewExternalID != "" {
			g.people[p.NewExternalID] = have
		}
	}
	if !r.plan.takes() {
		return g, nil
	}
	return g, g.read(ctx, c, r.feed.Name, people)
}

func (g *ground) read(ctx context.Context, c *catalog.Change, source string, people []catalog.Person) error {
	groups, err := c.GroupsOf(ctx, source)
	if err != nil {
		return err
	}
	for _, have := range groups {
		g.groups[have.ID], g.byKey[have.ExternalID] = have, have
	}
	members, err := c.GroupMembers(ctx, catalog.GroupMemberFilter{Source: source})
	if err != nil {
		return err
	}
	for _, m := range members {
		g.members[m.GroupID] = append(g.members[m.GroupID], m.UserID)
	}
	g.before = totals(people, groups, len(members))
	children, err := c.GroupChildren(ctx)
	for _, child := range children {
		if _, ours := g.groups[child.ParentID]; ours {
			g.children[child.ParentID] = append(g.children[child.ParentID], child.ChildID)
		}
	}
	return err
}

// takes reports whether a push may take anything away.
func (p Plan) takes() bool {
	return p.Toll() != (Toll{}) || p.dismisses() ||
		slices.ContainsFunc(p.Groups, func(c GroupChange) bool { return c.Op == OpRetire || len(c.RemoveGroups) > 0 })
}

func (g *ground) of(c GroupChange) (catalog.Group, bool) {
	if c.GroupID != "" {
		have, ok := g.groups[c.GroupID]
		return have, ok
	}
	have, ok := g.byKey[c.ExternalID]
	return have, ok
}

// count returns a plan with the numbers of the catalog, and, as changes without an operation, what the groups around those
// that it takes out of others lose.
func (g *ground) count(p Plan) (counted Plan, around []GroupChange) {
	p.People, p.Groups = slices.Clone(p.People), slices.Clone(p.Groups)
	for i := range p.People {
		if c := &p.People[i]; c.Op == OpRelease {
			c.Memberships = g.memberships(g.people[c.ExternalID].UserID)
		}
	}
	after, own := g.after(p), map[string]bool{}
	for i := range p.Groups {
		if have, ok := g.of(p.Groups[i]); ok {
			own[have.ID] = true
			g.countGroup(&p.Groups[i], have, after)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.groups)) {
		if own[id] && !g.opensOnly(p, id) {
			continue
		}
		if c, loses := g.around(id, after); loses {
			around = append(around, c)
		}
	}
	return p, around
}

// opensOnly reports whether a plan names a group and takes no group out of it.
func (g *ground) opensOnly(p Plan, id string) bool {
	return !slices.ContainsFunc(p.Groups, func(c GroupChange) bool {
		have, _ := g.of(c)
		return have.ID == id && (c.Op == OpRetire || len(c.RemoveGroups) > 0)
	})
}

func (g *ground) memberships(userID string) int {
	n := 0
	for id, users := range g.members {
		if !g.groups[id].Paused && userID != "" && slices.Contains(users, userID) {
			n++
		}
	}
	return n
}

// countGroup counts what a change takes from its own group.
func (g *ground) countGroup(c *GroupChange, have catalog.Group, after *ground) {
	direct := g.members[have.ID]
	c.GroupID, c.Members, c.Nested, c.Lost = have.ID, len(direct), 0, 0
	if c.Op == OpRetire { // everybody leaves it, whomever the push names
		c.Remove = nil
		for _, userID := range direct {
			c.Remove = append(c.Remove, Member{UserID: userID, ExternalID: g.externalID(userID)})
		}
		slices.SortFunc(c.Remove, compareMembers)
	}
	for _, m := range c.Remove {
		userID := m.UserID
		if userID == "" {
			userID = g.people[m.ExternalID].UserID
		}
		if slices.Contains(direct, userID) {
			g.losers[userID] = true
		}
	}
	if c.Op == OpRetire || len(c.RemoveGroups) > 0 {
		c.Nested, c.Lost = g.losses(have.ID, after)
	}
}

func (g *ground) externalID(userID string) string {
	for _, id := range slices.Sorted(maps.Keys(g.people)) {
		if g.people[id].UserID == userID {
			return id
		}
	}
	return ""
}

// around counts what a group loses of which the push says nothing, or nothing of nested groups.
func (g *ground) around(id string, after *ground) (GroupChange, bool) {
	if len(g.children[id]) == 0 {
		return GroupChange{}, false
	}
	c := GroupChange{GroupID: id, ExternalID: g.groups[id].ExternalID, Name: g.groups[id].DisplayName, Members: len(g.members[id])}
	c.Nested, c.Lost = g.losses(id, after)
	return c, c.Lost > 0
}

// losses counts who is in a group through nested groups alone, and who of them is in it no more.
func (g *ground) losses(id string, after *ground) (nested, lost int) {
	before, left := map[string]bool{}, map[string]bool{}
	g.within(id, before, map[string]bool{})
	after.within(id, left, map[string]bool{})
	for _, userID := range g.members[id] {
		delete(before, userID)
	}
	for userID := range before {
		if !left[userID] {
			g.losers[userID] = true
			lost++
		}
	}
	return len(before), lost
}

// after returns who is in which group through which other once the nestings of a plan have ended and begun. Who leaves a
// group himself is counted there.
func (g *ground) after(p Plan) *ground {
	out := &ground{members: maps.Clone(g.members), children: maps.Clone(g.children)}
	for _, c := range p.Groups {
		have, ok := g.of(c)
		switch {
		case !ok:
		case c.Op == OpRetire:
			out.members[have.ID], out.children[have.ID] = nil, nil
		default:
			left := slices.DeleteFunc(slices.Clone(out.children[have.ID]), func(child string) bool {
				return slices.Contains(c.RemoveGroups, g.groups[child].ExternalID)
			})
			for _, key := range c.AddGroups {
				if child, known := g.byKey[key]; known {
					left = append(left, child.ID)
				}
			}
			out.children[have.ID] = left
			joined := slices.Clone(out.members[have.ID])
			for _, m := range c.Add {
				if m.UserID == "" {
					m.UserID = g.people[m.ExternalID].UserID
				}
				joined = append(joined, m.UserID)
			}
			out.members[have.ID] = joined
		}
	}
	return out
}

func (g *ground) within(id string, people, seen map[string]bool) {
	if seen[id] {
		return
	}
	seen[id] = true
	for _, userID := range g.members[id] {
		people[userID] = true
	}
	for _, child := range g.children[id] {
		g.within(child, people, seen)
	}
}

// honour refuses a push that suspends, renames or takes out of a group whom its source may not: those who are protected,
// and site admins where the source is not trusted with administrators.
func (r *run) honour(ctx context.Context, c *catalog.Change, g *ground) error {
	concerned := maps.Clone(g.losers)
	for _, change := range r.plan.People {
		if p, ok := g.people[change.ExternalID]; ok && change.touches(p) {
			concerned[p.UserID] = true
		}
	}
	if len(concerned) == 0 {
		return nil
	}
	users, err := c.Users(ctx, catalog.UserFilter{IDs: slices.Sorted(maps.Keys(concerned))})
	if err != nil {
		return err
	}
	shield := map[string]bool{}
	for _, name := range r.feed.Protected {
		shield[catalog.NameKey(name)] = true
	}
	label := map[string]string{}
	for _, p := range g.people {
		label[p.UserID] = p.Username
	}
	for _, u := range users {
		switch {
		case shield[catalog.NameKey(u.Username)], shield[catalog.NameKey(label[u.ID])] && label[u.ID] != "":
			return fault.New(fault.Conflict, "%s is protected from what this directory says; nothing was done", u.Username)
		case u.SiteAdmin && r.feed.Trust != catalog.TrustAdministrators:
			return fault.New(fault.Conflict, "%s is a site admin, and the directory is not trusted with administrators; nothing was done", u.Username)
		}
	}
	return nil
}

// touches reports whether a change suspends a person, gives him other labels or another id, or takes him out of groups.
func (c PersonChange) touches(p catalog.Person) bool {
	switch c.Op {
	case OpSuspend, OpRelease, OpDelete:
		return true
	case OpUpdate:
		return c.Username != "" && c.Username != p.Username || c.Email != "" && c.Email != p.Email || c.NewExternalID != "" && c.NewExternalID != p.ExternalID
	case OpCreate, OpRestore, OpRetire:
	}
	return false
}
