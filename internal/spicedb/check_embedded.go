package spicedb

import (
	"context"
	"fmt"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/embedded"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
)

// Check implements authz.Checker.
func (e *Embedded) Check(ctx context.Context, q authz.Question, c authz.Consistency) (authz.Decision, error) {
	view, token, err := e.snapshot(ctx, c)
	if err != nil {
		return authz.Decision{}, e.translate(ctx, "check "+q.Permission, err)
	}
	allowed, known := recall(e.memory, e.memory.decisions, q, e.tree, view)
	e.told(known)
	if known {
		return authz.Decision{Allowed: allowed, Token: tokenOf(token)}, nil
	}
	if allowed, err = e.evaluate(ctx, q); err != nil {
		return authz.Decision{}, e.translate(ctx, "check "+q.Permission, err)
	}
	// The evaluation may have seen a newer state. Dating it by the older one is safe: what changed in between makes
	// the answer out of date at once.
	e.remember(q, allowed, view)
	return authz.Decision{Allowed: allowed, Token: tokenOf(token)}, nil
}

// snapshot returns the newest state and its token, after a look at the caller's own.
func (e *Embedded) snapshot(ctx context.Context, c authz.Consistency) (treestore.View, *v1.ZedToken, error) {
	if c.Freshness == authz.AtLeastAsFresh {
		if err := e.checkToken(c.Token); err != nil {
			return treestore.View{}, nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return treestore.View{}, nil, err
	}
	// SpiceDB remembers answers by revision, so a deadline that has passed must have its own before it is asked.
	e.tree.Settle()
	view := e.tree.View()
	token, err := e.token(ctx, view)
	return view, token, err
}

func (e *Embedded) remember(q authz.Question, allowed bool, v treestore.View) {
	if r := e.realms.remembering(v, q.Resource); r != nil {
		e.memory.decisions.put(q, remembered[bool]{value: allowed, revision: v.Revision(), realm: r})
	}
}

// evaluate asks SpiceDB in process. The evaluation expects types and names that exist, so the first question of each
// shape goes to the server, which checks them and says what is wrong; so does one that failed.
func (e *Embedded) evaluate(ctx context.Context, q authz.Question) (bool, error) {
	shapes, shape := e.memory.shapes.Load(), questionShape{q.Resource.Type, q.Permission, q.Subject.Type}
	if _, accepted := shapes.Load(shape); accepted && validObject(q.Resource) && validObject(q.Subject) {
		result, err := e.checker.Check(ctx, embedded.CheckRequest{
			ResourceType: q.Resource.Type, ResourceID: q.Resource.ID, Permission: q.Permission,
			SubjectType: q.Subject.Type, SubjectID: q.Subject.ID,
		})
		if err == nil {
			return result.HasPermission, nil
		}
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	decision, err := e.check(ctx, q, authz.Consistency{})
	if err == nil {
		shapes.Store(shape, struct{}{})
	}
	return decision.Allowed, err
}

func validObject(o authz.Object) bool { return checkObject("", o) == nil }

// CheckAll implements authz.Checker. What is not remembered goes to the server in one call, and of questions about
// resources that cannot differ only one.
func (e *Embedded) CheckAll(ctx context.Context, qs []authz.Question, c authz.Consistency) ([]bool, authz.Token, error) {
	if len(qs) == 1 {
		d, err := e.Check(ctx, qs[0], c)
		return []bool{d.Allowed}, d.Token, err
	}
	view, token, err := e.snapshot(ctx, c)
	if err != nil || len(qs) == 0 {
		return []bool{}, "", e.translate(ctx, "check questions", err)
	}
	allowed, err := e.checkAllAt(ctx, qs, view, token)
	if err != nil {
		return nil, "", e.translate(ctx, fmt.Sprintf("check %d questions", len(qs)), err)
	}
	return allowed, tokenOf(token), nil
}

func (e *Embedded) checkAllAt(ctx context.Context, qs []authz.Question, v treestore.View, token *v1.ZedToken) ([]bool, error) {
	allowed := make([]bool, len(qs))
	b := newBatch(v)
	for i, q := range qs {
		answer, known := recall(e.memory, e.memory.decisions, q, e.tree, v)
		e.told(known)
		if known {
			allowed[i] = answer
			continue
		}
		if err := checkQuestion(q); err != nil {
			return nil, err
		}
		b.add(i, q)
	}
	if len(b.asked) == 0 {
		return allowed, nil
	}
	given, _, err := e.bulk(ctx, b.asked, atExactly(token))
	if err != nil {
		return nil, err
	}
	for n, i := range b.open {
		allowed[i] = given[b.answer[n]]
		e.remember(qs[i], allowed[i], v)
	}
	return allowed, nil
}

// Subjects implements authz.Searcher. The list is shared: callers must not change it.
func (e *Embedded) Subjects(
	ctx context.Context, resource authz.Object, permission, subjectType string, c authz.Consistency,
) ([]string, authz.Token, error) {
	view, token, err := e.snapshot(ctx, c)
	if err != nil {
		return nil, "", e.translate(ctx, "search subjects of "+permission, err)
	}
	key := listQuestion{resource, permission, subjectType}
	if ids, known := recall(e.memory, e.memory.lists, key, e.tree, view); known {
		return ids, tokenOf(token), nil
	}
	ids, found, err := e.Engine.Subjects(ctx, resource, permission, subjectType, c)
	if r := e.realms.remembering(view, resource); err == nil && r != nil {
		e.memory.lists.put(key, remembered[[]string]{value: ids, revision: view.Revision(), realm: r})
	}
	return ids, found, err
}
