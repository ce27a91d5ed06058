package telemetry

import (
	"context"
	"io"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Format is how log lines are written.
type Format string

// The formats of log lines.
const (
	Text Format = "text"
	JSON Format = "json"
)

// NewLogger returns a logger that writes lines of a format from a level up, each with the request, principal and
// trace it belongs to. An unknown format is fault.Invalid.
func NewLogger(w io.Writer, format Format, level slog.Leveler) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: level}
	switch format {
	case Text:
		return slog.New(NewHandler(slog.NewTextHandler(w, options))), nil
	case JSON:
		return slog.New(NewHandler(slog.NewJSONHandler(w, options))), nil
	}
	return nil, fault.At("log.format", "unknown log format %q: use %s or %s", string(format), Text, JSON)
}

// Handler adds what the context says about a request to each record it passes on.
type Handler struct {
	outer  slog.Handler                      // before the first group was opened
	opened []func(slog.Handler) slog.Handler // the groups and attributes since then
}

var _ slog.Handler = (*Handler)(nil)

// NewHandler returns a handler that passes records on to another.
func NewHandler(next slog.Handler) *Handler { return &Handler{outer: next} }

// Enabled reports whether records of a level are written.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.outer.Enabled(ctx, level)
}

// Handle writes a record. What the context adds stays outside of the groups the logger has opened, so that one
// query finds every line of a request.
func (h *Handler) Handle(ctx context.Context, record slog.Record) error {
	facts := requestFacts(ctx)
	if len(h.opened) == 0 {
		record = record.Clone()
		record.AddAttrs(facts...)
		return h.outer.Handle(ctx, record)
	}
	next := h.outer
	if len(facts) > 0 {
		next = next.WithAttrs(facts)
	}
	for _, open := range h.opened {
		next = open(next)
	}
	return next.Handle(ctx, record)
}

// WithAttrs returns a handler whose records carry attributes.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.opened) == 0 {
		return &Handler{outer: h.outer.WithAttrs(attrs)}
	}
	return h.open(func(next slog.Handler) slog.Handler { return next.WithAttrs(attrs) })
}

// WithGroup returns a handler whose records keep their attributes in a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.open(func(next slog.Handler) slog.Handler { return next.WithGroup(name) })
}

// open returns a handler with one more step between the outer handler and the record.
func (h *Handler) open(step func(slog.Handler) slog.Handler) *Handler {
	return &Handler{outer: h.outer, opened: append(slices.Clone(h.opened), step)}
}

// requestFacts returns what the context knows of the request.
func requestFacts(ctx context.Context) []slog.Attr {
	var facts []slog.Attr
	if id := RequestID(ctx); id != "" {
		facts = append(facts, slog.String("request_id", id))
	}
	if principal := Principal(ctx); principal != "" {
		facts = append(facts, slog.String("principal", principal))
	}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		facts = append(facts, slog.String("trace_id", span.TraceID().String()))
	}
	return facts
}
