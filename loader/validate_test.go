package loader_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader"
)

func TestValidateNamesThePlaceOfEveryFault(t *testing.T) {
	t.Parallel()
	team := func(edit func(*loader.Team)) loader.Estate {
		return acme(func(o *loader.Organization) { edit(&o.Teams[0]) })
	}
	tests := map[string]struct {
		estate loader.Estate
		want   []string // fields at fault
	}{
		"an estate without faults":            {estate: acme()},
		"nothing at all":                      {estate: loader.Estate{}},
		"an owner who is listed as a member":  {estate: acme(func(o *loader.Organization) { o.Members = append(o.Members, "ann") })},
		"a person in a team who is no member": {estate: team(func(x *loader.Team) { x.Members[0].Username = "dee" })},
		"two roles on one workspace":          {estate: team(func(x *loader.Team) { x.Grants = append(x.Grants, loader.Grant{Workspace: "NET", Role: "tfe-read"}) })},
		"the same name in two kinds":          {estate: team(func(x *loader.Team) { x.Name = "net" })},
		"no owner":                            {estate: acme(func(o *loader.Organization) { o.Owners = nil }), want: []string{"organizations[acme].owners"}},
		"an organization twice":               {estate: loader.Estate{Organizations: append(acme().Organizations, loader.Organization{Name: "Acme", Owners: []string{"ann"}})}, want: []string{"organizations[Acme]"}},
		"an organization without a name":      {estate: acme(func(o *loader.Organization) { o.Name = " " }), want: []string{"organizations[0]"}},
		"an owner twice in two spellings":     {estate: acme(func(o *loader.Organization) { o.Owners = []string{"ann", "ANN"} }), want: []string{"organizations[acme].owners[1]"}},
		"a member twice":                      {estate: acme(func(o *loader.Organization) { o.Members = []string{"bob", "cy", "Bob"} }), want: []string{"organizations[acme].members[2]"}},
		"an empty owner":                      {estate: acme(func(o *loader.Organization) { o.Owners = []string{"ann", ""} }), want: []string{"organizations[acme].owners[1]"}},
		"a workspace twice":                   {estate: acme(func(o *loader.Organization) { o.Workspaces = append(o.Workspaces, loader.Workspace{Name: "NET"}) }), want: []string{"organizations[acme].workspaces[NET]"}},
		"a team twice": {estate: acme(func(o *loader.Organization) {
			o.Teams = append(o.Teams, loader.Team{Name: "DEV", Visibility: "secret"})
		}), want: []string{"organizations[acme].teams[DEV]"}},
		"a team without a name":                 {estate: team(func(x *loader.Team) { x.Name = "" }), want: []string{"organizations[acme].teams[0]"}},
		"a team with the name of the owners":    {estate: team(func(x *loader.Team) { x.Name = "Owners" }), want: []string{"organizations[acme].teams[Owners]"}},
		"an unknown visibility":                 {estate: team(func(x *loader.Team) { x.Visibility = "closed" }), want: []string{"organizations[acme].teams[dev].visibility"}},
		"no visibility":                         {estate: team(func(x *loader.Team) { x.Visibility = "" }), want: []string{"organizations[acme].teams[dev].visibility"}},
		"a person twice in a team":              {estate: team(func(x *loader.Team) { x.Members[1].Username = "BOB" }), want: []string{"organizations[acme].teams[dev].members[1]"}},
		"a grant on a workspace not listed":     {estate: team(func(x *loader.Team) { x.Grants[0].Workspace = "app" }), want: []string{"organizations[acme].teams[dev].grants[0].workspace"}},
		"an unknown role":                       {estate: team(func(x *loader.Team) { x.Grants[0].Role = "tfe-wirte" }), want: []string{"organizations[acme].teams[dev].grants[0].role"}},
		"a role for projects":                   {estate: team(func(x *loader.Team) { x.Grants[0].Role = "tfe-project-read" }), want: []string{"organizations[acme].teams[dev].grants[0].role"}},
		"a role held through the model":         {estate: team(func(x *loader.Team) { x.Grants[0].Role = "owner" }), want: []string{"organizations[acme].teams[dev].grants[0].role"}},
		"another system's role on a workspace":  {estate: team(func(x *loader.Team) { x.Grants[0].Role = "terrakube-read" }), want: []string{"organizations[acme].teams[dev].grants[0].role"}},
		"the same grant twice in two spellings": {estate: team(func(x *loader.Team) { x.Grants = append(x.Grants, loader.Grant{Workspace: "Net", Role: "tfe-write"}) }), want: []string{"organizations[acme].teams[dev].grants[1]"}},
		"all faults at once": {
			estate: acme(func(o *loader.Organization) {
				o.Owners, o.Teams[0].Visibility, o.Teams[0].Grants[0].Role = nil, "open", "boss"
			}),
			want: []string{"organizations[acme].owners", "organizations[acme].teams[dev].visibility", "organizations[acme].teams[dev].grants[0].role"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range fault.All(test.estate.Validate()) {
				got = append(got, f.Field)
				if f.Kind != fault.Invalid {
					t.Errorf("%s: %s", f.Message, f.Kind)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields at fault (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	got := acme(func(o *loader.Organization) {
		o.Owners, o.Members = []string{"Zoe", "ann"}, []string{"cy", "Bob", "ANN"}
		o.Teams[0].Members = []loader.Member{{Username: "dee"}, {Username: "bob"}, {Username: "zoe"}}
		o.Teams = append(o.Teams, loader.Team{Name: "Arch", Visibility: "secret", Members: []loader.Member{{Username: "DEE"}}})
	}).Normalize()
	want := acme(func(o *loader.Organization) {
		o.Owners, o.Members = []string{"ann", "Zoe"}, []string{"Bob", "cy", "dee"}
		o.Teams[0].Members = []loader.Member{{Username: "bob"}, {Username: "dee"}, {Username: "zoe"}}
		o.Teams = []loader.Team{{Name: "Arch", Visibility: "secret", Members: []loader.Member{{Username: "DEE"}}}, o.Teams[0]}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, got.Normalize()); diff != "" {
		t.Errorf("twice is not once:\n%s", diff)
	}
}
