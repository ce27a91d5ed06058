package app

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func TestSyncLimitsOfZeroHoldEverything(t *testing.T) {
	t.Parallel()
	zero, none := 0, -1
	nothing, anything := config.SyncLimit{Max: &zero, Percent: &zero}, config.SyncLimit{Max: &none, Percent: &none}
	tests := map[string]struct {
		limits config.SyncLimits
		people int // who are suspended, of a thousand
		held   bool
	}{
		"no limits written":             {config.SyncLimits{}, 50, false},
		"and one person more":           {config.SyncLimits{}, 51, true},
		"nobody may go":                 {config.SyncLimits{Floor: &zero, People: nothing}, 1, true},
		"nobody does":                   {config.SyncLimits{Floor: &zero, People: nothing}, 0, false},
		"no percentage may":             {config.SyncLimits{Floor: &zero, People: config.SyncLimit{Percent: &zero}}, 1, true},
		"no number may":                 {config.SyncLimits{Floor: &zero, People: config.SyncLimit{Max: &zero}}, 1, true},
		"but the floor":                 {config.SyncLimits{People: nothing}, 5, false},
		"and one more than that":        {config.SyncLimits{People: nothing}, 6, true},
		"anybody may go":                {config.SyncLimits{Floor: &zero, People: anything, DayPeople: anything}, 900, false},
		"nothing of anything may":       {config.SyncLimits{Floor: &zero, Memberships: nothing, Group: nothing, People: nothing, Groups: nothing, Links: nothing, Day: nothing, DayPeople: nothing}, 1, true},
		"nothing of anything, and none": {config.SyncLimits{Floor: &zero, Memberships: nothing, Group: nothing, People: nothing, Groups: nothing, Links: nothing, Day: nothing, DayPeople: nothing}, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := directory.Plan{Before: directory.Totals{People: 1000}, Seen: directory.Totals{People: 1}}
			p.People = slices.Repeat([]directory.PersonChange{{Op: directory.OpSuspend}}, test.people)
			set := directory.Settings{Name: "corp", Limits: limits(test.limits), ApplyFirst: true}
			trips := directory.Measure(set, p, directory.Toll{}, false)
			if (len(trips) > 0) != test.held {
				t.Errorf("guards: %+v", trips)
			}
		})
	}
}

func TestSyncRulesOfASource(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Sync: config.Sync{Rules: []config.SyncRule{
		{Name: "all", Group: "g", Team: "o/t"}, {Name: "corp", Source: "corp", ID: "1", Team: "o/t"}, {Name: "other", Source: "other", ID: "1", Team: "o/t"},
	}}}
	want := []directory.Rule{{Name: "all", GroupName: "g", Team: "o/t", Shared: true}, {Name: "corp", ID: "1", Team: "o/t"}}
	if diff := cmp.Diff(want, rules(cfg, "corp")); diff != "" {
		t.Errorf("the rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:1], rules(cfg, "")); diff != "" {
		t.Errorf("the rules of no source (-want +got):\n%s", diff)
	}
}
