package catalog

import (
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Slice names a part of the projection: all relationships of a resource, or those of one relation, or of one
// subject. Writers name the slices their rows decide; the projection of those slices is brought in step.
type Slice struct {
	Resource authz.Object `json:"resource"`
	Relation string       `json:"relation,omitempty"` // "" for all
	Subject  authz.Object `json:"subject,omitzero"`   // zero for all

	// RoleID and Holder tell which binding the slice is about, since its id is a hash of them.
	RoleID string       `json:"role,omitempty"`
	Holder authz.Object `json:"holder,omitzero"`
}

// filter returns the relationships of the slice as a filter.
func (s Slice) filter() authz.Filter {
	return authz.Filter{Resource: s.Resource, Relation: s.Relation, SubjectType: s.Subject.Type, SubjectID: s.Subject.ID}
}

// covers reports whether every relationship of another slice belongs to this one.
func (s Slice) covers(o Slice) bool {
	return s.Resource == o.Resource &&
		(s.Relation == "" || s.Relation == o.Relation) &&
		(s.Subject.IsZero() || s.Subject == o.Subject)
}

// whole is the slice of everything a resource carries.
func whole(resource authz.Object) Slice { return Slice{Resource: resource} }

// memberSlice is the membership of one subject in a group, team or organization.
func memberSlice(resource, subject authz.Object) Slice {
	return Slice{Resource: resource, Relation: schema.RelMembership, Subject: subject}
}

// grantSlices are what a grant of a role to a holder at a scope decides. projectID is the project of a
// workspace or stack scope.
func grantSlices(g Grant, projectID string) []Slice {
	binding := bindingRef(bindingID(g.RoleID, g.Holder.ID))
	at := func(resource authz.Object, relation string) Slice {
		return Slice{Resource: resource, Relation: relation, Subject: binding, RoleID: g.RoleID, Holder: g.Holder}
	}
	out := []Slice{at(g.Scope, schema.RelBinding), {Resource: binding, RoleID: g.RoleID, Holder: g.Holder}}
	if projectID != "" {
		out = append(out, at(projectRef(projectID), schema.RelChildBinding))
	}
	if g.Holder.Type != schema.TypeTeam && g.OrganizationID != "" {
		out = append(out, Slice{Resource: organizationRef(g.OrganizationID), Relation: schema.RelGuest, Subject: teamRef(g.Holder.ID), Holder: g.Holder})
	}
	if g.Holder.Type == schema.TypeGroup {
		out = append(out, whole(teamRef(g.Holder.ID)))
	}
	return out
}

// sliceSet keeps slices without those that others cover.
type sliceSet struct {
	byResource map[authz.Object][]Slice
	order      []authz.Object
}

func (s *sliceSet) add(slices ...Slice) {
	if s.byResource == nil {
		s.byResource = map[authz.Object][]Slice{}
	}
	for _, n := range slices {
		have, known := s.byResource[n.Resource]
		if !known {
			s.order = append(s.order, n.Resource)
		}
		covered := false
		for _, h := range have {
			covered = covered || h.covers(n)
		}
		if !covered {
			s.byResource[n.Resource] = append(have, n)
		}
	}
}

func (s *sliceSet) list() []Slice {
	var out []Slice
	for _, r := range s.order {
		out = append(out, s.byResource[r]...)
	}
	return out
}

// contains reports whether a relationship belongs to one of the slices.
func (s *sliceSet) contains(r authz.Relationship) bool {
	for _, have := range s.byResource[r.Resource] {
		if have.filter().Matches(r) {
			return true
		}
	}
	return false
}
