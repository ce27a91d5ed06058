package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Document is one of the documents, with its rules in their order.
type Document struct {
	File   string // name of the file that holds its rules
	Prefix string // of their ids: "HCP"
	Title  string
	About  string
	Rules  []Rule
}

// Rule is one thing that a document says.
type Rule struct {
	ID      string
	Part    string // the document's section
	Says    string // the rule
	Here    string // how Terrawarden expresses it
	Server  string // the server it runs on, a key of Servers
	OneSide string // why it has an allowed or a refused side alone
	NotYet  string // why it does not hold yet
	People  []string
	Steps   []Step
}

// Section says what a step is for.
type Section string

// The sections of a rule. Steps run in the order they are written in, whatever section they stand in.
const (
	Setup   Section = "setup"
	Allowed Section = "allowed"
	Refused Section = "refused"
)

// Status says how far a rule is proved.
type Status string

// What can be said of a rule.
const (
	Proved   Status = "proved"
	OneSided Status = "one-sided"
	NotYet   Status = "not yet"
)

// Status returns how far the rule is proved when all of its steps pass.
func (r Rule) Status() Status {
	switch {
	case r.NotYet != "":
		return NotYet
	case r.OneSide != "":
		return OneSided
	}
	return Proved
}

// count returns how many steps stand in a section.
func (r Rule) count(s Section) int {
	n := 0
	for _, step := range r.Steps {
		if step.Section == s {
			n++
		}
	}
	return n
}

// check returns what is wrong with a rule as a whole.
func (r Rule) check() error {
	for name, text := range map[string]string{"part": r.Part, "says": r.Says, "here": r.Here} {
		if text == "" {
			return fmt.Errorf("%s: has no %s", r.ID, name)
		}
	}
	if _, known := Servers()[r.Server]; !known {
		return fmt.Errorf("%s: there is no server %q", r.ID, r.Server)
	}
	allowed, refused := r.count(Allowed), r.count(Refused)
	switch {
	case r.NotYet != "" && len(r.Steps) == 0: // what cannot even be asked
		return nil
	case allowed+refused == 0:
		return fmt.Errorf("%s: proves nothing", r.ID)
	case (allowed == 0 || refused == 0) != (r.OneSide != ""):
		return fmt.Errorf("%s: needs an allowed and a refused side, or one of them and a one-sided", r.ID)
	}
	for _, step := range r.Steps {
		if err := step.fits(); err != nil {
			return fmt.Errorf("%s: line %d: %w", r.ID, step.Line, err)
		}
	}
	return r.checkActors()
}

// checkActors refuses a step of somebody who was never introduced: a typing error would pass as a refusal.
func (r Rule) checkActors() error {
	known := append(builtins(), r.People...)
	for _, step := range r.Steps {
		if step.Login {
			known = append(known, step.Who...)
		}
		for _, who := range step.Who {
			if !slices.Contains(known, who) && !strings.Contains(who, ":") {
				return fmt.Errorf("%s: line %d: nobody introduced %s", r.ID, step.Line, who)
			}
		}
		if step.issuesToken() {
			known = append(known, step.As)
		}
	}
	return nil
}

// Unmatched returns the refused calls of a rule that answer as if something were not there, and that nobody made with
// success: a wrong path would pass for them.
func Unmatched(r Rule) []Step {
	good := map[string]bool{}
	for _, step := range r.Steps {
		if step.Method != "" && strings.HasPrefix(step.Status, "2") {
			good[step.shape()] = true
		}
	}
	var out []Step
	for _, step := range r.Steps {
		if step.Section == Refused && step.Status == "404" && !good[step.shape()] {
			out = append(out, step)
		}
	}
	return out
}

// builtins are the people whom every rule knows.
func builtins() []string { return []string{owner, member, outsider, site, nobody} }

// The people whom every rule knows.
const (
	owner    = "owner"    // made the organization
	member   = "member"   // is in a team of it that holds nothing
	outsider = "outsider" // owns another organization
	site     = "site"     // the site admin, by the site token
	nobody   = "nobody"   // sends no credential
)
