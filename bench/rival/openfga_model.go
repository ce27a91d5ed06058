package rival

import (
	"fmt"

	core "github.com/authzed/spicedb/pkg/proto/core/v1"
	"github.com/authzed/spicedb/pkg/schemadsl/compiler"
	"github.com/authzed/spicedb/pkg/schemadsl/input"
	"github.com/authzed/spicedb/pkg/tuple"

	"github.com/terrawarden/terrawarden/schema"
)

// Model is an authorization model as OpenFGA's HTTP API takes it.
type Model struct {
	SchemaVersion   string           `json:"schema_version"`
	TypeDefinitions []TypeDefinition `json:"type_definitions"`
}

// TypeDefinition is one type of a Model.
type TypeDefinition struct {
	Type      string             `json:"type"`
	Relations map[string]Rewrite `json:"relations"`
	Metadata  Metadata           `json:"metadata"`
}

// Metadata says what the relations of a type may point at.
type Metadata struct {
	Relations map[string]RelationMetadata `json:"relations"`
}

// RelationMetadata says what one relation may point at.
type RelationMetadata struct {
	DirectlyRelatedUserTypes []Reference `json:"directly_related_user_types,omitempty"`
}

// Reference is a type, all of a type, or a relation of a type.
type Reference struct {
	Type     string    `json:"type"`
	Relation string    `json:"relation,omitempty"`
	Wildcard *struct{} `json:"wildcard,omitempty"`
}

// Rewrite says how a relation is decided; one of its fields is set.
type Rewrite struct {
	This            *struct{}   `json:"this,omitempty"`
	ComputedUserset *Relation   `json:"computedUserset,omitempty"`
	TupleToUserset  *Arrow      `json:"tupleToUserset,omitempty"`
	Union           *Children   `json:"union,omitempty"`
	Intersection    *Children   `json:"intersection,omitempty"`
	Difference      *Difference `json:"difference,omitempty"`
}

// Relation names a relation.
type Relation struct {
	Relation string `json:"relation"`
}

// Arrow follows a relation and asks for another at its end.
type Arrow struct {
	Tupleset        Relation `json:"tupleset"`
	ComputedUserset Relation `json:"computedUserset"`
}

// Children are the operands of a union or intersection.
type Children struct {
	Child []Rewrite `json:"child"`
}

// Difference is what is in one and not in the other.
type Difference struct {
	Base     Rewrite `json:"base"`
	Subtract Rewrite `json:"subtract"`
}

// Translate translates the product's SpiceDB schema into an OpenFGA model, piece by piece: a definition becomes a type, a
// relation one with its types, a permission a rewrite. Expirations are left out: OpenFGA has none on relationships,
// and no relationship of an estate expires during a run. A permission that merely renames a relation (member =
// membership) is replaced by that relation wherever it is used: OpenFGA's validation otherwise takes two operands of an
// intersection that both end there for a dead end.
func Translate() (Model, error) {
	compiled, err := compiler.Compile(compiler.InputSchema{Source: input.Source("schema"), SchemaString: schema.Text()}, compiler.AllowUnprefixedObjectType())
	if err != nil {
		return Model{}, fmt.Errorf("compile the schema: %w", err)
	}
	model := Model{SchemaVersion: "1.1"}
	tr := newTranslation(compiled.ObjectDefinitions)
	for _, definition := range compiled.ObjectDefinitions {
		tr.current = definition.GetName()
		t, err := tr.typeOf(definition)
		if err != nil {
			return Model{}, fmt.Errorf("definition %s: %w", definition.GetName(), err)
		}
		model.TypeDefinitions = append(model.TypeDefinitions, t)
	}
	return model, nil
}

// translation knows what is only another name.
type translation struct {
	current string                         // the type being translated
	names   map[string]map[string]string   // type -> permission -> the relation it renames
	targets map[string]map[string][]string // type -> relation -> the types it points at
}

func newTranslation(definitions []*core.NamespaceDefinition) *translation {
	tr := &translation{names: map[string]map[string]string{}, targets: map[string]map[string][]string{}}
	for _, d := range definitions {
		tr.names[d.GetName()], tr.targets[d.GetName()] = map[string]string{}, map[string][]string{}
		for _, r := range d.GetRelation() {
			children := r.GetUsersetRewrite().GetUnion().GetChild()
			if len(children) == 1 && children[0].GetComputedUserset() != nil {
				tr.names[d.GetName()][r.GetName()] = children[0].GetComputedUserset().GetRelation()
			}
			for _, a := range r.GetTypeInformation().GetAllowedDirectRelations() {
				tr.targets[d.GetName()][r.GetName()] = append(tr.targets[d.GetName()][r.GetName()], a.GetNamespace())
			}
		}
	}
	return tr
}

// real returns the relation behind a name on a type.
func (tr *translation) real(typeName, relation string) string {
	if renamed, ok := tr.names[typeName][relation]; ok {
		return tr.real(typeName, renamed)
	}
	return relation
}

// behind is real for the far end of an arrow, where all types at that end agree.
func (tr *translation) behind(tupleset, relation string) string {
	found := ""
	for _, typeName := range tr.targets[tr.current][tupleset] {
		r := tr.real(typeName, relation)
		if found != "" && r != found {
			return relation
		}
		found = r
	}
	return found
}

func (tr *translation) typeOf(definition *core.NamespaceDefinition) (TypeDefinition, error) {
	t := TypeDefinition{Type: definition.GetName(), Relations: map[string]Rewrite{}, Metadata: Metadata{Relations: map[string]RelationMetadata{}}}
	for _, r := range definition.GetRelation() {
		if r.GetUsersetRewrite() == nil {
			t.Relations[r.GetName()] = Rewrite{This: &struct{}{}}
			t.Metadata.Relations[r.GetName()] = RelationMetadata{DirectlyRelatedUserTypes: directTypes(r)}
			continue
		}
		rewrite, err := tr.rewriteOf(r.GetUsersetRewrite())
		if err != nil {
			return TypeDefinition{}, fmt.Errorf("permission %s: %w", r.GetName(), err)
		}
		t.Relations[r.GetName()] = rewrite
		t.Metadata.Relations[r.GetName()] = RelationMetadata{}
	}
	return t, nil
}

// directTypes returns what a relation may point at. The same type with and without expiration is one.
func directTypes(r *core.Relation) []Reference {
	type key struct {
		name, relation string
		all            bool
	}
	seen := map[key]bool{}
	var out []Reference
	for _, a := range r.GetTypeInformation().GetAllowedDirectRelations() {
		k := key{name: a.GetNamespace(), all: a.GetPublicWildcard() != nil}
		if relation := a.GetRelation(); relation != tuple.Ellipsis {
			k.relation = relation
		}
		if seen[k] {
			continue
		}
		seen[k] = true
		ref := Reference{Type: k.name, Relation: k.relation}
		if k.all {
			ref.Wildcard = &struct{}{}
		}
		out = append(out, ref)
	}
	return out
}

func (tr *translation) rewriteOf(r *core.UsersetRewrite) (Rewrite, error) {
	operation := r.GetUnion()
	switch {
	case r.GetIntersection() != nil:
		operation = r.GetIntersection()
	case r.GetExclusion() != nil:
		operation = r.GetExclusion()
	}
	children, err := tr.childrenOf(operation)
	switch {
	case err != nil:
		return Rewrite{}, err
	case len(children) == 0:
		return Rewrite{}, fmt.Errorf("no counterpart for %v", r)
	case len(children) == 1:
		return children[0], nil
	case r.GetUnion() != nil:
		return Rewrite{Union: &Children{Child: children}}, nil
	case r.GetIntersection() != nil:
		return Rewrite{Intersection: &Children{Child: children}}, nil
	}
	out := children[0]
	for _, c := range children[1:] {
		out = Rewrite{Difference: &Difference{Base: out, Subtract: c}}
	}
	return out, nil
}

func (tr *translation) childrenOf(s *core.SetOperation) ([]Rewrite, error) {
	var out []Rewrite
	for _, c := range s.GetChild() {
		child, err := tr.childOf(c)
		if err != nil {
			return nil, err
		}
		out = append(out, child)
	}
	return out, nil
}

func (tr *translation) childOf(c *core.SetOperation_Child) (Rewrite, error) {
	switch {
	case c.GetComputedUserset() != nil:
		return Rewrite{ComputedUserset: &Relation{tr.real(tr.current, c.GetComputedUserset().GetRelation())}}, nil
	case c.GetTupleToUserset() != nil:
		tupleset, end := c.GetTupleToUserset().GetTupleset().GetRelation(), c.GetTupleToUserset().GetComputedUserset().GetRelation()
		return Rewrite{TupleToUserset: &Arrow{Tupleset: Relation{tupleset}, ComputedUserset: Relation{tr.behind(tupleset, end)}}}, nil
	case c.GetUsersetRewrite() != nil:
		return tr.rewriteOf(c.GetUsersetRewrite())
	}
	return Rewrite{}, fmt.Errorf("no counterpart for %v", c)
}
