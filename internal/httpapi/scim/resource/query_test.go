package resource_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// barbara is a user as a server would answer it.
func barbara(t testing.TB) resource.Resource {
	t.Helper()
	r, err := resource.Read(resource.User, []byte(`{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"userName": "bjensen@example.com", "externalId": "Ext-701984", "active": true, "title": "Tour Guide", "userType": "Employee",
		"name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara"},
		"emails": [
			{"value": "bjensen@example.com", "type": "work", "primary": true},
			{"value": "babs@jensen.org", "type": "home"}
		],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "701984", "manager": {"value": "26118915", "$ref": "../Users/26118915"}}
	}`), resource.Strict)
	if err != nil {
		t.Fatal(err)
	}
	return complete(r)
}

func complete(r resource.Resource) resource.Resource {
	r = maps.Clone(r)
	r["id"] = "user-1"
	r["meta"] = map[string]any{"resourceType": "User", "created": "2026-01-23T04:56:22.000Z", "lastModified": "2026-05-13T04:42:34.000Z", "version": `W/"3"`}
	return r
}

func TestWhatFiltersAreTrueOf(t *testing.T) {
	t.Parallel()
	user := barbara(t)
	rows := []struct {
		filter string
		want   bool
	}{
		{`userName eq "bjensen@example.com"`, true},
		{`username EQ "BJensen@Example.Com"`, true}, // not case exact
		{`userName eq "bjensen"`, false},
		{`userName ne "BJENSEN@example.com"`, false},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "BJ"`, true},
		{`URN:ietf:params:scim:schemas:core:2.0:user:USERNAME ew ".com"`, true},
		{`userName sw "jensen"`, false},
		{`userName co "ENSEN"`, true},
		{`userName gt "a"`, true},
		{`userName lt "a"`, false},
		{`userName ge "bjensen@example.com"`, true},
		{`userName le "bjensen@example.con"`, true},
		{`externalId eq "Ext-701984"`, true},
		{`externalId eq "ext-701984"`, false}, // case exact
		{`id eq "user-1"`, true},
		{`id eq "USER-1"`, false},
		{`title pr`, true},
		{`nickName pr`, false},
		{`not (nickName pr)`, true},
		{`nickName eq "x"`, false},
		{`nickName ne "x"`, true}, // what is absent differs
		{`nickName gt "x"`, false},
		{`nickName eq null`, true},
		{`title eq null`, false},
		{`title ne null`, true},
		{`name pr`, true},
		{`addresses pr`, false},
		{`emails eq null`, false},
		{`active eq true`, true},
		{`active eq "True"`, true},
		{`active eq False`, false},
		{`active ne false`, true},
		{`active pr`, true},
		{`meta.lastModified gt "2011-05-13T04:42:34Z"`, true},
		{`meta.lastModified eq "2026-05-13T06:42:34+02:00"`, true}, // the same instant
		{`meta.lastModified ge "2026-05-13T04:42:34"`, true},
		{`meta.lastModified lt "2026-05-13T04:42:34Z"`, false},
		{`meta.lastModified le "2026-05-13T04:42:33.999Z"`, false},
		{`meta.resourceType eq "User"`, true},
		{`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`, true},
		{`schemas eq "urn:ietf:params:scim:schemas:core:2.0:Group"`, false},
		{`emails co "jensen.org"`, true}, // its value is meant
		{`emails.value ew "example.com"`, true},
		{`emails.type eq "work" and emails.value ew "jensen.org"`, true},    // of different values
		{`emails[type eq "work" and value ew "jensen.org"]`, false},         // of one
		{`emails[type eq "home" and value ew "jensen.org"]`, true},          //
		{`emails[type eq "WORK"].value eq "BJENSEN@example.com"`, true},     //
		{`emails[type eq "home"].value eq "bjensen@example.com"`, false},    //
		{`emails[primary eq true and value pr]`, true},                      //
		{`emails[type eq "home" and primary ne true]`, true},                // absent in it
		{`emails[type eq "other"]`, false},                                  //
		{`emails[not (type eq "home")]`, true},                              //
		{`emails ne "bjensen@example.com"`, true},                           // one differs
		{`addresses[type eq "work"]`, false},                                //
		{`addresses[not (type eq "work")]`, false},                          // there is none
		{`not (addresses[type eq "work"])`, true},                           //
		{`schemas[value co "enterprise"]`, true},                            //
		{`name[familyName eq "jensen"]`, true},                              //
		{`userType eq "Intern" or title pr and active eq true`, true},       // and before or
		{`(userType eq "Employee" or title pr) and active eq false`, false}, //
		{`not (userType eq "Employee") and title pr`, false},                // not before and
		{`not (userType eq "Employee" and title eq "x")`, true},             //
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984"`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq 701984`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915"`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915"`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr`, false},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr`, true},
	}
	for _, row := range rows {
		f, err := resource.ParseFilter(row.filter, resource.Lenient, resource.User)
		if err != nil {
			t.Errorf("%s: %v", row.filter, err)
			continue
		}
		if got := f.Match(resource.User, user); got != row.want {
			t.Errorf("%s: %v, want %v", row.filter, got, row.want)
		}
		if f.Match(resource.Group, user) {
			t.Errorf("%s: is true of a kind that was not asked for", row.filter)
		}
	}
}

func TestFiltersThatDoNotFit(t *testing.T) {
	t.Parallel()
	always, strictly := []resource.Profile{"", resource.Okta, resource.Entra, resource.Strict}, []resource.Profile{resource.Strict}
	rows := []struct {
		filter string
		by     []resource.Profile
	}{
		{`userName like "x"`, always},
		{`shoeSize eq 42`, always},
		{`name.nick eq "x"`, always},
		{`urn:x:y:z:a eq "x"`, always},
		{`password eq "secret"`, always}, // it would tell
		{`password pr`, always},
		{`active gt true`, always},
		{`active le false`, always},
		{`active co true`, always},
		{`active eq "maybe"`, always},
		{`active eq 1`, always},
		{`name eq "x"`, always},
		{`addresses eq "x"`, always},
		{`meta.created gt "yesterday"`, always},
		{`meta.created gt 5`, always},
		{`meta.created sw "2026"`, always},
		{`title gt null`, always},
		{`x509Certificates.value gt "x"`, always},
		{`emails[shoe eq "x"]`, always},
		{`emails[primary gt true]`, always},
		{`title[value eq "x"]`, always},
		{`userName eq bob`, strictly},
		{`userName eq 5`, strictly},
		{`active eq "true"`, strictly},
		{`active eq True`, strictly},
		{`emails[type eq work]`, strictly},
	}
	for _, row := range rows {
		for _, profile := range always {
			_, err := resource.ParseFilter(row.filter, profile, resource.User)
			refused, ok := errors.AsType[*resource.Error](err)
			wanted := len(row.by) == len(always) || profile == resource.Strict
			if ok != wanted || ok && (refused.ScimType != resource.InvalidFilter || refused.Status != 400) {
				t.Errorf("%s, profile %q: %v", row.filter, profile, err)
			}
		}
	}
}

func TestFilterOfSeveralKinds(t *testing.T) {
	t.Parallel()
	both := []resource.Kind{resource.User, resource.Group}
	group := resource.Resource{"displayName": "Crew", "id": "grp-1"}
	for text, want := range map[string][2]bool{
		`displayName eq "crew"`:                  {false, true},
		`userName pr`:                            {true, false}, // groups have none
		`not (userName pr)`:                      {false, true},
		`id pr`:                                  {true, true},
		`userName pr or displayName eq "crew"`:   {true, true},
		`meta.resourceType eq "User"`:            {true, false},
		`members[value eq "x"] or title ne "xx"`: {true, true},
		`displayName gt "a" and active pr`:       {false, false},
	} {
		f, err := resource.ParseFilter(text, resource.Lenient, both...)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{f.Match(resource.User, barbara(t)), f.Match(resource.Group, group)}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestEqualitiesAreWhole(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, attribute, value string }{
		{`userName eq "Bob"`, "username", "Bob"},
		{`emails eq "a@b"`, "emails.value", "a@b"},
		{`emails[value eq "a@b"]`, "emails.value", "a@b"},
		{`externalId eq 5`, "", ""},
		{`active eq "True"`, "", ""},
		{`meta.created eq "2026-01-01T00:00:00Z"`, "", ""},
		{`schemas[value eq "x"]`, "", ""},
		{`userName eq "Bob" and active eq true`, "", ""},
	}
	for _, row := range rows {
		f, err := resource.ParseFilter(row.text, resource.Lenient, resource.User)
		if err != nil {
			t.Fatal(err)
		}
		attribute, value, ok := f.Equality()
		if attribute != row.attribute || value != row.value || ok != (row.attribute != "") {
			t.Errorf("%s: %q %q %v", row.text, attribute, value, ok)
		}
	}
	f, err := resource.ParseFilter(`members[value eq "u1"]`, resource.Lenient, resource.Group)
	if err != nil {
		t.Fatal(err)
	}
	if attribute, value, ok := f.Equality(); attribute != "members.value" || value != "u1" || !ok {
		t.Errorf("%q %q %v", attribute, value, ok)
	}
}

// document returns a resource as JSON, to be compared as text.
func document(t testing.TB, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFilterOfOddResources(t *testing.T) {
	t.Parallel()
	f, err := resource.ParseFilter(`emails[type eq "work"] or name.givenName co "x" or active eq true or meta.created gt "2026-01-01T00:00:00Z"`, "", resource.User)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []resource.Resource{
		nil,
		{},
		{"emails": "x", "name": []any{"y", 5.0}, "active": "true", "meta": nil},
		{"emails": []any{nil, "work", map[string]any{"type": 5.0}}, "name": map[string]any{"givenName": true}, "meta": map[string]any{"created": "soon"}},
	} {
		if f.Match(resource.User, r) {
			t.Errorf("%s", strings.ReplaceAll(document(t, r), "\n", ""))
		}
	}
}
