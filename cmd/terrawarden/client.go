package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/schema"
)

// client speaks to a running service.
type client struct {
	server, token, dataDir string
	format                 string
	http                   http.Client
}

// withClient gives a command the flags of a client and runs it with one.
func withClient(cmd *cobra.Command, run func(cmd *cobra.Command, c *client, args []string) error) *cobra.Command {
	c := &client{}
	server, token, dataDir := config.Client()
	cmd.Flags().StringVar(&c.server, "server", server, "URL of the service ("+config.ClientServer+")")
	cmd.Flags().StringVar(&c.token, "token", "", "credential ("+config.ClientToken+"; default: the site token in --data-dir)")
	cmd.Flags().StringVar(&c.dataDir, "data-dir", dataDir, "where to find the site token")
	cmd.Flags().StringVarP(&c.format, "output", "o", "table", "table or json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if c.format != "table" && c.format != "json" {
			return fmt.Errorf("--output must be table or json")
		}
		if c.token == "" {
			c.token = token
		}
		if c.token == "" {
			raw, err := os.ReadFile(filepath.Join(c.dataDir, "site-token"))
			if err != nil {
				return fmt.Errorf("no credential: set %s or --token, or point --data-dir at the service's directory", config.ClientToken)
			}
			c.token = strings.TrimSpace(string(raw))
		}
		return run(cmd, c, args)
	}
	return cmd
}

// request sends a JSON body and returns the answer, which the caller closes. An answer that is no success is an
// error with the server's message. header is names and values in turn.
func (c *client) request(ctx context.Context, method, path string, body any, header ...string) (*http.Response, error) {
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.server, "/")+path, payload)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &unreachableError{err}
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, serverError(resp)
}

// unreachableError says that there was no answer at all.
type unreachableError struct{ cause error }

func (e *unreachableError) Error() string { return "cannot reach the service: " + e.cause.Error() }

func (e *unreachableError) Unwrap() error { return e.cause }

// call sends a JSON body and decodes the JSON answer; into may be nil.
func (c *client) call(ctx context.Context, method, path string, body, into any) error {
	resp, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("the service sent no JSON: %w", err)
	}
	return nil
}

const maxErrorBody = 1 << 20

// serverError reads an error in either of the two forms our APIs use.
func serverError(resp *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return err
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return fmt.Errorf("%s (%d)", text, resp.StatusCode)
	}
	var list struct {
		Errors []struct {
			Message string `json:"message"`
			Field   string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal(raw, &list) == nil && len(list.Errors) > 0 {
		lines := make([]string, len(list.Errors))
		for i, e := range list.Errors {
			lines[i] = strings.TrimSpace(e.Field + " " + e.Message)
		}
		return fmt.Errorf("%s (%d)", strings.Join(lines, "\n  "), resp.StatusCode)
	}
	return fmt.Errorf("the service answered %s", resp.Status)
}

// entity is a subject or resource as the AuthZEN API takes it.
type entity struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
}

// parseEntity reads type:id or type:path; service: is short for service_account:.
func parseEntity(what, s string) (entity, error) {
	typeName, id, ok := strings.Cut(s, ":")
	if !ok || typeName == "" || id == "" {
		return entity{}, fmt.Errorf("%s must be type:id or type:path, as in workspace:acme/prod, not %q", what, s)
	}
	return entity{Type: typeOf(typeName), ID: id}, nil
}

func typeOf(name string) string {
	if name == "service" {
		return schema.TypeServiceAccount
	}
	return name
}
