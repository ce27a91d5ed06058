package peribolos_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/loader/source/peribolos/oracle"
	"github.com/terrawarden/terrawarden/schema"
)

// rights is what an Estate gives, as "organization person workspace permission" in lower case.
type rights map[string]bool

func key(parts ...string) string { return strings.ToLower(strings.Join(parts, " ")) }

func rightsOf(e loader.Estate) rights {
	out := rights{}
	for _, o := range e.Organizations {
		for _, w := range o.Workspaces {
			for _, owner := range o.Owners {
				for _, permission := range oracle.Permissions() {
					out[key(o.Name, owner, w.Name, permission)] = true
				}
			}
		}
		for _, team := range o.Teams {
			for _, g := range team.Grants {
				role, _ := schema.BuiltinRole(g.Role)
				for _, atom := range role.Atoms() {
					for _, m := range team.Members {
						out[key(o.Name, m.Username, g.Workspace, atom.Name())] = atom.Type() == schema.TypeWorkspace || out[key(o.Name, m.Username, g.Workspace, atom.Name())]
					}
				}
			}
		}
	}
	return out
}

func TestTheEstateGivesWhatTheOracleAllows(t *testing.T) {
	t.Parallel()
	o, err := oracle.Load(realData)
	if err != nil {
		t.Fatalf("the real data is missing: %v", err)
	}
	given := rightsOf(readReal(t))
	allowed, asked := 0, 0
	for _, org := range o.Organizations() {
		repos := o.Repositories(org)
		// Everybody on every repository would be a million questions; of each person a part of them is enough, and a
		// sample adds those that are near.
		for i, user := range o.People(org) {
			for j := i % 7; j < len(repos); j += 7 {
				for _, permission := range oracle.Permissions() {
					asked++
					want := o.Allowed(org, user, permission, repos[j])
					if want {
						allowed++
					}
					if got := given[key(org, user, repos[j], permission)]; got != want {
						t.Errorf("%s: may %s %s %s: the estate says %v, the oracle %v", org, user, permission, repos[j], got, want)
					}
				}
			}
		}
	}
	if asked < 100_000 || allowed < 1000 {
		t.Errorf("%d questions, %d of them allowed", asked, allowed)
	}
	for _, c := range o.Sample(42, 5000) {
		if got := given[key(c.Organization, c.User, c.Repo, c.Permission)]; got != c.Allowed {
			t.Errorf("%+v: the estate says %v", c, got)
		}
	}
}

func TestTheOracleKnowsTheSameOrganizations(t *testing.T) {
	t.Parallel()
	o, err := oracle.Load(realData)
	if err != nil {
		t.Fatalf("the real data is missing: %v", err)
	}
	for _, org := range readReal(t).Organizations {
		var people, repos []string
		for _, name := range slices.Concat(org.Owners, org.Members) {
			people = append(people, strings.ToLower(name))
		}
		for _, w := range org.Workspaces {
			repos = append(repos, strings.ToLower(w.Name))
		}
		slices.Sort(people)
		slices.Sort(repos)
		if !slices.Equal(people, o.People(org.Name)) || !slices.Equal(repos, o.Repositories(org.Name)) {
			t.Errorf("%s: the people or repositories differ from the oracle's", org.Name)
		}
	}
}
