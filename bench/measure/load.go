package measure

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Asker puts numbered questions over one connection.
type Asker interface {
	Ask(ctx context.Context, question int) (allowed bool, err error)
	Close() error
}

// Subject is a system under measurement.
type Subject interface {
	Name() string
	Dial(ctx context.Context) (Asker, error)
	CPU() (time.Duration, error) // used by its process so far
}

// Block says how one system is asked in one round.
type Block struct {
	Clients   int
	From, To  int           // the questions, by number
	Again     bool          // begin anew at the end, instead of stopping there
	WarmUp    bool          // ask each question once before the clock starts
	For       time.Duration // ends by then
	MaxWarmUp time.Duration // gives a slow system up to here to warm up; 0: as long as it takes
}

// Run asks one system for one block.
func Run(ctx context.Context, s Subject, b Block) (sample Sample, err error) {
	askers := make([]Asker, b.Clients)
	defer func() {
		for _, a := range askers {
			if a != nil {
				err = errors.Join(err, a.Close())
			}
		}
	}()
	for i := range askers {
		if askers[i], err = s.Dial(ctx); err != nil {
			return Sample{}, err
		}
	}
	if b.WarmUp {
		if _, err := ask(ctx, askers, Block{From: b.From, To: b.To, For: orForever(b.MaxWarmUp)}); err != nil {
			return Sample{}, err
		}
	}
	before, err := s.CPU()
	if err != nil {
		return Sample{}, err
	}
	begin := time.Now()
	latencies, err := ask(ctx, askers, b)
	if err != nil {
		return Sample{}, err
	}
	took := time.Since(begin)
	after, err := s.CPU()
	return Sample{Count: len(latencies), Took: took, P50: Percentile(latencies, 0.5), P99: Percentile(latencies, 0.99), CPU: after - before}, err
}

func orForever(d time.Duration) time.Duration {
	if d == 0 {
		return time.Hour
	}
	return d
}

// ask spreads questions over askers until they or the time run out, and returns how long each took.
func ask(ctx context.Context, askers []Asker, b Block) ([]time.Duration, error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	took := make([][]time.Duration, len(askers))
	errs := make([]error, len(askers))
	end := time.Now().Add(b.For)
	for i, a := range askers {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if b.From+n >= b.To && !b.Again {
					return
				}
				start := time.Now()
				if start.After(end) {
					return
				}
				if _, err := a.Ask(ctx, b.From+n%(b.To-b.From)); err != nil {
					errs[i] = err
					return
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	wg.Wait()
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	return all, errors.Join(errs...)
}

// Rounds asks each system for one block in each round, beginning with another system in each, and returns the samples by
// system and round. block says how a round is asked; the same for every system.
func Rounds(ctx context.Context, systems []Subject, rounds int, block func(round int) Block) (map[string][]Sample, error) {
	out := map[string][]Sample{}
	for r := range rounds {
		for i := range systems {
			s := systems[(i+r)%len(systems)]
			sample, err := Run(ctx, s, block(r))
			if err != nil {
				return nil, errors.Join(errors.New(s.Name()), err)
			}
			out[s.Name()] = append(out[s.Name()], sample)
		}
	}
	return out, nil
}

// Answers asks one system the first n questions, as many as it manages in the time, and returns its answers.
func Answers(ctx context.Context, s Subject, n int, within time.Duration) (answers []bool, err error) {
	a, err := s.Dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	for end := time.Now().Add(within); len(answers) < n && time.Now().Before(end); {
		allowed, err := a.Ask(ctx, len(answers))
		if err != nil {
			return nil, err
		}
		answers = append(answers, allowed)
	}
	return answers, nil
}
