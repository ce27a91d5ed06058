// Package otf serves the administration calls of OTF's own API under /otfapi: organizations, people, teams and who is in
// them, so that the `otf` command's admin verbs work.
//
// It owns that wire form, which is plain JSON in, with Go's field names in any case, and JSON:API out, and the one table
// of its statuses. It knows no rule: who may do what is asked in the catalog. Agent tokens, runners and everything that
// executes runs is the platform's own business and has no route here.
package otf
