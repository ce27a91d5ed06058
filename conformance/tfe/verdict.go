package main

import (
	"bufio"
	"io"
	"regexp"
	"strings"
)

// Verdict is what became of a test.
type Verdict string

// Verdicts. A test that began and has no other, because its process ended, has failed.
const (
	Passed  Verdict = "PASS"
	Failed  Verdict = "FAIL"
	Skipped Verdict = "SKIP"
)

// Verdicts are those of a test and its subtests by their full names.
type Verdicts map[string]Verdict

// framed finds what the testing package itself says, which -test.v=test2json marks with the byte 0x16. What tests
// print cannot be taken for it, nor can a line that they leave open hide it.
const framed = `\x16\s*(?:=== (RUN)|--- (PASS|FAIL|SKIP):)\s+(\S+)`

// readVerdicts reads the output of a test binary that was run with -test.v=test2json.
func readVerdicts(output io.Reader) (Verdicts, error) {
	said, lines := regexp.MustCompile(framed), bufio.NewReader(output)
	verdicts := Verdicts{}
	for {
		line, err := lines.ReadString('\n')
		for _, found := range said.FindAllStringSubmatch(line, -1) {
			run, verdict, test := found[1], found[2], found[3]
			if run != "" {
				verdict = string(Failed)
			}
			verdicts[test] = Verdict(verdict)
		}
		switch err {
		case nil:
		case io.EOF:
			return verdicts, nil
		default:
			return nil, err
		}
	}
}

// isSubtest reports whether a name is that of a subtest.
func isSubtest(test string) bool { return strings.Contains(test, "/") }

// topOf returns the top-level test that a test belongs to.
func topOf(test string) string {
	top, _, _ := strings.Cut(test, "/")
	return top
}
