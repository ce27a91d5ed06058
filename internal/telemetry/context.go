package telemetry

import "context"

// contextKey is the type of this package's key in a context, so that nobody else's can meet it.
type contextKey struct{}

// request is what is known of the request being served. A context carries one, which is filled as more becomes
// known: each further context would be copied together with its request.
type request struct{ id, address, principal string }

// WithRequestID returns a context that carries the id of the request being served.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, contextKey{}, &request{id: id})
}

// RequestID returns the id of the request being served, "" outside of one.
func RequestID(ctx context.Context) string { return requestOf(ctx).id }

// SetAddress notes the address that the request of a context came from; as SetPrincipal.
func SetAddress(ctx context.Context, address string) { requestOf(ctx).address = address }

// Address returns the address that the request being served came from, "" outside of one.
func Address(ctx context.Context) string { return requestOf(ctx).address }

// SetPrincipal notes who makes the request of a context, as "type:id"; outside of a request it does nothing. It must
// be called before more than one goroutine works on the request. It is for logs alone: what the caller may do is
// decided from the principal that package authn returned.
func SetPrincipal(ctx context.Context, principal string) { requestOf(ctx).principal = principal }

// Principal returns who makes the request, "" when nobody is known.
func Principal(ctx context.Context) string { return requestOf(ctx).principal }

// requestOf returns the request of a context, one that nobody sees outside of any.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(contextKey{}).(*request); ok {
		return r
	}
	return &request{}
}
