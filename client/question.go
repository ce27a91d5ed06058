package client

// Entity is a subject or a resource of a question, by its id or its path: acme, acme/prod, a username.
type Entity struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
}

// String returns the entity as type:id.
func (e Entity) String() string { return e.Type + ":" + e.ID }

// User returns a user as a subject, by username or id.
func User(ref string) Entity { return Entity{"user", ref} }

// ServiceAccount returns a service account as a subject.
func ServiceAccount(ref string) Entity { return Entity{"service_account", ref} }

// Team returns a team, as in acme/sre: what any of its members may through it.
func Team(ref string) Entity { return Entity{"team", ref} }

// Group returns a group of an identity provider: what any of its members may through it.
func Group(ref string) Entity { return Entity{"group", ref} }

// Organization returns an organization as a resource.
func Organization(ref string) Entity { return Entity{"organization", ref} }

// Project returns a project as a resource, as in acme/network.
func Project(ref string) Entity { return Entity{"project", ref} }

// Workspace returns a workspace as a resource, as in acme/prod.
func Workspace(ref string) Entity { return Entity{"workspace", ref} }

// Stack returns a stack as a resource, as in acme/clusters.
func Stack(ref string) Entity { return Entity{"stack", ref} }

// Platform returns the platform itself, where site administration is asked for.
func Platform() Entity { return Entity{"platform", "main"} }

// Question is one question: may the subject do the action on the resource? In a search one of the three is open: a
// subject or resource with a type alone, or no action.
type Question struct {
	Subject  Entity
	Action   string // a permission, as in apply_run, also in another system's words: otf:run:apply
	Resource Entity
	// Sensitive asks about a variable that is sensitive, which nobody may read.
	Sensitive bool
	// Consistency is how fresh the answer must be; the zero value: as the client is set.
	Consistency Consistency

	explain bool
}

// Consistency is how fresh an answer must be.
type Consistency struct{ level, token string }

// MinimizeLatency accepts an answer that is a moment old.
func MinimizeLatency() Consistency { return Consistency{level: "minimize_latency"} }

// AtLeastAsFresh wants an answer not older than the write, or the answer, that gave a token.
func AtLeastAsFresh(zedToken string) Consistency {
	return Consistency{level: "at_least_as_fresh", token: zedToken}
}

// FullyConsistent wants an answer that knows of every write that was done before.
func FullyConsistent() Consistency { return Consistency{level: "fully_consistent"} }

// wireQuestion is a question as the API takes it.
type wireQuestion struct {
	Subject  Entity       `json:"subject"`
	Action   *Action      `json:"action,omitempty"`
	Resource wireResource `json:"resource"`
	Context  *wireContext `json:"context,omitempty"`
	Page     *wirePage    `json:"page,omitempty"`
}

type wireResource struct {
	Entity
	Properties *wireProperties `json:"properties,omitempty"`
}

type wireProperties struct {
	Sensitive bool `json:"sensitive"`
}

type wireContext struct {
	Consistency string `json:"consistency,omitempty"`
	ZedToken    string `json:"zedtoken,omitempty"`
	Explain     bool   `json:"explain,omitempty"`
}

type wirePage struct {
	Token string `json:"token,omitempty"`
	Limit int    `json:"limit,omitempty"`
}

// wire returns a question as the API takes it, the client's own consistency where the question has none.
func (c *Client) wire(q Question) wireQuestion {
	w := wireQuestion{Subject: q.Subject, Resource: wireResource{Entity: q.Resource}}
	if q.Action != "" {
		w.Action = &Action{Name: q.Action}
	}
	if q.Sensitive {
		w.Resource.Properties = &wireProperties{Sensitive: true}
	}
	fresh := c.fresh(q.Consistency)
	if x := (wireContext{Consistency: fresh.level, ZedToken: fresh.token, Explain: q.explain}); x != (wireContext{}) {
		w.Context = &x
	}
	return w
}

// fresh returns a consistency, the client's own where there is none.
func (c *Client) fresh(own Consistency) Consistency {
	if own == (Consistency{}) {
		return c.options.Consistency
	}
	return own
}

// Answer is the answer to one question.
type Answer struct {
	Allowed bool     `json:"decision"`
	Context *Reasons `json:"context,omitempty"` // with an explanation, and where an item of a batch makes no sense

	ZedToken   string `json:"-"` // how fresh the answer is; with AtLeastAsFresh later answers are not older
	DecisionID string `json:"-"` // by which the service's logs know the answer
}

// Reasons say why.
type Reasons struct {
	Error       *ItemError        `json:"error,omitempty"`
	ReasonAdmin map[string]string `json:"reason_admin,omitempty"`
	ReasonUser  map[string]string `json:"reason_user,omitempty"`
	Roles       []HeldRole        `json:"roles,omitempty"`
}

// ItemError says what is wrong with an item of a batch, which is therefore denied.
type ItemError struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

// HeldRole is a role that the subject holds at or above the resource.
type HeldRole struct {
	Role      string `json:"role"`
	Scope     string `json:"scope"`
	Through   string `json:"through"`
	Gives     bool   `json:"gives"` // whether it gives what was asked for
	ExpiresAt string `json:"expires_at,omitempty"`
}
