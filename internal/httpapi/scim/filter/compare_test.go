package filter_test

import (
	"encoding/json"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// TestNumbersAndTimes compares what no schema of ours has, or only the server writes. Names decide types: see plain.
func TestNumbersAndTimes(t *testing.T) {
	t.Parallel()
	numbers := []any{5, int64(5), 5.0, json.Number("5"), json.Number("5.0"), json.Number("5e0")}
	for text, want := range map[string]bool{
		`i eq 5`: true, `i eq 5.0`: true, `i ne 5`: false, `i gt 4.5`: true, `i gt 5`: false, `i ge 5`: true, `i lt 50`: true, `i lt 5`: false, `i le 5`: true,
		`i gt -6`: true, `i pr`: true, `i eq null`: false, `i eq "5"`: true,
	} {
		for _, n := range numbers {
			if got := matches(t, text, map[string]any{"i": n}, false); got != want {
				t.Errorf("%s of %T %v: %v", text, n, n, got)
			}
		}
	}
	for text, want := range map[string]bool{`i gt 0`: false, `i le 0`: false, `i ne 0`: true, `i eq 0`: false} {
		for _, v := range []any{nil, "5", true, []any{}, map[string]any{}} {
			if got := matches(t, text, map[string]any{"i": v}, false); got != want {
				t.Errorf("%s of %v: %v", text, v, got)
			}
		}
	}
	for text, want := range map[string]bool{
		`d eq "2026-01-01T00:00:00Z"`: true, `d eq "2026-01-01T01:00:00.000+01:00"`: true, `d gt "2025-12-31T23:59:59.999Z"`: true, `d lt "2026-01-01T00:00:00"`: false,
	} {
		if got := matches(t, text, map[string]any{"d": "2026-01-01T00:00:00"}, true); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for text, strictOnly := range map[string]bool{
		`i eq true`: false, `i co 5`: false, `i sw 5`: false, `i eq "five"`: false, `i eq ""`: false, `d gt 5`: false, `d eq true`: false, `d gt ""`: false, `d co "2026"`: false,
		`i eq "5"`: true, `i gt "5"`: true, `a eq 5`: true, `a eq true`: true, `b eq "true"`: true,
	} {
		e, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := filter.Compile(e, plain{}, true); err == nil {
			t.Errorf("%s: strict takes it", text)
		}
		if _, err := filter.Compile(e, plain{}, false); (err == nil) != strictOnly {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func matches(t *testing.T, text string, resource map[string]any, strict bool) bool {
	t.Helper()
	e, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	match, err := filter.Compile(e, plain{}, strict)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return match(resource)
}

func TestFolding(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{"Straße": "STRAßE", "ΣΊΣΥΦΟΣ": "σίσυφος", "K": "k", "\u212a": "k", "ſ": "S", "ÄÖÜ": "äöü", "Abc-1": "aBC-1"} {
		if filter.Fold(a) != filter.Fold(b) {
			t.Errorf("%q and %q", a, b)
		}
	}
	if filter.Fold("ab") == filter.Fold("ac") || filter.Fold("i") == filter.Fold("ı") {
		t.Error("different letters")
	}
}
