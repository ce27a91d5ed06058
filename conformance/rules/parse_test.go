package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/conformance/rules"
)

// head begins a file with one rule that lacks its steps.
const head = `prefix: X
title: X
about: Xs.

== X-001
part: a
says: b
here: c
`

// Whatever would let a rule pass without proving anything is refused when it is read.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"a rule without steps":                {head + "", "proves nothing"},
		"no refused side":                     {head + "allowed:\n  owner may view organization:{org}\n", "needs an allowed and a refused side"},
		"no allowed side":                     {head + "refused:\n  member may not delete organization:{org}\n", "needs an allowed and a refused side"},
		"one-sided with both sides":           {head + "one-sided: why\nallowed:\n  owner may view organization:{org}\nrefused:\n  member may not delete organization:{org}\n", "needs an allowed and a refused side"},
		"an allowed step that refuses":        {head + "allowed:\n  owner: GET organizations/{org} -> 404\nrefused:\n  member may not delete organization:{org}\n", "allows nothing"},
		"an allowed step that says may not":   {head + "allowed:\n  owner may not view organization:{org}\nrefused:\n  member may not delete organization:{org}\n", "allows nothing"},
		"a refused step that succeeds":        {head + "allowed:\n  owner may view organization:{org}\nrefused:\n  member: GET organizations/{org} -> 200\n", "refuses nothing"},
		"a refused step that says may":        {head + "allowed:\n  owner may view organization:{org}\nrefused:\n  member may view organization:{org}\n", "refuses nothing"},
		"somebody whom nobody introduced":     {head + "allowed:\n  owner may view organization:{org}\nrefused:\n  dev may not delete organization:{org}\n", "nobody introduced dev"},
		"a call without a status":             {head + "allowed:\n  owner: GET organizations/{org}\n", "neither a call nor a check"},
		"a status that is none":               {head + "allowed:\n  owner: GET organizations/{org} -> fine\n", "no status after the arrow"},
		"half a pair after the arrow":         {head + "allowed:\n  owner: GET organizations/{org} -> 200 shows\n", "something is missing"},
		"a word after the arrow that is none": {head + "allowed:\n  owner: GET organizations/{org} -> 200 likes it\n", "is not as, shows, hides or has"},
		"a quote without an end":              {head + "allowed:\n  owner: POST organizations name=\"a -> 201\n", "a quote that does not end"},
		"a macro that lacks a word":           {head + "setup:\n  access devs read\n", "needs 5 words"},
		"a step outside of a section":         {head + "  owner may view organization:{org}\n", "outside setup, allowed and refused"},
		"an unknown field":                    {head + "because: no\n", "there is no field because"},
		"a line that is no field":             {head + "nothing\n", "not a field"},
		"an unknown server":                   {head + "server: moon\nallowed:\n  owner may view organization:{org}\nrefused:\n  member may not delete organization:{org}\n", "there is no server"},
		"a number out of order":               {strings.Replace(head, "X-001", "X-002", 1) + "not-yet: why\n", "X-002 stands where X-001 is due"},
		"a rule without words":                {strings.Replace(head, "says: b\n", "", 1) + "not-yet: why\n", "has no says"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := rules.Parse("x.rules", test.text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	d, err := rules.Parse("x.rules", head+`setup:
  team devs secret manage-policies: dev, mate
  access devs custom on workspace app runs=plan as given
allowed:
  dev, mate: POST organizations/{org}/teams name="two words" -> 201 as more has name="two words" shows {devs}
  dev may queue_plan, otf:run:create workspace:{app}
refused:
  team:{devs} may not team view module organization:{org}
  owner may not read_variable workspace:{app} sensitive
`)
	if err != nil {
		t.Fatal(err)
	}
	r := d.Rules[0]
	var got []string
	for _, step := range r.Steps {
		got = append(got, string(step.Section)+" "+step.Text)
	}
	want := []string{
		"setup owner: POST organizations/{org}/teams name=devs visibility=secret organization-access.manage-policies=true -> 2xx as devs",
		"setup owner: POST teams/{devs}/relationships/users +users:{name:dev} +users:{name:mate} -> 204",
		"setup owner: POST team-workspaces access=custom runs=plan team~teams:{devs} workspace~workspaces:{app} -> 2xx as given",
		`allowed dev, mate: POST organizations/{org}/teams name="two words" -> 201 as more has name="two words" shows {devs}`,
		"allowed dev may queue_plan, otf:run:create workspace:{app}",
		"refused team:{devs} may not team view module organization:{org}",
		"refused owner may not read_variable workspace:{app} sensitive",
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(r.People, []string{"dev", "mate"}) || r.Status() != rules.Proved {
		t.Errorf("people %v, status %s", r.People, r.Status())
	}
	call, check, words, sensitive := r.Steps[3], r.Steps[4], r.Steps[5], r.Steps[6]
	if len(call.Who) != 2 || call.Args[0] != "name=two words" || call.As != "more" || call.Has[0] != "name=two words" || call.Shows[0] != "{devs}" {
		t.Errorf("the call is %+v", call)
	}
	if !slices.Equal(check.Actions, []string{"queue_plan", "otf:run:create"}) || check.Not || check.Object != "workspace:{app}" {
		t.Errorf("the check is %+v", check)
	}
	if !slices.Equal(words.Actions, []string{"team view module"}) || !words.Not || !sensitive.Sensitive || sensitive.Object != "workspace:{app}" {
		t.Errorf("the refusals are %+v and %+v", words, sensitive)
	}
}
