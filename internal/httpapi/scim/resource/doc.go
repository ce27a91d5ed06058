// Package resource knows the resources of SCIM (RFC 7643 and 7644): their schemas, how a body becomes a resource, what a
// PATCH makes of one, and what of it a client is shown.
//
// It takes what Okta and Microsoft Entra ID really send, and gives what the standard says; the Profile of a connection
// may ask for the standard in both. It is pure: it knows no server, no store and no use case.
package resource
