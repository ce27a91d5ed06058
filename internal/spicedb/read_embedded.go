package spicedb

import (
	"context"
	"iter"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
)

// Read implements authz.Reader. Every write compares what there is with what there ought to be, so a filter that
// names a resource or a subject is answered from the datastore itself; the rest goes to the server.
func (e *Embedded) Read(ctx context.Context, f authz.Filter) iter.Seq2[authz.Relationship, error] {
	rows := e.indexed(f)
	if rows == nil || ctx.Err() != nil {
		return e.Engine.Read(ctx, f)
	}
	return func(yield func(authz.Relationship, error) bool) {
		now := time.Now()
		for row := range rows {
			r := authz.Relationship{Resource: resourceOf(row), Relation: row.Relation, Subject: subjectOf(row), ExpiresAt: row.ExpiresAt.UTC().Round(0)}
			live := row.ExpiresAt.IsZero() || row.ExpiresAt.After(now)
			if live && f.Matches(r) && !yield(r, nil) {
				return
			}
		}
	}
}

// indexed returns the rows among which those of a filter are, nil where an index does not help or the filter is one
// that the server refuses.
func (e *Embedded) indexed(f authz.Filter) iter.Seq[treestore.Row] {
	switch {
	case !e.model.knows(f):
		return nil
	case f.Resource.ID != "" && checkObject("", f.Resource) == nil:
		return e.tree.View().Of(f.Resource.Type, f.Resource.ID)
	case f.SubjectID != "" && f.Resource.ID == "":
		return e.tree.View().Referring(f.SubjectType, f.SubjectID)
	}
	return nil
}
