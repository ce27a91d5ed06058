package client

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// The states of a plan.
const (
	PlanPlanned    = "planned"  // may be applied
	PlanHeld       = "held"     // a guard holds it until somebody approves or rejects it
	PlanRejected   = "rejected" // by somebody
	PlanApplying   = "applying"
	PlanApplied    = "applied"
	PlanFailed     = "failed"     // in the middle; what was done is done
	PlanSuperseded = "superseded" // a later one of its source took its place
)

// SyncPlan is what would bring the catalog in step with a source, or did.
type SyncPlan struct {
	ID      string     `json:"id"`
	Source  string     `json:"source"`
	Digest  string     `json:"digest"` // SHA-256 of its changes; whoever applies it says which changes he means
	Status  string     `json:"status"` // one of the states of this package
	Trigger string     `json:"trigger"`
	Full    bool       `json:"full"` // of a whole reading
	Counts  SyncCounts `json:"counts,omitzero"`
	Before  SyncTotals `json:"before,omitzero"` // what the source had in the catalog when it was made

	Trips     []SyncTrip     `json:"trips,omitempty"`     // the guards that hold it
	Conflicts []SyncConflict `json:"conflicts,omitempty"` // what is not done; the first hundred
	Unknown   []SyncUnknown  `json:"unknown,omitempty"`   // what was not read wholly and is left alone; the first hundred
	Warnings  []string       `json:"warnings,omitempty"`
	// ConflictCount and UnknownCount are how many there are in all.
	ConflictCount int `json:"conflicts-count"`
	UnknownCount  int `json:"unknown-count"`

	Report     *SyncReport `json:"report,omitempty"` // what was done; nil before
	Error      string      `json:"error,omitempty"`  // why it failed
	Comment    string      `json:"comment,omitempty"`
	Creator    *Entity     `json:"creator,omitempty"`
	Decider    *Entity     `json:"decider,omitempty"` // who approved or rejected it
	CreatedAt  time.Time   `json:"created-at,omitzero"`
	DecidedAt  time.Time   `json:"decided-at,omitzero"`
	FinishedAt time.Time   `json:"finished-at,omitzero"`

	ZedToken string `json:"-"` // after a change: how new it is
}

// SyncCounts count the changes of a plan.
type SyncCounts struct {
	People      SyncTally       `json:"people"`
	Groups      SyncTally       `json:"groups"`
	Links       SyncTally       `json:"links"`
	Memberships SyncMemberships `json:"memberships"`
}

// Total returns how many changes there are.
func (c SyncCounts) Total() int { return c.People.Total() + c.Groups.Total() + c.Links.Total() }

// SyncTally counts changes of one kind by what they do.
type SyncTally struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Suspend int `json:"suspend"` // people who are disabled or gone
	Restore int `json:"restore"`
	Retire  int `json:"retire"`  // groups that are gone
	Release int `json:"release"` // people gone for long, whose memberships end
	Delete  int `json:"delete"`
}

// Total returns how many changes there are.
func (t SyncTally) Total() int {
	return t.Create + t.Update + t.Suspend + t.Restore + t.Retire + t.Release + t.Delete
}

// SyncMemberships count who is put into groups and who is taken out.
type SyncMemberships struct {
	Add    int `json:"add"`
	Remove int `json:"remove"`
}

// SyncTotals count what a source has in the catalog.
type SyncTotals struct {
	People      int `json:"people"`
	Groups      int `json:"groups"`
	Memberships int `json:"memberships"`
}

// SyncTrip is a guard that holds a plan.
type SyncTrip struct {
	Guard   string `json:"guard"`
	Group   string `json:"group,omitempty"` // its name, where the guard is about one
	Count   int    `json:"count"`
	Of      int    `json:"of"`
	Limit   int    `json:"limit"`
	Message string `json:"message"`
}

// SyncConflict is something that the source says and that is not done.
type SyncConflict struct {
	What   string `json:"what"` // user, group or link
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

// SyncUnknown is a part of a directory that was not read wholly.
type SyncUnknown struct {
	What   string `json:"what"` // users, groups, or the id of a group in its directory
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

// The outcomes of a run.
const (
	OutcomeApplied   = "applied"
	OutcomeHeld      = "held"
	OutcomePlanned   = "planned"   // it was not to be applied
	OutcomeUnchanged = "unchanged" // there was nothing to do
	OutcomeFailed    = "failed"
)

// SyncReport is what became of a plan.
type SyncReport struct {
	Outcome string         `json:"outcome"`           // one of the outcomes of this package
	Counts  map[string]int `json:"counts"`            // what was done
	Total   int            `json:"total"`             // how many changes the plan had
	Taken   SyncToll       `json:"taken"`             // what was taken away
	Skipped []SyncSkip     `json:"skipped,omitempty"` // the first hundred
	// SkippedCount is how many there are in all.
	SkippedCount int     `json:"skipped-count"`
	Error        string  `json:"error,omitempty"`
	ReadSeconds  float64 `json:"read-seconds"`
	PlanSeconds  float64 `json:"plan-seconds"`
	ApplySeconds float64 `json:"apply-seconds"`
}

// SyncToll counts what was taken away.
type SyncToll struct {
	Memberships int `json:"memberships"`
	People      int `json:"people"`
	Groups      int `json:"groups"`
	Links       int `json:"links"` // memberships of teams
}

// SyncSkip is a change that was not done. The rest went on without it, and a later run comes back to it.
type SyncSkip struct {
	What   string `json:"what"` // user, group, member or link
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Op     string `json:"op"`
	Reason string `json:"reason"`
}

func syncPlan(r resource[SyncPlan]) SyncPlan {
	p := r.Attributes
	p.ID = r.ID
	for name, to := range map[string]**Entity{"creator": &p.Creator, "decider": &p.Decider} {
		if e := r.related(name); e != (Entity{}) {
			*to = &e
		}
	}
	return p
}

// SyncPlanFilter says which plans are wanted. The zero value: all.
type SyncPlanFilter struct {
	Source string
	Status string
}

// ListSyncPlans returns plans, the youngest first, without their trips, conflicts, unknown parts and reports.
func (c *Client) ListSyncPlans(ctx context.Context, f SyncPlanFilter, p Page) (List[SyncPlan], error) {
	q := filters("filter[source]", f.Source, "filter[status]", f.Status)
	return list(ctx, c, api(get, "admin", "sync-plans"), q, p, syncPlan)
}

// ReadSyncPlan returns a plan.
func (c *Client) ReadSyncPlan(ctx context.Context, id string) (SyncPlan, error) {
	found, _, err := fetch(ctx, c, api(get, "admin", "sync-plans", id), syncPlan)
	return found, err
}

// SyncChange is one change of a plan.
type SyncChange struct {
	Kind       string   `json:"kind"` // person, group or link
	Op         string   `json:"op"`   // create, update, suspend, restore, retire, release or delete
	ExternalID string   `json:"external-id"`
	Name       string   `json:"name"`          // of the person or group
	Was        string   `json:"was,omitempty"` // the name before, where it changes
	Email      string   `json:"email,omitempty"`
	Team       string   `json:"team,omitempty"` // organization/team of a link; "" where site admins follow the group
	SiteAdmins bool     `json:"site-admins,omitempty"`
	Rule       string   `json:"rule,omitempty"` // of the configuration, that makes the link
	Reason     string   `json:"reason,omitempty"`
	Members    int      `json:"members"`          // who were directly in the group before
	Adds       int      `json:"adds"`             // memberships it adds
	Removes    int      `json:"removes"`          // memberships it takes; of a link, at most
	Add        []string `json:"add,omitempty"`    // usernames, the first twenty unless all are asked for
	Remove     []string `json:"remove,omitempty"` // as Add
	// AddGroups and RemoveGroups are nested groups, by the ids their directory knows them by.
	AddGroups    []string `json:"add-groups,omitempty"`
	RemoveGroups []string `json:"remove-groups,omitempty"`
}

// SyncChangeFilter says which changes are wanted. The zero value: all.
type SyncChangeFilter struct {
	Kind  string // person, group or link
	Whole bool   // name everybody who is put into a group or taken out of it
}

// ListSyncPlanChanges returns the changes of a plan, those that take most away first.
func (c *Client) ListSyncPlanChanges(ctx context.Context, id string, f SyncChangeFilter, p Page) (List[SyncChange], error) {
	q := filters("filter[kind]", f.Kind)
	if f.Whole {
		q.Set("whole", strconv.FormatBool(true))
	}
	return list(ctx, c, api(get, "admin", "sync-plans", id, "changes"), q, p, func(r resource[SyncChange]) SyncChange { return r.Attributes })
}

// ReadSyncPlanDocument returns the whole plan as it is kept, a JSON document, and its digest.
func (c *Client) ReadSyncPlanDocument(ctx context.Context, id string) (plan json.RawMessage, digest string, err error) {
	r := api(get, "admin", "sync-plans", id, "document")
	r.accept = mediaJSON
	resp, err := c.send(ctx, r, nil)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "", &UnreachableError{cause: err}
	}
	return raw, resp.Header.Get("Plan-Digest"), nil
}

type sentDecision struct {
	Digest  string `json:"digest,omitempty"`
	Comment string `json:"comment,omitempty"`
}

func decision(id, action, digest, comment string) call {
	body := one[sentDecision]{Data: resource[sentDecision]{Type: "sync-plans", Attributes: sentDecision{digest, comment}}}
	return api(post, "admin", "sync-plans", id, "actions", action).with(body)
}

// ApplySyncPlan does what a plan says, if it still has the digest and nothing holds it.
func (c *Client) ApplySyncPlan(ctx context.Context, id, digest string) (SyncPlan, error) {
	return c.longPlan(ctx, decision(id, "apply", digest, ""))
}

// ApproveSyncPlan lets a plan go that a guard holds, if it still has the digest, and has it applied. The comment may be "".
func (c *Client) ApproveSyncPlan(ctx context.Context, id, digest, comment string) (SyncPlan, error) {
	return c.longPlan(ctx, decision(id, "approve", digest, comment))
}

// RejectSyncPlan has a plan never applied. The comment may be "".
func (c *Client) RejectSyncPlan(ctx context.Context, id, comment string) (SyncPlan, error) {
	return c.longPlan(ctx, decision(id, "reject", "", comment))
}
