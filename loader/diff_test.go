package loader_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/loader"
)

// acme returns a small organization for a test to change.
func acme(edits ...func(*loader.Organization)) loader.Estate {
	o := loader.Organization{
		Name: "acme", Email: "it@acme.test", Owners: []string{"ann"}, Members: []string{"bob", "cy"},
		Teams: []loader.Team{{
			Name: "dev", Description: "Builds it", Visibility: loader.VisibilityOrganization,
			Members: []loader.Member{{Username: "bob"}, {Username: "cy", Maintainer: true}},
			Grants:  []loader.Grant{{Workspace: "net", Role: "tfe-write"}},
		}},
		Workspaces: []loader.Workspace{{Name: "net"}},
	}
	for _, edit := range edits {
		edit(&o)
	}
	return loader.Estate{Organizations: []loader.Organization{o}}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	dev := func(edit func(*loader.Team)) func(*loader.Organization) {
		return func(o *loader.Organization) { edit(&o.Teams[0]) }
	}
	tests := map[string]struct {
		current, desired loader.Estate
		want             []string
	}{
		"nothing is there: accounts, then the organization with its owners, then the rest": {
			desired: acme(),
			want: []string{
				"+ user ann", "+ user bob", "+ user cy",
				"+ organization acme (owners ann)",
				"+ workspace acme/net",
				"+ membership acme bob", "+ membership acme cy",
				"+ team acme/dev (organization)",
				"+ team-member acme/dev bob", "+ team-member acme/dev cy (maintainer)",
				"+ grant acme/dev net (tfe-write)",
			},
		},
		"an organization the source does not name is left alone": {current: acme(), desired: loader.Estate{}},
		"names in another spelling are the same names": {
			current: acme(),
			desired: acme(func(o *loader.Organization) { o.Name, o.Owners, o.Workspaces[0].Name = "ACME", []string{"Ann"}, "Net" },
				dev(func(x *loader.Team) { x.Name, x.Members[0].Username = "Dev", "BOB" })),
		},
		"an owner is replaced: the new one comes first, the old one stays a member": {
			current: acme(),
			desired: acme(func(o *loader.Organization) { o.Owners, o.Members = []string{"bob"}, []string{"ann", "cy"} }),
			want:    []string{"+ owner acme bob", "- owner acme ann"},
		},
		"an owner leaves: his ownership ends with his membership": {
			current: acme(),
			desired: acme(func(o *loader.Organization) { o.Owners, o.Members = []string{"bob"}, []string{"cy"} }),
			want:    []string{"+ owner acme bob", "- membership acme ann"},
		},
		"a member leaves: his places in teams end with his membership": {
			current: acme(),
			desired: acme(func(o *loader.Organization) { o.Members = []string{"bob"} }, dev(func(x *loader.Team) { x.Members = x.Members[:1] })),
			want:    []string{"- membership acme cy"},
		},
		"a member leaves a team alone": {
			current: acme(),
			desired: acme(dev(func(x *loader.Team) { x.Members = x.Members[:1] })),
			want:    []string{"- team-member acme/dev cy"},
		},
		"a person in a team becomes a member though the source does not list him as one": {
			current: acme(),
			desired: acme(dev(func(x *loader.Team) { x.Members = append(x.Members, loader.Member{Username: "Dee"}) })),
			want:    []string{"+ user Dee", "+ membership acme Dee", "+ team-member acme/dev Dee"},
		},
		"a known account is not made again": {
			current: func() loader.Estate { e := acme(); e.Users = []string{"DEE"}; return e }(),
			desired: acme(func(o *loader.Organization) { o.Members = append(o.Members, "dee") }),
			want:    []string{"+ membership acme dee"},
		},
		"an invited person who is a member becomes active": {
			current: acme(func(o *loader.Organization) { o.Members, o.Invited = []string{"bob"}, []string{"cy"} }),
			desired: acme(),
			want:    []string{"~ membership acme cy (invited -> active)"},
		},
		"an invitation the source does not know is withdrawn": {
			current: acme(func(o *loader.Organization) { o.Invited = []string{"eve"} }),
			desired: acme(),
			want:    []string{"- membership acme eve"},
		},
		"a team changes what it is": {
			current: acme(),
			desired: acme(dev(func(x *loader.Team) { x.Visibility, x.Description = loader.VisibilitySecret, "Builds all of it" })),
			want:    []string{"~ team acme/dev (visibility organization -> secret, description)"},
		},
		"a maintainer and a member change places": {
			current: acme(),
			desired: acme(dev(func(x *loader.Team) { x.Members[0].Maintainer, x.Members[1].Maintainer = true, false })),
			want:    []string{"~ team-member acme/dev bob (member -> maintainer)", "~ team-member acme/dev cy (maintainer -> member)"},
		},
		"a team is deleted without a word about what was in it": {
			current: acme(),
			desired: acme(func(o *loader.Organization) { o.Teams = nil }),
			want:    []string{"- team acme/dev"},
		},
		"a role is replaced: the new one comes first": {
			current: acme(),
			desired: acme(dev(func(x *loader.Team) { x.Grants[0].Role = "tfe-read" })),
			want:    []string{"+ grant acme/dev net (tfe-read)", "- grant acme/dev net (tfe-write)"},
		},
		"a grant that expires becomes one for good": {
			current: acme(dev(func(x *loader.Team) { x.Grants[0].Temporary = true })),
			desired: acme(),
			want:    []string{"~ grant acme/dev net (tfe-write, for good)"},
		},
		"a workspace the source does not name loses its grants and stays": {
			current: acme(),
			desired: acme(func(o *loader.Organization) { o.Workspaces = nil }, dev(func(x *loader.Team) { x.Grants = nil })),
			want:    []string{"- grant acme/dev net (tfe-write)"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, a := range loader.Diff(test.current, test.desired).Actions() {
				got = append(got, a.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiffMakesAnAccountOnceForTwoOrganizations(t *testing.T) {
	t.Parallel()
	desired := loader.Estate{Organizations: []loader.Organization{
		{Name: "beta", Owners: []string{"ANN"}}, {Name: "acme", Owners: []string{"ann"}},
	}}
	plan := loader.Diff(loader.Estate{}, desired)
	if got := plan.Counts()[loader.KindUser].Created; got != 1 {
		t.Errorf("%d accounts are made, want 1", got)
	}
	if first := plan.Actions()[0]; first.Kind != loader.KindUser || plan.Organizations[0].Name != "acme" {
		t.Errorf("the plan begins with %s in %s", first, plan.Organizations[0].Name)
	}
}

func TestPlanCounts(t *testing.T) {
	t.Parallel()
	plan := loader.Diff(acme(), acme(func(o *loader.Organization) {
		o.Teams[0].Members[0].Maintainer = true
		o.Members = append(o.Members[:1], "dee")
		o.Teams[0].Members = o.Teams[0].Members[:1]
	}))
	want := loader.Counts{
		loader.KindUser: {Created: 1}, loader.KindMembership: {Created: 1, Deleted: 1}, loader.KindTeamMember: {Updated: 1},
	}
	if diff := cmp.Diff(want, plan.Counts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(loader.Count{Created: 2, Updated: 1, Deleted: 1}, plan.Counts().Total()); diff != "" {
		t.Error(diff)
	}
}

func TestEstateAndPlanSurviveJSON(t *testing.T) {
	t.Parallel()
	estate := acme()
	var gotEstate loader.Estate
	roundTrip(t, estate, &gotEstate)
	if diff := cmp.Diff(estate, gotEstate); diff != "" {
		t.Errorf("estate: %s", diff)
	}
	plan := loader.Diff(loader.Estate{}, estate)
	var gotPlan loader.Plan
	roundTrip(t, plan, &gotPlan)
	if diff := cmp.Diff(plan, gotPlan); diff != "" {
		t.Errorf("plan: %s", diff)
	}
	// What only the catalog knows is nothing a client can say.
	state := acme(func(o *loader.Organization) {
		o.Invited = []string{"eve"}
		o.Teams[0].Grants[0].Temporary = true
	})
	state.Users = []string{"ann"}
	var got loader.Estate
	roundTrip(t, state, &got)
	if diff := cmp.Diff(acme(), got); diff != "" {
		t.Errorf("catalog state: %s", diff)
	}
}

func roundTrip(t *testing.T, in, out any) {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
}
