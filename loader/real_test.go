package loader_test

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/loader/source/peribolos"
	"github.com/terrawarden/terrawarden/loader/source/peribolos/oracle"
	"github.com/terrawarden/terrawarden/schema"
)

const realData = "../../shared/data/kubernetes-org"

// TestRealOrganizationsDecideAsTheirFilesSay imports thousands of memberships and compares decisions with an
// oracle that shares nothing with the import.
func TestRealOrganizationsDecideAsTheirFilesSay(t *testing.T) {
	t.Parallel()
	desired, err := peribolos.New(realData).Read(t.Context())
	if err != nil {
		t.Fatalf("the real data does not read: %v", err)
	}
	o, err := oracle.Load(realData)
	if err != nil {
		t.Fatal(err)
	}
	p := startPlatform(t)
	report := p.sync(t, desired)
	counts := report.Counts()
	for kind, want := range map[loader.Kind]int{loader.KindOrganization: 8, loader.KindUser: 1509, loader.KindTeam: 764, loader.KindWorkspace: 328} {
		if got := counts[kind].Created; got != want {
			t.Errorf("%s: %d created, want %d", kind, got, want)
		}
	}

	cases := o.Sample(2026, 400)
	asks := make([]catalog.Ask, len(cases))
	for i, c := range cases {
		asks[i] = catalog.Ask{
			SubjectType: schema.TypeUser, SubjectID: c.User, Action: c.Permission,
			ResourceType: schema.TypeWorkspace, ResourceID: c.Organization + "/" + c.Repo,
		}
	}
	answers, _, err := p.Evaluate(t.Context(), p.admin, asks, catalog.AskOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if answers[i].Allowed != c.Allowed {
			t.Errorf("%+v: the platform says %v", c, answers[i].Allowed)
		}
	}
}
