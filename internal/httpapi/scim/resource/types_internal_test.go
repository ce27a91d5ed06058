package resource

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// Schemas may have attributes of types that ours have not, so that these are looked at from within.

func TestNumbersAndTimesAreRead(t *testing.T) {
	t.Parallel()
	rows := []struct {
		kind         filter.Type
		raw          any
		want, strict any // nil: refused
	}{
		{filter.TypeInteger, json.Number("5"), json.Number("5"), json.Number("5")},
		{filter.TypeInteger, json.Number("5.5"), nil, nil},
		{filter.TypeInteger, json.Number("99999999999999999999"), nil, nil},
		{filter.TypeInteger, "5", json.Number("5"), nil},
		{filter.TypeInteger, "five", nil, nil},
		{filter.TypeInteger, `"5"`, nil, nil},
		{filter.TypeInteger, true, nil, nil},
		{filter.TypeDecimal, json.Number("5.5"), json.Number("5.5"), json.Number("5.5")},
		{filter.TypeDecimal, "5.5", json.Number("5.5"), nil},
		{filter.TypeDecimal, json.Number("1e999"), nil, nil},
		{filter.TypeDateTime, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		{filter.TypeDateTime, "yesterday", nil, nil},
		{filter.TypeDateTime, false, nil, nil},
	}
	for _, row := range rows {
		a := text("a", "", typed(row.kind))
		for profile, want := range map[Profile]any{Lenient: row.want, Strict: row.strict} {
			got, err := coercion{profile}.value(&a, row.raw)
			if !reflect.DeepEqual(got, want) || (err == nil) != (want != nil) {
				t.Errorf("%s %v, profile %q: %v, %v", row.kind, row.raw, profile, got, err)
			}
		}
	}
}

func TestWhatIsShownByRequest(t *testing.T) {
	t.Parallel()
	attributes := []Attribute{
		text("plain", ""), text("asked", "", returned(byRequest)), text("secret", "", returned(never)), text("sure", "", returned(always)),
		text("whole", "", parts(text("plain", ""), text("asked", "", returned(byRequest)), text("secret", "", returned(never)), text("sure", "", returned(always)))),
	}
	all := make([]*Attribute, len(attributes))
	for i := range attributes {
		all[i] = &attributes[i]
	}
	r := map[string]any{"plain": "1", "asked": "2", "secret": "3", "sure": "4", "whole": map[string]any{"plain": "5", "asked": "6", "secret": "7", "sure": "8"}}
	rows := []struct {
		include, exclude [][]string
		want             map[string]any
	}{
		{nil, nil, map[string]any{"plain": "1", "sure": "4", "whole": map[string]any{"plain": "5", "sure": "8"}}},
		{[][]string{{"asked"}}, nil, map[string]any{"asked": "2", "sure": "4"}},
		{[][]string{{"secret"}}, nil, map[string]any{"sure": "4"}},
		{[][]string{{"whole"}}, nil, map[string]any{"sure": "4", "whole": map[string]any{"plain": "5", "sure": "8"}}},
		{[][]string{{"whole", "asked"}}, nil, map[string]any{"sure": "4", "whole": map[string]any{"asked": "6", "sure": "8"}}},
		{nil, [][]string{{"sure"}, {"plain"}, {"whole", "sure"}, {"whole", "plain"}}, map[string]any{"sure": "4", "whole": map[string]any{"sure": "8"}}},
	}
	for _, row := range rows {
		if got := show(all, r, chosen(row.include), chosen(row.exclude)); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%v less %v: %v, want %v", row.include, row.exclude, got, row.want)
		}
	}
}

func chosen(paths [][]string) *choice {
	if paths == nil {
		return nil
	}
	c := &choice{}
	for _, keys := range paths {
		c.add(keys)
	}
	return c
}
