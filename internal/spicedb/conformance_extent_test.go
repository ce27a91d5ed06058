package spicedb_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/schema"
)

func TestExtent(t *testing.T) {
	engines := map[string]engine{
		"embedded": {
			start:     func(t *testing.T) authz.Engine { return startEmbedded(t, spicedb.EmbeddedConfig{}) },
			expiresAt: authz.Latest, expires: 3 * time.Second,
		},
		"postgres": {
			start:     func(t *testing.T) authz.Engine { return startPostgres(t, spicedb.PostgresConfig{URL: migrated(t)}) },
			expiresAt: authz.Latest, expires: 20 * time.Second,
		},
		"remote": {
			start:     func(t *testing.T) authz.Engine { return startRemote(t, runServer(t, false, migrated(t))) },
			expiresAt: authz.Latest, expires: 30 * time.Second,
		},
	}
	cases := map[string]func(*testing.T, engine, authz.Engine){
		"is the sum of single checks":        extentIsTheSumOfChecks,
		"says where, not what":               extentSaysWhere,
		"of very many bindings is as right":  extentOfManyBindings,
		"has no expired scope":               extentWithoutExpired,
		"of what cannot be asked is refused": extentRefused,
	}
	for name, eng := range engines {
		t.Run(name, func(t *testing.T) {
			if name == "remote" {
				serverProgram(t)
			}
			for what, test := range cases {
				t.Run(what, func(t *testing.T) {
					e := eng.start(t)
					deploy(t.Context(), t, e)
					test(t, eng, e)
				})
			}
		})
	}
}

func extent(t *testing.T, e authz.Searcher, who authz.Object, p schema.Permission, resourceType string, c authz.Consistency) []authz.Object {
	t.Helper()
	got, token, err := e.Extent(t.Context(), who, p, resourceType, c)
	if err != nil || token == "" {
		t.Fatalf("Extent(%s, %s, %s): token %q, %v", who, p, resourceType, token, err)
	}
	return got.Scopes
}

// estate is a random set of relationships that all permissions of the model have something to say about.
type estate struct {
	rng      *rand.Rand
	rows     []authz.Relationship
	parents  map[authz.Object]authz.Object
	byType   map[string][]authz.Object
	teams    []authz.Object
	subjects []authz.Object
}

func (s *estate) add(resource authz.Object, relation string, subject authz.Object) {
	s.rows = append(s.rows, authz.Relationship{Resource: resource, Relation: relation, Subject: subject})
}

func (s *estate) chance(percent int) bool { return s.rng.IntN(100) < percent }

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

func newEstate(seed uint64) *estate {
	s := &estate{rng: rand.New(rand.NewPCG(seed, 0)), parents: map[authz.Object]authz.Object{}, byType: map[string][]authz.Object{}}
	platform := authz.Object{Type: schema.TypePlatform, ID: "main"}
	s.byType[schema.TypePlatform] = []authz.Object{platform}
	for o := range 3 {
		org := s.place(schema.TypeOrganization, fmt.Sprintf("ext%d", o), platform, schema.RelPlatform, o < 2) // the third is disabled
		if s.chance(50) {
			s.add(org, schema.RelForceDeleteAllowed, authz.Object{Type: schema.TypeUser, ID: "*"})
		}
		for p := range 2 {
			prj := s.place(schema.TypeProject, fmt.Sprintf("%s-p%d", org.ID, p), org, schema.RelOrganization, true)
			if p == 0 {
				s.add(org, schema.RelDefaultProject, prj)
				s.add(prj, schema.RelDefaultIn, org)
			}
			for w := range 3 {
				s.place(schema.TypeWorkspace, fmt.Sprintf("%s-w%d", prj.ID, w), prj, schema.RelProject, true)
			}
			s.place(schema.TypeStack, prj.ID+"-s", prj, schema.RelProject, true)
		}
	}
	s.people()
	s.bindings()
	return s
}

func (s *estate) place(objectType, id string, parent authz.Object, relation string, linked bool) authz.Object {
	o := authz.Object{Type: objectType, ID: id}
	s.byType[objectType] = append(s.byType[objectType], o)
	if linked {
		s.parents[o] = parent
		s.add(o, relation, parent)
	}
	return o
}

func (s *estate) people() {
	for _, objectType := range schema.SubjectTypes() {
		if objectType != schema.TypeTeam {
			s.subjects = append(s.subjects, authz.Object{Type: objectType, ID: "who"})
		}
	}
	for i := range 5 {
		team := authz.Object{Type: schema.TypeTeam, ID: fmt.Sprintf("ext%d", i)}
		s.teams = append(s.teams, team)
		s.add(team, schema.RelMembership, team)
		for _, who := range s.subjects {
			if who.Type != schema.TypeTeam && s.chance(40) {
				s.add(team, schema.RelMembership, who)
			}
		}
		org := pick(s.rng, s.byType[schema.TypeOrganization])
		s.add(org, pick(s.rng, []string{schema.RelMembership, schema.RelGuest}), team)
		s.add(team, schema.RelOrganization, org)
		s.add(team, pick(s.rng, []string{schema.RelVisibleIn, schema.RelSecretIn, schema.RelOwnersOf}), org)
	}
	s.subjects = append(s.subjects, s.teams[0])
}

func (s *estate) bindings() {
	for i := range 14 {
		binding := authz.Object{Type: schema.TypeBinding, ID: fmt.Sprintf("ext%d", i)}
		holder := pick(s.rng, s.teams)
		s.add(binding, schema.RelHolder, holder)
		for _, atom := range schema.Atoms() {
			if s.chance(12) {
				s.add(binding, atom.HasRelation(), holder)
			}
		}
		for range 1 + s.rng.IntN(3) {
			scopeType := pick(s.rng, []string{schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeWorkspace, schema.TypeStack})
			if i == 0 && s.chance(50) {
				scopeType = schema.TypePlatform
			}
			scope := pick(s.rng, s.byType[scopeType])
			s.add(scope, schema.RelBinding, binding)
			if parent := s.parents[scope]; parent.Type == schema.TypeProject {
				s.add(parent, schema.RelChildBinding, binding)
			}
		}
	}
}

// within returns the objects of a type that are, or lie in, one of the scopes.
func (s *estate) within(objectType string, scopes []authz.Object) []authz.Object {
	var out []authz.Object
	for _, o := range s.byType[objectType] {
		for at := o; !at.IsZero(); at = s.parents[at] {
			if slices.Contains(scopes, at) {
				out = append(out, o)
				break
			}
		}
	}
	return out
}

// extentIsTheSumOfChecks walks every permission that can be asked on a scope, its derived ones included.
func extentIsTheSumOfChecks(t *testing.T, _ engine, e authz.Engine) {
	held, wide := 0, 0
	for seed := range uint64(3) {
		s := newEstate(seed)
		touch(t, e, s.rows...)
		for _, objectType := range []string{schema.TypePlatform, schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeStack} {
			for _, entry := range schema.Vocabulary() {
				name := entry.Permission.On(objectType)
				if name == "" {
					continue
				}
				who := pick(s.rng, s.subjects)
				want := s.singly(t, e, who, name, objectType)
				scopes := extent(t, e, who, entry.Permission, objectType, authz.Consistency{})
				if diff := cmp.Diff(want, s.within(objectType, scopes)); diff != "" {
					t.Errorf("seed %d: %s, %s on %s: scopes %v (-single checks +extent):\n%s", seed, who, entry.Permission, objectType, scopes, diff)
				}
				if !slices.IsSortedFunc(scopes, compareObjects) || len(slices.Compact(slices.Clone(scopes))) != len(scopes) {
					t.Errorf("seed %d: %s, %s on %s: scopes out of order: %v", seed, who, entry.Permission, objectType, scopes)
				}
				held += len(want)
				if slices.ContainsFunc(scopes, func(o authz.Object) bool { return o.Type != objectType }) {
					wide++
				}
			}
		}
		write(t, e, authz.Write{Deletes: s.rows})
	}
	if held < 200 || wide < 50 {
		t.Errorf("%d permissions held, %d from above: too few to compare", held, wide)
	}
}

func compareObjects(a, b authz.Object) int {
	return slices.Compare([]string{a.Type, a.ID}, []string{b.Type, b.ID})
}

func (s *estate) singly(t *testing.T, e authz.Engine, who authz.Object, permission, objectType string) []authz.Object {
	t.Helper()
	var questions []authz.Question
	for _, o := range s.byType[objectType] {
		questions = append(questions, authz.Question{Subject: who, Permission: permission, Resource: o})
	}
	answers, _, err := e.CheckAll(t.Context(), questions, authz.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	var out []authz.Object
	for i, q := range questions {
		if answers[i] {
			out = append(out, q.Resource)
		}
	}
	return out
}

func extentSaysWhere(t *testing.T, _ engine, e authz.Engine) {
	touch(t, e, rels(t, `
		project:p1#child_binding@binding:b1
		binding:b1#has_project_read@team:t1
		stack:s1#binding@binding:b1
		binding:root#holder@team:root
		binding:root#has_workspace_read@team:root
		team:root#membership@user:root
		platform:main#binding@binding:root
		organization:o1#binding@binding:root
		organization:o1#force_delete_allowed@user:*
		binding:d1#has_workspace_force_delete@team:own1`)...)
	for question, want := range map[string][]string{
		"user:o1 workspace.read workspace":         {"organization:o1"}, // not its projects and workspaces
		"user:v1 workspace.read workspace":         {"project:p1"},
		"user:u1 workspace.read workspace":         {"workspace:w1"},
		"user:u1 workspace.read project":           nil,
		"user:v1 workspace.read project":           {"project:p1"},
		"user:o1 workspace.read project":           {"organization:o1"},
		"user:o1 workspace.read organization":      {"organization:o1"},
		"user:x1 workspace.read workspace":         nil,
		"user:u1 project.read project":             {"project:p1"},
		"user:root workspace.read workspace":       {"organization:o1", "platform:main"},
		"user:u1 organization.view organization":   {"organization:o1"},
		"user:o1 workspace.force_delete workspace": {"workspace:w1", "workspace:w1b"},
		"user:u1 workspace.run_locally workspace":  nil,
	} {
		q := ask(t, question+":any") // ask wants a resource, we a type
		var got []string
		for _, o := range extent(t, e, q.Subject, schema.Permission(q.Permission), q.Resource.Type, authz.Consistency{}) {
			got = append(got, o.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", question, got, want)
		}
	}
}

func extentOfManyBindings(t *testing.T, _ engine, e authz.Engine) {
	var rows []authz.Relationship
	for i := range 300 {
		binding := authz.Object{Type: schema.TypeBinding, ID: fmt.Sprintf("many%03d", i)}
		rows = append(
			rows,
			authz.Relationship{Resource: binding, Relation: schema.WorkspaceLock.HasRelation(), Subject: obj(t, "team:t1")},
			authz.Relationship{Resource: obj(t, "workspace:w1"), Relation: schema.RelBinding, Subject: binding},
		)
	}
	rows = append(rows, authz.Relationship{Resource: obj(t, "project:p1"), Relation: schema.RelBinding, Subject: obj(t, "binding:many000")})
	touch(t, e, rows...)
	want := rels(t, "workspace:w1#project@project:p1\nworkspace:w1b#project@project:p1")
	got := extent(t, e, obj(t, "user:u1"), schema.WorkspaceLock, schema.TypeWorkspace, authz.Consistency{})
	if len(got) != 2 || got[0] != want[0].Resource || got[1] != want[1].Resource {
		t.Errorf("%v, want both workspaces of the project", got)
	}
}

func extentWithoutExpired(t *testing.T, eng engine, e authz.Engine) {
	touch(t, e, rels(t, "binding:e1#holder@team:s1\nbinding:e1#has_workspace_apply_run@team:s1\nworkspace:w1#binding@binding:e1")...)
	token := touch(t, e, expiring(t, "workspace:w1b#binding@binding:e1", time.Now().Add(2*time.Second)))
	who, all := obj(t, "user:v1"), []authz.Object{obj(t, "workspace:w1"), obj(t, "workspace:w1b")}
	if got := extent(t, e, who, schema.WorkspaceApplyRun, schema.TypeWorkspace, authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: token}); !slices.Equal(got, all) {
		t.Fatalf("before the deadline: %v", got)
	}
	eventually(t, 2*time.Second+eng.expires, "the expired scope is gone", func() bool {
		return slices.Equal(all[:1], extent(t, e, who, schema.WorkspaceApplyRun, schema.TypeWorkspace, authz.Consistency{Freshness: eng.expiresAt}))
	})
}

func extentRefused(t *testing.T, _ engine, e authz.Engine) {
	who := obj(t, "user:u1")
	for what, ask := range map[string]func() error{
		"an unknown permission": func() error {
			_, _, err := e.Extent(t.Context(), who, "workspace.levitate", schema.TypeWorkspace, authz.Consistency{})
			return err
		},
		"a permission of a type below": func() error {
			_, _, err := e.Extent(t.Context(), who, schema.WorkspaceRunLocally, schema.TypeProject, authz.Consistency{})
			return err
		},
		"no subject": func() error {
			_, _, err := e.Extent(t.Context(), authz.Object{Type: "user"}, schema.WorkspaceRead, schema.TypeWorkspace, authz.Consistency{})
			return err
		},
		"a malformed token": func() error {
			_, _, err := e.Extent(t.Context(), who, schema.WorkspaceRead, schema.TypeWorkspace, authz.Consistency{Freshness: authz.AtLeastAsFresh, Token: "x"})
			return err
		},
	} {
		wantKind(t, what, ask(), fault.Invalid)
	}
}
