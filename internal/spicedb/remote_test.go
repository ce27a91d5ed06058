package spicedb_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/schema"
)

func startRemote(t *testing.T, cfg spicedb.RemoteConfig) *spicedb.Engine {
	t.Helper()
	e, err := spicedb.NewRemote(t.Context(), cfg)
	if err != nil {
		t.Fatalf("NewRemote: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return e
}

func TestRemote(t *testing.T) {
	serverProgram(t)
	t.Run("over TLS, with memory", func(t *testing.T) {
		runConformance(t, engine{
			start: func(t *testing.T) authz.Engine { return startRemote(t, runServer(t, true, "")) },
			// The newest revision of a server over memory does not move by itself; the one that minimizes latency
			// does, every five seconds.
			expiresAt:   authz.MinimizeLatency,
			expires:     30 * time.Second,
			losesWrites: true,
		})
	})
	t.Run("in the clear, with Postgres", func(t *testing.T) {
		runConformance(t, engine{
			start:     func(t *testing.T) authz.Engine { return startRemote(t, runServer(t, false, migrated(t))) },
			expiresAt: authz.Latest,
			expires:   30 * time.Second, // a heartbeat moves the newest revision every five
		})
	})
}

func TestRemoteWithoutASchemaIsNotReady(t *testing.T) {
	e := startRemote(t, runServer(t, false, ""))
	wantKind(t, "Ready", e.Ready(t.Context()), fault.Unavailable)
	if text, err := e.ReadSchema(t.Context()); err != nil || text != "" {
		t.Errorf("ReadSchema = %q, %v; want nothing", text, err)
	}
	if current, err := e.SchemaIsCurrent(t.Context()); err != nil || current {
		t.Errorf("SchemaIsCurrent = %t, %v", current, err)
	}
	changes, err := e.DiffSchema(t.Context(), schema.Text())
	if err != nil || len(changes) == 0 {
		t.Errorf("DiffSchema = %d changes, %v; want all of our schema", len(changes), err)
	}
	for _, c := range changes {
		if c.Breaking {
			t.Errorf("deploying the first schema breaks %+v", c)
		}
	}
}

func TestRemoteRefusesStrangers(t *testing.T) {
	secure := runServer(t, true, "")
	wrongToken, noCA := secure, secure
	wrongToken.Token = "guessed"
	noCA.CA = nil
	for name, cfg := range map[string]spicedb.RemoteConfig{"a wrong token": wrongToken, "an unknown authority": noCA} {
		e := startRemote(t, cfg)
		err := e.Ready(t.Context())
		wantKind(t, "Ready with "+name, err, fault.Unavailable)
		_, err = e.Write(t.Context(), authz.Write{Touches: rels(t, tenants)})
		wantKind(t, "Write with "+name, err, fault.Unavailable)
		if strings.Contains(fmt.Sprint(err), cfg.Token) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
	plain := secure
	plain.CA, plain.Insecure = nil, true
	wantKind(t, "Ready without TLS", startRemote(t, plain).Ready(t.Context()), fault.Unavailable)
}

func TestRemoteThatIsDownIsUnavailable(t *testing.T) {
	e := startRemote(t, spicedb.RemoteConfig{Endpoint: freeAddress(t), Token: "secret", Insecure: true})
	q := ask(t, "user:u1 read workspace:w1")
	wantKind(t, "Ready", e.Ready(t.Context()), fault.Unavailable)
	decision, err := e.Check(t.Context(), q, authz.Consistency{Freshness: authz.MinimizeLatency})
	wantKind(t, "Check", err, fault.Unavailable)
	if decision.Allowed {
		t.Error("a server that does not answer allows")
	}
	_, _, err = e.CheckAll(t.Context(), []authz.Question{q}, authz.Consistency{})
	wantKind(t, "CheckAll", err, fault.Unavailable)
	_, err = e.Write(t.Context(), authz.Write{Touches: rels(t, tenants)})
	wantKind(t, "Write", err, fault.Unavailable)
	_, _, err = e.Subjects(t.Context(), q.Resource, "read", "user", authz.Consistency{})
	wantKind(t, "Subjects", err, fault.Unavailable)
	_, _, err = e.Resources(t.Context(), q.Subject, "read", "workspace", authz.Consistency{})
	wantKind(t, "Resources", err, fault.Unavailable)
	for _, err := range e.Read(t.Context(), authz.Filter{Resource: q.Resource}) {
		wantKind(t, "Read", err, fault.Unavailable)
	}
	_, err = e.ReadSchema(t.Context())
	wantKind(t, "ReadSchema", err, fault.Unavailable)
}

func TestRemoteConfigurationFaults(t *testing.T) {
	certificate, _ := selfSigned(t)
	valid := spicedb.RemoteConfig{Endpoint: "spicedb.example.org:50051", Token: "secret", CA: certificate}
	tests := []struct {
		name   string
		change func(*spicedb.RemoteConfig)
		field  string // at fault; "" for a valid configuration
	}{
		{"TLS with an authority of one's own", func(*spicedb.RemoteConfig) {}, ""},
		{"TLS with the system's authorities", func(c *spicedb.RemoteConfig) { c.CA = nil }, ""},
		{"no TLS to this machine", func(c *spicedb.RemoteConfig) { c.Endpoint, c.Insecure = "127.0.0.1:50051", true }, ""},
		{"no TLS to this machine by name", func(c *spicedb.RemoteConfig) { c.Endpoint, c.Insecure = "localhost:50051", true }, ""},
		{"no TLS to this machine by IPv6", func(c *spicedb.RemoteConfig) { c.Endpoint, c.Insecure = "[::1]:50051", true }, ""},
		{"no TLS to another machine", func(c *spicedb.RemoteConfig) { c.Insecure = true }, "spicedb-insecure"},
		{"no TLS to a private address", func(c *spicedb.RemoteConfig) { c.Endpoint, c.Insecure = "10.0.0.1:50051", true }, "spicedb-insecure"},
		{"no TLS to all addresses", func(c *spicedb.RemoteConfig) { c.Endpoint, c.Insecure = "0.0.0.0:50051", true }, "spicedb-insecure"},
		{"no TLS to a name that looks local", func(c *spicedb.RemoteConfig) { c.Endpoint, c.Insecure = "localhost.example.org:1", true }, "spicedb-insecure"},
		{"no port", func(c *spicedb.RemoteConfig) { c.Endpoint = "spicedb.example.org" }, "spicedb-endpoint"},
		{"no endpoint", func(c *spicedb.RemoteConfig) { c.Endpoint = "" }, "spicedb-endpoint"},
		{"no token", func(c *spicedb.RemoteConfig) { c.Token = "" }, "spicedb-token"},
		{"an authority that is none", func(c *spicedb.RemoteConfig) { c.CA = []byte("no PEM") }, "spicedb-ca"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := valid
			tt.change(&cfg)
			e, err := spicedb.NewRemote(t.Context(), cfg)
			if err == nil {
				_ = e.Close()
			}
			if tt.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wantKind(t, "NewRemote", err, fault.Invalid)
			if _, field := fault.Public(err); field != tt.field {
				t.Errorf("the field at fault is %q, want %q", field, tt.field)
			}
		})
	}
}

func TestRemoteConfigurationHidesItsToken(t *testing.T) {
	cfg := spicedb.RemoteConfig{Endpoint: "spicedb.example.org:50051", Token: "very-secret"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", cfg)
	for _, shown := range []string{fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), log.String()} {
		if strings.Contains(shown, cfg.Token) || !strings.Contains(shown, cfg.Endpoint) {
			t.Errorf("%s: want the endpoint and not the token", shown)
		}
	}
}
