package filter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// plain knows every attribute, as a string of one or many values.
type plain struct{}

func (plain) Find(a filter.Attribute) (filter.Definition, bool) {
	types := map[byte]filter.Type{'b': filter.TypeBoolean, 'i': filter.TypeInteger, 'd': filter.TypeDateTime, 'c': filter.TypeComplex}
	d := filter.Definition{Keys: []string{a.Name}, Type: filter.TypeString, CaseExact: a.Name[0] == 'x'}
	if a.Sub != "" {
		d.Keys = append(d.Keys, a.Sub)
	} else if t, ok := types[a.Name[0]]; ok {
		d.Type = t
	}
	return d, true
}

func (p plain) Elements(filter.Attribute) (filter.Schema, bool) { return p, true }

// same compares expressions; whether a value stood in quotation marks is no difference.
func same(a, b any) string { return cmp.Diff(a, b, cmpopts.IgnoreFields(filter.Value{}, "Bare")) }

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`userName eq "bjensen" and not (a pr or b[c eq 1 and d gt "x"])`, `emails[type eq "work"].value eq x`, `b ne True or i le -1.5`,
		`d ge "2020-01-01T00:00:00Z" and urn:a:b:c.d sw "\u0001"`, `c[x co "k"] and c pr and c eq null`,
	} {
		f.Add(seed)
	}
	resources := []map[string]any{
		nil,
		{"a": "x", "b": true, "i": "x", "d": "2020-01-01T00:00:00", "c": []any{map[string]any{"value": "x"}, "y", nil, []any{}}},
		{"b": []any{map[string]any{"c": 1.0, "d": map[string]any{}}}, "c": map[string]any{"c": nil}},
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := filter.Parse(text)
		if err != nil {
			if _, ok := err.(*filter.Error); !ok { //nolint:errorlint // the contract is the type itself
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		written := e.String()
		again, err := filter.Parse(written)
		if err != nil {
			if len(written) > filter.MaxLength {
				return
			}
			t.Fatalf("%q was written back as %q: %v", text, written, err)
		}
		if diff := same(e, again); diff != "" {
			t.Fatalf("%q was written back as %q: %s", text, written, diff)
		}
		for _, strict := range []bool{false, true} {
			match, err := filter.Compile(e, plain{}, strict)
			for _, r := range resources {
				if err == nil {
					match(r)
				}
			}
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{`members`, `urn:a:b:c[d eq "e"].f`, `name.familyName`, `emails[type eq work and not (value pr)]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := filter.ParsePath(text)
		if err != nil {
			return
		}
		written := p.String()
		again, err := filter.ParsePath(written)
		if err != nil && len(written) <= filter.MaxLength {
			t.Fatalf("%q was written back as %q: %v", text, written, err)
		}
		if diff := same(p, again); err == nil && diff != "" {
			t.Fatalf("%q was written back as %q: %s", text, written, diff)
		}
	})
}
