// Package directory is the administration of sync below /api/v2: sources of people and groups, plans with what they
// change, what somebody decides about them, and snapshots that somebody else has read.
//
// It knows documents and the engine of sync by its methods. It reads no directory, and decides nothing: what may be done
// is asked in the engine.
package directory
