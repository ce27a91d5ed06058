package catalog

import (
	"context"
	"errors"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// ErrPaused is the cause of a refusal to take something from a directory that is paused.
var ErrPaused = errors.New("the directory is paused")

// The types of what audit events of directories are about; the model has no such objects.
const (
	typeDirectory = "directory"
	typeSyncPlan  = "sync_plan"
)

func directoryRef(name string) authz.Object { return authz.Object{Type: typeDirectory, ID: name} }

// Behalf is the directory on whose behalf a change is made, and the plan it comes from. Audit events and the metadata of
// relationships name both.
type Behalf struct {
	Source string // the name of the directory
	PlanID string // "" where there is no plan
	Digest string // of the plan, in hex
}

// related returns what every audit event of the change is about as well.
func (b Behalf) related() []authz.Object {
	var out []authz.Object
	if b.Source != "" {
		out = append(out, directoryRef(b.Source))
	}
	if b.PlanID != "" {
		out = append(out, authz.Object{Type: typeSyncPlan, ID: b.PlanID})
	}
	return out
}

func (b Behalf) reason() string {
	if b.PlanID == "" {
		return ""
	}
	return "plan " + b.PlanID + " of " + b.Source + ", SHA-256 " + b.Digest
}

// Directory runs a change of groups and their members that no directory asked for: a service token with the scope sync, or
// platform.manage_users. A token with the scope scim changes its own directory alone; see Sync.
func (s *Service) Directory(ctx context.Context, p Principal, fn func(ctx context.Context, c *Change) error) (authz.Token, error) {
	if p.Has(ScopeSync) {
		return s.change(ctx, p, fn)
	}
	if p.Has(ScopeSCIM) {
		return s.Sync(ctx, p, Behalf{Source: p.Name}, fn)
	}
	return s.on(ctx, p, schema.PlatformManageUsers, platformRef(), fn)
}

// Sync runs a change of people, groups and their members on behalf of a directory: a service token with the scope sync, one
// with the scope scim whose account has the directory's name, or platform.manage_users. The change can write no other
// directory's people and groups. Faults: Denied, also where the directory is disabled, and Conflict, caused by ErrPaused,
// where it is paused.
func (s *Service) Sync(ctx context.Context, p Principal, on Behalf, fn func(ctx context.Context, c *Change) error) (authz.Token, error) {
	if err := s.mayDirect(ctx, p, on.Source); err != nil {
		return "", err
	}
	return s.changeFor(ctx, p, on, func(ctx context.Context, c *Change) error {
		if err := c.takesFrom(ctx, p, on.Source); err != nil {
			return err
		}
		return fn(ctx, c)
	})
}

// mayDirect returns nil where a principal may speak for a directory.
func (s *Service) mayDirect(ctx context.Context, p Principal, source string) error {
	switch {
	case source == "" || reserved(source):
		return fault.At("source", "is no directory")
	case p.Has(ScopeSync), p.Has(ScopeSCIM) && p.Name == source:
		return nil
	case p.Has(ScopeSCIM):
		err := fault.New(fault.Denied, "%s may not speak for the directory %s", p.Name, source)
		return s.refused(ctx, p, schema.PlatformManageUsers, directoryRef(source), err)
	}
	return s.requireToChange(ctx, p, schema.PlatformManageUsers, platformRef())
}

// takesFrom refuses what a directory that is disabled or paused says. One that is not there yet may come into being.
func (c *Change) takesFrom(ctx context.Context, p Principal, source string) error {
	d, err := c.Directory(ctx, source)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	case d.Kind != KindSCIM && !p.Has(ScopeSync) && p.Has(ScopeSCIM):
		return fault.New(fault.Denied, "%s is no SCIM connection", source)
	}
	return d.takes()
}

// takes refuses what a disabled or paused directory says.
func (d Directory) takes() error {
	switch {
	case d.Disabled:
		return fault.New(fault.Denied, "the directory %s is disabled", d.Name)
	case d.Paused:
		return fault.Wrap(fault.Conflict, ErrPaused, "the directory %s is paused", d.Name)
	}
	return nil
}

// KindSCIM is the Kind of directories that push.
const KindSCIM = "scim"

// OwnDirectory returns the directory of a SCIM connection: the one of its service account's name, made when it is used
// first. Fault: Denied for everybody without such a token, and where the name is another directory's.
func (s *Service) OwnDirectory(ctx context.Context, p Principal) (Directory, error) {
	if !p.Has(ScopeSCIM) || p.Subject.Type != schema.TypeServiceAccount || p.Name == "" || reserved(p.Name) {
		err := fault.New(fault.Denied, "%s has no directory of its own", p.Name)
		return Directory{}, s.refused(ctx, p, schema.PlatformManageUsers, platformRef(), err)
	}
	d, err := s.store.Directory(ctx, p.Name)
	if fault.Is(err, fault.NotFound) {
		_, err = s.change(ctx, p, func(ctx context.Context, c *Change) error {
			if d, err = c.Directory(ctx, p.Name); !fault.Is(err, fault.NotFound) {
				return err // another request was first
			}
			d = Directory{Name: p.Name, Kind: KindSCIM, Trust: TrustTeams, CreatedAt: c.now}
			return c.EnsureDirectory(ctx, d)
		})
	}
	if err == nil && d.Kind != KindSCIM {
		err = s.refused(ctx, p, schema.PlatformManageUsers, directoryRef(d.Name), fault.New(fault.Denied, "%s is no SCIM connection", d.Name))
	}
	if err != nil {
		return Directory{}, err
	}
	return d, nil
}

// EnsureDirectory adds a directory or changes its kind, trust, issuer and profile; it keeps the rest. Where the trust
// changes, its groups get or lose at once what goes by their names. A word that is no trust is none.
func (c *Change) EnsureDirectory(ctx context.Context, d Directory) error {
	if d.Name == "" || reserved(d.Name) {
		return fault.At("source", "is no name for a directory")
	}
	if err := c.owns(d.Name); err != nil {
		return err
	}
	before, err := c.Directory(ctx, d.Name)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	fresh := err != nil
	after := before
	if fresh {
		after = Directory{Name: d.Name, CreatedAt: c.now}
	}
	after.Kind, after.Trust, after.Issuer, after.Profile = d.Kind, d.Trust.known(), d.Issuer, d.Profile
	if after == before {
		return nil
	}
	left, err := c.teamsByNames(ctx, d.Name)
	if err != nil {
		return err
	}
	if err := c.PutDirectory(ctx, after); err != nil {
		return err
	}
	if fresh {
		c.record("directory.create", "", directoryRef(d.Name), nil, after)
	} else {
		c.record("directory.update", "", directoryRef(d.Name), before, after)
	}
	if before.Trust == after.Trust {
		return nil
	}
	return c.settleTrust(ctx, d.Name, left)
}

// owns refuses to write, on behalf of one directory, what is another's.
func (c *Change) owns(source string) error {
	if c.behalf.Source == "" || c.behalf.Source == source {
		return nil
	}
	return fault.New(fault.Denied, "what is of %s is not for %s to change", source, c.behalf.Source)
}

// ownsGroup is owns for a group, which may be paused as well.
func (c *Change) ownsGroup(g Group) error {
	if err := c.owns(g.Source); err != nil {
		return err
	}
	if g.Paused && c.behalf.Source != "" {
		return fault.New(fault.Conflict, "the group %s is paused", g.DisplayName)
	}
	return nil
}

// ownsNew is owns for a group that comes into being. Placeholders of names do so on anybody's behalf.
func (c *Change) ownsNew(g Group) error {
	if g.placeholder() {
		return nil
	}
	return c.owns(g.Source)
}
