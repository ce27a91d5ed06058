package host

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// Routes that only the benchmark has.
const (
	PathCheck   = "/bench/v1/check"   // POST Questions, answers Answers: one by one, in process
	PathBulk    = "/bench/v1/bulk"    // POST Questions, answers Answers: all at once, in process
	PathChange  = "/bench/v1/change"  // POST Change, answers Changed: one use case, durable and applied when answered
	PathChanges = "/bench/v1/changes" // POST Changes, answers Changed: several in one transaction
	PathCommits = "/bench/v1/commits" // POST Commits, answers Took
	PathMemory  = "/bench/v1/memory"  // GET, answers Memory
)

// Questions are checks to be put to the engine in this process.
type Questions struct {
	Questions []authz.Question `json:"questions"`
}

// Answers are what the engine said, and what it took.
type Answers struct {
	Allowed []bool          `json:"allowed"`
	Took    []time.Duration `json:"took"`    // of each question, or of the whole bulk
	Queries uint64          `json:"queries"` // of the datastore, all together
}

// Change is one administrative act on behalf of the site admin.
type Change struct {
	Kind    string       `json:"kind"`
	Grant   GrantRequest `json:"grant,omitzero"`
	GrantID string       `json:"grant_id,omitempty"`
	UserID  string       `json:"user_id,omitempty"`
	TeamID  string       `json:"team_id,omitempty"`
}

// The kinds of changes.
const (
	Grant     = "grant"
	Revoke    = "revoke"
	Join      = "join"
	Leave     = "leave"
	Suspend   = "suspend"
	Unsuspend = "unsuspend"
)

// GrantRequest is a grant to a user on a workspace.
type GrantRequest struct {
	UserID      string    `json:"user_id"`
	RoleID      string    `json:"role_id"`
	WorkspaceID string    `json:"workspace_id"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
}

// Changes are several acts in one.
type Changes struct {
	Changes []Change `json:"changes"`
}

// Changed is the answer to a change: the ids of the grants that were made.
type Changed struct {
	GrantIDs []string `json:"grant_ids,omitempty"`
}

// Commits asks for many small writes to the engine, past the catalog: a member joins and leaves a team.
type Commits struct {
	Count  int    `json:"count"`
	TeamID string `json:"team_id"`
	UserID string `json:"user_id"`
}

// Took is how long something took.
type Took struct {
	Took time.Duration `json:"took"`
}

// Memory is what the process holds.
type Memory struct {
	Resident int64  `json:"resident"`
	Heap     uint64 `json:"heap"` // live after a collection
}

// control serves the routes of the benchmark.
type control struct{ *host }

// Endpoints returns the routes. They are public: the process listens on the loopback for one run.
func (c control) Endpoints() []endpoint.Endpoint {
	post := func(path string, handle echo.HandlerFunc) endpoint.Endpoint {
		return endpoint.Endpoint{Method: http.MethodPost, Path: path, Needs: endpoint.Public(), Handle: handle}
	}
	return []endpoint.Endpoint{
		post(PathCheck, serve(c.check)), post(PathBulk, serve(c.bulk)), post(PathChange, serve(c.change)), post(PathChanges, serve(c.changes)), post(PathCommits, serve(c.commits)),
		{Method: http.MethodGet, Path: PathMemory, Needs: endpoint.Public(), Handle: serve(c.memory)},
	}
}

// Error writes an error as text.
func (control) Error(c echo.Context, err error) (int, error) {
	return http.StatusInternalServerError, c.String(http.StatusInternalServerError, err.Error())
}

// serve decodes a request, does it and encodes the answer.
func serve[Request, Answer any](do func(context.Context, Request) (Answer, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		var r Request
		if c.Request().Method == http.MethodPost {
			if err := json.NewDecoder(c.Request().Body).Decode(&r); err != nil {
				return err
			}
		}
		answer, err := do(c.Request().Context(), r)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, answer)
	}
}

// atOnce is how checks are asked: as old as the engine's configuration allows, like requests that say nothing.
func atOnce() authz.Consistency { return authz.Consistency{Freshness: authz.MinimizeLatency} }

func (c control) check(ctx context.Context, r Questions) (Answers, error) {
	var a Answers
	before := c.queries.Load()
	for _, q := range r.Questions {
		start := time.Now()
		d, err := c.engine.Check(ctx, q, atOnce())
		if err != nil {
			return Answers{}, err
		}
		a.Took = append(a.Took, time.Since(start))
		a.Allowed = append(a.Allowed, d.Allowed)
	}
	a.Queries = c.queries.Load() - before
	return a, nil
}

func (c control) bulk(ctx context.Context, r Questions) (Answers, error) {
	before, start := c.queries.Load(), time.Now()
	allowed, _, err := c.engine.CheckAll(ctx, r.Questions, atOnce())
	return Answers{Allowed: allowed, Took: []time.Duration{time.Since(start)}, Queries: c.queries.Load() - before}, err
}

// change runs one act as the use case that a protocol would call.
func (c control) change(ctx context.Context, r Change) (Changed, error) {
	switch r.Kind {
	case Grant:
		g, _, err := c.service.CreateGrant(ctx, c.site, r.Grant.grant())
		return Changed{GrantIDs: []string{g.ID}}, err
	case Revoke:
		_, err := c.service.DeleteGrant(ctx, c.site, r.GrantID)
		return Changed{}, err
	}
	return c.changes(ctx, Changes{[]Change{r}})
}

// changes runs several acts in one transaction.
func (c control) changes(ctx context.Context, r Changes) (Changed, error) {
	var done Changed
	_, err := c.service.Import(ctx, c.site, func(ctx context.Context, ch *catalog.Change) error {
		done = Changed{} // it may run twice
		for _, one := range r.Changes {
			id, err := one.do(ctx, ch)
			if err != nil {
				return err
			}
			if id != "" {
				done.GrantIDs = append(done.GrantIDs, id)
			}
		}
		return nil
	})
	return done, err
}

func (g GrantRequest) grant() catalog.Grant {
	return catalog.Grant{
		Holder: authz.Object{Type: schema.TypeUser, ID: g.UserID}, RoleID: g.RoleID,
		Scope: authz.Object{Type: schema.TypeWorkspace, ID: g.WorkspaceID}, ExpiresAt: g.ExpiresAt,
	}
}

// do runs one act inside a transaction.
func (r Change) do(ctx context.Context, ch *catalog.Change) (grantID string, err error) {
	switch r.Kind {
	case Grant:
		g, err := ch.CreateGrant(ctx, r.Grant.grant())
		return g.ID, err
	case Revoke:
		return "", ch.RemoveGrant(ctx, r.GrantID)
	case Join:
		return "", ch.AddTeamMember(ctx, r.TeamID, r.UserID, false)
	case Leave:
		return "", ch.RemoveTeamMember(ctx, r.TeamID, r.UserID)
	case Suspend:
		return "", ch.Suspend(ctx, r.UserID)
	case Unsuspend:
		return "", ch.Unsuspend(ctx, r.UserID)
	}
	return "", fmt.Errorf("there is no change %q", r.Kind)
}

func (c control) commits(ctx context.Context, r Commits) (Took, error) {
	row := []authz.Relationship{{
		Resource: authz.Object{Type: schema.TypeTeam, ID: r.TeamID}, Relation: schema.RelMembership, Subject: authz.Object{Type: schema.TypeUser, ID: r.UserID},
	}}
	start := time.Now()
	for i := range r.Count {
		w := authz.Write{Touches: row}
		if i%2 == 1 {
			w = authz.Write{Deletes: row}
		}
		if _, err := c.engine.Write(ctx, w); err != nil {
			return Took{}, err
		}
	}
	return Took{time.Since(start)}, nil
}

func (control) memory(context.Context, struct{}) (Memory, error) {
	held, err := process.ResidentSelf()
	if err != nil {
		return Memory{}, err
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Memory{Resident: held, Heap: m.HeapAlloc}, nil
}
