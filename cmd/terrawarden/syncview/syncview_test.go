package syncview_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/cmd/terrawarden/syncview"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func now() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }

const digest = "4f1c0de2a7b9c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c"

func held() client.SyncPlan {
	return client.SyncPlan{
		ID: "sync-7Hx2kQ", Source: "corp-ldap", Digest: digest, Status: client.PlanHeld, Trigger: "schedule", Full: true, CreatedAt: now().Add(-3 * time.Minute),
		Counts: client.SyncCounts{
			People: client.SyncTally{Create: 3, Update: 1, Suspend: 2}, Groups: client.SyncTally{Update: 4, Retire: 1, Create: 1},
			Links: client.SyncTally{Create: 1, Delete: 1}, Memberships: client.SyncMemberships{Add: 15, Remove: 1213},
		},
		Before: client.SyncTotals{People: 480, Groups: 31, Memberships: 4000},
		Trips: []client.SyncTrip{
			{Guard: "memberships", Count: 1213, Of: 4000, Limit: 800, Message: "1213 of 4000 memberships would go; 800 may without approval"},
			{Guard: "group", Group: "platform", Count: 1200, Of: 1300, Limit: 260, Message: "1200 of 1300 people would leave platform; 260 may without approval"},
		},
		Unknown: []client.SyncUnknown{
			{What: "users", Reason: "the server's size limit ended the list"}, {What: "b1946ac9", Name: "contractors", Reason: "the server hid members 1500 and on"},
		},
		UnknownCount: 2,
		Conflicts:    []client.SyncConflict{{What: "user", ID: "e-44", Name: "j.doe", Reason: "another user has this address and signs in himself"}}, ConflictCount: 140,
		Warnings: []string{"3 referrals were not followed"},
	}
}

func changes() []client.SyncChange {
	return []client.SyncChange{
		{Kind: "group", Op: "update", Name: "platform", Members: 1300, Removes: 1200, Remove: []string{"bob", "carol", "dave", "erin"}, Adds: 1, Add: []string{"zoe"}},
		{Kind: "link", Op: "delete", Name: "old-sre", Team: "acme/sre", Rule: "teams", Removes: 12},
		{Kind: "group", Op: "retire", Name: "old-sre", Members: 12, Removes: 12, Remove: []string{"gina", "hal"}},
		{Kind: "group", Op: "update", Name: "sre", Was: "ops", Members: 9, Removes: 1, Remove: []string{"ivan"}, RemoveGroups: []string{"g-9"}},
		{Kind: "person", Op: "suspend", Name: "erin", Reason: "gone from the directory"},
		{Kind: "person", Op: "release", Name: "kim", Removes: 2, Reason: "gone for 30 days"},
		{Kind: "person", Op: "update", Name: "lee.new", Was: "lee", Email: "lee@example.com"},
		{Kind: "group", Op: "create", Name: "new\x1b[2Jteam", Adds: 14, Add: []string{"ann", "ben"}, AddGroups: []string{"g-1", "g-2"}},
		{Kind: "person", Op: "create", Name: "zoe", Email: "zoe@example.com"},
		{Kind: "link", Op: "create", Name: "admins", SiteAdmins: true, Rule: "root"},
	}
}

func sources() []client.SyncSource {
	return []client.SyncSource{
		{Name: "corp-ldap", Kind: "ldap", State: client.SyncHeld, Plan: "sync-7Hx2kQ", SucceededAt: now().Add(-26 * time.Hour), NextRunAt: now().Add(12 * time.Minute), People: 480, Groups: 31, Memberships: 4000},
		{Name: "entra", Kind: "entra", State: client.SyncFailing, Failure: "the directory refused the client's secret", SucceededAt: now().Add(-75 * time.Hour), NextRunAt: now().Add(-time.Second), People: 12000, Groups: 900, Memberships: 88123},
		{Name: "hr-file", Kind: "file", State: client.SyncNew},
		{Name: "okta", Kind: "scim", Pushed: true, State: client.SyncOK, SucceededAt: now().Add(-20 * time.Second), People: 1, Groups: 1, Memberships: 1},
		{Name: "partners", Kind: "google", State: client.SyncPaused, SucceededAt: now().Add(-90 * time.Minute), NextRunAt: now().Add(time.Minute)},
		{Name: "labs", Kind: "ldap", State: client.SyncFailing, Failure: "the server does not answer"},
	}
}

// TestPages holds what people read against files. Look at them: they are to be a pleasure.
func TestPages(t *testing.T) {
	t.Parallel()
	planned := held()
	planned.Status, planned.Trips, planned.Full, planned.Unknown, planned.Conflicts, planned.Warnings = client.PlanPlanned, nil, false, nil, nil, nil
	planned.Counts.Memberships = client.SyncMemberships{Add: 15}
	nothing := client.SyncPlan{ID: "sync-1", Source: "corp-ldap", Status: client.PlanPlanned, Full: true, CreatedAt: now()}
	first := client.SyncPlan{
		ID: "sync-1", Source: "corp-ldap", Digest: digest, Status: client.PlanHeld, Full: true, CreatedAt: now(), Counts: client.SyncCounts{People: client.SyncTally{Create: 1}},
		Trips: []client.SyncTrip{{Guard: "first-plan", Message: "the first plan of corp-ldap waits until somebody has looked at it"}},
	}
	decided := held()
	decided.Status, decided.Decider, decided.DecidedAt, decided.Comment = client.PlanRejected, &client.Entity{Type: "user", ID: "user-1"}, now().Add(-time.Minute), "The export was cut off."
	done := planned
	done.Status = client.PlanApplied
	done.Report = &client.SyncReport{
		Outcome: client.OutcomeApplied, Total: 12, ReadSeconds: 1.25, PlanSeconds: 0.04, ApplySeconds: 3.5, SkippedCount: 1,
		Skipped: []client.SyncSkip{{What: "group", Op: "update", Name: "sre", Reason: "somebody else changed it meanwhile"}},
	}
	unchanged := client.SyncPlan{Source: "corp-ldap", Report: &client.SyncReport{Outcome: client.OutcomeUnchanged}}
	failed := client.SyncPlan{ID: "sync-2", Source: "corp-ldap", Status: client.PlanFailed, Error: "the catalog does not answer", CreatedAt: now().Add(-time.Hour), Full: true}
	plain, color := syncview.Style{Now: now()}, syncview.Style{Now: now(), Color: true}
	all := syncview.Style{Now: now(), All: true}
	for name, write := range map[string]func(io.Writer) error{
		"held":          func(w io.Writer) error { return syncview.Plan(w, plain, held(), changes(), 46) },
		"held-color":    func(w io.Writer) error { return syncview.Plan(w, color, held(), changes(), 46) },
		"held-all":      func(w io.Writer) error { return syncview.Plan(w, all, held(), changes(), len(changes())) },
		"planned":       func(w io.Writer) error { return syncview.Plan(w, plain, planned, changes()[7:], 3) },
		"nothing":       func(w io.Writer) error { return syncview.Plan(w, plain, nothing, nil, 0) },
		"first":         func(w io.Writer) error { return syncview.Plan(w, plain, first, changes()[8:9], 1) },
		"rejected":      func(w io.Writer) error { return syncview.Plan(w, plain, decided, nil, 0) },
		"done":          func(w io.Writer) error { return syncview.Run(w, plain, done) },
		"unchanged":     func(w io.Writer) error { return syncview.Run(w, plain, unchanged) },
		"failed":        func(w io.Writer) error { return syncview.Run(w, plain, failed) },
		"sources":       func(w io.Writer) error { return syncview.Sources(w, plain, sources()) },
		"sources-color": func(w io.Writer) error { return syncview.Sources(w, color, sources()) },
		"sources-none":  func(w io.Writer) error { return syncview.Sources(w, plain, nil) },
		"history": func(w io.Writer) error {
			return syncview.History(w, plain, []client.SyncPlan{held(), decided, failed}, 9)
		},
		"history-nobody": func(w io.Writer) error { return syncview.History(w, plain, nil, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if strings.Contains(name, "color") != strings.Contains(got.String(), "\x1b[") {
				t.Error("there is colour where none was asked for, or none where it was")
			}
		})
	}
}

// Whoever takes an account over that is there already is not merely new.
func TestWhoTakesAnAccountIsShown(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"": "is new <zoe@example.com>\n",
		"takes the account zo, which waited for him": "is new <zoe@example.com>: takes the account zo, which waited for him\n",
	} {
		var got strings.Builder
		plan := client.SyncPlan{ID: "sync-1", Source: "s", Status: client.PlanPlanned}
		change := client.SyncChange{Kind: "person", Op: "create", Name: "zoe", Email: "zoe@example.com", Reason: reason}
		if err := syncview.Plan(&got, syncview.Style{Now: now()}, plan, []client.SyncChange{change}, 1); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.String(), want) {
			t.Errorf("%q is not in:\n%s", want, got.String())
		}
	}
}

// A directory's texts do not steer a terminal.
func TestTextsOfADirectoryAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b[2J\nb\u009bc\x7f"
	plan := client.SyncPlan{
		ID: "sync-1", Source: "s", Status: client.PlanHeld, Comment: evil, Error: evil, Counts: client.SyncCounts{Groups: client.SyncTally{Update: 2}},
		Trips: []client.SyncTrip{{Guard: "group", Message: evil}}, Unknown: []client.SyncUnknown{{What: "g", Name: evil, Reason: evil}},
		Conflicts: []client.SyncConflict{{What: "user", Name: evil, Reason: evil}}, Warnings: []string{evil},
		Report: &client.SyncReport{Skipped: []client.SyncSkip{{What: "user", Name: evil, Reason: evil}}},
	}
	var all []client.SyncChange
	for _, kind := range []string{"person", "group", "link"} {
		for _, op := range []string{"create", "update", "suspend", "restore", "retire", "release", "delete"} {
			all = append(all, client.SyncChange{Kind: kind, Op: op, Name: evil, Was: evil, Email: evil, Team: evil, Rule: evil, Reason: evil, Removes: 1, Adds: 1, Add: []string{evil}, Remove: []string{evil}})
		}
	}
	for _, style := range []syncview.Style{{}, {All: true}} {
		var got strings.Builder
		if err := syncview.Plan(&got, style, plan, all, len(all)); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.String() {
			if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0) {
				t.Fatalf("%q is written to the terminal", r)
			}
		}
		if strings.Contains(got.String(), "\nb") {
			t.Error("a name begins a line of its own")
		}
	}
}

func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	plan := held()
	plan.Unknown = nil
	for i := range 100 {
		plan.Unknown = append(plan.Unknown, client.SyncUnknown{What: "g", Name: fmt.Sprintf("group-%03d", i), Reason: "cut off"})
	}
	plan.UnknownCount = 250
	for _, row := range []struct {
		all   bool
		shown int
		more  string
	}{{false, 10, "… and 240 more (terrawarden sync show sync-7Hx2kQ --all)"}, {true, 100, "… and 150 more (terrawarden sync show sync-7Hx2kQ --document)"}} {
		var got strings.Builder
		if err := syncview.Plan(&got, syncview.Style{Now: now(), All: row.all}, plan, nil, 0); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(got.String(), "group-"); n != row.shown || !strings.Contains(got.String(), row.more) {
			t.Errorf("all: %v: %d are shown\n%s", row.all, n, got.String())
		}
	}
}
