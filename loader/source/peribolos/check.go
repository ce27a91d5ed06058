package peribolos

import (
	"slices"

	"github.com/terrawarden/terrawarden/loader"
)

// check adds what is wrong with an organization as a whole.
func (o *organization) check(f *faults) {
	if len(o.admins) == 0 {
		f.add(o.at, "organization %q has no admins", o.name)
	}
	unique(f, o.admins, "admin %q is listed twice, first at %s")
	unique(f, o.members, "member %q is listed twice, first at %s")
	repositories := make([]named, 0, len(o.repositories))
	for _, r := range o.repositories {
		repositories = append(repositories, r.named)
	}
	unique(f, repositories, "repository %q is defined twice, first at %s")
	c := &checker{faults: f, organization: o, admins: set(o.admins), people: set(slices.Concat(o.admins, o.members)), teams: map[string]position{}}
	for _, t := range o.teams {
		c.team(t)
	}
}

// unique adds a fault for each name that was there before, and returns where each was first.
func unique(f *faults, names []named, format string) map[string]position {
	first := map[string]position{}
	for _, n := range names {
		if at, twice := first[fold(n.name)]; twice {
			f.add(n.at, format, n.name, at)
			continue
		}
		first[fold(n.name)] = n.at
	}
	return first
}

func set(names []named) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[fold(n.name)] = true
	}
	return out
}

// checker checks the teams of an organization.
type checker struct {
	*faults
	organization   *organization
	admins, people map[string]bool
	teams          map[string]position
}

func (c *checker) team(t *team) {
	if first, twice := c.teams[fold(t.name)]; twice {
		c.add(t.at, "team %q is defined twice, first at %s", t.name, first)
	} else {
		c.teams[fold(t.name)] = t.at
	}
	members := unique(c.faults, t.members, "member %q is listed twice, first at %s")
	unique(c.faults, t.maintainers, "maintainer %q is listed twice, first at %s")
	for _, p := range t.maintainers {
		if at, both := members[fold(p.name)]; both {
			c.add(p.at, "maintainer %q is listed as a member, too, at %s", p.name, at)
		}
	}
	for _, p := range slices.Concat(t.members, t.maintainers) {
		if !c.people[fold(p.name)] {
			c.add(p.at, "%q of team %q is neither an admin nor a member of organization %q", p.name, t.name, c.organization.name)
		}
	}
	if isOwners(t) {
		c.owners(t, t)
	}
	repositories := make([]named, 0, len(t.access))
	for _, a := range t.access {
		repositories = append(repositories, a.named)
	}
	unique(c.faults, repositories, "repository %q is listed twice, first at %s")
	for _, child := range t.teams {
		c.team(child)
	}
}

// isOwners reports whether a team has the name of the owners team.
func isOwners(t *team) bool { return fold(t.name) == loader.OwnersTeam }

// owners checks that everybody in the team named owners, and in the teams inside it, is an admin: nobody must
// become an owner through a list of members, nor lose the team's repositories because the team is not kept.
func (c *checker) owners(owners, t *team) {
	for _, p := range slices.Concat(t.members, t.maintainers) {
		if c.people[fold(p.name)] && !c.admins[fold(p.name)] {
			c.add(p.at, "%q is in team %q and no admin: that name is reserved for the admins", p.name, owners.name)
		}
	}
	for _, child := range t.teams {
		c.owners(owners, child)
	}
}
