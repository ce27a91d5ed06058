package catalog

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

type boundedKey struct{}

// Bounded returns a context whose lookups may be as old as the store's configuration allows (authz.MinimizeLatency).
// Without it every lookup is answered at the newest state.
func Bounded(ctx context.Context) context.Context { return context.WithValue(ctx, boundedKey{}, true) }

// IsBounded reports whether lookups may be that old.
func IsBounded(ctx context.Context) bool { return ctx.Value(boundedKey{}) != nil }

// naming returns the context in which the names of a question are looked up.
func naming(ctx context.Context, c authz.Consistency) context.Context {
	if c.Freshness == authz.MinimizeLatency {
		return Bounded(ctx)
	}
	return ctx
}

// Resolve finds an object by its id or path (DESIGN section 3): organization `acme`; project, workspace, stack
// and team `acme/<name>`; user and service account by name; the platform `main`. fault.NotFound when there is none.
//
// It is no decision: callers ask the engine about what it returns before they tell anybody that it exists.
func (s *Service) Resolve(ctx context.Context, objectType, ref string) (authz.Object, error) {
	id, err := s.resolveID(ctx, objectType, ref)
	if err != nil {
		return authz.Object{}, err
	}
	return authz.Object{Type: objectType, ID: id}, nil
}

func (s *Service) resolveID(ctx context.Context, objectType, ref string) (string, error) {
	q := s.store
	switch objectType {
	case schema.TypePlatform:
		if ref != PlatformID {
			return "", fault.New(fault.NotFound, "there is one platform, %s", PlatformID)
		}
		return PlatformID, nil
	case schema.TypeUser:
		return byIDOrName(ctx, objectType, ref, q.User, q.UserByUsername, func(u User) string { return u.ID })
	case schema.TypeServiceAccount:
		return byIDOrName(ctx, objectType, ref, q.ServiceAccount, q.ServiceAccountByName, func(a ServiceAccount) string { return a.ID })
	case schema.TypeOrganization:
		return byIDOrName(ctx, objectType, ref, q.Organization, q.OrganizationByName, func(o Organization) string { return o.ID })
	case schema.TypeGroup:
		g, err := q.Group(ctx, ref)
		return g.ID, err
	case schema.TypeTeam:
		return byIDOrPath(ctx, q, ref, q.Team, q.TeamByName, func(t Team) string { return t.ID })
	case schema.TypeProject:
		return byIDOrPath(ctx, q, ref, q.Project, q.ProjectByName, func(p Project) string { return p.ID })
	case schema.TypeWorkspace:
		return byIDOrPath(ctx, q, ref, q.Workspace, q.WorkspaceByName, func(w Workspace) string { return w.ID })
	case schema.TypeStack:
		return byIDOrPath(ctx, q, ref, q.Stack, q.StackByName, func(st Stack) string { return st.ID })
	case schema.TypeTeamToken, schema.TypeOrganizationToken:
		t, err := q.Token(ctx, ref)
		stands := t.Kind == TokenTeam || t.Kind == TokenGroup
		if err == nil && stands != (objectType == schema.TypeTeamToken) {
			return "", fault.New(fault.NotFound, "there is no such token")
		}
		return t.ID, err
	}
	return "", fault.New(fault.NotFound, "%q is no type of object", objectType)
}

// byIDOrName tries first what the reference looks like. No name is ever another row's id (see freeName), so the order
// decides nothing but the number of queries.
func byIDOrName[T any](ctx context.Context, objectType, ref string, byID, byName func(context.Context, string) (T, error), id func(T) string) (string, error) {
	first, second := byName, byID
	if looksLikeID(ref, prefixOf(objectType)) {
		first, second = byID, byName
	}
	row, err := first(ctx, ref)
	if fault.Is(err, fault.NotFound) {
		row, err = second(ctx, ref)
	}
	if err != nil {
		return "", err
	}
	return id(row), nil
}

// freeName refuses a name that is the id of another row: ids that importers keep may have any form.
func freeName[T any](ctx context.Context, field, name string, byID func(context.Context, string) (T, error)) error {
	_, err := byID(ctx, name)
	switch {
	case err == nil:
		return fault.At(field, "is the id of something else")
	case fault.Is(err, fault.NotFound):
		return nil
	}
	return err
}

func byIDOrPath[T any](ctx context.Context, q Queries, ref string, byID func(context.Context, string) (T, error), byName func(context.Context, string, string) (T, error), id func(T) string) (string, error) {
	organization, name, isPath := strings.Cut(ref, "/")
	if !isPath {
		row, err := byID(ctx, ref)
		if err != nil {
			return "", err
		}
		return id(row), nil
	}
	o, err := q.OrganizationByName(ctx, organization)
	if fault.Is(err, fault.NotFound) {
		o, err = q.Organization(ctx, organization)
	}
	if err != nil {
		return "", err
	}
	row, err := byName(ctx, o.ID, name)
	if err != nil {
		return "", err
	}
	return id(row), nil
}

// Names returns what people call objects of one type, by id: usernames, and paths below an organization. Ids
// without a row are left out.
func (s *Service) Names(ctx context.Context, objectType string, ids []string) (map[string]string, error) {
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // no names is an answer
	}
	n := &namer{ctx: ctx, q: s.store, names: map[string]string{}, organizations: map[string]string{}}
	var err error
	switch objectType {
	case schema.TypePlatform:
		n.names[PlatformID] = PlatformID
	case schema.TypeUser:
		var users []User
		users, err = n.q.Users(ctx, UserFilter{IDs: ids})
		for _, u := range users {
			n.names[u.ID] = u.Username
		}
	case schema.TypeOrganization:
		var orgs []Organization
		orgs, err = n.q.Organizations(ctx, ids...)
		for _, o := range orgs {
			n.names[o.ID] = o.Name
		}
	case schema.TypeGroup:
		var groups []Group
		groups, err = n.q.Groups(ctx, ids...)
		for _, g := range groups {
			n.names[g.ID] = g.DisplayName
		}
	case schema.TypeTeam:
		var teams []Team
		teams, err = n.q.Teams(ctx, TeamFilter{IDs: ids})
		for _, t := range teams {
			n.path(t.ID, t.OrganizationID, t.Name)
		}
	case schema.TypeWorkspace:
		var rows []Workspace
		rows, err = n.q.Workspaces(ctx, WorkspaceFilter{IDs: ids})
		for _, w := range rows {
			n.path(w.ID, w.OrganizationID, w.Name)
		}
	case schema.TypeStack:
		var rows []Stack
		rows, err = n.q.Stacks(ctx, WorkspaceFilter{IDs: ids})
		for _, st := range rows {
			n.path(st.ID, st.OrganizationID, st.Name)
		}
	default:
		err = n.oneByOne(objectType, ids)
	}
	if err == nil {
		err = n.err
	}
	return n.names, err
}

// namer builds paths, reading each organization's name once.
type namer struct {
	ctx           context.Context //nolint:containedctx // lives for one call of Names
	q             Queries
	names         map[string]string
	organizations map[string]string
	err           error
}

func (n *namer) path(id, organizationID, name string) {
	org, known := n.organizations[organizationID]
	if !known {
		o, err := n.q.Organization(n.ctx, organizationID)
		if err != nil {
			n.err = err
			return
		}
		org = o.Name
		n.organizations[organizationID] = org
	}
	n.names[id] = org + "/" + name
}

func (n *namer) oneByOne(objectType string, ids []string) error {
	for _, id := range ids {
		switch objectType {
		case schema.TypeProject:
			p, err := n.q.Project(n.ctx, id)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err == nil {
				n.path(p.ID, p.OrganizationID, p.Name)
			}
		case schema.TypeServiceAccount:
			a, err := n.q.ServiceAccount(n.ctx, id)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err == nil {
				n.names[id] = a.Name
			}
		}
	}
	return nil
}
