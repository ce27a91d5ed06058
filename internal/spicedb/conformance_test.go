package spicedb_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// engine is what the suite runs on, and how it may differ.
type engine struct {
	start func(t *testing.T) authz.Engine // a fresh engine, closed when the test ends
	// expiresAt is how fresh a question must be to notice an expiry, and expires how long it may take.
	expiresAt authz.Freshness
	expires   time.Duration
	// losesWrites marks a server whose datastore may hide one of two overlapping writes (SpiceDB issue 3212).
	losesWrites bool
}

// runConformance proves the contract of package authz's ports on an engine.
func runConformance(t *testing.T, e engine) {
	t.Helper()
	cases := []struct {
		name string
		test func(*testing.T, engine, authz.Engine)
	}{
		{"whoever holds the role may and everybody else may not", checks},
		{"many questions get the answers of single ones", bulkEqualsSingle},
		{"thousands of questions are answered at once", largeBulk},
		{"a write is seen at once, however fresh the question", ownWrites},
		{"a write is seen at once while many others ask", ownWritesAmongReaders},
		{"overlapping writes are all seen", overlappingWrites},
		{"deletes come before touches", deletesBeforeTouches},
		{"a write can be repeated", repeatedWrites},
		{"an empty write returns the newest token", emptyWrite},
		{"a failed precondition writes nothing", preconditions},
		{"any metadata can be kept", metadata},
		{"thousands of relationships are written and read back", largeWrite},
		{"a write larger than a message is written in parts", hugeWrite},
		{"relationships are read back with their expiry", readBack},
		{"reading may stop early", readStops},
		{"an expired grant is refused although it was cached", expired},
		{"a renewed grant is kept", renewed},
		{"searches agree with single checks", searches},
		{"a wildcard is nobody", wildcards},
		{"what is unknown or malformed is refused", invalid},
		{"a malformed token is refused by name", malformedToken},
		{"a cancelled caller gets no answer", cancelled},
		{"an explanation of a yes names the role", explainsAllowed},
		{"an explanation of a no names what there is", explainsDenied},
		{"an explanation of nothing is empty", explainsNothing},
		{"schema changes are told apart", schemaDiff},
		{"a schema that orphans relationships is refused", schemaOrphans},
		{"the deployed schema is recognized", schemaCurrent},
		{"ready means it answers", ready},
		{"close may be called twice", closes},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sut := e.start(t)
			deploy(t.Context(), t, sut)
			c.test(t, e, sut)
		})
	}
}

// decisions are questions about the tenants, both polarities.
func decisions() map[string]bool {
	return map[string]bool{
		"user:u1 apply_run workspace:w1":            true,  // on the workspace itself
		"user:u1 read workspace:w1":                 true,  // another atom of the same role
		"team:t1 apply_run workspace:w1":            true,  // what any member may through the team
		"user:o1 apply_run workspace:w1":            true,  // from the organization
		"user:o1 apply_run workspace:w1b":           true,  // on every workspace of it
		"user:v1 read workspace:w1":                 true,  // from the project
		"user:v1 read workspace:w1b":                true,  // on every workspace of it
		"user:u2 apply_run workspace:w2":            true,  // the other tenant
		"user:u1 view organization:o1":              true,  // a member
		"user:u1 apply_run workspace:w1b":           false, // same project, another workspace
		"user:u1 queue_plan workspace:w1":           false, // an atom the role lacks
		"user:v1 apply_run workspace:w1":            false, // reads only
		"user:u1 apply_run workspace:w2":            false, // the other tenant
		"user:o1 read workspace:w2":                 false, // an owner, but elsewhere
		"user:u2 view organization:o1":              false,
		"user:x1 read workspace:w1":                 false, // in no team
		"team:s1 apply_run workspace:w1":            false,
		"service_account:u1 apply_run workspace:w1": false, // same id, other type
		"user:u1 apply_run workspace:nowhere":       false,
	}
}

func checks(t *testing.T, _ engine, e authz.Engine) {
	for question, want := range decisions() {
		wantAllowed(t, e, want, question)
	}
	decision, err := e.Check(t.Context(), ask(t, "user:u1 apply_run workspace:w1"), authz.Consistency{})
	if err != nil || decision.Token == "" {
		t.Errorf("Check = %+v, %v; want a token", decision, err)
	}
}

func bulkEqualsSingle(t *testing.T, _ engine, e authz.Engine) {
	var questions []authz.Question
	var want []bool
	for text, answer := range decisions() {
		questions = append(questions, ask(t, text), ask(t, text)) // each twice
		want = append(want, answer, answer)
	}
	got, token, err := e.CheckAll(t.Context(), questions, authz.Consistency{})
	if err != nil || token == "" {
		t.Fatalf("CheckAll: token %q, %v", token, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if got, _, err := e.CheckAll(t.Context(), nil, authz.Consistency{}); err != nil || len(got) != 0 {
		t.Errorf("CheckAll of nothing = %v, %v", got, err)
	}
	questions = append(questions, ask(t, "user:u1 fly workspace:w1"))
	_, _, err = e.CheckAll(t.Context(), questions, authz.Consistency{})
	wantKind(t, "CheckAll with one unknown permission", err, fault.Invalid)
}

func largeBulk(t *testing.T, _ engine, e authz.Engine) {
	const count = 2500
	touch(t, e, members("t1", count)...)
	var questions []authz.Question
	for i := range 2 * count {
		questions = append(questions, ask(t, fmt.Sprintf("user:m%05d apply_run workspace:w1", i)))
	}
	got, _, err := e.CheckAll(t.Context(), questions, authz.Consistency{})
	if err != nil || len(got) != len(questions) {
		t.Fatalf("CheckAll: %d answers, %v", len(got), err)
	}
	for i, answer := range got {
		if want := i < count; answer != want {
			t.Fatalf("answer %d = %t, want %t", i, answer, want)
		}
	}
}

func ownWrites(t *testing.T, _ engine, e authz.Engine) {
	const question = "user:new read workspace:w1"
	membership := rels(t, "team:s1#membership@user:new")
	for _, present := range []bool{true, false, true} {
		w := authz.Write{Touches: membership}
		if !present {
			w = authz.Write{Deletes: membership}
		}
		token := write(t, e, w)
		if token == "" {
			t.Fatal("no token")
		}
		for _, c := range []authz.Consistency{
			{},
			{Freshness: authz.MinimizeLatency},
			{Freshness: authz.AtLeastAsFresh, Token: token},
		} {
			if got := allowed(t, e, question, c); got != present {
				t.Errorf("%s at freshness %d: allowed = %t, want %t", question, c.Freshness, got, present)
			}
		}
	}
}

// SpiceDB lets requests share the lookup of the newest revision; one that began before a write must not answer a
// question asked after it.
func ownWritesAmongReaders(t *testing.T, _ engine, e authz.Engine) {
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for ctx.Err() == nil {
				_, _ = e.Check(ctx, ask(t, "user:x1 read workspace:w1"), authz.Consistency{})
			}
		})
	}
	missed := 0
	for i := range 100 {
		user := fmt.Sprintf("among%d", i)
		touch(t, e, rels(t, "team:s1#membership@user:"+user)...)
		if !allowed(t, e, "user:"+user+" read workspace:w1", authz.Consistency{}) {
			missed++
		}
	}
	stop()
	readers.Wait()
	if missed > 0 {
		t.Errorf("%d of 100 writes were not seen by the question that followed", missed)
	}
}

func overlappingWrites(t *testing.T, eng engine, e authz.Engine) {
	if eng.losesWrites {
		t.Skip("this datastore may hide one of two overlapping writes")
	}
	const writers, rounds = 8, 15
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range rounds {
				user := fmt.Sprintf("w%dr%d", w, i)
				if _, err := e.Write(t.Context(), authz.Write{Touches: rels(t, "team:s1#membership@user:"+user)}); err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				for _, freshness := range []authz.Freshness{authz.Latest, authz.MinimizeLatency} {
					q := ask(t, "user:"+user+" read workspace:w1")
					d, err := e.Check(t.Context(), q, authz.Consistency{Freshness: freshness})
					if err != nil || !d.Allowed {
						t.Errorf("own write %s not seen at freshness %d: %v", user, freshness, err)
					}
				}
			}
		})
	}
	group.Wait()
}

func deletesBeforeTouches(t *testing.T, _ engine, e authz.Engine) {
	membership := rels(t, "team:s1#membership@user:both")
	write(t, e, authz.Write{Touches: append(membership, membership...), Deletes: append(membership, membership...)})
	wantAllowed(t, e, true, "user:both read workspace:w1")
}

func repeatedWrites(t *testing.T, _ engine, e authz.Engine) {
	w := authz.Write{
		Deletes: rels(t, "team:t1#membership@user:u1\nteam:t1#membership@user:never"),
		Touches: rels(t, "team:t1#membership@user:new"),
	}
	for range 2 {
		write(t, e, w)
		wantAllowed(t, e, false, "user:u1 apply_run workspace:w1")
		wantAllowed(t, e, true, "user:new apply_run workspace:w1")
	}
}

func emptyWrite(t *testing.T, _ engine, e authz.Engine) {
	touch(t, e, rels(t, "team:s1#membership@user:new")...)
	token := write(t, e, authz.Write{Metadata: map[string]string{"actor": "nobody"}})
	if token == "" || !allowed(t, e, "user:new read workspace:w1", authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}) {
		t.Errorf("token %q of an empty write is older than the write before", token)
	}
}

func preconditions(t *testing.T, _ engine, e authz.Engine) {
	exact := func(text string) authz.Filter {
		r := rels(t, text)[0]
		return authz.Filter{Resource: r.Resource, Relation: r.Relation, SubjectType: r.Subject.Type, SubjectID: r.Subject.ID}
	}
	there, missing := exact("team:t1#membership@user:u1"), exact("team:t1#membership@user:u9")
	tests := []struct {
		name      string
		condition authz.Precondition
		met       bool
	}{
		{"something there", authz.Precondition{Filter: there}, true},
		{"something missing", authz.Precondition{Filter: missing}, false},
		{"nothing where there is nothing", authz.Precondition{Filter: missing, Absent: true}, true},
		{"nothing where there is something", authz.Precondition{Filter: there, Absent: true}, false},
		{"anything of a relation", authz.Precondition{Filter: authz.Filter{Resource: there.Resource, Relation: there.Relation}}, true},
	}
	for i, tt := range tests {
		user, team := fmt.Sprintf("pre%d", i), fmt.Sprintf("large%d", i)
		w := authz.Write{
			Touches:       append(members(team, 1200), rels(t, "team:s1#membership@user:"+user)...),
			Preconditions: []authz.Precondition{tt.condition},
		}
		_, err := e.Write(t.Context(), w)
		if tt.met && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if !tt.met {
			wantKind(t, tt.name, err, fault.Stale)
		}
		wantAllowed(t, e, tt.met, "user:m00000 member team:"+team)
		wantAllowed(t, e, tt.met, "user:"+user+" read workspace:w1")
	}
	_, err := e.Write(t.Context(), authz.Write{Preconditions: []authz.Precondition{{Filter: missing}}})
	wantKind(t, "a failed precondition of an empty write", err, fault.Stale)
}

func metadata(t *testing.T, _ engine, e authz.Engine) {
	write(t, e, authz.Write{
		Touches:  rels(t, "team:s1#membership@user:new"),
		Metadata: map[string]string{"actor": "user-1", "request_id": "a b\n\"ü\"", "reason": "broken \xff bytes", "": ""},
	})
	wantAllowed(t, e, true, "user:new read workspace:w1")
}

func largeWrite(t *testing.T, _ engine, e authz.Engine) {
	many := members("large", 3000)
	touch(t, e, many...)
	filter := authz.Filter{Resource: authz.Object{Type: schema.TypeTeam, ID: "large"}}
	got := read(t, e, filter)
	if len(got) != len(many) || got[0] != many[0].String() || got[len(got)-1] != many[len(many)-1].String() {
		t.Errorf("%d relationships read back, want %d", len(got), len(many))
	}
	write(t, e, authz.Write{Deletes: many})
	if got := read(t, e, filter); len(got) != 0 {
		t.Errorf("%d relationships left of a large delete", len(got))
	}
}

func hugeWrite(t *testing.T, _ engine, e authz.Engine) {
	many := members("huge", 4500)
	for i := range many {
		many[i].Subject.ID += strings.Repeat("x", 1000)
	}
	touch(t, e, many...)
	questions := make([]authz.Question, 0, len(many))
	for _, r := range many {
		questions = append(questions, authz.Question{Subject: r.Subject, Permission: "member", Resource: r.Resource})
	}
	got, _, err := e.CheckAll(t.Context(), questions, authz.Consistency{})
	if err != nil || slices.Contains(got, false) {
		t.Errorf("not all of %d relationships are there: %v", len(many), err)
	}
}

func readBack(t *testing.T, _ engine, e authz.Engine) {
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	touch(t, e, expiring(t, "workspace:w1b#binding@binding:b1", at))
	touch(t, e, expiring(t, "workspace:w1b#binding@binding:c1", time.Now().Add(-time.Minute)))
	touch(t, e, rels(t, "organization:o1#force_delete_allowed@user:*")...)
	tests := []struct {
		name   string
		filter authz.Filter
		want   []string
	}{
		{"one object", authz.Filter{Resource: obj(t, "workspace:w1b")}, []string{
			"workspace:w1b#binding@binding:b1[expiration:" + at.Format(time.RFC3339Nano) + "]",
			"workspace:w1b#project@project:p1",
		}},
		{"one relation of a type", authz.Filter{Resource: authz.Object{Type: "project"}, Relation: "organization"}, []string{
			"project:p1#organization@organization:o1", "project:p2#organization@organization:o2",
		}},
		{"one subject", authz.Filter{Resource: authz.Object{Type: "team"}, SubjectType: "user", SubjectID: "u1"}, []string{
			"team:t1#membership@user:u1",
		}},
		{"one subject type", authz.Filter{Resource: obj(t, "team:t1"), Relation: "membership", SubjectType: "team"}, []string{
			"team:t1#membership@team:t1",
		}},
		{"a wildcard", authz.Filter{Resource: obj(t, "organization:o1"), Relation: "force_delete_allowed"}, []string{
			"organization:o1#force_delete_allowed@user:*",
		}},
		{"nothing", authz.Filter{Resource: obj(t, "team:nobody")}, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, read(t, e, tt.filter)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func readStops(t *testing.T, _ engine, e authz.Engine) {
	touch(t, e, members("large", 1500)...)
	count := 0
	for _, err := range e.Read(t.Context(), authz.Filter{Resource: obj(t, "team:large")}) {
		if err != nil {
			t.Fatal(err)
		}
		if count++; count == 3 {
			break
		}
	}
	if count != 3 {
		t.Errorf("%d relationships, want 3", count)
	}
	for _, err := range e.Read(t.Context(), authz.Filter{Resource: authz.Object{Type: "nonsense"}}) {
		wantKind(t, "Read of an unknown type", err, fault.Invalid)
		count++
	}
	if count != 4 {
		t.Errorf("an error was yielded %d times, want once", count-3)
	}
}

func expired(t *testing.T, eng engine, e authz.Engine) {
	const question = "user:v1 apply_run workspace:w1b"
	touch(t, e, rels(t, "binding:e1#holder@team:s1\nbinding:e1#has_workspace_apply_run@team:s1")...)
	touch(t, e, expiring(t, "workspace:w1b#binding@binding:e1", time.Now().Add(2*time.Second)))
	c := authz.Consistency{Freshness: eng.expiresAt}
	for range 2 { // the second answer is cached
		if !allowed(t, e, question, c) {
			t.Fatal("a grant that has not expired is refused")
		}
	}
	// Asking without a pause keeps a cached answer alive for as long as its revision is the newest.
	eventually(t, 2*time.Second+eng.expires, "the expired grant is refused", func() bool { return !allowed(t, e, question, c) })
	wantAllowed(t, e, true, "user:v1 read workspace:w1b") // by another grant
	if got := read(t, e, authz.Filter{Resource: obj(t, "workspace:w1b"), Relation: "binding"}); len(got) != 0 {
		t.Errorf("expired relationships read back: %v", got)
	}
}

func renewed(t *testing.T, eng engine, e authz.Engine) {
	touch(t, e, rels(t, "binding:e1#holder@team:s1\nbinding:e1#has_workspace_apply_run@team:s1")...)
	soon := time.Now().Add(time.Second)
	for _, scope := range []string{"workspace:w1", "workspace:w1b", "project:p2", "workspace:gone"} {
		touch(t, e, expiring(t, scope+"#binding@binding:e1", soon))
	}
	touch(t, e, expiring(t, "workspace:w1#binding@binding:e1", time.Now().Add(time.Hour)))
	touch(t, e, rels(t, "workspace:w1b#binding@binding:e1")...)
	write(t, e, authz.Write{Deletes: rels(t, "project:p2#binding@binding:e1")})
	touch(t, e, rels(t, "project:p2#binding@binding:e1")...)

	eventually(t, time.Second+eng.expires, "the grant nobody renewed is refused", func() bool {
		return !allowed(t, e, "user:v1 apply_run workspace:gone", authz.Consistency{Freshness: eng.expiresAt})
	})
	wantAllowed(t, e, true, "user:v1 apply_run workspace:w1")
	wantAllowed(t, e, true, "user:v1 apply_run workspace:w1b")
	wantAllowed(t, e, true, "user:v1 apply_run workspace:w2")
}

func searches(t *testing.T, _ engine, e authz.Engine) {
	found := 0
	for _, permission := range []string{"read", "apply_run", "queue_plan"} {
		for _, who := range []string{"user:o1", "user:u1", "user:u2", "user:v1", "user:x1", "team:t1"} {
			want := singly(t, e, []string{"w1", "w1b", "w2"}, func(id string) string { return who + " " + permission + " workspace:" + id })
			got, token, err := e.Resources(t.Context(), obj(t, who), permission, "workspace", authz.Consistency{})
			if err != nil || token == "" || !slices.Equal(got, want) {
				t.Errorf("%s has %s on %v (token %q, %v), single checks say %v", who, permission, got, token, err, want)
			}
			found += len(got)
		}
		for _, where := range []string{"workspace:w1", "workspace:w1b", "workspace:w2", "workspace:nowhere"} {
			want := singly(t, e, []string{"o1", "u1", "u2", "v1", "x1"}, func(id string) string { return "user:" + id + " " + permission + " " + where })
			got, token, err := e.Subjects(t.Context(), obj(t, where), permission, "user", authz.Consistency{})
			if err != nil || token == "" || !slices.Equal(got, want) {
				t.Errorf("%s on %s have %v (token %q, %v), single checks say %v", permission, where, got, token, err, want)
			}
			found += len(got)
		}
	}
	if found == 0 {
		t.Error("the searches found nothing to compare")
	}
}

// singly returns the ids for which single checks say yes.
func singly(t *testing.T, e authz.Engine, ids []string, question func(id string) string) []string {
	t.Helper()
	var out []string
	for _, id := range ids {
		if allowed(t, e, question(id), authz.Consistency{}) {
			out = append(out, id)
		}
	}
	return out
}

func wildcards(t *testing.T, _ engine, e authz.Engine) {
	touch(t, e, rels(t, `
		organization:o1#force_delete_allowed@user:*
		organization:o1#force_delete_allowed@team:*
		binding:b1#has_workspace_force_delete@team:t1`)...)
	wantAllowed(t, e, true, "user:u1 force_delete workspace:w1")
	wantAllowed(t, e, false, "user:v1 force_delete workspace:w1")
	everybody, _, err := e.Subjects(t.Context(), obj(t, "organization:o1"), "workspace_force_delete_allowed", "user", authz.Consistency{})
	if err != nil || len(everybody) != 0 {
		t.Errorf("everybody = %v, %v; want nobody in particular", everybody, err)
	}
	some, _, err := e.Subjects(t.Context(), obj(t, "workspace:w1"), "force_delete", "user", authz.Consistency{})
	if err != nil || !slices.Equal(some, []string{"u1"}) {
		t.Errorf("force_delete = %v, %v; want u1", some, err)
	}
}

func invalid(t *testing.T, _ engine, e authz.Engine) {
	for _, question := range []string{
		"user:u1 fly workspace:w1",
		"user:u1 read spaceship:w1",
		"spaceship:u1 read workspace:w1",
		"user:u1 workspace_read team:t1",
		"user:u.1 read workspace:w1",
		"user:* read workspace:w1",
		"user:u1 read workspace:*",
		"user:\xff read workspace:w1",
		"user:u1 READ workspace:w1",
		"user:" + strings.Repeat("u", 1025) + " read workspace:w1",
	} {
		_, err := e.Check(t.Context(), ask(t, question), authz.Consistency{})
		wantKind(t, "Check "+question, err, fault.Invalid)
		_, _, err = e.CheckAll(t.Context(), []authz.Question{ask(t, question)}, authz.Consistency{})
		wantKind(t, "CheckAll "+question, err, fault.Invalid)
		_, err = e.Explain(t.Context(), ask(t, question), authz.Consistency{})
		wantKind(t, "Explain "+question, err, fault.Invalid)
	}
	_, err := e.Check(t.Context(), authz.Question{}, authz.Consistency{})
	wantKind(t, "the empty question", err, fault.Invalid)
	_, _, err = e.Subjects(t.Context(), obj(t, "workspace:w1"), "fly", "user", authz.Consistency{})
	wantKind(t, "Subjects of an unknown permission", err, fault.Invalid)
	_, _, err = e.Subjects(t.Context(), obj(t, "workspace:w1"), "read", "spaceship", authz.Consistency{})
	wantKind(t, "Subjects of an unknown type", err, fault.Invalid)
	_, _, err = e.Resources(t.Context(), obj(t, "user:u1"), "read", "spaceship", authz.Consistency{})
	wantKind(t, "Resources of an unknown type", err, fault.Invalid)
	for _, text := range []string{
		"spaceship:s1#membership@user:u1",
		"team:t1#crew@user:u1",
		"team:t1#membership@workspace:w1",
		"team:t1#member@user:u1", // a permission, not a relation
		"team:t1#membership@user:*",
	} {
		_, err := e.Write(t.Context(), authz.Write{Touches: rels(t, text)})
		wantKind(t, "Write "+text, err, fault.Invalid)
	}
}

func malformedToken(t *testing.T, _ engine, e authz.Engine) {
	q := ask(t, "user:u1 read workspace:w1")
	for _, token := range []authz.Token{"", "no token", "AAAA", "GhUKEzE3OTk5OTk5OTk5OTk5OTk5OTk=\xff"} {
		c := authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}
		_, err := e.Check(t.Context(), q, c)
		wantToken(t, fmt.Sprintf("Check with token %q", token), err)
		_, _, err = e.CheckAll(t.Context(), []authz.Question{q}, c)
		wantToken(t, fmt.Sprintf("CheckAll with token %q", token), err)
		_, _, err = e.Subjects(t.Context(), q.Resource, q.Permission, "user", c)
		wantToken(t, fmt.Sprintf("Subjects with token %q", token), err)
		_, _, err = e.Resources(t.Context(), q.Subject, q.Permission, "workspace", c)
		wantToken(t, fmt.Sprintf("Resources with token %q", token), err)
	}
	if !allowed(t, e, "user:u1 read workspace:w1", authz.Consistency{Token: "no token"}) {
		t.Error("a token nobody asked to use was used")
	}
}

func wantToken(t *testing.T, what string, err error) {
	t.Helper()
	wantKind(t, what, err, fault.Invalid)
	if _, field := fault.Public(err); field != "context.zedtoken" {
		t.Errorf("%s: the field at fault is %q", what, field)
	}
}

func cancelled(t *testing.T, _ engine, e authz.Engine) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := ask(t, "user:u1 read workspace:w1")
	calls := map[string]func() error{
		"Check":       func() error { _, err := e.Check(ctx, q, authz.Consistency{}); return err },
		"CheckAll":    func() error { _, _, err := e.CheckAll(ctx, []authz.Question{q}, authz.Consistency{}); return err },
		"Explain":     func() error { _, err := e.Explain(ctx, q, authz.Consistency{}); return err },
		"Write":       func() error { _, err := e.Write(ctx, authz.Write{Touches: rels(t, tenants)}); return err },
		"ReadSchema":  func() error { _, err := e.ReadSchema(ctx); return err },
		"WriteSchema": func() error { return e.WriteSchema(ctx, schema.Text()) },
		"DiffSchema":  func() error { _, err := e.DiffSchema(ctx, schema.Text()); return err },
		"Ready":       func() error { return e.Ready(ctx) },
		"Subjects": func() error {
			_, _, err := e.Subjects(ctx, q.Resource, q.Permission, "user", authz.Consistency{})
			return err
		},
		"Resources": func() error {
			_, _, err := e.Resources(ctx, q.Subject, q.Permission, "workspace", authz.Consistency{})
			return err
		},
		"Read": func() error {
			for _, err := range e.Read(ctx, authz.Filter{Resource: q.Resource}) {
				return err
			}
			return nil
		},
	}
	for name, call := range calls {
		wantKind(t, name, call(), fault.Unavailable)
	}
	wantAllowed(t, e, true, "user:u1 read workspace:w1") // others are served
}
