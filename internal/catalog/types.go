package catalog

import (
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// Settings are the platform-wide switches that administrators may change at run time.
type Settings struct {
	RestrictOrganizationCreation bool // only site admins create organizations (DECISIONS P2)
	CreateUnknownMembers         bool // an unknown username added to a team is created (DECISIONS P8)
}

// DefaultSettings returns the settings of a fresh installation.
func DefaultSettings() Settings { return Settings{CreateUnknownMembers: true} }

// User is a person.
type User struct {
	ID          string
	Username    string // unique without regard to case
	Email       string
	Suspended   bool
	SiteAdmin   bool
	SiteAuditor bool
	CreatedAt   time.Time
}

// ServiceAccount is a machine with an identity of its own.
type ServiceAccount struct {
	ID        string
	Name      string // unique without regard to case
	Suspended bool
	CreatedAt time.Time
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
	Source      string
	ExternalID  string
	DisplayName string
	CreatedAt   time.Time
}

// GroupMember puts a user directly into a group.
type GroupMember struct{ GroupID, UserID string }

// GroupChild nests one group in another.
type GroupChild struct{ ParentID, ChildID string }

// GroupLink makes the people of a group members of a team.
type GroupLink struct{ ID, GroupID, TeamID string }

// Project is a folder of workspaces and stacks.
type Project struct {
	ID             string
	OrganizationID string
	Name           string // unique in the organization without regard to case
	Description    string
	CreatedAt      time.Time
}

// Workspace is one Terraform root module, as far as authorization knows it.
type Workspace struct {
	ID             string
	OrganizationID string
	ProjectID      string
	Name           string // unique in the organization without regard to case
	Description    string
	CreatedAt      time.Time
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
	Permissions    []string // canonical patterns (schema.Canonical), before implications
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
	CreatedBy      string
	CreatedAt      time.Time
}

// TokenKind says whose credential a token is.
type TokenKind string

// The kinds of tokens.
const (
	TokenUser         TokenKind = "user"
	TokenService      TokenKind = "service"
	TokenTeam         TokenKind = "team"
	TokenOrganization TokenKind = "organization"
)

// Token is a credential. The secret itself is shown once and kept nowhere.
type Token struct {
	ID          string
	Kind        TokenKind
	OwnerID     string // the user, service account, team or organization
	Description string
	Scopes      []string // what a service token may do; nil for the other kinds
	Hash        []byte   // SHA-256 of the secret
	CreatedBy   string
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	LastUsedAt  time.Time // zero: never
}

// AuditEvent records one administrative act (DECISIONS N14).
type AuditEvent struct {
	ID             string
	Time           time.Time
	Actor          authz.Object
	ActorName      string
	TokenID        string
	RequestID      string
	OrganizationID string
	Action         string // "team.create"
	Object         authz.Object
	Related        []authz.Object
	Before, After  string // JSON documents, possibly empty
	Outcome        string // "done"
}

// Intent names what a write changes, so that relationships can be brought in step with the catalog after a
// crash at any point (DESIGN section 5).
type Intent struct {
	ID        string
	CreatedAt time.Time
	Slices    []Slice
}
