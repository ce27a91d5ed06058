package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// IdentityFilter selects identities; empty fields match all.
type IdentityFilter struct{ UserID string }

// IdentityStore keeps how identity providers know people. They go with their user.
type IdentityStore interface {
	Identity(ctx context.Context, issuer, subject string) (Identity, error)
	// Identities is ordered by issuer and subject.
	Identities(ctx context.Context, f IdentityFilter) ([]Identity, error)
	InsertIdentity(ctx context.Context, i Identity) error
	DeleteIdentity(ctx context.Context, issuer, subject string) error
}

// TagFilter selects tags; empty fields match all.
type TagFilter struct {
	IDs            []string
	OrganizationID string
	Names          []string // any case
	Contains       string   // a part of the name, any case
	WorkspaceID    string   // tags it carries
	WithoutID      string   // tags this workspace does not carry
}

// TagStore keeps tags and tag bindings. They go with what they are on.
type TagStore interface {
	// Tags is ordered by name.
	Tags(ctx context.Context, f TagFilter) ([]Tag, error)
	InsertTag(ctx context.Context, t Tag) error
	UpdateTag(ctx context.Context, t Tag) error
	// DeleteTag removes a tag from everything that carries it.
	DeleteTag(ctx context.Context, id string) error
	WorkspaceTagStore
	TagBindingStore
}

// WorkspaceTagStore keeps which workspaces carry which tags.
type WorkspaceTagStore interface {
	// WorkspaceTags returns the tags that each of some workspaces carries, ordered by name.
	WorkspaceTags(ctx context.Context, workspaceIDs ...string) (map[string][]Tag, error)
	// CountTagged returns how many workspaces carry each tag; those that none carries are absent.
	CountTagged(ctx context.Context, tagIDs ...string) (map[string]int, error)
	// PutWorkspaceTag makes a workspace carry a tag; twice is no error.
	PutWorkspaceTag(ctx context.Context, workspaceID, tagID string) error
	// DeleteWorkspaceTag takes a tag from a workspace; taking none is no error.
	DeleteWorkspaceTag(ctx context.Context, workspaceID, tagID string) error
}

// TagBindingStore keeps tag bindings.
type TagBindingStore interface {
	// TagBindings returns the bindings on resources of one type, ordered by resource and key.
	TagBindings(ctx context.Context, objectType string, ids ...string) ([]TagBinding, error)
	// PutTagBinding adds a binding or changes its value.
	PutTagBinding(ctx context.Context, b TagBinding) error
	// DeleteTagBindings removes every binding on a resource.
	DeleteTagBindings(ctx context.Context, resource authz.Object) error
}

// ConsumerStore keeps remote-state consumers. They go with either workspace.
type ConsumerStore interface {
	// Consumers returns the consumers of some workspaces, ordered by both ids.
	Consumers(ctx context.Context, workspaceIDs ...string) ([]Consumer, error)
	PutConsumer(ctx context.Context, c Consumer) error
	DeleteConsumer(ctx context.Context, c Consumer) error
}

// AgentPoolStore keeps agent pools. They go with their organization.
type AgentPoolStore interface {
	AgentPool(ctx context.Context, id string) (AgentPool, error)
	// AgentPools returns those of an organization, ordered by name.
	AgentPools(ctx context.Context, organizationID string) ([]AgentPool, error)
	InsertAgentPool(ctx context.Context, p AgentPool) error
	UpdateAgentPool(ctx context.Context, p AgentPool) error
	DeleteAgentPool(ctx context.Context, id string) error
}

// RetentionStore keeps data retention policies. They go with what they are of.
type RetentionStore interface {
	// Retention returns the policy of an organization or workspace.
	Retention(ctx context.Context, resource authz.Object) (Retention, error)
	// Retentions returns the policies of resources of one type; those that have none are absent.
	Retentions(ctx context.Context, objectType string, ids ...string) ([]Retention, error)
	// PutRetention sets it, in place of another.
	PutRetention(ctx context.Context, r Retention) error
	DeleteRetention(ctx context.Context, resource authz.Object) error
}

// TokenLifeStore keeps the longest lives of tokens. They go with their organization.
type TokenLifeStore interface {
	// TokenLives is ordered by kind.
	TokenLives(ctx context.Context, organizationID string) ([]TokenLife, error)
	PutTokenLife(ctx context.Context, l TokenLife) error
	DeleteTokenLife(ctx context.Context, organizationID string, kind TokenKind) error
}
