// Package endpoint is what protocol packages have in common: an endpoint with the permission it needs, and the
// principal of a request.
//
// It knows Echo and the catalog's principal; it neither authenticates nor decides.
package endpoint

import (
	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// Needs says what a request must bring to be served. The zero value is no declaration and refused at start.
type Needs struct {
	public     bool
	anybody    bool
	permission schema.Permission
	scope      catalog.Scope
}

// Public endpoints answer without a credential.
func Public() Needs { return Needs{public: true} }

// Authenticated endpoints answer every valid credential, about itself.
func Authenticated() Needs { return Needs{anybody: true} }

// Self endpoints answer every valid credential about itself, and about others those that carry the scope.
func Self(scope catalog.Scope) Needs { return Needs{anybody: true, scope: scope} }

// Scoped endpoints answer credentials that carry a scope.
func Scoped(scope catalog.Scope) Needs { return Needs{scope: scope} }

// Permission endpoints answer whoever holds a permission on the object they are about. The use case asks; the
// declaration is for people and for the test that walks all routes.
func Permission(p schema.Permission) Needs { return Needs{permission: p} }

// PermissionOr endpoints are Permission endpoints that also answer credentials with a scope.
func PermissionOr(p schema.Permission, scope catalog.Scope) Needs {
	return Needs{permission: p, scope: scope}
}

// Declared reports whether anything was declared.
func (n Needs) Declared() bool { return n != Needs{} }

// IsPublic reports whether no credential is needed.
func (n Needs) IsPublic() bool { return n.public }

// ForAnybody reports whether every valid credential is served, at least about itself.
func (n Needs) ForAnybody() bool { return n.anybody }

// ForPlatform reports whether a permission on the platform itself is needed, which nobody holds through an organization.
func (n Needs) ForPlatform() bool { return n.permission.Type() == schema.TypePlatform }

// String returns the declaration in words, for the route list.
func (n Needs) String() string {
	switch {
	case n.public:
		return "public"
	case n.permission != "" && n.scope != "":
		return string(n.permission) + ", or scope " + string(n.scope)
	case n.permission != "":
		return string(n.permission)
	case n.anybody && n.scope != "":
		return "oneself, or scope " + string(n.scope)
	case n.scope != "":
		return "scope " + string(n.scope)
	case n.anybody:
		return "any credential"
	}
	return "undeclared"
}

// Endpoint is one route of the URL map.
type Endpoint struct {
	Method string
	Path   string
	Needs  Needs
	Handle echo.HandlerFunc
}

// principalKey is where the principal lives in an Echo context.
const principalKey = "terrawarden.principal"

// SetPrincipal stores who makes the request.
func SetPrincipal(c echo.Context, p catalog.Principal) { c.Set(principalKey, p) }

// Principal returns who makes the request; the zero principal on public endpoints.
func Principal(c echo.Context) catalog.Principal {
	p, _ := c.Get(principalKey).(catalog.Principal)
	return p
}

// ZedToken is the header that carries consistency tokens (DESIGN section 4).
const ZedToken = "ZedToken"
