package catalog

import (
	"context"
	"time"
)

// GroupStore keeps the identity provider's groups.
type GroupStore interface {
	Group(ctx context.Context, id string) (Group, error)
	Groups(ctx context.Context, ids ...string) ([]Group, error) // all when no id is given
	// GroupsByName returns the groups of a display name, exactly as written.
	GroupsByName(ctx context.Context, displayName string) ([]Group, error)
	// GroupsOf returns the groups of a source, those that are gone included.
	GroupsOf(ctx context.Context, source string) ([]Group, error)
	// GroupByExternalID returns the group that a source knows by an id.
	GroupByExternalID(ctx context.Context, source, externalID string) (Group, error)
	InsertGroup(ctx context.Context, g Group) error
	UpdateGroup(ctx context.Context, g Group) error
	// DeleteGroup removes the group with its members, nestings, links, grants and tokens.
	DeleteGroup(ctx context.Context, id string) error
}

// GroupMemberFilter selects direct group members; empty fields match all.
type GroupMemberFilter struct {
	GroupIDs  []string
	UserID    string
	UserIDs   []string
	Source    string    // in groups of this source
	ExpiredBy time.Time // those that end, no later than this
}

// GroupLinkFilter selects group links; empty fields match all.
type GroupLinkFilter struct {
	IDs            []string
	GroupIDs       []string
	TeamIDs        []string
	OrganizationID string
}

// GroupLinkStore keeps what is in a group and what a group is linked to.
type GroupLinkStore interface {
	// GroupMembers is ordered by group and user.
	GroupMembers(ctx context.Context, f GroupMemberFilter) ([]GroupMember, error)
	// PutGroupMembers adds members or changes when they end; adding twice is no error.
	PutGroupMembers(ctx context.Context, members ...GroupMember) error
	// DeleteGroupMembers removes members of a group; removing none is no error.
	DeleteGroupMembers(ctx context.Context, groupID string, userIDs ...string) error
	// GroupChildren returns every nesting, ordered by parent and child.
	GroupChildren(ctx context.Context) ([]GroupChild, error)
	PutGroupChild(ctx context.Context, c GroupChild) error
	DeleteGroupChild(ctx context.Context, c GroupChild) error
	GroupLinks(ctx context.Context, f GroupLinkFilter) ([]GroupLink, error)
	GroupLinkWriter
}

// GroupLinkWriter changes links of groups to teams.
type GroupLinkWriter interface {
	InsertGroupLink(ctx context.Context, l GroupLink) error
	// UpdateGroupLink changes a link's rule and whether it is paused.
	UpdateGroupLink(ctx context.Context, l GroupLink) error
	// DeleteGroupLink removes a link with its LinkMembers.
	DeleteGroupLink(ctx context.Context, id string) error
	// LinkMembers returns those of some links, or of all, ordered by link and user.
	LinkMembers(ctx context.Context, linkIDs ...string) ([]LinkMember, error)
	PutLinkMembers(ctx context.Context, members ...LinkMember) error
	// DeleteLinkMembers removes all of a link.
	DeleteLinkMembers(ctx context.Context, linkID string) error
}
