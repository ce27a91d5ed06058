// Package spicedb implements the ports of package authz over SpiceDB, at all three sizes: a server in this process
// over memory (NewEmbedded) or over Postgres (NewPostgres), and a SpiceDB cluster over gRPC (NewRemote). One Engine
// speaks SpiceDB's v1 API to each of them, so they behave the same.
//
// It owns the wire format, the choice of revisions and the translation of gRPC statuses to faults. It knows nothing
// of catalogs, of who asks, or of what a permission means. It must never import the root of spicedb/pkg/cmd: that
// package drags SpiceDB's own command line, a Postgres foreign-data wrapper and a SQL parser written in C into the
// service. What needs it, the migrations, is a program of its own (cmd/terrawarden-migrate).
package spicedb
