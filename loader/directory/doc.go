// Package directory keeps the people and groups of the catalog in step with directories: Snapshot (what a directory
// says) -> Plan (a pure difference) -> guards -> Apply -> report. It follows research/standards.md section 3.6.
//
// What was not read wholly is unknown, and what is unknown is left alone. A plan that a guard holds waits until somebody
// with the right approves it. Sync writes people and the members of their directory's groups, never members of teams.
//
// Normalize, Diff and Measure are pure: what a plan is follows from the settings, a snapshot, the state of the catalog and
// the time alone.
package directory
