package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// whole is a snapshot that was read to its end, of people named "id=username" and groups "id=member,member".
func whole(people []string, groups ...string) directory.Snapshot {
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true}
	for _, spec := range people {
		id, name, _ := strings.Cut(spec, "=")
		name, disabled := strings.CutSuffix(name, "!")
		s.Users = append(s.Users, directory.User{ID: id, Username: name, Email: name + "@corp.example", Disabled: disabled})
	}
	for _, spec := range groups {
		id, members, _ := strings.Cut(spec, "=")
		g := directory.Group{ID: id, Name: "the " + id}
		if members != "" {
			g.Members = strings.Split(members, ",")
		}
		s.Groups = append(s.Groups, g)
	}
	return s
}

// brief is what a plan does, in words of the tests.
func brief(p directory.Plan) []string {
	var out []string
	for _, c := range p.People {
		line := fmt.Sprintf("%s %s=%s", c.Op, c.ExternalID, c.Username)
		if c.Op == directory.OpCreate && c.UserID != "" {
			line += " as " + c.UserID
		}
		out = append(out, line)
	}
	for _, c := range p.Groups {
		line := fmt.Sprintf("%s %s", c.Op, c.ExternalID)
		for _, m := range c.Add {
			line += " +" + m.ExternalID
		}
		for _, m := range c.Remove {
			line += " -" + m.ExternalID
		}
		for _, id := range c.AddGroups {
			line += " +[" + id + "]"
		}
		for _, id := range c.RemoveGroups {
			line += " -[" + id + "]"
		}
		out = append(out, line)
	}
	for _, c := range p.Links {
		line := fmt.Sprintf("%s link %s %s/%s", c.Op, c.GroupExternalID, c.Organization, c.Team)
		if c.SiteAdmins {
			line = fmt.Sprintf("%s site admins %s", c.Op, c.GroupExternalID)
		}
		if c.CreateTeam {
			line += " new"
		}
		out = append(out, line)
	}
	for _, c := range p.Conflicts {
		out = append(out, fmt.Sprintf("conflict %s %s: %s", c.What, c.ID, c.Reason))
	}
	for _, u := range p.Unknown {
		out = append(out, fmt.Sprintf("unknown %s", u.What))
	}
	return out
}

// does fails unless a plan does what is wanted; a line that ends in "…" says how one begins.
func does(t *testing.T, p directory.Plan, want ...string) {
	t.Helper()
	got := brief(p)
	for i := range min(len(got), len(want)) {
		if begin, ok := strings.CutSuffix(want[i], "…"); ok && strings.HasPrefix(got[i], begin) {
			got[i] = want[i]
		}
		if _, reason, ok := strings.Cut(want[i], " … "); ok && strings.Contains(got[i], reason) && strings.HasPrefix(got[i], strings.Split(want[i], " … ")[0]) {
			got[i] = want[i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
}

func TestWhoANewPersonIs(t *testing.T) {
	t.Parallel()
	// user-0001 ann is the person a1 of the source, user-0002 gus the person a2, who is gone, and the others are nobody's.
	base := func(t *testing.T) *model {
		m := newModel(t)
		m.take(settings(), whole([]string{"a1=ann", "a2=gus"}), at(0))
		m.take(settings(), whole([]string{"a1=ann"}), at(1))
		m.addUser("bob", "bob@corp.example")                     // user-0003
		m.vouched[m.addUser("carl", "carl@corp.example")] = true // user-0004
		m.addUser("dee", "dee@users.invalid")                    // user-0005
		root := m.users[m.addUser("root", "root@corp.example")]  // user-0006
		root.SiteAdmin = true
		m.users[root.ID] = root
		m.addUser("two", "shared@corp.example")  // user-0007
		m.addUser("deux", "Shared@corp.example") // user-0008
		m.addUser("kim", "kim@corp.example")     // user-0009
		m.identities["known"] = "user-0004"
		m.identities["ann-again"] = "user-0001"
		return m
	}
	tests := map[string]struct {
		users []directory.User
		trust catalog.NameTrust
		want  []string
	}{
		"nobody's name: a user of his own":                {[]directory.User{{ID: "n", Username: "new", Email: "new@corp.example"}}, "", []string{"create n=new"}},
		"one who is disabled is not made":                 {[]directory.User{{ID: "n", Username: "new", Disabled: true}}, "", nil},
		"the address of an account nobody vouches for":    {[]directory.User{{ID: "n", Username: "robert", Email: "BOB@corp.example"}}, "", []string{"create n=robert as user-0003"}},
		"the username of one":                             {[]directory.User{{ID: "n", Username: "Bob", Email: "b@corp.example"}}, "", []string{"create n=Bob as user-0003"}},
		"a placeholder links nobody":                      {[]directory.User{{ID: "n", Username: "x", Email: "dee@users.invalid"}}, "", []string{"create n=x"}},
		"an identity goes before name and address":        {[]directory.User{{ID: "known", Username: "bob", Email: "bob@corp.example"}}, "", []string{"create known=bob as user-0004"}},
		"an identity of a person of another id":           {[]directory.User{{ID: "ann-again", Username: "x"}}, "", []string{"conflict user ann-again … under another id, a1"}},
		"the name of one for whom somebody else vouches":  {[]directory.User{{ID: "n", Username: "carl"}}, "", []string{"conflict user n … another directory or identity provider vouches"}},
		"the address of such a one":                       {[]directory.User{{ID: "n", Username: "x", Email: "carl@corp.example"}}, "", []string{"conflict user n … another directory or identity provider vouches"}},
		"name and address of two accounts":                {[]directory.User{{ID: "n", Username: "dee", Email: "bob@corp.example"}}, "", []string{"conflict user n … username that of user dee"}},
		"an address that two accounts have":               {[]directory.User{{ID: "n", Username: "x", Email: "shared@corp.example"}}, "", []string{"conflict user n … belongs to several users"}},
		"the name of one who is gone: nothing inherited":  {[]directory.User{{ID: "n", Username: "Gus"}}, "", []string{"conflict user n … does not inherit"}},
		"the address of one who is gone":                  {[]directory.User{{ID: "n", Username: "x", Email: "gus@corp.example"}}, "", []string{"conflict user n … does not inherit"}},
		"the name of somebody else of the directory":      {[]directory.User{{ID: "n", Username: "ann"}}, "", []string{"conflict user n … somebody else of the directory too, whose id is a1"}},
		"a site admin's name":                             {[]directory.User{{ID: "n", Username: "root"}}, "", []string{"conflict user n … not trusted with administrators"}},
		"a site admin's name, with trust in that":         {[]directory.User{{ID: "n", Username: "root"}}, catalog.TrustAdministrators, []string{"create n=root as user-0006"}},
		"a letter that merely folds to his":               {[]directory.User{{ID: "n", Username: "\u212Aim"}}, "", []string{"conflict user n … merely looks like that of user kim"}},
		"two of one name":                                 {[]directory.User{{ID: "n", Username: "bob"}, {ID: "o", Username: "BOB"}}, "", []string{"conflict user n … several people", "conflict user o … several people"}},
		"two of one new name":                             {[]directory.User{{ID: "n", Username: "new"}, {ID: "o", Username: "NEW"}}, "", []string{"conflict user n … stands for several people", "conflict user o … stands for several people"}},
		"two of one address":                              {[]directory.User{{ID: "n", Username: "x", Email: "q@corp.example"}, {ID: "o", Username: "y", Email: "Q@corp.example"}}, "", []string{"conflict user n … several people", "conflict user o … several people"}},
		"two who could be one, by name and by address":    {[]directory.User{{ID: "n", Username: "bob"}, {ID: "o", Username: "y", Email: "bob@corp.example"}}, "", []string{"conflict user n … several people of the directory could be user bob", "conflict user o … could be user bob"}},
		"one of two of one name is disabled and not made": {[]directory.User{{ID: "n", Username: "bob"}, {ID: "o", Username: "bob", Disabled: true}}, "", []string{"create n=bob as user-0003"}},

		"no username":           {[]directory.User{{ID: "n"}}, "", []string{"conflict user n … no username"}},
		"no legal username":     {[]directory.User{{ID: "n", Username: "a b"}}, "", []string{"create n=a-b"}},
		"a guest of Entra":      {[]directory.User{{ID: "n", Username: "kim_x.com#EXT#@corp.example"}}, "", []string{"create n=kim_x.com-EXT-@corp.example"}},
		"a username like an id": {[]directory.User{{ID: "n", Username: "user-abcdefghijkmnopq"}}, "", []string{"create n=name-user-abcdefghijkmnopq"}},
		"two of one legal name": {[]directory.User{{ID: "n", Username: "a b"}, {ID: "o", Username: "a/b"}}, "", []string{"conflict user n … stands for several people", "conflict user o … stands for several people"}},
		"a legal name that somebody has, for whom another vouches": {[]directory.User{{ID: "n", Username: " carl "}}, "", []string{"conflict user n … another directory or identity provider vouches"}},
		"no legal username, and an account by address":             {[]directory.User{{ID: "n", Username: "a b", Email: "bob@corp.example"}}, "", []string{"create n=a-b as user-0003"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := base(t)
			m.trust = test.trust
			s := whole([]string{"a1=ann"})
			s.Users = append(s.Users, test.users...)
			p := m.take(settings(), s, at(2))
			does(t, p, test.want...)
			again := m.plan(settings(), s, at(2))
			if !again.Empty() || len(again.Conflicts) != len(p.Conflicts) {
				t.Errorf("the second plan: %q", brief(again))
			}
		})
	}
}

func TestNamesChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		then []string
		want []string
	}{
		"one":                                    {[]string{"1=anna", "2=bob", "3=cy"}, []string{"update 1=anna"}},
		"two swap":                               {[]string{"1=bob", "2=ann", "3=cy"}, []string{"update 1=bob", "update 2=ann"}},
		"three in a circle":                      {[]string{"1=bob", "2=cy", "3=ann"}, []string{"update 1=bob", "update 2=cy", "update 3=ann"}},
		"into a name that gets free":             {[]string{"1=bob", "2=robert", "3=cy"}, []string{"update 1=bob", "update 2=robert"}},
		"a new one takes a free name":            {[]string{"1=anna", "2=bob", "3=cy", "4=ann"}, []string{"update 1=anna", "create 4=ann"}},
		"two into one":                           {[]string{"1=zed", "2=zed", "3=cy"}, []string{"conflict user 1 … belongs to somebody else", "conflict user 2 … belongs to somebody else"}},
		"into somebody's, and one waits for him": {[]string{"1=cy", "2=ann", "3=cy"}, []string{"conflict user 1 … belongs to somebody else", "conflict user 2 … belongs to somebody else"}},
		"into that of one who goes":              {[]string{"1=bob", "3=cy"}, []string{"suspend 2=bob", "conflict user 1 … belongs to somebody else"}},
		"with a suspension":                      {[]string{"1=anna!", "2=bob", "3=cy"}, []string{"update 1=anna", "suspend 1=anna"}},
		"into nothing legal":                     {[]string{"1=a b", "2=bob", "3=cy"}, []string{"update 1=a-b"}},
		"into nothing at all":                    {[]string{"1= ", "2=bob", "3=cy"}, []string{"conflict user 1 … keeps the one he has"}},
		"into one legal name, two of them":       {[]string{"1=a b", "2=a#b", "3=cy"}, []string{"conflict user 1 … belongs to somebody else", "conflict user 2 … belongs to somebody else"}},
		"of a protected one":                     {[]string{"1=ann", "2=bob", "3=cy", "4=x", "9=deirdre"}, []string{"create 4=x", "conflict user 9 … is protected"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, set := newModel(t), settings()
			set.Protected = []string{"DEE"}
			m.take(set, whole([]string{"1=ann", "2=bob", "3=cy", "9=dee"}, "g=1,2"), at(0))
			if !strings.HasPrefix(test.then[len(test.then)-1], "9") {
				test.then = append(test.then, "9=dee")
			}
			p := m.take(set, whole(test.then, "g=1,2"), at(1))
			does(t, p, test.want...)
			if again := m.plan(set, whole(test.then, "g=1,2"), at(1)); !again.Empty() {
				t.Errorf("the second plan: %q", brief(again))
			}
		})
	}
}

func TestNamesAndAddressesAreEachOnes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(users []directory.User){
		"one name":    func(users []directory.User) { users[0].Username, users[1].Username = "zed", "ZED" },
		"one address": func(users []directory.User) { users[0].Email, users[1].Email = "zed@corp.example", "Zed@corp.example" },
	} {
		m, s := newModel(t), whole([]string{"1=ann", "2=bob"})
		m.take(settings(), s, at(0))
		change(s.Users)
		p := m.take(settings(), s, at(1))
		if len(p.Conflicts) != 2 || !p.Empty() {
			t.Errorf("%s: %q", name, brief(p))
		}
	}
}

func TestALinkedUserKeepsHisOwnName(t *testing.T) {
	t.Parallel()
	m := newModel(t)
	id := m.addUser("bobby", "bob@corp.example")
	m.take(settings(), whole([]string{"1=bob"}), at(0))
	m.take(settings(), whole([]string{"1=robert"}), at(1))
	if u := m.users[id]; u.Username != "bobby" || u.Email != "robert@corp.example" {
		t.Errorf("the user is %+v", u)
	}
	silent := whole([]string{"1=robert"})
	silent.Users[0].Email = ""
	does(t, m.plan(settings(), silent, at(2)))
	if p := m.people["1"]; p.Username != "robert" {
		t.Errorf("the person is %+v", p)
	}
}

func TestTheLadder(t *testing.T) {
	t.Parallel()
	set := settings()
	all := whole([]string{"1=ann", "2=bob"}, "g=1,2", "h=2")
	gone := whole([]string{"1=ann"}, "g=1", "h=")
	m := newModel(t)
	m.take(set, all, at(0))

	does(t, m.take(set, gone, at(1)), "suspend 2=bob")
	does(t, m.plan(set, gone, at(30)))
	partly := m.plan(set, directory.Snapshot{Partial: true, Users: all.Users[1:]}, at(30))
	does(t, partly, "restore 2=bob")
	if !partly.Reread {
		t.Error("what he left while he was away is not read")
	}
	back := m.plan(set, all, at(30))
	does(t, back, "restore 2=bob")
	does(t, m.plan(set, whole([]string{"1=ann", "2=bob"}, "g=1", "h=2"), at(30)), "restore 2=bob", "update g -2")
	does(t, m.plan(set, gone, at(-5)))
	due := m.plan(set, gone, at(31))
	does(t, due, "release 2=bob")
	if toll := due.Toll(); toll != (directory.Toll{People: 1, Memberships: 2}) {
		t.Errorf("a release takes %+v", toll)
	}
	unsure := gone
	unsure.UsersComplete = false
	does(t, m.plan(set, unsure, at(31)), "unknown users")
	changes := directory.Snapshot{Partial: true}
	does(t, m.plan(set, changes, at(30)))
	does(t, m.plan(set, changes, at(31)), "release 2=bob")
	changes.Users = all.Users[1:]
	does(t, m.plan(set, changes, at(31)), "restore 2=bob")
	m.apply(due, at(31))
	does(t, m.plan(set, gone, at(32)))
	does(t, m.plan(set, directory.Snapshot{Partial: true}, at(99)))
	does(t, m.take(set, all, at(33)), "restore 2=bob", "update g +2", "update h +2")
	does(t, m.take(set, whole([]string{"1=ann", "2=bob!"}, "g=1,2", "h=2"), at(34)), "suspend 2=bob")
	if want := []string{"ann"}; !slices.Equal(m.names("g"), want) {
		t.Errorf("in g act %v", m.names("g"))
	}
}

func TestWhomASourceMayNotSuspend(t *testing.T) {
	t.Parallel()
	all, gone := whole([]string{"1=ann", "2=bob"}, "g=1,2"), whole([]string{"2=bob"}, "g=2")
	in := func(change func(m *model, set *directory.Settings)) (*model, directory.Settings) {
		m, set := newModel(t), settings()
		m.take(set, all, at(0))
		change(m, &set)
		return m, set
	}
	siteAdmin := func(m *model) {
		u := m.users["user-0001"]
		u.SiteAdmin = true
		m.users[u.ID] = u
	}
	tests := map[string]struct {
		change func(m *model, set *directory.Settings)
		want   string
	}{
		"anybody":               {func(*model, *directory.Settings) {}, "suspend 1=ann"},
		"a protected one":       {func(_ *model, set *directory.Settings) { set.Protected = []string{"Ann"} }, "conflict user 1 … is protected"},
		"not one who is nearly": {func(_ *model, set *directory.Settings) { set.Protected = []string{"anne", "an"} }, "suspend 1=ann"},
		"a site admin":          {func(m *model, _ *directory.Settings) { siteAdmin(m) }, "conflict user 1 … is a site admin"},
		"a site admin, trusted": {func(m *model, _ *directory.Settings) {
			siteAdmin(m)
			m.trust = catalog.TrustAdministrators
		}, "suspend 1=ann"},
		"trusted with teams": {func(m *model, _ *directory.Settings) {
			siteAdmin(m)
			m.trust = catalog.TrustTeams
		}, "conflict user 1 … is a site admin"},
		"a sole owner":           {func(m *model, _ *directory.Settings) { m.sole["user-0001"] = "acme" }, "conflict user 1 … owns organization acme"},
		"the last of the owners": {func(m *model, _ *directory.Settings) { m.owners = map[string][]string{"acme": {"user-0001"}} }, "conflict user 1 … owns organization acme"},
		"one of two owners": {func(m *model, _ *directory.Settings) {
			m.owners = map[string][]string{"acme": {"user-0001", "user-0002"}}
		}, "suspend 1=ann"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, set := in(test.change)
			does(t, m.take(set, gone, at(1)), test.want)
			if again := m.plan(set, gone, at(1)); !again.Empty() {
				t.Errorf("the second plan: %q", brief(again))
			}
			if !slices.Contains(m.groups["g"].Members, "user-0001") {
				t.Error("he is out of his group")
			}
		})
	}
	t.Run("of all owners one stays", func(t *testing.T) {
		t.Parallel()
		m, set := in(func(m *model, _ *directory.Settings) {
			m.owners = map[string][]string{"acme": {"user-0002", "user-0001"}}
		})
		does(t, m.plan(set, whole(nil, "g="), at(1)), "suspend 1=ann", "conflict user 2 … owns organization acme")
	})
}

func TestAnAdministratorsSuspensionIsNotLifted(t *testing.T) {
	t.Parallel()
	m := newModel(t)
	m.take(settings(), whole([]string{"1=ann"}), at(0))
	u := m.users["user-0001"]
	u.Suspended = true
	m.users[u.ID] = u
	does(t, m.plan(settings(), whole([]string{"1=ann"}), at(1)))
	m.take(settings(), whole(nil), at(1))
	does(t, m.take(settings(), whole([]string{"1=ann"}), at(2)), "restore 1=ann")
	if !m.users["user-0001"].Suspended {
		t.Error("the suspension is lifted")
	}
}
