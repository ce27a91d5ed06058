package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/admin"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
	"github.com/terrawarden/terrawarden/loader/source/peribolos/oracle"
)

// kubernetesData lies beside the checkout; a test without it fails.
const kubernetesData = "../../../shared/data/kubernetes-org"

const sampled = 200

// TestKubernetesOnEverySize loads a real project's organizations into every size and compares sampled decisions with
// those of an oracle that reads the files by itself.
func TestKubernetesOnEverySize(t *testing.T) {
	t.Parallel()
	o, err := oracle.Load(kubernetesData)
	if err != nil {
		t.Fatal(err)
	}
	estate, err := peribolos.New(kubernetesData).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cases := o.Sample(20261121, sampled)
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			r, err := testkit.Start(t.Context(), testkit.Sized(t, size))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Stop() //nolint:errcheck // the test has its answers by then
			if n := importEstate(t, r, estate); n.actions == 0 {
				t.Fatal("the import planned nothing")
			}
			if n := importEstate(t, r, estate); n.actions != 0 {
				t.Errorf("a second import plans %d actions", n.actions)
			}
			allowed := 0
			for i, d := range evaluate(t, r, cases) {
				if d {
					allowed++
				}
				if d != cases[i].Allowed {
					t.Errorf("%+v: decided %t", cases[i], d)
				}
			}
			t.Logf("%d sampled decisions equal the oracle's, %d of them allowed", len(cases), allowed)
		})
	}
}

type imported struct{ actions int }

// importEstate sends an estate as the command line does and counts what was planned.
func importEstate(t *testing.T, r *testkit.Running, estate any) imported {
	t.Helper()
	resp := post(t, r, "/admin/v1/imports", estate)
	defer resp.Body.Close()
	var n imported
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 64<<20)
	done := false
	for lines.Scan() {
		var event struct {
			Error *admin.ImportFailed `json:"error"`
			Plan  *loader.Plan        `json:"plan"`
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatal(err)
		}
		if event.Error != nil {
			t.Fatalf("import: %s", event.Error.Message)
		}
		if event.Plan != nil {
			done = true
			n.actions = len(event.Plan.Actions())
		}
	}
	if !done {
		t.Fatalf("the import was not answered to its end: %s", resp.Status)
	}
	return n
}

// evaluate asks all cases in one batch.
func evaluate(t *testing.T, r *testkit.Running, cases []oracle.Case) []bool {
	t.Helper()
	items := make([]map[string]any, len(cases))
	for i, c := range cases {
		items[i] = map[string]any{
			"subject":  map[string]string{"type": "user", "id": c.User},
			"action":   map[string]string{"name": c.Permission},
			"resource": map[string]string{"type": "workspace", "id": c.Organization + "/" + c.Repo},
			"context":  map[string]string{"consistency": "fully_consistent"},
		}
	}
	resp := post(t, r, "/access/v1/evaluations", map[string]any{"evaluations": items})
	defer resp.Body.Close()
	var answer struct {
		Evaluations []struct {
			Decision bool `json:"decision"`
		} `json:"evaluations"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || len(answer.Evaluations) != len(cases) {
		t.Fatalf("%d answers to %d questions (%v)", len(answer.Evaluations), len(cases), err)
	}
	out := make([]bool, len(cases))
	for i, e := range answer.Evaluations {
		out[i] = e.Decision
	}
	return out
}

// post sends a body that must be answered with success.
func post(t *testing.T, r *testkit.Running, path string, body any) *http.Response {
	t.Helper()
	resp := request(t, r, http.MethodPost, path, body)
	if resp.StatusCode != http.StatusOK {
		var text bytes.Buffer
		_, _ = text.ReadFrom(resp.Body)
		t.Fatalf("%s answers %s: %s", path, resp.Status, text.String())
	}
	return resp
}

func request(t *testing.T, r *testkit.Running, method, path string, body any) *http.Response {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.URL+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.SiteToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
