package loader

// Op is what an action does.
type Op string

// The operations.
const (
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
)

// Kind is what an action does it to.
type Kind string

// The kinds of things a plan changes.
const (
	KindUser         Kind = "user"
	KindOrganization Kind = "organization"
	KindWorkspace    Kind = "workspace"
	KindMembership   Kind = "membership"
	KindOwner        Kind = "owner"
	KindTeam         Kind = "team"
	KindTeamMember   Kind = "team-member"
	KindGrant        Kind = "grant"
)

// Target is what an action works on, by name; fields its kind does not need are empty. It is complete, so that a
// plan can be written out and applied later.
type Target struct {
	Organization string   `json:"organization,omitempty"`
	Team         string   `json:"team,omitempty"`
	User         string   `json:"user,omitempty"`
	Workspace    string   `json:"workspace,omitempty"`
	Role         string   `json:"role,omitempty"`
	Email        string   `json:"email,omitempty"`
	Description  string   `json:"description,omitempty"`
	Visibility   string   `json:"visibility,omitempty"`
	Maintainer   bool     `json:"maintainer,omitempty"`
	Owners       []string `json:"owners,omitempty"` // of a new organization
}

// Action is one change. Name and Detail are for people, Target is for Apply.
type Action struct {
	Op     Op     `json:"op"`
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
	Target Target `json:"target"`
}

// String returns the action on one line, as in "+ team-member acme/dev ann (maintainer)".
func (a Action) String() string {
	sign := map[Op]string{OpCreate: "+", OpUpdate: "~", OpDelete: "-"}[a.Op]
	line := sign + " " + string(a.Kind) + " " + a.Name
	if a.Detail != "" {
		line += " (" + a.Detail + ")"
	}
	return line
}

// OrganizationPlan is what has to happen in one organization, in the order in which it has to happen. Accounts
// that the organization is the first to need are created at its beginning.
type OrganizationPlan struct {
	Name    string   `json:"name"`
	Actions []Action `json:"actions"`
}

// Plan is what has to happen, organization by organization. One in which nothing has to happen is not in it.
type Plan struct {
	Organizations []OrganizationPlan `json:"organizations"`
}

// IsEmpty reports whether there is nothing to do.
func (p Plan) IsEmpty() bool { return len(p.Organizations) == 0 }

// Actions returns all actions in their order.
func (p Plan) Actions() []Action {
	var out []Action
	for _, o := range p.Organizations {
		out = append(out, o.Actions...)
	}
	return out
}

// Count says how many things of a kind are created, updated and deleted.
type Count struct {
	Created int `json:"created"`
	Updated int `json:"updated"`
	Deleted int `json:"deleted"`
}

// Counts are the changes by kind; a kind without changes is not among them.
type Counts map[Kind]Count

// Total returns the sum over all kinds.
func (c Counts) Total() Count {
	var sum Count
	for _, n := range c {
		sum.Created += n.Created
		sum.Updated += n.Updated
		sum.Deleted += n.Deleted
	}
	return sum
}

// Counts returns how much the whole plan changes.
func (p Plan) Counts() Counts { return count(p.Actions()) }

// Counts returns how much the plan changes in the organization.
func (p OrganizationPlan) Counts() Counts { return count(p.Actions) }

func count(actions []Action) Counts {
	out := Counts{}
	for _, a := range actions {
		n := out[a.Kind]
		switch a.Op {
		case OpCreate:
			n.Created++
		case OpUpdate:
			n.Updated++
		case OpDelete:
			n.Deleted++
		}
		out[a.Kind] = n
	}
	return out
}
