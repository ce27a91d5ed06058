package directory

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Feed is a directory that the configuration names: its settings, how far it is trusted, and how it is read.
type Feed struct {
	Settings

	Trust           catalog.NameTrust
	Issuer, Profile string // of its catalog.Directory
	// Source reads it; nil for one that pushes, and for one whose snapshots are uploaded.
	Source Source
}

// Deps are what an Engine is made of. Service, Store, Log, Now, Random and Holder are required.
type Deps struct {
	Service *catalog.Service
	Store   catalog.Store
	Feeds   []Feed
	// Defaults are the settings of directories that no feed names, such as SCIM connections.
	Defaults Settings
	Log      *slog.Logger
	Now      func() time.Time
	Random   io.Reader
	Observe  Observer // nil: nobody is told
	Notify   Notifier // nil: nobody is told
	// Holder is who holds leases: unique to the process.
	Holder string
	// Lease is how long a runner has a source without being heard of, a minute for 0, and Look is how often the schedule is
	// looked at, ten seconds for 0.
	Lease, Look time.Duration
	// Read is how long one read of a source may take, half an hour for 0.
	Read time.Duration
	// FaultPoint is called between the steps of a run with the step's name. Tests end the process there.
	FaultPoint func(step string)
}

// Options say how a source is run.
type Options struct {
	Full    bool   // reads everything, even where the source has increments
	Trigger string // why it runs, of catalog.SyncPlan; "" is a request
	// Group takes that one group from the plan, by its external id, its id or its name, and the people who are put into it.
	Group    string
	DryRun   bool // nothing is kept, not even the plan
	PlanOnly bool // the plan is kept and not applied
}

// The triggers of a plan.
const (
	TriggerSchedule = "schedule"
	TriggerRequest  = "request"
	TriggerUpload   = "upload"
	TriggerPush     = "scim"
	TriggerGroup    = "group" // one group alone was taken from the plan
	TriggerRules    = "rules" // nothing was read: links alone, and what is due after a time
)

// Engine plans what directories say, and applies it. Its methods may be called at the same time, and of several engines
// over one store one works on a source at a time.
type Engine struct {
	svc      *catalog.Service
	store    catalog.Store
	feeds    map[string]Feed
	defaults Settings
	log      *slog.Logger
	now      func() time.Time
	random   io.Reader
	observe  Observer
	notify   Notifier
	holder   string
	step     func(step string)
	pace     pace

	mu       sync.Mutex
	told     map[string]time.Time // when somebody was told of a failure, by source
	runs     map[string]int       // how many runs this engine has begun, for the names of their leases
	lastTidy time.Time
}

// pace is how long things last.
type pace struct{ lease, renew, look, read time.Duration }

// New returns an Engine. Its error names every feed whose settings are wrong.
func New(d Deps) (*Engine, error) {
	e := &Engine{
		svc: d.Service, store: d.Store, feeds: map[string]Feed{}, defaults: d.Defaults, log: d.Log, now: d.Now, random: d.Random,
		observe: d.Observe, notify: d.Notify, holder: d.Holder, step: d.FaultPoint, pace: paceOf(d),
		told: map[string]time.Time{}, runs: map[string]int{},
	}
	if d.Service == nil || d.Store == nil || d.Log == nil || d.Now == nil || d.Random == nil || d.Holder == "" {
		return nil, fault.New(fault.Internal, "the engine of directories lacks something it is made of")
	}
	if e.observe == nil {
		e.observe = nobody{}
	}
	if e.notify == nil {
		e.notify = nobody{}
	}
	if e.step == nil {
		e.step = func(string) {}
	}
	var faults []error
	for _, f := range d.Feeds {
		if _, twice := e.feeds[f.Name]; twice {
			faults = append(faults, fault.At("name", "%s is the name of two sources", f.Name))
		}
		f.Trust = cmp.Or(f.Trust, catalog.TrustNone)
		faults = append(faults, f.Validate())
		e.feeds[f.Name] = f
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return e, nil
}

func paceOf(d Deps) pace {
	lease := cmp.Or(d.Lease, time.Minute)
	return pace{lease: lease, renew: lease / 4, look: cmp.Or(d.Look, 10*time.Second), read: cmp.Or(d.Read, 30*time.Minute)}
}

// feed returns a source of the configuration; fault.NotFound for any other.
func (e *Engine) feed(source string) (Feed, error) {
	f, ok := e.feeds[source]
	if !ok {
		return Feed{}, fault.New(fault.NotFound, "the configuration has no source %s", source)
	}
	return f, nil
}

// feedOf returns a source of the configuration, or a directory that no feed names, with the default settings.
func (e *Engine) feedOf(ctx context.Context, source string) (Feed, error) {
	if f, ok := e.feeds[source]; ok {
		return f, nil
	}
	d, err := e.store.Directory(ctx, source)
	if err != nil {
		return Feed{}, err
	}
	set := e.defaults
	set.Name, set.Kind = d.Name, d.Kind
	return Feed{Settings: set, Trust: cmp.Or(d.Trust, catalog.TrustNone), Issuer: d.Issuer, Profile: d.Profile}, nil
}

// exalted reports whether what a source says may make site admins, or end them.
func (f Feed) exalted() bool {
	return f.Trust == catalog.TrustAdministrators || slices.ContainsFunc(f.Rules, func(r Rule) bool { return r.SiteAdmins })
}

// pushed reports whether a directory pushes what it has to say.
func (f Feed) pushed() bool { return f.Kind == "scim" || f.Kind == "oidc" }

// forSync returns a principal without a scope that does not run sources. What is left of him must do: scope sync, or
// platform.manage_users.
func forSync(p catalog.Principal) catalog.Principal {
	return without(p, catalog.ScopeSCIM)
}

// forDeciding returns a principal as a person: no scope decides about what a guard holds.
func forDeciding(p catalog.Principal) catalog.Principal {
	return without(p, catalog.ScopeSCIM, catalog.ScopeSync)
}

func without(p catalog.Principal, scopes ...catalog.Scope) catalog.Principal {
	p.Scopes = slices.DeleteFunc(slices.Clone(p.Scopes), func(s catalog.Scope) bool { return slices.Contains(scopes, s) })
	return p
}

// system is who runs sources by the schedule.
func system() catalog.Principal {
	return catalog.Principal{Subject: authz.Object{Type: "system", ID: "sync"}, Name: "sync", Scopes: []catalog.Scope{catalog.ScopeSync}}
}
