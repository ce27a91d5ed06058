package directory

import (
	"github.com/terrawarden/terrawarden/internal/fault"
)

// DefaultLimits returns what a plan may take away where the settings do not say: five of anything always; above that, of
// what the source has, a tenth of the memberships (500 at most) and half of one group, a twentieth of the people (50), a
// tenth of the groups (10) and of the memberships of teams that rules made (200); within 24 hours a fifth of the
// memberships (1,000) and a tenth of the people (100). The guards of other products are 500 objects in a run (Entra
// Connect), a fifth (Okta) and a quarter (Peribolos): of access, less than those.
func DefaultLimits() Limits {
	return Limits{
		Floor:       5,
		Memberships: Limit{Max: 500, Percent: 10},
		Group:       Limit{Max: -1, Percent: 50},
		People:      Limit{Max: 50, Percent: 5},
		Groups:      Limit{Max: 10, Percent: 10},
		Links:       Limit{Max: 200, Percent: 10},
		Day:         Limit{Max: 1000, Percent: 20},
		DayPeople:   Limit{Max: 100, Percent: 10},
	}
}

// filled returns the limits as they are, the defaults where nothing at all is said.
func (l Limits) filled() Limits {
	if l == (Limits{}) {
		return DefaultLimits()
	}
	return l
}

// trips returns the number that a count must not be above, and whether it is. A floor below zero is none.
func (l Limit) trips(count, of, floor int) (limit int, tripped bool) {
	if count <= max(floor, 0) {
		return 0, false
	}
	if l.Max >= 0 && count > l.Max {
		return l.Max, true
	}
	if l.Percent >= 0 && count*100 > l.Percent*of {
		return max(floor, 0, l.Percent*of/100), true
	}
	return 0, false
}

// check reports what cannot be meant.
func (l Limits) check(add func(error)) {
	for _, one := range []struct {
		name string
		Limit
	}{
		{"memberships", l.Memberships},
		{"group", l.Group},
		{"people", l.People},
		{"groups", l.Groups},
		{"links", l.Links},
		{"day", l.Day},
		{"day-people", l.DayPeople},
	} {
		if one.Percent > 100 {
			add(fault.At("limits."+one.name+".percent", "must not be above 100"))
		}
	}
}
