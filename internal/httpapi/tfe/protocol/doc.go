// Package protocol holds the tests that speak the TFE API with a running service, as the vendor's own client and others
// do. It has no code of its own.
package protocol
