package peribolos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
)

// files is a directory as path and content.
type files map[string]string

func (f files) source() *peribolos.Source {
	fsys := fstest.MapFS{}
	for name, content := range f {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return peribolos.FromFS(fsys)
}

// lines joins lines; the first has number 1.
func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

// org returns acme's org.yaml: two lines of admins, three of members, then what is given, from line 6 on.
func org(more ...string) files {
	return files{"acme/org.yaml": lines(append([]string{"admins:", "- ann", "members:", "- bob", "- cy"}, more...)...)}
}

// team returns acme's org.yaml with a team dev on line 7, its contents from line 8 on.
func team(more ...string) files {
	l := []string{"teams:", "  dev:"}
	for _, line := range more {
		l = append(l, "    "+line)
	}
	return org(l...)
}

func TestReadNamesFileAndLineOfEveryFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files files
		want  []string
	}{
		"an unknown key of an organization":   {org("membres: [dee]"), []string{`acme/org.yaml:6: unknown key "membres" in an organization`}},
		"an unknown key of a team":            {team("maintainer: [bob]"), []string{`acme/org.yaml:8: unknown key "maintainer" in a team`}},
		"an unknown key of a repository":      {org("repos:", "  net:", "    wiki: true"), []string{`acme/org.yaml:8: unknown key "wiki" in a repository`}},
		"an unknown key of a teams file":      {files{"acme/org.yaml": "admins: [ann]\n", "acme/x/teams.yaml": "members: [bob]\nteams: {}\n"}, []string{`acme/x/teams.yaml:1: unknown key "members" in the file`}},
		"a teams file without teams":          {files{"acme/org.yaml": "admins: [ann]\n", "acme/x/teams.yaml": "---\n"}, []string{`acme/x/teams.yaml:1: teams is missing at the top of the file`}},
		"a file without orgs":                 {files{"all.yaml": "org: {}\n"}, []string{`all.yaml:1: unknown key "org" in the file`, `all.yaml:1: orgs is missing at the top of the file`}},
		"a key twice":                         {org("members: [dee]"), []string{`acme/org.yaml:6: key "members" is given twice, first on line 3`}},
		"a team twice in one mapping":         {org("teams:", "  dev: {}", "  dev: {}"), []string{`acme/org.yaml:8: key "dev" is given twice, first on line 7`}},
		"a team twice in two spellings":       {org("teams:", "  dev: {}", "  Dev: {}"), []string{`acme/org.yaml:8: team "Dev" is defined twice, first at acme/org.yaml:7`}},
		"a team twice at two depths":          {team("teams:", "  ops:", "    teams:", "      dev: {}"), []string{`acme/org.yaml:11: team "dev" is defined twice, first at acme/org.yaml:7`}},
		"a team twice in two files":           {files{"acme/org.yaml": "admins: [ann]\n", "acme/a/teams.yaml": "teams: {dev: {}}\n", "acme/b/teams.yaml": "teams:\n  dev: {}\n"}, []string{`acme/b/teams.yaml:2: team "dev" is defined twice, first at acme/a/teams.yaml:1`}},
		"an organization twice in one file":   {files{"all.yaml": lines("orgs:", "  acme: {admins: [ann]}", "  acme: {admins: [bob]}")}, []string{`all.yaml:3: key "acme" is given twice, first on line 2`}},
		"two folders that differ by case":     {files{"ACME/org.yaml": "admins: [ann]\n", "acme/org.yaml": "admins: [bob]\n"}, []string{`acme/org.yaml:1: organization "acme" is defined twice, first at ACME/org.yaml:1`}},
		"a setting in two files":              {files{"a.yaml": "orgs: {acme: {admins: [ann], description: one}}\n", "b.yaml": "orgs:\n  acme:\n    description: two\n"}, []string{`b.yaml:3: description of organization "acme" is given twice, first at a.yaml:1`}},
		"an admin twice":                      {files{"acme/org.yaml": "admins:\n- ann\n- ANN\n"}, []string{`acme/org.yaml:3: admin "ANN" is listed twice, first at acme/org.yaml:2`}},
		"a member twice":                      {org("- Bob"), []string{`acme/org.yaml:6: member "Bob" is listed twice, first at acme/org.yaml:4`}},
		"a team member twice":                 {team("members:", "- bob", "- BOB"), []string{`acme/org.yaml:10: member "BOB" is listed twice, first at acme/org.yaml:9`}},
		"a maintainer twice":                  {team("maintainers: [bob,", "  bob]"), []string{`acme/org.yaml:9: maintainer "bob" is listed twice, first at acme/org.yaml:8`}},
		"a maintainer who is a member":        {team("members: [bob]", "maintainers: [Bob]"), []string{`acme/org.yaml:9: maintainer "Bob" is listed as a member, too, at acme/org.yaml:8`}},
		"a repository twice in two spellings": {team("repos:", "  net: read", "  Net: admin"), []string{`acme/org.yaml:10: repository "Net" is listed twice, first at acme/org.yaml:9`}},
		"the organization's repository twice": {org("repos: {net: {}, Net: {}}"), []string{`acme/org.yaml:6: repository "Net" is defined twice, first at acme/org.yaml:6`}},
		"a stranger in a team":                {team("members: [bob, dee]"), []string{`acme/org.yaml:8: "dee" of team "dev" is neither an admin nor a member of organization "acme"`}},
		"a stranger in a nested team":         {team("teams:", "  ops:", "    maintainers:", "    - dee"), []string{`acme/org.yaml:11: "dee" of team "ops" is neither an admin nor a member of organization "acme"`}},
		"an unknown permission":               {team("repos:", "  net: push"), []string{`acme/org.yaml:9: permission "push" on net is none of read, triage, write, maintain, admin`}},
		"a permission in capitals":            {team("repos: {net: Admin}"), []string{`acme/org.yaml:8: permission "Admin" on net is none of read, triage, write, maintain, admin`}},
		"no permission":                       {team("repos:", "  net:"), []string{`acme/org.yaml:9: the permission on net: want a string, got nothing`}},
		"an unknown privacy":                  {team("privacy: open"), []string{`acme/org.yaml:8: privacy "open" is neither closed nor secret`}},
		"no admins":                           {files{"acme/org.yaml": "members: [ann]\n"}, []string{`acme/org.yaml:1: organization "acme" has no admins`}},
		"an empty list of admins":             {files{"all.yaml": "orgs:\n  acme:\n    admins: []\n"}, []string{`all.yaml:2: organization "acme" has no admins`}},
		"an organization that is nothing":     {files{"all.yaml": "orgs:\n  acme:\n"}, []string{`all.yaml:2: organization "acme" has no admins`}},
		"a plain member in the team owners":   {org("teams:", "  Owners:", "    members: [ann, bob]"), []string{`acme/org.yaml:8: "bob" is in team "Owners" and no admin: that name is reserved for the admins`}},
		"one in a team inside the owners":     {org("teams:", "  owners:", "    teams:", "      ops: {members: [cy]}"), []string{`acme/org.yaml:9: "cy" is in team "owners" and no admin: that name is reserved for the admins`}},

		"a string for a list":             {files{"acme/org.yaml": "admins: ann\n"}, []string{`acme/org.yaml:1: admins: want a list, got a string`, `acme/org.yaml:1: organization "acme" has no admins`}},
		"a list for a mapping":            {org("teams: [dev]"), []string{`acme/org.yaml:6: teams: want a mapping, got a list`}},
		"a mapping for a list":            {team("members: {bob: true}"), []string{`acme/org.yaml:8: members: want a list, got a mapping`}},
		"a number for a username":         {org("- 249043822"), []string{`acme/org.yaml:6: members: want a string, got a number; put it in quotes`}},
		"true for a username":             {org("- true"), []string{`acme/org.yaml:6: members: want a string, got true or false; put it in quotes`}},
		"a date for a username":           {org("- 2024-01-01"), []string{`acme/org.yaml:6: members: want a string, got a date; put it in quotes`}},
		"nothing for a username":          {org("-"), []string{`acme/org.yaml:6: members: want a string, got nothing`}},
		"an empty username":               {org(`- ""`), []string{`acme/org.yaml:6: members: want a string, got an empty one`}},
		"a list for a username":           {org("- [dee]"), []string{`acme/org.yaml:6: members: want a string, got a list`}},
		"a number for the name of a team": {org("teams:", "  1: {}"), []string{`acme/org.yaml:7: a key of teams: want a string, got a number; put it in quotes`}},
		"a list for a description":        {team("description: [x]"), []string{`acme/org.yaml:8: description: want a string, got a list`}},
		"a string for a flag":             {org("has_repository_projects: yes please"), []string{`acme/org.yaml:6: has_repository_projects: want true or false, got a string`}},
		"a tag of somebody's own":         {org("- !person dee"), []string{`acme/org.yaml:6: members: want a string, got a value of type !person; put it in quotes`}},
		"a merge key":                     {org("teams:", "  a: &a {}", "  b: {<<: *a}"), []string{`acme/org.yaml:8: a key of a team: want a string, got a merge key`}},
		"a list at the top":               {files{"acme/org.yaml": "- ann\n"}, []string{`acme/org.yaml:1: an organization: want a mapping, got a list`, `acme/org.yaml:1: organization "acme" has no admins`}},

		"an empty file":     {files{"acme/org.yaml": "admins: [ann]\n", "acme/x/teams.yaml": "# nobody\n"}, []string{`acme/x/teams.yaml:1: the file is empty`}},
		"a second document": {files{"acme/org.yaml": lines("admins: [ann]", "---", "admins: [bob]")}, []string{`acme/org.yaml:2: a second document begins: a file holds one`}},
		"broken YAML":       {files{"acme/org.yaml": lines("admins: [ann]", "members: [bob", "teams: {}")}, []string{`acme/org.yaml:2: did not find expected ',' or ']'`}},
		"a broken file hides nobody: what the others say is not judged without it": {
			files{"acme/org.yaml": "admins: [ann\n", "acme/x/teams.yaml": "teams: {dev: {members: [bob]}}\n", "beta/org.yaml": "members: [bob]\n"},
			[]string{`acme/org.yaml:1: did not find expected ',' or ']'`, `beta/org.yaml:1: organization "beta" has no admins`},
		},
		"a tab":                         {org("\t- dee"), []string{`acme/org.yaml:6: found a tab character that violates indentation`}},
		"bytes that are no text":        {files{"acme/org.yaml": "admins: [\xff]\n"}, []string{`acme/org.yaml:1: invalid leading UTF-8 octet`}},
		"an alias of nothing":           {org("- *dee"), []string{`acme/org.yaml:6: unknown anchor 'dee' referenced`}},
		"no organization":               {files{}, []string{`there is no organization here: want a folder with org.yaml for each, or YAML files with orgs at the top`}},
		"restrictions alone":            {files{"restrictions.yaml": "restrictions: []\n", "LICENSE": "x"}, []string{`there is no organization here: want a folder with org.yaml for each, or YAML files with orgs at the top`}},
		"a folder without org.yaml":     {files{"acme/teams.yaml": "teams: {}\n"}, []string{`there is no organization here: want a folder with org.yaml for each, or YAML files with orgs at the top`}},
		"a misspelt teams file":         {files{"acme/org.yaml": "admins: [ann]\n", "acme/x/team.yaml": "teams: {}\n"}, []string{`acme/x/team.yaml: only org.yaml of the folder and teams.yaml below it are read: rename or move this file`}},
		"a file of more than 16 MiB":    {files{"acme/org.yaml": "admins: [ann]\n#" + strings.Repeat("x", 16<<20)}, []string{`acme/org.yaml: the file is larger than 16 MiB`}},
		"aliases of aliases of aliases": {bomb(), []string{`all.yaml:5: aliases expand to more than 100000 values`}},
		"a team that contains itself":   {org("teams: &t", "  dev: {teams: *t}"), []string{`acme/org.yaml:7: teams are nested more than 64 deep`, `acme/org.yaml:7: team "dev" is defined twice, first at acme/org.yaml:7`}},
		"faults of all files, in order": {
			files{
				"beta/org.yaml":     lines("admins: [ann]", "teams:", "  x: {privacy: open}", "mebmers: []"),
				"acme/z/teams.yaml": "teams: {x: {repos: {net: push}}}\n",
				"acme/org.yaml":     "members: [1]\n",
			},
			[]string{
				`acme/org.yaml:1: members: want a string, got a number; put it in quotes`,
				`acme/org.yaml:1: organization "acme" has no admins`,
				`acme/z/teams.yaml:1: permission "push" on net is none of read, triage, write, maintain, admin`,
				`beta/org.yaml:3: privacy "open" is neither closed nor secret`,
				`beta/org.yaml:4: unknown key "mebmers" in an organization`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estate, err := test.files.source().Read(t.Context())
			var got []string
			for _, f := range fault.All(err) {
				got = append(got, f.Message)
				if f.Kind != fault.Invalid && f.Kind != fault.Limited {
					t.Errorf("%s: the kind is %s", f.Message, f.Kind)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if len(estate.Organizations) > 0 {
				t.Error("something is returned beside the faults")
			}
		})
	}
}

// bomb returns a few lines that would be a billion names.
func bomb() files {
	l := []string{"orgs:", "  a: {admins: [ann], teams: &t0 {}}"}
	for i := range 10 {
		l = append(l, fmt.Sprintf("  o%d: {admins: [ann], teams: &t%d {", i, i+1))
		for j := range 10 {
			l = append(l, fmt.Sprintf("    x%d-%d: {teams: *t%d},", i, j, i))
		}
		l = append(l, "  }}")
	}
	return files{"all.yaml": lines(l...)}
}

func TestReadOfAPathThatIsNotThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "nowhere")
	if _, err := peribolos.New(path).Read(t.Context()); !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("the error is %v", err)
	}
}

func TestReadOfOneFileNamesIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "acme.yaml")
	if err := os.WriteFile(path, []byte("orgs:\n  acme:\n    admin: [ann]\n    admins: [ann]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := peribolos.New(path).Read(t.Context())
	if want := `acme.yaml:3: unknown key "admin" in an organization`; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func TestReadDoesNotFollowALinkOutOfSight(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "acme"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "acme", "org.yaml"), []byte("admins: [ann]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, "acme", "sig")); err != nil {
		t.Fatal(err)
	}
	_, err := peribolos.New(dir).Read(t.Context())
	if want := "acme/sig: a link to a directory is not followed"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}
