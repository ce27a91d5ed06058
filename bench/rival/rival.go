// Package rival runs the systems that answer the same questions over the same estate: Terrawarden itself, a server that
// answers a constant, SpiceDB and OpenFGA, each as a process of its own.
//
// It knows how each is started, filled and asked; which numbers are taken is not its business.
package rival

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/internal/authz"
)

// Programs are the paths of what is run.
type Programs struct {
	Terrawarden, Migrate, SpiceDB, OpenFGA string
	Bench                                  string // this benchmark's own program, for the constant
}

// System is a running system.
type System interface {
	measure.Subject
	// Load fills the system with the relationships of an estate. Those that fill themselves from a catalog do nothing.
	Load(ctx context.Context, relationships []authz.Relationship) error
	// Prepare makes the questions that Ask knows by number.
	Prepare(questions []estate.Question)
	// Resident returns the memory its process holds, in bytes.
	Resident() (int64, error)
	// Close ends the process.
	Close() error
}

// Names of the systems.
const (
	NameTerrawarden     = "terrawarden"
	NameConstant        = "constant"
	NameSpiceDBMemory   = "spicedb-memory"
	NameSpiceDBPostgres = "spicedb-postgres"
	NameOpenFGAMemory   = "openfga-memory"
	NameOpenFGAPostgres = "openfga-postgres"
)

// Open starts a rival by name. The ones on Postgres take the URL of an empty database.
func Open(ctx context.Context, name string, p Programs, database string) (System, error) {
	switch name {
	case NameConstant:
		return opened(Constant(ctx, p))
	case NameSpiceDBMemory:
		return opened(SpiceDB(ctx, name, p, ""))
	case NameSpiceDBPostgres:
		return opened(SpiceDB(ctx, name, p, database))
	case NameOpenFGAMemory:
		return opened(OpenFGA(ctx, name, p, ""))
	case NameOpenFGAPostgres:
		return opened(OpenFGA(ctx, name, p, database))
	}
	return nil, fmt.Errorf("there is no rival %q", name)
}

// opened keeps a failed start from becoming a system that is not nil.
func opened[S System](s S, err error) (System, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// running is what all systems share: a name and a process.
type running struct {
	name    string
	process *process.Process
}

// Name returns the name.
func (r *running) Name() string { return r.name }

// CPU returns the processor time used so far.
func (r *running) CPU() (time.Duration, error) { return r.process.CPU() }

// Resident returns the memory held.
func (r *running) Resident() (int64, error) { return r.process.Resident() }

// Started returns how long the start took.
func (r *running) Started() time.Duration { return r.process.Started }

// Address returns where it listens.
func (r *running) Address() string { return r.process.Address }

// Close ends the process.
func (r *running) Close() error { return r.process.Stop() }

// closeAfter ends a system whose start failed half-way.
func closeAfter(s interface{ Close() error }, err error) error { return errors.Join(err, s.Close()) }
