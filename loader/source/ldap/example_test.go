package ldap_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit/slapd"
)

// The example directory says what its README says.
func TestExampleDirectory(t *testing.T) {
	t.Parallel()
	ldif, err := os.ReadFile("../../../deploy/example-directory/example.ldif")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../../deploy/example-directory/README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := slapd.Start(t, slapd.Options{Bare: true, LDIF: strings.NewReplacer("dc=example,dc=com", slapd.Base).Replace(string(ldif))})
	set := settings(s)
	set.BindDN, set.Password = "cn=terrawarden,ou=services,"+slapd.Base, func() (string, error) { return "read-only-example", nil }
	got := read(t, newSource(t, set), "")
	if len(got.Users) != 8 || len(got.Groups) != 5 || len(got.Warnings) > 0 {
		t.Errorf("%d people, %d groups, warnings %q", len(got.Users), len(got.Groups), got.Warnings)
	}
	for _, g := range got.Groups {
		var names []string
		for _, u := range got.Users {
			if slices.Contains(g.Members, u.ID) {
				names = append(names, u.Username)
			}
		}
		slices.Sort(names)
		if row := "| `" + g.Name + "` | " + strings.Join(names, ", ") + " |"; !strings.Contains(string(readme), row) {
			t.Errorf("the README has no row %q", row)
		}
	}
	if inner := group(t, got, "platform-engineers").Groups; len(inner) != 1 || inner[0] != group(t, got, "sre").ID {
		t.Errorf("in platform-engineers are the groups %q", inner)
	}
}
