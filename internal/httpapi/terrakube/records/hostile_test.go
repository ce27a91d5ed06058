package records_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// TestHostileRequests sends every route what no client sends: none of it is answered as if it were our fault.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	w := start(t)
	ids := []string{"x", "..", "%00", "%ff", "%2e%2e", "a%2Fb", "'%20OR%201=1--", "org-0000000000000000", strings.Repeat("a", 5000), "*", "%E2%80%AE", w.org, w.workspace}
	queries := []string{"", "?filter=%00", "?filter=((((", "?filter==in=", "?sort=-", "?page[size]=99999999999999999999", "?include=....", "?fields[=x", "?filter[]=a==b", "?%zz", "?filter=name==%ff", "?;;;", "?filter=name=in=(" + strings.Repeat("a,", 2000) + "a)"}
	bodies := []string{
		"", "null", "[]", "0", `"x"`, "{", `{"data":{}}`, `{"data":{"type":null,"id":7}}`, `{"data":{"type":"x","attributes":[]}}`, `{"data":{"type":"team","id":"x","attributes":{"name":{"a":[]}},"relationships":[]}}`,
		`{"data":{"type":"team","relationships":{"organization":{"data":[[]]}}}}`, strings.Repeat(`{"data":`, 5000), `{"data":[{"type":"x"}]}`, `{"atomic:operations":[{"op":"add","href":"////"},{}]}`,
		`{"atomic:operations":[{"op":"remove","href":"/organization/x/relationships/"}]}`, `{"atomic:operations":[{"op":"add","href":"relationships/x","data":{}}]}`, "\xff\xfe", `{"data":{"type":"\ud800"}}`,
	}
	random := rand.New(rand.NewPCG(7, 7))
	tried, pick := 0, func(all []string) string { return all[random.IntN(len(all))] }
	for _, e := range w.Endpoints() {
		if !strings.HasPrefix(e.Path, "/api/v1/") {
			continue
		}
		for range 6 {
			var steps []string
			for step := range strings.SplitSeq(strings.TrimPrefix(e.Path, "/api/v1/"), "/") {
				if strings.HasPrefix(step, ":") {
					if step = pick(ids); e.Method == http.MethodDelete && (step == w.org || step == w.workspace) {
						step = "x" // which could be deleted
					} else if len(steps) == 1 && steps[0] == "organization" && random.IntN(2) == 0 {
						step = w.org
					}
				}
				steps = append(steps, step)
			}
			body := ""
			if e.Method != http.MethodGet {
				body = pick(bodies)
			}
			got := w.call(t, e.Method, strings.Join(steps, "/")+pick(queries), w.SiteToken, body, "Content-Type", pick([]string{mediaType, mediaType, mediaType, "application/json", "x"}))
			if got.Status >= 500 || got.Status < 400 && e.Method != http.MethodGet {
				t.Errorf("%s with %.80q answers %d: %.300s", got.call, body, got.Status, got.Body)
			}
			tried++
		}
	}
	if tried < 500 {
		t.Errorf("%d requests were sent; the test looks in the wrong place", tried)
	}
}
