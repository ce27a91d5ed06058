package catalog

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// AccessMatrix is a page of who may do what on an object.
type AccessMatrix struct {
	Object Named
	// Permissions are what can be asked on the object, in the order of the vocabulary: the columns.
	Permissions []schema.Permission
	Rows        []MatrixRow
	Total       int    // rows on all pages
	Next        string // the After of the next page, "" at the end
}

// MatrixRow is what one holder, or one person, may do.
type MatrixRow struct {
	Holder Named
	// Permissions are those that are held, in the order of the columns, as the engine says.
	Permissions []schema.Permission
	// Sources are the roles the holder holds itself. A person's row has Through instead.
	Sources []Source
	// Through are the holders that a person is in, and the organization where being a member counts.
	Through []Named
}

// MatrixQuery selects a page of a matrix.
type MatrixQuery struct {
	People bool // one row for each person in place of one for each holder
	After  string
	Limit  int
}

// maxMatrixPage bounds a page of a matrix.
const maxMatrixPage = 500

// AccessMatrix returns who may do what on a platform, organization, project, workspace or stack. A row for a holder says
// what anybody may through it, wherever that comes from: each cell is the engine's answer to that question. Site admins
// and auditors are people, so each has a row of his own. Needs what mayReview says; the people besides need
// organization.view_members, or what lets one review everything. fault.Denied for what is not there, and for what the
// principal may not review.
func (s *Service) AccessMatrix(ctx context.Context, p Principal, object Entity, q MatrixQuery) (AccessMatrix, error) {
	what, err := s.meant(ctx, object.Type, object.Ref)
	if err != nil {
		return AccessMatrix{}, err
	}
	if err := s.mayReview(ctx, p, what); err != nil {
		return AccessMatrix{}, err
	}
	if !schema.IsScope(what.Type) {
		if what.IsZero() {
			return AccessMatrix{}, fault.New(fault.NotFound, "there is no such object")
		}
		return AccessMatrix{}, fault.At("object", "must be the platform, an organization, project, workspace or stack")
	}
	offset, err := offsetOf(q.After)
	if err != nil {
		return AccessMatrix{}, err
	}
	if q.Limit <= 0 || q.Limit > maxMatrixPage {
		return AccessMatrix{}, fault.At("limit", "must be from 1 to %d", maxMatrixPage)
	}
	m := &matrixMaker{Service: s, principal: p, object: what}
	m.out = AccessMatrix{Object: Named{Object: what}, Permissions: schema.Of(what.Type)}
	if err := m.read(ctx); err != nil {
		return AccessMatrix{}, err
	}
	rows := m.holders
	if q.People {
		rows = m.people
	}
	return m.out, rows(ctx, Window{Offset: offset, Limit: q.Limit})
}

// offsetOf reads where a page of a matrix begins.
func offsetOf(after string) (int, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(after)
	if err != nil || n < 0 {
		return 0, fault.At("after", "is not where a page ended")
	}
	return n, nil
}

// matrixMaker is what one matrix is made of.
type matrixMaker struct {
	*Service
	principal Principal
	object    authz.Object
	held      []Source // that give something on the object
	out       AccessMatrix
}

// read gathers the roles that give anything on the object.
func (m *matrixMaker) read(ctx context.Context) error {
	held, err := m.heldAt(ctx, m.object)
	if err != nil {
		return err
	}
	m.held = slices.DeleteFunc(held, func(x Source) bool { return !m.counts(x) })
	return nil
}

// members are whoever is a member of an organization: he sees it, which no role says.
func members(organization authz.Object) Source {
	return Source{
		Role: "member", Scope: Named{Object: organization}, Where: WhereDirect, atoms: []schema.Permission{schema.OrganizationView},
		Holder: Named{Object: authz.Object{Type: SystemHolder, ID: "members"}, Name: "members"},
	}
}

// counts reports whether a role gives something on the object. Whoever manages all workspaces may create them in the
// default project, which is the one permission that an atom of another type gives (DECISIONS M4).
func (m *matrixMaker) counts(x Source) bool {
	if x.Where == WhereBelow || m.object.Type == schema.TypeProject && slices.Contains(x.atoms, schema.OrganizationManageWorkspaces) {
		return true
	}
	return slices.ContainsFunc(x.atoms, func(a schema.Permission) bool { return a.Type() == m.object.Type })
}

// holders fills in one row for each holder of the page.
func (m *matrixMaker) holders(ctx context.Context, w Window) error {
	rows, err := m.holderRows(ctx)
	if err != nil {
		return err
	}
	m.out.Total, m.out.Next = len(rows), next(w, len(rows))
	m.out.Rows = part(rows, w)
	if err := m.fill(ctx, m.out.Rows); err != nil {
		return err
	}
	all := []*Named{&m.out.Object}
	lists := make([][]Source, len(m.out.Rows))
	for i, row := range m.out.Rows {
		lists[i] = row.Sources
	}
	if err := m.concealTeams(ctx, m.principal, lists...); err != nil {
		return err
	}
	for i := range m.out.Rows {
		row := &m.out.Rows[i]
		for j := range row.Sources {
			all = append(all, row.Sources[j].mentioned()...)
			if row.Sources[j].Concealed {
				row.Holder = row.Sources[j].Holder
			}
		}
		if row.Holder.ID != "" {
			all = append(all, &row.Holder)
		}
	}
	return m.name(ctx, all)
}

func next(w Window, total int) string {
	if end := w.Offset + w.Limit; end < total {
		return strconv.Itoa(end)
	}
	return ""
}

// holderRows returns a row for each holder, in the order of how near its nearest role is, without what it may do.
func (m *matrixMaker) holderRows(ctx context.Context) ([]MatrixRow, error) {
	var rows []MatrixRow
	at := map[authz.Object]int{}
	add := func(holder Named, x Source) {
		i, known := at[holder.Object]
		if !known {
			i = len(rows)
			at[holder.Object] = i
			rows = append(rows, MatrixRow{Holder: holder})
		}
		rows[i].Sources = append(rows[i].Sources, x)
	}
	held := m.held
	if m.object.Type == schema.TypeOrganization {
		held = append(slices.Clone(held), members(m.object))
	}
	for _, x := range held {
		if x.Holder.ID != holderSiteAdmins && x.Holder.ID != holderSiteAuditors {
			x.Paths = []Path{{}}
			add(x.Holder, x)
			continue
		}
		people, err := m.usersIn(ctx, x.team, schema.RelMembership)
		if err != nil {
			return nil, err
		}
		for _, id := range people {
			add(Named{Object: userRef(id)}, x)
		}
	}
	return rows, nil
}

// usersIn returns the people that stand in a relation to something, by id.
func (m *matrixMaker) usersIn(ctx context.Context, resource authz.Object, relation string) ([]string, error) {
	var out []string
	for r, err := range m.engine.Read(ctx, authz.Filter{Resource: resource, Relation: relation, SubjectType: schema.TypeUser}) {
		if err != nil {
			return nil, err
		}
		if r.Subject.ID != "*" {
			out = append(out, r.Subject.ID)
		}
	}
	slices.Sort(out)
	return out, nil
}

// fill asks the engine what the holders of rows may do, all at once. What everybody holds is held by no subject in
// particular, and is what the role says.
func (m *matrixMaker) fill(ctx context.Context, rows []MatrixRow) error {
	var questions []authz.Question
	for i, row := range rows {
		if row.Holder.Type == SystemHolder {
			rows[i].Permissions = slices.DeleteFunc(slices.Clone(m.out.Permissions), func(p schema.Permission) bool { return !row.Sources[0].gives(p) })
			continue
		}
		for _, permission := range m.out.Permissions {
			questions = append(questions, authz.Question{Subject: row.Holder.Object, Permission: permission.On(m.object.Type), Resource: m.object})
		}
	}
	allowed, _, err := m.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Holder.Type == SystemHolder {
			continue
		}
		for j, permission := range m.out.Permissions {
			if allowed[j] {
				rows[i].Permissions = append(rows[i].Permissions, permission)
			}
		}
		allowed = allowed[len(m.out.Permissions):]
	}
	return nil
}

// byName orders things with names as people do.
func byName(a, b Named) int { return cmp.Or(compareNames(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) }
