package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Found is one result of a search.
type Found struct {
	Object authz.Object
	Name   string // username or path, "" when it has none
}

// SearchSubjects returns a page of the subjects of a type that hold a permission on a resource, ordered by id,
// after a given id, and how many there are in all. What the catalog does not know has no subjects. Needs the scope search, or platform.audit.
func (s *Service) SearchSubjects(ctx context.Context, p Principal, a Ask, c authz.Consistency, page Page) ([]Found, Totals, error) {
	if !p.Has(ScopeSearch) {
		if err := s.mayAudit(ctx, p, ScopeSearch); err != nil {
			return nil, Totals{}, err
		}
	}
	permission, ok := schema.Resolve(a.ResourceType, a.Action)
	if !ok || !slices.Contains(schema.SubjectTypes(), a.SubjectType) || (a.Sensitive && permission == schema.WorkspaceReadVariable) {
		return s.nothing(ctx, p, c)
	}
	ctx = naming(ctx, c)
	resource, err := s.Resolve(ctx, a.ResourceType, a.ResourceID)
	if fault.Is(err, fault.NotFound) {
		return s.nothing(ctx, p, c)
	}
	if err != nil {
		return nil, Totals{}, err
	}
	ids, token, err := s.engine.Subjects(ctx, resource, permission.On(a.ResourceType), a.SubjectType, c)
	if err != nil {
		return nil, Totals{}, err
	}
	return s.page(ctx, a.SubjectType, ids, Totals{Token: token, ByName: resource.ID != a.ResourceID}, page)
}

// SearchResources returns a page of the resources of a type on which a subject holds a permission: organizations,
// projects, workspaces and stacks ordered by path, others by id. Everybody may ask about himself; about others it needs
// the scope search, or platform.audit.
func (s *Service) SearchResources(ctx context.Context, p Principal, a Ask, c authz.Consistency, page Page) ([]Found, Totals, error) {
	subject, err := s.meant(naming(ctx, c), a.SubjectType, a.SubjectID)
	if err != nil {
		return nil, Totals{}, err
	}
	if err := s.maySearch(ctx, p, a, subject); err != nil {
		return nil, Totals{}, err
	}
	permission, ok := schema.Resolve(a.ResourceType, a.Action)
	if !ok || subject.IsZero() || !slices.Contains(schema.SubjectTypes(), a.SubjectType) || (a.Sensitive && permission == schema.WorkspaceReadVariable) {
		return s.nothing(ctx, p, c)
	}
	ctx = naming(ctx, c)
	t := Totals{ByName: subject.ID != a.SubjectID}
	if isPlace(a.ResourceType) {
		v, err := s.visible(ctx, subject, permission, a.ResourceType, c)
		if err != nil {
			return nil, Totals{}, err
		}
		return v.found(ctx, t, page)
	}
	var ids []string
	if ids, t.Token, err = s.engine.Resources(ctx, subject, permission.On(a.ResourceType), a.ResourceType, c); err != nil {
		return nil, Totals{}, err
	}
	return s.page(ctx, a.ResourceType, ids, t, page)
}

// SearchActions returns the permissions a subject holds on a resource, in the order of the vocabulary.
func (s *Service) SearchActions(ctx context.Context, p Principal, a Ask, c authz.Consistency) ([]schema.Permission, authz.Token, error) {
	permissions := schema.Of(a.ResourceType)
	asks := make([]Ask, len(permissions))
	for i, permission := range permissions {
		asks[i] = a
		asks[i].Action = permission.Name()
	}
	questions, err := s.translate(naming(ctx, c), asks)
	if err != nil {
		return nil, "", err
	}
	if len(questions) == 0 { // of a type that nobody knows; whether one may ask is the same question
		questions = []asked{{}}
		if questions[0].subject, err = s.meant(naming(ctx, c), a.SubjectType, a.SubjectID); err != nil {
			return nil, "", err
		}
	}
	if err := s.maySearch(ctx, p, a, questions[0].subject); err != nil {
		return nil, "", err
	}
	var asking []authz.Question
	var meaning []schema.Permission
	for _, q := range questions {
		if q.question != nil {
			asking = append(asking, *q.question)
			meaning = append(meaning, q.permission)
		}
	}
	allowed, token, err := s.decide(ctx, p, asking, c)
	if err != nil {
		return nil, "", err
	}
	var out []schema.Permission
	for i, ok := range allowed {
		if ok {
			out = append(out, meaning[i])
		}
	}
	return out, token, nil
}

// nothing is the answer to a search about what the catalog does not know.
func (s *Service) nothing(ctx context.Context, p Principal, c authz.Consistency) ([]Found, Totals, error) {
	_, token, err := s.decide(ctx, p, nil, c)
	return nil, Totals{Token: token}, err
}

// maySearch allows searches about oneself; of whom the reference to the subject means, see isSelf.
func (s *Service) maySearch(ctx context.Context, p Principal, a Ask, means authz.Object) error {
	if isSelf(p, a, means) || p.Has(ScopeSearch) {
		return nil
	}
	return s.mayAudit(ctx, p, ScopeSearch)
}

// Page asks for results behind where another page ended (Totals.Next), at most Limit of them; 0 asks for all.
type Page struct {
	After string
	Limit int
}

// Totals describe a search beside its results.
type Totals struct {
	Token authz.Token
	Total int    // results on all pages
	Next  string // the After of the next page, "" at the end; it means something to the search alone
	// ByName reports that the question named its object by name or path, so that answers may do the same.
	ByName bool
}

// page cuts a page out of sorted ids and names what is on it.
func (s *Service) page(ctx context.Context, objectType string, ids []string, t Totals, page Page) ([]Found, Totals, error) {
	if objectType == schema.TypeTeam {
		var err error
		if ids, err = s.withoutPrivateTeams(ctx, ids); err != nil {
			return nil, Totals{}, err
		}
	}
	t.Total = len(ids)
	start, exact := slices.BinarySearch(ids, page.After)
	if exact {
		start++
	}
	if page.After == "" {
		start = 0
	}
	ids = ids[start:]
	if page.Limit > 0 && len(ids) > page.Limit {
		ids = ids[:page.Limit]
		t.Next = ids[len(ids)-1]
	}
	names, err := s.Names(ctx, objectType, ids)
	if err != nil {
		return nil, Totals{}, err
	}
	out := make([]Found, len(ids))
	for i, id := range ids {
		out[i] = Found{Object: authz.Object{Type: objectType, ID: id}, Name: names[id]}
	}
	return out, t, nil
}

// withoutPrivateTeams leaves out the teams that the projection keeps for people, groups and others who hold roles. The
// catalog does not know them as teams, so nobody can ask about one.
func (s *Service) withoutPrivateTeams(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) == 0 { // which to the store is all of them
		return nil, nil
	}
	teams, err := s.store.Teams(ctx, TeamFilter{IDs: ids})
	out := make([]string, len(teams))
	for i, t := range teams {
		out[i] = t.ID
	}
	return out, err
}
