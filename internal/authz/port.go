package authz

import (
	"context"
	"iter"

	"github.com/terrawarden/terrawarden/schema"
)

// Checker answers questions. Errors: fault.Invalid for a type, permission or token the engine does not know,
// fault.Unavailable when it cannot be reached; never an allow.
type Checker interface {
	// Check answers one question.
	Check(ctx context.Context, q Question, c Consistency) (Decision, error)
	// CheckAll answers many questions at one revision, in order. No questions give no answers.
	CheckAll(ctx context.Context, qs []Question, c Consistency) ([]bool, Token, error)
}

// Searcher turns questions around. Results come sorted by id, without duplicates, and agree with Checker.
type Searcher interface {
	// Subjects returns the subjects of a type that have a permission on a resource.
	Subjects(ctx context.Context, resource Object, permission, subjectType string, c Consistency) ([]string, Token, error)
	// Resources returns the resources of a type on which a subject has a permission.
	Resources(ctx context.Context, subject Object, permission, resourceType string, c Consistency) ([]string, Token, error)
	// Extent returns where a subject has a permission on resources of a type, all of it at one revision. It says
	// what Resources says in far fewer words where the permission comes from a scope above. fault.Invalid for a
	// permission that cannot be asked on the type.
	Extent(ctx context.Context, subject Object, permission schema.Permission, resourceType string, c Consistency) (Extent, Token, error)
}

// Extent is a set of resources of one type: those that are, or lie in, one of its scopes, and no others. Scopes come
// sorted by type and id, without duplicates.
type Extent struct {
	Scopes []Object
}

// Explainer answers a question and says why.
type Explainer interface {
	Explain(ctx context.Context, q Question, c Consistency) (Explanation, error)
}

// Filter selects relationships. Resource.Type is required, and SubjectType where there is a SubjectID; every other
// empty field matches all.
type Filter struct {
	Resource    Object
	Relation    string
	SubjectType string
	SubjectID   string
}

// Matches reports whether the filter selects a relationship.
func (f Filter) Matches(r Relationship) bool {
	return f.Resource.Type == r.Resource.Type &&
		(f.Resource.ID == "" || f.Resource.ID == r.Resource.ID) &&
		(f.Relation == "" || f.Relation == r.Relation) &&
		(f.SubjectType == "" || f.SubjectType == r.Subject.Type) &&
		(f.SubjectID == "" || f.SubjectID == r.Subject.ID)
}

// Precondition must hold on the state before a write: some relationship matches the filter, or none does.
type Precondition struct {
	Filter Filter
	Absent bool
}

// Write is a set of changes. Deletes of absent and touches of present relationships change nothing, so a write
// may be repeated. Metadata is kept with the change (actor, request id) and never decides anything.
type Write struct {
	Deletes       []Relationship
	Touches       []Relationship
	Preconditions []Precondition
	Metadata      map[string]string
}

// Writer changes relationships.
type Writer interface {
	// Write applies deletes first, then touches. A write larger than the engine takes at once is applied in
	// parts, in that order; preconditions guard the first part. A failed precondition is fault.Stale and
	// nothing is written. An empty write returns the newest token.
	Write(ctx context.Context, w Write) (Token, error)
}

// Reader reads relationships back, for reconciling. Decisions never come from it.
type Reader interface {
	// Read yields the live relationships that match a filter, at the newest state, in no particular order.
	// The sequence ends after the first error.
	Read(ctx context.Context, f Filter) iter.Seq2[Relationship, error]
}

// CommentChanged is the one kind of SchemaChange that changes nothing but words.
const CommentChanged = "comment changed"

// SchemaChange is one difference between the deployed schema and another.
type SchemaChange struct {
	Kind     string // what changed, in words: "relation removed"
	Name     string // where: "workspace", "workspace#binding"
	Breaking bool   // relationships or callers may be lost
}

// Schemas reads and writes the engine's schema.
type Schemas interface {
	// ReadSchema returns the deployed schema text, "" when there is none.
	ReadSchema(ctx context.Context) (string, error)
	// WriteSchema deploys a schema. The engine refuses one that would orphan relationships (fault.Conflict).
	WriteSchema(ctx context.Context, text string) error
	// SchemaIsCurrent reports whether the deployed schema is the one of package schema, comments aside: a server
	// may give its text back in another form.
	SchemaIsCurrent(ctx context.Context) (bool, error)
	// DiffSchema returns what deploying text would change.
	DiffSchema(ctx context.Context, text string) ([]SchemaChange, error)
}

// Engine is everything an authorization engine does.
type Engine interface {
	Checker
	Searcher
	Reviewer
	Writer
	Reader
	Schemas
	// Ready returns nil when the engine answers right now.
	Ready(ctx context.Context) error
	// Close stops the engine and frees what it holds.
	Close() error
}

// Seeder is an engine that keeps nothing across a restart and is filled from the catalog at start.
type Seeder interface {
	// Seed fills an empty engine.
	Seed(ctx context.Context, relationships []Relationship) error
}
