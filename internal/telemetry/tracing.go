package telemetry

import (
	"context"
	"net/url"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Tracing returns a provider of tracers that sends spans to an OTLP collector over HTTP, and what ends it: shutdown
// sends the spans that are left. Without an endpoint nothing is recorded and nothing is sent. An endpoint that is no
// http or https URL is fault.Invalid.
//
// The provider is the caller's alone; the process-wide one of OpenTelemetry stays as it is, because SpiceDB runs in
// the same process and would take it.
func Tracing(ctx context.Context, endpoint string) (shutdown func(context.Context) error, provider trace.TracerProvider, err error) {
	if endpoint == "" {
		return func(context.Context) error { return nil }, noop.NewTracerProvider(), nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, nil, fault.At("tracing.endpoint", "the tracing endpoint must be an http or https URL")
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, nil, fault.Wrap(fault.Unavailable, err, "start tracing")
	}
	started := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "terrawarden"))),
	)
	return started.Shutdown, started, nil
}
