package spicedb

import (
	"container/heap"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// expiryRetry is how long a deletion that failed waits for its next try.
const expiryRetry = 50 * time.Millisecond

// expiry makes every expiry a write.
//
// SpiceDB hides a relationship once its time is over, but an answer it has cached for the newest revision stays
// until that revision changes: asked often enough, an expired grant would be allowed for as long as nobody writes.
// Deleting the relationship when it expires changes the revision, and frees the memory.
type expiry struct {
	logger *slog.Logger
	remove func(context.Context, func() []authz.Relationship) error
	wake   chan struct{}
	stop   context.CancelFunc
	done   chan struct{}

	mu        sync.Mutex
	deadlines deadlines
	current   map[authz.Relationship]time.Time // by key; what a deadline must agree with to count
}

// startExpiry starts to watch. Remove must delete what the function it is given returns, when it can write.
func startExpiry(remove func(context.Context, func() []authz.Relationship) error, logger *slog.Logger) *expiry {
	ctx, stop := context.WithCancel(context.Background())
	x := &expiry{
		logger:  logger,
		remove:  remove,
		wake:    make(chan struct{}, 1),
		stop:    stop,
		done:    make(chan struct{}),
		current: map[authz.Relationship]time.Time{},
	}
	go x.run(ctx)
	return x
}

// note follows a write that was applied. The caller holds the writer, so notes arrive in the order of the writes.
func (x *expiry) note(w authz.Write) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range w.Deletes {
		delete(x.current, r.Key())
	}
	for _, r := range w.Touches {
		if r.ExpiresAt.IsZero() {
			delete(x.current, r.Key())
			continue
		}
		x.current[r.Key()] = r.ExpiresAt
		heap.Push(&x.deadlines, deadline{at: r.ExpiresAt, key: r.Key()})
	}
	select {
	case x.wake <- struct{}{}:
	default: // it is awake already
	}
}

// due takes what has expired off the list: not what was renewed, made permanent or deleted in the meantime.
func (x *expiry) due() []authz.Relationship {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []authz.Relationship
	now := time.Now()
	for len(x.deadlines) > 0 && !x.deadlines[0].at.After(now) {
		d, _ := heap.Pop(&x.deadlines).(deadline)
		if at, ok := x.current[d.key]; ok && at.Equal(d.at) {
			delete(x.current, d.key)
			out = append(out, d.key)
		}
	}
	return out
}

// again puts relationships back whose deletion failed.
func (x *expiry) again(keys []authz.Relationship) {
	at := time.Now().Add(expiryRetry)
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, key := range keys {
		if _, renewed := x.current[key]; !renewed {
			x.current[key] = at
			heap.Push(&x.deadlines, deadline{at: at, key: key})
		}
	}
}

// wait returns how long nothing expires, an hour at most.
func (x *expiry) wait() time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.deadlines) == 0 {
		return time.Hour
	}
	return min(time.Until(x.deadlines[0].at), time.Hour)
}

func (x *expiry) run(ctx context.Context) {
	defer close(x.done)
	timer := time.NewTimer(x.wait())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.wake:
		case <-timer.C:
		}
		if x.wait() <= 0 {
			x.expire(ctx)
		}
		timer.Reset(max(x.wait(), 0))
	}
}

func (x *expiry) expire(ctx context.Context) {
	var taken []authz.Relationship
	err := x.remove(ctx, func() []authz.Relationship {
		taken = x.due()
		return taken
	})
	if err != nil && ctx.Err() == nil {
		x.logger.ErrorContext(ctx, "expired relationships not deleted", "count", len(taken), "error", err)
		x.again(taken)
	}
}

// close stops watching and waits until it has stopped.
func (x *expiry) close() {
	x.stop()
	<-x.done
}

// deadline is when a relationship expires, as far as was known when it was written.
type deadline struct {
	at  time.Time
	key authz.Relationship
}

// deadlines is a heap, the earliest first.
type deadlines []deadline

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(x any)        { *d = append(*d, x.(deadline)) } //nolint:forcetypeassert // ours alone

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	out := (*d)[last]
	*d = (*d)[:last]
	return out
}
