package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Path is a way in which a subject is in a holder. The zero Path is that it is the holder, or directly in it.
type Path struct {
	Group  Named  // the group of the identity provider by which he is in it
	LinkID string // the link of that group to the holder, where the holder is a team
}

// paths adds to sources how a subject, who is in all of their holders, comes to be in them.
func (s *Service) paths(ctx context.Context, subject authz.Object, sources []Source) ([]Source, error) {
	teams := map[string]bool{}
	for _, x := range sources {
		if x.Holder.Type == schema.TypeTeam {
			teams[x.Holder.ID] = true
		}
	}
	w, err := s.waysOf(ctx, subject, keys(teams))
	if err != nil {
		return nil, err
	}
	for i := range sources {
		sources[i].Paths = w.into(sources[i].Holder.Object)
	}
	return sources, nil
}

// ways are how a subject comes to be in teams and groups.
type ways struct {
	subject authz.Object
	direct  map[string]bool // teams
	links   map[string][]GroupLink
	groups  map[string]bool // that he is in, directly or through nested ones
	kept    map[string]bool // paused links that keep him in their teams
}

func (s *Service) waysOf(ctx context.Context, subject authz.Object, teamIDs []string) (*ways, error) {
	w := &ways{subject: subject, direct: map[string]bool{}, links: map[string][]GroupLink{}, groups: map[string]bool{}, kept: map[string]bool{}}
	switch subject.Type {
	case schema.TypeGroup:
		w.groups[subject.ID] = true // it stands for its people where it is linked itself
	case schema.TypeUser:
		if err := s.wayOfUser(ctx, w, teamIDs); err != nil {
			return nil, err
		}
	default:
		return w, nil
	}
	if len(teamIDs) == 0 {
		return w, nil
	}
	links, err := s.store.GroupLinks(ctx, GroupLinkFilter{TeamIDs: teamIDs})
	for _, l := range links {
		w.links[l.TeamID] = append(w.links[l.TeamID], l)
	}
	if err == nil && subject.Type == schema.TypeUser {
		w.kept, err = s.keptBy(ctx, subject.ID, links)
	}
	return w, err
}

// keptBy returns which of some links are paused and keep a user in their teams.
func (s *Service) keptBy(ctx context.Context, userID string, links []GroupLink) (map[string]bool, error) {
	var paused []string
	for _, l := range links {
		if l.Paused {
			paused = append(paused, l.ID)
		}
	}
	if len(paused) == 0 {
		return nil, nil //nolint:nilnil // none is an answer
	}
	rows, err := s.store.LinkMembers(ctx, paused...)
	out := map[string]bool{}
	for _, m := range rows {
		if m.UserID == userID && m.lasts(s.now()) {
			out[m.LinkID] = true
		}
	}
	return out, err
}

func (s *Service) wayOfUser(ctx context.Context, w *ways, teamIDs []string) error {
	if len(teamIDs) > 0 {
		members, err := s.store.TeamMembers(ctx, TeamMemberFilter{TeamIDs: teamIDs, UserID: w.subject.ID})
		if err != nil {
			return err
		}
		for _, m := range members {
			w.direct[m.TeamID] = true
		}
	}
	in, err := s.store.GroupMembers(ctx, GroupMemberFilter{UserID: w.subject.ID})
	if err != nil || len(in) == 0 {
		return err
	}
	children, err := s.store.GroupChildren(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range in {
		if m.lasts(s.now()) {
			ids = append(ids, m.GroupID)
		}
	}
	for _, id := range ancestors(ids, children) {
		w.groups[id] = true
	}
	return nil
}

// into returns every way into a holder. There is one at least: the engine has said that the subject is in it.
func (w *ways) into(holder authz.Object) []Path {
	var out []Path
	if w.direct[holder.ID] {
		out = append(out, Path{})
	}
	for _, l := range w.links[holder.ID] {
		in := w.groups[l.GroupID]
		if l.Paused && w.subject.Type == schema.TypeUser {
			in = w.kept[l.ID]
		}
		if in {
			out = append(out, Path{Group: Named{Object: groupRef(l.GroupID)}, LinkID: l.ID})
		}
	}
	if len(out) == 0 {
		out = append(out, Path{})
	}
	return out
}
