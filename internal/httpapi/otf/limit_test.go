package otf_test

import (
	"net/http"
	"testing"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestCallersAreLimited sends more at once than a second lets through.
func TestCallersAreLimited(t *testing.T) {
	t.Parallel()
	r := testkit.App(t, func(c *config.Config) { c.TFERateLimit = 2 })
	answers := map[int]int{}
	for range 100 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+"/otfapi/organizations/acme/teams/devs", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+r.SiteToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		answers[resp.StatusCode]++
	}
	if answers[http.StatusNotFound] == 0 || answers[http.StatusTooManyRequests] == 0 {
		t.Errorf("answers by status: %v, want some let through and some refused", answers)
	}
}
