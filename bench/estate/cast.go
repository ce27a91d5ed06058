package estate

import (
	"fmt"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// most is how many workspaces a sparse caller may read, and how many people are kept free.
const most = 200

// callers is how many people there are of each kind, so that a search can be asked anew that often.
const callers = 9

// makeCast adds the people that searches are measured with: a reader of everything, a contractor with a grant for
// each of his workspaces, and a handbook that the whole staff may read through one group.
func (m *maker) makeCast() {
	m.cast = &Cast{SparseOf: min(most, len(m.workspaces)/2)}
	m.makeReaders()
	m.makeContractor()
	m.makeFree()
	m.makeHandbook()
}

func (m *maker) makeReaders() {
	readers := m.team("readers", catalog.VisibilityOrganization)
	m.cast.Dense = m.crew("reader", readers)
	m.grant(teamHolder(readers), "hcp-viewer", authz.Object{Type: schema.TypeOrganization, ID: m.org.ID})
	m.cast.Readers = readers.ID
}

func (m *maker) makeContractor() {
	contractors := m.team("contractors", catalog.VisibilitySecret)
	m.cast.Sparse = m.crew("contractor", contractors)
	for _, at := range m.rng.Perm(len(m.workspaces))[:m.cast.SparseOf] {
		m.grant(teamHolder(contractors), "tfe-plan", authz.Object{Type: schema.TypeWorkspace, ID: m.workspaces[at].ID})
	}
}

// crew makes the people of a team.
func (m *maker) crew(name string, t catalog.Team) []Named {
	var out []Named
	for i := range callers {
		u := m.member(fmt.Sprintf("%s%d", name, i))
		m.join(t, u)
		out = append(out, Named{ID: u.ID, Name: u.Username})
	}
	return out
}

func (m *maker) makeFree() {
	for i := range min(most, len(m.people)) {
		u := m.member(fmt.Sprintf("free%d", i))
		m.cast.Free = append(m.cast.Free, Named{ID: u.ID, Name: u.Username})
	}
}

func (m *maker) makeHandbook() {
	staff := m.group(m.label + "-staff")
	for _, u := range m.people {
		m.facts.GroupMembers = append(m.facts.GroupMembers, catalog.GroupMember{GroupID: staff.ID, UserID: u.ID})
	}
	m.cast.Staff = len(m.people)
	p := m.project("handbook")
	w := m.workspace(p)
	m.grant(authz.Object{Type: schema.TypeGroup, ID: staff.ID}, "tfe-read", authz.Object{Type: schema.TypeProject, ID: p.ID})
	m.cast.Handbook = Named{ID: w.ID, Name: m.org.Name + "/" + w.Name}
}

// member adds a person who is an active member of the organization and in no team; he does not take part in the
// draw of makeTeams, which is over.
func (m *maker) member(name string) catalog.User {
	u := m.user(m.label + "-" + name)
	m.facts.Memberships = append(m.facts.Memberships, catalog.Membership{
		ID: m.id(catalog.PrefixMembership), OrganizationID: m.org.ID, UserID: u.ID, Status: catalog.MembershipActive, CreatedAt: made(),
	})
	return u
}
