package catalog

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"
)

// GroupClaim is what a verified login says of a person's groups.
type GroupClaim struct {
	Directory Directory // the one whose groups they are; it is made when it is not there
	Names     []string  // external ids of the groups
	// Ask returns the names where the token only points to them; nil where Names has them. An error says nothing of groups.
	Ask   func(ctx context.Context) ([]string, error)
	Until time.Time // when memberships end that nobody has told of again
}

// claimed is what a process remembers of a login's groups.
type claimed struct {
	names [sha256.Size]byte
	until time.Time
	after time.Time // of a word that could not be noted: when it is tried again
}

// claims remember what logins said of groups, so that a request that says the same again costs nothing. The zero value is
// empty and ready.
type claims struct {
	mu    sync.Mutex
	known map[string]claimed // by directory and user
}

const (
	// claimTimeout is how long a request waits for the groups that its token points to.
	claimTimeout = 5 * time.Second
	// claimRetry is how long a word that could not be noted is left alone, so that a directory that does not answer is not
	// asked by every request.
	claimRetry = time.Minute
)

// maxClaims bounds the memory for logins.
const maxClaims = 1 << 16

// fresh reports whether the same was said a moment ago: more than three quarters of its lifetime are left.
func (c *claims) fresh(key string, now claimed, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, ok := c.known[key]
	if ok && before.names == now.names && at.Before(before.after) {
		return true
	}
	return ok && before.after.IsZero() && before.names == now.names && now.until.Sub(before.until) < now.until.Sub(at)/4
}

func (c *claims) note(key string, now claimed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxClaims {
		c.known = map[string]claimed{}
	}
	c.known[key] = now
}

// noteGroups takes a login's word on groups. When that does not succeed the person has the groups he had, which end by
// themselves, and the next request tries again; this one goes on.
func (s *Service) noteGroups(ctx context.Context, userID string, g *GroupClaim) {
	if g == nil {
		return
	}
	key := g.Directory.Name + "\x00" + userID
	names := slices.Compact(slices.Sorted(slices.Values(g.Names)))
	now := claimed{names: sha256.Sum256([]byte(strings.Join(names, "\x00"))), until: g.Until}
	if s.claims.fresh(key, now, s.now()) {
		return
	}
	err := error(nil)
	if g.Ask != nil {
		asking, cancel := context.WithTimeout(ctx, claimTimeout)
		names, err = g.Ask(asking)
		cancel()
	}
	made := false
	if err == nil {
		made, err = s.LoginGroups(ctx, userID, g.Directory, names, g.Until)
	}
	if err != nil {
		now.after = s.now().Add(claimRetry)
		s.claims.note(key, now)
		s.log.WarnContext(ctx, "a login's groups are not noted", "user_id", userID, "directory", g.Directory.Name, "error", err)
		return
	}
	s.claims.note(key, now)
	if made && s.groupsMade != nil {
		s.groupsMade(ctx, g.Directory.Name)
	}
}
