package catalog

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// The holders that the projection keeps by itself. They are team objects like every holder, and no catalog team.
const (
	holderSiteAdmins   = "site-admins"
	holderSiteAuditors = "site-auditors"
	holderUsers        = "users"
)

// Projection turns catalog rows into relationships (DESIGN section 1). It is a pure function of its arguments: the
// same rows give the same set, in the same order, whatever the order of the rows.
//
// What gives no access is simply not there: suspended people, invited members, expired grants, tokens and memberships of
// groups, and everything inside a disabled organization.
func Projection(f Facts, now time.Time) []authz.Relationship {
	rows := unordered(f, now)
	slices.SortFunc(rows, compareRelationships)
	// Facts that are gathered for a change may name a row twice.
	return slices.CompactFunc(rows, func(a, b authz.Relationship) bool { return a == b })
}

// unordered returns the projection of facts that name no row twice, in whatever order it comes out, which takes half
// the time.
func unordered(f Facts, now time.Time) []authz.Relationship {
	p := newProjector(f, now)
	p.people()
	p.groups()
	p.organizations()
	p.teams()
	p.projects()
	p.grants()
	p.tokens()
	return p.relationships()
}

// projector collects relationships and the look-up tables they are made with.
type projector struct {
	f      Facts
	now    time.Time
	rows   []authz.Relationship             // what comes up once
	merged map[authz.Relationship]time.Time // what may come up again: by key, to its expiry
	bound  map[string]bool                  // bindings that are there already

	users      map[string]bool // live ones
	orgs       map[string]Organization
	teamsByID  map[string]Team
	members    map[[2]string]bool // active members: organization, user
	projectsOf map[string]string  // live project -> organization
	parents    map[authz.Object]string
	roles      map[string]Role
	atoms      map[string][]schema.Permission // role -> atoms, computed once
	flat       map[string][]insider           // group -> live people, nesting flattened
	kept       map[string][]insider           // paused link -> the live people that it keeps in its team
	standing   map[string][]Token             // group -> live tokens of it and of the groups nested in it
}

func newProjector(f Facts, now time.Time) *projector {
	p := &projector{
		f: f, now: now,
		merged: map[authz.Relationship]time.Time{}, bound: map[string]bool{}, users: map[string]bool{}, orgs: map[string]Organization{},
		teamsByID: map[string]Team{}, members: map[[2]string]bool{}, projectsOf: map[string]string{},
		parents: map[authz.Object]string{}, roles: map[string]Role{}, atoms: map[string][]schema.Permission{},
	}
	for _, u := range f.Users {
		if !u.Suspended {
			p.users[u.ID] = true
		}
	}
	for _, o := range f.Organizations {
		if !o.Disabled {
			p.orgs[o.ID] = o
		}
	}
	for _, m := range f.Memberships {
		if m.Status == MembershipActive && p.users[m.UserID] {
			p.members[[2]string{m.OrganizationID, m.UserID}] = true
		}
	}
	for _, t := range f.Teams {
		if p.live(t.OrganizationID) {
			p.teamsByID[t.ID] = t
		}
	}
	for _, r := range f.Roles {
		p.roles[r.ID] = r
	}
	p.flatten()
	return p
}

func (p *projector) live(organizationID string) bool {
	_, ok := p.orgs[organizationID]
	return ok
}

// add records a relationship that no other row of the catalog gives as well. Most are of this kind, and looking each
// of a million up would take longer than all the rest.
func (p *projector) add(resource authz.Object, relation string, subject authz.Object, expires time.Time) {
	p.rows = append(p.rows, authz.Relationship{Resource: resource, Relation: relation, Subject: subject, ExpiresAt: expires})
}

// merge records a relationship that several rows may give. It keeps the latest expiry, for good being later than any.
func (p *projector) merge(resource authz.Object, relation string, subject authz.Object, expires time.Time) {
	key := authz.Relationship{Resource: resource, Relation: relation, Subject: subject}
	if old, ok := p.merged[key]; ok && (old.IsZero() || (!expires.IsZero() && expires.Before(old))) {
		return
	}
	p.merged[key] = expires
}

func (p *projector) relationships() []authz.Relationship {
	out := slices.Grow(p.rows, len(p.merged))
	for r, expires := range p.merged {
		r.ExpiresAt = expires
		out = append(out, r)
	}
	return out
}

// expired reports whether a deadline has passed; a zero one never does.
func (p *projector) expired(at time.Time) bool { return !at.IsZero() && !at.After(p.now) }

// people projects users and service accounts into their private teams and the holders of platform roles.
func (p *projector) people() {
	forever := time.Time{}
	for _, u := range p.f.Users {
		if u.Suspended {
			continue
		}
		p.add(teamRef(u.ID), schema.RelMembership, userRef(u.ID), forever)
		p.add(teamRef(holderUsers), schema.RelMembership, userRef(u.ID), forever)
		if u.SiteAdmin {
			p.add(teamRef(holderSiteAdmins), schema.RelMembership, userRef(u.ID), forever)
		}
		if u.SiteAuditor {
			p.add(teamRef(holderSiteAuditors), schema.RelMembership, userRef(u.ID), forever)
		}
	}
	for _, a := range p.f.ServiceAccounts {
		if !a.Suspended {
			p.add(teamRef(a.ID), schema.RelMembership, authz.Object{Type: schema.TypeServiceAccount, ID: a.ID}, forever)
		}
	}
	p.bind(platformRef(), schema.RoleSiteAdmin, holderSiteAdmins, forever)
	p.bind(platformRef(), schema.RoleSiteAuditor, holderSiteAuditors, forever)
	if !p.f.Settings.RestrictOrganizationCreation {
		p.bind(platformRef(), schema.RoleOrganizationCreator, holderUsers, forever)
	}
}

// groups projects the flattened groups, and the private team of each group that holds a grant.
func (p *projector) groups() {
	holds := map[string]bool{}
	for _, g := range p.f.Grants {
		if g.Holder.Type == schema.TypeGroup && p.effective(g) {
			holds[g.Holder.ID] = true
		}
	}
	for _, g := range p.f.Groups {
		p.fill(groupRef(g.ID), g.ID)
		if holds[g.ID] {
			p.fill(teamRef(g.ID), g.ID)
		}
	}
}

// insider is somebody in a group, until when: zero for good.
type insider struct {
	userID string
	until  time.Time
}

// fill makes a group's people, and the group itself as their stand-in, members of an object. A team may have some of
// them already, by itself or from another group. A team also gets the group's tokens, which act as one more of its people.
func (p *projector) fill(resource authz.Object, groupID string) {
	p.fillWith(resource, groupID, p.flat[groupID])
}

func (p *projector) fillWith(resource authz.Object, groupID string, people []insider) {
	p.merge(resource, schema.RelMembership, groupRef(groupID), time.Time{})
	for _, in := range people {
		p.merge(resource, schema.RelMembership, userRef(in.userID), in.until)
	}
	if resource.Type == schema.TypeTeam {
		for _, t := range p.standing[groupID] {
			p.merge(resource, schema.RelMembership, teamTokenRef(t.ID), t.ExpiresAt)
		}
	}
}

// flatten notes the live people and tokens of every group, those of nested groups included.
func (p *projector) flatten() {
	p.flat, p.standing = map[string][]insider{}, map[string][]Token{}
	tokens := map[string][]Token{}
	for _, t := range p.f.Tokens {
		if t.Kind == TokenGroup && !p.expired(t.ExpiresAt) {
			tokens[t.OwnerID] = append(tokens[t.OwnerID], t)
		}
	}
	direct := map[string][]insider{}
	for _, m := range p.f.GroupMembers {
		if p.users[m.UserID] && !p.expired(m.ExpiresAt) {
			direct[m.GroupID] = append(direct[m.GroupID], insider{m.UserID, m.ExpiresAt})
		}
	}
	p.kept = map[string][]insider{}
	for _, m := range p.f.LinkMembers {
		if p.users[m.UserID] && !p.expired(m.ExpiresAt) {
			p.kept[m.LinkID] = append(p.kept[m.LinkID], insider{m.UserID, m.ExpiresAt})
		}
	}
	children := map[string][]string{}
	for _, c := range p.f.GroupChildren {
		children[c.ParentID] = append(children[c.ParentID], c.ChildID)
	}
	for _, g := range p.f.Groups {
		var people []insider
		for _, id := range andInside(g.ID, children) {
			people = append(people, direct[id]...)
			if standing := tokens[id]; len(standing) > 0 {
				p.standing[g.ID] = append(p.standing[g.ID], standing...)
			}
		}
		p.flat[g.ID] = longest(people)
	}
}

// longest returns the people of a list, each once, for as long as any of its entries says.
func longest(people []insider) []insider {
	slices.SortFunc(people, func(a, b insider) int {
		switch {
		case a.userID != b.userID:
			return cmp.Compare(a.userID, b.userID)
		case outlasts(a.until, b.until):
			return -1
		case outlasts(b.until, a.until):
			return 1
		}
		return 0
	})
	return slices.CompactFunc(people, func(a, b insider) bool { return a.userID == b.userID })
}

// andInside returns a group and all that is nested in it. Cycles end by themselves.
func andInside(id string, children map[string][]string) []string {
	all, seen := []string{id}, map[string]bool{id: true}
	for i := 0; i < len(all); i++ {
		for _, c := range children[all[i]] {
			if !seen[c] {
				seen[c] = true
				all = append(all, c)
			}
		}
	}
	return all
}

// bindingID names the binding of a role and a holder. It is short, legal in SpiceDB, and a pure function of both.
func bindingID(roleID, holderID string) string {
	sum := sha256.Sum256([]byte(roleID + "\x00" + holderID))
	var id [20]byte
	copy(id[:], "bnd-")
	for i := range 16 {
		id[4+i] = base58[int(sum[i])%len(base58)]
	}
	return string(id[:])
}

// bind gives a holder a role at a scope: one relationship at the scope, and the binding itself.
func (p *projector) bind(scope authz.Object, roleID, holderID string, expires time.Time) string {
	id := bindingID(roleID, holderID)
	p.merge(scope, schema.RelBinding, bindingRef(id), expires)
	if p.bound[id] {
		return id
	}
	p.bound[id] = true
	p.add(bindingRef(id), schema.RelHolder, teamRef(holderID), time.Time{})
	for _, atom := range p.atomsOf(roleID) {
		p.add(bindingRef(id), atom.HasRelation(), teamRef(holderID), time.Time{})
	}
	return id
}

func (p *projector) atomsOf(roleID string) []schema.Permission {
	atoms, ok := p.atoms[roleID]
	if !ok {
		if builtin, found := schema.BuiltinRole(roleID); found {
			atoms = builtin.Atoms()
		} else {
			atoms = schema.Close(schema.Expand(p.roles[roleID].Permissions))
		}
		p.atoms[roleID] = atoms
	}
	return atoms
}
