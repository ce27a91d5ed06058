package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Possession is a permission that somebody may hold on an object.
type Possession struct {
	Permission schema.Permission
	On         authz.Object
}

// HeldIn returns which of some possessions the principal has, all at one revision. They are about an organization or what
// is in it: about what is elsewhere, or in an organization that does not take his token, they are all false.
func (s *Service) HeldIn(ctx context.Context, p Principal, organizationID string, asked ...Possession) ([]bool, error) {
	none := make([]bool, len(asked))
	questions := make([]authz.Question, len(asked))
	known := map[authz.Object]bool{}
	for i, a := range asked {
		if !known[a.On] {
			o, err := s.organizationOf(ctx, a.On)
			if err == nil && o.ID != organizationID {
				return none, nil
			}
			if err == nil {
				err = s.takes(ctx, p, o)
			}
			if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Unauthenticated) {
				return none, nil
			}
			if err != nil {
				return nil, err
			}
			known[a.On] = true
		}
		questions[i] = authz.Question{Subject: p.Subject, Permission: a.Permission.On(a.On.Type), Resource: a.On}
	}
	held, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	return held, err
}
