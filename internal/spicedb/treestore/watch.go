package treestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/tuple"
	"google.golang.org/protobuf/types/known/structpb"
)

// What a watch gets when it does not say.
const (
	watchBuffer  = 128
	watchTimeout = 100 * time.Millisecond
)

// watch is one consumer of the changes after a revision.
type watch struct {
	store   *Store
	options datastore.WatchOptions
	out     chan datastore.RevisionChanges
	seen    revision
}

// Watch sends the net changes of each commit after a revision, in order. When it has to stop it closes the first
// channel, after putting the reason in the second.
func (s *Store) Watch(
	ctx context.Context, after datastore.Revision, o datastore.WatchOptions,
) (<-chan datastore.RevisionChanges, <-chan error) {
	if o.WatchBufferLength == 0 {
		o.WatchBufferLength = watchBuffer
	}
	if o.WatchBufferWriteTimeout == 0 {
		o.WatchBufferWriteTimeout = watchTimeout
	}
	w := &watch{store: s, options: o, out: make(chan datastore.RevisionChanges, o.WatchBufferLength)}
	failed := make(chan error, 1)
	if err := w.begin(after); err != nil {
		failed <- err
		close(w.out)
		close(failed)
		return w.out, failed
	}
	go func() {
		defer close(failed)
		defer close(w.out)
		failed <- w.run(ctx)
	}()
	return w.out, failed
}

// begin checks what is asked for.
func (w *watch) begin(after datastore.Revision) error {
	if w.store.isClosed() {
		return ErrClosed
	}
	if w.options.EmissionStrategy == datastore.EmitImmediatelyStrategy {
		return errors.New("emit immediately strategy is unsupported in treestore")
	}
	r, ok := after.(revision)
	if !ok || r > w.store.head.Load().revision {
		return datastore.NewInvalidRevisionErr(after, datastore.CouldNotDetermineRevision)
	}
	w.seen = r
	return nil
}

// run sends changes until that fails, which it always does in the end.
func (w *watch) run(ctx context.Context) error {
	for {
		later, more, complete := w.store.history.since(w.seen)
		if !complete {
			return datastore.NewInvalidRevisionErr(w.seen, datastore.RevisionStale)
		}
		for _, snap := range later {
			if err := w.tell(ctx, snap); err != nil {
				return err
			}
			w.seen = snap.revision
		}
		select {
		case <-more:
		case <-w.store.closed:
			return ErrClosed
		case <-ctx.Done():
			return ended(ctx)
		}
	}
}

// tell sends what the watch wants to know of one commit.
func (w *watch) tell(ctx context.Context, snap *snapshot) error {
	if snap.seeded {
		return datastore.NewInvalidRevisionErr(w.seen, datastore.RevisionStale)
	}
	event := datastore.RevisionChanges{Revision: snap.revision}
	some := false
	if w.options.Content&datastore.WatchRelationships != 0 && len(snap.changes) > 0 {
		some = true
		var err error
		if event.RelationshipChanges, err = w.updates(snap); err != nil {
			return err
		}
	}
	if w.options.Content&datastore.WatchSchema != 0 && snap.redefined != nil {
		some = true
		event.ChangedDefinitions = snap.redefined.changed
		event.DeletedNamespaces = snap.redefined.deletedTypes
		event.DeletedCaveats = snap.redefined.deletedCaveats
	}
	if some {
		if snap.metadata != nil {
			event.Metadatas = []*structpb.Struct{snap.metadata}
		}
		if err := w.send(ctx, event); err != nil {
			return err
		}
	}
	if w.options.Content&datastore.WatchCheckpoints != 0 {
		return w.send(ctx, datastore.RevisionChanges{Revision: snap.revision, IsCheckpoint: true})
	}
	return nil
}

// updates returns the relationship changes of a commit; creations are touches, as the net effect does not tell.
func (w *watch) updates(snap *snapshot) ([]tuple.RelationshipUpdate, error) {
	out := make([]tuple.RelationshipUpdate, 0, len(snap.changes))
	size := uint64(0)
	for _, c := range snap.changes {
		rel := c.row.relationship(snap.names.text)
		size += uint64(rel.SizeVT())
		if most := w.options.MaximumBufferedChangesByteSize; most > 0 && size > most {
			return nil, datastore.NewMaximumChangesSizeExceededError(most)
		}
		if c.deleted {
			out = append(out, tuple.Delete(rel))
		} else {
			out = append(out, tuple.Touch(rel))
		}
	}
	return out, nil
}

// send waits for room in the buffer, but not long.
func (w *watch) send(ctx context.Context, event datastore.RevisionChanges) error {
	select {
	case w.out <- event:
		return nil
	default:
	}
	timer := time.NewTimer(w.options.WatchBufferWriteTimeout)
	defer timer.Stop()
	select {
	case w.out <- event:
		return nil
	case <-timer.C:
		return datastore.NewWatchDisconnectedErr()
	case <-w.store.closed:
		return ErrClosed
	case <-ctx.Done():
		return ended(ctx)
	}
}

func ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return datastore.NewWatchCanceledErr()
	}
	return fmt.Errorf("watch: %w", ctx.Err())
}
