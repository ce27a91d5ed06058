package directory

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Validate reports every fault of the settings at once, each naming its option as the configuration spells it.
func (s Settings) Validate() error {
	var faults []error
	add := func(err error) { faults = append(faults, err) }
	if strings.TrimSpace(s.Name) == "" {
		add(fault.At("name", "can't be blank"))
	}
	switch s.Nesting {
	case "", NestingKept, NestingFlattened, NestingIgnored:
	default:
		add(fault.At("nesting", "must be keep, flatten or ignore"))
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"max-depth", int64(s.MaxDepth)}, {"keep", int64(s.Keep)}, {"interval", int64(s.Interval)}, {"full-every", int64(s.FullEvery)},
	} {
		if n.value < 0 {
			add(fault.At(n.name, "must not be negative"))
		}
	}
	s.Users.check("users", add)
	s.Groups.check("groups", add)
	for i, name := range s.Protected {
		if strings.TrimSpace(name) == "" {
			add(fault.At(fmt.Sprintf("protected[%d]", i), "can't be blank"))
		}
	}
	s.Limits.check(add)
	names := map[string]bool{}
	for i, r := range s.Rules {
		r.check(fmt.Sprintf("rules[%d]", i), add)
		if r.Name != "" && names[r.Name] {
			add(fault.At(fmt.Sprintf("rules[%d].name", i), "is that of another rule: %s", r.Name))
		}
		names[r.Name] = true
	}
	return errors.Join(faults...)
}

func (f Filter) check(field string, add func(error)) {
	for _, part := range []struct {
		name     string
		patterns []string
	}{{"include", f.Include}, {"exclude", f.Exclude}} {
		for i, pattern := range part.patterns {
			if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
				add(fault.At(fmt.Sprintf("%s.%s[%d]", field, part.name, i), "is no pattern: %q", pattern))
			}
		}
	}
}

func (r Rule) check(field string, add func(error)) {
	if strings.TrimSpace(r.Name) == "" {
		add(fault.At(field+".name", "can't be blank"))
	}
	switch n := r.selectors(); {
	case n > 1:
		add(fault.At(field, "must choose groups by one of id, group and pattern"))
	case n == 0 && r.Match == "":
		add(fault.At(field, "must choose groups by id, group or pattern"))
	}
	if r.targets() != 1 {
		add(fault.At(field, "must have one of team, site-admins and match"))
	}
	if r.Create && r.Team == "" {
		add(fault.At(field+".create", "is for rules that name a team"))
	}
	if r.Organization != "" && r.Match == "" {
		add(fault.At(field+".organization", "is for rules that match teams"))
	}
	switch r.Match {
	case "", MatchSSOTeamID, MatchTeamName:
	default:
		add(fault.At(field+".match", "must be sso-team-id or team-name"))
	}
	groups := 0
	if r.Pattern != "" {
		compiled, err := r.pattern()
		if err != nil {
			add(fault.At(field+".pattern", "is no regular expression: %v", err))
			return
		}
		groups = compiled.NumSubexp()
	}
	if r.Team != "" {
		r.checkTeam(field+".team", groups, add)
	}
}

// checkTeam refuses a team that no group could ever lead to.
func (r Rule) checkTeam(field string, groups int, add func(error)) {
	org, team, ok := strings.Cut(r.Team, "/")
	if !ok || strings.TrimSpace(org) == "" || strings.TrimSpace(team) == "" {
		add(fault.At(field, "must be organization/team"))
		return
	}
	if r.fixed() {
		if reason := groupNameFault(team); reason != "" || team != strings.TrimSpace(team) || org != strings.TrimSpace(org) {
			add(fault.At(field, "no team can be named %q", r.Team))
		}
		return
	}
	for _, ref := range reference().FindAllString(r.Team, -1) {
		var n int
		switch _, err := fmt.Sscanf(strings.Trim(ref, "${}"), "%d", &n); {
		case ref == "$$":
		case err != nil:
			add(fault.At(field, "must use $ before the number of a submatch, or as $$"))
		case n > groups:
			add(fault.At(field, "uses %s, and the pattern has %d submatches", ref, groups))
		}
	}
}
