package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/host"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/wire"
)

// perRequest is how many checks the API takes at once.
const perRequest = 1000

// page is one kind of page that a client shows.
type page struct {
	what        string
	workspaces  int
	permissions []string
	again       bool // the same page over and over
	limit       time.Duration
	target      string
}

func pages() []page {
	return []page{
		{"20 workspaces × 13 booleans, cold", 20, estate.Booleans(), false, 60 * time.Millisecond, "≤ 60 ms"},
		{"100 workspaces × 13 booleans, repeated", 100, estate.Booleans(), true, 10 * time.Millisecond, "≤ 10 ms"},
		{"100 workspaces × all booleans, cold", 100, estate.Permissions(), false, 300 * time.Millisecond, "≤ 300 ms"},
	}
}

// bulks measures pages of checks, in process and over HTTP.
func (s *suite) bulks(ctx context.Context) error {
	p := s.largest()
	o := p.Largest()
	if o == nil {
		s.leaveOut("pages of checks on %s: no organization is large enough", p.Name)
		return nil
	}
	inProcess, err := s.host(ctx, p)
	if err != nil {
		return err
	}
	err = s.timePages(ctx, p, o, "in process", func(ctx context.Context, questions []estate.Question) (time.Duration, error) {
		var a host.Answers
		err := inProcess.Call(ctx, http.MethodPost, host.PathBulk, "", host.Questions{Questions: authzOf(questions)}, &a)
		if err != nil {
			return 0, err
		}
		return a.Took[0], nil
	})
	if err := errors.Join(err, inProcess.Close()); err != nil {
		return err
	}
	service, err := s.serve(ctx, p)
	if err != nil {
		return err
	}
	err = s.timePages(ctx, p, o, "over HTTP", func(ctx context.Context, questions []estate.Question) (time.Duration, error) {
		return overHTTP(ctx, service, questions)
	})
	return errors.Join(err, service.Close())
}

// timePages times each kind of page for several users, each page for a user who has not been asked about before
// unless it is a repeated one.
func (s *suite) timePages(ctx context.Context, p prepared, o *estate.Organization, how string, do func(context.Context, []estate.Question) (time.Duration, error)) error {
	for n, kind := range pages() {
		var took []time.Duration
		for round := range s.Rounds + 2 {
			user, skip := o.People[(n*101+round*7)%len(o.People)], round*kind.workspaces%max(1, len(o.Workspaces)-kind.workspaces)
			if kind.again {
				user, skip = o.People[0], 0
			}
			t, err := do(ctx, o.Page(user, skip, kind.workspaces, kind.permissions))
			if err != nil {
				return err
			}
			if round >= 2 { // the first two warm up
				took = append(took, t)
			}
		}
		got := measure.Median(took)
		size := min(kind.workspaces, len(o.Workspaces))
		note := fmt.Sprintf("%s, organization of %d workspaces, slowest %s", how, len(o.Workspaces), report.Short(slices.Max(took)))
		if size < kind.workspaces {
			note += fmt.Sprintf(", %d workspaces only", size)
		}
		s.target(kind.what+" ("+how+")", p.Name, kind.target, report.Short(got), got <= kind.limit, note)
	}
	return nil
}

// overHTTP asks a page in as many requests as it takes, one after another on one connection.
func overHTTP(ctx context.Context, service *rival.Service, questions []estate.Question) (time.Duration, error) {
	var requests [][]byte
	for part := range slices.Chunk(questions, perRequest) {
		requests = append(requests, service.Evaluations(part[0].User.ID, part))
	}
	conn, err := wire.Dial(ctx, service.Address())
	if err != nil {
		return 0, err
	}
	defer conn.Close() //nolint:errcheck // done with it
	start := time.Now()
	for _, r := range requests {
		if err := expectOK(conn.Do(r)); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func expectOK(status int, body []byte, err error) error {
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("answered %d %.300s", status, body)
	}
	return err
}
