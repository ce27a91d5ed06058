package protocol_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const (
	evaluation  = "/access/v1/evaluation"
	evaluations = "/access/v1/evaluations"
	subjects    = "/access/v1/search/subject"
	resources   = "/access/v1/search/resource"
	actions     = "/access/v1/search/action"
	discovery   = "/.well-known/authzen-configuration"
)

// service is a running service with the example organization: alice owns acme, bob is in team sre (write on both
// workspaces), carol in developers (write on staging, plan on prod), dave holds nothing.
type service struct {
	*testkit.Running
	asker string // a service token that may ask about everybody
}

func start(t *testing.T) *service {
	t.Helper()
	s := &service{Running: testkit.App(t, func(c *config.Config) { c.Example = true })}
	s.asker = s.ServiceToken(t, "gateway", "check", "search", "explain")
	return s
}

// ask posts a body and returns the answer.
func (s *service) ask(t *testing.T, path, token, body string, header ...string) testkit.Reply {
	t.Helper()
	return s.Call(t, http.MethodPost, path, token, body, header...)
}

// question is the body of an evaluation about a workspace.
func question(user, action, workspace string) string {
	return fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"workspace","id":%q}}`, user, action, workspace)
}

// with adds members to the end of a JSON object.
func with(object, members string) string {
	return strings.TrimSuffix(object, "}") + "," + members + "}"
}

const (
	allow = `{"decision":true}`
	deny  = `{"decision":false}`
)

// expect compares an answer as a whole; bodies are byte-stable, so they compare as text.
func expect(t *testing.T, got testkit.Reply, status int, body string) {
	t.Helper()
	if diff := cmp.Diff(fmt.Sprintf("%d %s", status, body), fmt.Sprintf("%d %s", got.Status, strings.TrimSpace(got.Body))); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}
