package spicedb_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/schema"
)

func TestSupposedAnswersComeFromTheSupposedRelationshipsAlone(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	const world = "workspace:w1#binding@binding:b1\nbinding:b1#holder@team:t1\nbinding:b1#has_workspace_read@team:t1\nteam:t1#membership@user:WHO"
	written := rels(t, strings.ReplaceAll(world, "WHO", "u1"))
	if _, err := e.Write(t.Context(), authz.Write{Touches: written}); err != nil {
		t.Fatal(err)
	}
	ask := func(user string) authz.Question {
		return authz.Question{Subject: authz.Object{Type: schema.TypeUser, ID: user}, Permission: "read", Resource: authz.Object{Type: schema.TypeWorkspace, ID: "w1"}}
	}
	supposed := rels(t, strings.ReplaceAll(world, "WHO", "u2"))
	change := authz.Write{Deletes: rels(t, "team:t1#membership@user:u2"), Touches: rels(t, "team:t1#membership@user:u3")}
	before, after, err := e.Suppose(t.Context(), supposed, change, []authz.Question{ask("u1"), ask("u2"), ask("u3")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]bool{{false, true, false}, {false, false, true}}, [][]bool{before, after}); diff != "" {
		t.Errorf("supposed answers before and after (-want +got):\n%s", diff)
	}
	for user, want := range map[string]bool{"u1": true, "u2": false} {
		if d, err := e.Check(t.Context(), ask(user), authz.Consistency{}); err != nil || d.Allowed != want {
			t.Errorf("after supposing, %s: %v %v, want %v", user, d.Allowed, err, want)
		}
	}
}

func TestSupposingNothing(t *testing.T) {
	e := startEmbedded(t, spicedb.EmbeddedConfig{})
	before, after, err := e.Suppose(t.Context(), nil, authz.Write{}, nil)
	if err != nil || len(before)+len(after) != 0 {
		t.Errorf("no questions: %v %v %v", before, after, err)
	}
	_, _, err = e.Suppose(t.Context(), rels(t, "ship:s1#crew@user:u1"), authz.Write{}, nil)
	wantKind(t, "supposing nonsense", err, fault.Invalid)
	_, _, err = e.Suppose(t.Context(), nil, authz.Write{Touches: rels(t, "ship:s1#crew@user:u1")}, nil)
	wantKind(t, "writing nonsense", err, fault.Invalid)
}
