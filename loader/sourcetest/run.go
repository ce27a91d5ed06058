package sourcetest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// outcome is what became of a read.
type outcome string

const (
	failed    outcome = "error"     // nothing is known
	unknown   outcome = "unknown"   // something is left open, and nothing is done about it
	unchanged outcome = "unchanged" // all is as it was
)

// Run checks that a source reads the model exactly, that what really changed is seen (or the rest would prove nothing), and that no
// fault at any point takes or gives anything. What became of each fault is compared with testdata/faults.golden of the calling
// package, which the flag -faults.update writes.
func Run(t *testing.T, s Subject) {
	t.Helper()
	town := Town()
	points, fields := 0, 0
	t.Run("healthy", func(t *testing.T) {
		trouble := &Trouble{}
		got, err := s.New(t, town.clone(), trouble).Read(t.Context(), directory.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if c := contradictions(s.form(town), got); len(c) > 0 || doubts(got) {
			t.Fatalf("the source says %v; warnings %v; %+v", c, got.Warnings, got)
		}
		points, fields = trouble.points(), trouble.fields
		t.Logf("%s reads the model with %d requests", s.Name, points)
	})
	controls(t, s, town)
	if t.Failed() {
		return
	}
	var lines []string
	for _, h := range s.happenings() {
		if why, ok := s.Not[h.fault]; ok {
			lines = append(lines, fmt.Sprintf("%-26s can't be: %s", h, why))
			continue
		}
		t.Run(h.String(), func(t *testing.T) { lines = append(lines, try(t, s, town, h, points, fields)) })
	}
	slices.Sort(lines)
	text := strings.Join(lines, "\n") + "\n"
	t.Logf("%s, %d requests for the model; a fault at each of them, and how often what became of it:\n%s", s.Name, points, text)
	golden(t, text)
}

// try reads with a fault that begins at each point, and returns the line of the table.
func try(t *testing.T, s Subject, town Model, h happening, points, fields int) string {
	t.Helper()
	var counts struct{ failed, unknown, unchanged int }
	for _, trouble := range h.troubles(points, fields) {
		got, err := s.New(t, town.clone(), trouble).Read(t.Context(), directory.Request{})
		switch what, wrong := judge(s.form(town), got, err); {
		case len(wrong) > 0:
			t.Errorf("from answer %d on, field %d: %v\n%+v", trouble.at, trouble.field, wrong, got)
		case what == failed:
			counts.failed++
		case what == unknown:
			counts.unknown++
		default:
			counts.unchanged++
		}
	}
	if h.slow { // a busy machine may be late before the fault begins
		if counts.unchanged > 0 {
			t.Errorf("nothing came of it %d times", counts.unchanged)
		}
		return fmt.Sprintf("%-26s error or unknown", h)
	}
	return fmt.Sprintf("%-26s error %3d, unknown %3d, unchanged %3d", h, counts.failed, counts.unknown, counts.unchanged)
}

// judge says what became of a read, and what is wrong about it: by the marks of the snapshot, and by the plan that it leads to.
func judge(truth Model, s directory.Snapshot, err error) (outcome, []string) {
	if err != nil {
		return failed, nil
	}
	wrong := append(contradictions(truth, s), planned(truth, s)...)
	if doubts(s) {
		return unknown, wrong
	}
	return unchanged, wrong
}

// controls check that what really changed is seen, without a fault: exactly that.
func controls(t *testing.T, s Subject, town Model) {
	t.Helper()
	for name, c := range map[string]struct {
		after Model
		want  directory.Toll
	}{
		"a member left":   {town.WithoutMember("202", "103"), directory.Toll{Memberships: 1}},
		"a person left":   {town.WithoutPerson("108"), directory.Toll{People: 1}},
		"a group is gone": {town.WithoutGroup("203"), directory.Toll{Groups: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.New(t, c.after, &Trouble{}).Read(t.Context(), directory.Request{})
			if err != nil {
				t.Fatal(err)
			}
			if len(contradictions(s.form(town), got)) == 0 || len(contradictions(s.form(c.after), got)) > 0 || doubts(got) {
				t.Fatalf("not seen: %+v", got)
			}
			if toll, err := tollOf(s.form(town), got); err != nil || toll != c.want {
				t.Errorf("the plan takes %+v, %v; want %+v", toll, err, c.want)
			}
		})
	}
}

var update = flag.Bool("faults.update", false, "rewrite testdata/faults.golden") //nolint:gochecknoglobals // a flag of test binaries

// golden compares a table with the file that keeps it.
func golden(t *testing.T, text string) {
	t.Helper()
	name := filepath.Join("testdata", "faults.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(text)) {
		t.Errorf("the table of faults is another (-faults.update writes it):\n%s\nwant:\n%s", text, want)
	}
}
