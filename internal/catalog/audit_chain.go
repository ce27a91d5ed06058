package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// chainLabel keeps a hash of the chain from being a hash of anything else, and says which fields it is over.
const chainLabel = "terrawarden audit event 1"

// Chain returns the hash that an event has behind another: SHA-256 of the hash before it and of every field but
// Sequence, Hash and ZedToken. Each part is preceded by its length, so that no two events read alike. The chain shows
// that somebody changed or removed events; who can write the whole database can also write a new chain, which shows
// when its head is compared with one that was noted elsewhere (`terrawarden doctor` prints it).
func Chain(prev []byte, e AuditEvent) []byte {
	w := chainWriter{sha256.New()}
	w.text(chainLabel)
	w.text(string(prev))
	w.text(e.ID)
	w.moment(e.Time)
	w.object(e.Actor)
	for _, s := range []string{e.ActorName, e.TokenID, e.Address, e.RequestID, e.OrganizationID, e.Action} {
		w.text(s)
	}
	w.object(e.Object)
	w.number(int64(len(e.Related)))
	for _, o := range e.Related {
		w.object(o)
	}
	for _, s := range []string{e.Before, e.After, e.Outcome, e.Reason} {
		w.text(s)
	}
	return w.Sum(nil)
}

// chainWriter writes values to a hash so that they can be told apart. Writing to a hash never fails.
type chainWriter struct{ hash.Hash }

func (w chainWriter) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	w.Write(b[:])
}

func (w chainWriter) text(s string) {
	w.number(int64(len(s)))
	w.Write([]byte(s))
}

func (w chainWriter) object(o authz.Object) {
	w.text(o.Type)
	w.text(o.ID)
}

// moment writes a time as the store keeps it, to the microsecond.
func (w chainWriter) moment(t time.Time) {
	if t.IsZero() {
		w.number(0)
		return
	}
	w.number(t.UnixMicro())
}

// AuditReport is what a verification of the audit events found.
type AuditReport struct {
	Intact    int       // events of the chain that fit, up to the first that does not
	Unchained int       // events in front of the chain, written before there was one
	Anchor    AuditLink // the last event that retention removed; zero when there is none
	Head      AuditLink // where the chain ends
	Broken    *AuditBreak
}

// AuditBreak is the first place at which the events are not those that were written.
type AuditBreak struct {
	Sequence int64 // of the event that does not fit, or of the one that is missing at the end
	Reason   string
}

// VerifyAudit walks the chain of audit events from its anchor to its head; platform.audit or platform.administer. It
// finds a changed event, one that is missing in the middle, and ones that are missing or were added at the end. Events
// may be written and pruned meanwhile.
func (s *Service) VerifyAudit(ctx context.Context, p Principal) (AuditReport, error) {
	err := s.require(ctx, p, schema.PlatformAudit, platformRef())
	if fault.Is(err, fault.Denied) {
		err = s.require(ctx, p, schema.PlatformAdminister, platformRef())
	}
	if err != nil {
		return AuditReport{}, err
	}
	for {
		r, err := s.verifyAudit(ctx)
		if err != nil || r.Broken == nil {
			return r, err
		}
		anchor, _, err := s.store.AuditEnds(ctx)
		if err != nil || bytes.Equal(anchor.Hash, r.Anchor.Hash) && anchor.Sequence == r.Anchor.Sequence {
			return r, err
		}
		// Events were pruned under the walk: begin again at the new anchor.
	}
}

const verifyBatch = 1000

func (s *Service) verifyAudit(ctx context.Context) (AuditReport, error) {
	anchor, head, err := s.store.AuditEnds(ctx)
	if err != nil {
		return AuditReport{}, err
	}
	w := walk{AuditReport: AuditReport{Anchor: anchor, Head: head}, last: anchor}
	for {
		events, err := s.store.AuditEvents(ctx, AuditFilter{AfterSequence: w.last.Sequence, OldestFirst: true, Limit: verifyBatch})
		if err != nil {
			return AuditReport{}, err
		}
		for _, e := range events {
			if w.step(e); w.Broken != nil {
				return w.AuditReport, nil
			}
		}
		if len(events) == verifyBatch {
			continue
		}
		// The head is read after the events: what is behind it was not written with it.
		before := w.Head
		if _, w.Head, err = s.store.AuditEnds(ctx); err != nil {
			return AuditReport{}, err
		}
		if w.Head.Sequence > w.last.Sequence && w.Head.Sequence > before.Sequence {
			continue // written since
		}
		w.end()
		return w.AuditReport, nil
	}
}

// walk goes along the chain.
type walk struct {
	AuditReport
	last    AuditLink // the event behind which the walk is
	chained bool      // whether the chain has begun
}

func (w *walk) step(e AuditEvent) {
	w.chained = w.chained || len(e.Hash) > 0 || len(w.Anchor.Hash) > 0
	switch {
	case !w.chained:
		w.Unchained++
	case !bytes.Equal(e.Hash, Chain(w.last.Hash, e)):
		w.Broken = &AuditBreak{Sequence: e.Sequence, Reason: "it was changed, or an event in front of it was changed or removed"}
		return
	default:
		w.Intact++
	}
	w.last = AuditLink{Sequence: e.Sequence, Hash: e.Hash}
}

// end compares where the walk ended with where the chain ends.
func (w *walk) end() {
	switch {
	case w.last.Sequence < w.Head.Sequence:
		w.Broken = &AuditBreak{Sequence: w.last.Sequence + 1, Reason: "events at the end are missing"}
	case w.last.Sequence > w.Head.Sequence:
		w.Broken = &AuditBreak{Sequence: w.last.Sequence, Reason: "events at the end were added by somebody else"}
	case !bytes.Equal(w.last.Hash, w.Head.Hash):
		w.Broken = &AuditBreak{Sequence: w.last.Sequence, Reason: "it is not the event that was written last"}
	}
}
