// Package keycloak reads the people and groups of a Keycloak realm through its admin interface.
//
// Keycloak's pages are no snapshot: what changes while they are read moves what follows. So pages overlap, people and
// groups are counted before and after, and what does not agree is not taken for the whole.
package keycloak
