// Package access serves what Terrawarden has beside the APIs of other platforms: roles and grants of our own, the list of
// permissions, groups and their links, service accounts, access requests and audit events, below /api/v2 in the same
// documents as TFE's API (DECISIONS N3–N8).
//
// It owns those wire forms; which rules hold is the catalog's business. What is below /api and belongs to nobody is
// answered by package tfe.
package access
