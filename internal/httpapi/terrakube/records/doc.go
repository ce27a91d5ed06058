// Package records is the suite of what Terrakube's API does alike for every type, and of the types that the platform keeps
// for clients, tests alone: paths, statuses, filters, pages, documents, operations, and who may do what to a record.
package records
