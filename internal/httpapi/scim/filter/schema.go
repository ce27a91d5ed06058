package filter

// Type is the type of an attribute (RFC 7643 section 2.3).
type Type string

// The types, as schemas write them.
const (
	TypeString    Type = "string"
	TypeBoolean   Type = "boolean"
	TypeDecimal   Type = "decimal"
	TypeInteger   Type = "integer"
	TypeDateTime  Type = "dateTime"
	TypeReference Type = "reference"
	TypeBinary    Type = "binary"
	TypeComplex   Type = "complex"
)

// Definition is what a filter must know of an attribute.
type Definition struct {
	Keys      []string // where the value is in a resource, from the outside in
	Type      Type
	CaseExact bool
}

// Schema knows the attributes of a kind of resource, by names in any case.
type Schema interface {
	// Find returns an attribute or sub-attribute.
	Find(a Attribute) (Definition, bool)
	// Elements returns the schema of the values of a complex attribute; of another, one with "value" alone.
	Elements(a Attribute) (Schema, bool)
}
