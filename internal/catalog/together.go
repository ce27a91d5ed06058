package catalog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Together runs use cases of the service it gives as one change: all of them are done when fn returns nil, and none when
// it returns an error. The service it gives is good inside of fn alone. fn may run twice, like every change; what it
// leaves outside must be overwritten by the second run.
//
// What one of them makes another one finds, and who may do what to it is what he might do to anything in the same place:
// its parent is asked. What one of them gives or takes away decides nothing before all is done.
//
// fault.Unavailable, and nothing done, where it takes longer than Deps.TogetherTimeout.
func (s *Service) Together(ctx context.Context, p Principal, fn func(ctx context.Context, joined *Service) error) (authz.Token, error) {
	var until time.Time
	token, err := s.change(ctx, p, func(ctx context.Context, c *Change) error {
		bounded, cancel := s.bounded(ctx, &until)
		defer cancel()
		err := fn(bounded, s.joined(c))
		cut := err == nil || fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal)
		if cut && bounded.Err() != nil && ctx.Err() == nil {
			return fault.Wrap(fault.Unavailable, bounded.Err(), "all of it together takes too long, and nothing of it is done; do less at a time")
		}
		return err
	})
	if r, ok := errors.AsType[*refusalError](err); ok && !r.recorded {
		err = s.refused(ctx, p, r.permission, r.on, err)
	}
	return token, err
}

// togetherTimeout is how long what is done together may take, since nobody else changes anything meanwhile.
const togetherTimeout = 10 * time.Second

// bounded returns a context that ends when everything done together must be. until keeps that instant for a second run.
func (s *Service) bounded(ctx context.Context, until *time.Time) (context.Context, context.CancelFunc) {
	if until.IsZero() {
		bounded, cancel := context.WithTimeout(ctx, s.longest)
		*until, _ = bounded.Deadline()
		return bounded, cancel
	}
	return context.WithDeadline(ctx, *until)
}

// joined returns a service whose use cases are part of a change.
func (s *Service) joined(c *Change) *Service {
	j := *s
	j.store, j.engine, j.within = joinedStore{Queries: c.Queries, outer: s.store}, joinedEngine{Engine: s.engine, change: c}, c
	return &j
}

// joinedStore reads what a transaction under way has written. Nobody begins another one there.
type joinedStore struct {
	Queries

	outer Store
}

// InTx runs fn in the transaction that is under way.
func (j joinedStore) InTx(_ context.Context, fn func(Queries) error) error { return fn(j.Queries) }

// Exclusive runs fn, since the transaction is exclusive already.
func (j joinedStore) Exclusive(ctx context.Context, fn func(context.Context) error) error {
	return fn(ctx)
}

// Ready asks the store itself.
func (j joinedStore) Ready(ctx context.Context) error { return j.outer.Ready(ctx) }

// Close does nothing: the store goes on after the transaction.
func (joinedStore) Close() error { return nil }

// joinedEngine answers questions about what a change has made, of which the engine does not know yet, from its parent.
type joinedEngine struct {
	authz.Engine

	change *Change
}

// Check answers one question.
func (j joinedEngine) Check(ctx context.Context, q authz.Question, c authz.Consistency) (authz.Decision, error) {
	q, ok, err := j.change.standIn(ctx, q)
	if err != nil || !ok {
		return authz.Decision{}, err
	}
	return j.Engine.Check(ctx, q, c)
}

// CheckAll answers many questions.
func (j joinedEngine) CheckAll(ctx context.Context, qs []authz.Question, c authz.Consistency) ([]bool, authz.Token, error) {
	allowed := make([]bool, len(qs))
	var asked []authz.Question
	var places []int
	for i, q := range qs {
		q, ok, err := j.change.standIn(ctx, q)
		if err != nil {
			return nil, "", err
		}
		if ok {
			asked, places = append(asked, q), append(places, i)
		}
	}
	answers, token, err := j.Engine.CheckAll(ctx, asked, c)
	for i, answer := range answers {
		allowed[places[i]] = answer
	}
	return allowed, token, err
}

// standIn returns the question that decides one about something that the change has made: the same about its parent, and
// so on up to what was there before. False is a question that no parent can answer, which is a deny.
func (c *Change) standIn(ctx context.Context, q authz.Question) (authz.Question, bool, error) {
	if !c.made(q.Resource) {
		return q, true, nil
	}
	permission, ok := permissionOn(q.Resource.Type, q.Permission)
	for ok && c.made(q.Resource) {
		parent, err := c.parentOf(ctx, q.Resource)
		if err != nil {
			return q, false, err
		}
		q.Resource, q.Permission = parent, permission.On(parent.Type)
		ok = q.Permission != ""
	}
	return q, ok, nil
}

// made reports whether the change has made an object.
func (c *Change) made(o authz.Object) bool {
	return slices.ContainsFunc(c.events, func(e AuditEvent) bool { return e.Object == o && e.Action == o.Type+".create" })
}

// parentOf returns the scope right above another one, the zero object for what is no scope.
func (c *Change) parentOf(ctx context.Context, o authz.Object) (authz.Object, error) {
	if o.Type == schema.TypeOrganization {
		return platformRef(), nil
	}
	if !schema.IsScope(o.Type) {
		return authz.Object{}, nil
	}
	organizationID, projectID, err := scopeOrganization(ctx, c, o)
	if projectID == "" {
		return organizationRef(organizationID), err
	}
	return projectRef(projectID), err
}

// permissionOn returns the permission that a name of the schema asks for on a type: its own, or one of what is below it.
func permissionOn(objectType, name string) (schema.Permission, bool) {
	own := schema.Permission(objectType + "." + name)
	if _, ok := schema.Lookup(own); ok {
		return own, true
	}
	for _, below := range schema.Atoms() {
		if below.Qualified() == name {
			return below, true
		}
	}
	return "", false
}
