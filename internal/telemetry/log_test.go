package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/telemetry"
)

func TestLogLinesCarryTheirRequest(t *testing.T) {
	t.Parallel()
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	request := func(ctx context.Context) context.Context {
		ctx = telemetry.WithRequestID(ctx, "req-1")
		telemetry.SetPrincipal(ctx, "user:user-a")
		return ctx
	}
	rows := []struct {
		name string
		log  func(context.Context, *slog.Logger)
		want map[string]any
	}{
		{
			"outside of a request nothing is added",
			func(ctx context.Context, l *slog.Logger) { l.InfoContext(ctx, "started") },
			map[string]any{"msg": "started"},
		},
		{
			"a principal outside of a request is nobody's",
			func(ctx context.Context, l *slog.Logger) {
				telemetry.SetPrincipal(ctx, "user:user-a")
				l.InfoContext(ctx, "started")
			},
			map[string]any{"msg": "started"},
		},
		{
			"a request without a principal has its id alone",
			func(ctx context.Context, l *slog.Logger) {
				l.InfoContext(telemetry.WithRequestID(ctx, "req-1"), "served")
			},
			map[string]any{"msg": "served", "request_id": "req-1"},
		},
		{
			"id and principal are added",
			func(ctx context.Context, l *slog.Logger) { l.InfoContext(request(ctx), "served", "status", 200) },
			map[string]any{"msg": "served", "status": 200.0, "request_id": "req-1", "principal": "user:user-a"},
		},
		{
			"the trace is added",
			func(ctx context.Context, l *slog.Logger) {
				l.InfoContext(trace.ContextWithSpanContext(ctx, span), "served")
			},
			map[string]any{"msg": "served", "trace_id": "01000000000000000000000000000000"},
		},
		{
			"attributes of the logger stay beside them",
			func(ctx context.Context, l *slog.Logger) { l.With("part", "store").InfoContext(request(ctx), "served") },
			map[string]any{"msg": "served", "part": "store", "request_id": "req-1", "principal": "user:user-a"},
		},
		{
			"they stay outside of groups, and the logger's attributes where they were added",
			func(ctx context.Context, l *slog.Logger) {
				l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").InfoContext(request(ctx), "served", "c", 3)
			},
			map[string]any{
				"msg": "served", "a": 1.0, "request_id": "req-1", "principal": "user:user-a",
				"g": map[string]any{"b": 2.0, "h": map[string]any{"c": 3.0}},
			},
		},
		{
			"an unnamed group is none",
			func(ctx context.Context, l *slog.Logger) { l.WithGroup("").InfoContext(request(ctx), "served", "c", 3) },
			map[string]any{"msg": "served", "c": 3.0, "request_id": "req-1", "principal": "user:user-a"},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			logger, err := telemetry.NewLogger(&out, telemetry.JSON, slog.LevelInfo)
			if err != nil {
				t.Fatal(err)
			}
			row.log(t.Context(), logger)
			var got map[string]any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, out.String())
			}
			delete(got, "time")
			delete(got, "level")
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("log line (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoggersOfOneParentDoNotMix(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger, err := telemetry.NewLogger(&out, telemetry.Text, slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	parent := logger.WithGroup("g").With("x", 1)
	_, second := parent.With("first", 1), parent.With("second", 1)
	second.InfoContext(t.Context(), "served")
	if line := out.String(); !strings.Contains(line, "g.second=1") || strings.Contains(line, "first") {
		t.Errorf("got %q, want the second logger's attributes alone", line)
	}
}

func TestLevelsBelowTheLimitAreNotWritten(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger, err := telemetry.NewLogger(&out, telemetry.Text, slog.LevelWarn)
	if err != nil {
		t.Fatal(err)
	}
	logger.InfoContext(t.Context(), "quiet")
	logger.WarnContext(t.Context(), "loud")
	if line := out.String(); strings.Contains(line, "quiet") || !strings.Contains(line, "loud") {
		t.Errorf("got %q, want the warning alone", line)
	}
}

func TestUnknownFormatIsRefused(t *testing.T) {
	t.Parallel()
	_, err := telemetry.NewLogger(&bytes.Buffer{}, "xml", slog.LevelInfo)
	if _, field := fault.Public(err); !fault.Is(err, fault.Invalid) || field != "log.format" {
		t.Errorf("got %v at %q, want an invalid log.format", err, field)
	}
}
