package catalog

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// concealTeams takes out of sources which teams hold them, where the principal may not see those teams.
func (s *Service) concealTeams(ctx context.Context, p Principal, lists ...[]Source) error {
	var teams []authz.Object
	for _, sources := range lists {
		for _, x := range sources {
			if x.Holder.Type == schema.TypeTeam {
				teams = append(teams, x.Holder.Object)
			}
		}
	}
	hidden, err := s.concealed(ctx, p, teams)
	if err != nil {
		return err
	}
	for _, sources := range lists {
		for i, x := range sources {
			if hidden[x.Holder.Object] {
				sources[i].Holder, sources[i].Concealed = concealedTeam(), true
				sources[i].GrantID, sources[i].Paths = "", nil
			}
		}
	}
	return nil
}

// concealedTeam stands for a team that somebody may not see.
func concealedTeam() Named {
	return Named{Object: authz.Object{Type: schema.TypeTeam}, Name: "a team that you may not see"}
}

// concealed returns which of some objects the principal may not hear of: none, for whoever may review everything.
func (s *Service) concealed(ctx context.Context, p Principal, objects []authz.Object) (map[authz.Object]bool, error) {
	if all, err := s.reviewsAll(ctx, p); all || err != nil {
		return nil, err
	}
	return s.hidden(ctx, p, objects)
}

// hidden returns which of some objects the principal may not see.
func (s *Service) hidden(ctx context.Context, p Principal, objects []authz.Object) (map[authz.Object]bool, error) {
	slices.SortFunc(objects, func(a, b authz.Object) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
	objects = slices.Compact(objects)
	questions := make([]authz.Question, len(objects))
	for i, o := range objects {
		read, ok := readPermission(o.Type)
		if !ok {
			return nil, fault.New(fault.Internal, "nobody sees a %s", o.Type)
		}
		questions[i] = authz.Question{Subject: p.Subject, Permission: read.On(o.Type), Resource: o}
	}
	seen, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	out := map[authz.Object]bool{}
	for i, ok := range seen {
		if !ok {
			out[objects[i]] = true
		}
	}
	return out, err
}
