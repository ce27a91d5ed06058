package resource_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

func TestSchemasAreWhole(t *testing.T) {
	t.Parallel()
	for _, schema := range resource.Schemas() {
		everyAttribute(schema.Attributes, "", func(path string, a, parent resource.Attribute) {
			_ = parent
			switch {
			case a.Name == "" || a.Description == "" || a.Type == "" || a.Mutability == "" || a.Returned == "" || a.Uniqueness == "":
				t.Errorf("%s: %+v", path, a)
			case (a.Type == filter.TypeComplex) != (len(a.SubAttributes) > 0):
				t.Errorf("%s is complex: %v", path, a.SubAttributes)
			case (a.Type == filter.TypeReference) != (len(a.ReferenceTypes) > 0):
				t.Errorf("%s refers to %v", path, a.ReferenceTypes)
			}
		})
	}
	var ids []string
	for _, schema := range resource.Schemas() {
		ids = append(ids, schema.ID)
	}
	for _, kind := range resource.ResourceTypes() {
		if !slices.Contains(ids, kind.Schema) {
			t.Errorf("%s has a schema that is not served", kind.ID)
		}
		for _, extension := range kind.SchemaExtensions {
			if !slices.Contains(ids, extension.Schema) {
				t.Errorf("%s has an extension that is not served", kind.ID)
			}
		}
	}
}

func everyAttribute(attributes []resource.Attribute, prefix string, do func(path string, a, parent resource.Attribute)) {
	for _, a := range attributes {
		do(prefix+a.Name, a, resource.Attribute{})
		for _, sub := range a.SubAttributes {
			do(prefix+a.Name+"."+sub.Name, sub, a)
		}
	}
}

// sample returns a value of an attribute as JSON with sorted members; n makes it another.
func sample(a resource.Attribute, n int) string {
	var one string
	switch a.Type {
	case filter.TypeBoolean:
		one = fmt.Sprint(n%2 == 0)
	case filter.TypeInteger, filter.TypeDecimal:
		one = fmt.Sprint(n)
	case filter.TypeDateTime:
		one = fmt.Sprintf(`"2026-01-02T03:04:%02dZ"`, n)
	case filter.TypeBinary:
		one = fmt.Sprintf(`"QUJD%04d"`, n)
	case filter.TypeComplex:
		parts := map[string]json.RawMessage{}
		for _, sub := range a.SubAttributes {
			if sub.Mutability != "readOnly" {
				parts[sub.Name] = json.RawMessage(sample(sub, n))
			}
		}
		text, err := json.Marshal(parts)
		if err != nil {
			panic(err)
		}
		one = string(text)
	case filter.TypeString, filter.TypeReference:
		one = fmt.Sprintf(`"%s-%d"`, a.Name, n)
	}
	if a.MultiValued {
		return "[" + one + "]"
	}
	return one
}

// least is the least resource of each schema.
func least(schema string) (kind resource.Kind, text, prefix string) {
	switch schema {
	case resource.GroupSchema:
		return resource.Group, `{"displayName":"g"}`, ""
	case resource.EnterpriseSchema:
		return resource.User, `{"userName":"u"}`, resource.EnterpriseSchema + ":"
	}
	return resource.User, `{"userName":"u"}`, ""
}

// TestEveryAttributeCanBePatched derives from the schemas that are served what clients may do by them: every attribute
// is added, replaced and removed, by its name and by its URN; what is read-only is refused, and what is never returned
// leaves no trace.
func TestEveryAttributeCanBePatched(t *testing.T) {
	t.Parallel()
	count := 0
	for _, schema := range resource.Schemas() {
		kind, text, prefix := least(schema.ID)
		everyAttribute(schema.Attributes, "", func(path string, a, parent resource.Attribute) {
			if prefix == "" && count%2 == 1 {
				path = schema.ID + ":" + path
			} else {
				path = prefix + path
			}
			count++
			t.Run(path, func(t *testing.T) {
				t.Parallel()
				patchAttribute(t, kind, parsed(t, text), path, a, parent)
			})
		})
	}
	if count < 80 {
		t.Errorf("%d attributes", count)
	}
}

func patchAttribute(t *testing.T, kind resource.Kind, r resource.Resource, path string, a, parent resource.Attribute) {
	op := func(current resource.Resource, op, value string) (resource.Resource, resource.Effect, error) {
		return resource.Patch(kind, current, patchBody(fmt.Sprintf(`{"op":%q,"path":%q%s}`, op, path, value)), resource.Strict)
	}
	added, effect, err := op(r, "add", `,"value":`+sample(a, 2))
	switch {
	case a.Mutability == "readOnly" || parent.Mutability == "readOnly":
		refused(t, err, resource.Mutability)
		return
	case a.Returned == "never":
		if err != nil || effect.Changed() {
			t.Errorf("%v %v", effect, err)
		}
		return
	case parent.Name == "members" && a.Name != "value": // a member is somebody
		return
	case err != nil || !effect.Changed():
		t.Fatalf("add: %v %v", effect, err)
	}
	if got := at(t, kind, added, path); got != sample(a, 2) && got != "["+sample(a, 2)+"]" {
		t.Fatalf("added %s, got %s", sample(a, 2), got)
	}
	if _, effect, err := op(added, "add", `,"value":`+sample(a, 2)); err != nil || effect.Changed() {
		t.Errorf("added again: %v %v", effect, err)
	}
	replaced, _, err := op(added, "replace", `,"value":`+sample(a, 3))
	if a.Mutability == "immutable" {
		refused(t, err, resource.Mutability)
		return
	}
	if err != nil {
		t.Fatalf("replace: %v", err)
	}
	if got := at(t, kind, replaced, path); got != sample(a, 3) && got != "["+sample(a, 3)+"]" {
		t.Fatalf("replaced by %s, got %s", sample(a, 3), got)
	}
	removed, _, err := op(replaced, "remove", "")
	if a.Required {
		refused(t, err, resource.Mutability)
		return
	}
	if got := at(t, kind, removed, path); err != nil || got != "" {
		t.Errorf("removed: got %s, %v", got, err)
	}
}

// at returns what a client is shown of one attribute, as JSON without the braces around it.
func at(t *testing.T, kind resource.Kind, r resource.Resource, path string) string {
	shown := resource.Project(kind, r, []string{path}, nil)
	delete(shown, "schemas")
	delete(shown, "id")
	parsedPath, err := filter.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	var v any = shown
	for _, key := range []string{parsedPath.URN, parsedPath.Name, parsedPath.Sub} {
		m, ok := v.(map[string]any)
		if key == "" || !ok || key == resource.UserSchema || key == resource.GroupSchema {
			continue
		}
		v = m[key]
	}
	if list, ok := v.([]any); ok && parsedPath.Sub != "" {
		for i := range list {
			list[i] = list[i].(map[string]any)[parsedPath.Sub]
		}
	}
	if m, ok := v.(map[string]any); v == nil || ok && len(m) == 0 {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func refused(t *testing.T, err error, scimType string) {
	t.Helper()
	e, ok := err.(*resource.Error) //nolint:errorlint // the contract is the type itself
	if !ok || e.ScimType != scimType || e.Status != 400 {
		t.Errorf("got %v, want %s", err, scimType)
	}
}

func TestEverySchemaIsItsOwn(t *testing.T) {
	t.Parallel()
	schemas := resource.Schemas()
	schemas[0].Attributes[0].Name = "changed"
	if diff := cmp.Diff("displayName", resource.Schemas()[0].Attributes[0].Name); diff != "" {
		t.Error(diff)
	}
}
