package server

import (
	"maps"
	"strings"
	"testing"
)

func TestReadBroken(t *testing.T) {
	t.Parallel()
	const exposition = `# HELP terrawarden_http_requests_total Requests served, by route, method and status.
# TYPE terrawarden_http_requests_total counter
terrawarden_http_requests_total{method="GET",route="/api/v2/organizations/:organization",status="200"} 7
terrawarden_http_requests_total{method="GET",route="/api/v2/organizations/:organization",status="500"} 31
terrawarden_http_requests_total{method="POST",route="none",status="503"} 2
terrawarden_decisions_total{engine="500"} 5
`
	got, err := readBroken(strings.NewReader(exposition))
	want := Answers{"GET /api/v2/organizations/:organization 500": 31, "POST none 503": 2}
	if err != nil || !maps.Equal(got, want) {
		t.Fatalf("got %v, %v; want %v", got, err, want)
	}
	fresh := got.Since(Answers{"GET /api/v2/organizations/:organization 500": 30, "POST none 503": 2})
	if fresh.Total() != 1 || fresh["GET /api/v2/organizations/:organization 500"] != 1 {
		t.Errorf("on top of the earlier ones: %v", fresh)
	}
}
