package catalog

import (
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
}

// Service holds the use cases. Each first asks whether its principal may, then does it.
type Service struct {
	store     Store
	engine    authz.Engine
	seeder    authz.Seeder
	log       *slog.Logger
	now       func() time.Time
	random    io.Reader
	step      func(string)
	requestID func(context.Context) string
}

// New returns a Service over its dependencies.
func New(d Deps) *Service {
	s := &Service{store: d.Store, engine: d.Engine, seeder: d.Seeder, log: d.Log, now: d.Now, random: d.Random, step: d.FaultPoint, requestID: d.RequestID}
	if s.step == nil {
		s.step = func(string) {}
	}
	if s.requestID == nil {
		s.requestID = func(context.Context) string { return "" }
	}
	return s
}

// require returns nil when the principal holds a permission on an object, fully consistent, and fault.Denied
// otherwise. Protocols that hide what a caller may not know turn that into their own not-found.
func (s *Service) require(ctx context.Context, p Principal, permission schema.Permission, on authz.Object) error {
	d, err := s.engine.Check(ctx, authz.Question{Subject: p.Subject, Permission: permission.On(on.Type), Resource: on}, authz.Consistency{})
	if err != nil {
		return err
	}
	if !d.Allowed {
		return fault.New(fault.Denied, "%s may not %s", p.Name, permission)
	}
	return nil
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
