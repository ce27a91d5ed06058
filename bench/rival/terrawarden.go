package rival

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/bench/wire"
	"github.com/terrawarden/terrawarden/internal/authz"
)

// SiteToken is the credential of the site admin of every service that the benchmark starts.
const SiteToken = "site-token-of-the-benchmark-0123456789"

const evaluation = "/access/v1/evaluation"

// Service is a running Terrawarden.
type Service struct {
	overHTTP
	Token string // a service token with the scopes check and search
}

// Environment returns the settings of a service over a data directory.
func Environment(dataDir string) []string {
	return []string{
		"TERRAWARDEN_LISTEN=127.0.0.1:0", "TERRAWARDEN_DATA_DIR=" + dataDir, "TERRAWARDEN_ENGINE=embedded",
		"TERRAWARDEN_SITE_TOKEN=" + SiteToken, "TERRAWARDEN_LOG_LEVEL=warn",
	}
}

// Terrawarden starts the real binary with settings as the environment gives them.
func Terrawarden(ctx context.Context, name string, p Programs, env []string) (*Service, error) {
	started, err := process.Announced(ctx, env, p.Terrawarden, "serve")
	if err != nil {
		return nil, err
	}
	return NewService(ctx, name, started)
}

// NewService makes a Service of a process that serves Terrawarden's API, and gets a credential for it.
func NewService(ctx context.Context, name string, started *process.Process) (*Service, error) {
	s := &Service{overHTTP: overHTTP{
		running: running{name: name, process: started}, yes: []byte(`"decision":true`), no: []byte(`"decision":false`),
	}}
	s.request = func(q estate.Question) []byte { return s.Evaluation(q.User.ID, q.Permission, q.Workspace.ID) }
	if err := s.issue(ctx); err != nil {
		return nil, closeAfter(s, err)
	}
	return s, nil
}

// ByName makes later questions name users and workspaces by username and path instead of id.
func (s *Service) ByName() {
	s.request = func(q estate.Question) []byte { return s.Evaluation(q.User.Name, q.Permission, q.Workspace.Name) }
}

// issue gets a service token, which is how a platform asks.
func (s *Service) issue(ctx context.Context) error {
	var issued struct {
		Token string `json:"token"`
	}
	request := map[string]any{"kind": "service", "name": "bench", "scopes": []string{"check", "search"}}
	if err := s.Call(ctx, http.MethodPost, "/admin/v1/tokens", SiteToken, request, &issued); err != nil {
		return err
	}
	s.Token = issued.Token
	return nil
}

// UserToken gets a token of a user.
func (s *Service) UserToken(ctx context.Context, username string) (string, error) {
	var issued struct {
		Token string `json:"token"`
	}
	err := s.Call(ctx, http.MethodPost, "/admin/v1/tokens", SiteToken, map[string]any{"kind": "user", "name": username}, &issued)
	return issued.Token, err
}

// Load does nothing: the service fills itself from its catalog.
func (s *Service) Load(context.Context, []authz.Relationship) error { return nil }

// Call sends one request on a connection of its own and decodes the answer, unless into is nil.
func (s *Service) Call(ctx context.Context, method, path, token string, body, into any) (err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	conn, err := wire.Dial(ctx, s.Address())
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // done with it
	status, answer, err := conn.Do(wire.Request(method, s.Address(), path, raw, wire.Bearer(token)))
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", method, path, err, s.process.Log())
	}
	if status >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s answered %d %.500s", method, path, status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

type entity struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
}

type action struct {
	Name string `json:"name"`
}

type ask struct {
	Subject  *entity `json:"subject,omitempty"`
	Action   *action `json:"action,omitempty"`
	Resource *entity `json:"resource,omitempty"`
}

// Evaluation builds the request of one check.
func (s *Service) Evaluation(user, permission, workspace string) []byte {
	return s.Request(evaluation, ask{Subject: &entity{"user", user}, Action: &action{permission}, Resource: &entity{"workspace", workspace}})
}

// Evaluations builds the request of many checks of one user.
func (s *Service) Evaluations(user string, questions []estate.Question) []byte {
	items := make([]ask, len(questions))
	for i, q := range questions {
		items[i] = ask{Action: &action{q.Permission}, Resource: &entity{"workspace", q.Workspace.ID}}
	}
	return s.Request("/access/v1/evaluations", map[string]any{"subject": entity{"user", user}, "evaluations": items})
}

// SearchWorkspaces builds the request for a page of the workspaces on which a user, by name, holds a permission.
func (s *Service) SearchWorkspaces(username, permission string, limit int) []byte {
	return s.Request("/access/v1/search/resource", map[string]any{
		"subject": entity{"user", username}, "action": action{permission}, "resource": entity{Type: "workspace"}, "page": map[string]int{"limit": limit},
	})
}

// SearchUsers builds the request for a page of the users who hold a permission on a workspace.
func (s *Service) SearchUsers(permission, workspace string, limit int) []byte {
	return s.Request("/access/v1/search/subject", map[string]any{
		"subject": entity{Type: "user"}, "action": action{permission}, "resource": entity{"workspace", workspace}, "page": map[string]int{"limit": limit},
	})
}

// Request builds a request with the service token.
func (s *Service) Request(path string, body any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // bodies are made here and always encode
	}
	return wire.Request(http.MethodPost, s.Address(), path, raw, wire.Bearer(s.Token))
}
