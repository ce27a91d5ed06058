package peribolos_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
)

const realData = "../../../../shared/data/kubernetes-org"

// listed is what the files say before anything is inherited, counted without the package under test.
type listed struct {
	organizations, teams, nested, memberships, grants int
	people, repositories                              map[string]bool
}

func countListed(t *testing.T) listed {
	t.Helper()
	n := listed{people: map[string]bool{}, repositories: map[string]bool{}}
	files, err := filepath.Glob(filepath.Join(realData, "*", "org.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the real data is missing at %s: %v", realData, err)
	}
	n.organizations = len(files)
	for _, file := range files {
		more, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*", "teams.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append([]string{file}, more...) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var doc map[string]any
			if err := yaml.Unmarshal(raw, &doc); err != nil {
				t.Fatal(err)
			}
			n.addPeople(doc["admins"], doc["members"])
			n.addTeams(filepath.Base(filepath.Dir(file)), doc["teams"], false)
		}
	}
	return n
}

func (n *listed) addPeople(lists ...any) int {
	sum := 0
	for _, list := range lists {
		names, _ := list.([]any)
		for _, name := range names {
			n.people[strings.ToLower(name.(string))] = true
			sum++
		}
	}
	return sum
}

func (n *listed) addTeams(organization string, teams any, nested bool) {
	byName, _ := teams.(map[string]any)
	for _, v := range byName {
		team, _ := v.(map[string]any)
		n.teams++
		if nested {
			n.nested++
		}
		n.memberships += n.addPeople(team["members"], team["maintainers"])
		repos, _ := team["repos"].(map[string]any)
		for repo := range repos {
			n.grants++
			n.repositories[organization+"/"+strings.ToLower(repo)] = true
		}
		n.addTeams(organization, team["teams"], true)
	}
}

func readReal(t *testing.T) loader.Estate {
	t.Helper()
	estate, err := peribolos.New(realData).Read(t.Context())
	if err != nil {
		t.Fatalf("the real data does not read: %v", err)
	}
	return estate
}

func TestTheRealDataHasWhatItsFilesList(t *testing.T) {
	t.Parallel()
	n := countListed(t)
	got := []int{n.organizations, n.teams, n.nested, n.memberships, n.grants, len(n.repositories), len(n.people)}
	want := []int{8, 766, 56, 3615, 631, 328, 1509}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("organizations, teams, nested teams, memberships, grants, repositories, people (-want +got):\n%s", diff)
	}

	estate := readReal(t)
	people, teams, workspaces := map[string]bool{}, 0, 0
	for _, o := range estate.Organizations {
		teams += len(o.Teams)
		workspaces += len(o.Workspaces)
		for _, names := range [][]string{o.Owners, o.Members} {
			for _, name := range names {
				people[strings.ToLower(name)] = true
			}
		}
	}
	// Two organizations have a team named owners, which is the owners team itself.
	got = []int{len(estate.Organizations), teams + 2, workspaces, len(people)}
	want = []int{n.organizations, n.teams, len(n.repositories), len(n.people)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("organizations, teams, workspaces, people of the Estate (-listed +got):\n%s", diff)
	}
}

func findOrganization(t *testing.T, e loader.Estate, name string) loader.Organization {
	t.Helper()
	for _, o := range e.Organizations {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("there is no organization %s", name)
	return loader.Organization{}
}

func findTeam(t *testing.T, o loader.Organization, name string) loader.Team {
	t.Helper()
	for _, team := range o.Teams {
		if team.Name == name {
			return team
		}
	}
	t.Fatalf("there is no team %s", name)
	return loader.Team{}
}

// grantsOf returns a team's roles by workspace.
func grantsOf(team loader.Team) map[string]string {
	out := map[string]string{}
	for _, g := range team.Grants {
		out[g.Workspace] = g.Role
	}
	return out
}

// membersOf returns whether the people of a team are maintainers.
func membersOf(team loader.Team) map[string]bool {
	out := map[string]bool{}
	for _, m := range team.Members {
		out[m.Username] = m.Maintainer
	}
	return out
}

func TestTheRealDataInherits(t *testing.T) {
	t.Parallel()
	estate := readReal(t)

	t.Run("a nested team has the repositories of the team it is in, the higher permission wins", func(t *testing.T) {
		t.Parallel()
		o := findOrganization(t, estate, "kubernetes")
		want := map[string]string{"kubernetes": "tfe-admin", "release": "tfe-write", "sig-release": "tfe-write"}
		if diff := cmp.Diff(want, grantsOf(findTeam(t, o, "release-managers"))); diff != "" {
			t.Error(diff)
		}
		want = map[string]string{"release": "tfe-plan", "sig-release": "tfe-plan"}
		if diff := cmp.Diff(want, grantsOf(findTeam(t, o, "release-engineering"))); diff != "" {
			t.Error(diff)
		}
		// etcd-operator is listed on the outer team alone, auger on the inner one alone.
		etcd := findOrganization(t, estate, "etcd-io")
		inner, outer := grantsOf(findTeam(t, etcd, "reviewers-etcd")), grantsOf(findTeam(t, etcd, "members"))
		if inner["etcd-operator"] != "tfe-plan" || inner["auger"] != "tfe-plan" {
			t.Errorf("the inner team has %v", inner)
		}
		if _, up := outer["auger"]; up || outer["etcd-operator"] != "tfe-plan" {
			t.Errorf("the outer team has %v: a permission came up from the inner one", outer)
		}
	})

	t.Run("the people of a nested team are in every team it is in, as members", func(t *testing.T) {
		t.Parallel()
		o := findOrganization(t, estate, "kubernetes")
		outer := membersOf(findTeam(t, o, "sig-release"))
		// k8s-release-robot is listed two levels down, in release-managers.
		if maintainer, in := outer["k8s-release-robot"]; !in || maintainer {
			t.Errorf("k8s-release-robot is in sig-release %v, as its maintainer %v", in, maintainer)
		}
		// x0rw is listed in release-team-release-signal, in release-team, in sig-release.
		if _, in := outer["x0rw"]; !in {
			t.Error("x0rw is not in sig-release")
		}
		if _, in := membersOf(findTeam(t, o, "release-managers"))["x0rw"]; in {
			t.Error("x0rw is in release-managers, a team beside his own")
		}
		// nikhita maintains sig-release and is in no team inside it.
		if !outer["nikhita"] {
			t.Error("nikhita does not maintain sig-release")
		}
		if _, in := membersOf(findTeam(t, o, "release-team"))["nikhita"]; in {
			t.Error("nikhita came down into release-team")
		}
	})

	t.Run("a team named owners is the owners team and its repository exists", func(t *testing.T) {
		t.Parallel()
		o := findOrganization(t, estate, "kubernetes")
		for _, team := range o.Teams {
			if strings.EqualFold(team.Name, loader.OwnersTeam) {
				t.Error("owners is a team like any other")
			}
		}
		found := false
		for _, w := range o.Workspaces {
			found = found || w.Name == "org"
		}
		if !found {
			t.Error("the repository org, which only the team owners names, is gone")
		}
	})

	t.Run("a person has one spelling in an organization", func(t *testing.T) {
		t.Parallel()
		o := findOrganization(t, estate, "kubernetes")
		// The organization lists JamesLaverack, release-team jameslaverack.
		if _, in := membersOf(findTeam(t, o, "release-team"))["JamesLaverack"]; !in {
			t.Error("JamesLaverack is not in release-team under his own spelling")
		}
	})
}

func TestTheRealDataPlansToNothingOnItself(t *testing.T) {
	t.Parallel()
	estate := readReal(t)
	if plan := loader.Diff(estate, estate); !plan.IsEmpty() {
		t.Errorf("%d actions, first %s", len(plan.Actions()), plan.Actions()[0])
	}
	counts := loader.Diff(loader.Estate{}, estate).Counts()
	want := map[loader.Kind]int{loader.KindOrganization: 8, loader.KindUser: 1509, loader.KindTeam: 764, loader.KindWorkspace: 328}
	for kind, n := range want {
		if counts[kind].Created != n {
			t.Errorf("%s: %d created, want %d", kind, counts[kind].Created, n)
		}
	}
}
