package spicedb_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/spicedb"
)

// legal are relationships to draw from: two organizations and what they share.
const legal = tenants + `
team:t2#visible_in@organization:o2
team:t2#membership@team:t2
binding:b2#has_workspace_queue_plan@team:t2
organization:o2#membership@user:u2
organization:o2#membership@team:t2
workspace:w2b#project@project:p2
workspace:w2b#binding@binding:b2
stack:st1#project@project:p1
stack:st1#binding@binding:c1
binding:c1#has_stack_read@team:s1
project:p1#child_binding@binding:b1
project:p1#default_in@organization:o1
organization:o1#default_project@project:p1
platform:main#binding@binding:site
binding:site#holder@team:site-admins
binding:site#has_workspace_read@team:site-admins
binding:site#has_organization_view@team:site-admins
team:site-admins#membership@user:x1
group:g1#membership@user:x1
team:g1#membership@user:x1
binding:g1#holder@team:g1
binding:g1#has_workspace_read@team:g1
workspace:w1#binding@binding:g1
workspace:w2#binding@binding:g1
workspace:w1#project@project:p1b
project:p1b#organization@organization:o1
project:p1b#binding@binding:u9
binding:u9#holder@team:u9
binding:u9#has_workspace_read@team:u9
team:u9#membership@user:x1
`

// wild are relationships that lead from one organization into the other, or move things between them.
const wild = `
team:t1#organization@organization:o2
workspace:w1#project@project:p2
workspace:w2#project@project:p1
project:p1#organization@organization:o2
binding:b1#holder@team:t2
binding:b1#has_workspace_read@team:t2
workspace:w2#binding@binding:b1
organization:o2#membership@team:t1
team:t2#membership@user:u1
team:t2#secret_in@organization:o1
team:u9#membership@team:t1
`

// questions are asked after every step.
func questions(t testing.TB) []authz.Question {
	t.Helper()
	var out []authz.Question
	for _, user := range []string{"u1", "u2", "v1", "o1", "x1"} {
		for _, about := range []string{
			"read workspace:w1", "apply_run workspace:w1", "read workspace:w1b", "read workspace:w2", "apply_run workspace:w2",
			"read workspace:w2b", "queue_plan workspace:w2b", "read stack:st1", "read project:p1", "read project:p2",
			"view organization:o1", "view organization:o2", "view team:t1", "view team:t2", "member team:t2", "member group:g1",
		} {
			out = append(out, ask(t, "user:"+user+" "+about))
		}
	}
	return out
}

// TestWhatIsRememberedIsExact draws histories of writes, most of them legal and some that lead from one organization
// into another, and asks everything after every step: what is remembered must be what SpiceDB's own memory datastore
// says of the same relationships.
func TestWhatIsRememberedIsExact(t *testing.T) {
	sane, pool, qs := rels(t, legal), rels(t, legal+wild), questions(t)
	one := rapid.Custom(func(rt *rapid.T) authz.Relationship {
		if rapid.IntRange(0, 7).Draw(rt, "one in eight is wild") == 0 {
			return rapid.SampledFrom(pool[len(sane):]).Draw(rt, "wild")
		}
		return rapid.SampledFrom(sane).Draw(rt, "legal")
	})
	stock, err := spicedb.NewStock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stock.Close() })
	var recalled, asked atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		sut, err := spicedb.NewEmbedded(t.Context(), spicedb.EmbeddedConfig{OnDecision: func(remembered bool) {
			asked.Add(1)
			if remembered {
				recalled.Add(1)
			}
		}})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = sut.Close() }()
		if _, err := stock.Write(t.Context(), authz.Write{Deletes: pool}); err != nil {
			rt.Fatal(err)
		}
		seeded := rapid.SliceOfDistinct(rapid.SampledFrom(sane), func(r authz.Relationship) authz.Relationship { return r }).Draw(rt, "seeded")
		if err := sut.Seed(t.Context(), seeded); err != nil {
			rt.Fatal(err)
		}
		if _, err := stock.Write(t.Context(), authz.Write{Touches: seeded}); err != nil {
			rt.Fatal(err)
		}
		for step := range rapid.IntRange(3, 12).Draw(rt, "steps") {
			w := authz.Write{
				Touches: rapid.SliceOfN(one, 0, 4).Draw(rt, "touches"),
				Deletes: rapid.SliceOfN(one, 0, 2).Draw(rt, "deletes"),
			}
			for _, e := range []authz.Writer{sut, stock} {
				if _, err := e.Write(t.Context(), w); err != nil {
					rt.Fatal(err)
				}
			}
			compare(t, rt, fmt.Sprintf("step %d", step), sut, stock, qs)
		}
	})
	if recalled.Load() == 0 || recalled.Load() == asked.Load() {
		t.Errorf("%d of %d decisions were remembered: the test says nothing", recalled.Load(), asked.Load())
	}
}

// compare asks all at once or one by one, as drawn.
func compare(t *testing.T, rt *rapid.T, when string, sut, stock authz.Checker, qs []authz.Question) {
	t.Helper()
	want, _, err := stock.CheckAll(t.Context(), qs, authz.Consistency{})
	if err != nil {
		rt.Fatal(err)
	}
	var got []bool
	if rapid.Bool().Draw(rt, "at once") {
		if got, _, err = sut.CheckAll(t.Context(), qs, authz.Consistency{}); err != nil {
			rt.Fatal(err)
		}
	} else {
		for _, q := range qs {
			d, err := sut.Check(t.Context(), q, authz.Consistency{})
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, d.Allowed)
		}
	}
	for i, q := range qs {
		if got[i] != want[i] {
			rt.Errorf("%s: %s %s %s: allowed = %t, want %t", when, q.Subject, q.Permission, q.Resource, got[i], want[i])
		}
	}
}

func TestAnOrganizationRemembersWhileAnotherChanges(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	if err := e.Seed(t.Context(), rels(t, tenants)); err != nil {
		t.Fatal(err)
	}
	own, other := ask(t, "user:u1 read workspace:w1"), ask(t, "user:u2 read workspace:w2")
	learn := func() {
		wantAllowed(t, e, true, "user:u1 read workspace:w1")
		wantAllowed(t, e, true, "user:u2 read workspace:w2")
	}
	steps := []struct {
		name           string
		touch, deleted string
		own, other     bool // still remembered afterwards
	}{
		{"nothing", "", "", true, true},
		{"a team of one", "team:t1#membership@user:u9", "", false, true},
		{"a new workspace of the other", "workspace:w3#project@project:p2", "", true, true},
		{"that one goes again", "", "workspace:w3#project@project:p2", true, false},
		{"a binding of one", "workspace:w1b#binding@binding:b1", "", false, true},
		{"a workspace of one between projects", "", "workspace:w1b#project@project:p1", false, true},
		{"where it arrives", "workspace:w1b#project@project:p1b\nproject:p1b#organization@organization:o1", "", false, true},
		{"a new team of one", "team:new#organization@organization:o1", "", true, true},
		{"a first grant to a person of one", "binding:p7#holder@team:u7\nbinding:p7#has_workspace_read@team:u7\nteam:u7#membership@user:u7\nworkspace:w1b#binding@binding:p7", "", false, true},
		{"the last one goes", "", "binding:p7#holder@team:u7\nbinding:p7#has_workspace_read@team:u7\nworkspace:w1b#binding@binding:p7", false, true},
		{"a private team changes", "team:u7#membership@group:g1", "", false, false},
		{"a group", "group:g1#membership@user:u7", "", false, false},
		{"the platform", "platform:main#binding@binding:none", "", false, false},
		{"across", "workspace:w2#binding@binding:b1", "", false, false},
		{"after that, either", "team:t1#membership@user:u8", "", false, false},
	}
	for _, step := range steps {
		learn()
		write(t, e, authz.Write{Touches: rels(t, step.touch), Deletes: rels(t, step.deleted)})
		if e.Remembers(own) != step.own || e.Remembers(other) != step.other {
			t.Errorf("after %s: own remembered %t, other %t; want %t, %t", step.name, e.Remembers(own), e.Remembers(other), step.own, step.other)
		}
	}
}

// TestAnswersFollowWhatCrosses has a history for each way in which a change in one place must be noticed in another.
func TestAnswersFollowWhatCrosses(t *testing.T) {
	histories := map[string]struct {
		before         authz.Write // after it the question is answered with yes
		question       string
		touch, deleted string // after it with no
	}{
		"a workspace has a binding of another organization's team": {
			authz.Write{Touches: rels(t, "workspace:w2#binding@binding:b1")}, "user:u1 read workspace:w2", "", "team:t1#membership@user:u1",
		},
		"a team has moved to another organization": {
			authz.Write{Touches: rels(t, "team:t1#organization@organization:o2"), Deletes: rels(t, "team:t1#organization@organization:o1")},
			"user:u1 read workspace:w1", "", "team:t1#membership@user:u1",
		},
		"a workspace moves to another organization": {
			authz.Write{}, "user:v1 read workspace:w1", "workspace:w1#project@project:p2", "workspace:w1#project@project:p1",
		},
		"a workspace goes": {
			authz.Write{}, "user:u1 read workspace:w1", "", "workspace:w1#project@project:p1\nworkspace:w1#binding@binding:b1",
		},
		"a private team goes": {
			authz.Write{Touches: rels(t, "team:u9#membership@user:x1")}, "user:x1 member team:u9", "", "team:u9#membership@user:x1",
		},
		"a private team has members of an organization's team": {
			authz.Write{Touches: rels(t, "team:u9#membership@user:u9\nbinding:u9#holder@team:u9\nbinding:u9#has_workspace_read@team:t1\nworkspace:w2#binding@binding:u9")},
			"user:u1 read workspace:w2", "", "team:t1#membership@user:u1",
		},
		"a person's only grant goes": {
			authz.Write{Touches: rels(t, "team:u9#membership@user:u9\nbinding:u9#holder@team:u9\nbinding:u9#has_workspace_read@team:u9\nworkspace:w2#binding@binding:u9")},
			"user:u9 read workspace:w2", "", "binding:u9#holder@team:u9\nbinding:u9#has_workspace_read@team:u9\nworkspace:w2#binding@binding:u9",
		},
	}
	for name, h := range histories {
		t.Run(name, func(t *testing.T) {
			e := startEmbedded(t, spicedb.EmbeddedConfig{})
			touch(t, e, rels(t, tenants)...)
			write(t, e, h.before)
			for range 3 { // by the server, in process, from memory
				wantAllowed(t, e, true, h.question)
			}
			write(t, e, authz.Write{Touches: rels(t, h.touch), Deletes: rels(t, h.deleted)})
			wantAllowed(t, e, false, h.question)
		})
	}
}

// TestNobodyIsAllowedAfterARevocation lets many ask all the time, while one revokes and asks for himself.
func TestNobodyIsAllowedAfterARevocation(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	touch(t, e, rels(t, tenants)...)
	grant := rels(t, "team:t1#membership@user:w")
	q := ask(t, "user:w read workspace:w1")
	done := make(chan struct{})
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if _, err := e.Check(t.Context(), q, authz.Consistency{Freshness: authz.MinimizeLatency}); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for round := range 200 {
		touch(t, e, grant...)
		wantAllowed(t, e, true, "user:w read workspace:w1")
		write(t, e, authz.Write{Deletes: grant})
		if got := [2]bool{allowed(t, e, "user:w read workspace:w1", authz.Consistency{}), slices.Contains(all(t, e, q, q), true)}; got != [2]bool{} {
			t.Fatalf("round %d: allowed after the revocation: %v", round, got)
		}
	}
	close(done)
	askers.Wait()
}

func all(t testing.TB, e authz.Checker, qs ...authz.Question) []bool {
	t.Helper()
	answers, _, err := e.CheckAll(t.Context(), qs, authz.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestAnExpiredGrantIsNotRemembered asks without a pause around each deadline. The clock is read before the question,
// so that an answer which was right when it was asked for is not called wrong.
func TestAnExpiredGrantIsNotRemembered(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	touch(t, e, rels(t, tenants)...)
	q := ask(t, "user:u1 apply_run workspace:w1b")
	for range 20 {
		deadline := time.Now().Add(30 * time.Millisecond)
		touch(t, e, expiring(t, "workspace:w1b#binding@binding:b1", deadline))
		for {
			late := !time.Now().Before(deadline)
			got := all(t, e, q, q)[0] || allowed(t, e, "user:u1 apply_run workspace:w1b", authz.Consistency{})
			if late && got {
				t.Fatal("allowed after the deadline")
			}
			if late {
				break
			}
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{DecisionCacheBytes: 128 << 10})
	touch(t, e, rels(t, tenants)...)
	first := ask(t, "user:u1 read workspace:w1")
	qs := []authz.Question{first}
	for i := range 1500 {
		qs = append(qs, authz.Question{Subject: authz.Object{Type: "user", ID: fmt.Sprint("nobody", i)}, Permission: "read", Resource: first.Resource})
	}
	all(t, e, qs...)
	remembered := 0
	for _, q := range qs {
		if e.Remembers(q) {
			remembered++
		}
	}
	if remembered == 0 || remembered > 500 { // a decision takes some 420 bytes
		t.Errorf("%d decisions are remembered in 128 KiB", remembered)
	}
}

func TestListsAreRememberedUntilTheirOrganizationChanges(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	touch(t, e, rels(t, tenants)...)
	list := func() []string {
		ids, _, err := e.Subjects(t.Context(), obj(t, "workspace:w1"), "read", "user", authz.Consistency{})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if got := list(); !slices.Equal(got, []string{"o1", "u1", "v1"}) {
		t.Errorf("who may read: %v", got)
	}
	touch(t, e, rels(t, "team:t1#membership@user:a1")...)
	if got := list(); !slices.Equal(got, []string{"a1", "o1", "u1", "v1"}) {
		t.Errorf("who may read after a grant: %v", got)
	}
	write(t, e, authz.Write{Deletes: rels(t, "team:t1#membership@user:u1")})
	if got := list(); !slices.Equal(got, []string{"a1", "o1", "v1"}) {
		t.Errorf("who may read after a revocation: %v", got)
	}
}
