package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Diff returns what brings the catalog in step with a snapshot that Normalize has brought into form. It is pure: equal
// input, in whatever order, gives an equal plan, and the state that a plan leads to gives an empty one. The guards are
// measured by Measure.
//
// Whoever is disabled or gone is suspended at once and stays in his groups for Settings.Keep, so that his return brings
// everything back; then he is released, if the snapshot still says that he is gone, or is one of changes and says nothing of
// him. In the same way a group that is gone is retired and, after that time, deleted.
func Diff(set Settings, s Snapshot, state State, now time.Time) Plan {
	d := newDiffer(set, s, state, now)
	d.people()
	d.groupPlans()
	d.ruleLinks()
	return d.finish()
}

// differ compares one snapshot with one state.
type differ struct {
	set   Settings
	snap  Snapshot
	state State
	now   time.Time
	plan  Plan

	listed  map[string]*User           // of the snapshot, by external id
	known   map[string]*catalog.Person // by external id
	byUser  map[string]*catalog.Person // by user id
	subject map[string]string          // of identities, by user id
	shield  map[string]bool            // usernames that are protected, folded

	relabelled map[string]PersonLabels // by external id: who gets other ones

	who  map[string]*fate // by external id: everybody whom the snapshot or the catalog knows
	held map[string]bool  // ids of users who are in a conflict: nobody takes them out of anything

	reused map[string]bool // external ids that stand for somebody else by now, it seems

	groups   map[string]*groupPlan // by external id
	groupIDs map[string]*groupPlan // by id
	keepers  map[string]keeper     // by external id of a group
	sizes    map[string]int        // likewise, people
	byName   map[string]int        // by id of a group: teams that it is in by its name
	nameless int                   // groups whose name the source may not read
}

// standing is what a plan makes of somebody's memberships.
type standing int

const (
	standsIn    standing = iota // he is active: his memberships follow the snapshot
	standsStill                 // he is disabled, gone or in a conflict: he is neither put in nor taken out
	standsApart                 // the source has him, and the catalog is not to
)

// fate is who somebody is after the plan.
type fate struct {
	userID   string // "" for somebody who is created
	username string
	standing standing
}

func newDiffer(set Settings, s Snapshot, state State, now time.Time) *differ {
	d := &differ{
		set: set, snap: s, state: state, now: now,
		listed: make(map[string]*User, len(s.Users)),
		known:  make(map[string]*catalog.Person, len(state.People)), byUser: make(map[string]*catalog.Person, len(state.People)),
		subject: make(map[string]string, len(state.Identities)), shield: map[string]bool{},
		who: make(map[string]*fate, len(s.Users)+len(state.People)), held: map[string]bool{},
		relabelled: map[string]PersonLabels{}, reused: map[string]bool{}, keepers: map[string]keeper{}, sizes: map[string]int{}, byName: map[string]int{},
	}
	d.plan = Plan{Source: set.Name, Partial: s.Partial, Unknown: s.unknown(), Warnings: slices.Clone(s.Warnings)}
	for i, u := range s.Users {
		d.listed[u.ID] = &s.Users[i]
		if !u.Deleted && !u.Disabled {
			d.plan.Seen.People++
		}
	}
	d.plan.Reread = s.Partial && (set.Nesting == NestingFlattened && len(s.Groups) > 0 || slices.ContainsFunc(s.Groups, func(g Group) bool {
		return g.Unknown == unknownCycle || g.Unknown == unknownBoth
	}))
	for i, p := range state.People {
		d.known[p.ExternalID], d.byUser[p.UserID] = &state.People[i], &state.People[i]
		if p.InactiveAt.IsZero() {
			d.plan.Before.People++
		}
	}
	for subject, userID := range state.Identities {
		if have, ok := d.subject[userID]; !ok || subject < have {
			d.subject[userID] = subject
		}
	}
	for _, name := range set.Protected {
		d.shield[catalog.NameKey(name)], d.shield[catalog.NameKey(legalUsername(name))] = true, true
	}
	return d
}

// usersGone reports whether somebody whom the snapshot does not name is gone; groupsGone likewise.
func (d *differ) usersGone() bool  { return !d.snap.Partial && d.snap.UsersComplete }
func (d *differ) groupsGone() bool { return !d.snap.Partial && d.snap.GroupsComplete }

// due reports whether what was lost at a time has been kept for long enough. A clock that jumped back makes nothing due.
func (d *differ) due(since time.Time) bool {
	return !since.IsZero() && !d.now.Before(since.Add(d.set.Keep))
}

func (d *differ) conflict(what, id, name, format string, args ...any) {
	d.plan.Conflicts = append(d.plan.Conflicts, Conflict{What: what, ID: id, Name: name, Reason: fmt.Sprintf(format, args...)})
}

func (d *differ) warn(format string, args ...any) {
	d.plan.Warnings = append(d.plan.Warnings, fmt.Sprintf(format, args...))
}

// guarded says why the source may not suspend a person, rename him or take him out of a group, "" if it may.
func (d *differ) guarded(userID, label string) string {
	u := d.state.Users[userID]
	switch {
	case d.shield[catalog.NameKey(u.Username)] || d.shield[catalog.NameKey(label)]:
		return "is protected"
	case u.SiteAdmin && d.state.Trust != catalog.TrustAdministrators:
		return "is a site admin, and the directory is not trusted with administrators"
	}
	return ""
}

// usernameOf is how people know a user.
func (d *differ) usernameOf(userID, label string) string {
	if u, ok := d.state.Users[userID]; ok {
		return u.Username
	}
	return label
}

// finish orders the plan.
func (d *differ) finish() Plan {
	p := d.plan
	slices.SortFunc(p.People, comparePeople)
	slices.SortFunc(p.Groups, compareGroups)
	slices.SortFunc(p.Links, compareLinks)
	slices.SortFunc(p.Unknown, func(a, b Unknown) int {
		return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.Reason, b.Reason))
	})
	slices.SortFunc(p.Conflicts, func(a, b Conflict) int {
		return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.ID, b.ID), strings.Compare(a.Reason, b.Reason))
	})
	p.Unknown, p.Conflicts = slices.Compact(p.Unknown), slices.Compact(p.Conflicts)
	slices.Sort(p.Warnings)
	p.Warnings = slices.Compact(p.Warnings)
	return p
}
