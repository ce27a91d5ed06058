package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/schema"
)

// FindStack returns a stack by id or path; stack.read.
func (s *Service) FindStack(ctx context.Context, p Principal, ref string) (Stack, error) {
	id, err := s.resolveID(ctx, schema.TypeStack, ref)
	if err != nil {
		return Stack{}, err
	}
	if err := s.require(ctx, p, schema.StackRead, stackRef(id)); err != nil {
		return Stack{}, err
	}
	return s.store.Stack(ctx, id)
}

// ListStacks returns the stacks that the principal may read, by name, and how many there are in all.
func (s *Service) ListStacks(ctx context.Context, p Principal, q PlaceQuery, w Window) ([]Stack, int, error) {
	ids, total, err := s.places(ctx, p, schema.StackRead, schema.TypeStack, q, w)
	if err != nil || len(ids) == 0 {
		return nil, total, err
	}
	rows, err := s.store.Stacks(ctx, WorkspaceFilter{IDs: ids})
	return inThatOrder(ids, rows, func(st Stack) string { return st.ID }), total, err
}
