package catalog

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Edit is what somebody wants made of a row: it returns the row as he wants it, or everything that cannot be about what
// he wants. It is applied inside the change, to the row as it is by then, so that what others changed meanwhile stays,
// and nobody learns what is wrong with something that he may not change. It may run several times and must depend on
// nothing but its arguments and the request. Nil wants nothing.
//
// Where a row belongs and what other changes decide is not an edit's business; the use cases keep that as it was.
type Edit[T any] func(row T, home Home) (T, error)

// of returns what an edit makes of a row.
func (e Edit[T]) of(row T, home Home) (T, error) {
	if e == nil {
		return row, nil
	}
	return e(row, home)
}

// Sent is what a client sent, or everything that cannot be about it. Like an Edit, it is asked once the client may.
type Sent[T any] func() (T, error)

// Home is where a row belongs, as it is when the row is changed: what an edit may look at besides. The organization is
// zero while it comes into being, and so is the project of what is in none.
type Home struct {
	Organization Organization
	Project      Project

	pool func(id string) (AgentPool, error)
}

// AgentPool returns an agent pool of the organization; fault.NotFound for one of another.
func (h Home) AgentPool(id string) (AgentPool, error) {
	if h.pool == nil {
		return AgentPool{}, fault.New(fault.NotFound, "agent pool %s not found", id)
	}
	return h.pool(id)
}

// homeIn returns the home of something in an organization and, unless that is "", in a project of it. A project of
// another organization is none: it is refused when the row is written.
func homeIn(ctx context.Context, q Queries, organizationID, projectID string) (Home, error) {
	o, err := q.Organization(ctx, organizationID)
	if err != nil {
		return Home{}, err
	}
	home := Home{Organization: o, pool: func(id string) (AgentPool, error) {
		pool, err := q.AgentPool(ctx, id)
		if err == nil && pool.OrganizationID != organizationID {
			return AgentPool{}, fault.New(fault.NotFound, "agent pool %s not found", id)
		}
		return pool, err
	}}
	if projectID == "" {
		return home, nil
	}
	p, err := q.Project(ctx, projectID)
	if err == nil && p.OrganizationID == organizationID {
		home.Project = p
	}
	return home, err
}
