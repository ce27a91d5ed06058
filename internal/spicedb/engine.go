package spicedb

import (
	"context"
	"sync"
	"time"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/grpc"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

var _ authz.Engine = (*Engine)(nil)

// Engine is the authorization engine over one SpiceDB, in this process or elsewhere. NewRemote returns one;
// Embedded and Postgres contain one.
type Engine struct {
	conn        *grpc.ClientConn
	permissions v1.PermissionsServiceClient
	schemas     v1.SchemaServiceClient
	store       *store // what an engine in this process knows of its own datastore; nil for a remote one
	writeLimit  int    // relationships the server takes in one transaction
	own         ownWrites
	heads       heads // of a remote server
	closing     sync.Once
	closeErr    error
}

// platformID is the id of the one platform object.
const platformID = "main"

// readyTimeout bounds Ready for callers that set no deadline.
const readyTimeout = 5 * time.Second

func newEngine(conn *grpc.ClientConn, st *store, writeLimit int) *Engine {
	e := &Engine{
		conn:        conn,
		permissions: v1.NewPermissionsServiceClient(conn),
		schemas:     v1.NewSchemaServiceClient(conn),
		store:       st,
		writeLimit:  writeLimit,
	}
	e.heads.look = e.lookUpHead
	return e
}

// callOptions lifts gRPC's limit of 4 MiB on what this client sends and receives. Pages and answers stay far below
// the new limit; it only keeps one long answer from failing.
func callOptions() grpc.DialOption {
	const most = 256 << 20
	return grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(most), grpc.MaxCallSendMsgSize(most))
}

// Ready asks a real question at the newest state, so it fails when the datastore does not answer or when no schema
// is deployed. SpiceDB's own health service would not do: once it serves it never takes that back.
func (e *Engine) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	_, err := e.Check(ctx, authz.Question{
		Subject:    authz.Object{Type: schema.TypeUser, ID: "readiness"},
		Permission: schema.PlatformAdminister.Name(),
		Resource:   authz.Object{Type: schema.TypePlatform, ID: platformID},
	}, authz.Consistency{})
	if fault.Is(err, fault.Invalid) { // SpiceDB answers, but does not know our types
		return fault.Wrap(fault.Unavailable, err, "the authorization schema is not deployed")
	}
	return err
}

// Close ends the connection. It may be called more than once.
func (e *Engine) Close() error {
	e.closing.Do(func() { e.closeErr = e.conn.Close() })
	return e.closeErr
}
