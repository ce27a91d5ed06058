// Package contract holds the tests that speak Terrakube's API as its clients do: the Terraform provider through the
// JSON:API library that it uses, the command line with the requests that it sends, and recorded exchanges. The shapes are
// written here from what those clients are known to send. It has no code of its own.
package contract
