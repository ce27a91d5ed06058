// Package schema is the source of truth of the authorization model: the SpiceDB schema, the vocabulary of
// permissions with their implications and their names in other systems, and the built-in roles.
//
// It knows nothing of SpiceDB's client, of catalogs or of protocols; everybody else takes type, relation and
// permission names from here.
package schema

//go:generate go run ./internal/generate
