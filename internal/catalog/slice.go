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
	have  map[sliceKey]int // to the place in order
	order []Slice
}

// sliceKey is what a slice says of relationships, without how to read its rows.
type sliceKey struct {
	resource authz.Object
	relation string
	subject  authz.Object
}

// around returns the keys of all slices that hold a relationship of some resource, relation and subject.
func around(resource authz.Object, relation string, subject authz.Object) [4]sliceKey {
	return [4]sliceKey{{resource: resource}, {resource: resource, relation: relation}, {resource: resource, subject: subject}, {resource, relation, subject}}
}

func (s *sliceSet) add(slices ...Slice) {
	if s.have == nil {
		s.have = map[sliceKey]int{}
	}
	for _, n := range slices {
		if !s.covers(n.Resource, n.Relation, n.Subject) {
			s.have[sliceKey{n.Resource, n.Relation, n.Subject}] = len(s.order)
			s.order = append(s.order, n)
		}
	}
}

func (s *sliceSet) covers(resource authz.Object, relation string, subject authz.Object) bool {
	for _, key := range around(resource, relation, subject) {
		if _, ok := s.have[key]; ok {
			return true
		}
	}
	return false
}

// list returns the slices in the order in which they came, without those that a later one covers.
func (s *sliceSet) list() []Slice {
	out := make([]Slice, 0, len(s.order))
	for i, one := range s.order {
		covered := false
		for _, key := range around(one.Resource, one.Relation, one.Subject) {
			at, ok := s.have[key]
			covered = covered || ok && at != i
		}
		if !covered {
			out = append(out, one)
		}
	}
	return out
}

// contains reports whether a relationship belongs to one of the slices.
func (s *sliceSet) contains(r authz.Relationship) bool {
	return s.covers(r.Resource, r.Relation, r.Subject)
}
