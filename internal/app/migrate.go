package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Migrate brings what a configuration names up to this version: the catalog's tables, at size postgres the
// relationship tables by way of datastore, and the schema. It is safe to run again, and from two places at once.
// A schema change that would lose relationships or permissions is refused unless force is set.
func Migrate(ctx context.Context, cfg config.Config, datastore func(context.Context) error, force bool, say func(string)) (err error) {
	store, err := OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	say("catalog is up to date")
	if cfg.Engine == config.EngineEmbedded {
		return nil
	}
	if cfg.Engine == config.EnginePostgres {
		if err := datastore(ctx); err != nil {
			return fmt.Errorf("relationship tables: %w", err)
		}
		say("relationship tables are up to date")
	}
	engine, _, err := OpenEngine(ctx, cfg, EngineDeps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	if err := deploy(ctx, engine, force, say); err != nil {
		return err
	}
	service := catalog.New(catalog.Deps{Store: store, Engine: engine, Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader})
	drift, err := service.Upgrade(ctx)
	if err == nil {
		say(fmt.Sprintf("relationships are in step: %d written, %d removed", len(drift.Missing), len(drift.Unexpected)))
	}
	return err
}

// deploy writes the schema where it differs.
func deploy(ctx context.Context, engine authz.Engine, force bool, say func(string)) error {
	deployed, err := engine.ReadSchema(ctx)
	if err != nil {
		return err
	}
	if deployed != "" {
		changes, err := engine.DiffSchema(ctx, schema.Text())
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			say("schema is up to date")
			return nil
		}
		if err := refuseBreaking(changes); err != nil && !force {
			return err
		}
	}
	if err := engine.WriteSchema(ctx, schema.Text()); err != nil {
		return err
	}
	say("schema is deployed")
	return nil
}

// refuseBreaking names every change that would lose something.
func refuseBreaking(changes []authz.SchemaChange) error {
	var faults []error
	for _, c := range changes {
		if c.Breaking {
			faults = append(faults, fault.New(fault.Conflict, "breaking schema change: %s %s", c.Name, c.Kind))
		}
	}
	return errors.Join(faults...)
}
