package schema_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/datalayer"
	"github.com/authzed/spicedb/pkg/development"
	"github.com/authzed/spicedb/pkg/tuple"

	"github.com/terrawarden/terrawarden/schema"
)

// object is a typed id of the small estate that the tests of the model share.
type object struct{ typeName, id string }

func (o object) String() string { return o.typeName + ":" + o.id }

// The estate: one platform; acme with two projects, a workspace and a stack in each, and teams of every kind;
// and another organization that nothing of acme may reach.
var (
	thePlatform   = object{schema.TypePlatform, "main"}
	acme          = object{schema.TypeOrganization, "acme"}
	other         = object{schema.TypeOrganization, "other"}
	inDefault     = object{schema.TypeProject, "default"}
	second        = object{schema.TypeProject, "second"}
	foreign       = object{schema.TypeProject, "foreign"}
	wsDefault     = object{schema.TypeWorkspace, "ws-default"}
	wsSecond      = object{schema.TypeWorkspace, "ws-second"}
	wsForeign     = object{schema.TypeWorkspace, "ws-foreign"}
	stDefault     = object{schema.TypeStack, "st-default"}
	stSecond      = object{schema.TypeStack, "st-second"}
	stForeign     = object{schema.TypeStack, "st-foreign"}
	visibleTeam   = object{schema.TypeTeam, "visible"}
	secretTeam    = object{schema.TypeTeam, "secret"}
	ownersTeam    = object{schema.TypeTeam, "owners"}
	foreignOwners = object{schema.TypeTeam, "other-owners"}
	holderTeam    = object{schema.TypeTeam, "holder"}
	plainMember   = object{schema.TypeUser, "member"}
	outsider      = object{schema.TypeUser, "outsider"}
)

// parentOf is the tree of the estate.
var parentOf = map[object]object{
	acme: thePlatform, other: thePlatform,
	inDefault: acme, second: acme, foreign: other,
	wsDefault: inDefault, wsSecond: second, wsForeign: foreign,
	stDefault: inDefault, stSecond: second, stForeign: foreign,
	visibleTeam: acme, secretTeam: acme, ownersTeam: acme, foreignOwners: other, holderTeam: acme,
}

// estateObjects are the objects that questions are asked about, from the top down.
var estateObjects = []object{
	thePlatform, acme, other, inDefault, second, foreign, wsDefault, wsSecond, wsForeign, stDefault, stSecond, stForeign,
	visibleTeam, secretTeam, ownersTeam, foreignOwners,
}

// within reports whether an object is the scope or lies below it.
func within(o, scope object) bool {
	for {
		if o == scope {
			return true
		}
		parent, ok := parentOf[o]
		if !ok {
			return false
		}
		o = parent
	}
}

// estate collects relationships, shaped as the catalog's projection shapes them.
type estate struct{ rows []string }

func (e *estate) add(resource object, relation string, subject object) {
	e.rows = append(e.rows, fmt.Sprintf("%s#%s@%s", resource, relation, subject))
}

// newEstate builds everything but what the role under test gives.
func newEstate(allowForceDelete bool) *estate {
	e := &estate{}
	for _, o := range []object{acme, other} {
		e.add(o, schema.RelPlatform, thePlatform)
		if allowForceDelete {
			for _, t := range []string{schema.TypeUser, schema.TypeServiceAccount, schema.TypeTeamToken, schema.TypeTeam, schema.TypeGroup} {
				e.add(o, schema.RelForceDeleteAllowed, object{t, "*"})
			}
		}
	}
	for _, p := range []object{inDefault, second, foreign} {
		e.add(p, schema.RelOrganization, parentOf[p])
	}
	for _, p := range []object{inDefault, foreign} {
		e.add(parentOf[p], schema.RelDefaultProject, p)
		e.add(p, schema.RelDefaultIn, parentOf[p])
	}
	for _, o := range []object{wsDefault, wsSecond, wsForeign, stDefault, stSecond, stForeign} {
		e.add(o, schema.RelProject, parentOf[o])
	}
	e.team(visibleTeam, acme, schema.RelVisibleIn)
	e.team(secretTeam, acme, schema.RelSecretIn)
	e.team(ownersTeam, acme, schema.RelOwnersOf)
	e.team(foreignOwners, other, schema.RelOwnersOf)
	e.bind(acme, schema.RoleOwner, ownersTeam)
	e.bind(other, schema.RoleOwner, foreignOwners)
	e.add(acme, schema.RelMembership, plainMember)
	return e
}

// team puts a team into an organization; place is the relation that says of which kind it is.
func (e *estate) team(t, organization object, place string) {
	e.add(t, schema.RelOrganization, organization)
	e.add(t, schema.RelMembership, t)
	e.add(organization, schema.RelMembership, t)
	e.add(t, place, organization)
	e.add(t, schema.RelTokenSelfService, t)
}

// bind gives a team a built-in role at a scope.
func (e *estate) bind(scope object, role string, holder object) {
	r, _ := schema.BuiltinRole(role)
	binding := object{schema.TypeBinding, r.Name + "-" + holder.id}
	e.add(scope, schema.RelBinding, binding)
	if scope.typeName == schema.TypeWorkspace || scope.typeName == schema.TypeStack {
		e.add(parentOf[scope], schema.RelChildBinding, binding)
	}
	e.add(binding, schema.RelHolder, holder)
	for _, atom := range r.Atoms() {
		e.add(binding, atom.HasRelation(), holder)
	}
}

// open compiles the schema and writes the estate's relationships. SpiceDB does not look at their types here, which
// takes longer than all questions together; TestEstateIsLegal lets it.
func (e *estate) open(t *testing.T) *development.DevContext {
	t.Helper()
	dev := open(t, "platform:main#binding@binding:none")
	var updates []tuple.RelationshipUpdate
	slices.Sort(e.rows)
	for _, row := range slices.Compact(e.rows) {
		updates = append(updates, tuple.Touch(tuple.MustParse(row)))
	}
	revision, err := dev.DataLayer.ReadWriteTx(dev.Ctx, func(ctx context.Context, tx datalayer.ReadWriteTransaction) error {
		return tx.WriteRelationships(ctx, updates)
	})
	if err != nil {
		t.Fatal(err)
	}
	dev.Revision = revision
	return dev
}

// question is one permission on one object, asked by whom the question is put for.
type question struct {
	permission schema.Permission
	resource   object
}

// everything is every question that can be asked about the objects.
func everything(objects []object) []question {
	var out []question
	for _, o := range objects {
		for _, e := range schema.Vocabulary() {
			if e.Permission.On(o.typeName) != "" {
				out = append(out, question{e.Permission, o})
			}
		}
	}
	return out
}

// askAll puts many questions to SpiceDB's development engine. It asks them in bulk, because RunCheck also explains every
// answer, which costs far more than the answer.
func askAll(t *testing.T, dev *development.DevContext, subject object, questions []question) []bool {
	t.Helper()
	conn, stop, err := dev.RunV1InMemoryService()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	request := &v1.CheckBulkPermissionsRequest{Consistency: &v1.Consistency{Requirement: &v1.Consistency_FullyConsistent{FullyConsistent: true}}}
	for _, q := range questions {
		request.Items = append(request.Items, &v1.CheckBulkPermissionsRequestItem{
			Resource:   &v1.ObjectReference{ObjectType: q.resource.typeName, ObjectId: q.resource.id},
			Permission: q.permission.On(q.resource.typeName),
			Subject:    &v1.SubjectReference{Object: &v1.ObjectReference{ObjectType: subject.typeName, ObjectId: subject.id}},
		})
	}
	response, err := v1.NewPermissionsServiceClient(conn).CheckBulkPermissions(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	answers := make([]bool, len(questions))
	for i, pair := range response.GetPairs() {
		if pair.GetError() != nil {
			t.Fatalf("%s asks %v: %v", subject, questions[i], pair.GetError())
		}
		answers[i] = pair.GetItem().GetPermissionship() == v1.CheckPermissionResponse_PERMISSIONSHIP_HAS_PERMISSION
	}
	return answers
}
