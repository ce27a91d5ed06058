// Package recall answers the catalog's lookups of single rows from memory: users, service accounts, organizations,
// teams, groups, projects, workspaces, stacks and tokens, by id and by name. It is a catalog.Store in front of
// another one, and everything else it passes on.
//
// Where this process alone writes, an answer from memory is the answer the database would give: a write takes what
// it changes out of memory before it commits, and nothing read meanwhile is kept (see ledger). Where others write
// too, memory answers only lookups that may be old (catalog.Bounded), never about a credential, and nothing older
// than the configured staleness.
//
// It knows the catalog's store and nothing else: no SQL, no rule, no question of access.
package recall
