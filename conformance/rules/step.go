package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Step is a call or a check, with what is expected of it.
type Step struct {
	Section Section
	Line    int
	Text    string   // as written, or as a macro wrote it
	Who     []string // each of them takes the step

	// of a call
	Method, Path string
	Args         []string
	Status       string // "201", "2xx"
	As           string // the variable that takes the id
	Shows, Hides []string
	Has          []string // "permissions.can-update=true"

	// of a check
	Actions   []string
	Object    string // "workspace:{app}"
	Not       bool
	Sensitive bool

	// of a login
	Login  bool
	Forged bool
	Groups []string
}

// The forms of steps.
var (
	callForm  = regexp.MustCompile(`^([a-z][a-z0-9-]*(?:, [a-z][a-z0-9-]*)*): (GET|POST|PUT|PATCH|DELETE) (\S+)(?: (.*))?$`)
	checkForm = regexp.MustCompile(`^([a-z][a-zA-Z0-9:_{}@.-]*(?:, [a-z][a-zA-Z0-9:_{}@.-]*)*) may( not)? (.+?) ([a-z_]+:\S+)( sensitive)?$`)
	loginForm = regexp.MustCompile(`^([a-z][a-z0-9-]*) signs in( with a forged token)?(?: from the groups (.+))?$`)
	status    = regexp.MustCompile(`^[2-5](\d\d|xx)$`)
	named     = regexp.MustCompile(`\{[a-z][a-z0-9:-]*\}[a-z0-9-]*`)
	variable  = regexp.MustCompile(`\{([a-z][a-z0-9:-]*)\}`)
)

// parseStep reads a line that is no macro.
func parseStep(section Section, line int, text string) (Step, error) {
	s := Step{Section: section, Line: line, Text: text}
	if found := checkForm.FindStringSubmatch(text); found != nil {
		s.Who, s.Not = strings.Split(found[1], ", "), found[2] != ""
		s.Actions, s.Object, s.Sensitive = strings.Split(found[3], ", "), found[4], found[5] != ""
		return s, nil
	}
	if found := loginForm.FindStringSubmatch(text); found != nil {
		s.Who, s.Login, s.Forged = []string{found[1]}, true, found[2] != ""
		if found[3] != "" {
			s.Groups = strings.Split(found[3], ", ")
		}
		return s, nil
	}
	call, wanted, ok := strings.Cut(text, " -> ")
	found := callForm.FindStringSubmatch(call)
	if !ok || found == nil {
		return s, fmt.Errorf("line %d: neither a call nor a check nor a macro: %s", line, text)
	}
	s.Who, s.Method, s.Path = strings.Split(found[1], ", "), found[2], found[3]
	args, err := words(found[4])
	if err == nil {
		s.Args, err = args, s.expect(wanted)
	}
	if err != nil {
		return s, fmt.Errorf("line %d: %w", line, err)
	}
	return s, nil
}

// expect reads what follows the arrow: a status, then pairs of a word and its argument.
func (s *Step) expect(wanted string) error {
	all, err := words(wanted)
	if err != nil || len(all) == 0 || !status.MatchString(all[0]) {
		return errors.Join(err, fmt.Errorf("no status after the arrow: %q", wanted))
	}
	s.Status = all[0]
	if len(all)%2 == 0 {
		return fmt.Errorf("something is missing after the arrow: %q", wanted)
	}
	for pair := range slices.Chunk(all[1:], 2) {
		switch pair[0] {
		case "as":
			s.As = pair[1]
		case "shows":
			s.Shows = append(s.Shows, pair[1])
		case "hides":
			s.Hides = append(s.Hides, pair[1])
		case "has":
			s.Has = append(s.Has, pair[1])
		default:
			return fmt.Errorf("after the arrow: %q is not as, shows, hides or has", pair[0])
		}
	}
	return nil
}

// fits refuses a step that does not say what its section says.
func (s Step) fits() error {
	refuses := s.Not || s.Status >= "4" || len(s.Hides) > 0 || slices.ContainsFunc(s.Has, func(h string) bool { return strings.HasSuffix(h, "=false") })
	switch {
	case s.Section == Refused && !refuses:
		return fmt.Errorf("refuses nothing: %s", s.Text)
	case s.Section == Allowed && (s.Not || s.Status >= "4"):
		return fmt.Errorf("allows nothing: %s", s.Text)
	}
	return nil
}

// issuesToken reports whether the step makes a credential that later steps use.
func (s Step) issuesToken() bool { return s.As != "" && strings.Contains(s.Path, "token") }

// shape is a call without what differs from one object to another.
func (s Step) shape() string {
	path, _, _ := strings.Cut(s.Path, "?")
	return s.Method + " " + named.ReplaceAllString(path, ":id")
}

// words cuts a line at its blanks. Quotes hold a word together; json: takes the rest of the line as it is.
func words(line string) ([]string, error) {
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimLeft(line, " ") {
		if strings.HasPrefix(line, "json:") {
			return append(out, line), nil
		}
		var word strings.Builder
		quoted := false
		i := 0
		for ; i < len(line) && (quoted || line[i] != ' '); i++ {
			if line[i] == '"' {
				quoted = !quoted
				continue
			}
			word.WriteByte(line[i])
		}
		if quoted {
			return nil, fmt.Errorf("a quote that does not end: %s", line)
		}
		out, line = append(out, word.String()), line[i:]
	}
	return out, nil
}
