// Package jsonapi reads and writes JSON:API documents as Terraform's platforms speak them: what they send, not all
// that the format allows.
//
// It knows documents and their faults; it knows no server, no resource and no rule. ADR 12 says why it is not a
// library.
package jsonapi
