package treestore

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
)

// What Config stands for where it says nothing.
const (
	defaultWindow       = 15 * time.Minute
	defaultHistoryBytes = 64 << 20
)

// Config configures a store. The zero value works.
type Config struct {
	// Window is how long an old revision may be asked for, 15 minutes if zero.
	Window time.Duration
	// HistoryBytes caps the estimated memory of old snapshots and changes, 64 MiB if zero. The oldest go first; the
	// newest snapshot is always kept.
	HistoryBytes int64
	// Now is the wall clock, time.Now if nil.
	Now func() time.Time
	// OnCommit is called for every commit, expiries and schema writes included, within the writer lock and before the
	// new head can be read. It must be quick and must not write to the store.
	OnCommit func(Commit)
	// OnQuery is called for every QueryRelationships and ReverseQueryRelationships, by many at once.
	OnQuery func()
}

// Store is the datastore. Close it after use.
type Store struct {
	cfg     Config
	id      string
	head    atomic.Pointer[snapshot]
	history history

	writer    chan struct{} // holds one while there is a writer; guards the next two
	edits     uint64        // the last number of an edit
	deadlines deadlines

	deadline atomic.Int64 // the earliest expiry still to come
	work     atomic.Int64 // when upkeep has something to delete
	wake     chan struct{}
	closing  sync.Once
	closed   chan struct{}
	stopped  chan struct{} // upkeep is over
}

var _ datastore.Datastore = (*Store)(nil)

// New returns an empty store.
func New(cfg Config) *Store {
	if cfg.Window <= 0 {
		cfg.Window = defaultWindow
	}
	if cfg.HistoryBytes <= 0 {
		cfg.HistoryBytes = defaultHistoryBytes
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Store{
		cfg: cfg, id: newID(), history: history{limit: cfg.HistoryBytes},
		writer: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		closed: make(chan struct{}), stopped: make(chan struct{}),
	}
	first := &snapshot{revision: revision(cfg.Now().UnixNano()), bytes: snapshotBytes, content: content{
		names: newNames(), resources: tree{order: byResource}, subjects: tree{order: bySubject}, schema: newSchema(),
	}}
	s.head.Store(first)
	s.history.begin(first)
	s.deadline.Store(math.MaxInt64)
	s.work.Store(math.MaxInt64)
	go s.upkeep()
	return s
}

// Close ends the store's goroutine and its watches; it waits for a transaction under way. Views stay readable.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.writer <- struct{}{}
		close(s.closed)
		s.unlock()
	})
	<-s.stopped
	return nil
}

func (s *Store) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

func (s *Store) countQuery() {
	if s.cfg.OnQuery != nil {
		s.cfg.OnQuery()
	}
}

// MetricsID names the kind of store.
func (s *Store) MetricsID() (string, error) { return "treestore", nil }

// newID returns a random UUID, the form that SpiceDB expects of an id.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// UniqueID returns an id of this store, which lives as long as the process: revisions mean nothing to the next.
func (s *Store) UniqueID(context.Context) (string, error) { return s.id, nil }

// ReadyState says that the store is ready until it is closed.
func (s *Store) ReadyState(context.Context) (datastore.ReadyState, error) {
	if s.isClosed() {
		return datastore.ReadyState{Message: "closed"}, nil
	}
	return datastore.ReadyState{Message: "ready", IsReady: true}, nil
}

// Features says what the store can do.
func (s *Store) Features(context.Context) (*datastore.Features, error) { return s.OfflineFeatures() }

// OfflineFeatures says what the store can do.
func (s *Store) OfflineFeatures() (*datastore.Features, error) {
	return &datastore.Features{
		Watch:                   datastore.Feature{Status: datastore.FeatureSupported},
		IntegrityData:           datastore.Feature{Status: datastore.FeatureSupported},
		ContinuousCheckpointing: datastore.Feature{Status: datastore.FeatureUnsupported},
		WatchEmitsImmediately:   datastore.Feature{Status: datastore.FeatureUnsupported},
	}, nil
}
