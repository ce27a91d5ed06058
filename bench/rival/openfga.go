package rival

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/bench/wire"
	"github.com/terrawarden/terrawarden/internal/authz"
)

// OpenFGAServer is the OpenFGA server, asked over HTTP.
type OpenFGAServer struct {
	overHTTP
	store, model string
}

// tuplesPerWrite is OpenFGA's own default for one write.
const tuplesPerWrite = 100

// OpenFGA starts the OpenFGA server with the caches of checks that its documents recommend, large enough for all that
// is asked, over memory, or over a Postgres database, which it migrates.
func OpenFGA(ctx context.Context, name string, p Programs, database string) (*OpenFGAServer, error) {
	address, err := process.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	grpc, err := process.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{
		"run", "--http-addr=" + address, "--grpc-addr=" + grpc, "--playground-enabled=false", "--metrics-enabled=false", "--log-level=error",
		"--check-query-cache-enabled", "--check-iterator-cache-enabled", "--cache-controller-enabled", "--check-cache-limit=1000000",
		"--request-timeout=60s", "--http-upstream-timeout=60s",
	}
	if database == "" {
		args = append(args, "--datastore-engine=memory")
	} else {
		store := []string{"--datastore-engine=postgres", "--datastore-uri=" + database}
		if err := process.Run(ctx, nil, p.OpenFGA, append([]string{"migrate"}, store...)...); err != nil {
			return nil, err
		}
		args = append(args, store...)
	}
	started, err := process.At(ctx, address, nil, p.OpenFGA, args...)
	if err != nil {
		return nil, err
	}
	return &OpenFGAServer{overHTTP: overHTTP{
		running: running{name: name, process: started}, yes: []byte(`"allowed":true`), no: []byte(`"allowed":false`),
	}}, nil
}

// Load makes a store, writes the translated model and then the tuples.
func (o *OpenFGAServer) Load(ctx context.Context, relationships []authz.Relationship) error {
	conn, err := wire.Dial(ctx, o.Address())
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // done with it
	var store struct {
		ID string `json:"id"`
	}
	if err := o.post(conn, "/stores", map[string]string{"name": "bench"}, &store); err != nil {
		return err
	}
	o.store = store.ID
	model, err := Translate()
	if err != nil {
		return err
	}
	var written struct {
		ID string `json:"authorization_model_id"`
	}
	if err := o.post(conn, "/stores/"+o.store+"/authorization-models", model, &written); err != nil {
		return err
	}
	o.model = written.ID
	for part := range slices.Chunk(relationships, tuplesPerWrite) {
		if err := ctx.Err(); err != nil {
			return err
		}
		keys := make([]tupleKey, len(part))
		for i, r := range part {
			keys[i] = tupleKey{User: r.Subject.String(), Relation: r.Relation, Object: r.Resource.String()}
		}
		body := map[string]any{"writes": map[string]any{"tuple_keys": keys}, "authorization_model_id": o.model}
		if err := o.post(conn, "/stores/"+o.store+"/write", body, nil); err != nil {
			return err
		}
	}
	o.request = func(q estate.Question) []byte { return o.check(q.Authz()) }
	return nil
}

func (o *OpenFGAServer) post(conn *wire.Conn, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	status, answer, err := conn.Do(wire.Request(http.MethodPost, o.Address(), path, raw))
	if err != nil {
		return fmt.Errorf("%s: %s: %w", o.name, path, err)
	}
	if status >= http.StatusMultipleChoices {
		return fmt.Errorf("%s: %s answered %d %.1000s", o.name, path, status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// tupleKey is a tuple, or a question for one.
type tupleKey struct {
	User     string `json:"user"`
	Relation string `json:"relation"`
	Object   string `json:"object"`
}

func (o *OpenFGAServer) check(q authz.Question) []byte {
	raw, err := json.Marshal(map[string]any{
		"tuple_key":              tupleKey{User: q.Subject.String(), Relation: q.Permission, Object: q.Resource.String()},
		"authorization_model_id": o.model,
	})
	if err != nil {
		panic(err) // strings always encode
	}
	return wire.Request(http.MethodPost, o.Address(), "/stores/"+o.store+"/check", raw)
}
