package directory

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// pattern compiles the Pattern of a rule so that it matches whole names. It must be an expression by itself: "a)|(b" would
// end the group that binds it to both ends.
func (r Rule) pattern() (*regexp.Regexp, error) {
	if _, err := regexp.Compile(r.Pattern); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + r.Pattern + `)$`)
}

// selects reports whether a rule is about a group, and the submatches of its Pattern. A rule that matches teams in TFE's
// way may select all groups.
func (r Rule) selects(id, name string, pattern *regexp.Regexp) ([]string, bool) {
	switch {
	case r.ID != "":
		return nil, id == r.ID
	case r.GroupName != "":
		return nil, name == r.GroupName
	case pattern != nil:
		found := pattern.FindStringSubmatch(name)
		return found, found != nil
	}
	return nil, true
}

// reference finds $1, ${1}, $$, and what only looks like one of them.
func reference() *regexp.Regexp { return regexp.MustCompile(`\$(?:\$|[0-9]+|\{[0-9]+\}|)`) }

// expand puts submatches into a template: $1 or ${1}, and $$ for a dollar. Unlike in regexp.Expand, $1_x is submatch 1 and
// "_x". Validate has refused other uses of $.
func expand(template string, found []string) string {
	return reference().ReplaceAllStringFunc(template, func(ref string) string {
		if n, err := strconv.Atoi(strings.Trim(ref, "${}")); err == nil && n < len(found) {
			return found[n]
		}
		return "$"
	})
}

// fixed reports whether a rule names its team in full, so that it may be an owners team.
func (r Rule) fixed() bool { return r.Pattern == "" || !strings.Contains(r.Team, "$") }

// place returns the organization and the team that a rule names for a group.
func (r Rule) place(found []string) (org, team string, err error) {
	org, team, _ = strings.Cut(r.Team, "/")
	if r.fixed() {
		return org, team, nil
	}
	org, team = expand(org, found), expand(team, found)
	if reason := teamNameFault(team); reason != "" {
		return "", "", fault.New(fault.Invalid, "team name %q %s", team, reason)
	}
	if org == "" || strings.ContainsAny(org, "/#") {
		return "", "", fault.New(fault.Invalid, "no organization can be named %q", org)
	}
	return org, team, nil
}

// teamNameFault says what is wrong with the name of a team that is made of a group's, "" for nothing.
func teamNameFault(name string) string {
	const longest = 90 // in TFE
	switch {
	case strings.TrimSpace(name) == "":
		return "is empty"
	case name != strings.TrimSpace(name):
		return "begins or ends with a space"
	case len([]rune(name)) > longest:
		return fmt.Sprintf("is longer than %d characters", longest)
	case strings.Contains(name, "/") || groupNameFault(name) != "":
		return "has a character that no team made by a rule may have"
	}
	return ""
}

// finds returns the teams that a rule of TFE's way finds for a group, and whether it found them by the group's name.
func (r Rule) finds(id, name string, teams []TeamState, ids func(string) bool) (found []TeamState, byName []bool) {
	for _, t := range teams {
		if t.Owners || (r.Organization != "" && catalog.NameKey(t.Organization) != catalog.NameKey(r.Organization)) {
			continue
		}
		switch {
		case r.Match == MatchTeamName && t.Name == name:
			found, byName = append(found, t), append(byName, true)
		case r.Match == MatchSSOTeamID && t.SSOTeamID != "" && t.SSOTeamID == id:
			found, byName = append(found, t), append(byName, false)
		case r.Match == MatchSSOTeamID && t.SSOTeamID != "" && t.SSOTeamID == name && !ids(name):
			found, byName = append(found, t), append(byName, true) // an id is not to be had by a name
		}
	}
	return found, byName
}

// byName reports whether a rule chooses groups by what they are called.
func (r Rule) byName() bool { return r.GroupName != "" || r.Pattern != "" }

// targets counts what a rule makes of a group.
func (r Rule) targets() int {
	return len(slices.DeleteFunc([]bool{r.Team != "", r.SiteAdmins, r.Match != ""}, func(set bool) bool { return !set }))
}

func (r Rule) selectors() int {
	return len(slices.DeleteFunc([]string{r.ID, r.GroupName, r.Pattern}, func(s string) bool { return s == "" }))
}
