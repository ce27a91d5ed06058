package rules

import (
	"context"
	"sync"
)

// Session is a server that rules run on.
type Session struct {
	URL    string
	Token  string // of the site admin
	Issuer *Issuer
	// Administrators is the name of Terrakube's administrator group.
	Administrators string

	mu    sync.Mutex
	group string // its id, once it is there
}

// administrators returns the id of Terrakube's administrator group, which all rules of a server share.
func (s *Session) administrators(ctx context.Context, w *world) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.group != "" {
		return s.group, nil
	}
	var err error
	s.group, err = w.make(ctx, site, "admin/groups", "name="+s.Administrators)
	return s.group, err
}
