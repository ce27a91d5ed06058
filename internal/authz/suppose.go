package authz

import "context"

// Supposer answers questions about relationships that are written nowhere.
type Supposer interface {
	// Suppose answers questions, in order, as they would be answered if exactly some relationships were written, and once
	// more as they would be after a write. It neither reads nor changes what is written. Errors as Checker's.
	Suppose(ctx context.Context, relationships []Relationship, w Write, qs []Question) (before, after []bool, err error)
}

// Reviewer says why a decision is what it is, and what others would be.
type Reviewer interface {
	Explainer
	Supposer
}
