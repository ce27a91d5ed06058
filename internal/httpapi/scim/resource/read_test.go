package resource_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// parsed returns a resource as it is written in a test.
func parsed(t testing.TB, text string) resource.Resource {
	t.Helper()
	var r resource.Resource
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

// bodyOf puts attributes into a body with the schema of a kind.
func bodyOf(kind resource.Kind, attributes string) []byte {
	urns := `"urn:ietf:params:scim:schemas:core:2.0:` + string(kind) + `"`
	if strings.Contains(attributes, resource.EnterpriseSchema) {
		urns += `,"` + resource.EnterpriseSchema + `"`
	}
	return []byte(`{"schemas":[` + urns + `],` + attributes + `}`)
}

func TestWhatIsRead(t *testing.T) {
	t.Parallel()
	const user, group = resource.User, resource.Group
	name := `"userName":"a",`
	rows := []struct {
		says       string
		kind       resource.Kind
		attributes string
		want       string // "": refused
		strict     string // what Strict makes of it: "same", a scimType, or another resource
	}{
		{"the least user", user, `"userName":"a"`, `{"userName":"a"}`, "same"},
		{"names in any case", user, `"USERNAME":"a","Name":{"GivenName":"b"}`, `{"userName":"a","name":{"givenName":"b"}}`, "same"},
		{"of members that differ in case the last", user, `"userName":"a","username":"b"`, `{"userName":"b"}`, "invalidSyntax"},
		{"the same member twice", user, `"userName":"a","userName":"b"`, `{"userName":"b"}`, "invalidSyntax"},
		{"the same part twice", user, name + `"name":{"givenName":"b","GivenName":"c"}`, `{"userName":"a","name":{"givenName":"c"}}`, "invalidSyntax"},
		{"read-only attributes", user, name + `"id":"x","meta":{"resourceType":"User"},"groups":[{"value":"g"}]`, `{"userName":"a"}`, "same"},
		{"a password", user, name + `"password":"t1meMa$heen"`, `{"userName":"a"}`, "same"},
		{"null and empty lists", user, name + `"title":null,"emails":[],"roles":[],"name":{}`, `{"userName":"a"}`, "same"},
		{"empty strings", user, name + `"title":"","name":{"middleName":"","givenName":"b"}`, `{"userName":"a","name":{"givenName":"b"}}`, `{"userName":"a","title":"","name":{"middleName":"","givenName":"b"}}`},
		{"a boolean", user, name + `"active":false`, `{"userName":"a","active":false}`, "same"},
		{"a boolean as a string", user, name + `"active":"False"`, `{"userName":"a","active":false}`, "invalidValue"},
		{"a boolean as a string in capitals", user, name + `"active":"TRUE"`, `{"userName":"a","active":true}`, "invalidValue"},
		{"no boolean", user, name + `"active":"yes"`, "", "invalidValue"},
		{"a number for a boolean", user, name + `"active":1`, "", "invalidValue"},
		{"booleans as strings in lists", user, name + `"emails":[{"value":"x","primary":"True"},{"value":"y","primary":"false"}]`, `{"userName":"a","emails":[{"value":"x","primary":true},{"value":"y","primary":false}]}`, "invalidValue"},
		{"a number for a string", user, name + `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":701984}`, `{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984"}}`, "invalidValue"},
		{"a boolean for a string", user, name + `"title":true`, "", "invalidValue"},
		{"an object for a string", user, name + `"title":{"a":"b"}`, "", "invalidValue"},
		{"a list for a string", user, name + `"title":["a","b"]`, "", "invalidValue"},
		{"a string in a list and an object", user, name + `"title":[{"$ref":null,"value":"x"}]`, `{"userName":"a","title":"x"}`, "invalidValue"},
		{"a string for an object", user, name + `"name":"x"`, "", "invalidValue"},
		{"one object for a list", user, name + `"emails":{"value":"x"}`, `{"userName":"a","emails":[{"value":"x"}]}`, "invalidValue"},
		{"strings for objects with a value", user, name + `"emails":["x","y"]`, `{"userName":"a","emails":[{"value":"x"},{"value":"y"}]}`, "invalidValue"},
		{"values that are labels alone", user, name + `"emails":[{"type":"work","primary":true},{"type":"home","value":""}]`, `{"userName":"a"}`, `{"userName":"a","emails":[{"type":"work","primary":true},{"type":"home","value":""}]}`},
		{"the same value twice", user, name + `"emails":[{"type":"work","value":"x"},{"type":"Work","value":"X","display":"d"}]`, `{"userName":"a","emails":[{"type":"Work","value":"X","display":"d"}]}`, "same"},
		{"the same type twice", user, name + `"emails":[{"type":"work","value":"x"},{"type":"work","value":"y"}]`, `{"userName":"a","emails":[{"type":"work","value":"x"},{"type":"work","value":"y"}]}`, "same"},
		{"two primary values", user, name + `"emails":[{"value":"x","primary":true},{"value":"y","primary":true}]`, `{"userName":"a","emails":[{"value":"x","primary":true},{"value":"y","primary":false}]}`, "invalidValue"},
		{"a dotted name", user, name + `"name.givenName":"b","name.familyName":"c"`, `{"userName":"a","name":{"givenName":"b","familyName":"c"}}`, "invalidSyntax"},
		{"a whole URN", user, name + `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"d"`, `{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d"}}`, "invalidSyntax"},
		{"a whole URN of the core", user, `"urn:ietf:params:scim:schemas:core:2.0:User:userName":"a"`, `{"userName":"a"}`, "invalidSyntax"},
		{"a path with a filter", user, name + `"emails[type eq \"work\"].value":"x"`, `{"userName":"a","emails":[{"type":"work","value":"x"}]}`, "invalidSyntax"},
		{"an extension in any case", user, name + `"URN:ietf:params:scim:schemas:extension:enterprise:2.0:user":{"Manager":{"value":"m","displayName":"Boss"}}`, `{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m"}}}`, "same"},
		{"a manager by a string", user, name + `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"m"}`, `{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m"}}}`, "invalidValue"},
		{"an unknown attribute", user, name + `"shoeSize":42`, `{"userName":"a"}`, "invalidSyntax"},
		{"an unknown sub-attribute", user, name + `"name":{"nick":"b"}`, `{"userName":"a"}`, "invalidSyntax"},
		{"an unknown extension", user, name + `"urn:acme:2.0:User":{"a":"b"}`, `{"userName":"a"}`, "invalidSyntax"},
		{"no name", user, `"title":"a"`, "", "invalidValue"},
		{"an empty name", user, `"userName":""`, "", "invalidValue"},
		{"a null name", user, `"userName":null`, "", "invalidValue"},
		{"a character that not every store keeps", user, `"userName":"a\u0000"`, "", "invalidSyntax"},
		{"a certificate", user, name + `"x509Certificates":[{"value":"!"}]`, `{"userName":"a","x509Certificates":[{"value":"!"}]}`, "invalidValue"},
		{"an address", user, name + `"addresses":[{"type":"work","locality":"Bern"},{"type":"work","locality":"Bern"}]`, `{"userName":"a","addresses":[{"type":"work","locality":"Bern"}]}`, "same"},

		{"the least group", group, `"displayName":"g"`, `{"displayName":"g"}`, "same"},
		{"a group without a name", group, `"externalId":"x"`, "", "invalidValue"},
		{"members", group, `"displayName":"g","members":[{"value":"u1","display":"Babs"},{"value":"u2","$ref":null},{"value":"u1"}]`, `{"displayName":"g","members":[{"value":"u1"},{"value":"u2"}]}`, "same"},
		{"members by strings", group, `"displayName":"g","members":["u1","u2"]`, `{"displayName":"g","members":[{"value":"u1"},{"value":"u2"}]}`, "invalidValue"},
		{"a member by its address", group, `"displayName":"g","members":[{"$ref":"https://example.com/Users/u1"}]`, `{"displayName":"g","members":[{"$ref":"https://example.com/Users/u1","value":"u1"}]}`, "invalidValue"},
		{"a member who is nobody", group, `"displayName":"g","members":[{"display":"Babs"}]`, "", "invalidValue"},
		{"a member who is empty", group, `"displayName":"g","members":[{}]`, "", "invalidValue"},
		{"a member who is null", group, `"displayName":"g","members":[null]`, "", "invalidValue"},
	}
	for _, row := range rows {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			body := bodyOf(row.kind, row.attributes)
			for _, profile := range []resource.Profile{resource.Lenient, resource.Okta} {
				got, err := resource.Read(row.kind, body, profile)
				if (err == nil) != (row.want != "") {
					t.Fatalf("profile %q: %v %v", profile, got, err)
				}
				if err == nil {
					sameResource(t, row.kind, row.want, got)
				}
			}
			want := row.strict
			if want == "same" {
				want = row.want
			}
			got, err := resource.Read(row.kind, body, resource.Strict)
			if strings.HasPrefix(want, "{") {
				if err != nil {
					t.Fatal(err)
				}
				sameResource(t, row.kind, want, got)
			} else if e, ok := errors.AsType[*resource.Error](err); !ok || e.ScimType != want || e.Status != 400 {
				t.Errorf("strict: got %v, %v; want %s", got, err, want)
			}
		})
	}
}

// sameResource compares a resource with JSON that leaves the schemas out.
func sameResource(t testing.TB, kind resource.Kind, want string, got resource.Resource) {
	t.Helper()
	r := parsed(t, want)
	schemas := []any{map[resource.Kind]string{resource.User: resource.UserSchema, resource.Group: resource.GroupSchema}[kind]}
	if _, ok := r[resource.EnterpriseSchema]; ok {
		schemas = append(schemas, resource.EnterpriseSchema)
	}
	r["schemas"] = schemas
	if diff := cmp.Diff(r, got); diff != "" {
		t.Errorf("want, got: %s", diff)
	}
}

func TestEntraKnowsOneValueOfAType(t *testing.T) {
	t.Parallel()
	body := bodyOf(resource.User, `"userName":"a","emails":[{"type":"work","value":"x","primary":true},{"type":"home","value":"z"},{"type":"Work","value":"y"},{"value":"q"}]`)
	got, err := resource.Read(resource.User, body, resource.Entra)
	if err != nil {
		t.Fatal(err)
	}
	sameResource(t, resource.User, `{"userName":"a","emails":[{"type":"Work","value":"y","primary":true},{"type":"home","value":"z"},{"value":"q"}]}`, got)
}

func TestBodiesThatAreNone(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, resource.MaxNesting) + strings.Repeat(`]`, resource.MaxNesting)
	for _, body := range []string{
		``, ` `, `null`, `[]`, `"x"`, `5`, `{`, `{"userName":"a"`, `{"userName":"a"} x`, `{"userName":"a"}{}`, `{"userName":}`, `{userName:"a"}`, `{"a":01}`,
		"{\"userName\":\"\xff\"}", `{"userName":"a","x":` + deep + `}`, `{"userName":"a",}`, `{"x":tru}`,
	} {
		for _, profile := range []resource.Profile{resource.Lenient, resource.Strict} {
			_, err := resource.Read(resource.User, []byte(body), profile)
			if e, ok := errors.AsType[*resource.Error](err); !ok || e.ScimType != resource.InvalidSyntax {
				t.Errorf("%s: %v", body, err)
			}
			_, _, err = resource.Patch(resource.User, nil, []byte(body), profile)
			if e, ok := errors.AsType[*resource.Error](err); !ok || e.ScimType != resource.InvalidSyntax {
				t.Errorf("PATCH %s: %v", body, err)
			}
		}
	}
}

func TestStrictWantsSchemas(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"userName":"a"}`:                                                            false,
		`{"userName":"a","schemas":[]}`:                                               false,
		`{"userName":"a","schemas":["urn:other"]}`:                                    false,
		`{"userName":"a","schemas":"` + resource.UserSchema + `"}`:                    false,
		`{"userName":"a","Schemas":["` + strings.ToUpper(resource.UserSchema) + `"]}`: true,
	} {
		if _, err := resource.Read(resource.User, []byte(body), resource.Strict); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
		if _, err := resource.Read(resource.User, []byte(body), resource.Lenient); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	patch := `{"schemas":["urn:other"],"Operations":[{"op":"add","path":"title","value":"x"}]}`
	if _, _, err := resource.Patch(resource.User, nil, []byte(patch), resource.Strict); err == nil {
		t.Error("a PATCH without its schema")
	}
	if _, _, err := resource.Patch(resource.User, nil, []byte(patch), resource.Lenient); err != nil {
		t.Error(err)
	}
}

func TestWhatAPutChanges(t *testing.T) {
	t.Parallel()
	group := parsed(t, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"b"}]}`)
	for next, want := range map[string]resource.Effect{
		`{"displayName":"G","members":[{"value":"b"},{"value":"a"}]}`: {ReplacedAll: true},
		`{"displayName":"H","members":[{"value":"b"},{"value":"c"}]}`: {ReplacedAll: true, Attributes: []string{"displayName", "members"}, Added: []string{"c"}, Removed: []string{"a"}},
		`{"displayName":"G"}`: {ReplacedAll: true, BareRemoveAll: true, Attributes: []string{"members"}, Removed: []string{"a", "b"}},
	} {
		if diff := cmp.Diff(want, resource.Compare(resource.Group, group, parsed(t, next))); diff != "" {
			t.Errorf("%s: %s", next, diff)
		}
	}
	user := barbara(t)
	if e := resource.Compare(resource.User, user, barbara(t)); e.Changed() || e.ReplacedAll {
		t.Errorf("%+v", e)
	}
	next := barbara(t)
	delete(next, resource.EnterpriseSchema)
	next["active"] = false
	if diff := cmp.Diff(resource.Effect{Attributes: []string{"active", resource.EnterpriseSchema}}, resource.Compare(resource.User, user, next)); diff != "" {
		t.Error(diff)
	}
}
