package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// noun is a kind of row, in the words of messages.
type noun string

const (
	settingsRow     noun = "settings"
	userRow         noun = "user"
	accountRow      noun = "service account"
	organizationRow noun = "organization"
	membershipRow   noun = "membership"
	teamRow         noun = "team"
	memberRow       noun = "team member"
	groupRow        noun = "group"
	groupMemberRow  noun = "group member"
	nestingRow      noun = "group nesting"
	linkRow         noun = "group link"
	projectRow      noun = "project"
	workspaceRow    noun = "workspace"
	stackRow        noun = "stack"
	roleRow         noun = "role"
	grantRow        noun = "grant"
	tokenRow        noun = "token"
	auditRow        noun = "audit event"
	intentRow       noun = "intent"
	identityRow     noun = "identity"
	tagRow          noun = "tag"
	workspaceTagRow noun = "tag of a workspace"
	bindingRow      noun = "tag binding"
	consumerRow     noun = "remote state consumer"
	agentPoolRow    noun = "agent pool"
	retentionRow    noun = "data retention policy"
	tokenLifeRow    noun = "token lifetime"
	recordRow       noun = "record"
	requestRow      noun = "access request"
	linkMemberRow   noun = "member of a paused link"
	directoryRow    noun = "directory"
	personRow       noun = "person of a directory"
	planRow         noun = "sync plan"
	removalRow      noun = "removal"
	leaseRow        noun = "lease"
)

func (n noun) notFound() error { return fault.New(fault.NotFound, "%s not found", n) }

// duplicate says what was taken. A kind of row has at most one thing that must be unique, its primary key apart,
// so the engine's code tells enough; SQLite has no names for constraints.
func (n noun) duplicate(cause error) error {
	field, message := "name", ""
	switch n {
	case userRow:
		field = "username"
	case groupRow:
		field = "external_id"
	case auditRow, intentRow: // their primary key is a sequence
		field = "id"
	case membershipRow:
		field, message = "user", "the user is a member of the organization already"
	case identityRow:
		field, message = "", "the identity belongs to a user already"
	case linkRow:
		field, message = "", "the group is linked to the team already"
	case personRow:
		field, message = "", "the directory knows the person already"
	case grantRow:
		field, message = "", "the holder has this role at this scope already"
	}
	if message == "" {
		message = "has already been taken"
	}
	return conflict(cause, field, message)
}

// effect is what a statement does to rows: what a broken reference means depends on it.
type effect int

const (
	writes  effect = iota // the row refers to one that is missing
	deletes               // another row refers to the row
)

func (n noun) reference(e effect, cause error) error {
	if e == deletes {
		return conflict(cause, "", "the "+string(n)+" is still in use")
	}
	return fault.Wrap(fault.NotFound, cause, "what the %s refers to was not found", n)
}

func conflict(cause error, field, message string) error {
	e := fault.Wrap(fault.Conflict, cause, "%s", message)
	e.Field = field
	return e
}

// failAt translates a driver's error about rows of a kind.
func (q *queries) failAt(ctx context.Context, n noun, e effect, err error) error {
	switch q.dialect.classify(err) {
	case duplicateID:
		return conflict(err, "id", "has already been taken")
	case duplicate:
		return n.duplicate(err)
	case reference:
		return n.reference(e, err)
	case unknown, stale, unavailable:
	}
	return q.fail(ctx, string(n), err)
}

// fail translates a driver's error that says nothing about rows. Some drivers report a cancelled statement as
// an error of their own, so the context is asked as well.
func (q *queries) fail(ctx context.Context, what string, err error) error {
	switch v := q.dialect.classify(err); {
	case v == stale:
		return fault.Wrap(fault.Stale, err, "somebody else changed it in the meantime")
	case v == unavailable, ctx.Err() != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone):
		return fault.Wrap(fault.Unavailable, err, "the database does not answer")
	}
	return fmt.Errorf("%s: %w", what, err)
}
