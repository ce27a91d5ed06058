package directory_test

import (
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// estate is a model with the group "g1" of name "tf-devs" with two people, and a few teams to link to.
func estate(t *testing.T, names ...string) (*model, directory.Snapshot) {
	t.Helper()
	m := newModel(t)
	s := whole([]string{"1=ann", "2=bob"}, "g1=1,2")
	s.Groups[0].Name = "tf-devs"
	for i, name := range names {
		s.Groups = append(s.Groups, directory.Group{ID: "g" + string(rune('2'+i)), Name: name})
	}
	m.orgs = []string{"acme", "Globex"}
	for _, team := range []directory.TeamState{
		{Organization: "acme", Name: "owners", SSOTeamID: "g1", Owners: true},
		{Organization: "acme", Name: "devs", SSOTeamID: "sso-devs"},
		{Organization: "Globex", Name: "tf-devs", SSOTeamID: "g1"},
		{Organization: "acme", Name: "TF-devs", SSOTeamID: "tf-devs"},
	} {
		team.ID = m.id("team")
		m.teams[team.ID] = team
	}
	m.take(settings(), s, at(0))
	return m, s
}

func TestRulesMakeLinks(t *testing.T) {
	t.Parallel()
	long := ""
	for range 91 {
		long += "x"
	}
	tests := map[string]struct {
		rule  directory.Rule
		names []string // of further groups
		trust catalog.NameTrust
		want  []string
	}{
		"by id":                           {rule: directory.Rule{ID: "g1", Team: "ACME/Devs"}, want: []string{"create link g1 acme/devs"}},
		"by an id that is no group's":     {rule: directory.Rule{ID: "g", Team: "acme/devs"}},
		"by name":                         {rule: directory.Rule{GroupName: "tf-devs", Team: "acme/devs"}, want: []string{"create link g1 acme/devs"}},
		"a name of other case is another": {rule: directory.Rule{GroupName: "TF-devs", Team: "acme/devs"}},
		"by pattern":                      {rule: directory.Rule{Pattern: "tf-(.*)", Team: "acme/$1"}, want: []string{"create link g1 acme/devs"}},
		"by pattern and braces":           {rule: directory.Rule{Pattern: "(tf)-(.*)", Team: "acme/${2}"}, want: []string{"create link g1 acme/devs"}},
		"a pattern matches whole names":   {rule: directory.Rule{Pattern: "f-(.*)|tf", Team: "acme/$1"}},
		"no such team":                    {rule: directory.Rule{ID: "g1", Team: "acme/none"}, want: []string{"conflict link g1 … the rule makes none"}},
		"which the rule makes":            {rule: directory.Rule{ID: "g1", Team: "acme/none", Create: true}, want: []string{"create link g1 acme/none new"}},
		"a team of the pattern, made":     {rule: directory.Rule{Pattern: "tf-(.*)", Team: "acme/x$1_y", Create: true}, want: []string{"create link g1 acme/xdevs_y new"}},
		"no rule makes an organization":   {rule: directory.Rule{ID: "g1", Team: "none/devs", Create: true}, want: []string{"conflict link g1 … rules make none"}},
		"for all, of one without trust":   {rule: directory.Rule{Shared: true, GroupName: "tf-devs", Team: "acme/devs"}, want: []string{"conflict link g1 … must name it as its source"}},
		"for all, of one that is trusted": {rule: directory.Rule{Shared: true, GroupName: "tf-devs", Team: "acme/devs"}, trust: catalog.TrustTeams, want: []string{"create link g1 acme/devs"}},
		"for all, pattern, no trust":      {rule: directory.Rule{Shared: true, Pattern: "tf-(.*)", Team: "acme/$1"}, trust: catalog.TrustNone, want: []string{"conflict link g1 … must name it as its source"}},
		"for all, pattern, more trust":    {rule: directory.Rule{Shared: true, Pattern: "tf-(.*)", Team: "acme/$1"}, trust: catalog.TrustAdministrators, want: []string{"create link g1 acme/devs"}},
		"for all, TFE, no trust":          {rule: directory.Rule{Shared: true, Match: directory.MatchTeamName}, trust: catalog.TrustNone, want: []string{"conflict link g1 … must name it as its source"}},
		"for all, TFE, nothing found":     {rule: directory.Rule{Shared: true, Match: directory.MatchTeamName, Organization: "acme"}, trust: catalog.TrustNone},
		"for all, TFE":                    {rule: directory.Rule{Shared: true, Match: directory.MatchTeamName}, trust: catalog.TrustTeams, want: []string{"create link g1 Globex/tf-devs"}},
		"for all, by id":                  {rule: directory.Rule{Shared: true, ID: "g1", Team: "acme/devs"}, trust: catalog.TrustTeams, want: []string{"conflict link g1 … it must name its source"}},
		"an organization of the pattern":  {rule: directory.Rule{Pattern: "tf-(.*)", Team: "$1/devs", Create: true}, want: []string{"conflict link g1 … no organization devs"}},
		"an empty submatch":               {rule: directory.Rule{Pattern: "tf-devs(.*)", Team: "acme/$1", Create: true}, want: []string{"conflict link g1 … is empty"}},
		"a slash from the group's name":   {rule: directory.Rule{Pattern: "tf-devs|(.*)", Team: "acme/devs$1", Create: true}, names: []string{"/x"}, want: []string{"create link g1 acme/devs", "conflict link g2 … has a character"}},
		"a name that is too long":         {rule: directory.Rule{Pattern: "(x+)", Team: "acme/$1", Create: true}, names: []string{long}, want: []string{"conflict link g2 … longer than 90"}},
		"the longest name":                {rule: directory.Rule{Pattern: "(x+)", Team: "acme/$1", Create: true}, names: []string{long[1:]}, want: []string{"create link g2 acme/" + long[1:] + " new"}},
		"the owners team, in full":        {rule: directory.Rule{ID: "g1", Team: "acme/owners"}, want: []string{"create link g1 acme/owners"}},
		"in full, chosen by pattern":      {rule: directory.Rule{Pattern: "tf-(.*)", Team: "acme/owners"}, want: []string{"create link g1 acme/owners"}},
		"the owners team, by submatch":    {rule: directory.Rule{Pattern: "(Owners)", Team: "acme/$1", Create: true}, names: []string{"Owners"}, want: []string{"conflict link g2 … must name in full"}},
		"several groups of the name":      {rule: directory.Rule{GroupName: "tf-devs", Team: "acme/devs"}, names: []string{"tf-devs"}, want: []string{"conflict link g1 … several groups are named", "conflict link g2 … several groups"}},
		"several, told apart by id":       {rule: directory.Rule{ID: "g2", Team: "acme/devs"}, names: []string{"tf-devs"}, want: []string{"create link g2 acme/devs"}},
		"site admins":                     {rule: directory.Rule{ID: "g1", SiteAdmins: true}, trust: catalog.TrustAdministrators, want: []string{"create site admins g1"}},
		"site admins without trust":       {rule: directory.Rule{ID: "g1", SiteAdmins: true}, trust: catalog.TrustTeams, want: []string{"conflict link g1 … not trusted with administrators"}},
		"TFE: by name":                    {rule: directory.Rule{Match: directory.MatchTeamName}, want: []string{"create link g1 Globex/tf-devs"}},
		"TFE: by SSO team ID":             {rule: directory.Rule{Match: directory.MatchSSOTeamID}, want: []string{"create link g1 Globex/tf-devs", "create link g1 acme/TF-devs"}},
		"TFE: in one organization":        {rule: directory.Rule{Match: directory.MatchSSOTeamID, Organization: "ACME"}, want: []string{"create link g1 acme/TF-devs"}},
		"TFE: for one group":              {rule: directory.Rule{Match: directory.MatchTeamName, ID: "g9"}},
		"TFE: a group named like an id":   {rule: directory.Rule{Match: directory.MatchSSOTeamID, Organization: "globex"}, names: []string{"g1"}, want: []string{"create link g1 Globex/tf-devs"}},
		"TFE: owners are not found":       {rule: directory.Rule{Match: directory.MatchTeamName}, names: []string{"owners"}, want: []string{"create link g1 Globex/tf-devs"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, s := estate(t, test.names...)
			set := settings()
			test.rule.Name = "r"
			set.Rules, m.trust = []directory.Rule{test.rule}, test.trust
			if err := set.Validate(); err != nil {
				t.Fatal(err)
			}
			does(t, m.take(set, s, at(1)), test.want...)
			if again := m.plan(set, s, at(1)); !again.Empty() {
				t.Errorf("the second plan: %q", brief(again))
			}
		})
	}
}

func TestWhatRulesMakeEndsWithThem(t *testing.T) {
	t.Parallel()
	with := settings()
	with.Rules = []directory.Rule{{Name: "r", GroupName: "tf-devs", Team: "acme/devs"}, {Name: "a", ID: "g1", SiteAdmins: true}}
	linked := func(t *testing.T) (*model, directory.Snapshot) {
		m, s := estate(t)
		m.trust = catalog.TrustAdministrators
		m.links["hand"] = directory.LinkState{ID: "hand", GroupID: m.groups["g1"].ID, Organization: "Globex", Team: "tf-devs"}
		m.take(with, s, at(0))
		if len(m.links) != 3 {
			t.Fatalf("links: %+v", m.links)
		}
		return m, s
	}
	both := []string{"delete site admins g1", "delete link g1 acme/devs"}
	tests := map[string]struct {
		change func(m *model, s *directory.Snapshot, set *directory.Settings)
		want   []string
	}{
		"the rules stay":   {func(*model, *directory.Snapshot, *directory.Settings) {}, nil},
		"no rule any more": {func(_ *model, _ *directory.Snapshot, set *directory.Settings) { set.Rules = nil }, both},
		"another rule makes it": {func(_ *model, _ *directory.Snapshot, set *directory.Settings) {
			set.Rules[0] = directory.Rule{Name: "x", ID: "g1", Team: "acme/devs"}
		}, nil},
		"a person made it too":       {func(m *model, _ *directory.Snapshot, set *directory.Settings) { set.Rules[0].Team = "globex/TF-devs" }, both[1:]},
		"the group has another name": {func(_ *model, s *directory.Snapshot, _ *directory.Settings) { s.Groups[0].Name = "x" }, []string{"update g1", both[1]}},
		"its team has another name":  {func(m *model, _ *directory.Snapshot, _ *directory.Settings) { renameTeam(m, "devs", "developers") }, []string{"conflict link g1 … what it linked stays"}},
		"its organization has another name": {func(m *model, _ *directory.Snapshot, _ *directory.Settings) {
			m.orgs = []string{"acme-corp", "Globex"}
			for id, team := range m.teams {
				if team.Organization == "acme" {
					team.Organization = "acme-corp"
					m.teams[id] = team
				}
			}
			for id, l := range m.links {
				if l.Organization == "acme" {
					l.Organization = "acme-corp"
					m.links[id] = l
				}
			}
		}, []string{"conflict link g1 … what it linked stays"}},
		"the group, and so its team": {func(_ *model, s *directory.Snapshot, set *directory.Settings) {
			set.Rules[0] = directory.Rule{Name: "r", Pattern: "tf-(.*)", Team: "acme/$1"}
			s.Groups[0].Name = "tf-none"
		}, []string{"update g1", both[1], "conflict link g1 … the rule makes none"}},
		"another rule's team is not there": {func(_ *model, _ *directory.Snapshot, set *directory.Settings) {
			set.Rules[0] = directory.Rule{Name: "x", ID: "g1", Team: "acme/none"}
		}, []string{both[1], "conflict link g1 … the rule makes none"}},
		"site admins' rule makes a team that is not there": {func(_ *model, _ *directory.Snapshot, set *directory.Settings) {
			set.Rules[1] = directory.Rule{Name: "a", ID: "g1", Team: "acme/none"}
		}, []string{both[0], "conflict link g1 … the rule makes none"}},
		"another group of the name": {func(_ *model, s *directory.Snapshot, _ *directory.Settings) {
			s.Groups = append(s.Groups, directory.Group{ID: "g0", Name: "tf-devs"})
		}, []string{"create g0", "conflict link g0 … several groups are named"}},
		"trust is taken":          {func(m *model, _ *directory.Snapshot, _ *directory.Settings) { m.trust = catalog.TrustTeams }, []string{both[0], "conflict link g1 … not trusted"}},
		"the group is gone: kept": {func(_ *model, s *directory.Snapshot, set *directory.Settings) { s.Groups, set.Rules = nil, nil }, []string{"retire g1 -1 -2"}},
		"the group is paused": {func(m *model, _ *directory.Snapshot, set *directory.Settings) {
			m.groups["g1"].Paused, set.Rules = true, nil
		}, []string{"unknown g1"}},
		"the group is unknown": {func(_ *model, s *directory.Snapshot, _ *directory.Settings) { s.Groups[0].Unknown = "429" }, []string{"unknown g1"}},
		"the link is paused": {func(m *model, _ *directory.Snapshot, set *directory.Settings) {
			set.Rules = nil
			for id, l := range m.links {
				l.Paused = true
				m.links[id] = l
			}
		}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, s := linked(t)
			set := with
			set.Rules = append([]directory.Rule(nil), with.Rules...)
			test.change(m, &s, &set)
			p := m.take(set, s, at(1))
			does(t, p, test.want...)
			for _, c := range p.Links {
				if c.Op == directory.OpDelete && c.People != 2 {
					t.Errorf("%+v takes %d people", c, c.People)
				}
			}
			if _, there := m.links["hand"]; !there {
				t.Error("what a person linked is gone")
			}
		})
	}
}

// renameTeam gives a team of acme another name, everywhere.
func renameTeam(m *model, from, to string) {
	for id, team := range m.teams {
		if team.Organization == "acme" && team.Name == from {
			team.Name = to
			m.teams[id] = team
		}
	}
	for id, l := range m.links {
		if l.Organization == "acme" && l.Team == from {
			l.Team = to
			m.links[id] = l
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	good := directory.Settings{Name: "corp", Rules: []directory.Rule{{Name: "r", Pattern: "(a)", Team: "o/$1-$$"}, {Name: "m", Match: directory.MatchTeamName, Organization: "o"}}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	rule := func(r directory.Rule) func(*directory.Settings) {
		r.Name = "r"
		return func(s *directory.Settings) { s.Rules = []directory.Rule{r} }
	}
	tests := map[string]struct {
		change func(*directory.Settings)
		fields []string
	}{
		"no name":              {func(s *directory.Settings) { s.Name = " " }, []string{"name"}},
		"nesting":              {func(s *directory.Settings) { s.Nesting = "deep" }, []string{"nesting"}},
		"negative numbers":     {func(s *directory.Settings) { s.MaxDepth, s.Keep, s.Interval, s.FullEvery = -1, -1, -1, -1 }, []string{"max-depth", "keep", "interval", "full-every"}},
		"no pattern":           {func(s *directory.Settings) { s.Users.Include, s.Groups.Exclude = []string{"["}, []string{"a", ""} }, []string{"users.include[0]", "groups.exclude[1]"}},
		"nobody is protected":  {func(s *directory.Settings) { s.Protected = []string{"a", " "} }, []string{"protected[1]"}},
		"more than all":        {func(s *directory.Settings) { s.Limits.Day.Percent = 101 }, []string{"limits.day.percent"}},
		"rules of one name":    {func(s *directory.Settings) { s.Rules[1].Name = "r" }, []string{"rules[1].name"}},
		"a rule for nothing":   {rule(directory.Rule{}), []string{"rules[0]", "rules[0]"}},
		"two ways to choose":   {rule(directory.Rule{ID: "a", GroupName: "b", Team: "o/t"}), []string{"rules[0]"}},
		"two targets":          {rule(directory.Rule{ID: "a", SiteAdmins: true, Team: "o/t"}), []string{"rules[0]"}},
		"no expression":        {rule(directory.Rule{Pattern: "(", Team: "o/t"}), []string{"rules[0].pattern"}},
		"half an expression":   {rule(directory.Rule{Pattern: "a)|(b", Team: "o/t"}), []string{"rules[0].pattern"}},
		"a whole one":          {rule(directory.Rule{Pattern: "(a)|(b)", Team: "o/t"}), nil},
		"no such submatch":     {rule(directory.Rule{Pattern: "(a)", Team: "o/$2"}), []string{"rules[0].team"}},
		"a dollar for nothing": {rule(directory.Rule{Pattern: "(a)", Team: "o/$x"}), []string{"rules[0].team"}},
		"no organization":      {rule(directory.Rule{ID: "a", Team: "team"}), []string{"rules[0].team"}},
		"create without team":  {rule(directory.Rule{ID: "a", SiteAdmins: true, Create: true}), []string{"rules[0].create"}},
		"match":                {rule(directory.Rule{Match: "x"}), []string{"rules[0].match"}},
		"organization":         {rule(directory.Rule{ID: "a", Team: "o/t", Organization: "o"}), []string{"rules[0].organization"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := good
			set.Rules = append([]directory.Rule(nil), good.Rules...)
			test.change(&set)
			var fields []string
			for _, f := range fault.All(set.Validate()) {
				fields = append(fields, f.Field)
			}
			if len(fields) != len(test.fields) {
				t.Fatalf("faults at %q, want %q", fields, test.fields)
			}
			for i := range fields {
				if fields[i] != test.fields[i] {
					t.Errorf("faults at %q, want %q", fields, test.fields)
				}
			}
		})
	}
}
