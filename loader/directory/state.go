package directory

import "github.com/terrawarden/terrawarden/internal/catalog"

// State is what the catalog has of a source, and what rules need: values alone, read in one transaction.
type State struct {
	// Trust is that of the source's catalog.Directory.
	Trust catalog.NameTrust
	// People are those of the source, the gone and the released included.
	People []catalog.Person
	// Users are, by id, the users of People, the members of Groups, and everybody who has a username or an e-mail address
	// that the snapshot names.
	Users map[string]catalog.User
	// Open are the ids of users whom nothing vouches for yet: no identity of an issuer but that of the source's, and no
	// person of the source. They alone are linked by e-mail address or username.
	Open map[string]bool
	// Identities are, by subject, the ids of the users who have an identity of the source's Issuer. Nil without one.
	Identities map[string]string
	// Groups are those of the source, the retired included.
	Groups []GroupState
	// Links are those of Groups, and the platform grants that rules made for them.
	Links []LinkState
	// Teams and Organizations are all there are; filled only where the settings have rules.
	Teams         []TeamState
	Organizations []string // names
	// Administrators is the name of the administrators' group of Terrakube, "" for none.
	Administrators string
	// SoleOwners are, by user id, the name of an organization of which he is the only active owner.
	SoleOwners map[string]string
	// Owners are, by the name of an organization, the ids of its active owners, for organizations that people of the source
	// own: a plan never suspends all of them together. Nil: SoleOwners alone are kept.
	Owners map[string][]string
}

// GroupState is a group of the source and who is in it.
type GroupState struct {
	catalog.Group
	Members  []string        // ids of the users who are in it directly
	Expiring map[string]bool // ids of those of them whose membership a login said, with an end
	Children []string        // ids of the groups nested in it, those of other sources too
}

// LinkState is a link of a group to a team, or a platform grant of site administration to it.
type LinkState struct {
	ID, GroupID        string
	TeamID             string
	Organization, Team string // names; "" where SiteAdmins
	Rule               string // the rule that made it; "" for a person
	SiteAdmins         bool
	Paused             bool
}

// TeamState is a team as rules see it.
type TeamState struct {
	ID, Organization, Name, SSOTeamID string
	Owners                            bool // the organization's owners team
}
