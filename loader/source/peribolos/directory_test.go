package peribolos_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
)

func readDirectory(t *testing.T, path string) directory.Snapshot {
	t.Helper()
	got, err := peribolos.NewDirectory(path).Read(t.Context(), directory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	org := filepath.Join(dir, "Acme")
	if err := os.Mkdir(org, 0o700); err != nil {
		t.Fatal(err)
	}
	content := lines("admins: [Ann, zoe]", "members: [bob, cy]", "teams:", "  Dev:", "    maintainers: [ann]", "    members: [Bob]", "    teams:",
		"      Ops: {members: [cy], repos: {net: write}}", "      owners: {members: [zoe], teams: {inner: {members: [ann]}}}", "  none: {}")
	if err := os.WriteFile(filepath.Join(org, "org.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	want := directory.Snapshot{
		UsersComplete: true, GroupsComplete: true,
		Users: []directory.User{{ID: "ann", Username: "Ann"}, {ID: "bob", Username: "bob"}, {ID: "cy", Username: "cy"}, {ID: "zoe", Username: "zoe"}},
		Groups: []directory.Group{
			{ID: "acme/dev", Name: "Acme/Dev", Members: []string{"ann", "bob", "zoe"}, Groups: []string{"acme/ops", "acme/inner"}},
			{ID: "acme/inner", Name: "Acme/inner", Members: []string{"ann"}},
			{ID: "acme/none", Name: "Acme/none", Members: []string{}},
			{ID: "acme/ops", Name: "Acme/Ops", Members: []string{"cy"}},
		},
	}
	if diff := cmp.Diff(want, readDirectory(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// What is wrong in the files takes nothing away.
	if err := os.WriteFile(filepath.Join(org, "org.yaml"), []byte(strings.Replace(content, "members: [Bob]", "membrs: [Bob]", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := peribolos.NewDirectory(dir).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Invalid) || got.UsersComplete || len(got.Users) > 0 {
		t.Errorf("an unknown key: %+v, %v", got, err)
	}
	if _, err := peribolos.NewDirectory(filepath.Join(dir, "nowhere")).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no such directory: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := peribolos.NewDirectory(dir).Read(ctx, directory.Request{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a read that is cancelled: %v", err)
	}
}

// The groups of the real data are the teams of its Estate, once nested people are put into the teams around theirs.
func TestDirectoryOfTheRealData(t *testing.T) {
	t.Parallel()
	got := readDirectory(t, realData)
	if !got.UsersComplete || !got.GroupsComplete || len(got.Users) != 1509 || len(got.Groups) != 764 {
		t.Fatalf("%d people, %d groups, complete %v %v", len(got.Users), len(got.Groups), got.UsersComplete, got.GroupsComplete)
	}
	byID, users := map[string]directory.Group{}, map[string]bool{}
	for _, g := range got.Groups {
		byID[g.ID] = g
	}
	for _, u := range got.Users {
		users[u.ID] = true
	}
	var everybody func(g directory.Group) map[string]bool
	everybody = func(g directory.Group) map[string]bool {
		out := map[string]bool{}
		for _, id := range g.Members {
			if !users[id] {
				t.Errorf("%s of %s is nobody", id, g.Name)
			}
			out[id] = true
		}
		for _, inner := range g.Groups {
			for id := range everybody(byID[inner]) {
				out[id] = true
			}
		}
		return out
	}
	nested, teams := 0, 0
	for _, o := range readReal(t).Organizations {
		for _, team := range o.Teams {
			teams++
			g, ok := byID[strings.ToLower(o.Name+"/"+team.Name)]
			if !ok {
				t.Errorf("%s/%s is no group", o.Name, team.Name)
				continue
			}
			nested += len(g.Groups)
			var want []string
			for _, m := range team.Members {
				want = append(want, strings.ToLower(m.Username))
			}
			var have []string
			for id := range everybody(g) {
				have = append(have, id)
			}
			slices.Sort(want)
			slices.Sort(have)
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s (-want +got):\n%s", g.Name, diff)
			}
		}
	}
	if teams != 764 || nested == 0 {
		t.Errorf("%d teams, %d nested", teams, nested)
	}
}
