package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// Source is a role that somebody holds at, above or below an object: what a permission comes from.
type Source struct {
	GrantID   string // "" for what follows from the model itself: owners, site admins, organization tokens
	RoleID    string // the id of a role, or the name of a built-in one
	Role      string // what people call it
	Scope     Named
	Where     Where
	Holder    Named // a team, group, user, service account or organization token
	Paths     []Path
	ExpiresAt time.Time
	// Concealed says that the holder is a team that the caller may not see, so that the source does not say which.
	Concealed bool

	team  authz.Object // whose members the holder stands for
	atoms []schema.Permission
}

// Where is where a role is granted, seen from the object one looks at.
type Where string

// The places of a grant. One below gives a project's name and nothing else of it (DECISIONS M8).
const (
	WhereDirect    Where = "direct"
	WhereInherited Where = "inherited"
	WhereBelow     Where = "below"
)

// SystemHolder is the type of a holder that the model keeps by itself, as Named shows it.
const SystemHolder = "system"

// gives reports whether a role carries a permission to the object that it was looked up for.
func (s Source) gives(p schema.Permission) bool {
	if s.Where == WhereBelow {
		return p == schema.ProjectRead
	}
	return slices.Contains(s.atoms, p)
}

// mentioned returns what of a source has a name.
func (s *Source) mentioned() []*Named {
	out := []*Named{&s.Scope}
	if s.Holder.Type != SystemHolder && !s.Concealed {
		out = append(out, &s.Holder)
	}
	for i := range s.Paths {
		out = append(out, &s.Paths[i].Group)
	}
	return out
}

// chain returns an object and the scopes above it, nearest first, and the organization among them, "" for none. A team is
// no scope, so its own begins at the organization.
func (s *Service) chain(ctx context.Context, object authz.Object) (scopes []authz.Object, organizationID string, err error) {
	if object.Type == schema.TypePlatform {
		return []authz.Object{object}, "", nil
	}
	var projectID string
	if object.Type == schema.TypeTeam {
		var t Team
		t, err = s.store.Team(ctx, object.ID)
		organizationID = t.OrganizationID
	} else {
		organizationID, projectID, err = scopeOrganization(ctx, s.store, object)
		scopes = append(scopes, object)
	}
	if err != nil {
		return nil, "", err
	}
	if projectID != "" {
		scopes = append(scopes, projectRef(projectID))
	}
	if object.Type != schema.TypeOrganization {
		scopes = append(scopes, organizationRef(organizationID))
	}
	return append(scopes, platformRef()), organizationID, nil
}

// heldAt returns every role that anybody holds on an object: granted on it, above it, below it where that counts, or held
// through the model itself. The nearest come first.
func (s *Service) heldAt(ctx context.Context, object authz.Object) ([]Source, error) {
	scopes, organizationID, err := s.chain(ctx, object)
	if err != nil {
		return nil, err
	}
	grants, err := s.store.Grants(ctx, GrantFilter{Scopes: scopes})
	if err != nil {
		return nil, err
	}
	if object.Type == schema.TypeProject {
		below, err := s.store.Grants(ctx, GrantFilter{ProjectID: object.ID})
		if err != nil {
			return nil, err
		}
		grants = append(grants, slices.DeleteFunc(below, func(g Grant) bool { return g.Scope == object })...)
	}
	out, err := s.sourcesOf(ctx, grants)
	if err != nil {
		return nil, err
	}
	system, err := s.systemSources(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	out = append(out, system...)
	for i := range out {
		out[i].Where = whereFrom(out[i].Scope.Object, object, scopes)
	}
	distance := func(x Source) int {
		if x.Where == WhereBelow {
			return len(scopes)
		}
		return slices.Index(scopes, x.Scope.Object)
	}
	slices.SortStableFunc(out, func(a, b Source) int {
		return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a.Holder.Type, b.Holder.Type), cmp.Compare(a.Holder.ID, b.Holder.ID), cmp.Compare(a.GrantID, b.GrantID))
	})
	return out, nil
}

func whereFrom(scope, object authz.Object, scopes []authz.Object) Where {
	switch {
	case scope == object:
		return WhereDirect
	case slices.Contains(scopes, scope):
		return WhereInherited
	}
	return WhereBelow
}

// sourcesOf returns the grants that are in force, with what their roles give.
func (s *Service) sourcesOf(ctx context.Context, grants []Grant) ([]Source, error) {
	roles, err := rolesOf(ctx, s.store, grants)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]Role, len(roles))
	for _, r := range roles {
		byID[r.ID] = r
	}
	atoms := map[string][]schema.Permission{}
	now := s.now()
	out := make([]Source, 0, len(grants))
	for _, g := range grants {
		if !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(now) {
			continue
		}
		if _, known := atoms[g.RoleID]; !known {
			if builtin, ok := schema.BuiltinRole(g.RoleID); ok {
				atoms[g.RoleID] = builtin.Atoms()
			} else {
				atoms[g.RoleID] = schema.Close(schema.Expand(byID[g.RoleID].Permissions))
			}
		}
		out = append(out, Source{
			GrantID: g.ID, RoleID: g.RoleID, Role: roleTitle(g.RoleID, byID[g.RoleID]), Scope: Named{Object: g.Scope},
			Holder: Named{Object: g.Holder}, ExpiresAt: g.ExpiresAt, team: teamRef(g.Holder.ID), atoms: atoms[g.RoleID],
		})
	}
	return out, nil
}

// roleTitle returns what people call a role: a custom access set has no name and is called by what it gives.
func roleTitle(id string, r Role) string {
	switch {
	case r.ID == "":
		return id
	case r.Name == "":
		return "custom access (" + strings.Join(r.Permissions, ", ") + ")"
	}
	return r.Name
}

// systemSources returns the roles that follow from the model itself: at the platform, and in an organization unless the
// object is in none.
func (s *Service) systemSources(ctx context.Context, organizationID string) ([]Source, error) {
	settings, err := s.store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	var out []Source
	add := func(roleID string, scope authz.Object, holder Named, team authz.Object) {
		role, _ := schema.BuiltinRole(roleID)
		out = append(out, Source{RoleID: roleID, Role: roleID, Scope: Named{Object: scope}, Holder: holder, team: team, atoms: role.Atoms()})
	}
	system := func(id, name string) Named {
		return Named{Object: authz.Object{Type: SystemHolder, ID: id}, Name: name}
	}
	add(schema.RoleSiteAdmin, platformRef(), system(holderSiteAdmins, "site admins"), teamRef(holderSiteAdmins))
	add(schema.RoleSiteAuditor, platformRef(), system(holderSiteAuditors, "site auditors"), teamRef(holderSiteAuditors))
	if organizationID == "" && !settings.RestrictOrganizationCreation { // inside an organization it gives nothing
		add(schema.RoleOrganizationCreator, platformRef(), system(holderUsers, "everybody"), teamRef(holderUsers))
	}
	if organizationID == "" {
		return out, nil
	}
	o, err := s.store.Organization(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	add(schema.RoleOwner, organizationRef(o.ID), Named{Object: teamRef(o.OwnersTeamID)}, teamRef(o.OwnersTeamID))
	tokens, err := s.store.Tokens(ctx, TokenFilter{Kind: TokenOrganization, OwnerID: o.ID})
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		if t.ExpiresAt.IsZero() || t.ExpiresAt.After(s.now()) {
			add(schema.RoleOrganizationToken, organizationRef(o.ID), Named{Object: authz.Object{Type: schema.TypeOrganizationToken, ID: t.ID}}, teamRef(t.ID))
			out[len(out)-1].ExpiresAt = t.ExpiresAt
		}
	}
	return out, nil
}
