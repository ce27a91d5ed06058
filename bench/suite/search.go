package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/wire"
)

const (
	pageSize     = 20
	searchTarget = 30 * time.Millisecond
)

// searches measures lists: a page of one's own workspaces, and everybody who may.
func (s *suite) searches(ctx context.Context) (err error) {
	p := s.largest()
	o := p.Largest()
	if o == nil {
		s.leaveOut("searches on %s: no organization is large enough", p.Name)
		return nil
	}
	service, err := s.serve(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	conn, err := wire.Dial(ctx, service.Address())
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // done with it
	q := searcher{conn: conn, service: service}
	for _, kind := range []struct {
		name    string
		callers []estate.Named
		least   int
	}{{"of all", o.Cast.Dense, len(o.Workspaces)}, {fmt.Sprintf("of %d", o.Cast.SparseOf), o.Cast.Sparse, o.Cast.SparseOf}} {
		firsts, again, err := q.pages(kind.callers, kind.least)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("a page of %d of the caller's workspaces, reader %s", pageSize, kind.name)
		note := fmt.Sprintf("out of %d, asked by username; median of %d callers, the slowest %s; again %s", len(o.Workspaces), len(firsts),
			report.Short(measure.Percentile(firsts, 1)), report.Short(measure.Median(again)))
		got := measure.Median(firsts)
		s.target(what, p.Name, "≤ 30 ms", report.Short(got), got <= searchTarget, note)
	}
	return s.whoMay(p, o, q)
}

func (s *suite) whoMay(p prepared, o *estate.Organization, q searcher) error {
	request := q.service.SearchUsers("read", o.Cast.Handbook.ID, perRequest)
	var took []time.Duration
	total := 0
	for range s.Rounds + 1 {
		t, found, err := q.search(request)
		if err != nil {
			return err
		}
		took, total = append(took, t), found
	}
	if total < o.Cast.Staff {
		return fmt.Errorf("%d people may read the handbook of %d", total, o.Cast.Staff)
	}
	s.detail("search", fmt.Sprintf("who may, %d people, first page of %d", total, perRequest), p.Name, "first %s, again %s", report.Short(took[0]), report.Short(measure.Median(took[1:])))
	return nil
}

type searcher struct {
	conn    *wire.Conn
	service *rival.Service
}

// pages asks for the first page of each caller, twice.
func (q searcher) pages(callers []estate.Named, least int) (firsts, again []time.Duration, err error) {
	for _, caller := range callers {
		request := q.service.SearchWorkspaces(caller.Name, "read", pageSize)
		for _, into := range []*[]time.Duration{&firsts, &again} {
			took, total, err := q.search(request)
			if err != nil {
				return nil, nil, err
			}
			if total < least {
				return nil, nil, fmt.Errorf("%s may read %d workspaces, want at least %d", caller.Name, total, least)
			}
			*into = append(*into, took)
		}
	}
	return firsts, again, nil
}

func (q searcher) search(request []byte) (took time.Duration, total int, err error) {
	start := time.Now()
	status, body, err := q.conn.Do(request)
	took = time.Since(start)
	if err := expectOK(status, body, err); err != nil {
		return 0, 0, err
	}
	var answer struct {
		Page struct {
			Total int `json:"total"`
		} `json:"page"`
	}
	err = json.Unmarshal(body, &answer)
	return took, answer.Page.Total, err
}
