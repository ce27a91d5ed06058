package directory

import "time"

// Nesting says what becomes of groups inside groups.
type Nesting string

// The ways to nest. Who is in a group is the same in the first two.
const (
	NestingKept      Nesting = "keep"    // a nested group stays one
	NestingFlattened Nesting = "flatten" // its people are put into the groups around it
	NestingIgnored   Nesting = "ignore"  // only direct members count
)

// Settings are what an operator decides about a source.
type Settings struct {
	Name string // of the source, and of what it brings
	Kind string

	Nesting  Nesting // "": kept
	MaxDepth int     // of nesting; a group nested deeper is unknown; 0: 10

	// Users and Groups choose what is taken from the source. Exclusion wins.
	Users, Groups Filter

	// Protected are usernames whom the source never suspends, renames or takes out of groups; any case.
	Protected []string
	// Keep is how long memberships of people who are gone are kept, and groups that are gone.
	Keep   time.Duration
	Limits Limits
	Rules  []Rule
	// ApplyFirst applies the first plan of the source like any other. Otherwise it waits for somebody to look at it.
	ApplyFirst bool

	Interval  time.Duration // between runs; 0: on demand alone
	FullEvery time.Duration // after which a source with increments is read wholly
}

// Filter chooses by name or id, and exclusion wins. Whoever it leaves out is gone to the catalog, so that a typo trips the
// guards. The people of a group that it leaves out do not count in the groups around it, unless groups are flattened and
// no Exclude names that one. Patterns are those of path.Match, in any case; an empty Include takes all.
type Filter struct{ Include, Exclude []string }

// Limits are how much a plan may take away without being approved. A count trips when it is above Max, or above Percent
// of what there was and above Floor. The zero Limits are DefaultLimits; in others zero is zero, so that all of it waits for
// somebody. Negative: no limit; a negative Floor is none.
type Limits struct {
	Floor       int // as many may always go
	Memberships Limit
	Group       Limit // from one group
	People      Limit
	Groups      Limit
	Links       Limit
	Day         Limit // memberships within 24 hours
	DayPeople   Limit
}

// Limit is one of them.
type Limit struct{ Max, Percent int }

// Rule makes teams follow groups. Exactly one of Team, SiteAdmins and Match is set. A link that a rule made ends when no rule
// makes it any more; one that a person made is left alone. Where several groups have the name that a rule goes by, it
// makes no new link.
type Rule struct {
	Name string // for people; unique

	// Group chooses groups: by ID, exactly, by Name, exactly, or by Pattern, a regular expression (RE2) that the whole
	// name must match and whose submatches Team may use as $1 or ${1}, with $$ for a dollar. A rule with Match may go without:
	// it is about all groups.
	ID, GroupName, Pattern string

	Team string // organization/team; an owners team only where it is named without $
	// Create makes the team where there is none; never the organization.
	Create     bool
	SiteAdmins bool
	// Match is how teams are found in TFE's way.
	Match        Match
	Organization string // where Match looks, "" everywhere

	// Shared is a rule that the configuration has for all sources, not for this one by name. Whoever makes groups in some
	// other directory must not get by their names what is meant for this one's: it serves directories alone that are trusted
	// with teams, and never goes by ID.
	Shared bool
}

// Match is a way in which TFE finds teams for groups.
type Match string

// The ways. Neither ever finds an owners team.
const (
	MatchSSOTeamID Match = "sso-team-id" // teams whose SSO team ID is the group's id or name; an id that a group has is no name
	MatchTeamName  Match = "team-name"   // teams of the group's name, case-sensitive
)
