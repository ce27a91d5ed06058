package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
)

// Sizes of the generated estate.
const (
	organizations = 8
	people        = 1500
	teamsEach     = 90
	workspaceEach = 40
)

// readEstate reads a Peribolos directory, or makes an estate of about the size of a large open-source project.
func readEstate(ctx context.Context, data string) (loader.Estate, error) {
	if data != "" {
		return peribolos.New(data).Read(ctx)
	}
	rng := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // repeatable, not secret
	var e loader.Estate
	for o := range organizations {
		org := loader.Organization{Name: fmt.Sprintf("org%d", o), Owners: []string{fmt.Sprintf("person%d", o)}}
		for w := range workspaceEach {
			org.Workspaces = append(org.Workspaces, loader.Workspace{Name: fmt.Sprintf("workspace%d", w)})
		}
		member := map[string]bool{org.Owners[0]: true}
		for t := range teamsEach {
			org.Teams = append(org.Teams, team(rng, t, member))
		}
		for name := range member {
			if name != org.Owners[0] {
				org.Members = append(org.Members, name)
			}
		}
		e.Organizations = append(e.Organizations, org)
	}
	return e, nil
}

func team(rng *rand.Rand, n int, member map[string]bool) loader.Team {
	t := loader.Team{Name: fmt.Sprintf("team%d", n), Visibility: "organization"}
	picked := map[string]bool{}
	for range 3 + rng.IntN(8) {
		name := fmt.Sprintf("person%d", rng.IntN(people))
		if !picked[name] {
			picked[name], member[name] = true, true
			t.Members = append(t.Members, loader.Member{Username: name})
		}
	}
	roles := []string{"tfe-read", "tfe-plan", "tfe-write", "tfe-admin"}
	t.Grants = []loader.Grant{{Workspace: fmt.Sprintf("workspace%d", rng.IntN(workspaceEach)), Role: roles[rng.IntN(len(roles))]}}
	return t
}

// question is one check.
type question struct{ user, permission, workspace string }

// questions draws distinct checks: people of an organization about its workspaces.
func questions(e loader.Estate, seed uint64, n int) []question {
	rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // repeatable, not secret
	permissions := []string{"read", "read_run", "queue_plan", "apply_run", "read_variable", "write_variable", "read_state", "lock", "update", "delete"}
	var usable []loader.Organization
	for _, o := range e.Organizations {
		if len(o.Workspaces) > 0 && len(o.Members)+len(o.Owners) > 0 {
			usable = append(usable, o)
		}
	}
	seen := map[question]bool{}
	var out []question
	for tries := 0; len(out) < n && tries < 50*n; tries++ {
		o := usable[rng.IntN(len(usable))]
		crowd := append(append([]string{}, o.Owners...), o.Members...)
		q := question{crowd[rng.IntN(len(crowd))], permissions[rng.IntN(len(permissions))], o.Name + "/" + o.Workspaces[rng.IntN(len(o.Workspaces))].Name}
		if !seen[q] {
			seen[q] = true
			out = append(out, q)
		}
	}
	return out
}
