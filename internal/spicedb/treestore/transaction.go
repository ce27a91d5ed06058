package treestore

import (
	"context"
	"errors"
	"sync"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/options"
	"google.golang.org/protobuf/types/known/structpb"
)

// attempts is how often a transaction is run that asks to be run again.
const attempts = 10

var (
	// ErrClosed is returned by calls after Close.
	ErrClosed = errors.New("treestore: closed")
	// ErrRetry may be returned by a transaction's function to be run again from the start, ten times at most.
	ErrRetry = errors.New("treestore: run the transaction again")

	errDone = errors.New("treestore: the transaction is over")
)

// transaction is the one write under way. Its content is private until the commit. Calls are serialized; iterators
// walk the content as it was when they were made.
type transaction struct {
	reader
	revision revision

	mu     sync.Mutex
	done   bool
	now    content // with the writes so far
	edit   edit
	writes []write // of rows, in order
}

// write is one replaced, added or removed row.
type write struct {
	before, after *row
	turn          int // its place among the writes of the transaction
}

var _ datastore.ReadWriteTransaction = (*transaction)(nil)

// ReadWriteTx runs fn in a transaction and commits it when fn returns no error. One transaction runs at a time: a call
// waits for the others as long as its context allows, and its revision is assigned after that.
func (s *Store) ReadWriteTx(
	ctx context.Context, fn datastore.TxUserFunc, opts ...options.RWTOptionsOption,
) (datastore.Revision, error) {
	o := options.NewRWTOptionsWithOptions(opts...)
	if err := s.lock(ctx); err != nil {
		return datastore.NoRevision, err
	}
	defer s.unlock()

	tries := attempts
	if o.DisableRetries {
		tries = 1
	}
	var err error
	for range tries {
		t := s.begin()
		if err = t.require(o.SchemaHashPrecondition); err != nil {
			return datastore.NoRevision, err
		}
		if err = t.run(ctx, fn); err == nil {
			s.commit(t, o.Metadata, false)
			return t.revision, nil
		}
		if !errors.Is(err, ErrRetry) {
			break
		}
	}
	return datastore.NoRevision, err
}

// begin starts a transaction; the writer lock must be held.
func (s *Store) begin() *transaction {
	head := s.head.Load()
	s.edits++
	t := &transaction{
		revision: max(revision(s.cfg.Now().UnixNano()), head.revision+1),
		now:      head.content,
		edit:     edit{id: s.edits},
	}
	t.reader = reader{store: s, tx: t}
	return t
}

// run calls fn, after which the transaction can no longer be written to.
func (t *transaction) run(ctx context.Context, fn datastore.TxUserFunc) error {
	defer func() {
		t.mu.Lock()
		t.done = true
		t.mu.Unlock()
	}()
	return fn(ctx, t)
}

// require checks that the stored schema has a hash, if one is given.
func (t *transaction) require(hash string) error {
	switch {
	case hash == "" || hash == t.now.schema.hash:
		return nil
	case t.now.schema.hash == "":
		return datastore.ErrSchemaNotFound
	default:
		return datastore.ErrSchemaHashPreconditionFailed
	}
}

// freeze returns the content as it is now. Later writes of the transaction copy the nodes they change.
func (t *transaction) freeze() content {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.done {
		t.store.edits++
		t.edit.id = t.store.edits
	}
	return t.now
}

// define changes the definitions, all or nothing.
func (t *transaction) define(change func(*schema) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return errDone
	}
	next := t.now.schema.clone()
	if err := change(next); err != nil {
		return err
	}
	t.now.schema = next
	return nil
}

// lock waits for the writer lock.
func (s *Store) lock(ctx context.Context) error {
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	select {
	case s.writer <- struct{}{}:
		if s.isClosed() {
			s.unlock()
			return ErrClosed
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
}

func (s *Store) unlock() { <-s.writer }

// commit makes the content of a transaction the newest; the writer lock must be held.
func (s *Store) commit(t *transaction, metadata *structpb.Struct, seeded bool) {
	head := s.head.Load()
	next := &snapshot{content: t.now, revision: t.revision, seeded: seeded}
	if len(metadata.GetFields()) > 0 {
		next.metadata = metadata
	}
	if next.schema != head.schema {
		next.redefined = difference(head.schema, next.schema)
	}
	net := t.net()
	next.log(net)

	now := s.cfg.Now()
	s.deadlines.apply(net, now)
	earliest := s.deadlines.earliest()
	s.deadline.Store(min(s.deadline.Load(), earliest)) // who sees the new head must not see a later one
	if s.cfg.OnCommit != nil {
		s.cfg.OnCommit(Commit{
			Before: View{head}, After: View{next}, Changes: next.public(), Seeded: seeded,
			Schema: next.redefined != nil || next.schema.stored != head.schema.stored,
		})
	}
	s.history.add(next, t.edit.replaced, now.Add(-s.cfg.Window))
	s.head.Store(next)
	s.deadline.Store(earliest)
	s.schedule()
}
