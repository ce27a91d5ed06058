package catalog

import (
	"cmp"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// organizations projects each organization's place, people and settings.
func (p *projector) organizations() {
	forever := time.Time{}
	for _, o := range p.f.Organizations {
		if o.Disabled {
			continue
		}
		ref := organizationRef(o.ID)
		p.add(ref, schema.RelPlatform, platformRef(), forever)
		p.bind(ref, schema.RoleOwner, o.OwnersTeamID, forever)
		p.add(ref, schema.RelDefaultProject, projectRef(o.DefaultProjectID), forever)
		if o.AllowForceDelete {
			for _, t := range []string{schema.TypeUser, schema.TypeServiceAccount, schema.TypeTeamToken, schema.TypeTeam, schema.TypeGroup} {
				p.add(ref, schema.RelForceDeleteAllowed, authz.Object{Type: t, ID: "*"}, forever)
			}
		}
	}
	for member := range p.members {
		if p.live(member[0]) {
			p.add(organizationRef(member[0]), schema.RelMembership, userRef(member[1]), forever)
		}
	}
}

// teams projects each team's place, visibility and members.
func (p *projector) teams() {
	forever := time.Time{}
	for _, t := range p.teamsByID {
		ref, org := teamRef(t.ID), organizationRef(t.OrganizationID)
		p.add(ref, schema.RelOrganization, org, forever)
		p.add(ref, schema.RelMembership, ref, forever)
		p.add(org, schema.RelMembership, ref, forever)
		switch {
		case p.orgs[t.OrganizationID].OwnersTeamID == t.ID:
			p.add(ref, schema.RelOwnersOf, org, forever)
		case t.Visibility == VisibilityOrganization:
			p.add(ref, schema.RelVisibleIn, org, forever)
		default:
			p.add(ref, schema.RelSecretIn, org, forever)
		}
		if t.AllowMemberTokenManagement {
			p.add(ref, schema.RelTokenSelfService, ref, forever)
		}
		p.minimum(t)
	}
	linked := map[string]bool{}
	for _, l := range p.f.GroupLinks {
		linked[l.TeamID] = true
	}
	for _, m := range p.f.TeamMembers {
		if t, ok := p.teamsByID[m.TeamID]; ok && p.members[[2]string{t.OrganizationID, m.UserID}] {
			add := p.add
			if linked[t.ID] {
				add = p.merge
			}
			add(teamRef(t.ID), schema.RelMembership, userRef(m.UserID), forever)
		}
	}
	for _, l := range p.f.GroupLinks {
		if t, ok := p.teamsByID[l.TeamID]; ok {
			people := p.flat[l.GroupID]
			if l.Paused {
				people = p.kept[l.ID]
			}
			p.fillWith(teamRef(t.ID), l.GroupID, people)
			p.merge(organizationRef(t.OrganizationID), schema.RelGuest, teamRef(t.ID), forever)
		}
	}
}

// projects projects projects, workspaces and stacks, and notes which scopes are live for the grants.
func (p *projector) projects() {
	forever := time.Time{}
	for _, prj := range p.f.Projects {
		if !p.live(prj.OrganizationID) {
			continue
		}
		org := organizationRef(prj.OrganizationID)
		p.projectsOf[prj.ID] = prj.OrganizationID
		p.add(projectRef(prj.ID), schema.RelOrganization, org, forever)
		if p.orgs[prj.OrganizationID].DefaultProjectID == prj.ID {
			p.add(projectRef(prj.ID), schema.RelDefaultIn, org, forever)
		}
	}
	for _, w := range p.f.Workspaces {
		p.child(workspaceRef(w.ID), w.ProjectID)
	}
	for _, s := range p.f.Stacks {
		p.child(stackRef(s.ID), s.ProjectID)
	}
}

func (p *projector) child(ref authz.Object, projectID string) {
	if _, ok := p.projectsOf[projectID]; ok {
		p.parents[ref] = projectID
		p.add(ref, schema.RelProject, projectRef(projectID), time.Time{})
	}
}

// effective reports whether a grant gives anything now: not expired, and its role known.
func (p *projector) effective(g Grant) bool {
	if p.expired(g.ExpiresAt) {
		return false
	}
	_, builtin := schema.BuiltinRole(g.RoleID)
	_, stored := p.roles[g.RoleID]
	return builtin || stored
}

// grants projects every grant that is in force, at a scope that is live.
func (p *projector) grants() {
	for _, g := range p.f.Grants {
		if !p.effective(g) || !p.scopeLive(g) {
			continue
		}
		id := p.bind(g.Scope, g.RoleID, g.Holder.ID, g.ExpiresAt)
		if projectID, ok := p.parents[g.Scope]; ok {
			p.merge(projectRef(projectID), schema.RelChildBinding, bindingRef(id), g.ExpiresAt)
		}
		if g.OrganizationID != "" && g.Holder.Type != schema.TypeTeam {
			p.merge(organizationRef(g.OrganizationID), schema.RelGuest, teamRef(g.Holder.ID), g.ExpiresAt)
		}
	}
}

func (p *projector) scopeLive(g Grant) bool {
	switch g.Scope.Type {
	case schema.TypePlatform:
		return true
	case schema.TypeOrganization:
		return p.live(g.Scope.ID)
	case schema.TypeProject:
		_, ok := p.projectsOf[g.Scope.ID]
		return ok
	}
	_, ok := p.parents[g.Scope]
	return ok
}

// tokens projects team and organization tokens. Those of groups stand where their groups do (see fill); user and service
// tokens act as their owners.
func (p *projector) tokens() {
	for _, t := range p.f.Tokens {
		if p.expired(t.ExpiresAt) {
			continue
		}
		switch t.Kind {
		case TokenTeam:
			if team, ok := p.teamsByID[t.OwnerID]; ok {
				token := teamTokenRef(t.ID)
				p.add(teamRef(team.ID), schema.RelMembership, token, t.ExpiresAt)
				p.add(organizationRef(team.OrganizationID), schema.RelMembership, token, t.ExpiresAt)
			}
		case TokenOrganization:
			if p.live(t.OwnerID) {
				p.add(teamRef(t.ID), schema.RelMembership, authz.Object{Type: schema.TypeOrganizationToken, ID: t.ID}, t.ExpiresAt)
				p.bind(organizationRef(t.OwnerID), schema.RoleOrganizationToken, t.ID, time.Time{})
			}
		case TokenUser, TokenService, TokenAuditTrails, TokenGroup:
		}
	}
}

// compareRelationships orders relationships by resource, relation and subject.
func compareRelationships(a, b authz.Relationship) int {
	return cmp.Or(
		cmp.Compare(a.Resource.Type, b.Resource.Type), cmp.Compare(a.Resource.ID, b.Resource.ID),
		cmp.Compare(a.Relation, b.Relation),
		cmp.Compare(a.Subject.Type, b.Subject.Type), cmp.Compare(a.Subject.ID, b.Subject.ID),
		a.ExpiresAt.Compare(b.ExpiresAt),
	)
}
