package resource

import "github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"

// The characteristics of attributes (RFC 7643 section 7).
const (
	readOnly  = "readOnly"
	readWrite = "readWrite"
	immutable = "immutable"
	writeOnly = "writeOnly"

	always    = "always"
	never     = "never"
	byDefault = "default"
	byRequest = "request"

	uniqueNone   = "none"
	uniqueServer = "server"
)

// Attribute is an attribute as a schema describes it.
type Attribute struct {
	Name            string      `json:"name"`
	Type            filter.Type `json:"type"`
	MultiValued     bool        `json:"multiValued"`
	Description     string      `json:"description"`
	Required        bool        `json:"required"`
	CanonicalValues []string    `json:"canonicalValues,omitempty"`
	CaseExact       bool        `json:"caseExact"`
	Mutability      string      `json:"mutability"`
	Returned        string      `json:"returned"`
	Uniqueness      string      `json:"uniqueness"`
	ReferenceTypes  []string    `json:"referenceTypes,omitempty"`
	SubAttributes   []Attribute `json:"subAttributes,omitempty"`
}

// Schema describes attributes, and is served by discovery as it is; the server adds the location to its meta.
type Schema struct {
	Schemas     []string          `json:"schemas"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Attributes  []Attribute       `json:"attributes"`
	Meta        map[string]string `json:"meta"`
}

// ResourceType says where resources of a kind are and which schemas they have; the server adds the location to its meta.
//
//nolint:revive // RFC 7643 section 6 calls it so
type ResourceType struct {
	Schemas          []string          `json:"schemas"`
	ID               Kind              `json:"id"`
	Name             Kind              `json:"name"`
	Description      string            `json:"description"`
	Endpoint         string            `json:"endpoint"`
	Schema           string            `json:"schema"`
	SchemaExtensions []SchemaExtension `json:"schemaExtensions"`
	Meta             map[string]string `json:"meta"`
}

// SchemaExtension is a schema that adds to a resource type.
type SchemaExtension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// Schemas returns the schemas that are served, in the order of their ids.
func Schemas() []Schema {
	schema := func(id, name, description string, attributes []Attribute) Schema {
		return Schema{
			Schemas: []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, ID: id, Name: name, Description: description,
			Attributes: attributes, Meta: map[string]string{"resourceType": "Schema"},
		}
	}
	return []Schema{
		schema(GroupSchema, "Group", "People, and groups, that teams and roles follow.", groupAttributes()),
		schema(UserSchema, "User", "A person.", userAttributes()),
		schema(EnterpriseSchema, "EnterpriseUser", "What organizations note about a person.", enterpriseAttributes()),
	}
}

// ResourceTypes returns the types of resources that are served.
//
//nolint:revive // as above
func ResourceTypes() []ResourceType {
	kind := func(kind Kind, description, endpoint, schema string, extensions ...SchemaExtension) ResourceType {
		return ResourceType{
			Schemas: []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, ID: kind, Name: kind, Description: description,
			Endpoint: endpoint, Schema: schema, SchemaExtensions: append([]SchemaExtension{}, extensions...),
			Meta: map[string]string{"resourceType": "ResourceType"},
		}
	}
	return []ResourceType{
		kind(User, "People.", "/Users", UserSchema, SchemaExtension{Schema: EnterpriseSchema}),
		kind(Group, "Groups of people.", "/Groups", GroupSchema),
	}
}

// edit changes a characteristic of an attribute.
type edit func(*Attribute)

func text(name, description string, edits ...edit) Attribute {
	a := Attribute{
		Name: name, Type: filter.TypeString, Description: description,
		Mutability: readWrite, Returned: byDefault, Uniqueness: uniqueNone,
	}
	for _, change := range edits {
		change(&a)
	}
	return a
}

func typed(t filter.Type) edit        { return func(a *Attribute) { a.Type = t } }
func mutability(value string) edit    { return func(a *Attribute) { a.Mutability = value } }
func returned(value string) edit      { return func(a *Attribute) { a.Returned = value } }
func required(a *Attribute)           { a.Required = true }
func caseExact(a *Attribute)          { a.CaseExact = true }
func unique(a *Attribute)             { a.Uniqueness = uniqueServer }
func many(a *Attribute)               { a.MultiValued = true }
func canonical(values ...string) edit { return func(a *Attribute) { a.CanonicalValues = values } }
func references(types ...string) edit {
	return func(a *Attribute) { a.Type, a.CaseExact, a.ReferenceTypes = filter.TypeReference, true, types }
}

func parts(subs ...Attribute) edit {
	return func(a *Attribute) { a.Type, a.SubAttributes = filter.TypeComplex, subs }
}

// values describes a multi-valued attribute with the usual sub-attributes (RFC 7643 section 2.4).
func values(name, description string, value Attribute, types ...string) Attribute {
	return text(name, description, many, parts(
		value,
		text("display", "A name for people to read."),
		text("type", "What it is for.", canonical(types...)),
		text("primary", "Whether it is the preferred one; one at most is.", typed(filter.TypeBoolean)),
	))
}

// commonAttributes are those of every resource (RFC 7643 section 3.1). Schemas do not list them.
func commonAttributes() []Attribute {
	return []Attribute{
		text("schemas", "The schemas of what is shown.", references("uri"), many, mutability(readOnly), returned(always)),
		text("id", "The id that the server gave.", caseExact, mutability(readOnly), returned(always), unique),
		text("externalId", "The id that the client gave.", caseExact),
		text("meta", "What the server knows of the resource.", mutability(readOnly), parts(
			text("resourceType", "The type of resource.", caseExact, mutability(readOnly)),
			text("created", "When it was made.", typed(filter.TypeDateTime), mutability(readOnly)),
			text("lastModified", "When it was last changed.", typed(filter.TypeDateTime), mutability(readOnly)),
			text("location", "Where it is.", references("uri"), mutability(readOnly)),
			text("version", "Its entity tag.", caseExact, mutability(readOnly)),
		)),
	}
}

func groupAttributes() []Attribute {
	return []Attribute{
		text("displayName", "The name of the group.", required),
		text("members", "Who is in the group.", many, parts(
			text("value", "The id of the member.", caseExact, mutability(immutable)),
			text("$ref", "Where the member is.", references("User", "Group"), mutability(immutable)),
			text("type", "What the member is.", canonical("User", "Group"), mutability(immutable)),
			text("display", "The name of the member.", mutability(readOnly)),
		)),
	}
}
