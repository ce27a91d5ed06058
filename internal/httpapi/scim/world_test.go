package scim_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/authzen"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim"
	"github.com/terrawarden/terrawarden/internal/httpapi/tfe"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/loader/directory"
)

const siteToken = "the-site-token-of-this-very-test-0123456789"

// world is a service with the example organization and the loader's real engine, by a clock that the test turns on.
type world struct {
	*testkit.Bench
	*testkit.Running
	sync *directory.Engine
	mu   sync.Mutex
	now  time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	w.Bench = testkit.ServiceWith(t, testkit.Sized(t, config.EngineEmbedded), catalog.Deps{Now: w.clock})
	if err := w.Example(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	w.sync, err = directory.New(directory.Deps{
		Service: w.Service, Store: w.Store, Log: testkit.Quiet(), Now: w.clock, Random: rand.Reader, Holder: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	registry := telemetry.NewRegistry()
	var url string
	server, err := httpapi.New(httpapi.Deps{
		Protocols: []httpapi.Protocol{
			scim.New(scim.Deps{Service: w.Service, Engine: w.sync, Now: w.clock}),
			tfe.New(tfe.Deps{Service: w.Service, Mode: tfe.ModeTFE}),
			authzen.New(authzen.Deps{Decider: w.Service, PublicURL: func() string { return url }, PageKey: make([]byte, 32), NewID: func() string { return "id" }}),
		},
		Authenticate: authn.New(w.Service, siteToken, w.Admin.Subject.ID).Authenticate,
		Ready:        w.Service.Ready, Log: testkit.Quiet(), Metrics: telemetry.NewMetrics(registry), Registry: registry, NewID: func() string { return "id" },
	})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	url = listening.URL
	w.Running = &testkit.Running{URL: url, SiteToken: siteToken}
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond) // so that what is made later is younger
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// connection makes a service account with a token of some scopes, and gives its directory a profile.
func (w *world) connection(t *testing.T, name, profile string) string {
	t.Helper()
	secret := w.secret(t, catalog.TokenRequest{Kind: catalog.TokenService, Name: name, Scopes: []string{"scim"}})
	w.scim(t, secret, http.MethodGet, "/ServiceProviderConfig", "", http.StatusOK) // which makes the directory
	w.directory(t, name, func(d *catalog.Directory) { d.Profile = profile })
	return secret
}

func (w *world) secret(t *testing.T, r catalog.TokenRequest) string {
	t.Helper()
	issued, err := w.CreateToken(t.Context(), w.Admin, r)
	if err != nil {
		t.Fatal(err)
	}
	return issued.Secret
}

// directory changes a directory.
func (w *world) directory(t *testing.T, name string, change func(*catalog.Directory)) {
	t.Helper()
	d, err := w.Store.Directory(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	change(&d)
	if err := w.Store.PutDirectory(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// scim sends a request of the protocol; a status of 0 wants any.
func (w *world) scim(t *testing.T, secret, method, path, body string, status int, header ...string) testkit.Reply {
	t.Helper()
	if body != "" {
		header = append([]string{"Content-Type", scim.MediaType}, header...)
	}
	got := w.Call(t, method, "/scim/v2"+path, secret, body, header...)
	if status != 0 && got.Status != status {
		t.Fatalf("%s %s %.300s: %d %s, want %d", method, path, body, got.Status, got.Body, status)
	}
	return got
}

// add creates a resource and returns its id.
func (w *world) add(t *testing.T, secret, path, body string) string {
	t.Helper()
	var made struct{ ID string }
	w.scim(t, secret, http.MethodPost, path, body, http.StatusCreated).Decode(t, &made)
	return made.ID
}

// link makes a team of the example organization follow a group.
func (w *world) link(t *testing.T, groupID, team string) {
	t.Helper()
	found, err := w.FindTeam(t.Context(), w.Admin, "acme/"+team, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.LinkGroup(t.Context(), w.Admin, groupID, found.ID); err != nil {
		t.Fatal(err)
	}
}

// may reports whether a user may read the workspace acme/prod, as a platform asks.
func (w *world) may(t *testing.T, userID string) bool {
	t.Helper()
	body := `{"subject":{"type":"user","id":"` + userID + `"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`
	got := w.Call(t, http.MethodPost, "/access/v1/evaluation", siteToken, body)
	if got.Status != http.StatusOK {
		t.Fatalf("ask: %d %s", got.Status, got.Body)
	}
	return strings.Contains(got.Body, `"decision":true`)
}
