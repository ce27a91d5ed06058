package loader

import (
	"context"
	"slices"
	"strings"
)

// Source says what is wanted.
type Source interface {
	// Read returns everything the source holds, in one piece: a source that can be read in part only returns an
	// error, because whatever is missing from an Estate would be taken away. Faults of the content are
	// fault.Invalid, all of them joined.
	Read(ctx context.Context) (Estate, error)
}

// Estate is a set of organizations with their people, teams, workspaces and access.
type Estate struct {
	Organizations []Organization `json:"organizations"`

	// Users are the usernames known to exist beside the people of the organizations. It is filled by Current
	// alone and never travels: whether an account exists is not for a source to say.
	Users []string `json:"-"`
}

// Organization is a tenant as a source describes it. An owner is a member too, whether or not Members repeats it.
type Organization struct {
	Name        string      `json:"name"`
	Email       string      `json:"email,omitempty"`
	Description string      `json:"description,omitempty"`
	Owners      []string    `json:"owners"`
	Members     []string    `json:"members,omitempty"`
	Teams       []Team      `json:"teams,omitempty"`
	Workspaces  []Workspace `json:"workspaces,omitempty"`

	// Invited are members who have not accepted yet. It is filled by Current alone: to a source a person is a
	// member or not.
	Invited []string `json:"-"`
}

// The visibilities of a team.
const (
	VisibilitySecret       = "secret"
	VisibilityOrganization = "organization"
)

// OwnersTeam is the name no source may give to a team: the owners team follows from Organization.Owners.
const OwnersTeam = "owners"

// Team is a group of people and the access they have together.
type Team struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Visibility  string   `json:"visibility"`
	Members     []Member `json:"members,omitempty"`
	Grants      []Grant  `json:"grants,omitempty"`
}

// Member is a person in a team.
type Member struct {
	Username   string `json:"username"`
	Maintainer bool   `json:"maintainer,omitempty"`
}

// Grant gives a team a built-in role on a workspace.
type Grant struct {
	Workspace string `json:"workspace"`
	Role      string `json:"role"`

	// Temporary marks a grant that expires. It is filled by Current alone: what a source asks for is for good.
	Temporary bool `json:"-"`
}

// Workspace is a workspace that must exist.
type Workspace struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// fold returns a name as it compares: names differ by more than case.
func fold(name string) string { return strings.ToLower(name) }

// compareNames orders names without regard to case, equal ones by their spelling so that the order is total.
func compareNames(a, b string) int {
	if c := strings.Compare(fold(a), fold(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// Normalize returns a copy in which everything is in order of its name, owners are no longer repeated among the
// members, and whoever is in a team is a member of its organization. Faults stay in it for Validate to find.
func (e Estate) Normalize() Estate {
	out := Estate{Users: slices.SortedFunc(slices.Values(e.Users), compareNames)}
	for _, o := range e.Organizations {
		out.Organizations = append(out.Organizations, o.normalize())
	}
	slices.SortStableFunc(out.Organizations, func(a, b Organization) int { return compareNames(a.Name, b.Name) })
	return out
}

func (o Organization) normalize() Organization {
	teams := make([]Team, 0, len(o.Teams))
	for _, t := range o.Teams {
		teams = append(teams, t.normalize())
	}
	o.Members = o.closedMembers()
	o.Owners = slices.SortedFunc(slices.Values(o.Owners), compareNames)
	o.Invited = slices.SortedFunc(slices.Values(o.Invited), compareNames)
	o.Workspaces = slices.SortedFunc(slices.Values(o.Workspaces), func(a, b Workspace) int { return compareNames(a.Name, b.Name) })
	slices.SortStableFunc(teams, func(a, b Team) int { return compareNames(a.Name, b.Name) })
	o.Teams = teams
	return o
}

// closedMembers returns the members that are no owners, with the people of the teams added.
func (o Organization) closedMembers() []string {
	owners, known := map[string]bool{}, map[string]bool{}
	for _, name := range o.Owners {
		owners[fold(name)] = true
	}
	var out []string
	for _, name := range o.Members {
		known[fold(name)] = true
		if !owners[fold(name)] {
			out = append(out, name)
		}
	}
	for _, name := range o.Invited {
		known[fold(name)] = true
	}
	for _, t := range o.Teams {
		for _, m := range t.Members {
			if key := fold(m.Username); !owners[key] && !known[key] {
				known[key] = true
				out = append(out, m.Username)
			}
		}
	}
	slices.SortFunc(out, compareNames)
	return out
}

func (t Team) normalize() Team {
	t.Members = slices.SortedFunc(slices.Values(t.Members), func(a, b Member) int { return compareNames(a.Username, b.Username) })
	t.Grants = slices.SortedFunc(slices.Values(t.Grants), func(a, b Grant) int {
		if c := compareNames(a.Workspace, b.Workspace); c != 0 {
			return c
		}
		return strings.Compare(a.Role, b.Role)
	})
	return t
}
