package spicedb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authzed/spicedb/pkg/namespace"
	core "github.com/authzed/spicedb/pkg/proto/core/v1"
	model "github.com/authzed/spicedb/pkg/schema"
	"github.com/authzed/spicedb/pkg/schemadsl/compiler"
	"github.com/authzed/spicedb/pkg/schemadsl/input"
	"github.com/authzed/spicedb/pkg/tuple"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
	"github.com/terrawarden/terrawarden/schema"
)

// Seed implements authz.Seeder. It goes past the server, into the datastore itself, which takes a few seconds for a
// million relationships; so it checks by itself that the schema allows them. An engine that holds relationships
// already is fault.Conflict, one that the schema does not know fault.Invalid, and neither changes anything.
func (e *Embedded) Seed(ctx context.Context, relationships []authz.Relationship) error {
	if err := e.model.allowsAll(relationships); err != nil {
		return err
	}
	rows := make([]treestore.Row, len(relationships))
	for i, r := range relationships {
		rows[i] = rowOf(r)
	}
	e.realms.learn(rows)
	err := e.tree.Seed(ctx, rows)
	if errors.Is(err, treestore.ErrNotEmpty) {
		err = fault.Wrap(fault.Conflict, err, "the engine holds relationships already")
	}
	if err != nil {
		return fmt.Errorf("seed %d relationships: %w", len(rows), err)
	}
	return nil
}

// seedable refuses what the server would refuse to write as malformed.
func seedable(r authz.Relationship) error {
	if err := checkObject("resource", r.Resource); err != nil || r.Subject.ID == wildcard {
		return err
	}
	return checkObject("subject", r.Subject)
}

func rowOf(r authz.Relationship) treestore.Row {
	return treestore.Row{
		ResourceType: r.Resource.Type, ResourceID: r.Resource.ID, Relation: r.Relation,
		SubjectType: r.Subject.Type, SubjectID: r.Subject.ID, SubjectRelation: tuple.Ellipsis, ExpiresAt: r.ExpiresAt,
	}
}

// shape is all that decides whether the schema allows a relationship. A large estate has a hundred of them.
type shape struct {
	resourceType, relation, subjectType string
	wildcard, expires                   bool
}

func shapeOf(r authz.Relationship) shape {
	return shape{r.Resource.Type, r.Relation, r.Subject.Type, r.Subject.ID == wildcard, r.ExpiresAt != time.Time{}}
}

// typeModel is the schema of this program, compiled.
type typeModel map[string]*model.Definition

func compileModel() (typeModel, error) {
	compiled, err := compiler.Compile(compiler.InputSchema{Source: input.Source("schema"), SchemaString: schema.Text()}, compiler.AllowUnprefixedObjectType())
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %w", err)
	}
	types := typeModel{}
	for _, definition := range compiled.ObjectDefinitions {
		if types[definition.GetName()], err = model.NewDefinition(definition); err != nil {
			return nil, fmt.Errorf("compile the schema: %w", err)
		}
	}
	return types, nil
}

// allowsAll returns what is wrong with the first relationship that the schema does not know.
func (m typeModel) allowsAll(relationships []authz.Relationship) error {
	sound := map[shape]bool{}
	var last shape // they come in runs
	for _, r := range relationships {
		err := seedable(r)
		if s := shapeOf(r); err == nil && s != last {
			if !sound[s] {
				err = m.allows(s)
			}
			sound[s], last = true, s
		}
		if err != nil {
			return fmt.Errorf("seed %s: %w", r, err)
		}
	}
	return nil
}

// knows reports whether all that a filter names is in the schema.
func (m typeModel) knows(f authz.Filter) bool {
	resource, known := m[f.Resource.Type]
	if !known || (f.Relation != "" && !resource.HasRelation(f.Relation)) {
		return false
	}
	_, known = m[f.SubjectType]
	return known || (f.SubjectType == "" && f.SubjectID == "")
}

// allows returns why the schema does not know a shape, nil if it does.
func (m typeModel) allows(s shape) error {
	definition, known := m[s.resourceType]
	if !known || definition.IsPermission(s.relation) {
		return fault.New(fault.Invalid, "there is no relation %s on %q", s.relation, s.resourceType)
	}
	var subject *core.AllowedRelation
	if s.wildcard {
		subject = namespace.AllowedPublicNamespace(s.subjectType)
	} else {
		subject = namespace.AllowedRelation(s.subjectType, tuple.Ellipsis)
	}
	if s.expires {
		subject = namespace.WithExpiration(subject)
	}
	verdict, err := definition.HasAllowedRelation(s.relation, subject)
	if err != nil || verdict != model.AllowedRelationValid {
		return fault.New(fault.Invalid, "%s of %s does not take such a subject", s.relation, s.resourceType)
	}
	return nil
}
