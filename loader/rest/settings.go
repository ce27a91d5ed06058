package rest

import (
	"context"
	"crypto/x509"
	"math/rand/v2"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Settings are how a directory is spoken to.
type Settings struct {
	Timeout  time.Duration  // of one request, its answer included; 0: 30 seconds
	Budget   time.Duration  // of a whole read, for failed attempts and waiting; 0: 5 minutes, negative: nothing is tried twice
	Parallel int            // requests at once, 1 to 16; 0: 4
	RootCAs  *x509.CertPool // who may vouch for the server; nil: whom the machine trusts

	UserAgent string           // "": terrawarden
	Now       func() time.Time // the clock; required

	Wait func(context.Context, time.Duration) error // nil: a timer
	Rand func() float64                             // in [0, 1), spreads waiting; nil: chance
}

const (
	defaultTimeout  = 30 * time.Second
	defaultBudget   = 5 * time.Minute
	defaultParallel = 4
	maxParallel     = 16
)

// Completed returns the settings with their defaults filled in, or what is wrong with them.
func (s Settings) Completed() (Settings, error) {
	switch {
	case s.Now == nil:
		return s, fault.New(fault.Internal, "a directory is read without a clock")
	case s.Timeout < 0:
		return s, fault.At("request-timeout", "can't be negative")
	case s.Parallel < 0 || s.Parallel > maxParallel:
		return s, fault.At("parallel", "must be from 1 to %d", maxParallel)
	}
	if s.Timeout == 0 {
		s.Timeout = defaultTimeout
	}
	if s.Budget == 0 {
		s.Budget = defaultBudget
	}
	if s.Parallel == 0 {
		s.Parallel = defaultParallel
	}
	if s.UserAgent == "" {
		s.UserAgent = "terrawarden"
	}
	if s.Wait == nil {
		s.Wait = wait
	}
	if s.Rand == nil {
		s.Rand = rand.Float64
	}
	return s, nil
}

// wait lets time pass.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
