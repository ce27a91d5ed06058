package protocol_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gotfe "github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/tfe"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// limited is a service that lets each credential make so many requests a second, by a clock that the test turns on.
type limited struct {
	url, laptop, robot string // secrets of two credentials of one person

	mu  sync.Mutex
	now time.Time
}

func newLimited(t *testing.T, perSecond int) *limited {
	t.Helper()
	l := &limited{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	b := testkit.ServiceWith(t, testkit.Config(t), catalog.Deps{})
	var secrets []string
	for range 2 {
		issued, _, err := b.IssueUserToken(t.Context(), b.Admin, b.Admin.Subject.ID, catalog.TokenTerms{})
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, issued.Secret)
	}
	l.laptop, l.robot = secrets[0], secrets[1]
	registry := telemetry.NewRegistry()
	server, err := httpapi.New(httpapi.Deps{
		Protocols:    []httpapi.Protocol{tfe.New(tfe.Deps{Service: b.Service, Mode: tfe.ModeTFE, Limit: answer.NewLimiter(perSecond, l.clock)})},
		Authenticate: authn.New(b.Service, strings.Repeat("s", 32), b.Admin.Subject.ID).Authenticate,
		Ready:        b.Ready, Log: testkit.Quiet(), Metrics: telemetry.NewMetrics(registry), Registry: registry, NewID: func() string { return "id" },
	})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	l.url = listening.URL
	return l
}

func (l *limited) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *limited) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// ask makes a request and returns its status with what the headers say of the limit.
func (l *limited) ask(t *testing.T, secret, path string) (status int, headers map[string]string, body string) {
	t.Helper()
	r := &testkit.Running{URL: l.url}
	reply := r.Call(t, http.MethodGet, path, secret, "")
	headers = map[string]string{}
	for _, name := range []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Retry-After"} {
		if value := reply.Header.Get(name); value != "" {
			headers[name] = value
		}
	}
	return reply.Status, headers, reply.Body
}

func TestLimitOfRequests(t *testing.T) {
	t.Parallel()
	l := newLimited(t, 4)
	const path = "/api/v2/account/details"
	expect := func(what, secret string, status int, remaining, reset, after string) string {
		t.Helper()
		got, headers, body := l.ask(t, secret, path)
		want := map[string]string{"X-Ratelimit-Limit": "4", "X-Ratelimit-Remaining": remaining, "X-Ratelimit-Reset": reset}
		if after != "" {
			want["Retry-After"] = after
		}
		if diff := cmp.Diff(want, headers); diff != "" || got != status {
			t.Errorf("%s: %d, want %d; headers -want +got\n%s", what, got, status, diff)
		}
		return body
	}
	for i, remaining := range []string{"3", "2", "1", "0"} {
		expect("request "+string(rune('1'+i)), l.laptop, http.StatusOK, remaining, "0", "")
	}
	body := expect("one too many", l.laptop, http.StatusTooManyRequests, "0", "0.250", "1")
	const want = `{"errors":[{"status":"429","title":"Too many requests","detail":"You have exceeded the API's rate limit."}]}`
	if strings.TrimSpace(body) != want {
		t.Errorf("the refusal is %s, want %s", body, want)
	}
	expect("another credential of the same person", l.robot, http.StatusOK, "3", "0", "")
	l.pass(100 * time.Millisecond)
	expect("too early", l.laptop, http.StatusTooManyRequests, "0", "0.150", "1")
	l.pass(150 * time.Millisecond)
	expect("as late as it was told", l.laptop, http.StatusOK, "0", "0", "")
	l.pass(time.Hour)
	expect("much later", l.laptop, http.StatusOK, "3", "0", "")

	for range 10 { // who brings no credential gets no share, and takes none
		if status, headers, _ := l.ask(t, "twn_unknown", path); status != http.StatusUnauthorized || len(headers) > 0 {
			t.Errorf("without a credential: %d, %v", status, headers)
		}
		if status, _, _ := l.ask(t, "", "/api/v2/ping"); status != http.StatusNoContent {
			t.Errorf("ping: %d", status)
		}
	}
	expect("after all that", l.laptop, http.StatusOK, "2", "0", "")
}

// TestClientsObeyTheLimit makes more requests than the limit allows, with the vendor's client. It waits as long as it is
// told, by which the test turns the clock on, and gets an answer to each.
func TestClientsObeyTheLimit(t *testing.T) {
	t.Parallel()
	l := newLimited(t, 2)
	waits := 0
	client, err := gotfe.NewClient(&gotfe.Config{
		Address: l.url, Token: l.laptop, HTTPClient: http.DefaultClient,
		RetryLogHook: func(_ int, r *http.Response) {
			reset, err := time.ParseDuration(r.Header.Get("X-RateLimit-Reset") + "s")
			if r.StatusCode != http.StatusTooManyRequests || err != nil || reset <= 0 || reset > time.Second {
				t.Errorf("told to wait by %d, %q", r.StatusCode, r.Header.Get("X-RateLimit-Reset"))
			}
			waits++
			l.pass(reset)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := client.Users.ReadCurrent(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if waits != 3 {
		t.Errorf("waited %d times for five requests at two a second, want 3", waits)
	}
}

// TestClientsAreToldOfTheLimit checks that clients learn of a limit that they can keep to, and of no other.
func TestClientsAreToldOfTheLimit(t *testing.T) {
	t.Parallel()
	for perSecond, want := range map[int]string{0: "", 3: "", 4: "4", 30: "30"} {
		_, headers, _ := newLimited(t, perSecond).ask(t, "", "/api/v2/ping")
		if headers["X-Ratelimit-Limit"] != want {
			t.Errorf("of %d a second clients are told %q, want %q", perSecond, headers["X-Ratelimit-Limit"], want)
		}
	}
}

func TestLimitIsASetting(t *testing.T) {
	t.Parallel()
	for perSecond, want := range map[int]string{0: "", 1000: "1000"} {
		r := testkit.App(t, func(c *config.Config) { c.TFERateLimit = perSecond })
		for range 50 {
			reply := r.Call(t, http.MethodGet, "/api/v2/account/details", r.SiteToken, "")
			if got := reply.Header.Get("X-RateLimit-Limit"); reply.Status != http.StatusOK || got != want {
				t.Fatalf("at %d a second: %d, with a limit of %q, want %q", perSecond, reply.Status, got, want)
			}
		}
		if reply := r.Call(t, http.MethodGet, "/healthz", "", ""); reply.Header.Get("X-RateLimit-Limit") != "" {
			t.Error("another protocol has the limit of this one")
		}
	}
}
