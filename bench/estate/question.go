package estate

import (
	"math/rand/v2"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Question asks whether a user holds a permission on a workspace.
type Question struct {
	User       Named
	Permission string // the name on a workspace
	Workspace  Named
}

// Authz returns the question in the engine's words.
func (q Question) Authz() authz.Question {
	return authz.Question{
		Subject: authz.Object{Type: schema.TypeUser, ID: q.User.ID}, Permission: q.Permission,
		Resource: authz.Object{Type: schema.TypeWorkspace, ID: q.Workspace.ID},
	}
}

// Questions draws distinct questions. Half of the workspaces come from an organization drawn among all of them, the
// others from all workspaces alike. Nine in ten users are of the workspace's organization, and of those one in five is
// drawn from the people who hold a role at the workspace or its project: three to five in ten questions are allowed. There are fewer than asked for where
// the estate is too small.
func (e *Estate) Questions(seed uint64, n int) []Question {
	d := drawer{estate: e, rng: rand.New(rand.NewPCG(seed, 1)), permissions: Permissions()} //nolint:gosec // repeatable, not secret
	for i, o := range e.Organizations {
		for w := range o.Workspaces {
			d.all = append(d.all, [2]int{i, w})
		}
	}
	seen := make(map[Question]bool, n)
	out := make([]Question, 0, n)
	for tries := 0; len(out) < n && tries < 20*n; tries++ {
		if q := d.draw(); !seen[q] {
			seen[q] = true
			out = append(out, q)
		}
	}
	return out
}

// Permissions returns the permissions of a workspace, in the order of the vocabulary.
func Permissions() []string {
	var out []string
	for _, p := range schema.Of(schema.TypeWorkspace) {
		out = append(out, p.Name())
	}
	return out
}

// Booleans returns the 13 permissions that clients of Terraform Enterprise read of every workspace they list.
func Booleans() []string {
	return []string{
		"read", "update", "delete", "force_delete", "read_run", "queue_plan", "apply_run", "queue_destroy",
		"lock", "force_unlock", "read_variable", "write_variable", "manage_run_tasks",
	}
}

type drawer struct {
	estate      *Estate
	rng         *rand.Rand
	permissions []string
	all         [][2]int // organization and workspace
}

func (d *drawer) draw() Question {
	at := d.all[d.rng.IntN(len(d.all))]
	if d.rng.IntN(2) == 0 {
		at[0] = d.rng.IntN(len(d.estate.Organizations))
		at[1] = d.rng.IntN(len(d.estate.Organizations[at[0]].Workspaces))
	}
	o := &d.estate.Organizations[at[0]]
	from := o.People
	if holders := o.holders[at[1]]; len(holders) > 0 && d.rng.IntN(5) == 0 {
		from = holders
	}
	if d.rng.IntN(10) == 0 {
		from = d.estate.Organizations[d.rng.IntN(len(d.estate.Organizations))].People
	}
	return Question{User: from[d.rng.IntN(len(from))], Permission: d.permissions[d.rng.IntN(len(d.permissions))], Workspace: o.Workspaces[at[1]]}
}

// Page returns the questions of a page: permissions of one user on the first n workspaces of an organization, after
// some that are left out.
func (o *Organization) Page(user Named, skip, n int, permissions []string) []Question {
	var out []Question
	for _, w := range o.Workspaces[min(skip, len(o.Workspaces)):min(skip+n, len(o.Workspaces))] {
		for _, p := range permissions {
			out = append(out, Question{User: user, Permission: p, Workspace: w})
		}
	}
	return out
}
