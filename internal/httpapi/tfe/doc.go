// Package tfe serves the administration API of Terraform Enterprise and HCP Terraform under /api/v2, as the vendor's
// own clients speak it: go-tfe, the tfe provider and curl.
//
// It translates: documents into use cases of the catalog, and rows with the caller's permissions into documents. It
// decides nothing; every rule is the catalog's and every decision the engine's. What a document carries and no rule
// reads it keeps as attributes of the row.
package tfe
