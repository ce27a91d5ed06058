package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// protocol is a set of routes that misbehave in ways no real one does on purpose.
type protocol struct{ endpoints []endpoint.Endpoint }

func (p protocol) Endpoints() []endpoint.Endpoint { return p.endpoints }

func (p protocol) Owns() []string { return []string{"/owned"} }

func (p protocol) Error(c echo.Context, err error) (int, error) {
	status := http.StatusBadRequest
	if fault.Is(err, fault.Internal) {
		status = http.StatusInternalServerError
	}
	message, _ := fault.Public(err)
	return status, c.JSON(status, message)
}

const (
	secretCause = "password=hunter2 in /etc/secret"
	credential  = "the-credential-of-the-test"
)

func serve(t *testing.T, log *bytes.Buffer, endpoints ...endpoint.Endpoint) (*httpapi.Server, error) {
	t.Helper()
	return serveWithin(t, 0, log, endpoints...)
}

// serveWithin is serve with a limit on how long a body may take.
func serveWithin(t *testing.T, grace time.Duration, log *bytes.Buffer, endpoints ...endpoint.Endpoint) (*httpapi.Server, error) {
	t.Helper()
	registry := telemetry.NewRegistry()
	return httpapi.New(httpapi.Deps{
		ReadTimeout: grace,
		Protocols:   []httpapi.Protocol{protocol{endpoints}},
		Authenticate: func(_ context.Context, bearer string) (catalog.Principal, error) {
			if bearer != credential {
				return catalog.Principal{}, fault.New(fault.Unauthenticated, "no")
			}
			return catalog.Principal{Name: "bob"}, nil
		},
		Ready: func(context.Context) error { return nil },
		Log:   slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), Metrics: telemetry.NewMetrics(registry),
		Registry: registry, NewID: func() string { return "new-id" },
	})
}

func TestFailuresShowNothingOfTheirCause(t *testing.T) {
	t.Parallel()
	committed := func(c echo.Context) error {
		if err := c.String(http.StatusOK, "half"); err != nil {
			return err
		}
		return errors.New(secretCause)
	}
	var log bytes.Buffer
	s, err := serve(
		t, &log,
		endpoint.Endpoint{Method: http.MethodGet, Path: "/panic", Needs: endpoint.Public(), Handle: func(echo.Context) error { panic(secretCause) }},
		endpoint.Endpoint{Method: http.MethodGet, Path: "/panic-nil", Needs: endpoint.Authenticated(), Handle: func(echo.Context) error { panic(nil) }}, // what a bug might do
		endpoint.Endpoint{Method: http.MethodGet, Path: "/error", Needs: endpoint.Public(), Handle: func(echo.Context) error { return errors.New(secretCause) }},
		endpoint.Endpoint{Method: http.MethodGet, Path: "/owned/panic", Needs: endpoint.Public(), Handle: func(echo.Context) error { panic(secretCause) }},
		endpoint.Endpoint{Method: http.MethodGet, Path: "/half", Needs: endpoint.Public(), Handle: committed},
	)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path, want string
		status     int
	}{
		"a panic":                     {"/panic", `{"error":"Internal Server Error"}`, 500},
		"a panic below an own path":   {"/owned/panic", `"an internal error occurred"`, 500},
		"a panic of nothing":          {"/panic-nil", `{"error":"Internal Server Error"}`, 500},
		"an error nobody thought of":  {"/error", `"an internal error occurred"`, 500},
		"an error behind half a body": {"/half", `half`, 200},
	}
	for name, test := range tests {
		log.Reset()
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.path, nil)
		r.Header.Set("Authorization", "Bearer "+credential)
		s.Handler().ServeHTTP(w, r)
		if w.Code != test.status || strings.TrimSpace(w.Body.String()) != test.want {
			t.Errorf("%s: %d %s, want %d %s", name, w.Code, w.Body, test.status, test.want)
		}
		if test.path != "/panic-nil" && !strings.Contains(log.String(), "hunter2") {
			t.Errorf("%s: the operator does not learn why:\n%s", name, log.String())
		}
		if strings.Contains(log.String(), credential) {
			t.Errorf("%s: the log holds the credential", name)
		}
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusOK {
		t.Errorf("after the panics: %d", w.Code)
	}
}

func TestARouteWithoutNeedsIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	_, err := serve(t, &bytes.Buffer{}, endpoint.Endpoint{Method: http.MethodGet, Path: "/open", Handle: func(echo.Context) error { return nil }})
	if err == nil || !strings.Contains(err.Error(), "GET /open") {
		t.Errorf("error %v, want one that names the route", err)
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, err := serve(t, &log)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ sent, want string }{
		"a plain one":               {"abc-123", "abc-123"},
		"one with blanks and signs": {`a b;"c"~`, `a b;"c"~`},
		"as long as allowed":        {strings.Repeat("x", 200), strings.Repeat("x", 200)},
		"none":                      {"", "new-id"},
		"longer than allowed":       {strings.Repeat("x", 201), "new-id"},
		"a line break":              {"a\nlevel=ERROR", "new-id"},
		"a tab":                     {"a\tb", "new-id"},
		"a sign that is not ASCII":  {"ü", "new-id"},
		"a delete sign":             {"a\x7f", "new-id"},
	}
	for name, test := range tests {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil)
		r.Header["X-Request-Id"] = []string{test.sent}
		s.Handler().ServeHTTP(w, r)
		if got := w.Header().Get("X-Request-Id"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := start(t)
	count := func(series string) float64 {
		body := r.Call(t, http.MethodGet, "/metrics", "", "").Body
		found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(body)
		if found == nil {
			return 0
		}
		n, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const (
		allowed = `terrawarden_decisions_total{result="allowed",source="engine"}`
		denied  = `terrawarden_decisions_total{result="denied",source="engine"}`
	)
	ask := func(body string, path string) {
		if got := r.Call(t, http.MethodPost, path, r.SiteToken, body); got.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, got.Status, got.Body)
		}
	}
	beforeAllowed, beforeDenied := count(allowed), count(denied)
	question := `"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod"}`
	ask(`{"subject":{"type":"user","id":"bob"},`+question+`}`, "/access/v1/evaluation")
	ask(`{"subject":{"type":"user","id":"dave"},`+question+`}`, "/access/v1/evaluation")
	ask(`{"subject":{"type":"user","id":"bob"},`+question+`,"evaluations":[{},{},{"action":{"name":7}}]}`, "/access/v1/evaluations")
	if got := count(allowed) - beforeAllowed; got != 3 {
		t.Errorf("%v decisions allowed, want 3", got)
	}
	if got := count(denied) - beforeDenied; got != 2 {
		t.Errorf("%v decisions denied, want 2", got)
	}
	for _, path := range []string{"/nowhere", "/nowhere/else", "/admin/v1/tokens/at-1"} {
		r.Call(t, http.MethodGet, path, "", "")
	}
	body := r.Call(t, http.MethodGet, "/metrics", "", "").Body
	for _, unbounded := range []string{"nowhere", "at-1", "acme", "bob"} {
		if strings.Contains(body, unbounded) {
			t.Errorf("the metrics hold %q: a caller could make as many series as he likes", unbounded)
		}
	}
	for _, name := range []string{"terrawarden_check_duration_seconds_count", "terrawarden_pending_intents", `route="/access/v1/evaluation"`, "go_goroutines", "process_"} {
		if !strings.Contains(body, name) {
			t.Errorf("the metrics do not hold %s", name)
		}
	}
}

// No secret is ever logged, at the most talkative level and in either format.
func TestLogsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(c *config.Config) { c.LogLevel, c.LogFormat = "debug", format })
			secrets := map[string]string{
				"site token": r.SiteToken, "user token": r.UserToken(t, "bob"), "service token": r.ServiceToken(t, "gateway", "check"),
				"wrong token": "wrong-but-maybe-almost-right",
			}
			for _, secret := range secrets {
				exercise(t, r, secret)
			}
			log := r.Log()
			for name, secret := range secrets {
				if strings.Contains(log, secret) {
					t.Errorf("the log holds the %s", name)
				}
			}
			for _, part := range []string{"twn_", "Bearer", "hunter2"} {
				if strings.Contains(log, part) {
					t.Errorf("the log holds %q", part)
				}
			}
			for _, wanted := range []string{"request served", "request_id", "my-request", "principal", "/access/v1/evaluation"} {
				if !strings.Contains(log, wanted) {
					t.Errorf("the log does not hold %q, so this test sees too little:\n%s", wanted, log)
				}
			}
		})
	}
}

// exercise makes requests of every kind with a credential, good ones and bad ones.
func exercise(t *testing.T, r *testkit.Running, credential string) {
	t.Helper()
	for _, e := range r.Endpoints() {
		call(t, r, e, credential)
		r.Call(t, e.Method, strings.ReplaceAll(e.Path, ":id", "at-1"), credential, `{"password":"hunter2"`, "X-Request-ID", "my-request")
	}
	r.Call(t, http.MethodGet, "/nowhere?token=hunter2", credential, "")
}
