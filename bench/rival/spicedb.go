package rival

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/authzed-go/v1"
	"github.com/authzed/grpcutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// SpiceDBKey is the pre-shared key of every SpiceDB server that the benchmark starts.
const SpiceDBKey = "key-of-the-benchmark"

// SpiceDBServer is the SpiceDB server, asked over gRPC by one client connection for each asker.
type SpiceDBServer struct {
	running
	requests []*v1.CheckPermissionRequest
}

// SpiceDB starts the SpiceDB server with its own defaults, dispatch cache and five-second quantization included, over
// memory, or over a Postgres database, which it migrates.
func SpiceDB(ctx context.Context, name string, p Programs, database string) (*SpiceDBServer, error) {
	address, err := process.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{
		"serve", "--grpc-addr=" + address, "--grpc-preshared-key=" + SpiceDBKey, "--http-enabled=false",
		"--metrics-enabled=false", "--telemetry-endpoint=", "--skip-release-check", "--log-level=error",
	}
	if database == "" {
		args = append(args, "--datastore-engine=memory")
	} else {
		store := []string{"--datastore-engine=postgres", "--datastore-conn-uri=" + database}
		if err := process.Run(ctx, nil, p.SpiceDB, append([]string{"datastore", "migrate", "head", "--log-level=error"}, store...)...); err != nil {
			return nil, err
		}
		args = append(args, store...)
	}
	started, err := process.At(ctx, address, nil, p.SpiceDB, args...)
	if err != nil {
		return nil, err
	}
	return &SpiceDBServer{running: running{name: name, process: started}}, nil
}

func (s *SpiceDBServer) client() (*authzed.Client, error) {
	return authzed.NewClient(s.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpcutil.WithInsecureBearerToken(SpiceDBKey))
}

// settle is how long after a load a server may still answer from before it: its quantization, and then some.
const settle = 6 * time.Second

// Load writes the schema and imports the relationships.
func (s *SpiceDBServer) Load(ctx context.Context, relationships []authz.Relationship) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // done with it
	if _, err := c.WriteSchema(ctx, &v1.WriteSchemaRequest{Schema: schema.Text()}); err != nil {
		return fmt.Errorf("write the schema: %w", err)
	}
	stream, err := c.ImportBulkRelationships(ctx)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(relationships, 1000) {
		m := &v1.ImportBulkRelationshipsRequest{}
		for _, r := range part {
			m.Relationships = append(m.Relationships, wireRelationship(r))
		}
		if err := stream.Send(m); err != nil {
			break // the receiver says why
		}
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	if answer.NumLoaded != uint64(len(relationships)) {
		return fmt.Errorf("%d of %d relationships were imported", answer.NumLoaded, len(relationships))
	}
	select {
	case <-ctx.Done():
	case <-time.After(settle):
	}
	return ctx.Err()
}

func wireRelationship(r authz.Relationship) *v1.Relationship {
	out := &v1.Relationship{
		Resource: &v1.ObjectReference{ObjectType: r.Resource.Type, ObjectId: r.Resource.ID}, Relation: r.Relation,
		Subject: &v1.SubjectReference{Object: &v1.ObjectReference{ObjectType: r.Subject.Type, ObjectId: r.Subject.ID}},
	}
	if !r.ExpiresAt.IsZero() {
		out.OptionalExpiresAt = timestamppb.New(r.ExpiresAt)
	}
	return out
}

// Prepare builds the requests, at the consistency that SpiceDB's documents recommend for checks.
func (s *SpiceDBServer) Prepare(questions []estate.Question) {
	latency := &v1.Consistency{Requirement: &v1.Consistency_MinimizeLatency{MinimizeLatency: true}}
	s.requests = make([]*v1.CheckPermissionRequest, len(questions))
	for i, q := range questions {
		a := q.Authz()
		s.requests[i] = &v1.CheckPermissionRequest{
			Consistency: latency, Permission: a.Permission,
			Resource: &v1.ObjectReference{ObjectType: a.Resource.Type, ObjectId: a.Resource.ID},
			Subject:  &v1.SubjectReference{Object: &v1.ObjectReference{ObjectType: a.Subject.Type, ObjectId: a.Subject.ID}},
		}
	}
}

// Dial opens one connection.
func (s *SpiceDBServer) Dial(context.Context) (measure.Asker, error) {
	c, err := s.client()
	return &spicedbAsker{Client: c, system: s}, err
}

type spicedbAsker struct {
	*authzed.Client
	system *SpiceDBServer
}

// Ask puts one question.
func (a *spicedbAsker) Ask(ctx context.Context, question int) (bool, error) {
	answer, err := a.CheckPermission(ctx, a.system.requests[question])
	if err != nil {
		return false, fmt.Errorf("%s: %w", a.system.name, err)
	}
	switch answer.Permissionship {
	case v1.CheckPermissionResponse_PERMISSIONSHIP_HAS_PERMISSION:
		return true, nil
	case v1.CheckPermissionResponse_PERMISSIONSHIP_NO_PERMISSION:
		return false, nil
	}
	return false, errors.New(a.system.name + " gave no answer")
}
