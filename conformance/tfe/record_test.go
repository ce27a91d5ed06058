package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/conformance/server"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	record := Record{"TestA": true, "TestA/one": true, "TestB": true, "TestGone": true}
	ran := Verdicts{"TestA": Failed, "TestA/one": Passed, "TestA/two": Failed, "TestA/three": Passed, "TestB": Skipped}
	for name, c := range map[string]struct {
		everything bool
		lost       []string
	}{
		"a run of all tests": {true, []string{"TestA", "TestB", "TestGone"}},
		"a run of some":      {false, []string{"TestA", "TestB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := record.compare(ran, c.everything)
			if !slices.Equal(got.Lost, c.lost) || !slices.Equal(got.Found, []string{"TestA/three"}) {
				t.Errorf("got %+v", got)
			}
		})
	}
	next := record.updated(record.compare(ran, false))
	if want := (Record{"TestA/one": true, "TestA/three": true, "TestGone": true}); !maps.Equal(next, want) {
		t.Errorf("updated: %v, want %v", next, want)
	}
}

func TestRecordIsKept(t *testing.T) {
	t.Parallel()
	path := recordPath(t.TempDir(), HCP)
	if empty, err := readRecord(path); err != nil || len(empty) != 0 {
		t.Fatalf("a missing list: %v, %v", empty, err)
	}
	record := Record{"TestB/with_name#01": true, "TestA": true}
	if err := record.write(path); err != nil {
		t.Fatal(err)
	}
	got, err := readRecord(path)
	if err != nil || !maps.Equal(got, record) {
		t.Errorf("got %v, %v; want %v", got, err, record)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	report := func(v Verdict, broken server.Answers) Report {
		return Report{Mode: TFE, Sections: []Section{{Area: Areas()[0], Outcomes: []Outcome{{Test: "TestA", Verdicts: Verdicts{"TestA": v}}}, Broken: broken}}}
	}
	for name, c := range map[string]struct {
		report Report
		update bool
		fault  string // part of the error; empty: none
		listed bool   // afterwards
	}{
		"still passing":                 {report(Passed, nil), false, "", true},
		"no longer passing":             {report(Failed, nil), false, "1 tests and subtests no longer pass", true},
		"skipped is not passing":        {report(Skipped, nil), false, "no longer pass", true},
		"an update takes it":            {report(Failed, nil), true, "", false},
		"passing over a failing server": {report(Passed, server.Answers{"GET / 500": 1}), false, "the server failed 1 times", true},
		"an update does not excuse it":  {report(Passed, server.Answers{"GET / 500": 1}), true, "the server failed 1 times", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := parse([]string{"-lists", t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			o.update = c.update
			path := recordPath(o.lists, TFE)
			if err := (Record{"TestA": true}).write(path); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err = o.judge(c.report, "v0", &out)
			if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
				t.Errorf("got %v, want %q\n%s", err, c.fault, &out)
			}
			if record, err := readRecord(path); err != nil || record["TestA"] != c.listed {
				t.Errorf("listed afterwards: %v, %v", record, err)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	for _, a := range Areas() {
		if a.Tests.MatchString("TestTeam_Unmarshal") {
			t.Errorf("%s has a test that asks no server", a.Name)
		}
	}
	areas := []Area{Areas()[0], Areas()[1]}
	all := []string{"TestOrganizationsRead", "TestOrganizationMembershipsRead", "TestOther"}
	got, err := plan(areas, all)
	if err != nil || !slices.Equal(got["organizations"], all[:1]) || !slices.Equal(got["organization memberships"], all[1:2]) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := plan(areas, all[:1]); err == nil {
		t.Error("an area without a test is accepted")
	}
	if _, err := plan(append(areas, areas[0]), all); err == nil {
		t.Error("a test in two areas is accepted")
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	hcp, tfe := HCP.environ("h", "http://a", "s"), TFE.environ("h", "http://a", "s")
	if slices.Contains(hcp, "ENABLE_TFE=1") || !slices.Contains(tfe, "ENABLE_TFE=1") {
		t.Error("ENABLE_TFE chooses the mode")
	}
	for _, env := range [][]string{hcp, tfe} {
		for _, want := range []string{"TFE_ADDRESS=http://a", "TFE_TOKEN=s", "ENABLE_BETA=1", "TFE_ADMIN_PROVISION_LICENSES_TOKEN=s"} {
			if !slices.Contains(env, want) {
				t.Errorf("%s is missing in %v", want, env)
			}
		}
	}
	if log := logOf("l", TFE, "TestA"); log != filepath.Join("l", "tfe", "TestA.txt") {
		t.Error(log)
	}
}
