package rest

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	maxAttempts = 5
	firstPause  = 500 * time.Millisecond
)

// patience is what is left of a read's budget, shared by its requests.
type patience struct {
	mu   sync.Mutex
	left time.Duration
}

// spend takes from the budget and reports whether it was there. What is not there is not taken, and nothing is left then:
// who cannot wait as long as he is told to stops asking.
func (p *patience) spend(d time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d > p.left {
		p.left = 0
		return false
	}
	p.left -= d
	return true
}

// passing reports whether a reply says that a later request may do better.
func passing(r Reply) bool {
	switch r.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusForbidden: // how GitHub and Google say that there were too many requests, beside 429
		return r.Header.Get("Retry-After") != "" || r.Header.Get("X-RateLimit-Remaining") == "0" ||
			bytes.Contains(r.Body, []byte("ateLimitExceeded"))
	}
	return false
}

// pause returns how long to wait before the next attempt: as the server says, else longer each time. Chance is added so that
// runners who were turned away together do not come back together.
func pause(r Reply, attempt int, now time.Time, chance float64) time.Duration {
	if told, ok := told(r.Header, now); ok {
		return max(told, 0) + time.Duration(chance*float64(time.Second))
	}
	return time.Duration((0.5 + chance/2) * float64(firstPause<<attempt))
}

// told returns how long a server says to wait: Retry-After in seconds or as a date, or the second in which its window
// begins anew (Okta, GitHub). Dates are measured on the server's own clock where it tells the time.
func told(h http.Header, now time.Time) (time.Duration, bool) {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	after := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<20)) * time.Second, true
	}
	if date, err := http.ParseTime(after); err == nil {
		return date.Sub(now), true
	}
	for _, name := range []string{"X-Rate-Limit-Reset", "X-RateLimit-Reset"} {
		if second, err := strconv.ParseInt(h.Get(name), 10, 64); err == nil && second > 0 {
			return time.Unix(second, 0).Sub(now), true
		}
	}
	return 0, false
}
