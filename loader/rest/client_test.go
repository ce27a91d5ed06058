package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/rest"
)

const secret = "hunter2-the-secret"

// clock moves by waiting alone.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	waited []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.waited = append(c.waited, d)
	return ctx.Err()
}

// serve starts a server and opens a client that asks it, with a token, in a minute's patience.
func serve(t *testing.T, handler http.HandlerFunc, change ...func(*rest.Settings)) (*rest.Client, *clock) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return client(t, server.URL, rest.Token("Bearer", func() (string, error) { return " " + secret + "\n", nil }), change...)
}

func client(t *testing.T, address string, auth rest.Auth, change ...func(*rest.Settings)) (*rest.Client, *clock) {
	t.Helper()
	c := newClock()
	s := rest.Settings{Budget: time.Minute, Now: c.Now, Wait: c.Wait, Rand: func() float64 { return 0 }}
	for _, f := range change {
		f(&s)
	}
	s, err := s.Completed()
	if err != nil {
		t.Fatal(err)
	}
	base, err := rest.Base("url", address)
	if err != nil {
		t.Fatal(err)
	}
	out := rest.Open(base, s, auth, http.Header{"x-extra": {"1"}})
	t.Cleanup(out.Close)
	return out, c
}

func reply(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

func TestARequestSaysWhoAsks(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("User-Agent") != "terrawarden" ||
			r.Header.Get("Accept") != "application/json" || r.Header.Get("X-Extra") != "1" || r.URL.String() != "/base/things?q=1" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		reply(w, `{"a":1}`)
	})
	got, err := c.Get(t.Context(), "/base/things?q=1")
	var v struct {
		A int `json:"a"`
	}
	if err != nil || got.Decode(&v) != nil || v.A != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestAddresses: the credential goes to no other place than that of the settings.
func TestAddresses(t *testing.T) {
	t.Parallel()
	lure := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked for elsewhere", r.URL) }))
	t.Cleanup(lure.Close)
	var base string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, lure.URL, http.StatusFound)
			return
		}
		reply(w, `[]`)
	}))
	t.Cleanup(server.Close)
	base = server.URL
	c, _ := client(t, base, rest.Token("Bearer", func() (string, error) { return secret, nil }))
	for target, ok := range map[string]bool{
		"/a?b":             true,
		base + "/next?c=1": true,
		strings.Replace(base, "127.0.0.1", "localhost", 1) + "/next": false,
		strings.Replace(base, "http:", "https:", 1) + "/next":        false,
		strings.Replace(base, "http://", "http://me:pw@", 1):         false,
		lure.URL + "/next": false,
		"//" + strings.TrimPrefix(lure.URL, "http://") + "/next": false,
		"http://169.254.169.254/latest/meta-data":                false,
		"file:///etc/passwd":                                     false,
		"next":                                                   false,
		"":                                                       false,
		"http://%zz":                                             false,
		"/moved":                                                 false,
	} {
		if _, err := c.Get(t.Context(), target); (err == nil) != ok {
			t.Errorf("%q: %v", target, err)
		}
	}
}

func TestBases(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://example.com":            "https://example.com",
		"https://example.com:8443/auth/": "https://example.com:8443/auth",
		"http://localhost:8080":          "http://localhost:8080",
		"http://127.0.0.1:1":             "http://127.0.0.1:1",
		"http://[::1]:1":                 "http://[::1]:1",
		"http://example.com":             "",
		"http://localhost.example.com":   "",
		"https://me:pw@example.com":      "",
		"https://example.com?a=b":        "",
		"https://example.com#a":          "",
		"ftp://example.com":              "",
		"example.com":                    "",
		"https://":                       "",
		"":                               "",
	} {
		u, err := rest.Base("graph-url", raw)
		switch {
		case want == "" && (!fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), "graph-url ")):
			t.Errorf("%q: %v", raw, err)
		case want != "" && (err != nil || u.String() != want):
			t.Errorf("%q: %v, %v", raw, u, err)
		}
	}
}

// TestNothingOfAnswersOrSecretsIsInErrors: what fails says the method, the path and the status.
func TestNothingOfAnswersOrSecretsIsInErrors(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/500":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "trace of "+secret)
		case "/html":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, secret)
		case "/none":
			_, _ = io.WriteString(w, secret)
		case "/bad":
			reply(w, `{"a":"`+secret+`"}`)
		case "/large":
			reply(w, `"`+strings.Repeat("x", 33<<20)+`"`)
		}
	})
	for path, want := range map[string]string{
		"/500":   "GET /500: status 500",
		"/html":  "GET /html: status 200, the answer is not JSON",
		"/none":  "GET /none: status 200, the answer is not JSON",
		"/bad":   "GET /bad: status 200, the answer is not of the form that is documented",
		"/large": "GET /large: status 200, the answer is too large",
	} {
		got, err := c.Get(t.Context(), path+"?token="+secret)
		if err == nil {
			var v struct {
				A int `json:"a"`
			}
			err = got.Decode(&v)
		}
		message, _ := fault.Public(err)
		if err == nil || err.Error() != want || message != want || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v; people read %q", path, err, message)
		}
		if path == "/500" && rest.Status(err) != http.StatusInternalServerError {
			t.Errorf("status %d", rest.Status(err))
		}
	}
	if rest.Status(errors.New("no")) != 0 {
		t.Error("an error of others has a status")
	}
}

func TestStrictJSON(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"id":"1","more":{}}`:  true,
		`{"ID":"1"}`:            true, // a name of its own: id stays empty, which the caller looks at
		`{"id":1}`:              false,
		`{"id":"1","id":"2"}`:   false,
		`{"id":"1"`:             false,
		`{"id":"1"} {"id":"2"}`: false,
		`[]`:                    false,
		"{\"id\":\"\xff\"}":     false,
		``:                      false,
	} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, body) })
		got, err := c.Get(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			ID string `json:"id"`
		}
		err = got.Decode(&v)
		if (err == nil) != ok || strings.HasPrefix(body, `{"ID"`) && v.ID != "" {
			t.Errorf("%s: %+v, %v", body, v, err)
		}
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	date := func(d time.Duration) string {
		return time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	tests := map[string]struct {
		status int
		header http.Header
		body   string
		waits  []time.Duration // before the second request, and those after
		fails  bool
	}{
		"seconds":                 {status: 429, header: http.Header{"Retry-After": {"7"}}, waits: []time.Duration{7 * time.Second}},
		"a date, on their clock":  {status: 503, header: http.Header{"Date": {date(0)}, "Retry-After": {date(9 * time.Second)}}, waits: []time.Duration{9 * time.Second}},
		"a date of the past":      {status: 503, header: http.Header{"Date": {date(0)}, "Retry-After": {date(-time.Hour)}}, waits: []time.Duration{0}},
		"the window of Okta":      {status: 429, header: http.Header{"Date": {date(0)}, "X-Rate-Limit-Reset": {fmt.Sprint(time.Date(2026, 3, 1, 11, 0, 12, 0, time.UTC).Unix())}}, waits: []time.Duration{12 * time.Second}},
		"the window of GitHub":    {status: 403, header: http.Header{"Date": {date(0)}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {fmt.Sprint(time.Date(2026, 3, 1, 11, 0, 30, 0, time.UTC).Unix())}}, waits: []time.Duration{30 * time.Second}},
		"a quota of Google":       {status: 403, body: `{"error":{"errors":[{"reason":"userRateLimitExceeded"}]}}`, waits: []time.Duration{250 * time.Millisecond}},
		"nothing said":            {status: 502, waits: []time.Duration{250 * time.Millisecond}},
		"nonsense":                {status: 504, header: http.Header{"Retry-After": {"soon"}}, waits: []time.Duration{250 * time.Millisecond}},
		"longer than there is":    {status: 429, header: http.Header{"Retry-After": {"3600"}}, fails: true},
		"forbidden":               {status: 403, fails: true},
		"what no waiting changes": {status: 500, fails: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			c, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) > 1 {
					reply(w, `[]`)
					return
				}
				w.Header()["Date"] = []string{date(0)}
				for name, values := range test.header {
					w.Header()[name] = values
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			_, err := c.Get(t.Context(), "/")
			if (err != nil) != test.fails || fmt.Sprint(clock.waited) != fmt.Sprint(test.waits) {
				t.Errorf("waited %v, want %v; %v", clock.waited, test.waits, err)
			}
			if test.fails && asked.Load() != 1 {
				t.Errorf("asked %d times", asked.Load())
			}
		})
	}
}

// TestPatienceEnds: a server that always says wait is asked a bounded number of times in all, not for each request.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "10")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	begun := clock.Now()
	for i := range 100 {
		if _, err := c.Get(t.Context(), fmt.Sprintf("/%d", i)); err == nil {
			t.Fatal("no error")
		}
	}
	// six waits of ten seconds are in a minute's budget: five attempts of the first request (four waits), three of the second
	if asked.Load() != 8 || clock.Now().Sub(begun) != time.Minute {
		t.Errorf("asked %d times within %s", asked.Load(), clock.Now().Sub(begun))
	}
	_, err := c.Get(t.Context(), "/more")
	if err == nil || err.Error() != "GET /more: not asked any more: the time for waiting is used up" {
		t.Errorf("%v", err)
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	handler := func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `[`)
			panic(http.ErrAbortHandler)
		}
		reply(w, `[]`)
	}
	c, _ := serve(t, handler)
	if _, err := c.Get(t.Context(), "/"); err != nil || asked.Load() != 3 {
		t.Errorf("a read is tried again: %v after %d", err, asked.Load())
	}
	asked.Store(0)
	if _, err := c.PostJSON(t.Context(), "/", []byte(`{}`)); err == nil || asked.Load() != 1 || err.Error() != "POST /: the answer broke off" {
		t.Errorf("anything else is not: %v after %d", err, asked.Load())
	}
}

func TestTimeoutsAndStops(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		func(s *rest.Settings) { s.Timeout, s.Budget = 20*time.Millisecond, -1 })
	if _, err := c.Get(t.Context(), "/"); err == nil || err.Error() != "GET /: no answer in time" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int32
	c, _ = serve(t, func(_ http.ResponseWriter, r *http.Request) { asked.Add(1); cancel(); <-r.Context().Done() })
	if _, err := c.Get(ctx, "/"); err == nil || err.Error() != "GET /: the read was stopped" || asked.Load() != 1 {
		t.Errorf("%v after %d", err, asked.Load())
	}
}

func TestUntrustedServers(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, `[]`) }))
	t.Cleanup(server.Close)
	token := rest.Token("Bearer", func() (string, error) { return secret, nil })
	c, _ := client(t, server.URL, token)
	if _, err := c.Get(t.Context(), "/"); err == nil || err.Error() != "GET /: the server's certificate is not trusted" {
		t.Errorf("%v", err)
	}
	pool := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c, _ = client(t, server.URL, token, func(s *rest.Settings) { s.RootCAs = pool })
	if _, err := c.Get(t.Context(), "/"); err != nil {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	now := func(s rest.Settings) rest.Settings { s.Now = time.Now; return s }
	for name, test := range map[string]struct {
		settings rest.Settings
		field    string
		ok       bool
	}{
		"nothing":              {now(rest.Settings{}), "", true},
		"all at once":          {now(rest.Settings{Parallel: 17}), "parallel", false},
		"fewer than none":      {now(rest.Settings{Parallel: -1}), "parallel", false},
		"a time that is past":  {now(rest.Settings{Timeout: -1}), "request-timeout", false},
		"nothing tried twice":  {now(rest.Settings{Budget: -1}), "", true},
		"no clock, for nobody": {rest.Settings{}, "", false},
	} {
		_, err := test.settings.Completed()
		if _, field := fault.Public(err); (err == nil) != test.ok || field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
