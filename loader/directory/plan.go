package directory

import (
	"encoding/json"
)

// Op is what a plan does to a person, group or link.
type Op string

// The operations of a plan. The last two come after a time: what was kept is taken, what was retired is deleted.
const (
	OpCreate  Op = "create"
	OpUpdate  Op = "update"  // another name, address, or members
	OpSuspend Op = "suspend" // a person who is disabled or gone: his access ends at once, his memberships are kept
	OpRestore Op = "restore" // a suspended person, or a retired group, that is there again
	OpRetire  Op = "retire"  // a group that is gone: its members leave, its links and grants are kept
	OpRelease Op = "release" // a person gone for long: his memberships in groups of this source are taken
	OpDelete  Op = "delete"  // a group retired for long, or a link that its rule makes no more
)

// Plan is what would bring the catalog in step with what a source said: a pure difference. Its lists are ordered by
// external id, so that the same difference has the same digest.
//
// It is done in this order, so that each change finds what it needs and the digests of groups hold: people who change
// names or addresses, all together (two may swap theirs); people who are suspended, restored or created; groups, first
// those that are created, with nestings ended before others begin; links; and at last people who are released.
type Plan struct {
	Source  string `json:"source"`
	Partial bool   `json:"partial,omitempty"`

	People []PersonChange `json:"people"`
	Groups []GroupChange  `json:"groups"`
	Links  []LinkChange   `json:"links"`

	// Unknown is what was not read wholly and is left alone.
	Unknown []Unknown `json:"unknown"`
	// Conflicts are what cannot be done, and why. The rest of the plan goes on without them.
	Conflicts []Conflict `json:"conflicts"`
	// Trips are the guards that hold the plan; none: it may be applied.
	Trips    []Trip   `json:"trips"`
	Warnings []string `json:"warnings,omitempty"`

	// Before counts what the source had in the catalog when the plan was made, Seen what its snapshot had: enabled people,
	// groups, and members as far as they were read.
	Before Totals `json:"before"`
	Seen   Totals `json:"seen"`

	// Reread says that a snapshot of changes did not say enough of somebody or something: the next read should be whole.
	Reread bool `json:"reread,omitempty"`
}

// Totals count what a source has in the catalog.
type Totals struct {
	People      int `json:"people"` // active ones
	Groups      int `json:"groups"` // not retired
	Memberships int `json:"memberships"`
}

// PersonChange does something to a person. An update changes what the directory says of him and his user's
// address, and his user's name where that is still Was.Username. A release takes nobody out of a paused group. One who gets other labels and is suspended or restored has two, the update first.
type PersonChange struct {
	Op         Op     `json:"op"`
	ExternalID string `json:"external-id"`
	Username   string `json:"username"`
	Email      string `json:"email,omitempty"`
	// UserID is the user whom the directory's record belongs to already; of a create the account that waited for the
	// person, "" for a new one.
	UserID string `json:"user-id,omitempty"`
	// Was is what an update changes.
	Was *PersonLabels `json:"was,omitempty"`
	// NewExternalID is set where a push gives the person another external id.
	NewExternalID string `json:"new-external-id,omitempty"`
	// Attributes is what a SCIM connection keeps with the person, nil: unchanged.
	Attributes *json.RawMessage `json:"attributes,omitempty"`
	// Disabled makes a created person a suspended one.
	Disabled bool `json:"disabled,omitempty"`
	// Gone is a person whom the source has deleted, not only disabled; a push's tombstone.
	Gone   bool   `json:"gone,omitempty"`
	Reason string `json:"reason,omitempty"` // of a suspend, a release, or a create that takes an account, for people
	// Memberships is how many of them a release takes.
	Memberships int `json:"memberships,omitempty"`
}

// PersonLabels are what may change about a person.
type PersonLabels struct {
	Username string `json:"username"`
	Email    string `json:"email,omitempty"`
}

// Member is a person in a group, by what a plan knows him: the user where there is one already, and the external id,
// which a user whom only a login put there may not have ("").
type Member struct {
	ExternalID string `json:"external-id"`
	UserID     string `json:"user-id,omitempty"`
	Username   string `json:"username,omitempty"`
}

// GroupChange does something to a group and who is in it. All of it is done together or not at all. A group that is
// retired names in Remove and RemoveGroups everybody and everything that was in it.
type GroupChange struct {
	Op            Op               `json:"op"`
	ExternalID    string           `json:"external-id"`
	GroupID       string           `json:"group-id,omitempty"` // "" for a create
	Name          string           `json:"name"`
	Was           string           `json:"was,omitempty"` // the name before, where it changes
	NewExternalID string           `json:"new-external-id,omitempty"`
	Attributes    *json.RawMessage `json:"attributes,omitempty"` // as in PersonChange

	Add          []Member `json:"add,omitempty"`
	Remove       []Member `json:"remove,omitempty"`
	AddGroups    []string `json:"add-groups,omitempty"` // external ids of nested groups
	RemoveGroups []string `json:"remove-groups,omitempty"`

	// Nested is how many people were in it through nested groups alone, and Lost how many of them RemoveGroups takes out at most.
	// Both are counted only where RemoveGroups is set.
	Nested int `json:"nested,omitempty"`
	Lost   int `json:"lost,omitempty"`
	// NameLost is how many memberships of teams, and of the administrators' group, at most end with the name Was.
	NameLost int `json:"name-lost,omitempty"`

	// Members is how many people were in it directly, and Before a digest of who and which groups they were: where it
	// has changed since, the change is not done.
	Members int    `json:"members"`
	Before  string `json:"before,omitempty"`
}

// LinkChange makes a team follow a group by a rule of the configuration, or ends that.
type LinkChange struct {
	Op              Op     `json:"op"` // create or delete
	Rule            string `json:"rule"`
	GroupExternalID string `json:"group-external-id"`
	GroupName       string `json:"group-name"`
	Organization    string `json:"organization"` // "" where SiteAdmins
	Team            string `json:"team"`
	CreateTeam      bool   `json:"create-team,omitempty"`
	SiteAdmins      bool   `json:"site-admins,omitempty"` // the group's people become site admins
	LinkID          string `json:"link-id,omitempty"`     // of a delete; the grant's id where SiteAdmins
	People          int    `json:"people,omitempty"`      // whom a delete takes out of the team, at most
}

// Unknown is a part of the directory that was not read wholly.
type Unknown struct {
	What   string `json:"what"` // "users", "groups", or a group's external id
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

// Conflict is something that the source says and that is not done.
type Conflict struct {
	What   string `json:"what"` // "user" or "group" or "link"
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

// Trip is a guard that holds a plan.
type Trip struct {
	Guard   Guard  `json:"guard"`
	Group   string `json:"group,omitempty"` // name, where the guard is about one
	Count   int    `json:"count"`
	Of      int    `json:"of"`
	Limit   int    `json:"limit"`
	Message string `json:"message"`
}

// Guard names what a plan is measured by.
type Guard string

// The guards.
const (
	GuardFirst       Guard = "first-plan"       // the first plan of a source is looked at by somebody
	GuardEmpty       Guard = "empty-source"     // a source that had people or groups says that it has none
	GuardMemberships Guard = "memberships"      // removed in a run
	GuardGroup       Guard = "group"            // removed from one group
	GuardPeople      Guard = "people"           // suspended or released in a run
	GuardGroups      Guard = "groups"           // retired in a run
	GuardLinks       Guard = "links"            // memberships of teams that end with links of rules
	GuardDay         Guard = "day"              // removed within 24 hours, this plan included
	GuardDayPeople   Guard = "day-people"       // suspended within 24 hours
	GuardOwner       Guard = "site-admin-group" // a rule would take site administration from somebody
)

// Toll is what a plan takes away.
type Toll struct {
	Memberships int `json:"memberships"`
	People      int `json:"people"`
	Groups      int `json:"groups"`
	Links       int `json:"links"` // memberships of teams
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.People) == 0 && len(p.Groups) == 0 && len(p.Links) == 0 }
