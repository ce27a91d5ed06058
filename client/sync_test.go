package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/client"
)

const planDocument = `{"data":{"id":"sync-1","type":"sync-plans","attributes":{"source":"corp","status":"applied","created-at":null,"report":{"outcome":"applied","total":3}},
	"relationships":{"creator":{"data":{"type":"users","id":"user-1"}},"decider":{"data":null}}}}`

// TestLongRuns lets calls that read a directory take longer than others may, and sends none of them twice.
func TestLongRuns(t *testing.T) {
	t.Parallel()
	slowly := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		says(200, planDocument, "ZedToken", "zed")(w, r)
	}
	calls := map[string]func(context.Context, *client.Client) (client.SyncPlan, error){
		"plan": func(ctx context.Context, c *client.Client) (client.SyncPlan, error) {
			return c.PlanSync(ctx, "corp", client.SyncOptions{})
		},
		"run": func(ctx context.Context, c *client.Client) (client.SyncPlan, error) {
			return c.RunSync(ctx, "corp", client.SyncOptions{Full: true})
		},
		"resync": func(ctx context.Context, c *client.Client) (client.SyncPlan, error) {
			return c.Resync(ctx, "corp", "crew")
		},
		"upload": func(ctx context.Context, c *client.Client) (client.SyncPlan, error) {
			return c.UploadSnapshot(ctx, "corp", json.RawMessage(`{}`), false)
		},
		"apply": func(ctx context.Context, c *client.Client) (client.SyncPlan, error) {
			return c.ApplySyncPlan(ctx, "sync-1", "abc")
		},
		"approve": func(ctx context.Context, c *client.Client) (client.SyncPlan, error) {
			return c.ApproveSyncPlan(ctx, "sync-1", "abc", "")
		},
		"of group": func(ctx context.Context, c *client.Client) (client.SyncPlan, error) {
			return c.ResyncGroup(ctx, "grp-1")
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serving(t, slowly)
			p, err := call(t.Context(), s.client(t, client.Options{Timeout: time.Millisecond}))
			if err != nil || p.ID != "sync-1" || p.Status != client.PlanApplied || p.ZedToken != "zed" || p.Report.Total != 3 || p.Creator.ID != "user-1" || p.Decider != nil || !p.CreatedAt.IsZero() {
				t.Errorf("after a while: %+v, %v", p, err)
			}
			busy := serving(t, says(503, `{"errors":[{"status":"503","title":"service unavailable","detail":"later"}]}`))
			if _, err := call(t.Context(), busy.client(t, client.Options{})); !is(err, client.CodeUnavailable) || busy.requests.Load() != 1 {
				t.Errorf("by a busy service it is answered %v after %d requests", err, busy.requests.Load())
			}
			cut := serving(t, says(200, `{"data":{"id":"sync-`))
			if _, err := call(t.Context(), cut.client(t, client.Options{})); !unreachable(err) {
				t.Errorf("an answer that breaks off: %v", err)
			}
			ctx, stop := context.WithCancel(t.Context())
			stop()
			if _, err := call(ctx, s.client(t, client.Options{})); !errors.Is(err, context.Canceled) {
				t.Errorf("by somebody who has gone away: %v", err)
			}
		})
	}
}

// What is uploaded is sent as it is, and a name with a slash stays one part of the path.
func TestUploadsAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	const snapshot = `{"users":[{"id":"a<b>&"}]}`
	s := serving(t, func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil || !sameJSON(t, string(raw), snapshot) || r.URL.EscapedPath() != "/api/v2/admin/sync-sources/a%2Fb/snapshots" || r.URL.RawQuery != "dry-run=true" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v: %s, %v", r.URL.EscapedPath(), r.URL.RawQuery, r.Header, raw, err)
		}
		says(200, planDocument)(w, r)
	})
	if _, err := s.client(t, client.Options{}).UploadSnapshot(t.Context(), "a/b", json.RawMessage(snapshot), true); err != nil {
		t.Error(err)
	}
	if _, err := s.client(t, client.Options{}).UploadSnapshot(t.Context(), "a/b", json.RawMessage(`{"users":`), true); err == nil || s.requests.Load() != 1 {
		t.Errorf("half a snapshot: %v after %d requests", err, s.requests.Load())
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	again, _ := json.Marshal(x)
	other, _ := json.Marshal(y)
	return string(again) == string(other)
}

func TestDocumentsOfPlans(t *testing.T) {
	t.Parallel()
	s := serving(t, says(200, `{"source":"corp"}`, "Plan-Digest", "abc"), says(404, `{"errors":[{"status":"404","title":"not found"}]}`))
	c := s.client(t, client.Options{})
	if plan, digest, err := c.ReadSyncPlanDocument(t.Context(), "sync-1"); err != nil || digest != "abc" || string(plan) != `{"source":"corp"}` {
		t.Errorf("the document is %s of %s, %v", plan, digest, err)
	}
	if plan, _, err := c.ReadSyncPlanDocument(t.Context(), "sync-2"); !is(err, client.CodeNotFound) || plan != nil {
		t.Errorf("one that is not there: %s, %v", plan, err)
	}
}
