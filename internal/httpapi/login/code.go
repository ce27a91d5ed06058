package login

import (
	"sync"
	"time"
)

// codeLife is how long a code waits for the command line.
const codeLife = time.Minute

// code stands for an approval until the command line changes it for a token.
type code struct {
	ID          string `json:"n"`
	RedirectURI string `json:"r"`
	Challenge   string `json:"c"`
	Issuer      string `json:"i"`
	Subject     string `json:"s"`
}

func (h *Handler) newCode(a approval) (string, error) {
	c := code{ID: h.NewID(), RedirectURI: a.Request.RedirectURI, Challenge: a.Request.Challenge, Issuer: a.Issuer, Subject: a.Subject}
	return h.sealer.seal(forCode, c, h.Now().Add(codeLife))
}

// usedCodes remember the codes that were used, as long as they would be valid otherwise: in one process a code is good
// once. A second replica would take it once more within its minute, but only from whoever holds the verifier that never
// left the command line, and who has a token already.
type usedCodes struct {
	mu   sync.Mutex
	ends map[string]time.Time
}

// first reports whether a code is used for the first time, and remembers it.
func (u *usedCodes) first(id string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ends == nil {
		u.ends = map[string]time.Time{}
	}
	for other, end := range u.ends {
		if !now.Before(end) {
			delete(u.ends, other)
		}
	}
	_, used := u.ends[id]
	u.ends[id] = now.Add(codeLife)
	return !used
}
