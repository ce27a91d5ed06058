package sourcetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// Subject is a source to be tested.
type Subject struct {
	Name string
	// New starts what holds a model and has a fault, and returns the source that reads it, in pages of PageSize where it has
	// pages. It is stopped with the test.
	New func(*testing.T, Model, *Trouble) directory.Source
	// Form returns what the source is expected to say of a model, where that is not all: a directory may know no addresses, or
	// no groups in groups.
	Form func(Model) Model

	// HTTP takes the faults of the table; Own are others, by name, and whether they happen once.
	HTTP bool
	Own  map[Fault]bool
	// Not are the faults that the source cannot have, and why.
	Not map[Fault]string
}

func (s Subject) form(m Model) Model {
	if s.Form == nil {
		return m
	}
	return s.Form(m.clone())
}

// happenings returns the faults to try, and whether one is left out.
func (s Subject) happenings() []happening {
	var out []happening
	if s.HTTP {
		out = faults()
	}
	for name, once := range s.Own {
		out = append(out, happening{fault: name, once: once})
	}
	return out
}

// HTTPSettings are how a source is to speak in these tests: one request after the other, on a clock that moves by waiting alone,
// which takes no time.
func HTTPSettings(t *Trouble) rest.Settings {
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s := rest.Settings{Parallel: 1, Now: c.Now, Wait: c.Wait, Rand: func() float64 { return 0.5 }, Budget: 30 * time.Second}
	if t.Fault == Timeout {
		s.Timeout, s.Budget = time.Second, -1
	}
	return s
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wait lets time pass.
func (c *clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}
