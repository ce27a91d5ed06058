package spicedb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"golang.org/x/sync/errgroup"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

const (
	// explainReads is how many bindings are read at the same time.
	explainReads = 8
	// atomPrefix marks the relations of a binding that carry atoms (schema.Permission.HasRelation).
	atomPrefix = "has_"
)

// Explain implements authz.Explainer. SpiceDB's own trace is no use here: what was cached is missing from it. So the
// path is rebuilt from the relationships, all of it at the revision of the decision.
func (e *Engine) Explain(ctx context.Context, q authz.Question, c authz.Consistency) (authz.Explanation, error) {
	decision, err := e.check(ctx, q, c)
	if err != nil {
		return authz.Explanation{}, e.translate(ctx, "explain "+q.Permission, err)
	}
	x := explainer{engine: e, question: q, at: atExactly(&v1.ZedToken{Token: string(decision.Token)})}
	explanation, err := x.explain(ctx)
	if err != nil {
		return authz.Explanation{}, e.translate(ctx, "explain "+q.Permission, err)
	}
	explanation.Decision = decision
	return explanation, nil
}

// explainer reads what one explanation needs.
type explainer struct {
	engine   *Engine
	question authz.Question
	at       *v1.Consistency
}

func (x explainer) explain(ctx context.Context) (authz.Explanation, error) {
	scopes, err := x.scopes(ctx)
	if err != nil {
		return authz.Explanation{}, err
	}
	granted, err := x.bindings(ctx, scopes)
	if err != nil {
		return authz.Explanation{}, err
	}
	if err := x.each(ctx, granted, x.readHolder); err != nil {
		return authz.Explanation{}, err
	}
	held, err := x.ofSubject(ctx, granted)
	if err != nil {
		return authz.Explanation{}, err
	}
	if err := x.each(ctx, held, x.readAtoms); err != nil {
		return authz.Explanation{}, err
	}
	return authz.Explanation{Scopes: scopes, Held: held}, nil
}

// scopes returns the resource and what is above it, nearest first.
func (x explainer) scopes(ctx context.Context) ([]authz.Object, error) {
	scopes := []authz.Object{x.question.Resource}
	for i := 0; i < len(scopes); i++ { // grows while it is walked
		parentType := parentOf(scopes[i].Type)
		if parentType == "" {
			continue
		}
		// A relation that points upwards has the name of the type above.
		parents, err := x.read(ctx, authz.Filter{Resource: scopes[i], Relation: parentType, SubjectType: parentType})
		if err != nil {
			return nil, err
		}
		for _, r := range parents {
			if !slices.Contains(scopes, r.Subject) {
				scopes = append(scopes, r.Subject)
			}
		}
	}
	return scopes, nil
}

// parentOf returns the type above a type. A team is no scope, but what may be done to it is granted above it.
func parentOf(objectType string) string {
	if objectType == schema.TypeTeam {
		return schema.TypeOrganization
	}
	return schema.Parent(objectType)
}

// bindings returns what is granted on the scopes, in their order.
func (x explainer) bindings(ctx context.Context, scopes []authz.Object) ([]authz.Held, error) {
	var out []authz.Held
	for _, scope := range scopes {
		if !schema.IsScope(scope.Type) {
			continue
		}
		found, err := x.read(ctx, authz.Filter{Resource: scope, Relation: schema.RelBinding, SubjectType: schema.TypeBinding})
		if err != nil {
			return nil, err
		}
		slices.SortFunc(found, func(a, b authz.Relationship) int { return cmp.Compare(a.Subject.ID, b.Subject.ID) })
		for _, r := range found {
			out = append(out, authz.Held{Scope: scope, Binding: r.Subject, ExpiresAt: r.ExpiresAt})
		}
	}
	return out, nil
}

// ofSubject keeps what is held by teams the subject is a member of.
func (x explainer) ofSubject(ctx context.Context, granted []authz.Held) ([]authz.Held, error) {
	questions := make([]authz.Question, 0, len(granted))
	granted = slices.DeleteFunc(granted, func(h authz.Held) bool { return h.Holder.IsZero() })
	for _, h := range granted {
		questions = append(questions, authz.Question{
			Subject: x.question.Subject, Permission: schema.TeamMember.Name(), Resource: h.Holder,
		})
	}
	if len(questions) == 0 {
		return nil, nil
	}
	member, err := x.checkAt(ctx, questions)
	if err != nil {
		return nil, err
	}
	var held []authz.Held
	for i, h := range granted {
		if member[i] {
			held = append(held, h)
		}
	}
	return held, nil
}

func (x explainer) checkAt(ctx context.Context, questions []authz.Question) ([]bool, error) {
	items, position, err := deduplicate(questions)
	if err != nil {
		return nil, err
	}
	given, _, err := x.engine.bulk(ctx, items, x.at)
	if err != nil {
		return nil, err
	}
	return spread(given, position), nil
}

// readHolder and readAtoms are two steps on purpose: most bindings of a large organization are not the subject's,
// and their many atoms need not be read.
func (x explainer) readHolder(ctx context.Context, h *authz.Held) error {
	found, err := x.read(ctx, authz.Filter{Resource: h.Binding, Relation: schema.RelHolder, SubjectType: schema.TypeTeam})
	if err == nil && len(found) > 0 {
		h.Holder = found[0].Subject
	}
	return err
}

func (x explainer) readAtoms(ctx context.Context, h *authz.Held) error {
	found, err := x.read(ctx, authz.Filter{Resource: h.Binding})
	for _, r := range found {
		if atom, is := strings.CutPrefix(r.Relation, atomPrefix); is && r.Subject == h.Holder {
			h.Atoms = append(h.Atoms, atom)
		}
	}
	slices.Sort(h.Atoms)
	return err
}

// each runs a step for every binding, a few at a time.
func (x explainer) each(ctx context.Context, held []authz.Held, step func(context.Context, *authz.Held) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(explainReads)
	for i := range held {
		group.Go(func() error { return step(ctx, &held[i]) })
	}
	return group.Wait()
}

func (x explainer) read(ctx context.Context, f authz.Filter) ([]authz.Relationship, error) {
	var out []authz.Relationship
	err := x.engine.readPages(ctx, f, x.at, func(r authz.Relationship) bool {
		out = append(out, r)
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read %s#%s: %w", f.Resource, f.Relation, err)
	}
	return out, nil
}
