package directory_test

import (
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func TestAnIDThatIsUsedAgain(t *testing.T) {
	t.Parallel()
	user := func(name, mail string) directory.User { return directory.User{ID: "1", Username: name, Email: mail} }
	bob := user("bob", "bob@corp.example")
	tests := map[string]struct {
		was, is directory.User
		want    []string
	}{
		"nothing is as it was":                {bob, user("mallory", "mallory@corp.example"), []string{"conflict user 1 … may stand for somebody else"}},
		"another name, and no address":        {bob, user("mallory", ""), []string{"conflict user 1 … may stand for somebody else"}},
		"another name, and no address yet":    {user("bob", ""), user("mallory", "m@corp.example"), []string{"conflict user 1 … may stand for somebody else"}},
		"he is as he was":                     {bob, bob, []string{"restore 1=bob"}},
		"in other letters":                    {bob, user("BOB", "robert@corp.example"), []string{"update 1=BOB", "restore 1=BOB"}},
		"another name alone":                  {bob, user("robert", "BOB@corp.example"), []string{"update 1=robert", "restore 1=robert"}},
		"another address alone":               {bob, user("bob", "robert@corp.example"), []string{"update 1=bob", "restore 1=bob"}},
		"where nobody has an address":         {user("bob", ""), user("robert", ""), []string{"update 1=robert", "restore 1=robert"}},
		"a name that was made legal is his":   {user("b b", "b@corp.example"), user("b b", "c@corp.example"), []string{"update 1=b-b", "restore 1=b-b"}},
		"the address is that of a new domain": {bob, user("bob", "bob@new.example"), []string{"update 1=bob", "restore 1=bob"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, s := newModel(t), whole([]string{"2=ann"}, "g=1,2")
			of := func(u directory.User) directory.Snapshot {
				out := s
				out.Users = append([]directory.User{u}, s.Users...)
				return out
			}
			m.take(settings(), of(test.was), at(0))
			m.take(settings(), whole([]string{"2=ann"}, "g=2"), at(1))
			does(t, m.plan(settings(), of(test.is), at(2)), test.want...)

			disabled := test.is
			disabled.Disabled = true
			p := m.plan(settings(), of(disabled), at(2))
			if conflict := strings.HasPrefix(test.want[0], "conflict"); conflict != (len(p.Conflicts) > 0) {
				t.Errorf("while he is disabled: %q", brief(p))
			}
		})
	}
	t.Run("of somebody who was there all the time", func(t *testing.T) {
		t.Parallel()
		m := newModel(t)
		m.take(settings(), whole([]string{"1=bob"}), at(0))
		does(t, m.plan(settings(), whole([]string{"1=robert"}), at(1)), "update 1=robert")
	})
}

func TestAGroupWithoutANameKeepsItsName(t *testing.T) {
	t.Parallel()
	m := newModel(t)
	named := whole([]string{"1=ann"}, "g=1", "h=1")
	m.take(settings(), named, at(0))
	hidden := whole([]string{"1=ann"}, "g=1", "h=1")
	hidden.Groups[0].Name = ""
	p := m.plan(settings(), hidden, at(1))
	if !p.Empty() || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "1 groups have no name") {
		t.Errorf("the plan: %q, %q", brief(p), p.Warnings)
	}
	if p := m.plan(settings(), named, at(1)); len(p.Warnings) > 0 {
		t.Errorf("warnings: %q", p.Warnings)
	}
}

func TestWhoLosesAGroupsName(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		trust catalog.NameTrust
		link  directory.LinkState
		admin string
		name  string
		want  int
	}{
		"a team of the name":               {trust: catalog.TrustTeams, link: directory.LinkState{Team: "the g"}, name: "x", want: 2},
		"a team of another name":           {trust: catalog.TrustTeams, link: directory.LinkState{Team: "The g"}, name: "x"},
		"one that a rule linked":           {trust: catalog.TrustTeams, link: directory.LinkState{Team: "the g", Rule: "r"}, name: "x"},
		"of a directory that names nobody": {trust: catalog.TrustNone, link: directory.LinkState{Team: "the g"}, name: "x"},
		"the name stays":                   {trust: catalog.TrustTeams, link: directory.LinkState{Team: "the g"}, name: "the g"},
		"administrators":                   {trust: catalog.TrustAdministrators, admin: "the g", name: "x", want: 2},
		"administrators and a team":        {trust: catalog.TrustAdministrators, link: directory.LinkState{Team: "the g"}, admin: "the g", name: "x", want: 4},
		"other administrators":             {trust: catalog.TrustAdministrators, admin: "x", name: "y"},
		"administrators without trust":     {trust: catalog.TrustTeams, admin: "the g", name: "x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, set := newModel(t), settings()
			s := whole([]string{"1=ann", "2=bob"}, "g=1", "h=2")
			s.Groups[0].Groups = []string{"h"}
			m.take(set, s, at(0))
			set.Rules = []directory.Rule{{Name: "r", ID: "g", Team: "acme/the g"}}
			m.orgs, m.trust = []string{"acme"}, test.trust
			m.teams["t"] = directory.TeamState{ID: "t", Organization: "acme", Name: "the g"}
			if test.link.Team != "" {
				test.link.ID, test.link.GroupID, test.link.Organization = "gl", m.groups["g"].ID, "acme"
				m.links["gl"] = test.link
			}
			s.Groups[0].Name = test.name
			normal, _, _, err := directory.Normalize(set, s)
			if err != nil {
				t.Fatal(err)
			}
			state := m.state()
			state.Administrators = test.admin
			p := directory.Diff(set, normal, state, at(1))
			if toll := p.Toll(); toll != (directory.Toll{Links: test.want}) {
				t.Errorf("toll %+v of %q", toll, brief(p))
			}
			set.Limits = directory.DefaultLimits()
			set.Limits.Floor = 1
			trips := directory.Measure(set, p, directory.Toll{}, false)
			if (len(trips) > 0) != (test.want > 0) {
				t.Errorf("guards: %+v", trips)
			}
		})
	}
}

func TestWhatIsDueWithChangesAlone(t *testing.T) {
	t.Parallel()
	m, set := newModel(t), settings()
	m.take(set, whole([]string{"1=ann"}, "g=1", "h=1"), at(0))
	m.take(set, whole([]string{"1=ann"}, "g=1"), at(1))
	none := directory.Snapshot{Partial: true}
	does(t, m.plan(set, none, at(30)))
	does(t, m.plan(set, none, at(31)), "delete h")
	does(t, m.plan(set, directory.Snapshot{Partial: true, Groups: whole(nil, "h=1").Groups}, at(31)), "restore h +1")
	m.groups["h"].Paused = true
	does(t, m.plan(set, none, at(31)), "unknown h")
}

func TestWhyANewPersonTakesAnAccount(t *testing.T) {
	t.Parallel()
	m := newModel(t)
	m.addUser("bob", "bob@corp.example")
	m.identities["3"] = m.addUser("dee", "")
	s := directory.Snapshot{UsersComplete: true, Users: []directory.User{
		{ID: "1", Username: "robert", Email: "bob@corp.example"}, {ID: "2", Username: "new"}, {ID: "3", Username: "x"},
	}}
	p := m.plan(settings(), s, at(0))
	want := []string{"takes the account bob, which waited for him, by its address", "", "takes the account dee, by whose login he is known"}
	for i, c := range p.People {
		if c.Reason != want[i] {
			t.Errorf("%s: %q, want %q", c.ExternalID, c.Reason, want[i])
		}
	}
	s.Users[0].Username = "Bob"
	if p := m.plan(settings(), s, at(0)); p.People[0].Reason != "takes the account bob, which waited for him" {
		t.Errorf("by name: %q", p.People[0].Reason)
	}
}
