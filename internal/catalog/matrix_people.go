package catalog

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// matrixReads is how many holders are read at the same time.
const matrixReads = 8

// person is somebody who may do something on the object of a matrix.
type person struct {
	Named

	in []int // the crowds he is in, ascending
}

// kind is what people with the same access have in common: an object's permissions follow from who is in which holder,
// and from nothing else that is a person's own. So one of each kind is asked about.
func (p person) kind() string {
	var b strings.Builder
	for _, i := range p.in {
		b.WriteString(strconv.Itoa(i))
		b.WriteByte(' ')
	}
	return b.String()
}

// crowd is a set of people who may do something on an object for the same reason.
type crowd struct {
	why      Named
	resource authz.Object // whose relation names them
	relation string
	people   []string
}

// people fills in one row for each person of the page, by username.
func (m *matrixMaker) people(ctx context.Context, w Window) error {
	if err := m.maySeePeople(ctx); err != nil {
		return err
	}
	crowds, err := m.crowds(ctx)
	if err != nil {
		return err
	}
	all, err := m.everybody(ctx, crowds)
	if err != nil {
		return err
	}
	m.out.Total, m.out.Next = len(all), next(w, len(all))
	page := part(all, w)
	may, err := m.ofEachKind(ctx, page)
	if err != nil {
		return err
	}
	for _, p := range page {
		row := MatrixRow{Holder: p.Named, Permissions: may[p.kind()]}
		for _, i := range p.in {
			if !slices.ContainsFunc(row.Through, func(n Named) bool { return n.Object == crowds[i].why.Object }) {
				row.Through = append(row.Through, crowds[i].why)
			}
		}
		m.out.Rows = append(m.out.Rows, row)
	}
	return m.nameRows(ctx)
}

// maySeePeople refuses those who may see who has access, but not who is in the organization (DECISIONS P15).
func (m *matrixMaker) maySeePeople(ctx context.Context) error {
	if all, err := m.reviewsAll(ctx, m.principal); all || err != nil {
		return err
	}
	o, err := m.organizationOf(ctx, m.object)
	if err != nil {
		return err
	}
	return m.require(ctx, m.principal, schema.OrganizationViewMembers, organizationRef(o.ID))
}

// crowds returns the holders with the people in them. Members and guests of an organization may see it, which no role
// says.
func (m *matrixMaker) crowds(ctx context.Context) ([]crowd, error) {
	var out []crowd
	known := map[authz.Object]bool{}
	add := func(why Named, team authz.Object) {
		if !known[team] {
			known[team] = true
			out = append(out, crowd{why: why, resource: team, relation: schema.RelMembership})
		}
	}
	for _, x := range m.held {
		add(x.Holder, x.team)
	}
	if m.object.Type == schema.TypeOrganization {
		out = append(out, crowd{why: Named{Object: m.object}, resource: m.object, relation: schema.RelMembership})
		guests, err := m.guests(ctx)
		if err != nil {
			return nil, err
		}
		for _, holder := range guests {
			add(holder, teamRef(holder.ID))
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(matrixReads)
	for i := range out {
		group.Go(func() (err error) {
			out[i].people, err = m.usersIn(ctx, out[i].resource, out[i].relation)
			return err
		})
	}
	return out, group.Wait()
}

// guests returns the holders whose people may see the organization without being members of it.
func (m *matrixMaker) guests(ctx context.Context) ([]Named, error) {
	var ids []string
	for r, err := range m.engine.Read(ctx, authz.Filter{Resource: m.object, Relation: schema.RelGuest}) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, r.Subject.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	// The private team of a user, group or service account has its owner's id, and ids of different types never meet.
	var out []Named
	for _, objectType := range []string{schema.TypeTeam, schema.TypeGroup, schema.TypeUser, schema.TypeServiceAccount} {
		names, err := m.Names(ctx, objectType, ids)
		if err != nil {
			return nil, err
		}
		for id, name := range names {
			out = append(out, Named{Object: authz.Object{Type: objectType, ID: id}, Name: name})
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return names[id] != "" })
	}
	slices.SortFunc(out, byName)
	return out, nil
}

// everybody returns the people of all crowds with the crowds they are in, by name.
func (m *matrixMaker) everybody(ctx context.Context, crowds []crowd) ([]person, error) {
	in := map[string][]int{}
	for i, c := range crowds {
		for _, id := range c.people {
			in[id] = append(in[id], i)
		}
	}
	if len(in) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(in))
	for id := range in {
		ids = append(ids, id)
	}
	users, err := m.store.Users(ctx, UserFilter{IDs: ids})
	if err != nil {
		return nil, err
	}
	out := make([]person, len(users))
	for i, u := range users {
		out[i] = person{Named: Named{Object: userRef(u.ID), Name: u.Username}, in: in[u.ID]}
	}
	slices.SortFunc(out, func(a, b person) int { return byName(a.Named, b.Named) })
	return out, nil
}

// ofEachKind asks the engine about one person of each kind.
func (m *matrixMaker) ofEachKind(ctx context.Context, people []person) (map[string][]schema.Permission, error) {
	seen := map[string]bool{}
	var kinds []string
	var rows []MatrixRow
	for _, p := range people {
		if kind := p.kind(); !seen[kind] {
			seen[kind] = true
			kinds, rows = append(kinds, kind), append(rows, MatrixRow{Holder: p.Named})
		}
	}
	if err := m.fill(ctx, rows); err != nil {
		return nil, err
	}
	out := make(map[string][]schema.Permission, len(kinds))
	for i, kind := range kinds {
		out[kind] = rows[i].Permissions
	}
	return out, nil
}

// nameRows conceals what the principal may not see of the rows of people, and names the rest.
func (m *matrixMaker) nameRows(ctx context.Context) error {
	var teams []authz.Object
	for _, row := range m.out.Rows {
		for _, through := range row.Through {
			if through.Type == schema.TypeTeam {
				teams = append(teams, through.Object)
			}
		}
	}
	hidden, err := m.concealed(ctx, m.principal, teams)
	if err != nil {
		return err
	}
	all := []*Named{&m.out.Object}
	for i := range m.out.Rows {
		through := m.out.Rows[i].Through
		for j := range through {
			if hidden[through[j].Object] {
				through[j] = concealedTeam()
			} else {
				all = append(all, &through[j])
			}
		}
	}
	return m.name(ctx, all)
}
