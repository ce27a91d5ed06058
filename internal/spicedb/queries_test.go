package spicedb_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
	"github.com/terrawarden/terrawarden/schema"
)

// mostQueries is how many queries of the datastore a check may take that nothing is remembered of. Each costs some
// 30 microseconds, wherever it is answered, so this bounds the time of a check on any machine.
const mostQueries = 16

// TestQueriesOfAColdCheck asks every permission of every scope, of people of every kind, where each scope has roles
// of many teams.
func TestQueriesOfAColdCheck(t *testing.T) {
	var queries atomic.Int64
	e := startEmbedded(t, spicedb.EmbeddedConfig{DecisionCacheBytes: -1, Store: treestore.Config{OnQuery: func() { queries.Add(1) }}})
	if err := e.Seed(t.Context(), crowded(t)); err != nil {
		t.Fatal(err)
	}
	resources := []authz.Object{obj(t, "workspace:w1"), obj(t, "stack:st1"), obj(t, "project:p1"), obj(t, "organization:o1"), obj(t, "platform:main")}
	users := []string{"admin", "owner", "member0", "member7", "stranger"}
	total, asked, worst := int64(0), int64(0), ""
	for _, resource := range resources {
		for _, permission := range schema.Of(resource.Type) {
			for _, user := range users {
				q := authz.Question{Subject: authz.Object{Type: schema.TypeUser, ID: user}, Permission: permission.On(resource.Type), Resource: resource}
				n := int64(math.MaxInt64)
				for range 4 { // the first question of a shape goes another way, and a yes leaves stragglers behind
					queries.Store(0)
					if _, err := e.Check(t.Context(), q, authz.Consistency{}); err != nil {
						t.Fatal(err)
					}
					n = min(n, queries.Load())
				}
				total, asked = total+n, asked+1
				if most := int64(mostQueries * parts(permission)); n > most {
					t.Errorf("%s %s %s: %d queries, more than %d", user, q.Permission, resource, n, most)
				}
				worst = max(worst, fmt.Sprintf("%3d for %s %s %s", n, user, q.Permission, resource))
			}
		}
	}
	t.Logf("%d questions, %.1f queries each; %s", asked, float64(total)/float64(asked), worst)
}

// parts returns how many permissions are evaluated for one: some consist of two, each of which is a check of its own.
func parts(p schema.Permission) int {
	switch p {
	case schema.WorkspaceRunLocally, // lock and write_state
		schema.WorkspaceForceDelete,                                                                  // the organization's delete, or force_delete and a setting
		schema.ProjectCreateWorkspace, schema.ProjectCreateStack, schema.OrganizationCreateWorkspace, // create, or manage_workspaces
		schema.OrganizationCreateSecretTeam: // manage_teams and access_secret_teams
		return 2
	}
	return 1
}

// crowded is an organization with roles of twenty teams at every scope, and a platform with admins.
func crowded(t testing.TB) []authz.Relationship {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	out := rels(t, `
organization:o1#platform@platform:main
organization:o1#default_project@project:p1
project:p1#organization@organization:o1
project:p1#default_in@organization:o1
workspace:w1#project@project:p1
stack:st1#project@project:p1
platform:main#binding@binding:site
binding:site#holder@team:site-admins
team:site-admins#membership@user:admin
`)
	for _, atom := range schema.Atoms() {
		out = append(out, authz.Relationship{Resource: obj(t, "binding:site"), Relation: atom.HasRelation(), Subject: obj(t, "team:site-admins")})
	}
	scopes := []string{"workspace:w1", "stack:st1", "project:p1", "organization:o1"}
	for i := range 20 {
		text := fmt.Sprintf("team:t%d#organization@organization:o1\nteam:t%d#visible_in@organization:o1\nbinding:b%d#holder@team:t%d\n", i, i, i, i)
		for m := range 5 {
			text += fmt.Sprintf("team:t%d#membership@user:member%d\n", i, (i*5+m)%60)
		}
		for _, scope := range scopes {
			if rng.IntN(3) > 0 {
				text += fmt.Sprintf("%s#binding@binding:b%d\n", scope, i)
			}
		}
		out = append(out, rels(t, text)...)
		for _, atom := range schema.Atoms() {
			if rng.IntN(2) == 0 {
				out = append(out, authz.Relationship{Resource: obj(t, fmt.Sprintf("binding:b%d", i)), Relation: atom.HasRelation(), Subject: obj(t, fmt.Sprintf("team:t%d", i))})
			}
		}
	}
	return append(out, rels(t, `
team:own#organization@organization:o1
team:own#owners_of@organization:o1
team:own#membership@user:owner
binding:own#holder@team:own
binding:own#has_organization_delete@team:own
organization:o1#binding@binding:own
organization:o1#membership@user:member0
organization:o1#membership@user:owner
`)...)
}
