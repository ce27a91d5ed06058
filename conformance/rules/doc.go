// Package rules proves the rules of five permission documents against the real binary, over HTTP, and writes
// docs/conformance.md of them.
//
// The rules are data: one file with the ending .rules for each document, one record for each rule, with the calls that
// set it up, what must be allowed and what must be refused. README.md describes the form. The package knows no rule
// itself, and nothing of the product but its address.
package rules
