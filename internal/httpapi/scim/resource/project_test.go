package resource_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

func TestWhatIsShown(t *testing.T) {
	t.Parallel()
	const enterprise = resource.EnterpriseSchema
	rows := []struct {
		attributes, excluded string
		want                 []string // names, with a dot before sub-attributes; schemas and id are always there
	}{
		{"", "", []string{
			"active", "emails.primary", "emails.type", "emails.value", "externalId", "meta.created", "meta.lastModified", "meta.resourceType", "meta.version",
			"name.familyName", "name.formatted", "name.givenName", "title", enterprise + ".employeeNumber", enterprise + ".manager", "userName", "userType",
		}},
		{"userName", "", []string{"userName"}},
		{"USERNAME, title", "", []string{"title", "userName"}},
		{"urn:ietf:params:scim:schemas:core:2.0:User:userName", "", []string{"userName"}},
		{"name.givenName,emails.value", "", []string{"emails.value", "name.givenName"}},
		{"name,name.givenName", "", []string{"name.familyName", "name.formatted", "name.givenName"}},
		{enterprise, "", []string{enterprise + ".employeeNumber", enterprise + ".manager"}},
		{enterprise + ":employeeNumber", "", []string{enterprise + ".employeeNumber"}},
		{enterprise + ":manager.$ref", "", []string{enterprise + ".manager"}},
		{"password", "", nil},
		{"shoeSize", "", nil},
		{"not a name", "", nil},
		{`emails[type eq "work"]`, "", nil},
		{"userName", "userName", nil},
		{"userName,title", "title", []string{"userName"}},
		{"", "id,schemas,meta,emails,name," + enterprise, []string{"active", "externalId", "title", "userName", "userType"}},
		{"", "shoeSize,meta,emails.type,emails.primary,name.formatted,active,externalId,title,userType," + enterprise + ":manager", []string{"emails.value", "name.familyName", "name.givenName", enterprise + ".employeeNumber", "userName"}},
		{"meta.version", "", []string{"meta.version"}},
	}
	for _, row := range rows {
		shown := resource.Project(resource.User, barbara(t), []string{row.attributes}, []string{row.excluded})
		got := names(shown)
		want := append([]string{"id", "schemas"}, row.want...)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q less %q: %s", row.attributes, row.excluded, diff)
		}
		_, extended := shown[enterprise]
		if listed := slices.Contains(shown["schemas"].([]any), any(enterprise)); listed != extended {
			t.Errorf("%q less %q: schemas %v", row.attributes, row.excluded, shown["schemas"])
		}
	}
}

func names(r resource.Resource) []string {
	found := map[string]bool{}
	for name, v := range r {
		parts := []any{v}
		if list, ok := v.([]any); ok {
			parts = list
		}
		for _, part := range parts {
			m, ok := part.(map[string]any)
			if !ok {
				found[name] = true
			}
			for sub := range m {
				found[name+"."+sub] = true
			}
		}
	}
	out := []string{}
	for name := range found {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func TestMembersCanBeLeftOut(t *testing.T) {
	t.Parallel()
	group := parsed(t, `{"id":"g","displayName":"G","members":[{"value":"a","type":"User"},{"value":"b"}]}`)
	before := document(t, group)
	for _, excluded := range []string{"members", "MEMBERS", "urn:ietf:params:scim:schemas:core:2.0:Group:members"} {
		if shown := resource.Project(resource.Group, group, nil, []string{excluded}); shown["members"] != nil || shown["displayName"] != "G" {
			t.Errorf("%s: %v", excluded, shown)
		}
	}
	shown := resource.Project(resource.Group, group, []string{"members.type"}, nil)
	if diff := cmp.Diff([]any{map[string]any{"type": "User"}}, shown["members"]); diff != "" {
		t.Error(diff)
	}
	if document(t, group) != before {
		t.Error("the group itself was changed")
	}
}

func TestAPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	user := barbara(t)
	user["password"] = "secret"
	user["something"] = "else"
	for _, attributes := range []string{"", "password", "userName,something"} {
		if shown := resource.Project(resource.User, user, []string{attributes}, nil); shown["password"] != nil || shown["something"] != nil {
			t.Errorf("%q: %v", attributes, shown)
		}
	}
}

func TestTagsOfVersions(t *testing.T) {
	t.Parallel()
	if got := resource.ETag(7); got != `W/"7"` {
		t.Error(got)
	}
	for header, want := range map[string]bool{
		``: false, `*`: true, ` * `: true, `W/"7"`: true, `"7"`: true, `w/"7"`: true, `7`: true, `W/"8"`: false, `"77"`: false, `W/"07"`: false,
		`W/"1", W/"7"`: true, `"1","2"`: false, `W/""`: false, `,`: false,
	} {
		if got := resource.MatchETag(header, 7); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestWhatTheServerNotes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("", 3600))
	before := parsed(t, `{"displayName":"G"}`)
	got := resource.Complete(resource.Group, before, resource.Meta{ID: "grp-1", Location: "https://example.com/Groups/grp-1", Created: at, Modified: at.Add(time.Hour), Version: 3})
	want := parsed(t, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"grp-1","displayName":"G","meta":{"resourceType":"Group","created":"2026-01-02T02:04:05.678Z",
		"lastModified":"2026-01-02T03:04:05.678Z","location":"https://example.com/Groups/grp-1","version":"W/\"3\""}}`)
	if diff := cmp.Diff(want, got); diff != "" || len(before) != 1 {
		t.Error(diff)
	}
}

func TestErrorsAreDocuments(t *testing.T) {
	t.Parallel()
	got := document(t, resource.NewError(409, resource.Uniqueness, "userName %s has been taken", "a").Body())
	want := document(t, map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": "409", "scimType": "uniqueness", "detail": "userName a has been taken"})
	if got != want {
		t.Error(got)
	}
	if text := document(t, resource.NewError(404, "", "x").Body()); strings.Contains(text, "scimType") {
		t.Error(text)
	}
}
