package catalog

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TeamLevel is what a team holds at a workspace or project by one grant, in TFE's words.
type TeamLevel struct {
	ID     string // of the grant
	TeamID string
	Scope  authz.Object
	Level  string       // a fixed level or LevelCustom
	Fields AccessFields // every field of the kind
}

// LevelWanted is what somebody wants a team to hold. Fields are those that were named, for custom access alone.
type LevelWanted struct {
	Level  string // "" leaves the level as it is
	Fields AccessFields
}

// resolve returns the level and fields that a wish makes out of what there is. Going from a fixed level to a custom one
// keeps what the fixed one amounted to. Every fault is reported, at the field.
func (k AccessKind) resolve(now TeamLevel, want LevelWanted) (TeamLevel, error) {
	next := now
	next.Level = cmp.Or(want.Level, now.Level)
	role := k.role(next.Level)
	switch {
	case next.Level == "":
		return next, fault.At("access", "can't be blank")
	case next.Level != LevelCustom && role == "":
		return next, fault.At("access", "is not included in the list")
	case next.Level == LevelCustom:
		next.Fields = maps.Clone(now.Fields)
		maps.Copy(next.Fields, want.Fields)
		return next, k.checkFields(want.Fields)
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(want.Fields)) {
		faults = append(faults, fault.At(name, "is read-only when access level is '%s'; use the 'custom' access level to set this attribute.", next.Level))
	}
	builtin, _ := schema.BuiltinRole(role)
	next.Fields = k.reflect(builtin.Atoms())
	return next, errors.Join(faults...)
}

func (k AccessKind) checkFields(sent AccessFields) error {
	var faults []error
	for _, f := range k.fields {
		value, ok := sent[f.name]
		if ok && !slices.ContainsFunc(f.values, func(v accessValue) bool { return v.name == value }) {
			faults = append(faults, fault.At(f.name, "is not included in the list"))
		}
	}
	return errors.Join(faults...)
}

// atoms returns everything a level gives.
func (k AccessKind) atoms(l TeamLevel, overrides bool) []schema.Permission {
	if builtin, ok := schema.BuiltinRole(k.role(l.Level)); ok {
		return builtin.Atoms()
	}
	return schema.Close(k.permissions(l.Fields, overrides))
}

// equal reports whether two levels say the same.
func (l TeamLevel) equal(o TeamLevel) bool {
	return l.Level == o.Level && maps.Equal(l.Fields, o.Fields)
}

// teamLevels returns the levels of grants whose holders are teams. A grant of a role that is no level is a custom one,
// with the fields that the role amounts to.
func teamLevels(ctx context.Context, q Queries, kind AccessKind, grants []Grant) ([]TeamLevel, error) {
	var stored []string
	for _, g := range grants {
		if _, builtin := schema.BuiltinRole(g.RoleID); !builtin {
			stored = append(stored, g.RoleID)
		}
	}
	roles := map[string]Role{}
	if len(stored) > 0 {
		found, err := q.Roles(ctx, "", stored...)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			roles[r.ID] = r
		}
	}
	out := make([]TeamLevel, 0, len(grants))
	for _, g := range grants {
		l := TeamLevel{ID: g.ID, TeamID: g.Holder.ID, Scope: g.Scope, Level: kind.level(g.RoleID)}
		r := roles[g.RoleID]
		builtin, isBuiltin := schema.BuiltinRole(g.RoleID)
		switch {
		case isBuiltin:
			l.Fields = kind.reflect(builtin.Atoms())
		case r.Fields != nil:
			l.Fields = kind.defaults() // a field that came later is there, too
			maps.Copy(l.Fields, r.Fields)
		default:
			l.Fields = kind.reflect(schema.Close(schema.Expand(r.Permissions)))
		}
		out = append(out, l)
	}
	return out, nil
}

// GiveTeamLevel gives a team access to a workspace or project that it has none to by a grant of its own.
func (c *Change) GiveTeamLevel(ctx context.Context, kind AccessKind, l TeamLevel, createdBy string) (TeamLevel, error) {
	organizationID, _, err := scopeOrganization(ctx, c.Queries, l.Scope)
	if err != nil {
		return l, err
	}
	o, err := c.Organization(ctx, organizationID)
	if err != nil {
		return l, err
	}
	if o.OwnersTeamID == l.TeamID {
		return l, fault.New(fault.Conflict, "the owners team holds every access already")
	}
	have, err := c.Grants(ctx, GrantFilter{Scopes: []authz.Object{l.Scope}, Holder: teamRef(l.TeamID)})
	if err != nil {
		return l, err
	}
	for _, g := range have {
		if g.ExpiresAt.IsZero() || g.ExpiresAt.After(c.now) {
			return l, fault.New(fault.Conflict, "the team already has access to the %s", l.Scope.Type)
		}
		if err := c.RemoveGrant(ctx, g.ID); err != nil { // it gives nothing any more
			return l, err
		}
	}
	roleID, err := c.levelRole(ctx, kind, l, organizationID)
	if err != nil {
		return l, err
	}
	g, err := c.CreateGrant(ctx, Grant{Holder: teamRef(l.TeamID), RoleID: roleID, Scope: l.Scope, CreatedBy: createdBy})
	l.ID = g.ID
	return l, err
}

// levelRole returns the role of a level: a built-in one, or a new custom access set.
func (c *Change) levelRole(ctx context.Context, kind AccessKind, l TeamLevel, organizationID string) (string, error) {
	if role := kind.role(l.Level); role != "" {
		return role, nil
	}
	overrides, err := c.delegatesOverrides(ctx, organizationID, l.TeamID)
	if err != nil {
		return "", err
	}
	r, err := c.CreateRole(ctx, Role{OrganizationID: organizationID, Permissions: texts(kind.permissions(l.Fields, overrides)), Fields: l.Fields})
	return r.ID, err
}

// ChangeTeamLevel gives a grant of a team another level. The grant stays what it is otherwise.
func (c *Change) ChangeTeamLevel(ctx context.Context, kind AccessKind, l TeamLevel) error {
	g, err := c.Grant(ctx, l.ID)
	if err != nil {
		return err
	}
	own, err := c.ownSet(ctx, g)
	if err != nil {
		return err
	}
	if l.Level != LevelCustom || own.ID == "" {
		roleID, err := c.levelRole(ctx, kind, l, g.OrganizationID)
		if err != nil {
			return err
		}
		return c.ChangeGrantRole(ctx, g.ID, roleID)
	}
	overrides, err := c.delegatesOverrides(ctx, g.OrganizationID, l.TeamID)
	if err != nil {
		return err
	}
	// The set changes in place, so that no access is missing in between.
	before := own
	own.Permissions, own.Fields = texts(kind.permissions(l.Fields, overrides)), l.Fields
	if err := c.ChangeRole(ctx, own); err != nil {
		return err
	}
	c.record("grant.update", g.OrganizationID, g.Scope, before, own, g.Holder)
	return nil
}

// ownSet returns the custom access set that belongs to a grant alone, the zero role when there is none.
func (c *Change) ownSet(ctx context.Context, g Grant) (Role, error) {
	r, err := c.Role(ctx, g.RoleID)
	if fault.Is(err, fault.NotFound) || (err == nil && r.Name != "") {
		return Role{}, nil
	}
	if err != nil {
		return Role{}, err
	}
	users, err := c.Grants(ctx, GrantFilter{RoleID: r.ID, Limit: 2})
	if err != nil || len(users) != 1 {
		return Role{}, err
	}
	return r, nil
}

// texts returns permissions as a role keeps them.
func texts(permissions []schema.Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = string(p)
	}
	return out
}
