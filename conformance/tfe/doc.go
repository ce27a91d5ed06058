// Command tfe runs go-tfe's own integration tests against the real binary and compares what passes with the lists kept
// beside it. `make conformance-tfe` runs it; README.md says which tests, and why some cannot pass.
package main
