// Package scim serves provisioning under /scim/v2: SCIM 2.0 (RFC 7643, 7644 and 9865) for identity providers that push
// people and groups.
//
// It owns the URLs, the statuses and the paging of that protocol. What a resource is and what a PATCH does to it is in
// package resource, what a filter means in package filter. It knows no rule of the catalog: a write becomes a plan, which
// the loader's engine measures and applies like any other of a directory. A connection is the directory of the service
// account that a token is of, and nobody sees another one's.
package scim
