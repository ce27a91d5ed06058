package directory_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// hookTarget is a server that webhooks call.
type hookTarget struct {
	*httptest.Server

	mu     sync.Mutex
	bodies [][]byte
	heads  []http.Header
	answer func(try int) int
	came   chan struct{}
}

func newHookTarget(t *testing.T, answer func(try int) int) *hookTarget {
	t.Helper()
	h := &hookTarget{answer: answer, came: make(chan struct{}, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.bodies, h.heads = append(h.bodies, body), append(h.heads, r.Header)
		status := h.answer(len(h.bodies))
		h.mu.Unlock()
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		h.came <- struct{}{}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hookTarget) calls() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.bodies)
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func hookEvent() directory.Event {
	return directory.Event{
		ID: "sync-1", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Type: directory.EventHeld, Source: "corp", PlanID: "sync-2", Digest: "ab",
		Message: "a plan is held by empty-source", Trips: []directory.Trip{{Guard: directory.GuardEmpty, Count: 3, Of: 3, Message: "none"}},
	}
}

func hookSecret() (string, error) { return "hunter2", nil }

// deliver sends one event and waits until Work has ended after so many calls.
func deliver(t *testing.T, h *hookTarget, calls int, events ...directory.Event) string {
	t.Helper()
	log := &lockedBuffer{}
	hook, err := directory.NewWebhook(directory.WebhookDeps{
		URL: h.URL + "/hook?token=sesame", Secret: hookSecret, Log: slog.New(slog.NewTextHandler(log, nil)), Origin: "https://tw.example", Backoff: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		hook.Work(ctx)
	}()
	for _, e := range events {
		hook.Notify(e)
	}
	for range calls {
		<-h.came
	}
	// What gives up says so; what was sent leaves nothing to wait for but a sign that no more comes.
	time.Sleep(30 * time.Millisecond)
	cancel()
	<-done
	return log.String()
}

func TestWebhookSendsSignedCloudEvents(t *testing.T) {
	t.Parallel()
	h := newHookTarget(t, func(int) int { return http.StatusAccepted })
	log := deliver(t, h, 1, hookEvent())
	mac := hmac.New(sha256.New, []byte("hunter2"))
	mac.Write(h.bodies[0])
	if got, want := h.heads[0].Get("X-Terrawarden-Signature"), "sha256="+hex.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if got := h.heads[0].Get("Content-Type"); !strings.HasPrefix(got, "application/cloudevents+json") {
		t.Errorf("content type %s", got)
	}
	var got map[string]any
	if err := json.Unmarshal(h.bodies[0], &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"specversion": "1.0", "id": "sync-1", "source": "https://tw.example", "type": "terrawarden.sync.held", "subject": "corp",
		"time": "2026-01-02T03:04:05Z", "datacontenttype": "application/json",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %s", key, got[key], want)
		}
	}
	data, ok := got["data"].(map[string]any)
	if !ok || data["plan-id"] != "sync-2" || data["message"] != "a plan is held by empty-source" {
		t.Errorf("data %v", got["data"])
	}
	if strings.Contains(string(h.bodies[0])+log, "hunter2") {
		t.Error("the secret is told")
	}
}

func TestWebhookTriesAgainAndGivesUp(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer func(try int) int
		calls  int
		lost   bool
	}{
		"the third time it works":         {func(try int) int { return map[bool]int{true: 503, false: 200}[try < 3] }, 3, false},
		"it never works":                  {func(int) int { return 500 }, 3, true},
		"it is not wanted":                {func(int) int { return 403 }, 1, true},
		"a redirection is not gone after": {func(int) int { return http.StatusFound }, 1, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHookTarget(t, test.answer)
			log := deliver(t, h, test.calls, hookEvent())
			if got := h.calls(); got != test.calls {
				t.Errorf("%d calls, want %d", got, test.calls)
			}
			if strings.Contains(log, "was not sent") != test.lost || strings.Contains(log, "sesame") || strings.Contains(log, "hunter2") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestWebhookNeverWaits(t *testing.T) {
	t.Parallel()
	log := &lockedBuffer{}
	hook, err := directory.NewWebhook(directory.WebhookDeps{URL: "https://127.0.0.1:1/", Secret: hookSecret, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range 300 { // nobody sends them
		hook.Notify(hookEvent())
	}
	if got := strings.Count(log.String(), "too many wait"); got != 300-256 {
		t.Errorf("%d are dropped", got)
	}
}

func TestWebhookAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://hooks.example/x": true, "http://127.0.0.1:8080/": true, "http://[::1]/": true, "http://localhost/": true,
		"http://hooks.example/": false, "ftp://hooks.example/": false, "hooks.example": false, "": false, "https://u:hunter2@hooks.example/": false,
		"http://127.0.0.1.example/": false,
	} {
		_, err := directory.NewWebhook(directory.WebhookDeps{URL: address, Secret: hookSecret, Log: slog.New(slog.DiscardHandler)})
		if (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Error("the error tells a secret")
		}
	}
}
