// Package treestore is a datastore for SpiceDB held in memory, with indexes. It implements SpiceDB's public
// datastore.Datastore and knows nothing of our schema, of SQL or of the catalog; it imports SpiceDB's public packages
// alone.
//
// Rows are 64 bytes with shared id strings and numbered names. Two copy-on-write B+ trees point at them, one ordered by
// resource and one by subject, both by the order of strings, so that no answer needs sorting when it is asked for in
// the order of the tree that finds it. A query leaps through one tree from one allowed key to the next.
//
// A commit makes a snapshot: two roots and a schema. Readers of the newest take no lock. There is one writer; it gets
// its revision, which is the wall clock or just above the last one, inside the lock. Old snapshots, with the changes
// that Watch tells, are kept for a window of time and up to a number of bytes.
//
// A relationship that expires is hidden from its deadline on, and deleted then by a commit of its own, so that whoever
// remembers answers by revision asks again.
//
// What costs a walk: a type and relation without ids reads the rows of the type, prefixed ids those with the prefix;
// usersets without a subject type read all subjects of the resource's relation; counters count. What costs memory: an
// order other than that of the tree used collects and sorts the answer.
package treestore
