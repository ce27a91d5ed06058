package directory

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// unswapped orders changes of usernames so that each finds its name free: whoever has it changes his first. Where some
// exchange theirs in a circle, one of them has a name in between, in the same change.
func (h *hand) unswapped(ctx context.Context, part []PersonChange) ([]PersonChange, error) {
	ids := make([]string, 0, len(part))
	for _, c := range part {
		if c.Op == OpUpdate && c.Was != nil && c.UserID != "" {
			ids = append(ids, c.UserID)
		}
	}
	if len(ids) < 2 {
		return part, nil
	}
	users, err := h.c.Users(ctx, catalog.UserFilter{IDs: ids})
	if err != nil {
		return nil, err
	}
	has := make(map[string]string, len(users)) // user ids, by name
	for _, u := range users {
		has[catalog.NameKey(u.Username)] = u.ID
	}
	s := &swaps{part: part, has: has, place: map[string]int{}, state: make([]visited, len(part)), between: h.e.newID}
	for i, c := range part {
		if c.Op == OpUpdate && c.Was != nil {
			s.place[c.UserID] = i
		}
	}
	for i := range part {
		s.visit(i)
	}
	return s.out, nil
}

type visited int

const (
	notVisited visited = iota
	visiting
	isVisited
)

// swaps orders changes of names.
type swaps struct {
	part    []PersonChange
	has     map[string]string
	place   map[string]int // by user id
	state   []visited
	between func() string
	out     []PersonChange
}

func (s *swaps) visit(i int) {
	if s.state[i] != notVisited {
		return
	}
	s.state[i] = visiting
	c := s.part[i]
	if j, ok := s.inTheWay(c); ok && j != i {
		if s.state[j] == visiting {
			aside := s.part[j]
			aside.Username, aside.Email = "between-names-"+s.between(), s.part[j].Was.Email
			aside.NewExternalID, aside.Attributes = "", nil
			s.out = append(s.out, aside)
		}
		s.visit(j)
	}
	s.out = append(s.out, c)
	s.state[i] = isVisited
}

// inTheWay returns the change of whoever has the name that another one gives.
func (s *swaps) inTheWay(c PersonChange) (int, bool) {
	if c.Op != OpUpdate || c.Was == nil {
		return 0, false
	}
	j, ok := s.place[s.has[catalog.NameKey(c.Username)]]
	return j, ok
}
