// Package estate makes the data of the benchmark: catalogs of a realistic platform, as large as asked for, and
// questions about them. The same seed gives the same estate, and a smaller one is part of a larger one.
//
// It knows catalog rows and their projection; how they are served and asked is not its business.
package estate

import (
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Estate is a catalog with what a benchmark must know of it.
type Estate struct {
	Name          string
	Facts         catalog.Facts
	Organizations []Organization
	Relationships int // in the projection of Facts
}

// Organization is what questions are drawn from.
type Organization struct {
	ID, Name   string
	Workspaces []Named
	People     []Named
	Cast       *Cast // nil where the organization is too small for it

	holders [][]Named // for each workspace, some of the people who hold a role at it or above it
}

// Named is an object with its catalog id and the name or path it can be asked by.
type Named struct{ ID, Name string }

// Cast are the parts of an organization that searches are measured with.
type Cast struct {
	Dense    []Named // read every workspace of the organization, as members of Readers
	Readers  string  // a team
	Sparse   []Named // read SparseOf workspaces, each granted for itself
	SparseOf int
	Handbook Named   // a workspace that the staff may read
	Staff    int     // people in it
	Free     []Named // hold nothing: for grants that come and go
}

// The moments of every estate. Expirations lie so far ahead that none comes during a run.
func made() time.Time    { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }
func faraway() time.Time { return time.Date(2126, time.January, 1, 0, 0, 0, 0, time.UTC) }

// now is the moment at which the size of an estate is counted.
func now() time.Time { return time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC) }

// Projection returns the relationships of the estate.
func (e *Estate) Projection() []authz.Relationship { return catalog.Projection(e.Facts, now()) }

// Largest returns the organization with the most workspaces among those that have a cast, nil when none has.
func (e *Estate) Largest() *Organization {
	var found *Organization
	for i, o := range e.Organizations {
		if o.Cast != nil && (found == nil || len(o.Workspaces) > len(found.Workspaces)) {
			found = &e.Organizations[i]
		}
	}
	return found
}

// giantFrom is the size in relationships from which an estate holds the giant organization.
const giantFrom = 500_000

// Giant is the size of the one organization of the largest estate, in workspaces; it has half as many people.
const Giant = 10_000

// close enough: an estate is complete when it is within this part of the size asked for.
const tolerance = 0.02

// Generate makes an estate with about the given number of relationships, within five per cent. The organizations
// of a smaller estate are also in a larger one of the same seed.
func Generate(name string, seed uint64, relationships int) *Estate {
	e := &Estate{Name: name}
	total := len(catalog.Projection(catalog.Facts{}, now())) // what every platform has
	add := func(index uint64, workspaces int) bool {
		made := newOrganization(seed, index, workspaces)
		if total+made.rows > int(float64(relationships)*(1+tolerance)) {
			return false
		}
		total += made.rows
		e.Organizations = append(e.Organizations, made.organization)
		appendFacts(&e.Facts, made.facts)
		return true
	}
	if relationships >= giantFrom {
		add(giantIndex, Giant)
	}
	// An organization that does not fit any more is left out and a smaller one tried, until next to nothing is left.
	for i, refused := uint64(0), 0; total < int(float64(relationships)*(1-tolerance)) && refused < 2*len(sizes()); i++ {
		if !add(i, sizes()[i%uint64(len(sizes()))]) {
			refused++
		}
	}
	e.Relationships = len(e.Projection())
	return e
}

// giantIndex is no index that the loop of Generate reaches.
const giantIndex = 1 << 40

// sizes is the cycle of organization sizes, in workspaces: many small ones and few large ones.
func sizes() []int { return []int{12, 60, 4, 30, 2, 100, 7, 20, 3, 250, 40, 5, 1000, 15, 2, 80} }

func appendFacts(to *catalog.Facts, f catalog.Facts) {
	to.Users = append(to.Users, f.Users...)
	to.Organizations = append(to.Organizations, f.Organizations...)
	to.Memberships = append(to.Memberships, f.Memberships...)
	to.Teams = append(to.Teams, f.Teams...)
	to.TeamMembers = append(to.TeamMembers, f.TeamMembers...)
	to.Groups = append(to.Groups, f.Groups...)
	to.GroupMembers = append(to.GroupMembers, f.GroupMembers...)
	to.GroupChildren = append(to.GroupChildren, f.GroupChildren...)
	to.GroupLinks = append(to.GroupLinks, f.GroupLinks...)
	to.Projects = append(to.Projects, f.Projects...)
	to.Workspaces = append(to.Workspaces, f.Workspaces...)
	to.Roles = append(to.Roles, f.Roles...)
	to.Grants = append(to.Grants, f.Grants...)
}
