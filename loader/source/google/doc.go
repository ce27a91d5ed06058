// Package google reads the people and groups of a Google Workspace or Cloud Identity account through the directory interface of
// the Admin SDK, as a service account that acts for an administrator.
package google
