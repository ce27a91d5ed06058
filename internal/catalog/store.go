package catalog

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// Store keeps the catalog. Every method returns fault.NotFound for a missing row, fault.Conflict for a
// duplicate, and fault.Unavailable when the database does not answer. Lookups by name ignore case.
//
// Lists are ordered by id unless a method says otherwise.
type Store interface {
	Queries
	// InTx runs fn in one transaction that sees and locks a consistent state; an error rolls it back.
	InTx(ctx context.Context, fn func(Queries) error) error
	// Exclusive runs fn while no other writer, in this process or another, is inside Exclusive. It is not
	// re-entrant. Writers that touch relationships hold it from before the transaction until the
	// relationships are written, so that two writes never cross.
	Exclusive(ctx context.Context, fn func(context.Context) error) error
	// Ready returns nil when the database answers right now.
	Ready(ctx context.Context) error
	// Close frees the database.
	Close() error
}

// Queries are the reads and writes of one transaction, or of none.
type Queries interface {
	SettingsStore
	UserStore
	ServiceAccountStore
	OrganizationStore
	MembershipStore
	TeamStore
	TeamMemberStore
	GroupStore
	GroupLinkStore
	ProjectStore
	WorkspaceStore
	StackStore
	PlaceStore
	RoleStore
	GrantStore
	TokenStore
	AuditStore
	IntentStore
	IdentityStore
	TagStore
	ConsumerStore
	AgentPoolStore
	RetentionStore
	TokenLifeStore
	RecordStore
	AccessRequestStore
	DirectoryStore
}

// SettingsStore keeps the platform-wide settings.
type SettingsStore interface {
	// Settings returns the stored settings, or DefaultSettings when none were stored.
	Settings(ctx context.Context) (Settings, error)
	PutSettings(ctx context.Context, s Settings) error
}

// UserFilter selects users; empty fields match all.
type UserFilter struct {
	IDs            []string
	Usernames      []string // any case
	Emails         []string // any case
	OrganizationID string   // members of it, whatever their status
	TeamID         string   // direct members of it
	SiteAdmins     bool     // site admins alone
	Contains       string   // a part of the username or e-mail address, any case
	Suspended      *bool    // those who are, or are not
	Admin          *bool    // site admins, or everybody else
	OldestFirst    bool     // by age in place of id
	Offset, Limit  int      // 0: all
}

// UserStore keeps users.
type UserStore interface {
	User(ctx context.Context, id string) (User, error)
	UserByUsername(ctx context.Context, username string) (User, error)
	Users(ctx context.Context, f UserFilter) ([]User, error)
	// CountUsers returns how many users a filter has, whatever its Offset and Limit.
	CountUsers(ctx context.Context, f UserFilter) (int, error)
	InsertUser(ctx context.Context, u User) error
	UpdateUser(ctx context.Context, u User) error
	// DeleteUser removes the user with his memberships, team and group memberships, grants and tokens.
	DeleteUser(ctx context.Context, id string) error
}

// ServiceAccountStore keeps service accounts.
type ServiceAccountStore interface {
	ServiceAccount(ctx context.Context, id string) (ServiceAccount, error)
	ServiceAccountByName(ctx context.Context, name string) (ServiceAccount, error)
	ServiceAccounts(ctx context.Context) ([]ServiceAccount, error)
	InsertServiceAccount(ctx context.Context, a ServiceAccount) error
	UpdateServiceAccount(ctx context.Context, a ServiceAccount) error
	// DeleteServiceAccount removes the account with its grants and tokens.
	DeleteServiceAccount(ctx context.Context, id string) error
}

// OrganizationStore keeps organizations.
type OrganizationStore interface {
	Organization(ctx context.Context, id string) (Organization, error)
	OrganizationByName(ctx context.Context, name string) (Organization, error)
	Organizations(ctx context.Context, ids ...string) ([]Organization, error) // all when no id is given
	InsertOrganization(ctx context.Context, o Organization) error
	UpdateOrganization(ctx context.Context, o Organization) error
	// DeleteOrganization removes the organization and everything in it.
	DeleteOrganization(ctx context.Context, id string) error
}

// MembershipFilter selects memberships; empty fields match all.
type MembershipFilter struct {
	OrganizationID string
	UserID         string
	UserIDs        []string
}

// MembershipStore keeps memberships of organizations.
type MembershipStore interface {
	Membership(ctx context.Context, id string) (Membership, error)
	Memberships(ctx context.Context, f MembershipFilter) ([]Membership, error)
	InsertMembership(ctx context.Context, m Membership) error
	UpdateMembership(ctx context.Context, m Membership) error
	// DeleteMembership removes the membership alone; team memberships are the caller's business.
	DeleteMembership(ctx context.Context, id string) error
}

// TeamFilter selects teams; empty fields match all.
type TeamFilter struct {
	IDs            []string
	OrganizationID string
	UserID         string // teams this user is a direct member of
}

// TeamStore keeps teams.
type TeamStore interface {
	Team(ctx context.Context, id string) (Team, error)
	TeamByName(ctx context.Context, organizationID, name string) (Team, error)
	Teams(ctx context.Context, f TeamFilter) ([]Team, error)
	InsertTeam(ctx context.Context, t Team) error
	UpdateTeam(ctx context.Context, t Team) error
	// DeleteTeam removes the team with its members, links, grants and tokens.
	DeleteTeam(ctx context.Context, id string) error
}

// TeamMemberFilter selects team members; empty fields match all.
type TeamMemberFilter struct {
	TeamIDs        []string
	UserID         string
	UserIDs        []string
	OrganizationID string
}

// TeamMemberStore keeps direct team members, ordered by team and user.
type TeamMemberStore interface {
	TeamMembers(ctx context.Context, f TeamMemberFilter) ([]TeamMember, error)
	// PutTeamMember adds a member or changes one; adding twice is no error.
	PutTeamMember(ctx context.Context, m TeamMember) error
	// DeleteTeamMember removes a member; removing none is no error.
	DeleteTeamMember(ctx context.Context, teamID, userID string) error
}

// ProjectStore keeps projects.
type ProjectStore interface {
	Project(ctx context.Context, id string) (Project, error)
	ProjectByName(ctx context.Context, organizationID, name string) (Project, error)
	Projects(ctx context.Context, organizationID string) ([]Project, error) // of all organizations when ""
	ProjectsByID(ctx context.Context, ids ...string) ([]Project, error)
	InsertProject(ctx context.Context, p Project) error
	UpdateProject(ctx context.Context, p Project) error
	// DeleteProject removes the project with its grants; one that holds workspaces or stacks is a Conflict.
	DeleteProject(ctx context.Context, id string) error
}

// WorkspaceFilter selects workspaces; empty fields match all.
type WorkspaceFilter struct {
	IDs            []string
	OrganizationID string
	ProjectID      string
}

// WorkspaceStore keeps workspaces.
type WorkspaceStore interface {
	Workspace(ctx context.Context, id string) (Workspace, error)
	WorkspaceByName(ctx context.Context, organizationID, name string) (Workspace, error)
	Workspaces(ctx context.Context, f WorkspaceFilter) ([]Workspace, error)
	InsertWorkspace(ctx context.Context, w Workspace) error
	UpdateWorkspace(ctx context.Context, w Workspace) error
	// DeleteWorkspace removes the workspace with its grants.
	DeleteWorkspace(ctx context.Context, id string) error
}

// StackStore keeps stacks.
type StackStore interface {
	Stack(ctx context.Context, id string) (Stack, error)
	StackByName(ctx context.Context, organizationID, name string) (Stack, error)
	Stacks(ctx context.Context, f WorkspaceFilter) ([]Stack, error)
	InsertStack(ctx context.Context, s Stack) error
	UpdateStack(ctx context.Context, s Stack) error
	// DeleteStack removes the stack with its grants.
	DeleteStack(ctx context.Context, id string) error
}

// PlaceFilter selects the organizations, projects, workspaces or stacks that are, or lie in, one of some scopes. The
// platform holds everything, and no scope at all holds nothing. What is disabled, or in a disabled organization, is
// nowhere. Empty fields select nothing further; names are compared without regard to case.
type PlaceFilter struct {
	Type       string
	Within     []authz.Object
	UserTokens bool          // leaves out organizations that take none, and what is in them
	TokenLife  time.Duration // with UserTokens: also those that take none of this life; 0 is one without an end
	Disabled   bool          // leaves nothing out for being disabled
	PlaceQuery
	After  Place // places behind this one; its id does not count
	Offset int   // as many are passed over
	Limit  int   // 0: all
}

// PlaceQuery narrows places down to those that somebody looks for.
type PlaceQuery struct {
	OrganizationID string
	ProjectID      string       // workspaces and stacks in it
	Names          []string     // one of these
	Contains       string       // a part of the name, or of an organization's e-mail address
	EmailContains  string       // a part of an organization's e-mail address alone
	Wildcard       string       // the whole name, where * stands for anything
	Tags           []string     // workspaces that carry all of these tags
	WithoutTags    []string     // and none of these
	Bound          []TagBinding // projects and workspaces with all of these keys, and values unless they are ""; what a workspace's project binds counts for it
	Except         string       // the id of a place that is left out
	Descending     bool         // from the last to the first; goes with Offset, not with After
	Newest         bool         // the youngest first, not by name; goes with Offset as well
}

// PlaceStore lists organizations, projects, workspaces and stacks by path.
type PlaceStore interface {
	// Places is ordered by the organization's name and then by the place's own, in any case.
	Places(ctx context.Context, f PlaceFilter) ([]Place, error)
	// CountPlaces returns how many places a filter has, whatever its After, Offset and Limit.
	CountPlaces(ctx context.Context, f PlaceFilter) (int, error)
}

// RoleStore keeps the roles that are no built-in ones.
type RoleStore interface {
	Role(ctx context.Context, id string) (Role, error)
	RoleByName(ctx context.Context, organizationID, name string) (Role, error)
	// Roles returns the roles of an organization, the platform-wide ones for "", unnamed ones included; with
	// ids it returns those, wherever they are.
	Roles(ctx context.Context, organizationID string, ids ...string) ([]Role, error)
	InsertRole(ctx context.Context, r Role) error
	UpdateRole(ctx context.Context, r Role) error
	// DeleteRole removes a role; one that a grant names is a Conflict.
	DeleteRole(ctx context.Context, id string) error
}

// GrantFilter selects grants; empty fields match all.
type GrantFilter struct {
	OrganizationID string
	PlatformOnly   bool
	Scopes         []authz.Object
	Holder         authz.Object
	RoleID         string
	ProjectID      string // at the project itself, or at a workspace or stack inside it
	ExpiredBy      time.Time
	Limit          int // 0: all
}

// GrantStore keeps grants.
type GrantStore interface {
	Grant(ctx context.Context, id string) (Grant, error)
	Grants(ctx context.Context, f GrantFilter) ([]Grant, error)
	// RoleHolders returns who holds a role, each once, ordered by type and id.
	RoleHolders(ctx context.Context, roleID string) ([]authz.Object, error)
	// InsertGrant adds a grant; a second one with the same holder, role and scope is a Conflict.
	InsertGrant(ctx context.Context, g Grant) error
	UpdateGrant(ctx context.Context, g Grant) error
	DeleteGrant(ctx context.Context, id string) error
}

// TokenFilter selects tokens; empty fields match all.
type TokenFilter struct {
	Kind      TokenKind
	OwnerID   string
	OwnerIDs  []string
	ExpiredBy time.Time
}

// TokenStore keeps credentials.
type TokenStore interface {
	Token(ctx context.Context, id string) (Token, error)
	Tokens(ctx context.Context, f TokenFilter) ([]Token, error)
	InsertToken(ctx context.Context, t Token) error
	// TouchToken records a use; it changes nothing else.
	TouchToken(ctx context.Context, id string, usedAt time.Time) error
	DeleteToken(ctx context.Context, id string) error
}

// AuditFilter selects audit events; empty fields match all.
type AuditFilter struct {
	OrganizationID string
	Since, Until   time.Time
	Actor          authz.Object
	Object         authz.Object
	Actions        []string // one of these
	Outcome        string
	AfterSequence  int64 // events behind this one
	OldestFirst    bool  // in the order of the chain; otherwise newest first
	Offset         int
	Limit          int // 0: all
}

// AuditStore keeps audit events.
type AuditStore interface {
	// InsertAuditEvent adds an event at the end of the chain. The caller holds the store exclusively and has set the
	// hash; the store sets the sequence.
	InsertAuditEvent(ctx context.Context, e AuditEvent) error
	AuditEvents(ctx context.Context, f AuditFilter) ([]AuditEvent, error)
	// CountAuditEvents returns how many events a filter has, whatever its Offset and Limit.
	CountAuditEvents(ctx context.Context, f AuditFilter) (int, error)
	// SetAuditToken notes the consistency token of the relationships that events led to.
	SetAuditToken(ctx context.Context, token string, ids ...string) error
	// AuditEnds returns the last link that was given up, zero when none was, and the last there is, which is that one
	// when there is no event.
	AuditEnds(ctx context.Context) (anchor, head AuditLink, err error)
	// PruneAuditEvents removes the events of before a time, up to the first that is younger, remembers the last of
	// them as the anchor, and returns how many they were.
	PruneAuditEvents(ctx context.Context, before time.Time) (int, error)
}

// IntentStore keeps write intents, oldest first.
type IntentStore interface {
	InsertIntent(ctx context.Context, i Intent) error
	Intents(ctx context.Context) ([]Intent, error)
	// DeleteIntents removes intents; missing ones are no error.
	DeleteIntents(ctx context.Context, ids ...string) error
}
