package spicedb_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// tenants are two organizations with the same shape. In each, user uN is in team tN, which may read and apply
// workspace wN; user vN is in team sN, which may read everything in project pN; user oN is in the owners team of
// organization oN, which may do everything in it; user xN is in no team.
const tenants = `
organization:o1#platform@platform:main
project:p1#organization@organization:o1
workspace:w1#project@project:p1
workspace:w1b#project@project:p1
team:t1#organization@organization:o1
team:t1#visible_in@organization:o1
team:t1#membership@user:u1
team:t1#membership@team:t1
team:s1#membership@user:v1
team:own1#membership@user:o1
team:own1#organization@organization:o1
binding:b1#holder@team:t1
binding:b1#has_workspace_read@team:t1
binding:b1#has_workspace_apply_run@team:t1
binding:c1#holder@team:s1
binding:c1#has_workspace_read@team:s1
binding:d1#holder@team:own1
binding:d1#has_workspace_read@team:own1
binding:d1#has_workspace_apply_run@team:own1
binding:d1#has_organization_view@team:own1
workspace:w1#binding@binding:b1
project:p1#binding@binding:c1
organization:o1#binding@binding:d1
organization:o1#membership@user:u1

organization:o2#platform@platform:main
project:p2#organization@organization:o2
workspace:w2#project@project:p2
team:t2#organization@organization:o2
team:t2#membership@user:u2
binding:b2#holder@team:t2
binding:b2#has_workspace_read@team:t2
binding:b2#has_workspace_apply_run@team:t2
workspace:w2#binding@binding:b2
`

// rels reads relationships, one a line.
func rels(t testing.TB, text string) []authz.Relationship {
	t.Helper()
	var out []authz.Relationship
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		left, subject, _ := strings.Cut(line, "@")
		resource, relation, _ := strings.Cut(left, "#")
		r, ok := authz.ParseObject(resource)
		s, alsoOK := authz.ParseObject(subject)
		if !ok || !alsoOK || relation == "" {
			t.Fatalf("%q is no relationship", line)
		}
		out = append(out, authz.Relationship{Resource: r, Relation: relation, Subject: s})
	}
	return out
}

// expiring returns one relationship that expires.
func expiring(t testing.TB, text string, at time.Time) authz.Relationship {
	t.Helper()
	r := rels(t, text)[0]
	r.ExpiresAt = at
	return r
}

func obj(t testing.TB, text string) authz.Object {
	t.Helper()
	o, ok := authz.ParseObject(text)
	if !ok {
		t.Fatalf("%q is no object", text)
	}
	return o
}

// ask reads a question: "user:u1 apply_run workspace:w1".
func ask(t testing.TB, text string) authz.Question {
	t.Helper()
	words := strings.Fields(text)
	if len(words) != 3 {
		t.Fatalf("%q is no question", text)
	}
	return authz.Question{Subject: obj(t, words[0]), Permission: words[1], Resource: obj(t, words[2])}
}

func touch(t testing.TB, e authz.Writer, relationships ...authz.Relationship) authz.Token {
	t.Helper()
	return write(t, e, authz.Write{Touches: relationships})
}

func write(t testing.TB, e authz.Writer, w authz.Write) authz.Token {
	t.Helper()
	token, err := e.Write(t.Context(), w)
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	return token
}

func allowed(t testing.TB, e authz.Checker, question string, c authz.Consistency) bool {
	t.Helper()
	decision, err := e.Check(t.Context(), ask(t, question), c)
	if err != nil {
		t.Fatalf("Check(%s): %v", question, err)
	}
	return decision.Allowed
}

func wantAllowed(t testing.TB, e authz.Checker, want bool, question string) {
	t.Helper()
	if got := allowed(t, e, question, authz.Consistency{}); got != want {
		t.Errorf("%s: allowed = %t, want %t", question, got, want)
	}
}

func wantKind(t testing.TB, what string, err error, want fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Errorf("%s: error %v of kind %s, want kind %s", what, err, fault.KindOf(err), want)
	}
}

// read returns what matches, as sorted text.
func read(t testing.TB, e authz.Reader, f authz.Filter) []string {
	t.Helper()
	var out []string
	for r, err := range e.Read(t.Context(), f) {
		if err != nil {
			t.Fatalf("Read(%+v): %v", f, err)
		}
		out = append(out, r.String())
	}
	slices.Sort(out)
	return out
}

// deploy writes our schema and the two tenants.
func deploy(ctx context.Context, t testing.TB, e authz.Engine) {
	t.Helper()
	if err := e.WriteSchema(ctx, schema.Text()); err != nil {
		t.Fatalf("WriteSchema: %v", err)
	}
	touch(t, e, rels(t, tenants)...)
}

// eventually waits until a condition holds; the deadline only ends a test that fails.
func eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not after %s: %s", within, what)
		}
	}
}

func members(team string, count int) []authz.Relationship {
	out := make([]authz.Relationship, count)
	for i := range out {
		out[i] = authz.Relationship{
			Resource: authz.Object{Type: schema.TypeTeam, ID: team},
			Relation: schema.RelMembership,
			Subject:  authz.Object{Type: schema.TypeUser, ID: fmt.Sprintf("m%05d", i)},
		}
	}
	return out
}
