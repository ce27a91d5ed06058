package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// GrantQuery narrows grants down to those that somebody looks for. Empty fields select nothing further.
type GrantQuery struct {
	Holder authz.Object
	RoleID string
	Scope  authz.Object
}

// ListGrants returns the grants of an organization, at whatever scope, that the principal may see, the oldest first, and
// how many there are in all; organization.view, and see FindGrant for each. For "" they are the grants at the platform;
// platform.administer or platform.audit.
func (s *Service) ListGrants(ctx context.Context, p Principal, organizationID string, q GrantQuery, w Window) ([]Grant, int, error) {
	filter := GrantFilter{OrganizationID: organizationID, PlatformOnly: organizationID == "", Holder: q.Holder, RoleID: q.RoleID}
	if !q.Scope.IsZero() {
		filter.Scopes = []authz.Object{q.Scope}
	}
	var err error
	if organizationID == "" {
		err = s.oversees(ctx, p, schema.PlatformAdminister)
	} else {
		err = s.require(ctx, p, schema.OrganizationView, organizationRef(organizationID))
	}
	if err != nil {
		return nil, 0, err
	}
	all, err := s.store.Grants(ctx, filter)
	if err != nil {
		return nil, 0, err
	}
	seen, err := s.grantsSeen(ctx, p, all)
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(seen, func(a, b Grant) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) })
	return part(seen, w), len(seen), nil
}

// FindGrant returns a grant that has not ended to whoever may see it, organization.view apart: who reads or manages access at its scope, who holds
// it himself or through a team, and who audits the platform. At an organization those are organization.view_users,
// manage_organization_access and team.read_organization_access of the team, and edit_users for grants of single people. A
// team that holds it must be visible.
func (s *Service) FindGrant(ctx context.Context, p Principal, id string) (Grant, error) {
	g, err := s.store.Grant(ctx, id)
	if err != nil {
		return Grant{}, err
	}
	if g.OrganizationID != "" {
		if err := s.require(ctx, p, schema.OrganizationView, organizationRef(g.OrganizationID)); err != nil {
			return Grant{}, err
		}
	}
	seen, err := s.grantsSeen(ctx, p, []Grant{g})
	if err == nil && len(seen) == 0 {
		err = fault.New(fault.NotFound, "there is no such grant")
	}
	if err != nil {
		return Grant{}, err
	}
	return g, nil
}

// ended reports whether the time of a grant is over.
func (g Grant) ended(now time.Time) bool { return !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(now) }

// grantsSeen returns those of some grants that have not ended and that the principal may see. It asks the engine twice:
// first what he may see of whole organizations, then about the scopes and teams that this leaves open.
func (s *Service) grantsSeen(ctx context.Context, p Principal, grants []Grant) ([]Grant, error) {
	now := s.now()
	grants = slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool { return g.ended(now) })
	projects, err := s.projectsOfStacks(ctx, grants)
	if err != nil || len(grants) == 0 {
		return nil, err
	}
	v := &grantSight{Service: s, p: p, projects: projects, known: map[authz.Question]bool{}}
	v.want(schema.PlatformAudit, platformRef())
	v.want(schema.PlatformAdminister, platformRef())
	for _, g := range grants {
		for _, permission := range widest() {
			if g.OrganizationID != "" {
				v.want(permission, organizationRef(g.OrganizationID))
			}
		}
	}
	if err := v.ask(ctx); err != nil {
		return nil, err
	}
	for _, g := range grants {
		v.wantClose(g)
	}
	if err := v.ask(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(grants, func(g Grant) bool { return !v.sees(g) }), nil
}

// widest are the permissions that show grants of a whole organization.
func widest() []schema.Permission {
	return []schema.Permission{
		schema.OrganizationViewUsers, schema.OrganizationEditUsers, schema.OrganizationManageOrganizationAccess,
		schema.ProjectReadAccess, schema.WorkspaceManageAccess,
	}
}

// projectsOfStacks returns the projects of the stacks among the scopes of grants: a stack's access is its project's.
func (s *Service) projectsOfStacks(ctx context.Context, grants []Grant) (map[string]string, error) {
	var ids []string
	for _, g := range grants {
		if g.Scope.Type == schema.TypeStack {
			ids = append(ids, g.Scope.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // there is no stack
	}
	stacks, err := s.store.Stacks(ctx, WorkspaceFilter{IDs: ids})
	out := map[string]string{}
	for _, st := range stacks {
		out[st.ID] = st.ProjectID
	}
	return out, err
}

// grantSight is what one principal may see of grants, as far as it was asked.
type grantSight struct {
	*Service
	p        Principal
	projects map[string]string // of stacks
	known    map[authz.Question]bool
	open     []authz.Question
}

func (v *grantSight) question(permission schema.Permission, on authz.Object) authz.Question {
	name := permission.On(on.Type)
	if permission.Type() == on.Type { // membership is in no vocabulary
		name = permission.Name()
	}
	return authz.Question{Subject: v.p.Subject, Permission: name, Resource: on}
}

// want notes a question, once.
func (v *grantSight) want(permission schema.Permission, on authz.Object) {
	q := v.question(permission, on)
	if _, asked := v.known[q]; !asked {
		v.known[q] = false
		v.open = append(v.open, q)
	}
}

func (v *grantSight) holds(permission schema.Permission, on authz.Object) bool {
	return v.known[v.question(permission, on)]
}

// ask asks the engine what was noted.
func (v *grantSight) ask(ctx context.Context) error {
	allowed, _, err := v.engine.CheckAll(ctx, v.open, authz.Consistency{})
	for i, q := range v.open {
		v.known[q] = err == nil && allowed[i]
	}
	v.open = nil
	return err
}

// access returns what shows everybody's grants at the scope of one, and where it is asked.
func (v *grantSight) access(g Grant) (schema.Permission, authz.Object) {
	switch g.Scope.Type {
	case schema.TypeProject:
		return schema.ProjectReadAccess, g.Scope
	case schema.TypeStack:
		return schema.ProjectReadAccess, projectRef(v.projects[g.Scope.ID])
	case schema.TypeWorkspace:
		return schema.WorkspaceManageAccess, g.Scope
	case schema.TypeOrganization:
		return schema.OrganizationViewUsers, g.Scope
	}
	return schema.PlatformAdminister, platformRef()
}

// wantClose notes what is to be asked about a grant itself.
func (v *grantSight) wantClose(g Grant) {
	switch g.Holder.Type {
	case schema.TypeTeam:
		v.want(schema.TeamView, g.Holder)
		v.want(schema.TeamMember, g.Holder)
		v.want(schema.TeamReadOrganizationAccess, g.Holder)
	case schema.TypeGroup:
		v.want(schema.GroupMember, g.Holder)
	}
	if !v.widely(g) {
		v.want(v.access(g))
	}
}

// widely reports whether a grant is seen by what the principal holds on its whole organization, or on the platform.
func (v *grantSight) widely(g Grant) bool {
	if v.holds(schema.PlatformAudit, platformRef()) {
		return true
	}
	o := organizationRef(g.OrganizationID)
	switch g.Scope.Type {
	case schema.TypeOrganization:
		return v.holds(schema.OrganizationViewUsers, o) || v.holds(schema.OrganizationManageOrganizationAccess, o) ||
			g.Holder.Type == schema.TypeUser && v.holds(schema.OrganizationEditUsers, o)
	case schema.TypeProject, schema.TypeStack:
		return v.holds(schema.ProjectReadAccess, o)
	case schema.TypeWorkspace:
		return v.holds(schema.WorkspaceManageAccess, o)
	}
	return v.holds(schema.PlatformAdminister, platformRef())
}

func (v *grantSight) sees(g Grant) bool {
	permission, on := v.access(g)
	all := v.widely(g) || v.holds(permission, on)
	switch g.Holder.Type {
	case schema.TypeTeam:
		reads := g.Scope.Type == schema.TypeOrganization && v.holds(schema.TeamReadOrganizationAccess, g.Holder)
		return v.holds(schema.TeamView, g.Holder) && (all || reads || v.holds(schema.TeamMember, g.Holder))
	case schema.TypeGroup:
		return all || v.holds(schema.GroupMember, g.Holder)
	}
	return all || g.Holder == v.p.Subject
}
