// Package filter reads the filters and the PATCH paths of SCIM (RFC 7644 sections 3.4.2.2 and 3.5.2) and asks filters of
// resources.
//
// It knows no resource of ours: what an attribute is it is told by a Schema. It knows no server and no store.
package filter
