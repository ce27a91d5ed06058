package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrawarden/terrawarden/bench/measure"
	"github.com/terrawarden/terrawarden/bench/report"
)

// The targets of the design for a start.
const (
	startTarget  = 8 * time.Second
	memoryTarget = 600 << 20
)

// rest is how long after its start a process is left alone before its memory is looked at.
const rest = 2 * time.Second

// starts measures how long the real binary takes until it listens, and what it holds then.
func (s *suite) starts(ctx context.Context) error {
	for _, p := range s.estates {
		var took []time.Duration
		var held []int64
		for range s.Starts {
			t, h, err := s.startOnce(ctx, p)
			if err != nil {
				return err
			}
			took, held = append(took, t), append(held, h)
		}
		size := report.Size{
			Estate: p.Name, Relationships: p.Relationships, Organizations: len(p.Organizations), Workspaces: len(p.Facts.Workspaces),
			People: len(p.Facts.Users), Start: measure.Median(took), Resident: measure.Median(held),
		}
		s.say("%s: start %s, memory %s", p.Name, report.Short(size.Start), report.MiB(size.Resident))
		s.out.Sizes = append(s.out.Sizes, size)
	}
	last := s.out.Sizes[len(s.out.Sizes)-1]
	s.target("start", last.Estate, "≤ 8 s", report.Short(last.Start), last.Start <= startTarget, "")
	s.target("memory after start", last.Estate, "≤ 600 MB", report.MiB(last.Resident), last.Resident <= memoryTarget, "")
	return nil
}

func (s *suite) startOnce(ctx context.Context, p prepared) (took time.Duration, held int64, err error) {
	service, err := s.serve(ctx, p)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", p.Name, err)
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	select {
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	case <-time.After(rest):
	}
	held, err = service.Resident()
	return service.Started(), held, err
}
