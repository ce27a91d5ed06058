package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
)

// Answers counts answers by "METHOD ROUTE STATUS".
type Answers map[string]int

// requests is the counter of served requests in the exposition format of Prometheus.
const requests = `^terrawarden_http_requests_total\{method="([^"]*)",route="([^"]*)",status="(5\d\d)"\} (\S+)$`

// readBroken reads how many answers said that the server failed (5xx), from its metrics.
func readBroken(exposition io.Reader) (Answers, error) {
	counter, lines := regexp.MustCompile(requests), bufio.NewScanner(exposition)
	broken := Answers{}
	for lines.Scan() {
		found := counter.FindStringSubmatch(lines.Text())
		if found == nil {
			continue
		}
		count, err := strconv.ParseFloat(found[4], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
		broken[found[1]+" "+found[2]+" "+found[3]] = int(count)
	}
	return broken, lines.Err()
}

// Broken asks the server how many of its answers were a 5xx so far. Clients repeat such a request, go-tfe up to 30
// times, and a test may pass nevertheless, so they are counted where they arise.
func (s *Server) Broken(ctx context.Context) (Answers, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics: %s", res.Status)
	}
	return readBroken(res.Body)
}

// Since returns what came on top of earlier answers.
func (a Answers) Since(earlier Answers) Answers {
	fresh := Answers{}
	for answer, count := range a {
		if more := count - earlier[answer]; more > 0 {
			fresh[answer] = more
		}
	}
	return fresh
}

// Total returns how many answers there are.
func (a Answers) Total() int {
	n := 0
	for _, count := range a {
		n += count
	}
	return n
}
