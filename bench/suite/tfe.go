package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
	"github.com/terrawarden/terrawarden/bench/rival"
	"github.com/terrawarden/terrawarden/bench/wire"
)

// tfe measures the TFE API: a page of workspaces with what the caller may do on each, and how soon a change of access is
// refused.
func (s *suite) tfe(ctx context.Context) (err error) {
	p := s.largest()
	o := p.Largest()
	if o == nil {
		s.leaveOut("the TFE API on %s: no organization is large enough", p.Name)
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
	c := tfeCaller{conn: conn, service: service}
	if err := s.tfePages(ctx, p, o, c); err != nil {
		return err
	}
	return s.tfeRevocations(ctx, p, o, c)
}

type tfeCaller struct {
	conn    *wire.Conn
	service *rival.Service
}

// get asks for a document as its own client would, and times it.
func (c tfeCaller) get(path, token string, into any) (time.Duration, error) {
	request := wire.Request(http.MethodGet, c.service.Address(), "/api/v2/"+path, nil, wire.Bearer(token))
	start := time.Now()
	status, body, err := c.conn.Do(request)
	took := time.Since(start)
	if err := expectOK(status, body, err); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return took, json.Unmarshal(body, into)
}

// documents is a page of a list.
type documents struct {
	Data []struct {
		ID         string `json:"id"`
		Attributes struct {
			Permissions map[string]bool `json:"permissions"`
		} `json:"attributes"`
	} `json:"data"`
	Meta struct {
		Pagination struct {
			Total int `json:"total-count"`
		} `json:"pagination"`
	} `json:"meta"`
}

// tfePages times the first page of workspaces for people with grants on a few of many.
func (s *suite) tfePages(ctx context.Context, p prepared, o *estate.Organization, c tfeCaller) error {
	var firsts, again []time.Duration
	booleans := 0
	for _, caller := range o.Cast.Sparse {
		token, err := c.service.UserToken(ctx, caller.Name)
		if err != nil {
			return err
		}
		for _, into := range []*[]time.Duration{&firsts, &again} {
			var page documents
			took, err := c.get(fmt.Sprintf("organizations/%s/workspaces?page%%5Bsize%%5D=%d", o.Name, pageSize), token, &page)
			if err != nil {
				return err
			}
			if len(page.Data) != pageSize || page.Meta.Pagination.Total < o.Cast.SparseOf {
				return fmt.Errorf("%s sees %d workspaces on a page of %d", caller.Name, len(page.Data), page.Meta.Pagination.Total)
			}
			booleans = len(page.Data[0].Attributes.Permissions)
			*into = append(*into, took)
		}
	}
	what := fmt.Sprintf("TFE API: a page of %d workspaces with %d booleans each, grants on %d of %d", pageSize, booleans, o.Cast.SparseOf, len(o.Workspaces))
	s.detail("tfe", what, p.Name, "first %s (slowest %s), again %s", report.Short(measure.Median(firsts)), report.Short(measure.Percentile(firsts, 1)), report.Short(measure.Median(again)))
	return nil
}

// tfeRevocations times how long after the PATCH of a team's access is sent the next call is refused.
func (s *suite) tfeRevocations(ctx context.Context, p prepared, o *estate.Organization, c tfeCaller) error {
	user := o.Cast.Sparse[0]
	token, err := c.service.UserToken(ctx, user.Name)
	if err != nil {
		return err
	}
	var his documents
	if _, err := c.get(fmt.Sprintf("organizations/%s/workspaces?page%%5Bsize%%5D=100", o.Name), token, &his); err != nil {
		return err
	}
	var took []time.Duration
	for _, w := range his.Data {
		var rows documents
		if _, err := c.get("team-workspaces?filter%5Bworkspace%5D%5Bid%5D="+w.ID, token, &rows); err != nil {
			return err
		}
		if len(rows.Data) != 1 { // he sees the row of his own team, and more where he holds more
			continue
		}
		t, ok, err := c.lower(ctx, rows.Data[0].ID, user, estate.Named{ID: w.ID})
		if err != nil {
			return err
		}
		if ok {
			took = append(took, t)
		}
	}
	if len(took) == 0 {
		s.leaveOut("changes of team access on %s: no row of team access was found", p.Name)
		return nil
	}
	s.detail("tfe", "TFE API: from PATCH of a team's access to the next refused call: p50 / p99", p.Name, "%s / %s of %d", report.Short(measure.Median(took)), report.Short(measure.Percentile(took, 0.99)), len(took))
	return nil
}

// lower raises a row of team access to write and, where that lets the user apply, lowers it to read and times it until
// the next check has been refused.
func (c tfeCaller) lower(ctx context.Context, id string, user, workspace estate.Named) (took time.Duration, ok bool, err error) {
	question := c.service.Evaluation(user.ID, "apply_run", workspace.ID)
	if before, err := ask(c.conn, question); err != nil || before {
		return 0, false, err // somebody else's grant
	}
	if err := c.access(ctx, id, "write"); err != nil {
		return 0, false, err
	}
	allowed, err := ask(c.conn, question)
	if err != nil {
		return 0, false, err
	}
	start := time.Now()
	if err := c.access(ctx, id, "read"); err != nil {
		return 0, false, err
	}
	after, err := ask(c.conn, question)
	took = time.Since(start)
	if err == nil && after {
		err = errors.New("access that was taken away is still seen by the next check")
	}
	return took, allowed, err
}

func (c tfeCaller) access(ctx context.Context, id, level string) error {
	body := map[string]any{"data": map[string]any{"type": "team-workspaces", "attributes": map[string]string{"access": level}}}
	return c.service.Call(ctx, http.MethodPatch, "/api/v2/team-workspaces/"+id, rival.SiteToken, body, nil)
}
