package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// mayHandOut refuses to give away, at a scope and until a time, what the principal does not hold there himself for as long
// (DECISIONS P4); the zero time is for good. What is for owners is so wherever it is bound, though it means nothing below
// the organization (DECISIONS M14).
func (s *Service) mayHandOut(ctx context.Context, p Principal, atoms []schema.Permission, scope authz.Object, until time.Time) error {
	beyond, on, err := s.beyond(ctx, p, atoms, scope, until)
	if err != nil || beyond == "" {
		return err
	}
	return s.refused(ctx, p, beyond, on, refusedToHandOut(beyond, on))
}

func refusedToHandOut(beyond schema.Permission, on authz.Object) error {
	return fault.New(fault.Denied, "you cannot hand out %s, which you do not hold on %s for as long", beyond.HeldOn(on.Type), on.Type)
}

// beyond returns the first permission that the principal may not hand out, and where he would have to hold it; "" when
// there is none.
func (s *Service) beyond(ctx context.Context, p Principal, atoms []schema.Permission, scope authz.Object, until time.Time) (schema.Permission, authz.Object, error) {
	first, err := s.beyondAt(ctx, p, atoms, scope, until)
	owners := ownerOnly(atoms)
	if err != nil || first != "" || len(owners) == 0 || !slices.Contains(schema.Ancestors(scope.Type), schema.TypeOrganization) {
		return first, scope, err
	}
	organizationID, _, err := scopeOrganization(ctx, s.store, scope)
	if err != nil {
		return "", scope, err
	}
	first, err = s.beyondAt(ctx, p, owners, organizationRef(organizationID), until)
	return first, organizationRef(organizationID), err
}

func (s *Service) beyondAt(ctx context.Context, p Principal, atoms []schema.Permission, scope authz.Object, until time.Time) (schema.Permission, error) {
	missing, err := s.lacks(ctx, p, atoms, scope)
	if err == nil && len(missing) == 0 {
		missing, err = s.passing(ctx, p, atoms, scope, until)
	}
	if err != nil || len(missing) == 0 {
		return "", err
	}
	return missing[0], nil
}

// lacks returns which of some permissions, of those that mean something at a scope, the principal does not hold there.
func (s *Service) lacks(ctx context.Context, p Principal, atoms []schema.Permission, scope authz.Object) ([]schema.Permission, error) {
	var questions []authz.Question
	var asked, out []schema.Permission
	for _, a := range atoms {
		if name := a.HeldOn(scope.Type); name != "" {
			questions = append(questions, authz.Question{Subject: p.Subject, Permission: name, Resource: scope})
			asked = append(asked, a)
		}
	}
	held, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	for i, ok := range held {
		if !ok {
			out = append(out, asked[i])
		}
	}
	return out, err
}

// passing returns which of some permissions that the principal holds at a scope he holds there by what ends before a time:
// were they his to give for longer, whoever is given something for an hour would keep it for good. Most often nothing at or
// above a scope ends at all, and then nothing more is asked.
func (s *Service) passing(ctx context.Context, p Principal, atoms []schema.Permission, scope authz.Object, until time.Time) ([]schema.Permission, error) {
	chain, err := s.above(ctx, scope)
	if err != nil {
		return nil, err
	}
	ending, err := s.store.Grants(ctx, GrantFilter{Scopes: chain, ExpiredBy: endOfTime(), Limit: 1})
	if err != nil || len(ending) == 0 {
		return nil, err
	}
	read, ok := readPermission(scope.Type)
	if !ok {
		return nil, nil
	}
	x, err := s.engine.Explain(ctx, authz.Question{Subject: p.Subject, Permission: read.On(scope.Type), Resource: scope}, authz.Consistency{})
	if err != nil {
		return nil, err
	}
	lasting, ends := map[string]bool{}, map[string]bool{}
	for _, h := range x.Held {
		into := lasting
		if !h.ExpiresAt.IsZero() && (until.IsZero() || h.ExpiresAt.Before(until)) {
			into = ends
		}
		for _, atom := range h.Atoms {
			into[atom] = true
		}
	}
	var out []schema.Permission
	for _, a := range atoms {
		if name := a.Qualified(); ends[name] && !lasting[name] {
			out = append(out, a)
		}
	}
	return out, nil
}

// above returns a scope and every scope that it lies in.
func (s *Service) above(ctx context.Context, scope authz.Object) ([]authz.Object, error) {
	organizationID, projectID, err := scopeOrganization(ctx, s.store, scope)
	out := []authz.Object{scope, platformRef()}
	if organizationID != "" {
		out = append(out, organizationRef(organizationID))
	}
	if projectID != "" {
		out = append(out, projectRef(projectID))
	}
	return out, err
}

// endOfTime is later than whatever ends.
func endOfTime() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }
