package spicedb

import (
	"context"
	"errors"
	"fmt"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// Suppose implements authz.Supposer, at every size in the same way: an embedded engine is filled with the relationships,
// asked, and thrown away. So the answers are SpiceDB's own, under the schema of this program.
func (e *Engine) Suppose(ctx context.Context, relationships []authz.Relationship, w authz.Write, qs []authz.Question) (before, after []bool, err error) {
	scratch, err := NewEmbedded(ctx, EmbeddedConfig{DecisionCacheBytes: -1})
	if err != nil {
		return nil, nil, fmt.Errorf("start an engine to suppose with: %w", err)
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	if err := scratch.Seed(ctx, relationships); err != nil {
		return nil, nil, err
	}
	if before, _, err = scratch.CheckAll(ctx, qs, authz.Consistency{}); err != nil {
		return nil, nil, err
	}
	if _, err := scratch.Write(ctx, w); err != nil {
		return nil, nil, err
	}
	after, _, err = scratch.CheckAll(ctx, qs, authz.Consistency{})
	return before, after, err
}
