// Package terrakube serves Terrakube's administration API: what its Terraform provider, its command line and its pages
// send to /api/v1, in JSON:API as the Elide framework speaks it.
//
// The engine (handler.go, walk.go, read.go, write.go, query.go, operations.go) does everything that is alike for all
// objects: paths, parents, filters, pages, documents, statuses. A noun describes one type of object and connects it to
// use cases of the catalog. What may be done is decided there; nothing here decides.
//
// It knows Terrakube's words and no rule. Out of its reach on purpose are what a platform does when it runs: jobs, steps,
// history, state, actions and notifications; and it has no GraphQL.
package terrakube
