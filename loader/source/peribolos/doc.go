// Package peribolos reads organizations, teams and repositories in the form of Peribolos, the tool with which the
// Kubernetes project keeps its GitHub organizations, and says what they mean here: repositories are workspaces.
//
// It reads a folder for each organization (org.yaml, and teams.yaml anywhere below it), and Peribolos' own form:
// YAML files with orgs at the top, in one file or several.
//
// What it does on purpose:
//
//   - Everything wrong is reported at once, with file and line, and nothing is returned then. A key nobody knows is
//     wrong: a typo must not take access away.
//   - read, triage, write, maintain and admin become tfe-read, tfe-plan, tfe-write, tfe-write and tfe-admin.
//   - A nested team's people are in all teams above it, and it has their repositories with the higher of the
//     inherited permission and its own, as on GitHub. Teams keep their own names, which are unique in an organization.
//   - A team without privacy is secret, the less of the two.
//   - A team named "owners" is the owners team itself. It is accepted while everybody in it is an admin, who may do
//     everything already; anybody else in it is a fault.
//   - A person in a team must be in the organization: a mistyped name would make an account otherwise.
//   - default_repository_permission and other settings of GitHub's give nobody access here.
//
// The package owns this format and its rules. It knows nothing of the catalog: what it returns is a loader.Estate.
package peribolos
