package directory_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	wire "github.com/terrawarden/terrawarden/internal/httpapi/directory"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// FuzzSnapshots sends bodies: each is taken, or refused with a reason, and what is taken reads the same again.
func FuzzSnapshots(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"users":null}`, `{"users":[{"id":"u","username":"n","disabled":true}],"groups":[{"id":"g","name":"n","members":["u"],"groups":["g"]}],"users-complete":true}`,
		`{"partial":true,"cursor":"c","groups":[{"id":"g","incremental":true,"removed":["u"],"removed-groups":["h"],"deleted":true,"unknown":"cut"}],"warnings":["w"]}`,
		`{"users":[{"id":"\u0000"}]}`, `{"users":[{"id":1}]}`, "{\"users\":[{\"id\":\"\xff\"}]}", `{"Users":[]}`, `{"users":[],"users":[]}`,
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	d := &desk{kept: catalog.SyncPlan{Source: "corp"}}
	h := wire.New(wire.Deps{Service: registry{d}, Engine: d})
	all := h.Endpoints()
	i := slices.IndexFunc(all, func(e endpoint.Endpoint) bool { return strings.HasSuffix(e.Path, "/snapshots") })
	f.Fuzz(func(t *testing.T, body string, zipped bool) {
		d.asked = nil
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		if zipped {
			req.Header.Set("Content-Encoding", "gzip")
		}
		answer := httptest.NewRecorder()
		c := echo.New().NewContext(req, answer)
		c.SetParamNames("source")
		c.SetParamValues("corp")
		endpoint.SetPrincipal(c, catalog.Principal{Subject: authz.Object{Type: "user", ID: "u"}, Scopes: []catalog.Scope{catalog.ScopeSync}})
		err := all[i].Handle(c)
		if err != nil {
			if status, _ := h.Error(c, err); status < 400 || status >= 500 || len(d.asked) > 0 || !strings.Contains(answer.Body.String(), "detail") {
				t.Errorf("%q is answered %d %s after %q", body, status, answer.Body, d.asked)
			}
			return
		}
		var again any
		if !slices.Equal(d.asked, []string{"upload corp"}) || json.Unmarshal([]byte(body), &again) != nil && !zipped {
			t.Errorf("%q is taken, and the engine was asked %q", body, d.asked)
		}
	})
}
