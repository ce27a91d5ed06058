// Package places is the suite of Terrakube's organizations, teams, projects, workspaces and access, tests alone: what its
// calls do, who may make them, and that the TFE API shows the same from the other side.
package places
