// Package terraform runs the vendor's Terraform provider against the real binary: the configurations beside it are
// applied, planned, changed, imported and destroyed. `make conformance-terraform` runs it; README.md says what is needed.
package terraform
