package directory

import "context"

// Source reads one directory.
type Source interface {
	// Read returns what the directory holds. An error means that nothing is known; what could be read in part comes
	// back without an error, marked as unknown. Secrets are in neither.
	Read(ctx context.Context, r Request) (Snapshot, error)
}

// Request says what to read.
type Request struct {
	// Cursor is that of an earlier snapshot: what has changed since is enough. "" asks for everything; a source
	// without increments reads everything always.
	Cursor string
}

// Snapshot is what a directory said. The order of its lists means nothing. Encoded as JSON it is the format of the file
// source, and what a runner sends that read a directory on its own.
type Snapshot struct {
	// Partial is a snapshot of changes alone: what it does not name is as it was, not gone.
	Partial bool `json:"partial,omitempty" yaml:"partial,omitempty"`
	// UsersComplete and GroupsComplete say that the list was read to its end: who or what is not in it is gone. They
	// mean nothing in a partial snapshot.
	UsersComplete  bool `json:"users-complete" yaml:"users-complete"`
	GroupsComplete bool `json:"groups-complete" yaml:"groups-complete"`

	Users  []User  `json:"users" yaml:"users"`
	Groups []Group `json:"groups" yaml:"groups"`

	// Cursor is where the next read may begin, "" where the source has no increments. It may hold no secret.
	Cursor string `json:"cursor,omitempty" yaml:"cursor,omitempty"`
	// Warnings are what somebody should know who reads the plan, without secrets.
	Warnings []string `json:"warnings,omitempty" yaml:"warnings,omitempty"`
}

// User is a person as a directory knows him.
type User struct {
	ID       string `json:"id" yaml:"id"`             // never changes: entryUUID, objectGUID, the directory's own id
	Username string `json:"username" yaml:"username"` // a label; may change
	Email    string `json:"email,omitempty" yaml:"email,omitempty"`
	// Disabled is an account that exists and may not be used.
	Disabled bool `json:"disabled,omitempty" yaml:"disabled,omitempty"`
	// Deleted says, in a partial snapshot, that the person is gone.
	Deleted bool `json:"deleted,omitempty" yaml:"deleted,omitempty"`
}

// Group is a group as a directory knows it. Members are ids of users, Groups ids of the groups nested in it.
type Group struct {
	ID   string `json:"id" yaml:"id"`     // never changes, as for a user
	Name string `json:"name" yaml:"name"` // a label; may change

	Members []string `json:"members" yaml:"members"`
	Groups  []string `json:"groups,omitempty" yaml:"groups,omitempty"`

	// Unknown says why the members were not read to their end; then neither list takes anybody out, and nobody is put in.
	Unknown string `json:"unknown,omitempty" yaml:"unknown,omitempty"`
	// Incremental says, in a partial snapshot, that Members are those who joined and Removed those who left.
	// Groups and RemovedGroups are the same for nested groups.
	Incremental   bool     `json:"incremental,omitempty" yaml:"incremental,omitempty"`
	Removed       []string `json:"removed,omitempty" yaml:"removed,omitempty"`
	RemovedGroups []string `json:"removed-groups,omitempty" yaml:"removed-groups,omitempty"`
	// Deleted says, in a partial snapshot, that the group is gone.
	Deleted bool `json:"deleted,omitempty" yaml:"deleted,omitempty"`
}
