package tfe

import (
	"errors"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// execution is where runs happen: as an organization, project or workspace sets it itself, or takes it from what it is
// in.
type execution struct {
	Overwrites bool   `json:"overwrites,omitempty"`
	Mode       string `json:"mode,omitempty"`
	Pool       string `json:"pool,omitempty"`
}

// over returns what is in force below something: one's own, or else what is inherited.
func (e execution) over(inherited execution) execution {
	if e.Overwrites {
		return e
	}
	return execution{Mode: inherited.Mode, Pool: inherited.Pool}
}

// organizationExecution is what the projects of an organization inherit.
func organizationExecution(o catalog.Organization) (execution, error) {
	settings := defaultOrganizationSettings()
	err := recallKept(o.Attributes, &settings)
	return execution{Overwrites: true, Mode: settings.DefaultExecutionMode, Pool: settings.DefaultAgentPool}, err
}

// executionInput is what a client asked for, with the names of its attributes.
type executionInput struct {
	modeName, poolName string
	Mode, Pool         jsonapi.Field[string]
	OverMode, OverPool jsonapi.Field[bool]
	Operations         jsonapi.Field[bool] // the older name of two of the modes
}

// asksForOwn reports whether the client set anything that is inherited otherwise.
func (in executionInput) asksForOwn() bool {
	return in.Mode.Or("") != "" || in.Pool.Or("") != "" || in.Operations.Set && !in.Operations.Null
}

// overwrites returns whether the client said to inherit or not; one setting stands for both.
func (in executionInput) overwrites() (value, said bool, err error) {
	mode, pool := in.OverMode.Set && !in.OverMode.Null, in.OverPool.Set && !in.OverPool.Null
	if mode && pool && in.OverMode.Value != in.OverPool.Value {
		return false, false, fault.At("setting-overwrites", "If agent-pool and execution-mode are both included in setting-overwrites, their values must be the same.")
	}
	if mode {
		return in.OverMode.Value, true, nil
	}
	return in.OverPool.Value, pool, nil
}

// with returns an execution as a client changed it, checked.
func (e execution) with(in executionInput, inherited execution) (execution, error) {
	overwrites, said, err := in.overwrites()
	if err != nil {
		return e, err
	}
	switch {
	case said && !overwrites:
		return execution{}, nil
	case !said && !in.asksForOwn() && (!e.Overwrites || !in.Pool.Set):
		return e, nil
	}
	next := e.over(inherited)
	next.Overwrites = true
	next.Mode = in.mode(next.Mode)
	switch {
	case in.Pool.Set:
		next.Pool = in.Pool.Value
	case next.Mode != modeAgent: // the pool was for agents
		next.Pool = ""
	}
	return next, next.check(in)
}

// mode returns the mode that a client asked for, or what there is.
func (in executionInput) mode(before string) string {
	switch {
	case in.Mode.Or("") != "":
		return in.Mode.Value
	case !in.Operations.Set || in.Operations.Null:
		return before
	case !in.Operations.Value:
		return modeLocal
	case before == modeLocal:
		return modeRemote
	}
	return before
}

func (e execution) check(in executionInput) error {
	err := answer.OneOf(in.modeName, e.Mode, modeRemote, modeLocal, modeAgent)
	if e.Pool != "" && e.Mode != modeAgent {
		err = errors.Join(err, fault.At(in.poolName, "must not be specified unless using 'agent' execution mode"))
	}
	if e.Pool == "" && e.Mode == modeAgent {
		err = errors.Join(err, fault.At(in.poolName, "must be specified when using 'agent' execution mode"))
	}
	return err
}

// agentPoolUser is what chooses an agent pool, for itself or for what it holds.
type agentPoolUser struct{ projectID, workspaceID string }

// comesLater stands for the id of a project that is yet to come into being, and that no pool is allowed to by name.
const comesLater = "new"

// unexpected reports whether an error is no fault of what was sent.
func unexpected(err error) bool { return err != nil && !fault.Is(err, fault.Invalid) }

// checkAgentPool refuses an agent pool that was chosen anew and is not there for who chose it. An organization that comes
// into being has none yet.
func checkAgentPool(home catalog.Home, before, after, field string, user agentPoolUser) error {
	if after == "" || after == before {
		return nil
	}
	pool, err := home.AgentPool(after)
	if fault.Is(err, fault.NotFound) {
		return fault.At(field, "does not exist")
	}
	if err != nil {
		return err
	}
	kept, err := recallAgentPool(pool)
	if err != nil {
		return err
	}
	if !kept.serves(user) {
		return fault.At(field, "is not allowed here")
	}
	return nil
}

// poolIn says whether what is kept with an organization, project or workspace names an agent pool.
func poolIn(id string) catalog.PoolUse {
	return func(kept catalog.Attributes) (bool, error) {
		var names struct {
			Default   string    `json:"default-agent-pool"` // of an organization
			Execution execution `json:"execution"`          // of the others
		}
		err := recallKept(kept, &names)
		return names.Default == id || names.Execution.Pool == id, err
	}
}
