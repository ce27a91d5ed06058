package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Window is the part of a list that is wanted: Limit items behind Offset others. A Limit of 0 wants all.
type Window struct{ Offset, Limit int }

// part returns what of a list a window is.
func part[T any](all []T, w Window) []T {
	all = all[min(w.Offset, len(all)):]
	if w.Limit > 0 {
		all = all[:min(w.Limit, len(all))]
	}
	return all
}

// places returns the ids of the places of a type that the principal holds a permission on and that a query selects, in
// the order of their paths, and how many there are in all. Of every one that is returned the engine has said so itself.
func (s *Service) places(ctx context.Context, p Principal, permission schema.Permission, objectType string, q PlaceQuery, w Window) (ids []string, total int, err error) {
	v, err := s.visible(ctx, p.Subject, permission, objectType, authz.Consistency{})
	if err != nil {
		return nil, 0, err
	}
	v.filter.UserTokens, v.filter.TokenLife = p.fromOutside(), countedLife(p.Life)
	v.filter.PlaceQuery, v.filter.Offset, v.filter.Limit = q, w.Offset, w.Limit
	if total, err = v.count(ctx); err != nil || w.Offset >= total {
		return nil, total, err
	}
	read, err := s.store.Places(ctx, v.filter)
	if err != nil {
		return nil, 0, err
	}
	kept, err := v.confirm(ctx, read)
	if err != nil {
		return nil, 0, err
	}
	ids = make([]string, len(kept))
	for i, place := range kept {
		ids[i] = place.ID
	}
	return ids, total, nil
}

// inThatOrder returns rows in the order of ids. A row that is gone in the meantime is left out.
func inThatOrder[T any](ids []string, rows []T, id func(T) string) []T {
	byID := make(map[string]T, len(rows))
	for _, row := range rows {
		byID[id(row)] = row
	}
	out := make([]T, 0, len(ids))
	for _, wanted := range ids {
		if row, ok := byID[wanted]; ok {
			out = append(out, row)
		}
	}
	return out
}

// Holding says which permissions somebody holds on one object.
type Holding map[schema.Permission]bool

// Held returns, for each object, which of the permissions of its type the principal holds: what documents show as the
// caller's own possibilities. It is one question to the engine, at the newest state.
func (s *Service) Held(ctx context.Context, p Principal, objects []authz.Object, permissions ...schema.Permission) ([]Holding, error) {
	questions := make([]authz.Question, 0, len(objects)*len(permissions))
	for _, o := range objects {
		for _, permission := range permissions {
			asked := permission
			if asked == schema.TeamManageToken { // of which a team's own token has less
				asked = managesTokens(p)
			}
			questions = append(questions, authz.Question{Subject: p.Subject, Permission: asked.On(o.Type), Resource: o})
		}
	}
	allowed, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return nil, err
	}
	out := make([]Holding, len(objects))
	for i := range objects {
		out[i] = make(Holding, len(permissions))
		for j, permission := range permissions {
			out[i][permission] = allowed[i*len(permissions)+j]
		}
	}
	return out, nil
}

// keepVisible returns the rows whose object the principal holds a permission on, in order.
func keepVisible[T any](ctx context.Context, s *Service, p Principal, permission schema.Permission, rows []T, object func(T) authz.Object) ([]T, error) {
	questions := make([]authz.Question, len(rows))
	for i, row := range rows {
		o := object(row)
		questions[i] = authz.Question{Subject: p.Subject, Permission: permission.On(o.Type), Resource: o}
	}
	allowed, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return nil, err
	}
	kept := make([]T, 0, len(rows))
	for i, row := range rows {
		if allowed[i] {
			kept = append(kept, row)
		}
	}
	return kept, nil
}
