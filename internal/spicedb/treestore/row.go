package treestore

import (
	"math"
	"time"

	core "github.com/authzed/spicedb/pkg/proto/core/v1"
	"github.com/authzed/spicedb/pkg/tuple"
	"google.golang.org/protobuf/types/known/structpb"
)

// row is a relationship as the trees hold it: 64 bytes, shared by both trees, never changed once it is in them.
type row struct {
	names  [4]uint32 // by field: resourceType, relation, subjectType, subjectRelation
	ids    [2]string // by field: resourceID, subjectID
	expiry int64     // Unix nanoseconds, 0 for never, MaxInt64 when later than those reach
	extra  *extra    // what most rows have not
}

// extra holds the rare parts of a relationship. They are handed out as they are, and readers must not change them.
type extra struct {
	expires   time.Time
	caveat    *core.ContextualizedCaveat
	integrity *core.RelationshipIntegrity
}

// rowBytes is the memory of a row without its ids.
const rowBytes = 64

// newRow makes a row of a relationship whose names are all in the table.
func newRow(n *names, rel *tuple.Relationship) *row {
	r := &row{
		names: [4]uint32{
			n.numbers[rel.Resource.ObjectType], n.numbers[rel.Resource.Relation],
			n.numbers[rel.Subject.ObjectType], n.numbers[rel.Subject.Relation],
		},
		ids: [2]string{rel.Resource.ObjectID, rel.Subject.ObjectID},
	}
	if rel.OptionalExpiration == nil && rel.OptionalCaveat == nil && rel.OptionalIntegrity == nil {
		return r
	}
	r.extra = &extra{}
	if rel.OptionalExpiration != nil {
		r.expire(*rel.OptionalExpiration)
	}
	if rel.OptionalCaveat != nil {
		r.extra.caveat = rel.OptionalCaveat.CloneVT()
		if r.extra.caveat.Context == nil {
			r.extra.caveat.Context = &structpb.Struct{} // what the other datastores make of none
		}
	}
	if rel.OptionalIntegrity != nil {
		r.extra.integrity = rel.OptionalIntegrity.CloneVT()
	}
	return r
}

// expire sets the expiry; extra must be there.
func (r *row) expire(at time.Time) {
	r.extra.expires = at.Round(0).UTC()
	switch nanos := at.UnixNano(); {
	case at.Unix() > math.MaxInt64/int64(time.Second)-1:
		r.expiry = math.MaxInt64
	case at.Unix() <= 0 || nanos == 0:
		r.expiry = 1
	default:
		r.expiry = nanos
	}
}

// expired says whether the row is no longer valid at a time in Unix nanoseconds.
func (r *row) expired(now int64) bool {
	return r.expiry != 0 && r.expiry <= now
}

func (r *row) caveat() *core.ContextualizedCaveat {
	if r.extra == nil {
		return nil
	}
	return r.extra.caveat
}

// same says whether two rows of one key hold the same expiry and caveat. Integrity does not count, as in SpiceDB's own
// in-memory datastore: it is a signature of the rest with the time it was made.
func (r *row) same(o *row) bool {
	if r.extra == nil && o.extra == nil {
		return true
	}
	if r.expiry != o.expiry || (r.expiry != 0 && !r.extra.expires.Equal(o.extra.expires)) {
		return false
	}
	a, b := r.caveat(), o.caveat()
	return (a == nil && b == nil) || (a != nil && b != nil && a.EqualVT(b))
}

// relationship is the row in SpiceDB's words.
func (r *row) relationship(text []string) tuple.Relationship {
	rel := tuple.Relationship{RelationshipReference: tuple.RelationshipReference{
		Resource: tuple.ObjectAndRelation{
			ObjectID: r.ids[0], ObjectType: text[r.names[resourceType]], Relation: text[r.names[relation]],
		},
		Subject: tuple.ObjectAndRelation{
			ObjectID: r.ids[1], ObjectType: text[r.names[subjectType]], Relation: text[r.names[subjectRelation]],
		},
	}}
	if r.extra != nil {
		rel.OptionalCaveat = r.extra.caveat
		rel.OptionalIntegrity = r.extra.integrity
		if r.expiry != 0 {
			rel.OptionalExpiration = &r.extra.expires
		}
	}
	return rel
}

// public is the row in the words of this package's readers.
func (r *row) public(text []string) Row {
	out := Row{
		ResourceType: text[r.names[resourceType]], ResourceID: r.ids[0], Relation: text[r.names[relation]],
		SubjectType: text[r.names[subjectType]], SubjectID: r.ids[1], SubjectRelation: text[r.names[subjectRelation]],
	}
	if r.expiry != 0 {
		out.ExpiresAt = r.extra.expires
	}
	return out
}
