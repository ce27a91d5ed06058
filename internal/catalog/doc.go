// Package catalog holds what was decided: organizations, people, teams, groups, projects, workspaces, roles,
// grants and tokens; the rules a person would state about them; the use cases that change and question them;
// and the projection of all that onto relationships.
//
// Every use case first asks the authz ports whether its principal may. The package knows no SQL, no HTTP and no
// SpiceDB: sqlstore implements its Store, spicedb the authz ports, the protocol packages call its Service.
package catalog
