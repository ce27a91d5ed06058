package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/app"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// TestMigrateRefusesALoss deploys a schema with a relation that this version lacks, as a newer version would have: going
// back would lose it, so it is refused by name, until it is forced. A schema that this version merely extends is not.
func TestMigrateRefusesALoss(t *testing.T) {
	t.Parallel()
	cfg := testkit.Sized(t, config.EngineSpiceDB)
	engine, _, err := app.OpenEngine(t.Context(), cfg, app.EngineDeps{Log: testkit.Quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	deploy := func(text string) {
		t.Helper()
		if err := engine.WriteSchema(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	migrate := func(force bool) error {
		return app.Migrate(t.Context(), cfg, func(context.Context) error { return errors.New("no tables of ours here") }, force, func(string) {})
	}
	newer := strings.Replace(schema.Text(), "definition group {", "definition group {\n\trelation manager: user", 1)
	deploy(newer)
	if err := migrate(false); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "group#manager") {
		t.Errorf("going back: error %v, want a refusal that names group#manager", err)
	}
	if deployed, err := engine.ReadSchema(t.Context()); err != nil || !strings.Contains(deployed, "relation manager") {
		t.Errorf("the refused migration changed the schema (%v)", err)
	}
	if err := migrate(true); err != nil {
		t.Errorf("forced: %v", err)
	}
	older := strings.Replace(schema.Text(), "\tpermission create_team = manage_teams\n", "", 1)
	if older == schema.Text() {
		t.Fatal("the schema has no such permission any more; choose another for this test")
	}
	deploy(older)
	if err := migrate(false); err != nil {
		t.Errorf("going forward: %v", err)
	}
	if err := migrate(false); err != nil {
		t.Errorf("again, with nothing to do: %v", err)
	}
}
