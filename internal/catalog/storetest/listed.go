package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

func listedChecks() []check {
	return []check{
		{"places are listed by path", placesAreOrdered},
		{"places lie in scopes", placesAreWithin},
		{"places come in pages", placesArePaged},
		{"places of thousands of scopes are listed", manyScopes},
		{"what is disabled is no place", disabledIsNowhere},
		{"organizations may take no user tokens", shutToUserTokens},
	}
}

func paths(places []catalog.Place) []string {
	var out []string
	for _, p := range places {
		out = append(out, p.Path())
	}
	return out
}

func everywhere(objectType string) catalog.PlaceFilter {
	return catalog.PlaceFilter{Type: objectType, Within: []authz.Object{object(schema.TypePlatform, catalog.PlatformID)}}
}

// places adds workspaces whose order by name is not their order by id, or by upper and lower case.
func places(t *testing.T, s catalog.Store) {
	t.Helper()
	world(t, s)
	for id, name := range map[string]string{"ws-1": "zebra", "ws-2": "Apple", "ws-3": "apple-2", "ws-4": "Ölbaum", "ws-5": "10", "ws-6": "9"} {
		must(t, s.InsertWorkspace(t.Context(), catalog.Workspace{ID: id, OrganizationID: "org-b", ProjectID: "prj-empty-b", Name: name}))
	}
	must(t, s.InsertOrganization(t.Context(), catalog.Organization{ID: "org-0", Name: "BETA-2"}))
	must(t, s.InsertProject(t.Context(), catalog.Project{ID: "prj-0", OrganizationID: "org-0", Name: "only"}))
	must(t, s.InsertWorkspace(t.Context(), catalog.Workspace{ID: "ws-0", OrganizationID: "org-0", ProjectID: "prj-0", Name: "Alone"}))
}

// allWorkspaces are the paths of all workspaces of places, in order.
func allWorkspaces() []string {
	return []string{"acme/Net", "beta/10", "beta/9", "beta/Apple", "beta/apple-2", "beta/Net", "beta/zebra", "beta/Ölbaum", "BETA-2/Alone"}
}

func placesAreOrdered(t *testing.T, s catalog.Store) {
	places(t, s)
	for objectType, expected := range map[string][]string{
		schema.TypeOrganization: {"acme", "beta", "BETA-2"},
		schema.TypeProject:      {"acme/Default", "acme/Empty", "beta/Default", "beta/Empty", "BETA-2/only"},
		schema.TypeWorkspace:    allWorkspaces(),
		schema.TypeStack:        {"acme/Net", "beta/Net"},
		schema.TypeTeam:         nil,
		schema.TypePlatform:     nil,
	} {
		got, err := s.Places(t.Context(), everywhere(objectType))
		must(t, err)
		if diff := cmp.Diff(expected, paths(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", objectType, diff)
		}
		want(t, "the number of "+objectType, len(expected))(s.CountPlaces(t.Context(), everywhere(objectType)))
	}
	want(t, "the first stack", []catalog.Place{{ID: "st-a", Organization: "acme", Name: "Net"}})(
		s.Places(t.Context(), catalog.PlaceFilter{Type: schema.TypeStack, Within: everywhere(schema.TypeStack).Within, Limit: 1}))
}

func placesAreWithin(t *testing.T, s catalog.Store) {
	places(t, s)
	platform, a, b := object(schema.TypePlatform, catalog.PlatformID), object(schema.TypeOrganization, "org-a"), object(schema.TypeOrganization, "org-b")
	emptyB, prjA := object(schema.TypeProject, "prj-empty-b"), object(schema.TypeProject, "prj-a")
	ws0, wsB, stA := object(schema.TypeWorkspace, "ws-0"), object(schema.TypeWorkspace, "ws-b"), object(schema.TypeStack, "st-a")
	for _, row := range []struct {
		what       string
		objectType string
		within     []authz.Object
		want       []string
	}{
		{"workspaces of an organization", schema.TypeWorkspace, []authz.Object{a}, []string{"acme/Net"}},
		{"workspaces of two", schema.TypeWorkspace, []authz.Object{a, b}, allWorkspaces()[:8]},
		{"workspaces of a project", schema.TypeWorkspace, []authz.Object{emptyB}, []string{"beta/10", "beta/9", "beta/Apple", "beta/apple-2", "beta/zebra", "beta/Ölbaum"}},
		{"workspaces one by one", schema.TypeWorkspace, []authz.Object{ws0, wsB}, []string{"beta/Net", "BETA-2/Alone"}},
		{"of everything, each once", schema.TypeWorkspace, []authz.Object{b, emptyB, wsB, prjA, wsB}, allWorkspaces()[:8]},
		{"the platform beside others", schema.TypeWorkspace, []authz.Object{wsB, platform}, allWorkspaces()},
		{"a scope of another type", schema.TypeWorkspace, []authz.Object{stA}, nil},
		{"a scope of another type beside one", schema.TypeWorkspace, []authz.Object{stA, ws0}, []string{"BETA-2/Alone"}},
		{"a missing scope", schema.TypeWorkspace, []authz.Object{object(schema.TypeProject, "x")}, nil},
		{"no scope", schema.TypeWorkspace, nil, nil},
		{"projects of an organization and one more", schema.TypeProject, []authz.Object{a, emptyB}, []string{"acme/Default", "acme/Empty", "beta/Empty"}},
		{"projects know no workspaces", schema.TypeProject, []authz.Object{wsB}, nil},
		{"organizations", schema.TypeOrganization, []authz.Object{b, a}, []string{"acme", "beta"}},
		{"organizations know no projects", schema.TypeOrganization, []authz.Object{prjA}, nil},
		{"stacks", schema.TypeStack, []authz.Object{stA, b, ws0}, []string{"acme/Net", "beta/Net"}},
	} {
		f := catalog.PlaceFilter{Type: row.objectType, Within: row.within}
		got, err := s.Places(t.Context(), f)
		must(t, err)
		if diff := cmp.Diff(row.want, paths(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.what, diff)
		}
		want(t, "the number of "+row.what, len(row.want))(s.CountPlaces(t.Context(), f))
	}
}

func placesArePaged(t *testing.T, s catalog.Store) {
	places(t, s)
	org := object(schema.TypeOrganization, "org-b")
	for _, within := range [][]authz.Object{
		everywhere("").Within, {org}, {org, object(schema.TypeOrganization, "org-a")}, {object(schema.TypeProject, "prj-empty-b"), object(schema.TypeWorkspace, "ws-a")},
	} {
		f := catalog.PlaceFilter{Type: schema.TypeWorkspace, Within: within}
		all, err := s.Places(t.Context(), f)
		must(t, err)
		for f.Limit = 1; f.Limit <= len(all)+1; f.Limit++ {
			var got []catalog.Place
			for f.After = (catalog.Place{}); ; f.After = got[len(got)-1] {
				page, err := s.Places(t.Context(), f)
				must(t, err)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
			}
			if diff := cmp.Diff(all, got); diff != "" {
				t.Errorf("pages of %d within %v (-all +pages):\n%s", f.Limit, within, diff)
			}
		}
		want(t, "the number, whatever the page", len(all))(s.CountPlaces(t.Context(), f))
	}
	for after, want := range map[catalog.Place][]string{
		{Organization: "BETA", Name: "NET"}:       {"beta/zebra", "beta/Ölbaum", "BETA-2/Alone"}, // in any case
		{Organization: "beta", Name: "no such"}:   {"beta/zebra", "beta/Ölbaum", "BETA-2/Alone"}, // renamed meanwhile
		{Organization: "azure", Name: "whatever"}: allWorkspaces()[1:],
		{Organization: "zoo"}:                     nil,
		{Organization: "beta"}:                    allWorkspaces()[1:],
	} {
		f := everywhere(schema.TypeWorkspace)
		f.After = after
		got, err := s.Places(t.Context(), f)
		must(t, err)
		if diff := cmp.Diff(want, paths(got)); diff != "" {
			t.Errorf("behind %v (-want +got):\n%s", after, diff)
		}
	}
	f := everywhere(schema.TypeOrganization)
	f.After = catalog.Place{Organization: "Beta"}
	want(t, "organizations behind one", []catalog.Place{{ID: "org-0", Organization: "BETA-2"}})(s.Places(t.Context(), f))
}

func manyScopes(t *testing.T, s catalog.Store) {
	places(t, s)
	within := []authz.Object{object(schema.TypeWorkspace, "ws-1")}
	for i := range 70_000 { // more than either engine takes arguments
		within = append(within, object([]string{schema.TypeWorkspace, schema.TypeProject}[i%2], fmt.Sprintf("missing-%d", i)))
	}
	slices.Reverse(within)
	f := catalog.PlaceFilter{Type: schema.TypeWorkspace, Within: within}
	want(t, "the one that exists", []catalog.Place{{ID: "ws-1", Organization: "beta", Name: "zebra"}})(s.Places(t.Context(), f))
	want(t, "the number", 1)(s.CountPlaces(t.Context(), f))
}

func disabledIsNowhere(t *testing.T, s catalog.Store) {
	places(t, s)
	o, err := s.Organization(t.Context(), "org-b")
	must(t, err)
	o.Disabled = true
	must(t, s.UpdateOrganization(t.Context(), o))
	for objectType, n := range map[string]int{schema.TypeOrganization: 2, schema.TypeProject: 3, schema.TypeWorkspace: 2, schema.TypeStack: 1} {
		want(t, "enabled "+objectType, n)(s.CountPlaces(t.Context(), everywhere(objectType)))
		own := catalog.PlaceFilter{Type: objectType, Within: []authz.Object{object(schema.TypeOrganization, "org-b"), object(schema.TypeWorkspace, "ws-b")}}
		want(t, objectType+" of the disabled one", 0)(s.CountPlaces(t.Context(), own))
		want(t, objectType+" of the disabled one", []catalog.Place(nil))(s.Places(t.Context(), own))
	}
}

func shutToUserTokens(t *testing.T, s catalog.Store) {
	places(t, s)
	ctx := t.Context()
	edit := func(id string, change func(*catalog.Organization)) {
		o, err := s.Organization(ctx, id)
		must(t, err)
		change(&o)
		must(t, s.UpdateOrganization(ctx, o))
	}
	edit("org-a", func(o *catalog.Organization) { o.RefuseUserTokens = true })
	for _, id := range []string{"org-b", "org-0"} {
		edit(id, func(o *catalog.Organization) { o.LimitTokenLives = true })
	}
	must(t, s.PutTokenLife(ctx, catalog.TokenLife{OrganizationID: "org-b", Kind: catalog.TokenUser, Max: time.Hour}))
	must(t, s.PutTokenLife(ctx, catalog.TokenLife{OrganizationID: "org-b", Kind: catalog.TokenTeam, Max: 9 * time.Hour}))
	must(t, s.PutTokenLife(ctx, catalog.TokenLife{OrganizationID: "org-a", Kind: catalog.TokenUser, Max: 9 * time.Hour}))
	for life, expected := range map[time.Duration][]string{
		time.Hour:                      {"beta", "BETA-2"},
		time.Hour + time.Microsecond:   {"BETA-2"}, // where two years are the limit that nobody has set
		catalog.DefaultTokenLife:       {"BETA-2"},
		catalog.DefaultTokenLife + 1e6: nil,
		0:                              nil, // without an end
	} {
		f := everywhere(schema.TypeOrganization)
		f.UserTokens, f.TokenLife = true, life
		got, err := s.Places(ctx, f)
		must(t, err)
		if diff := cmp.Diff(expected, paths(got)); diff != "" {
			t.Errorf("for a user token of %v (-want +got):\n%s", life, diff)
		}
		want(t, "the number", len(expected))(s.CountPlaces(ctx, f))
		f.UserTokens = false
		want(t, "for other tokens", 3)(s.CountPlaces(ctx, f))
	}
	edit("org-b", func(o *catalog.Organization) { o.LimitTokenLives = false })
	f := everywhere(schema.TypeWorkspace)
	f.UserTokens = true
	want(t, "workspaces where lives are not limited", 7)(s.CountPlaces(ctx, f))
}
