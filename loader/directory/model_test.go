package directory_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// failer is a test or a case that rapid has drawn.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// model is a catalog as far as plans change it: an interpreter of plans that is as simple as can be.
type model struct {
	t          failer
	trust      catalog.NameTrust
	users      map[string]catalog.User
	vouched    map[string]bool // users who have an identity elsewhere
	identities map[string]string
	people     map[string]catalog.Person        // by external id
	groups     map[string]*directory.GroupState // by external id
	links      map[string]directory.LinkState   // by id
	teams      map[string]directory.TeamState   // by id
	orgs       []string
	sole       map[string]string
	owners     map[string][]string
	next       int
}

func newModel(t failer) *model {
	return &model{
		t: t, trust: catalog.TrustNone, users: map[string]catalog.User{}, vouched: map[string]bool{}, identities: map[string]string{},
		people: map[string]catalog.Person{}, groups: map[string]*directory.GroupState{}, links: map[string]directory.LinkState{},
		teams: map[string]directory.TeamState{}, sole: map[string]string{},
	}
}

func (m *model) id(prefix string) string {
	m.next++
	return fmt.Sprintf("%s-%04d", prefix, m.next)
}

func (m *model) addUser(name, mail string) string {
	id := m.id("user")
	m.users[id] = catalog.User{ID: id, Username: name, Email: mail}
	return id
}

// state is what the engine would read.
func (m *model) state() directory.State {
	s := directory.State{
		Trust: m.trust, Users: maps.Clone(m.users), Open: map[string]bool{}, Identities: maps.Clone(m.identities),
		SoleOwners: maps.Clone(m.sole), Owners: m.owners, Organizations: m.orgs,
	}
	for id := range m.users {
		s.Open[id] = !m.vouched[id]
	}
	for _, p := range m.people {
		s.People = append(s.People, p)
		delete(s.Open, p.UserID)
	}
	for _, g := range m.groups {
		s.Groups = append(s.Groups, directory.GroupState{
			Group: g.Group, Members: slices.Clone(g.Members), Expiring: maps.Clone(g.Expiring), Children: slices.Clone(g.Children),
		})
	}
	s.Links = slices.Collect(maps.Values(m.links))
	s.Teams = slices.Collect(maps.Values(m.teams))
	return s
}

// apply does a plan in the order that Plan documents, and fails where something it says is not so.
func (m *model) apply(p directory.Plan, now time.Time) {
	m.t.Helper()
	for _, c := range p.People {
		if c.Op == directory.OpUpdate {
			m.relabel(c)
		}
	}
	m.uniqueNames()
	for _, c := range p.People {
		if c.Op != directory.OpUpdate && c.Op != directory.OpRelease {
			m.person(c, now)
		}
	}
	m.uniqueNames()
	for _, c := range p.Groups {
		if c.Op == directory.OpCreate {
			if m.groups[c.ExternalID] != nil {
				m.t.Fatalf("group %s is created twice", c.ExternalID)
			}
			m.groups[c.ExternalID] = &directory.GroupState{Group: catalog.Group{ID: m.id("grp"), ExternalID: c.ExternalID, DisplayName: c.Name}}
		}
	}
	for _, c := range p.Groups {
		m.group(c, now)
	}
	for _, c := range p.Groups {
		m.nest(c)
	}
	m.noCycles()
	for _, c := range p.Links {
		m.link(c)
	}
	for _, c := range p.People {
		if c.Op == directory.OpRelease {
			m.release(c)
		}
	}
}

func (m *model) relabel(c directory.PersonChange) {
	p, ok := m.people[c.ExternalID]
	if !ok || c.Was == nil || c.Was.Username != p.Username || c.Was.Email != p.Email {
		m.t.Fatalf("the plan changes %+v, and there is %+v", c, p)
	}
	u := m.users[p.UserID]
	if catalog.NameKey(u.Username) == catalog.NameKey(p.Username) {
		u.Username = c.Username
	}
	if c.Email == "" {
		m.t.Fatalf("%s loses his address", c.ExternalID)
	}
	u.Email = c.Email
	p.Username, p.Email = c.Username, c.Email
	m.users[p.UserID], m.people[c.ExternalID] = u, p
}

func (m *model) person(c directory.PersonChange, now time.Time) {
	p, known := m.people[c.ExternalID]
	u := m.users[p.UserID]
	if known == (c.Op == directory.OpCreate) || (known && p.UserID != c.UserID) {
		m.t.Fatalf("the plan does %+v, and there is %+v", c, p)
	}
	switch c.Op {
	case directory.OpCreate:
		userID := c.UserID
		if userID == "" {
			userID = m.addUser(c.Username, c.Email)
		}
		m.people[c.ExternalID] = catalog.Person{ExternalID: c.ExternalID, UserID: userID, Username: c.Username, Email: c.Email}
		return
	case directory.OpSuspend:
		if !p.InactiveAt.IsZero() {
			m.t.Fatalf("%s is suspended twice", c.ExternalID)
		}
		p.InactiveAt, p.Suspends, u.Suspended = now, !u.Suspended, true
	case directory.OpRestore:
		if p.InactiveAt.IsZero() {
			m.t.Fatalf("%s is restored and was never away", c.ExternalID)
		}
		u.Suspended = u.Suspended && !p.Suspends
		p.InactiveAt, p.Suspends, p.Released = time.Time{}, false, false
	default:
		m.t.Fatalf("nobody is %sd", c.Op)
	}
	m.people[c.ExternalID], m.users[p.UserID] = p, u
}

// uniqueNames fails where two users have one name.
func (m *model) uniqueNames() {
	seen := map[string]bool{}
	for _, u := range m.users {
		if seen[catalog.NameKey(u.Username)] {
			m.t.Fatalf("two users are named %s", u.Username)
		}
		seen[catalog.NameKey(u.Username)] = true
	}
}

func (m *model) group(c directory.GroupChange, now time.Time) {
	g := m.groups[c.ExternalID]
	if g == nil || (c.GroupID != "" && c.GroupID != g.ID) || (c.Op != directory.OpCreate && c.Members != len(g.Members)) {
		m.t.Fatalf("the plan changes %+v, and there is %+v", c, g)
	}
	if c.Before != "" && c.Before != directory.MembersDigest(g.Members, g.Children) {
		m.t.Fatalf("group %s has other members than the plan says", c.ExternalID)
	}
	g.DisplayName = c.Name
	for _, x := range c.Remove {
		if !slices.Contains(g.Members, x.UserID) {
			m.t.Fatalf("%+v leaves %s without being in it", x, c.ExternalID)
		}
		g.Members = slices.DeleteFunc(g.Members, func(id string) bool { return id == x.UserID })
	}
	for _, x := range c.Add {
		userID := m.people[x.ExternalID].UserID
		if userID == "" || (x.UserID != "" && x.UserID != userID) {
			m.t.Fatalf("%+v joins %s and is nobody", x, c.ExternalID)
		}
		if slices.Contains(g.Members, userID) != g.Expiring[userID] {
			m.t.Fatalf("%+v joins %s twice", x, c.ExternalID)
		}
		if !g.Expiring[userID] {
			g.Members = append(g.Members, userID)
		}
		delete(g.Expiring, userID)
	}
	switch c.Op {
	case directory.OpRetire:
		g.GoneAt = now
		if len(g.Members) > 0 {
			m.t.Fatalf("%v stay in %s, which is retired", g.Members, c.ExternalID)
		}
	case directory.OpRestore:
		g.GoneAt = time.Time{}
	case directory.OpDelete:
		delete(m.groups, c.ExternalID)
		maps.DeleteFunc(m.links, func(_ string, l directory.LinkState) bool { return l.GroupID == g.ID })
		for _, other := range m.groups {
			other.Children = slices.DeleteFunc(other.Children, func(id string) bool { return id == g.ID })
		}
	}
}

func (m *model) nest(c directory.GroupChange) {
	g := m.groups[c.ExternalID]
	for _, id := range c.RemoveGroups {
		if !slices.Contains(g.Children, m.groups[id].ID) {
			m.t.Fatalf("%s leaves %s without being in it", id, c.ExternalID)
		}
		g.Children = slices.DeleteFunc(g.Children, func(child string) bool { return child == m.groups[id].ID })
	}
	for _, id := range c.AddGroups {
		if m.groups[id] == nil || slices.Contains(g.Children, m.groups[id].ID) {
			m.t.Fatalf("%s cannot be nested in %s", id, c.ExternalID)
		}
		g.Children = append(g.Children, m.groups[id].ID)
	}
}

// noCycles fails as the catalog would.
func (m *model) noCycles() {
	for id, g := range m.groups {
		for _, child := range g.Children {
			if m.within(m.byID(child), map[string]bool{})[id] {
				m.t.Fatalf("group %s is nested in itself", id)
			}
		}
	}
}

func (m *model) byID(id string) string {
	for external, g := range m.groups {
		if g.ID == id {
			return external
		}
	}
	return ""
}

// within returns the groups that a group is or has inside, by external id.
func (m *model) within(id string, seen map[string]bool) map[string]bool {
	if g := m.groups[id]; g != nil && !seen[id] {
		seen[id] = true
		for _, child := range g.Children {
			m.within(m.byID(child), seen)
		}
	}
	return seen
}

func (m *model) link(c directory.LinkChange) {
	if c.Op == directory.OpDelete {
		if m.links[c.LinkID].Rule != c.Rule || c.Rule == "" {
			m.t.Fatalf("link %+v is not the rule's", c)
		}
		delete(m.links, c.LinkID)
		return
	}
	l := directory.LinkState{ID: m.id("gl"), GroupID: m.groups[c.GroupExternalID].ID, Rule: c.Rule, SiteAdmins: c.SiteAdmins, Organization: c.Organization, Team: c.Team}
	for _, t := range m.teams {
		if t.Organization == c.Organization && t.Name == c.Team {
			l.TeamID = t.ID
		}
	}
	if (l.TeamID == "" && !c.SiteAdmins) != c.CreateTeam {
		m.t.Fatalf("link %+v leads nowhere, or to a team twice", c)
	}
	if c.CreateTeam {
		l.TeamID = m.id("team")
		m.teams[l.TeamID] = directory.TeamState{ID: l.TeamID, Organization: c.Organization, Name: c.Team}
	}
	m.links[l.ID] = l
}

func (m *model) release(c directory.PersonChange) {
	p, n := m.people[c.ExternalID], 0
	for _, g := range m.groups {
		if !g.Paused {
			before := len(g.Members)
			g.Members = slices.DeleteFunc(g.Members, func(id string) bool { return id == p.UserID })
			n += before - len(g.Members)
		}
	}
	if p.InactiveAt.IsZero() || n != c.Memberships {
		m.t.Fatalf("%+v takes %d memberships of %+v", c, n, p)
	}
	p.Released = true
	m.people[c.ExternalID] = p
}

// names returns the usernames of those who are in a group, directly or not, and act.
func (m *model) names(group string) []string {
	out := map[string]bool{}
	for id := range m.within(group, map[string]bool{}) {
		for _, userID := range m.groups[id].Members {
			if !m.users[userID].Suspended {
				out[m.users[userID].Username] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(out))
}

func at(day int) time.Time { return time.Date(2026, 11, 1+day, 6, 0, 0, 0, time.UTC) }

// take brings a model in step with a snapshot, whatever guards say, and returns the plan.
func (m *model) take(set directory.Settings, s directory.Snapshot, now time.Time) directory.Plan {
	m.t.Helper()
	p := m.plan(set, s, now)
	m.apply(p, now)
	return p
}

func (m *model) plan(set directory.Settings, s directory.Snapshot, now time.Time) directory.Plan {
	m.t.Helper()
	normal, _, _, err := directory.Normalize(set, s)
	if err != nil {
		m.t.Fatalf("the snapshot is refused: %v", err)
	}
	return directory.Diff(set, normal, m.state(), now)
}

func settings() directory.Settings {
	return directory.Settings{Name: "corp", Keep: 30 * 24 * time.Hour, ApplyFirst: true}
}
