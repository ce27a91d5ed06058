package sqlstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// logged opens a service on SQLite with a few audit events, and a second connection to its database.
func logged(t *testing.T, cfg config.Config) (*testkit.Bench, *sql.DB) {
	t.Helper()
	b := testkit.ServiceWith(t, cfg, catalog.Deps{})
	for i := range 12 {
		if _, err := b.CreateUser(t.Context(), b.Admin, fmt.Sprintf("user-%d", i), ""); err != nil {
			t.Fatal(err)
		}
	}
	return b, second(t, filepath.Join(cfg.DataDir, "catalog.db"))
}

// copied opens a service over a copy of a database, and a second connection to that. Its engine is the original's.
func copied(t *testing.T, whole *testkit.Bench, original *sql.DB) (*testkit.Bench, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalog.db")
	if _, err := original.ExecContext(t.Context(), `VACUUM INTO ?`, path); err != nil {
		t.Fatal(err)
	}
	s := sqlite(t, path)
	b := &testkit.Bench{Store: s, Engine: whole.Engine, Admin: whole.Admin, Service: catalog.New(catalog.Deps{
		Store: s, Engine: whole.Engine, Log: testkit.Quiet(), Now: time.Now, Random: rand.Reader,
	})}
	return b, second(t, path)
}

// second opens a connection to a database beside the service's own.
func second(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func verify(t *testing.T, b *testkit.Bench) catalog.AuditReport {
	t.Helper()
	r, err := b.VerifyAudit(t.Context(), b.Admin)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTamperingIsEvident changes the events behind the service's back.
func TestTamperingIsEvident(t *testing.T) {
	t.Parallel()
	const none, last = 0, -1 // -1 is the last event, -2 the place behind it
	rows := map[string]struct {
		sql    string
		broken int64
	}{
		"nothing":                        {`SELECT 1`, none},
		"another consistency token":      {`UPDATE audit_events SET zed_token = 'x' WHERE sequence = 5`, none},
		"the last event changed":         {`UPDATE audit_events SET reason = 'x' WHERE sequence = (SELECT max(sequence) FROM audit_events)`, last},
		"another hash":                   {`UPDATE audit_events SET hash = x'00' WHERE sequence = 5`, 5},
		"no hash":                        {`UPDATE audit_events SET hash = x'' WHERE sequence = 5`, 5},
		"no hash for the first few":      {`UPDATE audit_events SET hash = x'' WHERE sequence < 5`, 5},
		"no hash at all":                 {`UPDATE audit_events SET hash = x''`, last},
		"one removed in the middle":      {`DELETE FROM audit_events WHERE sequence = 5`, 6},
		"one removed, others moved up":   {`DELETE FROM audit_events WHERE sequence = 5; UPDATE audit_events SET sequence = 5 WHERE sequence = 6`, 5},
		"the first removed":              {`DELETE FROM audit_events WHERE sequence = 1`, 2},
		"the last removed":               {`DELETE FROM audit_events WHERE sequence = (SELECT max(sequence) FROM audit_events)`, last},
		"all but the first few removed":  {`DELETE FROM audit_events WHERE sequence > 4`, 5},
		"all removed":                    {`DELETE FROM audit_events`, 1},
		"two in another order":           {`UPDATE audit_events SET sequence = -1 WHERE sequence = 5; UPDATE audit_events SET sequence = 5 WHERE sequence = 6; UPDATE audit_events SET sequence = 6 WHERE sequence = -1`, 5},
		"one added at the end":           {`INSERT INTO audit_events (sequence, id, time, actor, actor_name, token_id, request_id, organization_id, action, object, related, before, after, outcome) SELECT max(sequence) + 1, 'ae-x', 0, '', '', '', '', '', 'x', '', '[]', '', '', 'done' FROM audit_events`, -2},
		"one put in place of another":    {`UPDATE audit_events SET id = 'ae-x', action = 'nothing' WHERE sequence = 5`, 5},
		"given up without anybody's say": {`UPDATE audit_chain SET anchor_sequence = 4; DELETE FROM audit_events WHERE sequence <= 4`, 5},
		"another end":                    {`UPDATE audit_chain SET head_hash = x'00'`, last},
	}
	for _, column := range []string{"actor", "actor_name", "token_id", "address", "request_id", "organization_id", "action", "object", "before", "after", "outcome", "reason"} {
		rows["another "+column] = struct {
			sql    string
			broken int64
		}{`UPDATE audit_events SET ` + column + ` = 'user:x' WHERE sequence = 5`, 5}
	}
	rows["another time"] = struct {
		sql    string
		broken int64
	}{`UPDATE audit_events SET time = time + 1 WHERE sequence = 5`, 5}
	rows["another related object"] = struct {
		sql    string
		broken int64
	}{`UPDATE audit_events SET related = '["user:x"]' WHERE sequence = 5`, 5}
	whole, original := logged(t, testkit.Sized(t, config.EngineEmbedded))
	for what, row := range rows {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b, db := copied(t, whole, original)
			before := verify(t, b)
			if before.Broken != nil || int64(before.Intact) != before.Head.Sequence || before.Intact < 12 {
				t.Fatalf("before: %+v", before)
			}
			if _, err := db.ExecContext(t.Context(), row.sql); err != nil {
				t.Fatal(err)
			}
			if row.broken < 0 {
				row.broken = before.Head.Sequence - 1 - row.broken
			}
			r := verify(t, b)
			switch {
			case row.broken == none && (r.Broken != nil || r.Intact != before.Intact):
				t.Errorf("found %+v %+v, want everything in order", r, r.Broken)
			case row.broken != none && (r.Broken == nil || r.Broken.Sequence != row.broken):
				t.Errorf("found %+v, want event %d", r.Broken, row.broken)
			}
			if row.broken == none {
				return
			}
			// Going on does not hide it.
			if _, err := b.CreateUser(t.Context(), b.Admin, "later", ""); err != nil {
				return // the place of the next event is taken, which is evident enough
			}
			if r := verify(t, b); r.Broken == nil {
				t.Error("after another event everything seems to be in order")
			}
		})
	}
}

// TestPrunedEventsAreNoneRemoved prunes, then takes away one more.
func TestPrunedEventsAreNoneRemoved(t *testing.T) {
	t.Parallel()
	b, db := logged(t, testkit.Sized(t, config.EngineEmbedded))
	before := verify(t, b)
	cut := catalog.AuditFilter{OldestFirst: true, Offset: 5, Limit: 1}
	events, err := b.Store.AuditEvents(t.Context(), cut)
	if err != nil || len(events) != 1 {
		t.Fatal(err)
	}
	n, err := b.Store.PruneAuditEvents(t.Context(), events[0].Time)
	if err != nil || n == 0 {
		t.Fatalf("pruned %d, %v", n, err)
	}
	after := verify(t, b)
	if after.Broken != nil || after.Intact != before.Intact-n || after.Anchor.Sequence != int64(n) {
		t.Errorf("after pruning %d of %d: %+v %+v", n, before.Intact, after, after.Broken)
	}
	if _, err := db.ExecContext(t.Context(), `DELETE FROM audit_events WHERE sequence = ?`, n+1); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, b); r.Broken == nil || r.Broken.Sequence != int64(n)+2 {
		t.Errorf("after removing one more: %+v", r.Broken)
	}
}

// TestPruningUnderAVerification is no tampering.
func TestPruningUnderAVerification(t *testing.T) {
	t.Parallel()
	cfg := testkit.Sized(t, config.EngineEmbedded)
	b, _ := logged(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() {
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := b.CreateUser(context.WithoutCancel(ctx), b.Admin, fmt.Sprintf("more-%d", i), ""); err != nil {
				done <- err
				return
			}
			if i%5 == 4 {
				if _, err := b.Store.PruneAuditEvents(context.WithoutCancel(ctx), time.Now().Add(-5*time.Millisecond)); err != nil {
					done <- err
					return
				}
			}
		}
		done <- nil
	}()
	for range 100 {
		if r := verify(t, b); r.Broken != nil {
			t.Errorf("found %+v in %+v", r.Broken, r)
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestEventsOfBeforeTheChain are counted apart; the chain begins behind them.
func TestEventsOfBeforeTheChain(t *testing.T) {
	t.Parallel()
	cfg := testkit.Sized(t, config.EngineEmbedded)
	s := migrated(t, sqlite(t, filepath.Join(cfg.DataDir, "catalog.db")))
	for _, id := range []string{"ae-1", "ae-2", "ae-3"} {
		if err := s.InsertAuditEvent(t.Context(), catalog.AuditEvent{ID: id, Time: time.Now(), Action: "team.create"}); err != nil {
			t.Fatal(err)
		}
	}
	b, db := logged(t, cfg)
	if r := verify(t, b); r.Broken != nil || r.Unchained != 3 || int64(r.Intact) != r.Head.Sequence-3 {
		t.Errorf("found %+v %+v, want three events apart", r, r.Broken)
	}
	if _, err := db.ExecContext(t.Context(), `DELETE FROM audit_events WHERE sequence = 4`); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, b); r.Broken == nil || r.Broken.Sequence != 5 {
		t.Errorf("without the first of the chain: %+v", r.Broken)
	}
}
