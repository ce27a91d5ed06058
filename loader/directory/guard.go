package directory

import (
	"fmt"
)

// Toll counts what a plan takes away.
func (p Plan) Toll() Toll {
	var t Toll
	for _, c := range p.People {
		if c.Op == OpSuspend || c.Op == OpRelease || c.Op == OpDelete {
			t.People++
			t.Memberships += c.Memberships
		}
	}
	for _, c := range p.Groups {
		t.Memberships += c.toll()
		t.Links += c.NameLost
		if c.Op == OpRetire || c.Op == OpDelete {
			t.Groups++
		}
	}
	for _, c := range p.Links {
		if c.Op == OpDelete {
			t.Links += c.People
		}
	}
	return t
}

// toll counts whom a change takes out of its group.
func (c GroupChange) toll() int { return len(c.Remove) + c.Lost }

// Counts returns how much of each kind a plan has. All keys are always there, for metrics.
func (p Plan) Counts() map[string]int {
	out := map[string]int{
		"members.add": 0, "members.remove": 0, "nested.add": 0, "nested.remove": 0,
		"unknown": len(p.Unknown), "conflicts": len(p.Conflicts), "trips": len(p.Trips),
	}
	for what, ops := range map[string][]Op{
		"people": {OpCreate, OpUpdate, OpSuspend, OpRestore, OpRelease, OpDelete},
		"groups": {OpCreate, OpUpdate, OpRestore, OpRetire, OpDelete},
		"links":  {OpCreate, OpDelete},
	} {
		for _, op := range ops {
			out[what+"."+string(op)] = 0
		}
	}
	for _, c := range p.People {
		out["people."+string(c.Op)]++
	}
	for _, c := range p.Groups {
		out["groups."+string(c.Op)]++
		out["members.add"] += len(c.Add)
		out["members.remove"] += len(c.Remove)
		out["nested.add"] += len(c.AddGroups)
		out["nested.remove"] += len(c.RemoveGroups)
	}
	for _, c := range p.Links {
		out["links."+string(c.Op)]++
	}
	return out
}

// Measure returns the guards that hold a plan: what the source's applied plans took away within the last 24 hours is day,
// this plan not included; first says that none of the source was applied yet. The empty source and the end of site
// administration hold a plan whatever the limits and the trust.
func Measure(set Settings, p Plan, day Toll, first bool) []Trip {
	m := &measure{floor: set.Limits.filled().Floor}
	limits, toll := set.Limits.filled(), p.Toll()
	if first && !set.ApplyFirst && !p.Empty() {
		m.trips = append(m.trips, Trip{Guard: GuardFirst, Message: fmt.Sprintf("this is the first plan of source %s; somebody should look at it", p.Source)})
	}
	m.empty(p, toll)
	m.limit(GuardMemberships, limits.Memberships, toll.Memberships, p.Before.Memberships, "memberships of groups would end")
	for _, c := range p.Groups {
		m.group(limits.Group, c)
	}
	m.limit(GuardPeople, limits.People, toll.People, p.Before.People, "people would be suspended or lose their memberships for good")
	if tripped := len(m.trips); toll.Groups > 0 {
		m.limit(GuardGroups, limits.Groups, toll.Groups, p.Before.Groups, "groups would be retired or deleted")
		if len(m.trips) == tripped {
			m.limit(GuardGroups, limits.Groups, toll.Groups+day.Groups, p.Before.Groups+day.Groups, "groups would have been retired or deleted within 24 hours")
		}
	}
	m.limit(GuardLinks, limits.Links, toll.Links, p.Before.Memberships, "memberships of teams would end with links of rules or names of groups")
	if toll.Memberships > 0 {
		m.limit(GuardDay, limits.Day, toll.Memberships+day.Memberships, p.Before.Memberships, "memberships of groups would have ended within 24 hours")
	}
	if toll.People > 0 {
		m.limit(GuardDayPeople, limits.DayPeople, toll.People+day.People, p.Before.People, "people would have been suspended within 24 hours")
	}
	for _, c := range p.Links {
		if c.Op == OpDelete && c.SiteAdmins && c.People > 0 {
			m.trips = append(m.trips, Trip{
				Guard: GuardOwner, Group: c.GroupName, Count: c.People, Of: c.People,
				Message: fmt.Sprintf("%d people of group %q would lose site administration, which rule %s gave them", c.People, c.GroupName, c.Rule),
			})
		}
	}
	return m.trips
}

type measure struct {
	floor int
	trips []Trip
}

func (m *measure) limit(guard Guard, l Limit, count, of int, what string) {
	if limit, tripped := l.trips(count, of, m.floor); tripped {
		m.trips = append(m.trips, Trip{
			Guard: guard, Count: count, Of: of, Limit: limit,
			Message: fmt.Sprintf("%d %s, of %d; %d may without being approved", count, what, of, limit),
		})
	}
}

// group measures what one group loses. Where the source has lost the group itself, the guard of groups measures that too.
func (m *measure) group(l Limit, c GroupChange) {
	count, of := c.toll(), c.Members+c.Nested
	if limit, tripped := l.trips(count, of, m.floor); tripped {
		m.trips = append(m.trips, Trip{
			Guard: GuardGroup, Group: c.Name, Count: count, Of: of, Limit: limit,
			Message: fmt.Sprintf("group %q would lose %d people of %d; %d may leave it without being approved", c.Name, count, of, limit),
		})
	}
}

// empty holds a plan that takes away because a whole snapshot has nothing at all.
func (m *measure) empty(p Plan, toll Toll) {
	if p.Partial {
		return
	}
	for _, part := range []struct {
		what      string
		had, sees int
		least     int // that there must have been: the last one of a group may leave it
		takes     bool
	}{
		{"enabled people", p.Before.People, p.Seen.People, 1, toll.People > 0},
		{"groups", p.Before.Groups, p.Seen.Groups, 1, toll.Groups > 0},
		{"members of groups", p.Before.Memberships, p.Seen.Memberships, 2, toll.Memberships > 0},
	} {
		if part.takes && part.had >= part.least && part.sees == 0 {
			m.trips = append(m.trips, Trip{
				Guard: GuardEmpty, Count: part.had, Of: part.had,
				Message: fmt.Sprintf("source %s had %d %s and now says that it has none", p.Source, part.had, part.what),
			})
		}
	}
}
