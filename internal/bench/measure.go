package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrawarden/terrawarden/loader"
)

// latencies are how long calls took.
type latencies struct {
	p50, p99  time.Duration
	perSecond float64
}

func (l latencies) String() string { return short(l.p50) + " / " + short(l.p99) }

// measure starts the binary empty, loads it, starts it again, and asks.
func measure(ctx context.Context, size string, env []string, estate loader.Estate, seed uint64, checks int) (row, error) {
	r := row{size: size}
	p, err := serve(ctx, env)
	if err != nil {
		return r, err
	}
	r.start = p.took
	begin := time.Now()
	if err := p.load(ctx, estate); err != nil {
		return r, errors.Join(err, p.stop())
	}
	r.load = time.Since(begin)
	if err := p.stop(); err != nil {
		return r, err
	}
	if p, err = serve(ctx, env); err != nil {
		return r, err
	}
	r.restart = p.took
	if err := p.becomeService(ctx); err != nil {
		return r, errors.Join(err, p.stop())
	}
	asked := questions(estate, seed, checks)
	for _, m := range []struct {
		into    *latencies
		clients int
	}{{&r.cold, 1}, {&r.warm, 1}, {&r.sixteen, 16}} {
		if *m.into, err = p.ask(ctx, asked, m.clients); err != nil {
			return r, errors.Join(err, p.stop())
		}
	}
	if r.memory, err = p.memory(); err != nil {
		return r, errors.Join(err, p.stop())
	}
	return r, p.stop()
}

// becomeService makes the process be asked as a platform asks it: with a service token that may check.
func (p *process) becomeService(ctx context.Context) error {
	resp, err := p.post(ctx, "/admin/v1/tokens", map[string]any{"kind": "service", "name": "bench", "scopes": []string{"check"}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var issued struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&issued); err != nil || issued.Token == "" {
		return fmt.Errorf("service token: %s (%w)", resp.Status, err)
	}
	p.token = issued.Token
	return nil
}

// load imports an estate.
func (p *process) load(ctx context.Context, estate loader.Estate) error {
	resp, err := p.post(ctx, "/admin/v1/imports", estate)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || bytes.Contains(raw, []byte(`"error"`)) {
		return fmt.Errorf("import: %s: %.300s (%w)", resp.Status, raw, err)
	}
	return nil
}

// ask spreads questions over clients and times each.
func (p *process) ask(ctx context.Context, asked []question, clients int) (latencies, error) {
	took := make([]time.Duration, len(asked))
	var next atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, clients)
	begin := time.Now()
	for range clients {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(asked) {
					return
				}
				start := time.Now()
				if err := p.check(ctx, asked[i]); err != nil {
					failed <- err
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	all := time.Since(begin)
	select {
	case err := <-failed:
		return latencies{}, err
	default:
	}
	slices.Sort(took)
	return latencies{p50: took[len(took)/2], p99: took[len(took)*99/100], perSecond: float64(len(took)) / all.Seconds()}, nil
}

func (p *process) check(ctx context.Context, q question) error {
	resp, err := p.post(ctx, "/access/v1/evaluation", map[string]any{
		"subject":  map[string]string{"type": "user", "id": q.user},
		"action":   map[string]string{"name": q.permission},
		"resource": map[string]string{"type": "workspace", "id": q.workspace},
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		Decision *bool `json:"decision"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Decision == nil {
		return fmt.Errorf("check: %s (%w)", resp.Status, err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func (p *process) post(ctx context.Context, path string, body any) (*http.Response, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	return p.client.Do(req)
}
