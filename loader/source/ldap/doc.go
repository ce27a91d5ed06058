// Package ldap reads people and groups from a directory that speaks LDAP: OpenLDAP, 389, Active Directory and their
// kind.
//
// What it does on purpose:
//
//   - People and groups are known by entryUUID or objectGUID, never by name or DN: a rename is a rename, and a name that
//     is given to somebody else is somebody else.
//   - What the directory cuts short (a limit of size or time, a referral, an attribute that comes in ranges and ends too
//     early) is marked as unknown. A connection that breaks, a refusal and a busy server are errors. Neither takes
//     anything from anybody.
//   - Referrals are never followed: they lead to servers that nobody has configured, with our password.
//   - A member that cannot be found is looked for a second time before he counts as somebody outside: he may have moved
//     while we read, a server renames the members of its groups a little after it renames a person, and a list may be
//     short. Where he is there after all, nothing is complete.
//   - Without TLS it talks to the own machine alone.
//   - An increment is what has changed since, by the directory's own clock. Deletions, and people who have left the
//     filter, are seen by a full read alone.
//
// The package owns the protocol. It knows nothing of the catalog, of plans, or of what a membership gives.
package ldap
