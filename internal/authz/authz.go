// Package authz holds the values of authorization (objects, relationships, questions, decisions) and the ports
// through which the rest of the product asks and writes them.
//
// It knows the vocabulary of package schema and nothing of SpiceDB, SQL or HTTP. Package spicedb implements the
// ports; the catalog uses them.
package authz

import (
	"strings"
	"time"
)

// Object names a thing or a subject: its type in the schema and its catalog id.
type Object struct {
	Type string
	ID   string
}

// String returns "type:id".
func (o Object) String() string { return o.Type + ":" + o.ID }

// IsZero reports whether the object names nothing.
func (o Object) IsZero() bool { return o == Object{} }

// ParseObject splits "type:id". It reports false when either part is missing.
func ParseObject(s string) (Object, bool) {
	typeName, id, ok := strings.Cut(s, ":")
	return Object{Type: typeName, ID: id}, ok && typeName != "" && id != ""
}

// Relationship says that a subject stands in a relation to a resource. A zero ExpiresAt means for good.
type Relationship struct {
	Resource  Object
	Relation  string
	Subject   Object
	ExpiresAt time.Time
}

// Key returns the relationship without its expiry: what makes two relationships the same row.
func (r Relationship) Key() Relationship {
	r.ExpiresAt = time.Time{}
	return r
}

// String returns SpiceDB's text form, with the expiration trait where there is one.
func (r Relationship) String() string {
	s := r.Resource.String() + "#" + r.Relation + "@" + r.Subject.String()
	if !r.ExpiresAt.IsZero() {
		s += "[expiration:" + r.ExpiresAt.UTC().Format(time.RFC3339Nano) + "]"
	}
	return s
}

// Token says how fresh an answer is, or when a write happened: SpiceDB's ZedToken, opaque to us.
type Token string

// Freshness is a level of consistency (DESIGN section 5).
type Freshness int

// The levels. Latest is the zero value: our own decisions are fully consistent.
const (
	Latest          Freshness = iota // fully consistent
	MinimizeLatency                  // as old as the engine's configuration allows
	AtLeastAsFresh                   // not older than a token
)

// Consistency says how fresh an answer must be. The token counts for AtLeastAsFresh alone.
type Consistency struct {
	Freshness Freshness
	Token     Token
}

// Question asks whether a subject has a permission on a resource. Permission is the name on the resource's
// type as schema.Permission.On returns it.
type Question struct {
	Subject    Object
	Permission string
	Resource   Object
}

// Decision is the answer to a Question.
type Decision struct {
	Allowed bool
	Token   Token
}

// Held is one role that a subject holds at or above a resource, found while explaining a decision.
type Held struct {
	Scope     Object // where it was granted
	Binding   Object
	Holder    Object   // the team object that holds it, possibly a private one
	Atoms     []string // what it gives, as qualified names ("workspace_read")
	ExpiresAt time.Time
}

// Explanation tells why a decision is what it is: the scopes that were looked at, nearest first, and every role
// the subject holds there, whether or not it gives the permission.
type Explanation struct {
	Decision
	Scopes []Object
	Held   []Held
}
