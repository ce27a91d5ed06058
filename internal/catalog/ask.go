package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Ask is a question in the caller's words: types, ids or paths, and an action name that may be another system's.
type Ask struct {
	SubjectType, SubjectID   string
	Action                   string
	ResourceType, ResourceID string
	Sensitive                bool // asks about a sensitive variable (DECISIONS M12)
}

// Answer is the decision on an Ask.
type Answer struct {
	Allowed bool
	Reason  *Reason // present when an explanation was asked for
}

// AskOptions say how to answer.
type AskOptions struct {
	Consistency authz.Consistency
	Explain     bool
}

// asked is an Ask translated into the model's words. question is nil for whatever the catalog does not know,
// which is a deny like any other (DECISIONS N17).
type asked struct {
	Ask
	subject    authz.Object // zero for one the catalog does not know
	permission schema.Permission
	question   *authz.Question
}

// Evaluate answers questions in order, with as few calls to the engine as there are. A question about somebody
// else needs the scope check, or platform.audit (DESIGN section 4).
func (s *Service) Evaluate(ctx context.Context, p Principal, asks []Ask, o AskOptions) ([]Answer, authz.Token, error) {
	translated, err := s.translate(naming(ctx, o.Consistency), asks)
	if err != nil {
		return nil, "", err
	}
	if err := s.mayAsk(ctx, p, translated, o.Explain); err != nil {
		return nil, "", err
	}
	var questions []authz.Question
	for _, a := range translated {
		if a.question != nil {
			questions = append(questions, *a.question)
		}
	}
	allowed, token, err := s.decide(ctx, p, questions, o.Consistency)
	if err != nil {
		return nil, "", err
	}
	answers := make([]Answer, len(asks))
	next := 0
	for i, a := range translated {
		if a.question != nil {
			answers[i].Allowed = allowed[next]
			next++
		}
		if o.Explain {
			if answers[i].Reason, err = s.explain(ctx, a, answers[i].Allowed); err != nil {
				return nil, "", err
			}
		}
	}
	return answers, token, nil
}

// decide asks the engine: one question by itself, several at once. Where there is nothing to ask, because the catalog
// knows nothing of what the caller named, it still asks a question of no consequence: without a token, or with a bad
// one accepted, such an answer could be told from a deny (DECISIONS N17).
func (s *Service) decide(ctx context.Context, p Principal, questions []authz.Question, c authz.Consistency) ([]bool, authz.Token, error) {
	switch len(questions) {
	case 0:
		d, err := s.engine.Check(ctx, authz.Question{Subject: p.Subject, Permission: schema.PlatformAdminister.Name(), Resource: platformRef()}, c)
		return nil, d.Token, err
	case 1:
		d, err := s.engine.Check(ctx, questions[0], c)
		return []bool{d.Allowed}, d.Token, err
	}
	return s.engine.CheckAll(ctx, questions, c)
}

// translate resolves names once each, however many questions share them.
func (s *Service) translate(ctx context.Context, asks []Ask) ([]asked, error) {
	var known map[[2]string]authz.Object // by type and reference; one question seldom names anything twice
	if len(asks) > 1 {
		known = map[[2]string]authz.Object{}
	}
	find := func(objectType, ref string) (authz.Object, error) {
		key := [2]string{objectType, ref}
		if o, ok := known[key]; ok {
			return o, nil
		}
		o, err := s.meant(ctx, objectType, ref)
		if err == nil && known != nil {
			known[key] = o
		}
		return o, err
	}
	out := make([]asked, len(asks))
	for i, a := range asks {
		out[i].Ask = a
		subject, err := find(a.SubjectType, a.SubjectID)
		if err != nil {
			return nil, err
		}
		resource, err := find(a.ResourceType, a.ResourceID)
		if err != nil {
			return nil, err
		}
		permission, ok := schema.Resolve(a.ResourceType, a.Action)
		out[i].subject, out[i].permission = subject, permission
		hidden := a.Sensitive && permission == schema.WorkspaceReadVariable
		if !subject.IsZero() && !resource.IsZero() && ok && !hidden && slices.Contains(schema.SubjectTypes(), a.SubjectType) {
			out[i].question = &authz.Question{Subject: subject, Permission: permission.On(a.ResourceType), Resource: resource}
		}
	}
	return out, nil
}

// meant returns whom or what a reference means, zero for what the catalog does not know.
func (s *Service) meant(ctx context.Context, objectType, ref string) (authz.Object, error) {
	o, err := s.Resolve(ctx, objectType, ref)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return o, err
}

// mayAsk allows questions about oneself, and all others to whoever holds the scope or audits the platform.
func (s *Service) mayAsk(ctx context.Context, p Principal, questions []asked, explain bool) error {
	if !slices.ContainsFunc(questions, func(a asked) bool { return !isSelf(p, a.Ask, a.subject) }) {
		return nil
	}
	if explain && !p.Has(ScopeExplain) {
		return s.mayAudit(ctx, p, ScopeExplain)
	}
	if p.Has(ScopeCheck) {
		return nil
	}
	return s.mayAudit(ctx, p, ScopeCheck)
}

// isSelf reports whether a question is about the principal himself: by whom its reference means, since a name that reads
// like his may be somebody else's, and his own may be another one by now. Where it means nobody, his own id is his.
func isSelf(p Principal, a Ask, means authz.Object) bool {
	if means.IsZero() {
		means = authz.Object{Type: a.SubjectType, ID: a.SubjectID}
	}
	return means == p.Subject
}

// mayAudit is the way of those who hold no scope: site admins and auditors.
func (s *Service) mayAudit(ctx context.Context, p Principal, missing Scope) error {
	err := s.require(ctx, p, schema.PlatformAudit, platformRef())
	if fault.Is(err, fault.Denied) {
		return fault.New(fault.Denied, "asking about others needs the scope %s", missing)
	}
	return err
}
