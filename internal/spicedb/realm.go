package spicedb

import (
	"sync"
	"sync/atomic"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
	"github.com/terrawarden/terrawarden/schema"
)

// realm is what changes together: an organization with everything in it, or what all organizations share (the platform,
// groups, private teams). An answer about something in an organization depends on that organization's relationships
// and on the shared ones, so it holds for as long as neither of the two has changed.
type realm struct {
	changed atomic.Uint64         // the revision of the last change
	into    atomic.Pointer[realm] // the realm it was merged into
}

func (r *realm) root() *realm {
	for {
		next := r.into.Load()
		if next == nil {
			return r
		}
		r = next
	}
}

// realms tells them apart and follows every commit.
//
// That no relationship leads from one organization into another is the catalog's rule. It is not relied on: a
// relationship that does makes its two realms one, and so does anything that moves an object between realms while
// others refer to it. Merging forgets too much at worst, and never too little.
type realms struct {
	shared  *realm
	nowhere *realm // of objects that do not exist: nobody may do anything with them until they do
	mu      sync.RWMutex
	byID    map[string]*realm // of organizations
}

func newRealms() *realms {
	return &realms{shared: &realm{}, nowhere: &realm{}, byID: map[string]*realm{}}
}

// upwards returns the relation that leads from an object towards its organization, "" for what belongs to none.
func upwards(objectType string) string {
	switch objectType {
	case schema.TypeWorkspace, schema.TypeStack:
		return schema.RelProject
	case schema.TypeProject, schema.TypeTeam:
		return schema.RelOrganization
	case schema.TypeBinding:
		return schema.RelHolder
	}
	return ""
}

// isLeaf reports whether no relationship can lead to objects of a type.
func isLeaf(objectType string) bool {
	return objectType == schema.TypeWorkspace || objectType == schema.TypeStack
}

// realmDepth is the longest way up: binding, team, organization and one to spare.
const realmDepth = 4

// world is where realms look objects up.
type world interface {
	// parent returns what an object's upward relation leads to.
	parent(o authz.Object, relation string) (authz.Object, bool)
	// exists reports whether a relationship names the object.
	exists(o authz.Object) bool
}

// of returns the realm of an object, nil for a workspace or stack without a project: it is on its way from one to
// another, and nothing refers to it.
func (rs *realms) of(w world, o authz.Object) *realm {
	for range realmDepth {
		if o.Type == schema.TypeOrganization {
			return rs.organization(o.ID)
		}
		relation := upwards(o.Type)
		if relation == "" {
			return rs.shared
		}
		above, ok := w.parent(o, relation)
		if !ok {
			break
		}
		o = above
	}
	switch {
	case !w.exists(o):
		return rs.nowhere
	case isLeaf(o.Type):
		return nil
	}
	return rs.shared
}

// stored is the world of a snapshot.
type stored struct{ treestore.View }

func (s stored) parent(o authz.Object, relation string) (authz.Object, bool) {
	objectType, id, ok := s.Subject(o.Type, o.ID, relation)
	return authz.Object{Type: objectType, ID: id}, ok
}

func (s stored) exists(o authz.Object) bool {
	for range s.Of(o.Type, o.ID) {
		return true
	}
	for range s.Referring(o.Type, o.ID) {
		return true
	}
	return false
}

// remembering returns the realm of an answer about an object in a snapshot, nil where it is not worth remembering: of a
// team or binding that belongs to no organization people see only what it gives them elsewhere.
func (rs *realms) remembering(v treestore.View, o authz.Object) *realm {
	r := rs.at(v, o)
	if r == rs.shared && upwards(o.Type) != "" {
		return nil
	}
	return r
}

// at returns the realm of an object in a snapshot.
func (rs *realms) at(v treestore.View, o authz.Object) *realm { return rs.of(stored{v}, o) }

func (rs *realms) organization(id string) *realm {
	rs.mu.RLock()
	r, ok := rs.byID[id]
	rs.mu.RUnlock()
	if ok {
		return r
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r, ok = rs.byID[id]; !ok {
		r = &realm{}
		rs.byID[id] = r
	}
	return r
}

// holds reports whether an answer found at one revision is still right at another.
func (rs *realms) holds(r *realm, found, now uint64) bool {
	oldest := min(found, now)
	return rs.shared.changed.Load() <= oldest && r.root().changed.Load() <= oldest
}

// join makes two realms one.
func (rs *realms) join(a, b *realm) {
	a, b = a.root(), b.root()
	if a == b {
		return
	}
	if a == rs.shared {
		a, b = b, a
	}
	// Before anybody looks for the one and finds the other: an answer that was out of date must not look new again.
	b.changed.Store(max(a.changed.Load(), b.changed.Load()))
	a.into.Store(b)
}

// learn looks at the relationships an empty store is filled with.
func (rs *realms) learn(rows []treestore.Row) {
	w := seeded{}
	for _, row := range rows {
		if upwards(row.ResourceType) == row.Relation {
			w[resourceOf(row)] = subjectOf(row)
		}
	}
	known := map[authz.Object]*realm{}
	find := func(o authz.Object) *realm {
		r, ok := known[o]
		if !ok {
			r = rs.of(w, o)
			known[o] = r
		}
		return r
	}
	var last [2]authz.Object // a binding has a row of each atom for its one holder
	for _, row := range rows {
		pair := [2]authz.Object{resourceOf(row), subjectOf(row)}
		if belongs(row.SubjectType) && pair != last {
			rs.cross(find(pair[0]), find(pair[1]))
			last = pair
		}
	}
}

// seeded is the world of relationships that are still to be stored: what leads upwards. Only objects that they name
// are looked up in it.
type seeded map[authz.Object]authz.Object

func (s seeded) parent(o authz.Object, _ string) (authz.Object, bool) {
	above, ok := s[o]
	return above, ok
}

func (seeded) exists(authz.Object) bool { return true }

// belongs reports whether objects of a type can belong to an organization.
func belongs(objectType string) bool {
	return objectType == schema.TypeOrganization || upwards(objectType) != ""
}

// cross joins two realms when a relationship leads from the one into the other. What is shared is no other realm: every
// answer depends on it anyway. Without a realm to come from, no answer depends on the relationship.
func (rs *realms) cross(from, to *realm) {
	if from != nil && to.root() != rs.shared && to.root() != from.root() {
		rs.join(from, to)
	}
}

// commit follows a commit: before anybody can read its revision, every realm it concerns is marked as changed.
func (rs *realms) commit(c treestore.Commit) {
	revision := c.After.Revision()
	if c.Schema || c.Seeded {
		rs.shared.changed.Store(revision)
	}
	touched := map[*realm]struct{}{}
	for _, change := range c.Changes {
		resource := resourceOf(change.Row)
		before, after := rs.at(c.Before, resource), rs.at(c.After, resource)
		// Of an object that comes into being or goes, only questions about itself are concerned: whatever refers to it
		// has begun or ceased to in the same commit, by relationships of its own.
		switch {
		case before == rs.nowhere:
			touched[rs.nowhere] = struct{}{}
		case after == rs.nowhere:
			if before != rs.shared { // of which no questions are remembered
				touched[before] = struct{}{}
			}
		default:
			touched[before], touched[after] = struct{}{}, struct{}{}
			if before != after && !isLeaf(resource.Type) {
				rs.join(before, after)
			}
		}
		if !change.Deleted && belongs(change.Row.SubjectType) {
			rs.cross(after, rs.at(c.After, subjectOf(change.Row)))
		}
	}
	delete(touched, nil)
	for r := range touched {
		r.root().changed.Store(revision)
	}
}

func resourceOf(row treestore.Row) authz.Object {
	return authz.Object{Type: row.ResourceType, ID: row.ResourceID}
}

func subjectOf(row treestore.Row) authz.Object {
	return authz.Object{Type: row.SubjectType, ID: row.SubjectID}
}
