package catalog

import (
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// Attributes are what a protocol keeps with an object for its clients: a JSON object, "" for none. No rule reads them.
type Attributes string

// MarshalJSON writes the object itself.
func (a Attributes) MarshalJSON() ([]byte, error) {
	if a == "" {
		return []byte("null"), nil
	}
	return []byte(a), nil
}

// Settings are the platform-wide switches that administrators may change at run time.
type Settings struct {
	RestrictOrganizationCreation bool // only site admins create organizations (DECISIONS P2)
	CreateUnknownMembers         bool // an unknown username added to a team is created (DECISIONS P8)
	// TerrakubeAdminGroup is the display name of the group whose people administer Terrakube (DECISIONS P1); "" is none.
	TerrakubeAdminGroup string
	// OTFLevels gives teams what OTF's matrix says for read, plan, write and admin, in place of TFE's fixed sets.
	OTFLevels bool
}

// DefaultSettings returns the settings of a fresh installation.
func DefaultSettings() Settings { return Settings{CreateUnknownMembers: true} }

// User is a person.
type User struct {
	ID               string
	Username         string // unique without regard to case
	Email            string
	UnconfirmedEmail string // what he wants his address to be; "" when it is the one he has
	Suspended        bool
	SiteAdmin        bool
	SiteAuditor      bool
	CreatedAt        time.Time
}

// Identity is how an identity provider knows a person (DECISIONS P10).
type Identity struct {
	Issuer    string
	Subject   string
	UserID    string
	CreatedAt time.Time
}

// ServiceAccount is a machine with an identity of its own.
type ServiceAccount struct {
	ID        string
	Name      string // unique without regard to case
	Suspended bool
	CreatedAt time.Time
}

// Limit is how many of something there may be. The zero Limit is none; one of 0 lets nothing come into being.
type Limit struct {
	Given bool
	Max   int
}

// Organization is a tenant.
type Organization struct {
	ID               string
	Name             string // unique without regard to case
	Email            string
	Disabled         bool
	OwnersTeamID     string
	DefaultProjectID string
	AllowForceDelete bool // workspace admins may force-delete (DECISIONS M3)
	RefuseUserTokens bool // user tokens are refused here, team and organization tokens are not
	LimitTokenLives  bool // the token lifetimes of TokenLife are enforced
	WorkspaceLimit   Limit
	Attributes       Attributes
	CreatedAt        time.Time
}

// MembershipStatus says whether a person has accepted an invitation.
type MembershipStatus string

// The stored states of a membership; "inactive" is an active one whose user is suspended (DECISIONS P17).
const (
	MembershipInvited MembershipStatus = "invited"
	MembershipActive  MembershipStatus = "active"
)

// Membership makes a user a member of an organization.
type Membership struct {
	ID             string
	OrganizationID string
	UserID         string
	Status         MembershipStatus
	CreatedAt      time.Time
}

// Visibility says who sees a team.
type Visibility string

// The visibilities of a team, in TFE's words.
const (
	VisibilitySecret       Visibility = "secret"
	VisibilityOrganization Visibility = "organization"
)

// Team is a group of people inside one organization.
type Team struct {
	ID                         string
	OrganizationID             string
	Name                       string // unique in the organization without regard to case
	Description                string
	Visibility                 Visibility
	SSOTeamID                  string
	AllowMemberTokenManagement bool
	Attributes                 Attributes
	CreatedAt                  time.Time
}

// TeamMember puts a user into a team by hand. A maintainer is marked as such and holds nothing more.
type TeamMember struct {
	TeamID     string
	UserID     string
	Maintainer bool
}

// Group is a group of the identity provider, known by (source, external id) (DECISIONS P11).
type Group struct {
	ID          string
	Source      string // the name of its Directory, "manual" or "terrakube"
	ExternalID  string
	DisplayName string
	Paused      bool       // its directory's word about it waits
	GoneAt      time.Time  // since when its directory has it no more: nobody is in it, and its links and grants are kept; zero: it is there
	Attributes  Attributes // what a SCIM client keeps with it
	Version     int        // counts the changes of the group and of who is in it
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// GroupMember puts a user directly into a group.
type GroupMember struct {
	GroupID, UserID string
	ExpiresAt       time.Time // of what a login said; zero: for good
}

// GroupChild nests one group in another.
type GroupChild struct{ ParentID, ChildID string }

// GroupLink makes the people of a group members of a team.
type GroupLink struct {
	ID, GroupID, TeamID string
	Rule                string // the rule of the configuration that made it; "" for a person
	Paused              bool   // the team keeps those who were in the group when it was paused, its LinkMembers
}

// LinkMember is a person who was in the group of a link when the link was paused.
type LinkMember struct {
	LinkID, UserID string
	ExpiresAt      time.Time // as his membership of the group had it
}

// Project is a folder of workspaces and stacks.
type Project struct {
	ID             string
	OrganizationID string
	Name           string // unique in the organization without regard to case
	Description    string
	Attributes     Attributes
	CreatedAt      time.Time
}

// Workspace is one Terraform root module, as far as authorization knows it.
type Workspace struct {
	ID             string
	OrganizationID string
	ProjectID      string
	Name           string // unique in the organization without regard to case
	Description    string
	LockedBy       authz.Object // the user, team or token that locked it; the zero object while it is unlocked
	LockReason     string
	Attributes     Attributes
	CreatedAt      time.Time
	UpdatedAt      time.Time // of the last change to the row
}

// Tag is a word that workspaces of an organization carry.
type Tag struct {
	ID             string
	OrganizationID string
	Name           string // unique in the organization without regard to case
	CreatedAt      time.Time
}

// TagBinding is a key and a value on a project or workspace. A key stands once on a resource.
type TagBinding struct {
	Resource   authz.Object // a project or a workspace
	Key, Value string
}

// Consumer lets one workspace read the state outputs of another of its organization.
type Consumer struct {
	WorkspaceID string // whose state is read
	ConsumerID  string // the workspace that reads it
}

// AgentPool is a set of agents, as far as access depends on it.
type AgentPool struct {
	ID             string
	OrganizationID string
	Name           string // unique in the organization without regard to case
	Attributes     Attributes
	CreatedAt      time.Time
}

// Retention says how long what an organization or a workspace holds is kept.
type Retention struct {
	ID        string
	Resource  authz.Object // an organization or a workspace; each has at most one
	Days      int          // 0: for good
	CreatedAt time.Time
}

// TokenLife is the longest that new tokens of a kind may live in an organization.
type TokenLife struct {
	OrganizationID string
	Kind           TokenKind
	Max            time.Duration
}

// Stack is an HCP Terraform stack, as far as authorization knows it.
type Stack struct {
	ID             string
	OrganizationID string
	ProjectID      string
	Name           string // unique in the organization without regard to case
	Description    string
	CreatedAt      time.Time
}

// Role is a set of permissions that is no built-in one. Without a name it is a custom access set that belongs
// to the grant that uses it; without an organization it is platform-wide.
type Role struct {
	ID             string
	OrganizationID string
	Name           string // unique in the organization without regard to case; "" for an unnamed set
	Description    string
	Permissions    []string     // canonical patterns (schema.Canonical), before implications
	Fields         AccessFields // what the Permissions of a custom access set were made of; nil for every other role
	CreatedAt      time.Time
}

// Grant binds a holder to a role at a scope (DESIGN section 2).
type Grant struct {
	ID             string
	OrganizationID string       // "" at the platform
	Holder         authz.Object // a team, group, user or service account
	RoleID         string       // the id of a Role, or the name of a built-in one
	Scope          authz.Object // the platform, an organization, project, workspace or stack
	ExpiresAt      time.Time    // zero: for good
	Attributes     Attributes
	CreatedBy      string
	CreatedAt      time.Time
}

// RequestStatus says how far an access request is.
type RequestStatus string

// The states of an access request. Only a pending one can become another.
const (
	RequestPending   RequestStatus = "pending"
	RequestApproved  RequestStatus = "approved"
	RequestRejected  RequestStatus = "rejected"
	RequestWithdrawn RequestStatus = "withdrawn" // by the person who asked
)

// AccessRequest is a member's wish for a role at a scope, for a time (DECISIONS N8).
type AccessRequest struct {
	ID             string
	OrganizationID string
	UserID         string // who asks, and who would hold the grant
	RoleID         string // as in Grant
	Scope          authz.Object
	Reason         string
	ExpiresAt      time.Time // of the grant; zero: for good
	Status         RequestStatus
	DecidedBy      authz.Object // zero while it is pending
	DecidedAt      time.Time
	Answer         string // what the decider wrote
	GrantID        string // what an approval made
	CreatedAt      time.Time
}

// RecordKind says what a Record is: "module", "vcs", "template". See Kinds for all and who may do what to them.
type RecordKind string

// Record is something that a platform keeps and that access depends on, as its clients know it: a registry module, a VCS
// connection, a job template, a variable. It stands in an organization, in a workspace of it, or inside another record;
// one without an organization belongs to the platform. What it is for is the platform's business; secrets are not kept.
type Record struct {
	ID             string
	Kind           RecordKind
	OrganizationID string
	WorkspaceID    string
	ParentID       string // of the record it is inside of
	Name           string // unique among records of its kind in one place, exactly as written; "" where it has none
	Attributes     Attributes
	CreatedBy      string // the username or name of whoever made it
	CreatedAt      time.Time
	UpdatedBy      string
	UpdatedAt      time.Time
}

// TokenKind says whose credential a token is.
type TokenKind string

// The kinds of tokens.
const (
	TokenUser         TokenKind = "user"
	TokenService      TokenKind = "service"
	TokenTeam         TokenKind = "team"
	TokenOrganization TokenKind = "organization"
	TokenAuditTrails  TokenKind = "audit_trails" // reads the audit trail of an organization and nothing else
	TokenGroup        TokenKind = "group"        // acts as somebody in a group of the identity provider
)

// Token is a credential. The secret itself is shown once and kept nowhere.
type Token struct {
	ID          string
	Kind        TokenKind
	OwnerID     string // the user, service account, team, organization or group
	Description string
	Legacy      bool     // the one token a team has without a description
	Scopes      []string // what a service token may do; nil for the other kinds
	Hash        []byte   // SHA-256 of the secret
	Attributes  Attributes
	CreatedBy   string
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	LastUsedAt  time.Time // zero: never
}

// AuditEvent records one administrative act (DECISIONS N14).
type AuditEvent struct {
	Sequence       int64 // its place in the chain, from 1; the store sets it
	ID             string
	Time           time.Time
	Actor          authz.Object
	ActorName      string
	TokenID        string
	Address        string // the caller's, "" for what the service does by itself
	RequestID      string
	OrganizationID string
	Action         string // "team.create"
	Object         authz.Object
	Related        []authz.Object
	Before, After  string // JSON documents, possibly empty
	Outcome        string // OutcomeDone or OutcomeRefused
	Reason         string // why it was refused, or the plan of a directory that it was done for
	Hash           []byte // of the event and the hash before it; see Chain
	ZedToken       string // of the relationships the change wrote; outside the hash, since it comes after the commit
}

// The outcomes of an audit event.
const (
	OutcomeDone    = "done"
	OutcomeRefused = "refused"
)

// AuditLink is where the chain of audit events begins after older ones were given up, or ends.
type AuditLink struct {
	Sequence int64
	Hash     []byte
}

// Intent names what a write changes, so that relationships can be brought in step with the catalog after a
// crash at any point (DESIGN section 5).
type Intent struct {
	ID        string
	CreatedAt time.Time
	Slices    []Slice
}
