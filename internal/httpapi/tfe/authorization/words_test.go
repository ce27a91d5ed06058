package authorization_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/schema"
)

// testWords compares the oracle with the vocabulary and with the client: every word of either has an expectation, and no
// expectation is about a word that neither knows.
func testWords(t *testing.T, s *suite) {
	s.test(t, "organization flags", func(t *testing.T) {
		got := organizationFlags()
		for name := range flags {
			if !slices.Contains(got, name) {
				t.Errorf("the vocabulary has no flag %s", name)
			}
		}
		for _, name := range append(got, fieldsOf(tfe.OrganizationAccessOptions{})...) {
			if _, ok := flags[name]; !ok {
				t.Errorf("no expectation for the flag %s", name)
			}
		}
	})
	for objectType, rules := range map[string][]rule{schema.TypeWorkspace: workspaceRules(), schema.TypeProject: projectRules(), schema.TypeOrganization: organizationRules()} {
		s.test(t, "booleans of the "+objectType, func(t *testing.T) {
			for _, name := range words(objectType) {
				known := slices.ContainsFunc(rules, func(r rule) bool { return r.boolean == name })
				if strings.HasPrefix(name, "can-") && !known {
					t.Errorf("no expectation for %s", name)
				}
			}
		})
	}
	s.test(t, "fields of workspace access", func(t *testing.T) {
		for _, field := range append(vocabularyFields(), fieldsOf(tfe.TeamAccessAddOptions{})...) {
			if !slices.Contains(workspaceFields, field) {
				t.Errorf("no expectation for the field %s", field)
			}
		}
	})
	s.test(t, "fields of project access", func(t *testing.T) {
		client := map[string]any{
			aboutProject: tfe.TeamProjectAccessProjectPermissionsOptions{}, aboutWorkspace: tfe.TeamProjectAccessWorkspacePermissionsOptions{},
		}
		for about, options := range client {
			for _, field := range fieldsOf(options) {
				if !slices.Contains(projectFields[about], field) {
					t.Errorf("no expectation for the field %s of %s", field, about)
				}
			}
		}
	})
}

// The fields of custom access (research tfe-api 2.2, 2.3).
var (
	workspaceFields = []string{"runs", "variables", "state-versions", "sentinel-mocks", "workspace-locking", "run-tasks", "policy-overrides"}
	projectFields   = map[string][]string{
		aboutProject:   {"settings", "teams", "variable-sets"},
		aboutWorkspace: {"runs", "sentinel-mocks", "state-versions", "variables", "create", "locking", "delete", "move", "run-tasks", "policy-overrides"},
	}
)

// organizationRules are the booleans of an organization, as rules about themselves.
func organizationRules() []rule {
	var out []rule
	for name := range organizationBooleans {
		out = append(out, rule{name, name, on})
	}
	return out
}

// organizationFlags returns the flags of a team's organization access that the vocabulary knows. Whether members may
// manage the team's token is a flag of the team itself.
func organizationFlags() []string {
	return slices.DeleteFunc(words(schema.TypeOrganization), func(name string) bool {
		return strings.HasPrefix(name, "can-") || name == "allow-member-token-management"
	})
}

// vocabularyFields returns the fields of custom access to a workspace that the vocabulary knows.
func vocabularyFields() []string {
	var out []string
	for _, name := range words(schema.TypeWorkspace) {
		if field, _, _ := strings.Cut(name, ":"); !strings.HasPrefix(name, "can-") && !slices.Contains(out, field) {
			out = append(out, field)
		}
	}
	return out
}

// fieldsOf returns the plain attributes that a type of the client sends, apart from `access`.
func fieldsOf(options any) []string {
	var out []string
	of := reflect.TypeOf(options)
	for i := range of.NumField() {
		if name := attributeOf(of.Field(i)); name != "" && name != "access" {
			out = append(out, name)
		}
	}
	return out
}

func attributeOf(f reflect.StructField) string {
	tag := f.Tag.Get("json")
	if tag == "" {
		attribute, isAttribute := strings.CutPrefix(f.Tag.Get("jsonapi"), "attr,")
		if !isAttribute {
			return ""
		}
		tag = attribute
	}
	name, _, _ := strings.Cut(tag, ",")
	return name
}

// setField sets an attribute of the client's options by its name on the wire.
func setField(t *testing.T, options any, name, value string) {
	t.Helper()
	of := reflect.ValueOf(options).Elem()
	for i := range of.NumField() {
		if attributeOf(of.Type().Field(i)) != name {
			continue
		}
		held := reflect.New(of.Field(i).Type().Elem())
		if held.Elem().Kind() == reflect.Bool {
			held.Elem().SetBool(value == on)
		} else {
			held.Elem().SetString(value)
		}
		of.Field(i).Set(held)
		return
	}
	t.Fatalf("%T has no attribute %s", options, name)
}
