package resource_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

func profiles() []resource.Profile {
	return []resource.Profile{resource.Lenient, resource.Okta, resource.Entra, resource.Strict}
}

// FuzzRead looks for bodies that are read into something that is no resource: read again as it is, it must be the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"userName":"a","active":"False","emails":[{"value":"x","primary":"True"}],"name.givenName":"b"}`,
		`{"displayName":"g","members":[{"value":"a","$ref":null},"b"]}`,
		`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"m"},"emails[type eq \"work\"].value":"x"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []resource.Kind{resource.User, resource.Group} {
			for _, profile := range profiles() {
				r, err := resource.Read(kind, body, profile)
				if err != nil {
					known(t, err)
					continue
				}
				text, err := json.Marshal(r)
				if err != nil {
					t.Fatal(err)
				}
				again, err := resource.Read(kind, text, profile)
				if diff := cmp.Diff(r, again); err != nil || diff != "" {
					t.Fatalf("profile %q: %s\nis read as %s\nand then as %v %v %s", profile, body, text, again, err, diff)
				}
				resource.Project(kind, r, []string{"userName,name.givenName"}, []string{"members"})
			}
		}
	})
}

func known(t *testing.T, err error) {
	t.Helper()
	if e, ok := errors.AsType[*resource.Error](err); !ok || e.Status != 400 && e.Status != 413 || e.Detail == "" {
		t.Fatalf("%#v", err)
	}
}

// FuzzPatch looks for operations that panic, change their input, make what is no resource, or whose effect is not what
// happened.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"x"},{"op":"remove","path":"title"}`,
		`{"op":"remove","path":"members","value":[{"value":"a"}]},{"op":"add","value":{"members":["z"]}}`,
		`{"op":"remove","path":"members[value ne \"a\"]"},{"op":"add","path":"emails","value":[{"value":"w","primary":"True"}]}`,
		`{"op":"replace","value":{"id":"x","name.givenName":"g","active":"False","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager":""}}`,
		`{"op":"add","path":"addresses[type eq \"work\" and primary eq true].locality","value":"Bern"}`,
	} {
		f.Add([]byte(seed))
	}
	before := map[resource.Kind]string{
		resource.User: `{"id":"x","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u","title":"t","name":{"givenName":"n"},"active":true,
			"emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":"h"}]}`,
		resource.Group: `{"id":"x","schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g","members":[{"value":"a"},{"value":"b","type":"User"},{"value":"c"}]}`,
	}
	f.Fuzz(func(t *testing.T, operations []byte) {
		body := patchBody(string(operations))
		for kind, text := range before {
			for _, profile := range profiles() {
				current := parsed(t, text)
				after, effect, err := resource.Patch(kind, current, body, profile)
				if !reflect.DeepEqual(parsed(t, text), current) {
					t.Fatalf("the resource itself was changed: %s", line(current))
				}
				if err != nil {
					known(t, err)
					continue
				}
				patched(t, kind, profile, current, after, effect)
			}
		}
	})
}

// patched checks what a PATCH made: it must be a resource like one that is put, and the effect must lead to it.
func patched(t *testing.T, kind resource.Kind, profile resource.Profile, current, after resource.Resource, effect resource.Effect) {
	t.Helper()
	text, err := json.Marshal(after)
	if err != nil {
		t.Fatal(err)
	}
	again, err := resource.Read(kind, text, profile)
	if err != nil {
		t.Fatalf("profile %q: %s: %v", profile, text, err)
	}
	again["id"] = after["id"]
	if !reflect.DeepEqual(after, again) {
		t.Fatalf("profile %q: %s", profile, cmp.Diff(after, again))
	}
	want := resource.Compare(kind, current, after)
	want.ReplacedAll, want.BareRemoveAll = effect.ReplacedAll, effect.BareRemoveAll
	if diff := cmp.Diff(want, effect); diff != "" {
		t.Fatalf("profile %q: effect %s", profile, diff)
	}
}
