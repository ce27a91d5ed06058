package spicedb_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/schema"
)

func startEmbedded(t *testing.T, cfg spicedb.EmbeddedConfig) *spicedb.Embedded {
	t.Helper()
	e, err := spicedb.NewEmbedded(t.Context(), cfg)
	if err != nil {
		t.Fatalf("NewEmbedded: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return e
}

func TestEmbedded(t *testing.T) {
	runConformance(t, engine{
		start:     func(t *testing.T) authz.Engine { return startEmbedded(t, spicedb.EmbeddedConfig{}) },
		expiresAt: authz.Latest,
		expires:   3 * time.Second, // far less than any cache of SpiceDB's; it takes milliseconds
	})
}

func TestEmbeddedHasTheSchemaFromTheStart(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	if text, err := e.ReadSchema(t.Context()); err != nil || text != schema.Text() {
		t.Errorf("the schema differs from ours: %v", err)
	}
	if err := e.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
}

func TestEmbeddedIsSeeded(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	wantKind(t, "seeding nonsense", e.Seed(t.Context(), rels(t, "ship:s1#crew@user:u1")), fault.Invalid)
	wantKind(t, "seeding a permission", e.Seed(t.Context(), rels(t, "team:t1#member@user:u1")), fault.Invalid)
	wantKind(t, "seeding a subject of the wrong type", e.Seed(t.Context(), rels(t, "workspace:w1#project@user:u1")), fault.Invalid)
	wantKind(t, "seeding everybody", e.Seed(t.Context(), rels(t, "team:t1#membership@user:*")), fault.Invalid)
	wantKind(t, "seeding an id that is none", e.Seed(t.Context(), rels(t, "team:t.1#membership@user:u1")), fault.Invalid)
	wantKind(t, "seeding what cannot expire", e.Seed(t.Context(), []authz.Relationship{
		expiring(t, "organization:o1#default_project@project:p1", time.Now().Add(time.Hour)),
	}), fault.Invalid)
	if err := e.Seed(t.Context(), nil); err != nil {
		t.Errorf("seeding nothing: %v", err)
	}

	many := append(members("large", 12_000), rels(t, tenants)...)
	many = append(many, rels(t, "organization:o1#force_delete_allowed@user:*")...)
	many = append(many,
		expiring(t, "workspace:w1b#binding@binding:b1", time.Now().Add(2*time.Second)),
		expiring(t, "workspace:w1b#binding@binding:d1", time.Now().Add(-time.Hour)))
	if err := e.Seed(t.Context(), many); err != nil {
		t.Fatalf("Seed: %v", err)
	}
	wantAllowed(t, e, true, "user:m11999 member team:large")
	wantAllowed(t, e, true, "user:u1 apply_run workspace:w1")
	wantAllowed(t, e, false, "user:m12000 member team:large")
	const question = "user:u1 apply_run workspace:w1b"
	wantAllowed(t, e, true, question)
	eventually(t, 5*time.Second, "a seeded grant expires", func() bool { return !allowed(t, e, question, authz.Consistency{}) })
	wantKind(t, "seeding what is not empty", e.Seed(t.Context(), rels(t, tenants)), fault.Conflict)
}

func TestEmbeddedIsAlwaysAtTheNewestState(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	old := touch(t, e, rels(t, tenants)...)
	for i := range 50 {
		user := fmt.Sprintf("n%d", i)
		touch(t, e, rels(t, "team:s1#membership@user:"+user)...)
		for _, c := range []authz.Consistency{{Freshness: authz.MinimizeLatency}, {Freshness: authz.AtLeastAsFresh, Token: old}} {
			if !allowed(t, e, "user:"+user+" read workspace:w1", c) {
				t.Fatalf("write %d is not seen at freshness %d", i, c.Freshness)
			}
		}
	}
}

func TestEmbeddedExpiryFollowsTheLastWrite(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	touch(t, e, rels(t, tenants)...)
	const grant, question = "workspace:w1b#binding@binding:b1", "user:u1 apply_run workspace:w1b"
	// Shortened: the later deadline must not keep it, and the earlier one must not hit the grant that follows.
	touch(t, e, expiring(t, grant, time.Now().Add(time.Hour)))
	touch(t, e, expiring(t, grant, time.Now().Add(time.Second)))
	wantAllowed(t, e, true, question)
	eventually(t, 5*time.Second, "the shortened grant expires", func() bool { return !allowed(t, e, question, authz.Consistency{}) })
	touch(t, e, rels(t, grant)...)
	wantAllowed(t, e, true, question)
	if got := read(t, e, authz.Filter{Resource: obj(t, "workspace:w1b"), Relation: "binding"}); len(got) != 1 {
		t.Errorf("bindings = %v, want the renewed one", got)
	}
}

func TestTwoEmbeddedEnginesShareNothing(t *testing.T) {
	first := startEmbedded(t, spicedb.EmbeddedConfig{Registry: prometheus.NewRegistry()})
	second := startEmbedded(t, spicedb.EmbeddedConfig{})
	token := touch(t, first, rels(t, tenants)...)
	wantAllowed(t, first, true, "user:u1 read workspace:w1")
	wantAllowed(t, second, false, "user:u1 read workspace:w1")
	// A token of another engine asks for the newest state there is.
	if allowed(t, second, "user:u1 read workspace:w1", authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}) {
		t.Error("a token carries relationships over")
	}
}

func TestEmbeddedReportsMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	e := startEmbedded(t, spicedb.EmbeddedConfig{Registry: registry})
	touch(t, e, rels(t, tenants)...)
	wantAllowed(t, e, true, "user:u1 read workspace:w1")
	families, err := registry.Gather()
	if err != nil || len(families) == 0 {
		t.Errorf("%d metric families, %v", len(families), err)
	}
}

// Not parallel, and not while another engine runs: it looks at all goroutines of the process.
func TestEmbeddedLeavesNothingRunning(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	touch(t, e, rels(t, tenants)...)
	wantAllowed(t, e, true, "user:u1 read workspace:w1")
	if err := e.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	eventually(t, 10*time.Second, "no goroutine of the engine is left", func() bool { return leftRunning() == "" })
}

// leftRunning returns a stack that belongs to an engine.
func leftRunning() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		ours := strings.Contains(stack, "internal/spicedb.") && !strings.Contains(stack, "spicedb_test.")
		if ours || strings.Contains(stack, "authzed/spicedb") || strings.Contains(stack, "google.golang.org/grpc") {
			return stack
		}
	}
	return ""
}
