package otf_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/schema"
)

const page = "../../../docs/otf.md"

// TestTablesOfThePage: the tables of docs/otf.md are those that the matrix and the roles have.
func TestTablesOfThePage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for name, table := range map[string]string{"matrix": matrixTable(t), "levels": levelTable(t)} {
		begin, end := "<!-- table: "+name+" -->\n", "<!-- end of "+name+" -->"
		before, rest, ok := strings.Cut(text, begin)
		have, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no table %s", page, name)
		}
		if *update {
			text = before + begin + table + end + after
			continue
		}
		if d := diff.Diff(table, have); d != "" {
			t.Errorf("the table %s of %s is old; run go test ./internal/httpapi/otf -run TestTablesOfThePage -update (-want +page)\n%s", name, page, d)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// matrixTable lists the deviations from OTF's own answers.
func matrixTable(t *testing.T) string {
	t.Helper()
	least := map[pair]string{}
	for _, p := range pairs(t) {
		least[pair{action: p.action, on: p.on}] = p.least
	}
	var b strings.Builder
	b.WriteString("| OTF's pair | asked on | held in OTF by | here by | because |\n| --- | --- | --- | --- | --- |\n")
	for _, d := range deviations(t) {
		ours := d.ours
		if ours == "unknown" {
			ours = "no counterpart"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", d.action, d.on, least[pair{action: d.action, on: d.on}], ours, d.why)
	}
	return b.String()
}

// levelTable lists what TFE's words give under either of their meanings.
func levelTable(t *testing.T) string {
	t.Helper()
	of := func(role string) []schema.Permission {
		r, ok := schema.BuiltinRole(role)
		if !ok {
			t.Fatalf("there is no role %s", role)
		}
		return r.Atoms()
	}
	flag := func(p schema.Permission) []schema.Permission { return schema.Close([]schema.Permission{p}) }
	var b strings.Builder
	b.WriteString("| word | TFE's meaning alone gives | OTF's meaning alone gives |\n| --- | --- | --- |\n")
	for _, row := range []struct {
		word     string
		tfe, otf []schema.Permission
	}{
		{"read", of("tfe-read"), of("otf-read")},
		{"plan", of("tfe-plan"), of("otf-plan")},
		{"write", of("tfe-write"), of("otf-write")},
		{"admin", of("tfe-admin"), of("otf-admin")},
		{"manage-workspaces", flag(schema.OrganizationManageWorkspaces), of("otf-workspace-manager")},
		{"manage-vcs-settings", flag(schema.OrganizationManageVCSSettings), of("otf-vcs-manager")},
		{"manage-modules", flag(schema.OrganizationManageModules), of("otf-registry-manager")},
		{"any team", flag(schema.OrganizationView), of("otf-member")},
	} {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row.word, without(row.tfe, row.otf), without(row.otf, row.tfe))
	}
	return b.String()
}

// without lists the permissions of one set that another has not.
func without(some, others []schema.Permission) string {
	var out []string
	for _, p := range some {
		if !slices.Contains(others, p) {
			out = append(out, "`"+string(p)+"`")
		}
	}
	return cmp.Or(strings.Join(out, ", "), "nothing")
}
