package resource

import "strings"

// Resource is a resource as it is kept and answered: members have the names of the schema, an extension's are in a member
// named by its URN, numbers are json.Number, lists []any and objects map[string]any. Nothing in it is null or empty.
type Resource = map[string]any

// Kind is a type of resources.
type Kind string

// The kinds.
const (
	User  Kind = "User"
	Group Kind = "Group"
)

// The schemas that are served.
const (
	UserSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	PatchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// Profile is what a connection's client is known to be. It decides what is taken, never what is answered.
type Profile string

// The profiles. Lenient takes whatever the others take, and suits Okta.
const (
	Lenient Profile = ""
	Okta    Profile = "okta"
	Entra   Profile = "entra"  // of two values with the same type the later stays
	Strict  Profile = "strict" // refuses what the standard refuses
)

func (p Profile) strict() bool { return p == Strict }

// sameName reports whether two names of attributes or schemas are the same, which they are in any case.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }
