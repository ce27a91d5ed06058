package telemetry

import "context"

// contextKey is the type of this package's keys in a context, so that nobody else's can meet them.
type contextKey int

const (
	requestIDKey contextKey = iota
	principalKey
)

// WithRequestID returns a context that carries the id of the request being served.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey, id)
}

// RequestID returns the id of the request being served, "" outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// WithPrincipal returns a context that carries who makes the request, as "type:id". It is for logs alone: what the
// caller may do is decided from the principal that package authn puts into the context.
func WithPrincipal(ctx context.Context, principal string) context.Context {
	return context.WithValue(ctx, principalKey, principal)
}

// Principal returns who makes the request, "" when nobody is known.
func Principal(ctx context.Context) string {
	principal, _ := ctx.Value(principalKey).(string)
	return principal
}
