package enginetest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/sqlstore"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// onBoth runs a test on two handles on one database, as two processes have them, of each kind.
func onBoth(t *testing.T, test func(t *testing.T, one, two *sqlstore.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "catalog.db")
		open := func() (*sqlstore.Store, error) { return sqlstore.OpenSQLite(t.Context(), path) }
		test(t, opened(t, open), opened(t, open))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := testkit.Postgres(t)
		open := func() (*sqlstore.Store, error) { return sqlstore.OpenPostgres(t.Context(), url) }
		test(t, opened(t, open), opened(t, open))
	})
}

func opened(t *testing.T, open func() (*sqlstore.Store, error)) *sqlstore.Store {
	t.Helper()
	store, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// other returns an engine as another process has one: over another handle on the database, and the same authorization engine.
func (w *world) other(store catalog.Store, lease time.Duration, feed directory.Feed) *directory.Engine {
	w.tb.Helper()
	svc := catalog.New(catalog.Deps{Store: store, Engine: w.engine, Log: slog.New(slog.DiscardHandler), Now: w.now, Random: rand.Reader})
	w.holders++
	e, err := directory.New(directory.Deps{
		Service: svc, Store: store, Feeds: []directory.Feed{feed}, Log: slog.New(slog.DiscardHandler), Now: w.now, Random: rand.Reader,
		Holder: rand.Text(), Lease: lease, Look: 5 * time.Millisecond, Notify: w.heard, Observe: w.heard,
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return e
}

// slow is a source that answers when it is told to, and counts who reads it at the same time.
type slow struct {
	mu        sync.Mutex
	now, most int
	reads     int
	say       directory.Snapshot
	begun     chan struct{} // gets one for each read, if there is room
	answer    chan struct{} // closed: at once
}

func (s *slow) Read(ctx context.Context, _ directory.Request) (directory.Snapshot, error) {
	s.mu.Lock()
	s.now++
	s.reads++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	select {
	case s.begun <- struct{}{}:
	default:
	}
	select {
	case <-ctx.Done():
		return directory.Snapshot{}, context.Cause(ctx)
	case <-s.answer:
		return s.say, nil
	}
}

func TestOneRunnerWorksAtATime(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, one, two *sqlstore.Store) {
		t.Helper()
		w := newWorld(t, one)
		source := &slow{say: whole(people("ann", "bob"), group("dev", "ann", "bob")), begun: make(chan struct{}, 1), answer: make(chan struct{})}
		w.feed.Source = source
		first, second := w.other(one, time.Minute, w.feed), w.other(two, time.Minute, w.feed)
		ended := make(chan error, 1)
		go func() {
			_, _, err := first.Run(t.Context(), w.sync, corp, directory.Options{})
			ended <- err
		}()
		<-source.begun
		_, _, err := second.Run(t.Context(), w.sync, corp, directory.Options{})
		isKind(t, err, fault.Conflict)
		_, _, err = first.Run(t.Context(), w.sync, corp, directory.Options{}) // nor does the same process twice
		isKind(t, err, fault.Conflict)
		close(source.answer)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		w.has("corp/dev has bob expires=false")
		// The lease is free at once, and both find the same.
		for _, e := range []*directory.Engine{second, first} {
			if _, report, err := e.Run(t.Context(), w.sync, corp, directory.Options{}); err != nil || report.Outcome != directory.OutcomeUnchanged {
				t.Errorf("%s, %v", report.Outcome, err)
			}
		}
		if source.most != 1 {
			t.Errorf("%d read at the same time", source.most)
		}
	})
}

// renewals counts how often a lease is taken.
type renewals struct {
	catalog.Store

	taken atomic.Int64
}

func (r *renewals) TakeLease(ctx context.Context, l catalog.Lease, now time.Time) (bool, error) {
	got, err := r.Store.TakeLease(ctx, l, now)
	r.taken.Add(1)
	return got, err
}

// TestALeaseIsRenewed lets a source take longer than a lease lasts.
func TestALeaseIsRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	source := &slow{say: whole(people("ann")), begun: make(chan struct{}, 1), answer: make(chan struct{})}
	w.feed.Source = source
	counted := &renewals{Store: w.store}
	e := w.other(counted, 200*time.Millisecond, w.feed)
	ended := make(chan error, 1)
	go func() {
		_, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{})
		ended <- err
	}()
	<-source.begun
	for counted.taken.Load() < 8 { // twice as long as it lasts
		time.Sleep(5 * time.Millisecond)
	}
	close(source.answer)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	w.has("user ann ann@corp.example suspended=false admin=false")
}

// TestARunnerThatLosesItsLeaseStops takes the lease away while the source is read.
func TestARunnerThatLosesItsLeaseStops(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, one, _ *sqlstore.Store) {
		t.Helper()
		w := newWorld(t, one)
		source := &slow{say: whole(people("ann")), begun: make(chan struct{}, 1), answer: make(chan struct{})}
		w.feed.Source = source
		e := w.other(one, 400*time.Millisecond, w.feed)
		ended := make(chan error, 1)
		go func() {
			_, _, err := e.Run(t.Context(), w.sync, corp, directory.Options{})
			ended <- err
		}()
		<-source.begun
		// As if this process had slept for long: by another's clock the lease has ended.
		later := w.now().Add(time.Hour)
		if got, err := one.TakeLease(t.Context(), catalog.Lease{Name: "sync/" + corp, Holder: "another", Until: later.Add(time.Hour)}, later); err != nil || !got {
			t.Fatal(got, err)
		}
		isKind(t, <-ended, fault.Conflict)
		w.has("!user ann ann@corp.example suspended=false admin=false")
		if got, err := one.TakeLease(t.Context(), catalog.Lease{Name: "sync/" + corp, Holder: "third", Until: later}, w.now()); err != nil || got {
			t.Errorf("it gave up a lease that is another's: %v, %v", got, err)
		}
		if d, err := one.Directory(t.Context(), corp); err != nil || d.Failure != "" {
			t.Errorf("the source is said to fail: %q, %v", d.Failure, err)
		}
	})
}

// TestTheScheduleOfTwoProcesses lets two processes work on one source as its schedule says.
func TestTheScheduleOfTwoProcesses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, one, two *sqlstore.Store) {
		t.Helper()
		w := newWorld(t, one)
		source := &slow{say: whole(people("ann", "bob"), group("dev", "ann")), answer: make(chan struct{})}
		close(source.answer)
		w.feed.Source, w.feed.Interval = source, 50*time.Millisecond
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, store := range []*sqlstore.Store{one, two} {
			e := w.other(store, 10*time.Second, w.feed)
			running.Go(func() { e.Work(ctx) })
		}
		reads := func() int {
			source.mu.Lock()
			defer source.mu.Unlock()
			return source.reads
		}
		for reads() < 6 {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
		running.Wait()
		if source.most != 1 {
			t.Errorf("%d read at the same time", source.most)
		}
		w.has("corp/dev has ann expires=false")
		w.noDrift()
		plans, err := one.CountSyncPlans(t.Context(), catalog.SyncPlanFilter{})
		if err != nil || plans != 1 {
			t.Errorf("%d plans are kept, %v; want the one that did something", plans, err)
		}
	})
}

func TestTheScheduleTidies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	old := w.now().Add(-100 * 24 * time.Hour)
	for id, ended := range map[string]time.Time{"sync-old": old, "sync-new": w.now()} {
		if err := w.store.InsertSyncPlan(t.Context(), catalog.SyncPlan{ID: id, Source: corp, Status: catalog.PlanApplied, Document: "{}", CreatedAt: old, FinishedAt: ended}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	e := w.other(w.store, time.Minute, w.feed)
	go func() {
		defer close(done)
		e.Work(ctx)
	}()
	for {
		plans, err := w.store.SyncPlans(t.Context(), catalog.SyncPlanFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(plans) == 1 {
			if plans[0].ID != "sync-new" {
				t.Errorf("%s is left", plans[0].ID)
			}
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	<-done
}
