package resource_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// TestRandomPatchesKeepTheRules applies operations by chance: what comes of them must be a resource, the effect must be
// what happened, all at once must be the same as one after the other, and the same list with an error at its end must do
// nothing.
func TestRandomPatchesKeepTheRules(t *testing.T) {
	t.Parallel()
	applied := 0
	for seed := range uint64(400) {
		r := newRandom(seed)
		kind, before := resource.User, r.user()
		if seed%2 == 0 {
			kind, before = resource.Group, r.group()
		}
		copied := parsed(t, line(before))
		operations := r.operations(kind == resource.Group)
		operations = append(operations, r.operations(kind == resource.Group)...)
		for _, profile := range profiles() {
			after, effect, err := resource.Patch(kind, before, patchBody(strings.Join(operations, ",")), profile)
			if !reflect.DeepEqual(before, copied) {
				t.Fatalf("%s: the resource itself was changed: %s", operations, line(before))
			}
			steps, stepErr := oneByOne(kind, before, operations, profile)
			if (err == nil) != (stepErr == nil) || err == nil && !reflect.DeepEqual(after, steps) {
				t.Fatalf("profile %q: %s\nat once: %s %v\none by one: %s %v", profile, operations, line(after), err, line(steps), stepErr)
			}
			if err != nil {
				known(t, err)
				continue
			}
			applied++
			delete(before, "meta")
			delete(after, "meta")
			patched(t, kind, profile, before, after, effect)
			before["meta"] = copied["meta"]
			broken := strings.Join(append(operations, `{"op":"remove","path":"id"}`), ",")
			if after, effect, err := resource.Patch(kind, before, patchBody(broken), profile); err == nil || after != nil || effect.Changed() {
				t.Fatalf("%s: a part of it was done", broken)
			}
		}
	}
	if applied < 800 {
		t.Errorf("%d applied", applied)
	}
}

func oneByOne(kind resource.Kind, r resource.Resource, operations []string, profile resource.Profile) (resource.Resource, error) {
	for _, o := range operations {
		var err error
		if r, _, err = resource.Patch(kind, r, patchBody(o), profile); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func BenchmarkPatchOfManyMembers(b *testing.B) {
	var add, remove strings.Builder
	for i := range 10_000 {
		id := string(rune('a'+i%26)) + strings.Repeat("x", 20) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		add.WriteString(`,{"value":"` + id + `"}`)
		remove.WriteString(`,{"op":"remove","path":"members[value eq \"` + id + `\"]"}`)
	}
	group := parsed(b, `{"displayName":"G","members":[`+add.String()[1:]+`]}`)
	for name, body := range map[string][]byte{
		"one":                   patchBody(`{"op":"add","path":"members","value":[{"value":"new"}]}`),
		"10000 operations":      patchBody(remove.String()[1:]),
		"remove 10000 by value": patchBody(`{"op":"remove","path":"members","value":[` + add.String()[1:] + `]}`),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := resource.Patch(resource.Group, group, body, resource.Lenient); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFilterAndProjection(b *testing.B) {
	user := barbara(b)
	f, err := resource.ParseFilter(`userType eq "Employee" and (emails[type eq "work" and value co "@example.com"] or userName sw "x")`, resource.Lenient, resource.User)
	if err != nil {
		b.Fatal(err)
	}
	p := resource.NewProjection(resource.User, nil, []string{"emails"})
	b.Run("match", func(b *testing.B) {
		for b.Loop() {
			f.Match(resource.User, user)
		}
	})
	b.Run("show", func(b *testing.B) {
		for b.Loop() {
			p.Apply(user)
		}
	})
}
