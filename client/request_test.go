package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/client"
)

// server answers each request with the next of some answers, the last one again and again.
type server struct {
	*httptest.Server

	requests atomic.Int32
	answers  []http.HandlerFunc
}

func serving(t *testing.T, answers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(s.requests.Add(1))
		s.answers[min(n, len(s.answers))-1](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) client(t *testing.T, o client.Options) *client.Client {
	t.Helper()
	c, err := client.New(s.URL, "secret-of-the-test", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestBusyServices(t *testing.T) {
	t.Parallel()
	busy, limited, yes := says(503, `"later"`), says(429, `"too often"`, "Retry-After", "0"), says(200, `{"decision":true}`)
	soon := time.Now().UTC()
	dated := says(503, `"later"`, "Retry-After", soon.Add(time.Hour).Format(http.TimeFormat), "Date", soon.Format(http.TimeFormat))
	check := func(ctx context.Context, c *client.Client) error {
		_, err := c.Check(ctx, applyRun(client.User("bob")))
		return err
	}
	create := func(ctx context.Context, c *client.Client) error {
		_, err := c.CreateToken(ctx, client.TokenRequest{Kind: "user", Name: "bob"})
		return err
	}
	list := func(ctx context.Context, c *client.Client) error {
		_, err := c.ListTokens(ctx)
		return err
	}
	revoke := func(ctx context.Context, c *client.Client) error { return c.RevokeToken(ctx, "at-1") }
	for name, row := range map[string]struct {
		call     func(context.Context, *client.Client) error
		answers  []http.HandlerFunc
		options  client.Options
		requests int32
		status   int
	}{
		"a question that is answered the third time":   {check, []http.HandlerFunc{busy, limited, yes}, client.Options{}, 3, 0},
		"a question that is not":                       {check, []http.HandlerFunc{busy, busy, busy, yes}, client.Options{}, 3, 503},
		"a question with more patience":                {check, []http.HandlerFunc{busy, busy, busy, yes}, client.Options{Retries: 3}, 4, 0},
		"a question with none":                         {check, []http.HandlerFunc{busy, yes}, client.Options{Retries: -1}, 1, 503},
		"a question that is told to wait too long":     {check, []http.HandlerFunc{says(503, "", "Retry-After", "60"), yes}, client.Options{}, 1, 503},
		"a question that is told to wait until a time": {check, []http.HandlerFunc{dated, yes}, client.Options{}, 1, 503},
		"a question that is refused for good":          {check, []http.HandlerFunc{says(403, `"no"`), yes}, client.Options{}, 1, 403},
		"a question that meets a fault of the service": {check, []http.HandlerFunc{says(500, `"oh"`), yes}, client.Options{}, 1, 500},
		"a list": {list, []http.HandlerFunc{busy, says(200, `{"tokens":[]}`)}, client.Options{}, 2, 0},
		"a deletion, which a second time does no harm":   {revoke, []http.HandlerFunc{busy, says(204, "")}, client.Options{}, 2, 0},
		"something that would be there twice":            {create, []http.HandlerFunc{busy, says(201, `{}`)}, client.Options{}, 1, 503},
		"something that would be there twice, too often": {create, []http.HandlerFunc{limited, says(201, `{}`)}, client.Options{}, 1, 429},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serving(t, row.answers...)
			err := row.call(t.Context(), s.client(t, row.options))
			refused, ok := errors.AsType[*client.Error](err)
			if ok != (row.status != 0) || ok && refused.Status != row.status || s.requests.Load() != row.requests {
				t.Errorf("%d requests, then %v; want %d and status %d", s.requests.Load(), err, row.requests, row.status)
			}
		})
	}
}

// Whoever gives up while the client waits gets the refusal at once.
func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := serving(t, func(w http.ResponseWriter, r *http.Request) {
		says(503, `"later"`, "Retry-After", "3600")(w, r)
		cancel()
	})
	_, err := s.client(t, client.Options{MaxWait: 2 * time.Hour}).Check(ctx, applyRun(client.User("bob")))
	if err == nil || s.requests.Load() != 1 {
		t.Errorf("%d requests, then %v", s.requests.Load(), err)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	silent := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see that the client has gone
		<-r.Context().Done()
	})
	if _, err := silent.client(t, client.Options{Timeout: 20 * time.Millisecond}).Check(t.Context(), applyRun(client.User("bob"))); !errors.Is(err, context.DeadlineExceeded) || !unreachable(err) {
		t.Errorf("a service that says nothing: %v", err)
	}
	slow := serving(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write([]byte(`{"decision":`))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	if a, err := slow.client(t, client.Options{Timeout: 20 * time.Millisecond}).Check(t.Context(), applyRun(client.User("bob"))); !unreachable(err) || a.Allowed {
		t.Errorf("a service that stops in the middle: %+v, %v", a, err)
	}
	nobody := serving(t, says(200, ""))
	nobody.Close()
	if _, err := nobody.client(t, client.Options{}).Check(t.Context(), applyRun(client.User("bob"))); !unreachable(err) || !strings.Contains(err.Error(), "cannot reach") {
		t.Errorf("no service: %v", err)
	}
	for name, body := range map[string]string{"a page": "<html>", "a text": `"true"`, "nothing": "", "half": `{"decision":tr`, "an array": "[true]"} {
		if a, err := serving(t, says(200, body)).client(t, client.Options{}).Check(t.Context(), applyRun(client.User("bob"))); err == nil || a.Allowed {
			t.Errorf("%s instead of an answer: %+v, %v", name, a, err)
		}
	}
	for name, body := range map[string]string{"too few": `{"evaluations":[{"decision":true}]}`, "too many": `{"evaluations":[{"decision":true},{"decision":true},{"decision":true}]}`, "one for all": `{"decision":true}`} {
		ask := []client.Question{applyRun(client.User("bob")), applyRun(client.User("carol"))}
		if a, err := serving(t, says(200, body)).client(t, client.Options{}).CheckAll(t.Context(), ask, ""); err == nil || len(a) > 0 {
			t.Errorf("%s answers: %+v, %v", name, a, err)
		}
	}
}

func unreachable(err error) bool {
	_, ok := errors.AsType[*client.UnreachableError](err)
	return ok
}

// A redirect, as a proxy sends one, leads nowhere that the credential should be shown.
func TestRedirectsCarryNoCredential(t *testing.T) {
	t.Parallel()
	var seen atomic.Value
	elsewhere := serving(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Get("Authorization"))
		says(200, `{"decision":true}`)(w, r)
	})
	from := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1) // another host, as far as names go
	s := serving(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, from, http.StatusTemporaryRedirect) })
	a, err := s.client(t, client.Options{}).Check(t.Context(), applyRun(client.User("bob")))
	if got := seen.Load(); got != nil || err == nil || a.Allowed {
		t.Errorf("the other server was shown %v; the answer is %+v, %v", got, a, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		want   client.Error
		text   string
	}{
		"of the checks":          {400, `"subject.id is required"`, client.Error{Code: client.CodeInvalid, Message: "subject.id is required"}, "subject.id is required (400)"},
		"of the administration":  {422, `{"errors":[{"kind":"invalid","message":"must be user or service","field":"kind"}]}`, client.Error{Code: client.CodeInvalid, Message: "must be user or service", Field: "kind"}, "kind must be user or service (422)"},
		"two of them":            {422, `{"errors":[{"message":"is missing","field":"a"},{"message":"is wrong","field":"b"}]}`, client.Error{Code: client.CodeInvalid, Message: "is missing", Field: "a", Further: []client.Fault{{Message: "is wrong", Field: "b"}}}, "a is missing\n  b is wrong (422)"},
		"of JSON:API":            {422, `{"errors":[{"status":"422","title":"invalid attribute","detail":"Name has been taken","source":{"pointer":"/data/attributes/name"}}]}`, client.Error{Code: client.CodeInvalid, Message: "Name has been taken", Field: "name"}, "Name has been taken (422)"},
		"of JSON:API, elsewhere": {422, `{"errors":[{"detail":"Role can't be blank","source":{"pointer":"/data/relationships/role/data/id"}}]}`, client.Error{Code: client.CodeInvalid, Message: "Role can't be blank", Field: "role"}, "Role can't be blank (422)"},
		"of a parameter":         {400, `{"errors":[{"title":"bad request","detail":"page[size] must be a whole number","source":{"parameter":"page[size]"}}]}`, client.Error{Code: client.CodeInvalid, Message: "page[size] must be a whole number", Field: "page[size]"}, ""},
		"of JSON:API, masked":    {404, `{"errors":[{"status":"404","title":"not found"}]}`, client.Error{Code: client.CodeNotFound, Message: "not found"}, "not found (404)"},
		"of the service":         {404, `{"error":"Not Found"}`, client.Error{Code: client.CodeNotFound, Message: "Not Found"}, "Not Found (404)"},
		"of a proxy":             {502, "<html>Bad Gateway</html>", client.Error{Code: client.CodeUnavailable, Message: "the service answered 502 Bad Gateway"}, "the service answered 502 Bad Gateway (502)"},
		"of nobody":              {500, "", client.Error{Code: client.CodeInternal, Message: "the service answered 500 Internal Server Error"}, ""},
		"of too large a body":    {413, `"too large"`, client.Error{Code: client.CodeLimited, Message: "too large"}, ""},
		"of the state of things": {409, `{"errors":[{"message":"was changed"}]}`, client.Error{Code: client.CodeConflict, Message: "was changed"}, ""},
	} {
		s := serving(t, says(row.status, row.body, "X-Request-Id", "r-1"))
		_, err := s.client(t, client.Options{Retries: -1}).Check(t.Context(), applyRun(client.User("bob")))
		refused, ok := errors.AsType[*client.Error](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		row.want.Status, row.want.RequestID = row.status, "r-1"
		if diff := cmp.Diff(row.want, *refused); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if row.text != "" && err.Error() != row.text {
			t.Errorf("%s reads %q, want %q", name, err, row.text)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://terrawarden.example.com": true, "http://127.0.0.1:8080/": true, "https://example.com/terrawarden": true,
		"": false, "terrawarden.example.com": false, "ftp://example.com": false, "http://": false, "http://a b/": false,
		"https://ann:hunter2@example.com": false, "https://example.com/?token=hunter2": false, "ftp://ann:hunter2@example.com": false,
	} {
		c, err := client.New(address, "", client.Options{})
		if (err == nil) != good || good && c.BaseURL() != strings.TrimSuffix(address, "/") {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error of %q tells the secret: %v", address, err)
		}
	}
}

// No error tells the credential, whatever goes wrong.
func TestErrorsTellNoCredential(t *testing.T) {
	t.Parallel()
	for _, answer := range []http.HandlerFunc{says(500, "oh"), says(200, "<html>"), says(401, `"no"`)} {
		s := serving(t, answer)
		if _, err := s.client(t, client.Options{}).ListTokens(t.Context()); err == nil || strings.Contains(err.Error(), "secret-of-the-test") {
			t.Errorf("the error is %v", err)
		}
	}
	c, err := client.New("http://127.0.0.1:1", "secret\nof-the-test", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListTokens(t.Context()); err == nil || strings.Contains(err.Error(), "of-the-test") {
		t.Errorf("the error of a credential that cannot be sent is %v", err)
	}
}
