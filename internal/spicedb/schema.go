package spicedb

import (
	"context"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// ReadSchema implements authz.Schemas.
func (e *Engine) ReadSchema(ctx context.Context) (string, error) {
	resp, err := e.schemas.ReadSchema(ctx, &v1.ReadSchemaRequest{})
	if status.Code(err) == codes.NotFound {
		return "", nil
	}
	return resp.GetSchemaText(), e.translate(ctx, "read schema", err)
}

// WriteSchema implements authz.Schemas.
func (e *Engine) WriteSchema(ctx context.Context, text string) error {
	done := e.own.begin()
	resp, err := e.schemas.WriteSchema(ctx, &v1.WriteSchemaRequest{Schema: text})
	if hasReason(err, v1.ErrorReason_ERROR_REASON_SCHEMA_TYPE_ERROR) && status.Code(err) == codes.InvalidArgument {
		err = fault.Wrap(fault.Conflict, err, "the schema would orphan relationships that exist")
	}
	if err != nil {
		return e.translate(ctx, "write schema", err)
	}
	done(e.withSchema(ctx, resp.GetWrittenAt()))
	return nil
}

// DiffSchema implements authz.Schemas. A changed permission expression is reported, but breaks nothing by itself:
// what it means for decisions is for the tests of the schema to say.
func (e *Engine) DiffSchema(ctx context.Context, text string) ([]authz.SchemaChange, error) {
	resp, err := e.schemas.DiffSchema(ctx, &v1.DiffSchemaRequest{Consistency: fullyConsistent(), ComparisonSchema: text})
	if err != nil {
		return nil, e.translate(ctx, "compare schema", err)
	}
	changes := make([]authz.SchemaChange, 0, len(resp.GetDiffs()))
	for _, d := range resp.GetDiffs() {
		changes = append(changes, schemaChange(d))
	}
	return changes, nil
}

// SchemaIsCurrent reports whether the deployed schema is the one this program was built with, comments aside. An
// engine with any other one answers questions of another model.
func (e *Engine) SchemaIsCurrent(ctx context.Context) (bool, error) {
	deployed, err := e.ReadSchema(ctx)
	if err != nil || deployed == "" {
		return false, err
	}
	if deployed == schema.Text() {
		return true, nil
	}
	// A server may keep definitions instead of the text and give the same schema back in other words.
	changes, err := e.DiffSchema(ctx, schema.Text())
	if err != nil {
		return false, err
	}
	for _, c := range changes {
		if c.Kind != authz.CommentChanged {
			return false, nil
		}
	}
	return true, nil
}

// schemaChange names one difference. An unknown kind, of a newer server, counts as breaking.
func schemaChange(d *v1.ReflectionSchemaDiff) authz.SchemaChange {
	switch x := d.GetDiff().(type) {
	case *v1.ReflectionSchemaDiff_DefinitionAdded:
		return authz.SchemaChange{Kind: "definition added", Name: x.DefinitionAdded.GetName()}
	case *v1.ReflectionSchemaDiff_DefinitionRemoved:
		return authz.SchemaChange{Kind: "definition removed", Name: x.DefinitionRemoved.GetName(), Breaking: true}
	case *v1.ReflectionSchemaDiff_DefinitionDocCommentChanged:
		return authz.SchemaChange{Kind: authz.CommentChanged, Name: x.DefinitionDocCommentChanged.GetName()}
	case *v1.ReflectionSchemaDiff_RelationAdded:
		return authz.SchemaChange{Kind: "relation added", Name: relationName(x.RelationAdded)}
	case *v1.ReflectionSchemaDiff_RelationRemoved:
		return authz.SchemaChange{Kind: "relation removed", Name: relationName(x.RelationRemoved), Breaking: true}
	case *v1.ReflectionSchemaDiff_RelationDocCommentChanged:
		return authz.SchemaChange{Kind: authz.CommentChanged, Name: relationName(x.RelationDocCommentChanged)}
	case *v1.ReflectionSchemaDiff_RelationSubjectTypeAdded:
		return subjectTypeChange("subject type added", x.RelationSubjectTypeAdded, false)
	case *v1.ReflectionSchemaDiff_RelationSubjectTypeRemoved:
		return subjectTypeChange("subject type removed", x.RelationSubjectTypeRemoved, true)
	case *v1.ReflectionSchemaDiff_PermissionAdded:
		return authz.SchemaChange{Kind: "permission added", Name: permissionName(x.PermissionAdded)}
	case *v1.ReflectionSchemaDiff_PermissionRemoved:
		return authz.SchemaChange{Kind: "permission removed", Name: permissionName(x.PermissionRemoved), Breaking: true}
	case *v1.ReflectionSchemaDiff_PermissionDocCommentChanged:
		return authz.SchemaChange{Kind: authz.CommentChanged, Name: permissionName(x.PermissionDocCommentChanged)}
	case *v1.ReflectionSchemaDiff_PermissionExprChanged:
		return authz.SchemaChange{Kind: "permission expression changed", Name: permissionName(x.PermissionExprChanged)}
	default:
		return caveatChange(d)
	}
}

func caveatChange(d *v1.ReflectionSchemaDiff) authz.SchemaChange {
	switch x := d.GetDiff().(type) {
	case *v1.ReflectionSchemaDiff_CaveatAdded:
		return authz.SchemaChange{Kind: "caveat added", Name: x.CaveatAdded.GetName()}
	case *v1.ReflectionSchemaDiff_CaveatRemoved:
		return authz.SchemaChange{Kind: "caveat removed", Name: x.CaveatRemoved.GetName(), Breaking: true}
	case *v1.ReflectionSchemaDiff_CaveatDocCommentChanged:
		return authz.SchemaChange{Kind: authz.CommentChanged, Name: x.CaveatDocCommentChanged.GetName()}
	case *v1.ReflectionSchemaDiff_CaveatExprChanged:
		return authz.SchemaChange{Kind: "caveat expression changed", Name: x.CaveatExprChanged.GetName()}
	case *v1.ReflectionSchemaDiff_CaveatParameterAdded:
		return parameterChange("caveat parameter added", x.CaveatParameterAdded)
	case *v1.ReflectionSchemaDiff_CaveatParameterRemoved:
		return parameterChange("caveat parameter removed", x.CaveatParameterRemoved)
	case *v1.ReflectionSchemaDiff_CaveatParameterTypeChanged:
		return parameterChange("caveat parameter type changed", x.CaveatParameterTypeChanged.GetParameter())
	}
	return authz.SchemaChange{Kind: "unknown change", Breaking: true}
}

func relationName(r *v1.ReflectionRelation) string {
	return r.GetParentDefinitionName() + "#" + r.GetName()
}

func permissionName(p *v1.ReflectionPermission) string {
	return p.GetParentDefinitionName() + "#" + p.GetName()
}

func parameterChange(kind string, p *v1.ReflectionCaveatParameter) authz.SchemaChange {
	return authz.SchemaChange{Kind: kind, Name: p.GetParentCaveatName() + "." + p.GetName(), Breaking: true}
}

// subjectTypeChange names the relation and the subject type as the schema writes it.
func subjectTypeChange(kind string, c *v1.ReflectionRelationSubjectTypeChange, breaking bool) authz.SchemaChange {
	reference := c.GetChangedSubjectType()
	subjectType := reference.GetSubjectDefinitionName()
	switch {
	case reference.GetIsPublicWildcard():
		subjectType += ":" + wildcard
	case reference.GetOptionalRelationName() != "":
		subjectType += "#" + reference.GetOptionalRelationName()
	}
	if caveat := reference.GetOptionalCaveatName(); caveat != "" {
		subjectType += " with " + caveat
	}
	return authz.SchemaChange{Kind: kind, Name: relationName(c.GetRelation()) + ": " + subjectType, Breaking: breaking}
}
