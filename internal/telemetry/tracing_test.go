package telemetry_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/telemetry"
)

// collector remembers what an OTLP exporter sends.
type collector struct {
	mu     sync.Mutex
	paths  []string
	bodies bytes.Buffer
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths = append(c.paths, r.URL.Path)
	if _, err := io.Copy(&c.bodies, r.Body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func TestSpansReachTheCollector(t *testing.T) {
	t.Parallel()
	received := &collector{}
	server := httptest.NewServer(received)
	t.Cleanup(server.Close)

	shutdown, provider, err := telemetry.Tracing(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, span := provider.Tracer("test").Start(t.Context(), "check a permission")
	span.End()
	if err := shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	received.mu.Lock()
	defer received.mu.Unlock()
	if len(received.paths) != 1 || received.paths[0] != "/v1/traces" {
		t.Errorf("requests went to %v, want one to /v1/traces", received.paths)
	}
	for _, want := range []string{"check a permission", "service.name", "terrawarden"} {
		if !bytes.Contains(received.bodies.Bytes(), []byte(want)) {
			t.Errorf("what was sent does not contain %q", want)
		}
	}
}

func TestWithoutAnEndpointNothingIsRecorded(t *testing.T) {
	t.Parallel()
	shutdown, provider, err := telemetry.Tracing(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, span := provider.Tracer("test").Start(t.Context(), "check a permission")
	if span.IsRecording() {
		t.Error("the span is recording")
	}
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWrongEndpointsAreRefused(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"127.0.0.1:4318", "grpc://collector:4317", "http://", "http://a b"} {
		_, _, err := telemetry.Tracing(t.Context(), endpoint)
		if _, field := fault.Public(err); !fault.Is(err, fault.Invalid) || field != "tracing.endpoint" {
			t.Errorf("%q: got %v at %q, want an invalid tracing.endpoint", endpoint, err, field)
		}
	}
}
