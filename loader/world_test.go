package loader_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/loader"
)

// world is a catalog as simple as can be: sets of names in lower case. It refuses what the catalog refuses, so a
// plan in the wrong order fails on it.
type world struct {
	users map[string]bool
	orgs  map[string]*place
}

type place struct {
	owners     map[string]bool
	members    map[string]bool // active, owners included
	invited    map[string]bool
	workspaces map[string]bool
	teams      map[string]*crew
}

type crew struct {
	visibility, description string
	members                 map[string]bool // whether a maintainer
	grants                  map[string]bool // "workspace role" -> whether it expires
}

func lower(s string) string { return strings.ToLower(s) }

func setOf(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[lower(n)] = true
	}
	return out
}

// newWorld returns the world an estate describes.
func newWorld(e loader.Estate) *world {
	w := &world{users: setOf(e.Users...), orgs: map[string]*place{}}
	for _, o := range e.Organizations {
		p := &place{
			owners: setOf(o.Owners...), members: setOf(slices.Concat(o.Owners, o.Members)...),
			invited: setOf(o.Invited...), workspaces: map[string]bool{}, teams: map[string]*crew{},
		}
		for _, ws := range o.Workspaces {
			p.workspaces[lower(ws.Name)] = true
		}
		for _, t := range o.Teams {
			c := &crew{visibility: t.Visibility, description: t.Description, members: map[string]bool{}, grants: map[string]bool{}}
			for _, m := range t.Members {
				c.members[lower(m.Username)] = m.Maintainer
				if !p.invited[lower(m.Username)] {
					p.members[lower(m.Username)] = true
				}
			}
			for _, g := range t.Grants {
				c.grants[lower(g.Workspace)+" "+g.Role] = g.Temporary
			}
			p.teams[lower(t.Name)] = c
		}
		for name := range p.invited {
			delete(p.members, name)
			w.users[name] = true
		}
		for name := range p.members {
			w.users[name] = true
		}
		w.orgs[lower(o.Name)] = p
	}
	return w
}

// apply carries out an action, or says why it cannot be.
func (w *world) apply(a loader.Action) error {
	x := a.Target
	user, team := lower(x.User), lower(x.Team)
	switch {
	case a.Kind == loader.KindUser:
		return put(w.users, user, true)
	case a.Kind == loader.KindOrganization:
		return w.newOrganization(x)
	case !w.users[user] && x.User != "":
		return fmt.Errorf("there is no user %s", user)
	}
	p, ok := w.orgs[lower(x.Organization)]
	if !ok {
		return fmt.Errorf("there is no organization %s", x.Organization)
	}
	switch a.Kind {
	case loader.KindWorkspace:
		return put(p.workspaces, lower(x.Workspace), true)
	case loader.KindMembership:
		return p.membership(a.Op, user)
	case loader.KindOwner:
		return p.owner(a.Op, user)
	case loader.KindTeam:
		return p.team(a.Op, team, x)
	}
	c, ok := p.teams[team]
	if !ok {
		return fmt.Errorf("there is no team %s", team)
	}
	if a.Kind == loader.KindTeamMember {
		if !p.members[user] {
			return fmt.Errorf("%s is no member of the organization", user)
		}
		return change(c.members, a.Op, user, x.Maintainer)
	}
	if !p.workspaces[lower(x.Workspace)] {
		return fmt.Errorf("there is no workspace %s", x.Workspace)
	}
	return change(c.grants, a.Op, lower(x.Workspace)+" "+x.Role, false)
}

// put adds what is not there yet.
func put(set map[string]bool, key string, value bool) error {
	if _, exists := set[key]; exists {
		return fmt.Errorf("%s exists", key)
	}
	set[key] = value
	return nil
}

// change adds, changes to another value, or takes away what is there.
func change(set map[string]bool, op loader.Op, key string, value bool) error {
	before, exists := set[key]
	switch {
	case op == loader.OpCreate:
		return put(set, key, value)
	case !exists:
		return fmt.Errorf("there is no %s", key)
	case op == loader.OpDelete:
		delete(set, key)
		return nil
	case before == value:
		return fmt.Errorf("%s stays as it is", key)
	}
	set[key] = value
	return nil
}

func (w *world) newOrganization(x loader.Target) error {
	if _, exists := w.orgs[lower(x.Organization)]; exists || len(x.Owners) == 0 {
		return fmt.Errorf("organization %s exists or has no owner", x.Organization)
	}
	for _, name := range x.Owners {
		if !w.users[lower(name)] {
			return fmt.Errorf("there is no user %s", name)
		}
	}
	w.orgs[lower(x.Organization)] = &place{
		owners: setOf(x.Owners...), members: setOf(x.Owners...), invited: map[string]bool{},
		workspaces: map[string]bool{}, teams: map[string]*crew{},
	}
	return nil
}

func (p *place) membership(op loader.Op, user string) error {
	switch op {
	case loader.OpUpdate:
		if !p.invited[user] {
			return fmt.Errorf("%s is not invited", user)
		}
		delete(p.invited, user)
		p.members[user] = true
		return nil
	case loader.OpCreate:
		if p.invited[user] {
			return fmt.Errorf("%s is invited", user)
		}
		return put(p.members, user, true)
	}
	if !p.members[user] && !p.invited[user] {
		return fmt.Errorf("%s is no member", user)
	}
	delete(p.members, user)
	delete(p.invited, user)
	delete(p.owners, user)
	for _, c := range p.teams {
		delete(c.members, user)
	}
	return p.keepOwner()
}

func (p *place) keepOwner() error {
	if len(p.owners) == 0 {
		return fmt.Errorf("the last owner stays")
	}
	return nil
}

func (p *place) owner(op loader.Op, user string) error {
	if !p.members[user] {
		return fmt.Errorf("%s is no member", user)
	}
	if err := change(p.owners, op, user, true); err != nil {
		return err
	}
	return p.keepOwner()
}

func (p *place) team(op loader.Op, name string, x loader.Target) error {
	have, exists := p.teams[name]
	switch {
	case (op == loader.OpCreate) == exists:
		return fmt.Errorf("team %s: exists is %v", name, exists)
	case op == loader.OpDelete:
		delete(p.teams, name)
	case op == loader.OpCreate:
		p.teams[name] = &crew{visibility: x.Visibility, description: x.Description, members: map[string]bool{}, grants: map[string]bool{}}
	case have.visibility == x.Visibility && have.description == x.Description:
		return fmt.Errorf("team %s stays as it is", name)
	default:
		have.visibility, have.description = x.Visibility, x.Description
	}
	return nil
}

// estate returns the world as an estate.
func (w *world) estate() loader.Estate {
	var out loader.Estate
	for name := range w.users {
		out.Users = append(out.Users, name)
	}
	for name, p := range w.orgs {
		o := loader.Organization{Name: name, Owners: keys(p.owners), Members: keys(p.members), Invited: keys(p.invited)}
		for ws := range p.workspaces {
			o.Workspaces = append(o.Workspaces, loader.Workspace{Name: ws})
		}
		for team, c := range p.teams {
			t := loader.Team{Name: team, Visibility: c.visibility, Description: c.description}
			for user, maintainer := range c.members {
				t.Members = append(t.Members, loader.Member{Username: user, Maintainer: maintainer})
			}
			for key, temporary := range c.grants {
				ws, role, _ := strings.Cut(key, " ")
				t.Grants = append(t.Grants, loader.Grant{Workspace: ws, Role: role, Temporary: temporary})
			}
			o.Teams = append(o.Teams, t)
		}
		out.Organizations = append(out.Organizations, o)
	}
	return out.Normalize()
}

func keys(set map[string]bool) []string {
	var out []string
	for k := range set {
		out = append(out, k)
	}
	return out
}
