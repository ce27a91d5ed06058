package spicedb_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func explain(t *testing.T, e authz.Engine, question string) authz.Explanation {
	t.Helper()
	got, err := e.Explain(t.Context(), ask(t, question), authz.Consistency{})
	if err != nil {
		t.Fatalf("Explain(%s): %v", question, err)
	}
	if got.Token == "" {
		t.Errorf("Explain(%s): no token", question)
	}
	return got
}

func wantExplanation(t *testing.T, got, want authz.Explanation) {
	t.Helper()
	ignoreToken := cmpopts.IgnoreFields(authz.Decision{}, "Token")
	if diff := cmp.Diff(want, got, ignoreToken, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
}

func scopesOfW1(t *testing.T) []authz.Object {
	t.Helper()
	return []authz.Object{obj(t, "workspace:w1"), obj(t, "project:p1"), obj(t, "organization:o1"), obj(t, "platform:main")}
}

func explainsAllowed(t *testing.T, _ engine, e authz.Engine) {
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	touch(t, e, expiring(t, "workspace:w1#binding@binding:b1", at))
	touch(t, e, rels(t, "project:p1#binding@binding:d1\nteam:own1#membership@user:u1")...)
	own := []string{"organization_view", "workspace_apply_run", "workspace_read"}
	wantExplanation(t, explain(t, e, "user:u1 apply_run workspace:w1"), authz.Explanation{
		Decision: authz.Decision{Allowed: true},
		Scopes:   scopesOfW1(t),
		Held: []authz.Held{
			{
				Scope: obj(t, "workspace:w1"), Binding: obj(t, "binding:b1"), Holder: obj(t, "team:t1"),
				Atoms: []string{"workspace_apply_run", "workspace_read"}, ExpiresAt: at,
			},
			{Scope: obj(t, "project:p1"), Binding: obj(t, "binding:d1"), Holder: obj(t, "team:own1"), Atoms: own},
			{Scope: obj(t, "organization:o1"), Binding: obj(t, "binding:d1"), Holder: obj(t, "team:own1"), Atoms: own},
		},
	})
	wantExplanation(t, explain(t, e, "user:o1 view organization:o1"), authz.Explanation{
		Decision: authz.Decision{Allowed: true},
		Scopes:   scopesOfW1(t)[2:],
		Held: []authz.Held{
			{Scope: obj(t, "organization:o1"), Binding: obj(t, "binding:d1"), Holder: obj(t, "team:own1"), Atoms: own},
		},
	})
}

func explainsDenied(t *testing.T, _ engine, e authz.Engine) {
	wantExplanation(t, explain(t, e, "user:v1 apply_run workspace:w1"), authz.Explanation{
		Scopes: scopesOfW1(t),
		Held: []authz.Held{{
			Scope: obj(t, "project:p1"), Binding: obj(t, "binding:c1"), Holder: obj(t, "team:s1"),
			Atoms: []string{"workspace_read"},
		}},
	})
	wantExplanation(t, explain(t, e, "user:u2 apply_run workspace:w1"), authz.Explanation{Scopes: scopesOfW1(t)})
}

func explainsNothing(t *testing.T, _ engine, e authz.Engine) {
	for question, scopes := range map[string][]string{
		"user:u1 read workspace:nowhere": {"workspace:nowhere"},
		"user:u1 delete team:nobody":     {"team:nobody"},
		"user:u1 member group:nobody":    {"group:nobody"},
		"user:x1 delete team:t1":         {"team:t1", "organization:o1", "platform:main"},
	} {
		want := authz.Explanation{}
		for _, s := range scopes {
			want.Scopes = append(want.Scopes, obj(t, s))
		}
		wantExplanation(t, explain(t, e, question), want)
	}
}

// edited returns our schema with one part of it replaced.
func edited(t *testing.T, old, replacement string) string {
	t.Helper()
	if !strings.Contains(schema.Text(), old) {
		t.Fatalf("the schema has no %q any more", old)
	}
	return strings.Replace(schema.Text(), old, replacement, 1)
}

// withoutSelfService removes a relation and its one use.
func withoutSelfService(t *testing.T) string {
	t.Helper()
	text := edited(t, " + token_self_service->member", "")
	comment := strings.Index(text, "\t// Points at the team itself")
	relation := strings.Index(text, "\trelation token_self_service: team\n")
	if comment < 0 || relation < comment {
		t.Fatal("the schema has no documented token_self_service any more")
	}
	_, rest, _ := strings.Cut(text[relation:], "\n")
	return text[:comment] + rest
}

func schemaDiff(t *testing.T, _ engine, e authz.Engine) {
	tests := []struct {
		name, text string
		want       []authz.SchemaChange
	}{
		{"nothing", schema.Text(), nil},
		{"a comment", edited(t, "// A person.", "// Somebody."), []authz.SchemaChange{{Kind: "comment changed", Name: "user"}}},
		{"a definition more", schema.Text() + "\ndefinition ship {\n\trelation crew: user\n}", []authz.SchemaChange{
			{Kind: "definition added", Name: "ship"},
		}},
		{"a caveat more", schema.Text() + "\ncaveat odd(n int) { n % 2 == 1 }", []authz.SchemaChange{
			{Kind: "caveat added", Name: "odd"},
		}},
		{"another expression", edited(t, " + token_self_service->member", ""), []authz.SchemaChange{
			{Kind: "permission expression changed", Name: "team#manage_token"},
		}},
		{"a relation less", withoutSelfService(t), []authz.SchemaChange{
			{Kind: "permission expression changed", Name: "team#manage_token"},
			{Kind: "relation removed", Name: "team#token_self_service", Breaking: true},
		}},
		{"a subject type less", edited(t, "relation guest: team | team with expiration", "relation guest: team"), []authz.SchemaChange{
			{Kind: "subject type removed", Name: "organization#guest: team", Breaking: true},
		}},
		{"a subject type more", edited(t, "relation owners_of: organization", "relation owners_of: organization | user"), []authz.SchemaChange{
			{Kind: "subject type added", Name: "team#owners_of: user"},
		}},
		{"a permission renamed", edited(t, "permission run_locally =", "permission run_at_home ="), []authz.SchemaChange{
			{Kind: "permission added", Name: "workspace#run_at_home"},
			{Kind: "permission removed", Name: "workspace#run_locally", Breaking: true},
		}},
	}
	sorted := cmpopts.SortSlices(func(a, b authz.SchemaChange) bool { return a.Kind+a.Name < b.Kind+b.Name })
	for _, tt := range tests {
		got, err := e.DiffSchema(t.Context(), tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got, sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	_, err := e.DiffSchema(t.Context(), "definition {")
	wantKind(t, "DiffSchema of nonsense", err, fault.Invalid)
}

func schemaOrphans(t *testing.T, _ engine, e authz.Engine) {
	relationship := rels(t, "team:t1#token_self_service@team:t1")
	touch(t, e, relationship...)
	wantKind(t, "a schema that orphans", e.WriteSchema(t.Context(), withoutSelfService(t)), fault.Conflict)
	wantKind(t, "a schema nobody can read", e.WriteSchema(t.Context(), "definition {"), fault.Invalid)
	wantKind(t, "a schema that contradicts itself", e.WriteSchema(t.Context(), "definition ship { permission sail = crew }"), fault.Invalid)
	wantAllowed(t, e, true, "user:u1 manage_token team:t1") // the schema is still the old one

	write(t, e, authz.Write{Deletes: relationship})
	if err := e.WriteSchema(t.Context(), withoutSelfService(t)); err != nil {
		t.Errorf("a schema that orphans nothing: %v", err)
	}
	wantAllowed(t, e, false, "user:u1 manage_token team:t1")
}

func schemaCurrent(t *testing.T, _ engine, e authz.Engine) {
	deployed, ok := e.(interface {
		SchemaIsCurrent(ctx context.Context) (bool, error)
	})
	if !ok {
		t.Fatal("the engine cannot tell")
	}
	is := func() bool {
		t.Helper()
		current, err := deployed.SchemaIsCurrent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return current
	}
	text, err := e.ReadSchema(t.Context())
	if err != nil || !strings.Contains(text, "definition workspace") {
		t.Errorf("ReadSchema = %.40q, %v", text, err)
	}
	if !is() {
		t.Error("our own schema is not recognized")
	}
	if err := e.WriteSchema(t.Context(), edited(t, "// A person.", "// Somebody.")); err != nil {
		t.Fatal(err)
	}
	if !is() {
		t.Error("another comment makes another schema")
	}
	if err := e.WriteSchema(t.Context(), withoutSelfService(t)); err != nil {
		t.Fatal(err)
	}
	if is() {
		t.Error("another schema passes for ours")
	}
}

func ready(t *testing.T, _ engine, e authz.Engine) {
	if err := e.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
}

func closes(t *testing.T, _ engine, e authz.Engine) {
	for range 2 {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	wantKind(t, "Ready of a closed engine", e.Ready(t.Context()), fault.Unavailable)
	_, err := e.Write(t.Context(), authz.Write{Touches: rels(t, tenants)})
	wantKind(t, "Write to a closed engine", err, fault.Unavailable)
}
