package catalog

import (
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// Scope is something a service token may do (DESIGN section 4).
type Scope string

// The scopes of service tokens.
const (
	ScopeCheck   Scope = "check"
	ScopeSearch  Scope = "search"
	ScopeExplain Scope = "explain"
	ScopeSync    Scope = "sync"
	ScopeSCIM    Scope = "scim"
	ScopeAudit   Scope = "audit"
)

// Scopes returns every scope there is.
func Scopes() []Scope {
	return []Scope{ScopeCheck, ScopeSearch, ScopeExplain, ScopeSync, ScopeSCIM, ScopeAudit}
}

// Principal is who makes a request: a subject of the model and the credential he came with.
type Principal struct {
	Subject authz.Object
	Name    string // username or name, for audit and logs
	TokenID string
	// Credential is the kind of token he came with; "" for the site token and for what an identity provider signed.
	Credential TokenKind
	// Life is the whole life of his token, from its making to its end; 0 for one without an end.
	Life   time.Duration
	Scopes []Scope // of a service token; nil for every other credential
}

// fromOutside reports whether no organization has issued the principal's token, so that each decides whether it lets it in
// (see Service.takes): a user's, which works wherever he is, and a group's, which works wherever the group has something.
func (p Principal) fromOutside() bool {
	return p.Credential == TokenUser || p.Credential == TokenGroup
}

// Has reports whether the credential carries a scope.
func (p Principal) Has(s Scope) bool { return slices.Contains(p.Scopes, s) }
