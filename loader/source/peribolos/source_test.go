package peribolos_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
)

// folders is the form of a folder for each organization.
func folders() files {
	return files{
		"acme/org.yaml": lines(
			"admins: [ann]", "billing_email: it@acme.test", "name: The Acme Company", "description: |", "  Makes it", "",
			"default_repository_permission: admin", "members_can_create_repositories: true", "has_organization_projects: false",
			"members: [Bob, cy, ANN]", // ann is an owner all the same
			"repos:", "  site: {description: The site, private: true}",
			"teams:", "  dev:", "    members: [bob]", "    repos: {net: triage, app: maintain}",
			"    teams:", "      lead:", "        maintainers: [cy]", "        privacy: closed", "        previously: [chief]",
			"        repos: {NET: read, app: admin}",
		),
		"acme/sig/ops/teams.yaml": lines("teams:", "  ops:", "    privacy: secret", "    members: [ann]", "    repos: {db: write}"),
		"acme/OWNERS":             "anything",
		"acme/.hidden/x.yaml":     "anything",
		"beta/org.yaml":           lines("admins: ['007']"),
		"notes/readme.md":         "a folder without org.yaml",
		"restrictions.yaml":       "restrictions: []",
	}
}

// full is Peribolos' own form of the same, split into two files.
func full() files {
	return files{
		"people.yaml": lines(
			"orgs:", "  beta: {admins: ['007']}", "  acme:", "    admins: [ann]", "    members: [Bob, cy]", "    billing_email: it@acme.test",
			"    description: Makes it", "    repos:", "      site: {description: The site}",
		),
		"teams.yml": lines(
			"orgs:", "  acme:", "    teams:",
			"      ops: {privacy: secret, members: [ann], repos: {db: write}}",
			"      dev:", "        members: &devs [bob]", "        repos: {net: triage, app: maintain}",
			"        teams:", "          lead: {maintainers: [cy], privacy: closed, repos: {net: read, app: admin}, members: null}",
		),
	}
}

// wanted is what both mean.
func wanted() loader.Estate {
	return loader.Estate{Organizations: []loader.Organization{
		{
			Name: "acme", Email: "it@acme.test", Description: "Makes it", Owners: []string{"ann"}, Members: []string{"Bob", "cy"},
			Teams: []loader.Team{
				{
					Name: "dev", Visibility: loader.VisibilitySecret,
					Members: []loader.Member{{Username: "Bob"}, {Username: "cy"}},
					Grants:  []loader.Grant{{Workspace: "app", Role: "tfe-write"}, {Workspace: "net", Role: "tfe-plan"}},
				},
				{
					Name: "lead", Visibility: loader.VisibilityOrganization,
					Members: []loader.Member{{Username: "cy", Maintainer: true}},
					Grants:  []loader.Grant{{Workspace: "app", Role: "tfe-admin"}, {Workspace: "net", Role: "tfe-plan"}},
				},
				{
					Name: "ops", Visibility: loader.VisibilitySecret,
					Members: []loader.Member{{Username: "ann"}},
					Grants:  []loader.Grant{{Workspace: "db", Role: "tfe-write"}},
				},
			},
			Workspaces: []loader.Workspace{{Name: "app"}, {Name: "db"}, {Name: "net"}, {Name: "site", Description: "The site"}},
		},
		{Name: "beta", Owners: []string{"007"}, Teams: []loader.Team{}},
	}}
}

func TestBothFormsMeanTheSame(t *testing.T) {
	t.Parallel()
	oneFile := files{"all.yaml": lines(
		"orgs:", "  beta: {admins: ['007']}", "  acme:", "    admins: [ann]", "    members: [Bob, cy]", "    billing_email: it@acme.test",
		"    description: Makes it", "    repos:", "      site: {description: The site}", "    teams:",
		"      ops: {privacy: secret, members: [ann], repos: {db: write}}",
		"      dev:", "        members: [bob]", "        repos: {net: triage, app: maintain}",
		"        teams:", "          lead: {maintainers: [cy], privacy: closed, repos: {net: read, app: admin}}",
	)}
	for name, f := range map[string]files{"folders": folders(), "one file": oneFile, "several files": full()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := f.source().Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wanted(), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("one file by its path", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		for name, content := range map[string]string{"all.yaml": oneFile["all.yaml"], "other.yaml": "not: read"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := peribolos.New(filepath.Join(dir, "all.yaml")).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted(), got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestReadOnPurpose(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files files
		want  func(*loader.Organization)
	}{
		"a team named owners is left to the admins, what is inside it stays": {
			files{"acme/org.yaml": lines("admins: [ann, zoe]", "teams:", "  Owners:", "    maintainers: [ann]", "    repos: {net: read}", "    teams:", "      inner: {members: [ZOE]}")},
			func(o *loader.Organization) {
				o.Owners = []string{"ann", "zoe"}
				o.Workspaces = []loader.Workspace{{Name: "net"}}
				o.Teams = []loader.Team{{
					Name: "inner", Visibility: loader.VisibilitySecret,
					Members: []loader.Member{{Username: "zoe"}}, Grants: []loader.Grant{{Workspace: "net", Role: "tfe-read"}},
				}}
			},
		},
		"lists, teams and settings may be nothing": {
			files{"acme/org.yaml": lines("admins: [ann]", "members:", "description:", "repos:", "has_repository_projects:", "teams:", "  dev:", "  ops: {members: , privacy: , repos: , teams: , maintainers: , description: , previously: }")},
			func(o *loader.Organization) {
				o.Teams = []loader.Team{{Name: "dev", Visibility: loader.VisibilitySecret}, {Name: "ops", Visibility: loader.VisibilitySecret}}
			},
		},
		"an alias stands for its list": {
			files{"all.yaml": lines("orgs:", "  acme:", "    admins: &a [ann]", "    teams:", "      dev: {members: *a}")},
			func(o *loader.Organization) {
				o.Teams = []loader.Team{{Name: "dev", Visibility: loader.VisibilitySecret, Members: []loader.Member{{Username: "ann"}}}}
			},
		},
		"who is in an outer team and maintains the inner one is a member of the outer": {
			files{"acme/org.yaml": lines("admins: [ann]", "teams:", "  dev:", "    members: [ann]", "    teams:", "      lead: {maintainers: [ann]}")},
			func(o *loader.Organization) {
				o.Teams = []loader.Team{
					{Name: "dev", Visibility: loader.VisibilitySecret, Members: []loader.Member{{Username: "ann"}}},
					{Name: "lead", Visibility: loader.VisibilitySecret, Members: []loader.Member{{Username: "ann", Maintainer: true}}},
				}
			},
		},
		"who maintains the outer team stays its maintainer though a member of the inner": {
			files{"acme/org.yaml": lines("admins: [ann]", "teams:", "  dev:", "    maintainers: [ann]", "    teams:", "      lead: {members: [ann]}")},
			func(o *loader.Organization) {
				o.Teams = []loader.Team{
					{Name: "dev", Visibility: loader.VisibilitySecret, Members: []loader.Member{{Username: "ann", Maintainer: true}}},
					{Name: "lead", Visibility: loader.VisibilitySecret, Members: []loader.Member{{Username: "ann"}}},
				}
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.files.source().Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := loader.Organization{Name: "acme", Owners: []string{"ann"}}
			test.want(&want)
			if diff := cmp.Diff(loader.Estate{Organizations: []loader.Organization{want}}.Normalize(), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := folders().source().Read(ctx); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the error is %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []files{folders(), full(), bomb(), team("members: [bob]", "repos: {net: read}"), org("teams: &t", "  dev: {teams: *t}")} {
		for _, content := range seed {
			f.Add([]byte(content), true)
			f.Add([]byte(content), false)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, folder bool) {
		name := "all.yaml"
		if folder {
			name = "acme/org.yaml"
		}
		estate, err := peribolos.FromFS(fstest.MapFS{name: &fstest.MapFile{Data: data}}).Read(t.Context())
		if err != nil {
			if len(fault.All(err)) == 0 || len(estate.Organizations) > 0 {
				t.Fatalf("the error %v names no fault, or something is returned beside it", err)
			}
			return
		}
		if err := estate.Validate(); err != nil {
			t.Fatalf("an invalid estate is returned: %v", err)
		}
		if plan := loader.Diff(estate, estate); !plan.IsEmpty() {
			t.Fatalf("the estate differs from itself: %v", plan.Actions())
		}
		if missing := len(estate.Organizations) - loader.Diff(loader.Estate{}, estate).Counts()[loader.KindOrganization].Created; missing != 0 {
			t.Fatalf("%d organizations are not created", missing)
		}
	})
}
