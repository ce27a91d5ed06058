package answer

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// maxCallers is of how many callers the rate is remembered. Beyond it those who did not call lately are forgotten.
const maxCallers = 10_000

// RateLimitHeader tells how many requests a second one caller may make.
const RateLimitHeader = "X-RateLimit-Limit"

// Limiter lets each caller make so many requests a second, over all endpoints that share it. Nil lets him make any number.
type Limiter struct {
	perSecond int
	now       func() time.Time
	mu        sync.Mutex
	callers   map[string]*rate.Limiter
}

// NewLimiter returns a Limiter, nil for a rate of 0.
func NewLimiter(perSecond int, now func() time.Time) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	return &Limiter{perSecond: perSecond, now: now, callers: map[string]*rate.Limiter{}}
}

// PerSecond returns how many requests a second one caller may make; 0 is any number.
func (l *Limiter) PerSecond() int {
	if l == nil {
		return 0
	}
	return l.perSecond
}

// of returns the bucket of a caller.
func (l *Limiter) of(caller string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket, ok := l.callers[caller]
	if !ok {
		if len(l.callers) >= maxCallers {
			l.forget()
		}
		bucket = rate.NewLimiter(rate.Limit(l.perSecond), l.perSecond)
		l.callers[caller] = bucket
	}
	return bucket
}

// forget drops the callers whose buckets are full: a new one is as good.
func (l *Limiter) forget() {
	for caller, bucket := range l.callers {
		if bucket.TokensAt(l.now()) >= float64(l.perSecond) {
			delete(l.callers, caller)
		}
	}
}

// guard refuses requests beyond the rate, with the headers that clients wait by (research tfe-api 1.0).
func (l *Limiter) guard(next echo.HandlerFunc) echo.HandlerFunc {
	if l == nil {
		return next
	}
	return func(c echo.Context) error {
		p := endpoint.Principal(c)
		caller := p.TokenID
		if caller == "" {
			caller = p.Subject.String()
		}
		bucket, now := l.of(caller), l.now()
		allowed := bucket.AllowN(now, 1)
		header := c.Response().Header()
		header.Set(RateLimitHeader, strconv.Itoa(l.perSecond))
		header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, int(bucket.TokensAt(now)))))
		if allowed {
			header.Set("X-RateLimit-Reset", "0")
			return next(c)
		}
		wait := math.Max(0, (1-bucket.TokensAt(now))/float64(l.perSecond))
		header.Set("X-RateLimit-Reset", strconv.FormatFloat(wait, 'f', 3, 64))
		header.Set(echo.HeaderRetryAfter, "1")
		return &jsonapi.StatusError{
			Status: http.StatusTooManyRequests, Title: title(http.StatusTooManyRequests),
			Fault: fault.New(fault.Limited, "You have exceeded the API's rate limit."),
		}
	}
}
