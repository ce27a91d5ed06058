// Package github reads the people and teams of a GitHub organization. Numbers are the keys: logins and slugs may be renamed,
// and taken by others.
package github
