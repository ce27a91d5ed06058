package spicedb

import (
	"strings"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// wildcard is SpiceDB's id for every object of a type. It may stand in a relationship, never in a question or an
// answer.
const wildcard = "*"

const (
	maxID   = 1024
	maxName = 128
)

// checkQuestion refuses what SpiceDB could only refuse as malformed, and names the part at fault. It also keeps
// text that no protocol buffer can carry out of the requests.
func checkQuestion(q authz.Question) error {
	if err := checkObject("resource", q.Resource); err != nil {
		return err
	}
	if err := checkName("permission", q.Permission); err != nil {
		return err
	}
	return checkObject("subject", q.Subject)
}

func checkObject(field string, o authz.Object) error {
	if err := checkName(field, o.Type); err != nil {
		return err
	}
	if o.ID == "" || len(o.ID) > maxID || strings.ContainsFunc(o.ID, notInID) {
		return fault.At(field, "%q is no object id", shorten(o.ID))
	}
	return nil
}

func checkName(field, name string) error {
	if name == "" || len(name) > maxName || strings.ContainsFunc(name, notInName) {
		return fault.At(field, "%q is no name of a type or permission", shorten(name))
	}
	return nil
}

func notInID(r rune) bool {
	return notInName(r) && (r < 'A' || r > 'Z') && !strings.ContainsRune("|-=+", r)
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '/'
}

// shorten keeps a message readable whatever was sent.
func shorten(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

func object(o authz.Object) *v1.ObjectReference {
	return &v1.ObjectReference{ObjectType: o.Type, ObjectId: o.ID}
}

func subject(o authz.Object) *v1.SubjectReference {
	return &v1.SubjectReference{Object: object(o)}
}

func relationship(r authz.Relationship) *v1.Relationship {
	out := &v1.Relationship{Resource: object(r.Resource), Relation: r.Relation, Subject: subject(r.Subject)}
	if !r.ExpiresAt.IsZero() {
		out.OptionalExpiresAt = timestamppb.New(r.ExpiresAt)
	}
	return out
}

func fromRelationship(r *v1.Relationship) authz.Relationship {
	out := authz.Relationship{
		Resource: authz.Object{Type: r.GetResource().GetObjectType(), ID: r.GetResource().GetObjectId()},
		Relation: r.GetRelation(),
		Subject: authz.Object{
			Type: r.GetSubject().GetObject().GetObjectType(),
			ID:   r.GetSubject().GetObject().GetObjectId(),
		},
	}
	if at := r.GetOptionalExpiresAt(); at != nil {
		out.ExpiresAt = at.AsTime()
	}
	return out
}

func relationshipFilter(f authz.Filter) *v1.RelationshipFilter {
	out := &v1.RelationshipFilter{
		ResourceType:       f.Resource.Type,
		OptionalResourceId: f.Resource.ID,
		OptionalRelation:   f.Relation,
	}
	if f.SubjectType != "" {
		out.OptionalSubjectFilter = &v1.SubjectFilter{SubjectType: f.SubjectType, OptionalSubjectId: f.SubjectID}
	}
	return out
}

func precondition(p authz.Precondition) *v1.Precondition {
	out := &v1.Precondition{Operation: v1.Precondition_OPERATION_MUST_MATCH, Filter: relationshipFilter(p.Filter)}
	if p.Absent {
		out.Operation = v1.Precondition_OPERATION_MUST_NOT_MATCH
	}
	return out
}

// transactionMetadata returns what SpiceDB keeps with a change, nil for nothing.
func transactionMetadata(metadata map[string]string) *structpb.Struct {
	if len(metadata) == 0 {
		return nil
	}
	fields := make(map[string]*structpb.Value, len(metadata))
	for key, value := range metadata {
		// A user agent or a reason may hold anything; a protocol buffer holds UTF-8.
		fields[strings.ToValidUTF8(key, "�")] = structpb.NewStringValue(strings.ToValidUTF8(value, "�"))
	}
	return &structpb.Struct{Fields: fields}
}

func tokenOf(t *v1.ZedToken) authz.Token { return authz.Token(t.GetToken()) }
