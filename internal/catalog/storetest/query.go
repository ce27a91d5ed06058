package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func queryChecks() []check {
	return []check{
		{"workspaces are looked for", workspacesAreQueried},
		{"workspaces are looked for by tags and bindings", workspacesAreQueriedByTags},
		{"projects and stacks are looked for", projectsAreQueried},
		{"organizations are looked for", organizationsAreQueried},
		{"a query asks no more than an engine can answer", longQueries},
		{"keys follow what they are keys of", keysFollow},
		{"places are listed by age", placesByAge},
	}
}

// wares adds what can be told apart by every field of a query: workspaces, tags on them, bindings on them and their
// projects.
func wares(t *testing.T, s catalog.Store) {
	t.Helper()
	world(t, s)
	ctx := t.Context()
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		for id, email := range map[string]string{"org-a": "Admin@One.example", "org-b": "ops_100%@two.example"} {
			o, err := q.Organization(ctx, id)
			must(t, err)
			o.Email = email
			must(t, q.UpdateOrganization(ctx, o))
		}
		for id, w := range map[string]catalog.Workspace{
			"ws-1": {OrganizationID: "org-a", ProjectID: "prj-a", Name: "prod-app"},
			"ws-2": {OrganizationID: "org-a", ProjectID: "prj-empty-a", Name: "Prod-DB"},
			"ws-3": {OrganizationID: "org-a", ProjectID: "prj-a", Name: "100%_done"},
			"ws-4": {OrganizationID: "org-a", ProjectID: "prj-a", Name: "dev-app"},
			"ws-5": {OrganizationID: "org-a", ProjectID: "prj-empty-a", Name: `back\slash`},
			"ws-6": {OrganizationID: "org-b", ProjectID: "prj-b", Name: "prod-app"},
		} {
			w.ID = id
			must(t, q.InsertWorkspace(ctx, w))
		}
		must(t, q.InsertTag(ctx, catalog.Tag{ID: "tag-1", OrganizationID: "org-a", Name: "Web"}))
		must(t, q.InsertTag(ctx, catalog.Tag{ID: "tag-2", OrganizationID: "org-a", Name: "eu"}))
		must(t, q.InsertTag(ctx, catalog.Tag{ID: "tag-3", OrganizationID: "org-b", Name: "web"}))
		for _, pair := range []string{"ws-1 tag-1", "ws-1 tag-2", "ws-2 tag-2", "ws-4 tag-1", "ws-6 tag-3"} {
			ws, tag, _ := strings.Cut(pair, " ")
			must(t, q.PutWorkspaceTag(ctx, ws, tag))
		}
		for _, b := range []catalog.TagBinding{
			{Resource: object(schema.TypeProject, "prj-a"), Key: "env", Value: "prod"},
			{Resource: object(schema.TypeProject, "prj-empty-a"), Key: "env", Value: "dev"},
			{Resource: object(schema.TypeProject, "prj-empty-a"), Key: "team", Value: "x"},
			{Resource: object(schema.TypeWorkspace, "ws-4"), Key: "env", Value: "dev"}, // where its project says prod
			{Resource: object(schema.TypeWorkspace, "ws-6"), Key: "env", Value: "prod"},
		} {
			must(t, q.PutTagBinding(ctx, b))
		}
		return nil
	}))
}

// queried is what a query finds among all places of a type.
type queried struct {
	what  string
	query catalog.PlaceQuery
	want  []string
}

// wantFound checks what a query finds, in either order, on one page or on many, in one organization or in all, and that
// the number of it is right.
func wantFound(t *testing.T, s catalog.Store, objectType string, row queried) {
	t.Helper()
	f := everywhere(objectType)
	f.PlaceQuery = row.query
	wantPaths(t, s, row.what, f, row.want)
	f.Within = []authz.Object{object(schema.TypeOrganization, "org-a")}
	inside := slices.DeleteFunc(slices.Clone(row.want), func(path string) bool { return !strings.HasPrefix(path, "acme") })
	wantPaths(t, s, row.what+", in acme", f, inside)
	f.Within = nil
	wantPaths(t, s, row.what+", nowhere", f, nil)
}

func wantPaths(t *testing.T, s catalog.Store, what string, f catalog.PlaceFilter, wanted []string) {
	t.Helper()
	ctx := t.Context()
	for _, descending := range []bool{false, true} {
		f.Descending = descending
		order := slices.Clone(wanted)
		if descending {
			slices.Reverse(order)
		}
		for offset := range len(order) + 2 {
			for limit := range 3 {
				f.Offset, f.Limit = offset, limit
				page := order[min(offset, len(order)):]
				if limit > 0 {
					page = page[:min(limit, len(page))]
				}
				got, err := s.Places(ctx, f)
				must(t, err)
				if diff := cmp.Diff(slices.Clone(page), paths(got), cmpEmpty()); diff != "" {
					t.Errorf("%s, %d behind %d, descending %t (-want +got):\n%s", what, limit, offset, descending, diff)
				}
			}
		}
		want(t, "the number, "+what, len(wanted))(s.CountPlaces(ctx, f))
	}
}

// cmpEmpty takes no list for an empty one.
func cmpEmpty() cmp.Option {
	return cmp.FilterValues(func(a, b []string) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
}

// every are the paths of all workspaces of wares.
func every() []string {
	return []string{"acme/100%_done", `acme/back\slash`, "acme/dev-app", "acme/Net", "acme/prod-app", "acme/Prod-DB", "beta/Net", "beta/prod-app"}
}

func workspacesAreQueried(t *testing.T, s catalog.Store) {
	wares(t, s)
	for _, row := range []queried{
		{"everything", catalog.PlaceQuery{}, every()},
		{"in an organization", catalog.PlaceQuery{OrganizationID: "org-b"}, []string{"beta/Net", "beta/prod-app"}},
		{"in a missing organization", catalog.PlaceQuery{OrganizationID: "org-x"}, nil},
		{"in a project", catalog.PlaceQuery{ProjectID: "prj-empty-a"}, []string{`acme/back\slash`, "acme/Prod-DB"}},
		{"in a project of another organization", catalog.PlaceQuery{ProjectID: "prj-a", OrganizationID: "org-b"}, nil},
		{"by names in any case", catalog.PlaceQuery{Names: []string{"prod-APP", "net", "x"}}, []string{"acme/Net", "acme/prod-app", "beta/Net", "beta/prod-app"}},
		{"by a part of the name", catalog.PlaceQuery{Contains: "APP"}, []string{"acme/dev-app", "acme/prod-app", "beta/prod-app"}},
		{"by a part of the organization's name", catalog.PlaceQuery{Contains: "acm"}, nil},
		{"by a percent sign", catalog.PlaceQuery{Contains: "%"}, []string{"acme/100%_done"}},
		{"by an underscore", catalog.PlaceQuery{Contains: "_D"}, []string{"acme/100%_done"}},
		{"by a backslash", catalog.PlaceQuery{Contains: `\`}, []string{`acme/back\slash`}},
		{"by an asterisk", catalog.PlaceQuery{Contains: "*"}, nil},
		{"by an address", catalog.PlaceQuery{EmailContains: "example"}, nil},
		{"by a beginning", catalog.PlaceQuery{Wildcard: "PROD-*"}, []string{"acme/prod-app", "acme/Prod-DB", "beta/prod-app"}},
		{"by an end", catalog.PlaceQuery{Wildcard: "*-app"}, []string{"acme/dev-app", "acme/prod-app", "beta/prod-app"}},
		{"by parts in their order", catalog.PlaceQuery{Wildcard: "*d*-*p"}, []string{"acme/dev-app", "acme/prod-app", "beta/prod-app"}},
		{"by parts in another order", catalog.PlaceQuery{Wildcard: "*app*prod*"}, nil},
		{"by any name", catalog.PlaceQuery{Wildcard: "***"}, every()},
		{"by the whole name", catalog.PlaceQuery{Wildcard: "nET"}, []string{"acme/Net", "beta/Net"}},
		{"by less than the whole name", catalog.PlaceQuery{Wildcard: "prod"}, nil},
		{"by signs that would be patterns", catalog.PlaceQuery{Wildcard: "100%_*"}, []string{"acme/100%_done"}},
		{"by a percent sign that is none", catalog.PlaceQuery{Wildcard: "%"}, nil},
		{"by an underscore that is none", catalog.PlaceQuery{Wildcard: "_et"}, nil},
		{"by a backslash and anything", catalog.PlaceQuery{Wildcard: `*\*`}, []string{`acme/back\slash`}},
		{"except one", catalog.PlaceQuery{Except: "ws-6"}, every()[:7]},
		{"except one of another type", catalog.PlaceQuery{Except: "org-a"}, every()},
		{"by all of these", catalog.PlaceQuery{
			OrganizationID: "org-a", ProjectID: "prj-a", Names: []string{"prod-app", "net"}, Contains: "app", Wildcard: "p*", Except: "ws-6",
		}, []string{"acme/prod-app"}},
		{"by all of these, except that one", catalog.PlaceQuery{
			OrganizationID: "org-a", ProjectID: "prj-a", Names: []string{"prod-app", "net"}, Contains: "app", Wildcard: "p*", Except: "ws-1",
		}, nil},
	} {
		wantFound(t, s, schema.TypeWorkspace, row)
	}
}

func workspacesAreQueriedByTags(t *testing.T, s catalog.Store) {
	wares(t, s)
	for _, row := range []queried{
		{"with a tag", catalog.PlaceQuery{Tags: []string{"WEB"}}, []string{"acme/dev-app", "acme/prod-app", "beta/prod-app"}},
		{"with a tag said twice", catalog.PlaceQuery{Tags: []string{"web", "Web"}}, []string{"acme/dev-app", "acme/prod-app", "beta/prod-app"}},
		{"with two tags", catalog.PlaceQuery{Tags: []string{"eu", "web"}}, []string{"acme/prod-app"}},
		{"with a tag that nothing carries", catalog.PlaceQuery{Tags: []string{"web", "us"}}, nil},
		{"without a tag", catalog.PlaceQuery{WithoutTags: []string{"EU"}}, []string{"acme/100%_done", `acme/back\slash`, "acme/dev-app", "acme/Net", "beta/Net", "beta/prod-app"}},
		{"without two", catalog.PlaceQuery{WithoutTags: []string{"eu", "web"}}, []string{"acme/100%_done", `acme/back\slash`, "acme/Net", "beta/Net"}},
		{"without a tag that nothing carries", catalog.PlaceQuery{WithoutTags: []string{"us"}}, every()},
		{"with one and without another", catalog.PlaceQuery{Tags: []string{"web"}, WithoutTags: []string{"eu"}}, []string{"acme/dev-app", "beta/prod-app"}},
		{"with and without the same", catalog.PlaceQuery{Tags: []string{"web"}, WithoutTags: []string{"web"}}, nil},
		{"bound to a value", catalog.PlaceQuery{Bound: bound("env", "prod")}, []string{"acme/100%_done", "acme/Net", "acme/prod-app", "beta/prod-app"}},
		{"bound to another", catalog.PlaceQuery{Bound: bound("env", "dev")}, []string{`acme/back\slash`, "acme/dev-app", "acme/Prod-DB"}},
		{"bound to any value", catalog.PlaceQuery{Bound: bound("env", "")}, append(every()[:6:6], "beta/prod-app")},
		{"bound twice", catalog.PlaceQuery{Bound: bound("env", "dev", "team", "")}, []string{`acme/back\slash`, "acme/Prod-DB"}},
		{"bound to two values", catalog.PlaceQuery{Bound: bound("env", "dev", "env", "prod")}, nil},
		{"bound to a value of another key", catalog.PlaceQuery{Bound: bound("team", "dev")}, nil},
		{"bound to a key in another case", catalog.PlaceQuery{Bound: bound("ENV", "")}, nil},
		{"by all of these", catalog.PlaceQuery{
			OrganizationID: "org-a", ProjectID: "prj-a", Names: []string{"dev-app", "prod-app"}, Contains: "-", Wildcard: "*app",
			Tags: []string{"web"}, WithoutTags: []string{"us"}, Bound: bound("env", "dev"),
		}, []string{"acme/dev-app"}},
	} {
		wantFound(t, s, schema.TypeWorkspace, row)
	}
}

// bound makes tag bindings of keys and values.
func bound(texts ...string) []catalog.TagBinding {
	var out []catalog.TagBinding
	for pair := range slices.Chunk(texts, 2) {
		out = append(out, catalog.TagBinding{Key: pair[0], Value: pair[1]})
	}
	return out
}

func projectsAreQueried(t *testing.T, s catalog.Store) {
	wares(t, s)
	all := []string{"acme/Default", "acme/Empty", "beta/Default", "beta/Empty"}
	for _, row := range []queried{
		{"in an organization", catalog.PlaceQuery{OrganizationID: "org-b"}, all[2:]},
		{"a project itself", catalog.PlaceQuery{ProjectID: "prj-b"}, all[2:3]},
		{"by names", catalog.PlaceQuery{Names: []string{"EMPTY"}}, []string{"acme/Empty", "beta/Empty"}},
		{"by a part of the name", catalog.PlaceQuery{Contains: "mpt"}, []string{"acme/Empty", "beta/Empty"}},
		{"by a beginning", catalog.PlaceQuery{Wildcard: "d*"}, []string{"acme/Default", "beta/Default"}},
		{"by an address", catalog.PlaceQuery{EmailContains: "example"}, nil},
		{"with a tag", catalog.PlaceQuery{Tags: []string{"web"}}, nil},
		{"without a tag", catalog.PlaceQuery{WithoutTags: []string{"web"}}, all},
		{"bound to a value", catalog.PlaceQuery{Bound: bound("env", "prod")}, all[:1]},
		{"bound to any value", catalog.PlaceQuery{Bound: bound("env", "")}, all[:2]},
		{"bound twice", catalog.PlaceQuery{Bound: bound("env", "dev", "team", "x")}, all[1:2]},
		{"by all of these", catalog.PlaceQuery{
			OrganizationID: "org-a", Names: []string{"empty"}, Contains: "e", Wildcard: "e*", Bound: bound("team", ""), WithoutTags: []string{"web"},
		}, all[1:2]},
	} {
		wantFound(t, s, schema.TypeProject, row)
	}
	for _, row := range []queried{
		{"in a project", catalog.PlaceQuery{ProjectID: "prj-b"}, []string{"beta/Net"}},
		{"by names in an organization", catalog.PlaceQuery{OrganizationID: "org-a", Names: []string{"net"}}, []string{"acme/Net"}},
		{"with a tag", catalog.PlaceQuery{Tags: []string{"web"}}, nil},
		{"bound to any value", catalog.PlaceQuery{Bound: bound("env", "")}, nil},
	} {
		wantFound(t, s, schema.TypeStack, row)
	}
}

func organizationsAreQueried(t *testing.T, s catalog.Store) {
	wares(t, s)
	for _, row := range []queried{
		{"everything", catalog.PlaceQuery{}, []string{"acme", "beta"}},
		{"by id", catalog.PlaceQuery{OrganizationID: "org-b"}, []string{"beta"}},
		{"except one", catalog.PlaceQuery{Except: "org-b"}, []string{"acme"}},
		{"by names", catalog.PlaceQuery{Names: []string{"ACME", "x"}}, []string{"acme"}},
		{"by a part of the name", catalog.PlaceQuery{Contains: "CM"}, []string{"acme"}},
		{"by a part of the address", catalog.PlaceQuery{Contains: "Example"}, []string{"acme", "beta"}},
		{"by a part of one address", catalog.PlaceQuery{Contains: "TWO."}, []string{"beta"}},
		{"by a part of the address alone", catalog.PlaceQuery{EmailContains: "ADMIN@one"}, []string{"acme"}},
		{"by a part of the name, in addresses", catalog.PlaceQuery{EmailContains: "acm"}, nil},
		{"by signs that would be patterns", catalog.PlaceQuery{EmailContains: "s_1"}, []string{"beta"}},
		{"by a pattern that is none", catalog.PlaceQuery{EmailContains: "o_e"}, nil},
		{"by a beginning", catalog.PlaceQuery{Wildcard: "b*"}, []string{"beta"}},
		{"by a beginning of the address", catalog.PlaceQuery{Wildcard: "admin*"}, nil},
		{"in a project", catalog.PlaceQuery{ProjectID: "prj-a"}, nil},
		{"with a tag", catalog.PlaceQuery{Tags: []string{"web"}}, nil},
		{"without a tag", catalog.PlaceQuery{WithoutTags: []string{"web"}}, []string{"acme", "beta"}},
		{"bound to any value", catalog.PlaceQuery{Bound: bound("env", "")}, nil},
		{"by all of these", catalog.PlaceQuery{Names: []string{"acme"}, Contains: "example", EmailContains: "one", Wildcard: "*e"}, []string{"acme"}},
	} {
		wantFound(t, s, schema.TypeOrganization, row)
	}
}

func placesByAge(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for id, age := range map[string]int{"ws-1": 1, "ws-2": 3, "ws-3": 2, "ws-4": 3} {
		must(t, s.InsertWorkspace(ctx, catalog.Workspace{ID: id, OrganizationID: "org-a", ProjectID: "prj-a", Name: id, CreatedAt: at(age)}))
	}
	must(t, s.InsertOrganization(ctx, catalog.Organization{ID: "org-c", Name: "zeta", CreatedAt: at(1)}))
	placeID := func(p catalog.Place) string { return p.ID }
	f := everywhere(schema.TypeWorkspace)
	f.Newest, f.OrganizationID = true, "org-a"
	wantIDs(t, "the youngest workspaces first", placeID, "ws-2", "ws-4", "ws-3", "ws-1", "ws-a")(s.Places(ctx, f))
	f.Offset, f.Limit = 1, 2
	wantIDs(t, "the second page", placeID, "ws-4", "ws-3")(s.Places(ctx, f))
	f = everywhere(schema.TypeOrganization)
	f.Newest = true
	wantIDs(t, "the youngest organizations first", placeID, "org-c", "org-a", "org-b")(s.Places(ctx, f))
}

func longQueries(t *testing.T, s catalog.Store) {
	wares(t, s)
	long := strings.Repeat("x", 100_000)
	many := make([]string, 70_000)
	for i := range many {
		many[i] = fmt.Sprintf("none-%d", i)
	}
	for _, row := range []queried{
		{"a part longer than any name", catalog.PlaceQuery{Contains: long}, nil},
		{"a pattern longer than any name", catalog.PlaceQuery{Wildcard: long}, nil},
		{"a pattern of asterisks", catalog.PlaceQuery{Wildcard: "dev" + strings.Repeat("*", 100_000)}, []string{"acme/dev-app"}},
		{"thousands of names", catalog.PlaceQuery{Names: append(many[:70_000:70_000], "dev-app")}, []string{"acme/dev-app"}},
		{"thousands of tags", catalog.PlaceQuery{Tags: many}, nil},
		{"none of thousands of tags", catalog.PlaceQuery{WithoutTags: append(many[:70_000:70_000], "web", "eu"), OrganizationID: "org-b"}, []string{"beta/Net"}},
	} {
		f := everywhere(schema.TypeWorkspace)
		f.PlaceQuery = row.query
		got, err := s.Places(t.Context(), f)
		must(t, err)
		if diff := cmp.Diff(row.want, paths(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.what, diff)
		}
	}
	f := everywhere(schema.TypeProject)
	f.Bound = slices.Repeat(bound("env", "dev", "team", "x"), 50)
	want(t, "a hundred bindings", []catalog.Place{{ID: "prj-empty-a", Organization: "acme", Name: "Empty"}})(s.Places(t.Context(), f))
	f.Bound = append(f.Bound, bound("env", "dev")...)
	_, err := s.Places(t.Context(), f)
	wantFault(t, "more", err, fault.Invalid, "")
	_, err = s.CountPlaces(t.Context(), f)
	wantFault(t, "the number of more", err, fault.Invalid, "")
	f = everywhere(schema.TypeWorkspace)
	f.Contains = "a\x00b"
	_, err = s.Places(t.Context(), f)
	wantFault(t, "a null character", err, fault.Invalid, "")
}

func keysFollow(t *testing.T, s catalog.Store) {
	wares(t, s)
	ctx := t.Context()
	must(t, s.UpdateUser(ctx, catalog.User{ID: "user-ann", Username: "ann", Email: "ÄNNE@x.example"}))
	must(t, s.InsertUser(ctx, catalog.User{ID: "user-dan", Username: "dan", Email: "änne@X.example"}))
	wantIDs(t, "two people of one address", userID, "user-ann", "user-dan")(s.Users(ctx, catalog.UserFilter{Emails: []string{"Änne@x.EXAMPLE"}}))
	must(t, s.UpdateUser(ctx, catalog.User{ID: "user-ann", Username: "ann", Email: "", UnconfirmedEmail: "änne@x.example"}))
	wantIDs(t, "an unconfirmed address is none", userID, "user-dan")(s.Users(ctx, catalog.UserFilter{Emails: []string{"änne@x.example"}}))
	o, err := s.Organization(ctx, "org-a")
	must(t, err)
	o.Name, o.Email = "Ärger", "Übel@x.example"
	must(t, s.UpdateOrganization(ctx, o))
	f := everywhere(schema.TypeOrganization)
	f.EmailContains, f.Contains = "üBEL", "ÄR"
	want(t, "an organization by its new name and address", []catalog.Place{{ID: "org-a", Organization: "Ärger"}})(s.Places(ctx, f))
}
