package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// Status is what the service tells an administrator of itself.
type Status struct {
	Version        string `json:"version"`
	Engine         string `json:"engine"` // embedded, postgres or spicedb
	Ready          bool   `json:"ready"`
	SchemaCurrent  bool   `json:"schema_current"`
	PendingIntents int    `json:"pending_intents"` // writes whose relationships are still to come
}

// ReadStatus returns how the service is.
func (c *Client) ReadStatus(ctx context.Context) (Status, error) {
	var s Status
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/admin/v1/status", into: &s})
	return s, err
}

// CheckLiveness returns nil when the service answers at all.
func (c *Client) CheckLiveness(ctx context.Context) error {
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/healthz"})
	return err
}

// CheckReadiness returns nil when the service's catalog and engine answer.
func (c *Client) CheckReadiness(ctx context.Context) error {
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/readyz"})
	return err
}

// Drift is how the relationships differ from the catalog.
type Drift struct {
	Missing    []string `json:"missing"`
	Unexpected []string `json:"unexpected"`
	Repaired   bool     `json:"repaired"`
}

// Reconcile compares the catalog with the relationships and, unless it is a dry run, repairs what differs.
func (c *Client) Reconcile(ctx context.Context, dryRun bool) (Drift, error) {
	var d Drift
	_, err := c.do(ctx, call{method: http.MethodPost, path: "/admin/v1/reconcile", query: dry(dryRun), into: &d})
	return d, err
}

func dry(run bool) url.Values { return url.Values{"dry-run": {strconv.FormatBool(run)}} }

// Schema is the deployed schema of the engine beside the one that the service's version brings.
type Schema struct {
	Deployed string `json:"deployed"`
	Own      string `json:"own"`
}

// ReadSchema returns both schemas.
func (c *Client) ReadSchema(ctx context.Context) (Schema, error) {
	var s Schema
	_, err := c.do(ctx, call{method: http.MethodGet, path: "/admin/v1/schema", into: &s})
	return s, err
}

// SchemaChange is one difference between two schemas.
type SchemaChange struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Breaking bool   `json:"breaking"` // whether relationships or permissions would be lost
}

// CompareSchema returns what deploying a schema would change.
func (c *Client) CompareSchema(ctx context.Context, text string) ([]SchemaChange, error) {
	var list struct {
		Changes []SchemaChange `json:"changes"`
	}
	_, err := c.do(ctx, call{method: http.MethodPost, path: "/admin/v1/schema/diff", body: map[string]string{"schema": text}, asks: true, into: &list})
	return list.Changes, err
}

// importEvent is a line of the answer to an import.
type importEvent struct {
	Done  int             `json:"done"`
	Total int             `json:"total"`
	Plan  json.RawMessage `json:"plan"`
	Error *Fault          `json:"error"`
}

// ErrImportCut is returned when the service broke off in the middle of an import. Sent again, the same estate goes on.
var ErrImportCut = errors.New("the service broke off in the middle of the import; run it again, it continues")

// ImportEstate has the service compare an estate, a JSON document, with the catalog and, unless it is a dry run, bring the
// catalog in step. It returns the plan. progress is told how far it is; nil: nobody is.
func (c *Client) ImportEstate(ctx context.Context, estate json.RawMessage, dryRun bool, progress func(done, total int)) (json.RawMessage, error) {
	resp, err := c.send(ctx, call{method: http.MethodPost, path: "/admin/v1/imports", query: dry(dryRun)}, estate)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	for lines := json.NewDecoder(resp.Body); ; {
		var e importEvent
		err := lines.Decode(&e)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, ErrImportCut
		case err != nil:
			return nil, fmt.Errorf("read the answer to the import: %w", err)
		case e.Error != nil:
			return nil, errors.New(said(e.Error.Field, e.Error.Message))
		case e.Plan != nil:
			return e.Plan, nil
		case progress != nil:
			progress(e.Done, e.Total)
		}
	}
}
