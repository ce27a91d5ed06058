package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// difference is what a change does to the relationships, and all that one must know to tell what that means: the part
// of the projection on which the permissions of the subjects and objects concerned depend.
type difference struct {
	now              time.Time
	slices           sliceSet
	deletes, touches []authz.Relationship

	given    map[string]bool       // holders whose roles change
	moved    map[string]bool       // teams whose people change
	inside   map[string]bool       // organizations that are seen by others than before
	roots    map[authz.Object]bool // scopes on which, and below which, permissions may change
	spots    map[authz.Object]bool // objects on which they may
	subjects map[authz.Object]bool // whose permissions may change
	members  []authz.Relationship  // of the holders whose roles change

	before        []authz.Relationship
	objects       []authz.Object  // on which permissions may change, in order
	organizations map[string]bool // that they are in
}

// gather finds out whom and what the difference concerns and reads what their permissions depend on, as it is before the
// change. The caller holds the store exclusively.
func (d *difference) gather(ctx context.Context, s *Service) error {
	d.given, d.moved, d.inside = map[string]bool{}, map[string]bool{}, map[string]bool{}
	d.subjects, d.roots, d.spots = map[authz.Object]bool{}, map[authz.Object]bool{}, map[authz.Object]bool{}
	if len(d.deletes)+len(d.touches) == 0 {
		return nil
	}
	whose := d.bindings()
	changed := map[string]bool{} // bindings that themselves change
	for _, r := range slices.Concat(d.deletes, d.touches) {
		d.concern(r, whose)
		if r.Resource.Type == schema.TypeBinding {
			changed[r.Resource.ID] = true
		}
	}
	return inOrder(
		func() error { return d.people(ctx, s.store) },
		func() error { return d.held(ctx, s.store) },
		func() error {
			for _, id := range keys(changed) {
				if err := d.grantedOn(ctx, s.store, GrantFilter{RoleID: whose[id].RoleID, Holder: whose[id].Holder}); err != nil {
					return err
				}
			}
			return nil
		},
		func() error { return d.world(ctx, s.store) },
	)
}

// bindings returns the roles and holders of the bindings that the change names.
func (d *difference) bindings() map[string]Slice {
	out := map[string]Slice{}
	for _, part := range d.slices.list() {
		if part.RoleID != "" && part.Holder.ID != "" {
			out[bindingID(part.RoleID, part.Holder.ID)] = part
		}
	}
	return out
}

// concern notes what one relationship that comes or goes is about.
func (d *difference) concern(r authz.Relationship, whose map[string]Slice) {
	switch {
	case r.Relation == schema.RelMembership:
		d.subjects[r.Subject] = true
		switch r.Resource.Type {
		case schema.TypeOrganization:
			d.inside[r.Resource.ID] = true
		case schema.TypeTeam:
			d.moved[r.Resource.ID], d.spots[r.Resource] = true, true
		}
	case r.Resource.Type == schema.TypeBinding:
		d.given[whose[r.Resource.ID].Holder.ID] = true
	case r.Relation == schema.RelBinding:
		d.given[whose[r.Subject.ID].Holder.ID], d.roots[r.Resource] = true, true
	case r.Relation == schema.RelChildBinding:
		d.given[whose[r.Subject.ID].Holder.ID], d.spots[r.Resource] = true, true
	case r.Relation == schema.RelGuest:
		d.given[r.Subject.ID], d.inside[r.Resource.ID] = true, true
	default:
		d.roots[r.Resource] = true
	}
}

// people adds whoever is in a holder whose roles change. Who comes or goes is noted already.
func (d *difference) people(ctx context.Context, q Queries) error {
	for _, id := range keys(d.given) {
		var set sliceSet
		set.add(whole(teamRef(id)))
		rows, err := projected(ctx, q, &set, d.now)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Relation == schema.RelMembership {
				d.subjects[r.Subject] = true
				d.members = append(d.members, r)
			}
		}
	}
	return nil
}

// held adds every scope on which a team has roles whose people change.
func (d *difference) held(ctx context.Context, q Queries) error {
	for _, id := range keys(d.moved) {
		for _, holder := range []authz.Object{teamRef(id), groupRef(id)} {
			if err := d.grantedOn(ctx, q, GrantFilter{Holder: holder}); err != nil {
				return err
			}
		}
		team, err := one(q.Teams(ctx, TeamFilter{IDs: []string{id}}))
		if err != nil {
			return err
		}
		if team.ID == "" {
			continue
		}
		o, err := q.Organization(ctx, team.OrganizationID)
		if err != nil {
			return err
		}
		if o.OwnersTeamID == id {
			d.roots[organizationRef(o.ID)] = true
		}
		links, err := q.GroupLinks(ctx, GroupLinkFilter{TeamIDs: []string{id}})
		if err != nil {
			return err
		}
		if len(links) > 0 { // its people see the organization, whether they are members of it or not
			d.inside[o.ID] = true
		}
	}
	return nil
}

func (d *difference) grantedOn(ctx context.Context, q Queries, f GrantFilter) error {
	grants, err := q.Grants(ctx, f)
	for _, g := range grants {
		d.roots[g.Scope] = true
	}
	return err
}

// one returns the only row of a list, the zero row where there is none.
func one[T any](rows []T, err error) (T, error) {
	var none T
	if err != nil || len(rows) == 0 {
		return none, err
	}
	return rows[0], nil
}

// world reads the rows that decide the permissions concerned, and projects them.
func (d *difference) world(ctx context.Context, q Queries) error {
	w := newWorldReader(ctx, q, d)
	if err := w.read(); err != nil {
		return err
	}
	// A holder that holds nothing else here is in no projection of what is here, and has its members all the same.
	rows := append(Projection(w.f, d.now), d.members...)
	slices.SortFunc(rows, compareRelationships)
	d.before, d.organizations = d.relevant(slices.Compact(rows)), w.orgs
	return nil
}

// relevant leaves out bindings that none of the subjects has anything of, on scopes that may have thousands of them.
func (d *difference) relevant(rows []authz.Relationship) []authz.Relationship {
	concerns := map[string]bool{}
	for _, r := range slices.Concat(rows, d.touches) {
		if r.Relation == schema.RelMembership && r.Resource.Type == schema.TypeTeam && d.subjects[r.Subject] {
			concerns[r.Resource.ID] = true
		}
	}
	kept := map[string]bool{}
	for _, r := range rows {
		if r.Relation == schema.RelHolder && concerns[r.Subject.ID] {
			kept[r.Resource.ID] = true
		}
	}
	return slices.DeleteFunc(rows, func(r authz.Relationship) bool {
		switch {
		case r.Resource.Type == schema.TypeBinding:
			return !kept[r.Resource.ID]
		case r.Subject.Type == schema.TypeBinding:
			return !kept[r.Subject.ID]
		case r.Relation == schema.RelMembership:
			return !d.subjects[r.Subject]
		case r.Relation == schema.RelGuest:
			return !concerns[r.Subject.ID]
		}
		return false
	})
}

// after returns the relationships as the change leaves them.
func (d *difference) after() []authz.Relationship {
	gone := map[authz.Relationship]bool{}
	for _, r := range slices.Concat(d.deletes, d.touches) {
		gone[r.Key()] = true
	}
	out := slices.DeleteFunc(slices.Clone(d.before), func(r authz.Relationship) bool { return gone[r.Key()] })
	return append(out, d.touches...)
}
