package resource_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// patchRow is one PATCH and what it makes.
type patchRow struct {
	says       string
	before     string
	operations string // what is in the list
	after      string // of the lenient profiles; "same" for none, or a scimType
	strict     string // "same" as after, "none" for no change, a scimType, or another resource
}

func patchBody(operations string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`)
}

func runPatches(t *testing.T, kind resource.Kind, rows []patchRow) {
	for _, row := range rows {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			strict := row.strict
			if strict == "same" {
				strict = row.after
			}
			for profile, want := range map[resource.Profile]string{resource.Lenient: row.after, resource.Okta: row.after, resource.Entra: row.after, resource.Strict: strict} {
				current := parsed(t, row.before)
				got, effect, err := resource.Patch(kind, current, patchBody(row.operations), profile)
				if diff := cmp.Diff(parsed(t, row.before), current); diff != "" {
					t.Fatalf("profile %q: the resource itself was changed: %s", profile, diff)
				}
				if !strings.HasPrefix(want, "{") && want != "none" {
					if e, ok := errors.AsType[*resource.Error](err); !ok || e.ScimType != want || got != nil {
						t.Errorf("profile %q: got %v, %v; want %s", profile, got, err, want)
					}
					continue
				}
				if err != nil {
					t.Errorf("profile %q: %v", profile, err)
					continue
				}
				if want == "none" {
					want = row.before
				}
				sameResource(t, kind, want, got)
				if unchanged := cmp.Equal(essence(t, want), essence(t, row.before)); unchanged == effect.Changed() {
					t.Errorf("profile %q: effect %+v", profile, effect)
				}
			}
		})
	}
}

// essence is a resource with its members as a set: their order, and what else is said about them, is no change.
func essence(t *testing.T, text string) resource.Resource {
	r := parsed(t, text)
	if members, ok := r["members"].([]any); ok {
		set := map[string]any{}
		for _, element := range members {
			set[element.(map[string]any)["value"].(string)] = true
		}
		r["members"] = set
	}
	return r
}

func TestPatchesOfUsers(t *testing.T) {
	t.Parallel()
	const e = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	const manager = `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager`
	work := `{"userName":"a","emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":"h"}]}`
	managed := `{"userName":"a",` + e + `:{"manager":{"value":"m"},"department":"d"}}`
	alone := `{"userName":"a",` + e + `:{"manager":{"value":"m"}}}`
	runPatches(t, resource.User, []patchRow{
		// RFC 7644 section 3.5.2
		{"add without a path", `{"userName":"a"}`, `{"op":"add","value":{"emails":[{"value":"b","type":"home"}],"nickName":"Babs"}}`, `{"userName":"a","nickName":"Babs","emails":[{"value":"b","type":"home"}]}`, "same"},
		{"add to a list", work, `{"op":"add","path":"emails","value":[{"value":"o","type":"other"}]}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":"h"},{"type":"other","value":"o"}]}`, "same"},
		{"add what is there", work, `{"op":"add","path":"emails","value":[{"value":"w","type":"work"}]}`, work, "none"},
		{"add what a user has already", `{"userName":"a","title":"t"}`, `{"op":"add","path":"title","value":"t"}`, `{"userName":"a","title":"t"}`, "none"},
		{"add another primary", work, `{"op":"add","path":"emails","value":[{"value":"o","type":"other","primary":true}]}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":false},{"type":"home","value":"h"},{"type":"other","value":"o","primary":true}]}`, "same"},
		{"make another the primary", work, `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":false},{"type":"home","value":"h","primary":true}]}`, "same"},
		{"add parts", `{"userName":"a","name":{"givenName":"b"}}`, `{"op":"add","path":"name","value":{"familyName":"c"}}`, `{"userName":"a","name":{"givenName":"b","familyName":"c"}}`, "same"},
		{"replace parts", `{"userName":"a","name":{"givenName":"b","familyName":"c"}}`, `{"op":"replace","path":"name","value":{"familyName":"d"}}`, `{"userName":"a","name":{"givenName":"b","familyName":"d"}}`, "same"},
		{"a part set to null", `{"userName":"a","name":{"givenName":"b","familyName":"c"}}`, `{"op":"replace","path":"name","value":{"familyName":null}}`, `{"userName":"a","name":{"givenName":"b"}}`, "same"},
		{"replace a list", work, `{"op":"replace","path":"emails","value":[{"value":"o","type":"other"}]}`, `{"userName":"a","emails":[{"value":"o","type":"other"}]}`, "same"},
		{"replace by nothing", work, `{"op":"replace","path":"emails","value":[]}`, `{"userName":"a"}`, "same"},
		{"replace by null", `{"userName":"a","title":"t"}`, `{"op":"replace","path":"title","value":null}`, `{"userName":"a"}`, "same"},
		{"replace a chosen value", work, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"type":"work","value":"x"}}`, `{"userName":"a","emails":[{"type":"work","value":"x"},{"type":"home","value":"h"}]}`, "same"},
		{"replace a chosen value and not what it is known by", work, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"x"}}`, `{"userName":"a","emails":[{"type":"work","value":"x"},{"type":"home","value":"h"}]}`, `{"userName":"a","emails":[{"value":"x"},{"type":"home","value":"h"}]}`},
		{"add to a chosen value", work, `{"op":"add","path":"emails[type eq \"work\"]","value":{"display":"x"}}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true,"display":"x"},{"type":"home","value":"h"}]}`, "same"},
		{"a part of a chosen value", work, `{"op":"replace","path":"emails[type eq \"work\" and value ew \"W\"].value","value":"x"}`, `{"userName":"a","emails":[{"type":"work","value":"x","primary":true},{"type":"home","value":"h"}]}`, "same"},
		{"a part of all values", work, `{"op":"replace","path":"emails.display","value":"x"}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true,"display":"x"},{"type":"home","value":"h","display":"x"}]}`, "same"},
		{"remove an attribute", `{"userName":"a","title":"t"}`, `{"op":"remove","path":"title"}`, `{"userName":"a"}`, "same"},
		{"remove what is not there", `{"userName":"a"}`, `{"op":"remove","path":"title"}`, `{"userName":"a"}`, "none"},
		{"remove a part", `{"userName":"a","name":{"givenName":"b","familyName":"c"}}`, `{"op":"remove","path":"name.givenName"}`, `{"userName":"a","name":{"familyName":"c"}}`, "same"},
		{"remove the last part", `{"userName":"a","name":{"givenName":"b"}}`, `{"op":"remove","path":"name.givenName"}`, `{"userName":"a"}`, "same"},
		{"remove a list", work, `{"op":"remove","path":"emails"}`, `{"userName":"a"}`, "same"},
		{"remove a chosen value", work, `{"op":"remove","path":"emails[type eq \"work\"]"}`, `{"userName":"a","emails":[{"type":"home","value":"h"}]}`, "same"},
		{"remove all chosen values", work, `{"op":"remove","path":"emails[value pr]"}`, `{"userName":"a"}`, "same"},
		{"remove a part of a chosen value", work, `{"op":"remove","path":"emails[type eq \"work\"].primary"}`, `{"userName":"a","emails":[{"type":"work","value":"w"},{"type":"home","value":"h"}]}`, "same"},
		{"remove the value of a chosen value", work, `{"op":"remove","path":"emails[type eq \"home\"].value"}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true}]}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true},{"type":"home"}]}`},
		{"remove what no filter chooses", work, `{"op":"remove","path":"emails[type eq \"other\"]"}`, work, "noTarget"},
		{"several in order", `{"userName":"a"}`, `{"op":"add","path":"title","value":"x"},{"op":"replace","path":"title","value":"y"},{"op":"add","path":"nickName","value":"z"},{"op":"remove","path":"nickName"}`, `{"userName":"a","title":"y"}`, "same"},
		{"there and back again", `{"userName":"a","title":"t"}`, `{"op":"remove","path":"title"},{"op":"add","path":"title","value":"t"}`, `{"userName":"a","title":"t"}`, "none"},

		// what is refused
		{"no path to remove", work, `{"op":"remove"}`, "noTarget", "same"},
		{"no path to remove, with a value", work, `{"op":"remove","value":{"emails":[]}}`, "noTarget", "same"},
		{"no op", work, `{"path":"title","value":"x"}`, "invalidSyntax", "same"},
		{"another op", work, `{"op":"move","path":"title","value":"x"}`, "invalidSyntax", "same"},
		{"no value", work, `{"op":"add","path":"title"}`, "invalidValue", "same"},
		{"a path that is none", work, `{"op":"add","path":"a b","value":"x"}`, "invalidPath", "same"},
		{"a path that is no string", work, `{"op":"add","path":5,"value":"x"}`, "invalidPath", "same"},
		{"an unknown attribute", work, `{"op":"add","path":"shoeSize","value":"x"}`, "invalidPath", "same"},
		{"an unknown sub-attribute", work, `{"op":"add","path":"name.nick","value":"x"}`, "invalidPath", "same"},
		{"an unknown attribute of the extension", work, `{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:shoe","value":"x"}`, "invalidPath", "same"},
		{"a filter that is none", work, `{"op":"remove","path":"emails[type like \"x\"]"}`, "invalidFilter", "same"},
		{"a filter that does not fit", work, `{"op":"remove","path":"emails[shoe eq \"x\"]"}`, "invalidFilter", "same"},
		{"a filter of what has one value", work, `{"op":"remove","path":"name[givenName eq \"x\"]"}`, "invalidPath", "same"},
		{"a value of another type", work, `{"op":"add","path":"title","value":{"a":true}}`, "invalidValue", "same"},
		{"a read-only attribute", work, `{"op":"replace","path":"id","value":"x"}`, "mutability", "same"},
		{"what the server notes", work, `{"op":"replace","path":"meta.created","value":"2026-01-01T00:00:00Z"}`, "mutability", "same"},
		{"the groups of a user", work, `{"op":"add","path":"groups","value":[{"value":"g"}]}`, "mutability", "same"},
		{"a read-only part", work, `{"op":"add","path":"` + manager + `.displayName","value":"x"}`, "mutability", "same"},
		{"remove what is required", work, `{"op":"remove","path":"userName"}`, "mutability", "same"},
		{"empty what is required", work, `{"op":"replace","path":"userName","value":""}`, "invalidValue", "same"},
		{"null what is required", work, `{"op":"replace","value":{"userName":null}}`, "invalidValue", "same"},
		{"all or nothing", work, `{"op":"add","path":"title","value":"x"},{"op":"remove","path":"userName"}`, "mutability", "same"},
		{"a filter that says not what to create", `{"userName":"a"}`, `{"op":"replace","path":"emails[type ne \"work\"].value","value":"x"}`, "noTarget", "same"},
		{"JSON within a string that is none", `{"userName":"a"}`, `{"op":"replace","value":"x"}`, "invalidValue", "same"},

		// Okta
		{"deactivate without a path", `{"userName":"a","active":true}`, `{"op":"replace","value":{"active":false}}`, `{"userName":"a","active":false}`, "same"},
		{"the id echoed", `{"id":"u","userName":"a"}`, `{"op":"replace","value":{"id":"u","userName":"b"}}`, `{"id":"u","userName":"b"}`, "same"},
		{"another id", `{"id":"u","userName":"a"}`, `{"op":"replace","value":{"id":"v","userName":"b"}}`, "mutability", "same"},
		{"what the server notes echoed", `{"id":"u","userName":"a"}`, `{"op":"replace","value":{"schemas":["x"],"meta":{"version":"1"},"groups":[],"title":"t"}}`, `{"id":"u","userName":"a","title":"t"}`, "mutability"},
		{"a password", `{"userName":"a"}`, `{"op":"replace","path":"password","value":"secret"},{"op":"replace","value":{"password":"secret"}}`, `{"userName":"a"}`, "none"},

		// Entra
		{"op in capitals", `{"userName":"a"}`, `{"op":"Add","path":"title","value":"x"},{"op":"REPLACE","path":"nickName","value":"y"}`, `{"userName":"a","title":"x","nickName":"y"}`, "same"},
		{"a boolean as a string", `{"userName":"a","active":true}`, `{"op":"Replace","path":"active","value":"False"}`, `{"userName":"a","active":false}`, "invalidValue"},
		{"a boolean in a list of objects", `{"userName":"a","active":true}`, `{"op":"Replace","path":"active","value":[{"$ref":null,"value":"False"}]}`, `{"userName":"a","active":false}`, "invalidValue"},
		{"a string in a list of objects", `{"userName":"a"}`, `{"op":"Add","path":"title","value":[{"$ref":null,"value":"x"}]}`, `{"userName":"a","title":"x"}`, "invalidValue"},
		{"a boolean as a string without a path", `{"userName":"a","active":true}`, `{"op":"Replace","value":{"active":"False"}}`, `{"userName":"a","active":false}`, "invalidValue"},
		{"an object as a string", `{"userName":"a","active":true}`, `{"op":"replace","value":"{\"active\":false}"}`, `{"userName":"a","active":false}`, "invalidValue"},
		{"an object in a list", `{"userName":"a","active":true}`, `{"op":"replace","value":[{"active":false},{"title":"x"}]}`, `{"userName":"a","active":false,"title":"x"}`, "invalidValue"},
		{"an empty path", `{"userName":"a","active":true}`, `{"op":"replace","path":"","value":{"active":false}}`, `{"userName":"a","active":false}`, "invalidPath"},
		{"a path that is null", `{"userName":"a","active":true}`, `{"op":"replace","path":null,"value":{"active":false}}`, `{"userName":"a","active":false}`, "same"},
		{"a primary as a string", work, `{"op":"Add","path":"emails[type eq \"home\"].primary","value":"True"}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":false},{"type":"home","value":"h","primary":true}]}`, "invalidValue"},
		{"a boolean as a string in a filter", work, `{"op":"Replace","path":"emails[primary eq \"True\"].value","value":"x"}`, `{"userName":"a","emails":[{"type":"work","value":"x","primary":true},{"type":"home","value":"h"}]}`, "invalidFilter"},
		{"the value of a type that is not there", `{"userName":"a"}`, `{"op":"Add","path":"emails[type eq \"work\"].value","value":"x"}`, `{"userName":"a","emails":[{"type":"work","value":"x"}]}`, "noTarget"},
		{"the primary value of a type that is not there", `{"userName":"a"}`, `{"op":"Replace","path":"emails[type eq \"work\" and primary eq true].value","value":"x"}`, `{"userName":"a","emails":[{"type":"work","value":"x","primary":true}]}`, "noTarget"},
		{"an address of a type that is not there", `{"userName":"a"}`, `{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"x"},{"op":"Add","path":"addresses[type eq \"work\"].country","value":"y"}`, `{"userName":"a","addresses":[{"type":"work","locality":"x","country":"y"}]}`, "noTarget"},
		{"a value emptied", work, `{"op":"Replace","path":"emails[type eq \"home\"].value","value":""}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true}]}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":""}]}`},
		{
			"dotted names and URNs without a path", `{"userName":"a"}`, `{"op":"Replace","value":{"name.givenName":"b","displayName":"c","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"d","emails[type eq \"work\"].value":"w"}}`,
			`{"userName":"a","name":{"givenName":"b"},"displayName":"c","emails":[{"type":"work","value":"w"}],` + e + `:{"department":"d"}}`, "invalidPath",
		},
		{"an extension without a path", `{"userName":"a"}`, `{"op":"Add","value":{` + e + `:{"department":"d"}}}`, `{"userName":"a",` + e + `:{"department":"d"}}`, "same"},
		{"an extension as the path", managed, `{"op":"replace","path":` + e + `,"value":{"department":"x"}}`, `{"userName":"a",` + e + `:{"manager":{"value":"m"},"department":"x"}}`, "same"},
		{"an extension removed", managed, `{"op":"remove","path":` + e + `}`, `{"userName":"a"}`, "same"},
		{"an attribute of the extension", `{"userName":"a"}`, `{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"d"}`, `{"userName":"a",` + e + `:{"department":"d"}}`, "same"},
		{"a manager by a string", `{"userName":"a"}`, `{"op":"Add","path":"` + manager + `","value":"m"}`, alone, "invalidValue"},
		{"a manager in a list", `{"userName":"a"}`, `{"op":"Add","path":"` + manager + `","value":[{"$ref":"../Users/m","value":"m"}]}`, `{"userName":"a",` + e + `:{"manager":{"value":"m","$ref":"../Users/m"}}}`, "invalidValue"},
		{"a manager by an object", `{"userName":"a"}`, `{"op":"Replace","path":"` + manager + `","value":{"value":"m"}}`, alone, "same"},
		{"a manager by his part", `{"userName":"a"}`, `{"op":"Replace","path":"` + manager + `.value","value":"m"}`, alone, "same"},
		{"a manager removed", managed, `{"op":"Remove","path":"` + manager + `"}`, `{"userName":"a",` + e + `:{"department":"d"}}`, "same"},
		{"a manager removed by an empty string", alone, `{"op":"Replace","path":"` + manager + `","value":""}`, `{"userName":"a"}`, "invalidValue"},
		{"a manager removed by an empty value", alone, `{"op":"Replace","path":"` + manager + `","value":{"value":""}}`, `{"userName":"a"}`, `{"userName":"a",` + e + `:{"manager":{"value":""}}}`},
		{"an unknown schema", `{"userName":"a"}`, `{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:acme:2.0:User:tag","value":"x"}`, `{"userName":"a"}`, "invalidPath"},
		{"unknown names without a path", `{"userName":"a"}`, `{"op":"Add","value":{"shoeSize":42,"urn:acme:2.0:User":{"a":"b"},"b c":1,"title":"t"}}`, `{"userName":"a","title":"t"}`, "invalidPath"},
		{"remove by value", work, `{"op":"Remove","path":"emails","value":[{"value":"h"}]}`, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true}]}`, "invalidValue"},
		{"remove by value and type", work, `{"op":"Remove","path":"emails","value":[{"value":"h","type":"work"},{"value":"x"}]}`, work, "invalidValue"},
		{"remove with a value", `{"userName":"a","title":"t"}`, `{"op":"Remove","path":"title","value":"t"}`, `{"userName":"a"}`, "invalidValue"},
		{"a role", `{"userName":"a","roles":[{"value":"r","primary":true}]}`, `{"op":"Add","path":"roles","value":[{"value":"r","primary":"True"}]}`, `{"userName":"a","roles":[{"value":"r","primary":true}]}`, "invalidValue"},
	})
}

func TestPatchesOfGroups(t *testing.T) {
	t.Parallel()
	three := `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"b","type":"User"},{"value":"c"}]}`
	none := `{"id":"g","displayName":"G"}`
	runPatches(t, resource.Group, []patchRow{
		{"add members", none, `{"op":"add","path":"members","value":[{"value":"a","display":"A"},{"value":"b","$ref":"https://example.com/v2/Users/b"}]}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"b","$ref":"https://example.com/v2/Users/b"}]}`, "same"},
		{"add members without a path", none, `{"op":"add","value":{"members":[{"value":"a"}]}}`, `{"id":"g","displayName":"G","members":[{"value":"a"}]}`, "same"},
		{"add somebody who is there", three, `{"op":"add","path":"members","value":[{"value":"b","type":"User","display":"B"}]}`, three, "none"},
		{"add a member with nothing for an address", none, `{"op":"Add","path":"members","value":[{"$ref":null,"value":"a"}]}`, `{"id":"g","displayName":"G","members":[{"value":"a"}]}`, "same"},
		{"add one member, not in a list", none, `{"op":"Add","path":"members","value":{"value":"a"}}`, `{"id":"g","displayName":"G","members":[{"value":"a"}]}`, "invalidValue"},
		{"add members by strings", none, `{"op":"Add","path":"members","value":["a","b"]}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"b"}]}`, "invalidValue"},
		{"add nobody", none, `{"op":"Add","path":"members","value":[]}`, none, "none"},
		{"add a member without a value", none, `{"op":"Add","path":"members","value":[{"display":"A"}]}`, "invalidValue", "same"},
		{"add a member by a filter", none, `{"op":"Add","path":"members[value eq \"a\"]","value":{"type":"User"}}`, `{"id":"g","displayName":"G","members":[{"value":"a","type":"User"}]}`, "noTarget"},
		{"remove by a filter", three, `{"op":"remove","path":"members[value eq \"b\"]"}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"c"}]}`, "same"},
		{"remove by a filter, in any case", three, `{"op":"Remove","path":"Members[VALUE EQ \"b\"]"}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"c"}]}`, "same"},
		{"ids are case exact", three, `{"op":"remove","path":"members[value eq \"B\"]"}`, three, "noTarget"},
		{"remove by a filter without quotation marks", three, `{"op":"remove","path":"members[value eq b]"}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"c"}]}`, "invalidFilter"},
		{"remove by a longer filter", three, `{"op":"remove","path":"members[value eq \"a\" or type eq \"user\"]"}`, `{"id":"g","displayName":"G","members":[{"value":"c"}]}`, "same"},
		{"remove nobody by a filter", three, `{"op":"remove","path":"members[value eq \"z\"]"}`, three, "noTarget"},
		{"the trap: remove with a value", three, `{"op":"Remove","path":"members","value":[{"value":"b"}]}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"c"}]}`, "invalidValue"},
		{"the trap with $ref", three, `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"b"},{"$ref":null,"value":"z"}]}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"c"}]}`, "invalidValue"},
		{"the trap with strings", three, `{"op":"Remove","path":"members","value":"b"}`, `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"c"}]}`, "invalidValue"},
		{"the trap with an empty list", three, `{"op":"Remove","path":"members","value":[]}`, three, "invalidValue"},
		{"the trap with nobody", three, `{"op":"Remove","path":"members","value":[{}]}`, "invalidValue", "same"},
		{"the trap with an empty string", three, `{"op":"Remove","path":"members","value":""}`, "invalidValue", "same"},
		{"the trap with null in a list", three, `{"op":"Remove","path":"members","value":[null]}`, "invalidValue", "same"},
		{"remove all", three, `{"op":"remove","path":"members"}`, none, "same"},
		{"remove all by null", three, `{"op":"remove","path":"members","value":null}`, none, "invalidValue"},
		{"replace all", three, `{"op":"replace","path":"members","value":[{"value":"b"},{"value":"d"}]}`, `{"id":"g","displayName":"G","members":[{"value":"b","type":"User"},{"value":"d"}]}`, "same"},
		{"rename and change", three, `{"op":"replace","value":{"id":"g","displayName":"H"}},{"op":"add","path":"members","value":[{"value":"d"}]},{"op":"remove","path":"members[value eq \"a\"]"}`, `{"id":"g","displayName":"H","members":[{"value":"b","type":"User"},{"value":"c"},{"value":"d"}]}`, "same"},
		{"remove and add in one request", three, `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"a"}]}`, `{"id":"g","displayName":"G","members":[{"value":"b","type":"User"},{"value":"c"},{"value":"a"}]}`, "same"},
		{"another member in place of one", three, `{"op":"replace","path":"members[value eq \"a\"].value","value":"z"}`, "mutability", "same"},
		{"no value for a member", three, `{"op":"remove","path":"members[value eq \"a\"].value"}`, "mutability", "same"},
		{"no value for all members", three, `{"op":"remove","path":"members.value"}`, "mutability", "same"},
		{"what a member is", three, `{"op":"replace","path":"members[value eq \"a\"].type","value":"User"}`, `{"id":"g","displayName":"G","members":[{"value":"a","type":"User"},{"value":"b","type":"User"},{"value":"c"}]}`, "same"},
		{"the name of a member", three, `{"op":"replace","path":"members[value eq \"a\"].display","value":"A"}`, "mutability", "same"},
		{"no name", three, `{"op":"remove","path":"displayName"}`, "mutability", "same"},
		{"an attribute of users", three, `{"op":"add","path":"userName","value":"x"}`, "invalidPath", "same"},
		{"the extension of users", three, `{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"x"}`, three, "invalidPath"},
	})
}

func TestEntraReplacesTheValueOfAType(t *testing.T) {
	t.Parallel()
	current := parsed(t, `{"userName":"a","emails":[{"type":"work","value":"w","primary":true}]}`)
	body := patchBody(`{"op":"Add","path":"emails","value":[{"type":"work","value":"x"}]}`)
	for profile, want := range map[resource.Profile]string{
		resource.Entra:   `{"userName":"a","emails":[{"type":"work","value":"x","primary":true}]}`,
		resource.Lenient: `{"userName":"a","emails":[{"type":"work","value":"w","primary":true},{"type":"work","value":"x"}]}`,
	} {
		got, _, err := resource.Patch(resource.User, current, body, profile)
		if err != nil {
			t.Fatal(err)
		}
		sameResource(t, resource.User, want, got)
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	three := `{"id":"g","displayName":"G","members":[{"value":"a"},{"value":"b"},{"value":"c"}]}`
	members := []string{"members"}
	rows := []struct {
		operations string
		want       resource.Effect
	}{
		{`{"op":"add","path":"members","value":[{"value":"a"}]}`, resource.Effect{}},
		{`{"op":"add","path":"members","value":[{"value":"d"},{"value":"b"},{"value":"e"},{"value":"d"}]}`, resource.Effect{Attributes: members, Added: []string{"d", "e"}}},
		{`{"op":"remove","path":"members","value":[{"value":"a"},{"value":"b"},{"value":"c"}]}`, resource.Effect{Attributes: members, Removed: []string{"a", "b", "c"}}}, // all of them, each by his name
		{`{"op":"remove","path":"members"}`, resource.Effect{Attributes: members, Removed: []string{"a", "b", "c"}, BareRemoveAll: true}},
		{`{"op":"remove","path":"members[value pr]"}`, resource.Effect{Attributes: members, Removed: []string{"a", "b", "c"}, BareRemoveAll: true}},
		{`{"op":"remove","path":"members[value ne \"a\"]"}`, resource.Effect{Attributes: members, Removed: []string{"b", "c"}}},
		{`{"op":"replace","path":"members[value pr]","value":null}`, resource.Effect{Attributes: members, Removed: []string{"a", "b", "c"}, BareRemoveAll: true}},
		{`{"op":"replace","path":"members","value":[]}`, resource.Effect{Attributes: members, Removed: []string{"a", "b", "c"}, BareRemoveAll: true, ReplacedAll: true}},
		{`{"op":"replace","value":{"members":null}}`, resource.Effect{Attributes: members, Removed: []string{"a", "b", "c"}, BareRemoveAll: true, ReplacedAll: true}},
		{`{"op":"replace","path":"members","value":[{"value":"c"},{"value":"b"},{"value":"a"}]}`, resource.Effect{ReplacedAll: true}},
		{`{"op":"replace","path":"members","value":[{"value":"c"},{"value":"x"}]}`, resource.Effect{Attributes: members, Added: []string{"x"}, Removed: []string{"a", "b"}, ReplacedAll: true}},
		{`{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"},{"value":"c"}]}`, resource.Effect{BareRemoveAll: true}},
		{`{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"a"},{"value":"z"}]}`, resource.Effect{Attributes: members, Added: []string{"z"}}},
		{`{"op":"replace","value":{"displayName":"H","externalId":"x"}}`, resource.Effect{Attributes: []string{"displayName", "externalId"}}},
		{`{"op":"replace","value":{"displayName":"H"}},{"op":"add","path":"members","value":[{"value":"d"}]}`, resource.Effect{Attributes: []string{"displayName", "members"}, Added: []string{"d"}}},
		{`{"op":"replace","value":{"displayName":"G"}}`, resource.Effect{}},
	}
	for _, row := range rows {
		_, effect, err := resource.Patch(resource.Group, parsed(t, three), patchBody(row.operations), resource.Lenient)
		if err != nil {
			t.Errorf("%s: %v", row.operations, err)
			continue
		}
		if diff := cmp.Diff(row.want, effect); diff != "" {
			t.Errorf("%s: %s", row.operations, diff)
		}
	}
	empty := parsed(t, `{"displayName":"G"}`)
	if _, effect, err := resource.Patch(resource.Group, empty, patchBody(`{"op":"remove","path":"members"}`), ""); err != nil || effect.BareRemoveAll || effect.Changed() {
		t.Errorf("nobody to remove: %+v %v", effect, err)
	}
}

func TestErrorsNameTheOperation(t *testing.T) {
	t.Parallel()
	_, _, err := resource.Patch(resource.User, nil, patchBody(`{"op":"add","path":"title","value":"x"},{"op":"add","path":"shoe","value":"x"}`), "")
	if err == nil || err.Error() != "operation 2: there is no attribute shoe" {
		t.Error(err)
	}
}

func TestManyMembers(t *testing.T) {
	t.Parallel()
	const many = 10_000
	var add, remove, ops strings.Builder
	for i := range many {
		fmt.Fprintf(&add, `,{"value":"user-%d"}`, i)
		fmt.Fprintf(&remove, `,{"value":"user-%d"}`, many-i)
		fmt.Fprintf(&ops, `,{"op":"remove","path":"members[value eq \"user-%d\"]"}`, i)
	}
	current := parsed(t, `{"displayName":"G","members":[`+add.String()[1:]+`]}`)
	for body, want := range map[string]int{
		`{"op":"remove","path":"members","value":[` + remove.String()[1:] + `]}`: many - 1, // the last of these is nobody
		ops.String()[1:]: many,
		`{"op":"add","path":"members","value":[` + remove.String()[1:] + `]}`: 0,
	} {
		_, effect, err := resource.Patch(resource.Group, current, patchBody(body), resource.Lenient)
		if err != nil || len(effect.Removed) != want || effect.BareRemoveAll {
			t.Errorf("%.60s: %d removed, %v", body, len(effect.Removed), err)
		}
	}
	tooMany := strings.Repeat(`,{"op":"remove","path":"title"}`, resource.MaxOperations+1)[1:]
	_, _, err := resource.Patch(resource.User, nil, patchBody(tooMany), "")
	if e, ok := errors.AsType[*resource.Error](err); !ok || e.Status != 413 {
		t.Error(err)
	}
}
