package fuzz_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/schema"
)

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		"", "*", ".", ":", ".*", ":*", "workspace.apply_run", "workspace:*", "infra0:terraform.*", "infra0:*", "infra0:.*", "infra0::*",
		"otf:run:apply", "tfe:manage-workspaces", "terrakube:team manage ssh", "terrakube:manageWorkspace", "team.update", "infra0:infra0:*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		canonical, err := schema.Canonical(input)
		atoms := schema.Expand([]string{input})
		if err != nil {
			var pattern *schema.PatternError
			if !errors.As(err, &pattern) || pattern.Reason == "" || canonical != "" || len(atoms) != 0 {
				t.Fatalf("refused %q as %q with %d atoms: %v", input, canonical, len(atoms), err)
			}
			return
		}
		if len(atoms) == 0 {
			t.Fatalf("%q is taken and gives nothing", input)
		}
		again, err := schema.Canonical(canonical)
		if err != nil || again != canonical {
			t.Fatalf("%q is %q, which is %q, %v", input, canonical, again, err)
		}
		if !slices.Equal(atoms, schema.Expand([]string{canonical})) {
			t.Fatalf("%q and %q give different atoms", input, canonical)
		}
	})
}

func FuzzResolve(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""},
		{"workspace", "apply_run"},
		{"project", "workspace.apply_run"},
		{"organization", "terrakube:manageWorkspace"},
		{"team", "tfe:can-destroy"},
		{"workspace", "otf:run:apply"},
		{"workspace", "infra0::"},
		{"workspace.read", "x"},
		{"", "workspace.read"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, objectType, action string) {
		p, ok := schema.Resolve(objectType, action)
		if !ok {
			if p != "" {
				t.Fatalf("Resolve(%q, %q) refuses and says %q", objectType, action, p)
			}
			return
		}
		if _, known := schema.Lookup(p); !known || p.On(objectType) == "" {
			t.Fatalf("Resolve(%q, %q) = %q, which cannot be asked there", objectType, action, p)
		}
		if again, ok := schema.Resolve(objectType, string(p)); !ok || again != p {
			t.Fatalf("%q resolves to %q, which resolves to %q", action, p, again)
		}
	})
}
