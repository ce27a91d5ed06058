package catalog

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Deps are what a Service is made of. Store, Engine, Log, Now and Random are required.
type Deps struct {
	Store  Store
	Engine authz.Engine
	// Seeder is the engine again where it keeps nothing across a restart; nil otherwise.
	Seeder authz.Seeder
	Log    *slog.Logger
	Now    func() time.Time
	Random io.Reader
	// FaultPoint is called at every step of a write with the step's name. Tests end the process there.
	FaultPoint func(step string)
	// RequestID reads the request's id from a context, for audit events.
	RequestID func(context.Context) string
	// Address reads the caller's address from a context, for audit events.
	Address func(context.Context) string
	// AuditRetention is how long audit events are kept; 0: for good.
	AuditRetention time.Duration
	// TerrakubeParity decides as Terrakube itself does where the default is safer (docs/terrakube.md).
	TerrakubeParity bool
	// TogetherTimeout is how long what is done together may take; 0: ten seconds.
	TogetherTimeout time.Duration
	// GroupsMade is told, outside of any change, of a directory some of whose groups a login has made or restored, so that
	// what rules say of them can be settled. The login waits for it. nil: nobody is told.
	GroupsMade func(ctx context.Context, source string)
}

// Service holds the use cases. Each first asks whether its principal may, then does it.
type Service struct {
	store      Store
	engine     authz.Engine
	seeder     authz.Seeder
	log        *slog.Logger
	now        func() time.Time
	random     io.Reader
	step       func(string)
	arrivals   *arrivals
	claims     *claims
	requestID  func(context.Context) string
	groupsMade func(ctx context.Context, source string)
	address    func(context.Context) string
	retention  time.Duration // of audit events
	parity     bool          // with Terrakube
	longest    time.Duration // that what is done together may take
	within     *Change       // that every change is a part of; nil but inside of Together
	supposing  chan struct{} // holds whoever asks what if: each of them fills an engine of its own
}

// New returns a Service over its dependencies.
func New(d Deps) *Service {
	s := &Service{arrivals: &arrivals{}, claims: &claims{}, store: d.Store, engine: d.Engine, seeder: d.Seeder, log: d.Log, now: d.Now, random: d.Random, step: d.FaultPoint, requestID: d.RequestID, groupsMade: d.GroupsMade, address: d.Address, retention: d.AuditRetention, parity: d.TerrakubeParity, longest: cmp.Or(d.TogetherTimeout, togetherTimeout), supposing: make(chan struct{}, maxSupposing)}
	if s.step == nil {
		s.step = func(string) {}
	}
	if s.requestID == nil {
		s.requestID = func(context.Context) string { return "" }
	}
	if s.address == nil {
		s.address = func(context.Context) string { return "" }
	}
	return s
}

// require returns nil when the principal holds a permission on an object, fully consistent, and fault.Denied
// otherwise, or NotFound where no object could have such an id. Protocols that hide what a caller may not know turn that into their own not-found.
func (s *Service) require(ctx context.Context, p Principal, permission schema.Permission, on authz.Object) error {
	d, err := s.engine.Check(ctx, authz.Question{Subject: p.Subject, Permission: permission.On(on.Type), Resource: on}, authz.Consistency{})
	if err != nil {
		return unknown(err)
	}
	if !d.Allowed {
		return &refusalError{error: fault.New(fault.Denied, "%s may not %s", p.Name, permission), permission: permission, on: on}
	}
	return s.admit(ctx, p, on)
}

// unknown makes what the engine takes for no id what it is to a caller who named it: an object that is not there.
func unknown(err error) error {
	if fault.Is(err, fault.Invalid) {
		return fault.Wrap(fault.NotFound, err, "there is nothing of such an id")
	}
	return err
}

// admit refuses a user token inside an organization that takes none (research tfe-api 1.1), or none that lives so long:
// there it is no credential at all. What is asked on the platform is no business of an organization.
func (s *Service) admit(ctx context.Context, p Principal, on authz.Object) error {
	if !p.fromOutside() || on.Type == schema.TypePlatform {
		return nil
	}
	o, err := s.organizationOf(ctx, on)
	if err != nil {
		return err
	}
	return s.takes(ctx, p, o)
}

// organizationOf returns the organization that an object is, or is in.
func (s *Service) organizationOf(ctx context.Context, on authz.Object) (Organization, error) {
	id := on.ID
	if on.Type == schema.TypeTeam {
		t, err := s.store.Team(ctx, on.ID)
		if err != nil {
			return Organization{}, err
		}
		id = t.OrganizationID
	} else if on.Type != schema.TypeOrganization {
		var err error
		if id, _, err = scopeOrganization(ctx, s.store, on); err != nil {
			return Organization{}, err
		}
	}
	return s.store.Organization(ctx, id)
}

// Ready returns nil when both the catalog and the engine answer right now.
func (s *Service) Ready(ctx context.Context) error {
	if err := s.store.Ready(ctx); err != nil {
		return err
	}
	return s.engine.Ready(ctx)
}

// DeployedSchema returns the schema the engine runs on; platform.administer.
func (s *Service) DeployedSchema(ctx context.Context, p Principal) (string, error) {
	if err := s.require(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
		return "", err
	}
	return s.engine.ReadSchema(ctx)
}

// SchemaIsCurrent reports whether the engine runs on this version's schema; platform.administer.
func (s *Service) SchemaIsCurrent(ctx context.Context, p Principal) (bool, error) {
	if err := s.require(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
		return false, err
	}
	return s.engine.SchemaIsCurrent(ctx)
}

// CompareSchema returns what deploying another schema would change; platform.administer.
func (s *Service) CompareSchema(ctx context.Context, p Principal, text string) ([]authz.SchemaChange, error) {
	if err := s.require(ctx, p, schema.PlatformAdminister, platformRef()); err != nil {
		return nil, err
	}
	return s.engine.DiffSchema(ctx, text)
}
