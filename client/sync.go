package client

import (
	"context"
	"encoding/json"
	"time"
)

// The states of a source of people and groups.
const (
	SyncOK       = "ok"
	SyncNew      = "new"      // it has not been in step yet
	SyncPaused   = "paused"   // nothing is taken from it until somebody resumes it
	SyncHeld     = "held"     // a plan waits for somebody to approve or reject it
	SyncFailing  = "failing"  // the last run failed
	SyncDisabled = "disabled" // a connection that takes nothing
)

// SyncSource is a directory that people and groups come from, and how it is doing.
type SyncSource struct {
	Name        string    `json:"name"`
	Kind        string    `json:"kind"`       // ldap, file, scim, …
	Trust       string    `json:"trust"`      // what names of its groups may stand for
	Pushed      bool      `json:"pushed"`     // it pushes, and is never read
	Configured  bool      `json:"configured"` // the service's configuration names it
	State       string    `json:"state"`      // one of the states of this package
	Failure     string    `json:"failure,omitempty"`
	AttemptedAt time.Time `json:"attempted-at,omitzero"` // of the last run
	SucceededAt time.Time `json:"succeeded-at,omitzero"` // when it was last known to be in step
	FullAt      time.Time `json:"full-at,omitzero"`      // when it was last read wholly and applied
	NextRunAt   time.Time `json:"next-run-at,omitzero"`  // zero: on demand alone
	People      int       `json:"people-count"`          // active ones
	Groups      int       `json:"groups-count"`
	Memberships int       `json:"memberships-count"`
	Plan        string    `json:"plan,omitempty"` // the id of the plan that waits; "" for none
}

func syncSource(r resource[SyncSource]) SyncSource {
	s := r.Attributes
	s.Plan = r.related("plan").ID
	return s
}

// ListSyncSources returns the sources of people and groups, by name.
func (c *Client) ListSyncSources(ctx context.Context, p Page) (List[SyncSource], error) {
	return list(ctx, c, api(get, "admin", "sync-sources"), filters(), p, syncSource)
}

// ReadSyncSource returns a source.
func (c *Client) ReadSyncSource(ctx context.Context, name string) (SyncSource, error) {
	found, _, err := fetch(ctx, c, api(get, "admin", "sync-sources", name), syncSource)
	return found, err
}

// SyncOptions say how a source is read. The zero value: what has changed, as far as the source can tell.
type SyncOptions struct {
	Full  bool   // everything, also from a source that tells of changes
	Group string // one group alone, by the id its directory knows it by
}

type sentOptions struct {
	Full  bool   `json:"full,omitempty"`
	Group string `json:"group,omitempty"`
}

func (o SyncOptions) body() any {
	return one[sentOptions]{Data: resource[sentOptions]{Type: "sync-sources", Attributes: sentOptions(o)}}
}

// PlanSync has the service read a source and returns the plan that would bring it in step. Nothing is changed.
func (c *Client) PlanSync(ctx context.Context, source string, o SyncOptions) (SyncPlan, error) {
	return c.longPlan(ctx, syncAction(source, "plan").with(o.body()))
}

// RunSync has the service read a source and bring the catalog in step, unless a guard holds the plan: its status says so.
func (c *Client) RunSync(ctx context.Context, source string, o SyncOptions) (SyncPlan, error) {
	return c.longPlan(ctx, syncAction(source, "run").with(o.body()))
}

// PauseSync takes nothing from a source until ResumeSync.
func (c *Client) PauseSync(ctx context.Context, source string) (SyncSource, error) {
	out, _, err := fetch(ctx, c, syncAction(source, "pause"), syncSource)
	return out, err
}

// ResumeSync ends a pause.
func (c *Client) ResumeSync(ctx context.Context, source string) (SyncSource, error) {
	out, _, err := fetch(ctx, c, syncAction(source, "resume"), syncSource)
	return out, err
}

// Resync has a source read wholly, or one group of it by the id its directory knows it by, and brings the catalog in
// step as RunSync does.
func (c *Client) Resync(ctx context.Context, source, group string) (SyncPlan, error) {
	return c.longPlan(ctx, syncAction(source, "resync").with(SyncOptions{Group: group}.body()))
}

// UploadSnapshot sends what somebody else read from a directory, and has the catalog brought in step as RunSync does. A
// dry run makes the plan alone.
func (c *Client) UploadSnapshot(ctx context.Context, source string, snapshot json.RawMessage, dryRun bool) (SyncPlan, error) {
	r := api(post, "admin", "sync-sources", source, "snapshots").with(snapshot)
	r.media, r.query = mediaJSON, dry(dryRun)
	return c.longPlan(ctx, r)
}

func syncAction(source, action string) call {
	return api(post, "admin", "sync-sources", source, "actions", action)
}

// longPlan makes a call that may take as long as a directory is large, so without a timeout, and returns the plan.
func (c *Client) longPlan(ctx context.Context, r call) (SyncPlan, error) {
	payload, err := r.payload()
	if err != nil {
		return SyncPlan{}, err
	}
	resp, err := c.send(ctx, r, payload)
	if err != nil {
		return SyncPlan{}, err
	}
	defer resp.Body.Close()
	var doc one[SyncPlan]
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		return SyncPlan{}, &UnreachableError{cause: err}
	}
	out := syncPlan(doc.Data)
	out.ZedToken = resp.Header.Get("ZedToken")
	return out, nil
}
