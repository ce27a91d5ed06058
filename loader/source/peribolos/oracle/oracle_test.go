package oracle_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/loader/source/peribolos/oracle"
)

const realData = "../../../../../shared/data/kubernetes-org"

func load(t *testing.T) *oracle.Oracle {
	t.Helper()
	o, err := oracle.Load(realData)
	if err != nil {
		t.Fatalf("the real data is missing: %v", err)
	}
	return o
}

func small(t *testing.T) *oracle.Oracle {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"acme/org.yaml": `
admins: [Ann]
members: [bob, cy, dee, eve]
teams:
  dev:
    members: [bob]
    repos: {net: triage}
    teams:
      lead: {maintainers: [Cy], repos: {net: read, app: maintain}}
`,
		"acme/sig/teams.yaml": "teams: {ops: {members: [dee], repos: {Net: admin}}}",
		"beta/org.yaml":       "admins: [bob]\nteams: {x: {members: [bob], repos: {app: read}}}",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o, err := oracle.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	o := small(t)
	tests := []struct {
		says                        string
		org, user, permission, repo string
		want                        bool
	}{
		{"an admin may everything", "acme", "ann", "delete", "net", true},
		{"an admin of another organization may nothing", "beta", "ann", "read_run", "app", false},
		{"nobody may anything to what is not there", "acme", "ann", "read_run", "nothing", false},
		{"triage plans", "acme", "bob", "queue_plan", "net", true},
		{"triage applies nothing", "acme", "bob", "apply_run", "net", false},
		{"the outer team has not what the inner one has", "acme", "bob", "read_run", "app", false},
		{"the inner team has what the outer one has, the higher permission", "acme", "CY", "queue_plan", "NET", true},
		{"and no more", "acme", "cy", "lock", "net", false},
		{"maintain writes", "acme", "cy", "write_state", "app", true},
		{"maintain deletes nothing", "acme", "cy", "delete", "app", false},
		{"maintain gives no access", "acme", "cy", "manage_access", "app", false},
		{"admin on a repository gives access", "acme", "dee", "manage_access", "net", true},
		{"admin on one repository is nothing on another", "acme", "dee", "read_run", "app", false},
		{"a member without a team may nothing", "acme", "eve", "read_run", "net", false},
		{"a permission the oracle does not know is denied to an admin, too", "acme", "ann", "fly", "net", false},
	}
	for _, test := range tests {
		t.Run(test.says, func(t *testing.T) {
			t.Parallel()
			if got := o.Allowed(test.org, test.user, test.permission, test.repo); got != test.want {
				t.Errorf("Allowed is %v", got)
			}
		})
	}
}

func TestSampleIsAMixOfAllAnswers(t *testing.T) {
	t.Parallel()
	o := load(t)
	cases := o.Sample(1, 2000)
	if len(cases) != 2000 {
		t.Fatalf("%d cases", len(cases))
	}
	allowed, reasons, orgs := 0, map[oracle.Reason]int{}, map[string]int{}
	different := map[oracle.Case]bool{}
	for _, c := range cases {
		if c.Allowed {
			allowed++
		}
		if c.Allowed != o.Allowed(c.Organization, c.User, c.Permission, c.Repo) {
			t.Errorf("%+v is not what Allowed says", c)
		}
		reasons[c.Reason]++
		orgs[c.Organization]++
		different[c] = true
	}
	if allowed < 800 || allowed > 1200 {
		t.Errorf("%d of 2000 are allowed", allowed)
	}
	for _, why := range []oracle.Reason{oracle.Owner, oracle.Team, oracle.AboveOwn, oracle.OtherRepo, oracle.NoRepository, oracle.Outsider} {
		if reasons[why] < 100 {
			t.Errorf("%d cases because %q", reasons[why], why)
		}
	}
	if len(orgs) < 5 || len(different) < 1800 {
		t.Errorf("%d organizations, %d different cases", len(orgs), len(different))
	}
}

func TestSampleIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	a, b := load(t).Sample(7, 300), load(t).Sample(7, 300)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two samples differ:\n%s", diff)
	}
	if cmp.Equal(a, load(t).Sample(8, 300)) {
		t.Error("another seed gives the same sample")
	}
}

func TestLoadOfNothing(t *testing.T) {
	t.Parallel()
	if _, err := oracle.Load(t.TempDir()); err == nil {
		t.Error("an empty directory loads")
	}
}
