// Package telemetry is what the service says of itself to those who run it: structured logs that carry the request
// they belong to, metrics on a registry that is passed around, and traces where a collector is configured.
//
// It is fed by others and knows none of them: no catalog, no engine, no HTTP server, and no settings.
package telemetry
