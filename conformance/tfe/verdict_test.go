package main

import (
	"maps"
	"strings"
	"testing"
)

func TestReadVerdicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		output string
		want   Verdicts
	}{
		"nothing": {"", Verdicts{}},
		"a test with subtests": {
			"\x16=== RUN   TestA\n\x16=== RUN   TestA/one\n\x16--- PASS: TestA/one (0.01s)\n\x16=== NAME  TestA\n" +
				"\x16=== RUN   TestA/two\n    a_test.go:5: not yet\n\x16--- SKIP: TestA/two (0.00s)\n\x16--- PASS: TestA (0.02s)\n\x16PASS\n",
			Verdicts{"TestA": Passed, "TestA/one": Passed, "TestA/two": Skipped},
		},
		"a failure": {
			"\x16=== RUN   TestA\n\x16=== RUN   TestA/one#01\n\x16--- FAIL: TestA/one#01 (0.01s)\n\x16--- FAIL: TestA (0.02s)\n",
			Verdicts{"TestA": Failed, "TestA/one#01": Failed},
		},
		"a panic ends the process in the middle": {
			"\x16=== RUN   TestA\n\x16=== RUN   TestA/one\n\x16--- PASS: TestA/one (0.01s)\n\x16=== RUN   TestA/two\n" +
				"\x16--- FAIL: TestA (0.02s)\npanic: runtime error: invalid memory address\n",
			Verdicts{"TestA": Failed, "TestA/one": Passed, "TestA/two": Failed},
		},
		"a limit ends the process without a verdict": {
			"\x16=== RUN   TestA\n\x16=== PAUSE TestA\n\x16=== CONT  TestA\npanic: test timed out after 2m0s\n", Verdicts{"TestA": Failed},
		},
		"a verdict behind a line that was left open": {
			"\x16=== RUN   TestA\ncleaning up\x16--- PASS: TestA (0.02s)\n", Verdicts{"TestA": Passed},
		},
		"what a test prints is no verdict": {
			"\x16=== RUN   TestA\n--- PASS: TestA (0.02s)\n=== RUN   TestB\n", Verdicts{"TestA": Failed},
		},
		"the last line without an end": {"\x16=== RUN   TestA\n\x16--- PASS: TestA (0.02s)", Verdicts{"TestA": Passed}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readVerdicts(strings.NewReader(c.output))
			if err != nil || !maps.Equal(got, c.want) {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}
