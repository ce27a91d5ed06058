package recall

import (
	"context"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// byName returns the key of a name, which the store compares without regard to case.
func byName(n noun, organization, name string) key {
	return key{noun: n, named: true, organization: organization, text: catalog.NameKey(name)}
}

// keyLike returns the key of a row, by id or by name as the key it was asked for. Its text is the row's own: what was
// asked for may be a piece of something larger.
func (f facts) keyLike(asked key) key {
	if asked.named {
		return byName(asked.noun, f.organization, f.name)
	}
	return key{noun: asked.noun, text: f.id}
}

// answers reports whether memory may answer a lookup.
func (s *Store) answers(ctx context.Context, n noun) bool {
	return s.alone || s.staleness > 0 && n != tokens && catalog.IsBounded(ctx)
}

// lookup answers from memory, or from the database.
func lookup[T any](ctx context.Context, s *Store, k key, of func(T) facts, load func() (T, error)) (T, error) {
	if !s.answers(ctx, k.noun) {
		return load()
	}
	if e := s.rows.get(k); e != nil && (s.alone || s.now().Sub(e.since) <= s.staleness) {
		if row, ok := e.row.(T); ok {
			s.told(true)
			return row, nil
		}
	}
	s.told(false)
	var since time.Time
	if !s.alone {
		since = s.now()
	}
	epoch := s.changes.epoch(k.noun)
	row, err := load()
	if err == nil {
		s.keep(k, row, of(row), epoch, since)
	}
	return row, err
}

// rowBytes is roughly what a row takes besides its text.
const rowBytes = 320

// keep remembers a row that was read since an epoch and an instant.
func (s *Store) keep(asked key, row any, f facts, epoch uint64, since time.Time) {
	k := f.keyLike(asked)
	if k != asked { // found by other means than we know of
		return
	}
	unchanged, ok := s.changes.stamp(asked.noun, f.id, epoch)
	if !ok {
		return
	}
	s.rows.put(&entry{key: k, stamp: unchanged, since: since, row: row, bytes: rowBytes + int64(f.bytes)})
}

// User returns a user by id.
func (s *Store) User(ctx context.Context, id string) (catalog.User, error) {
	return lookup(ctx, s, key{noun: users, text: id}, ofUser, func() (catalog.User, error) { return s.Queries.User(ctx, id) })
}

// UserByUsername returns a user by username in any case.
func (s *Store) UserByUsername(ctx context.Context, username string) (catalog.User, error) {
	return lookup(ctx, s, byName(users, "", username), ofUser, func() (catalog.User, error) { return s.Queries.UserByUsername(ctx, username) })
}

// ServiceAccount returns a service account by id.
func (s *Store) ServiceAccount(ctx context.Context, id string) (catalog.ServiceAccount, error) {
	return lookup(ctx, s, key{noun: accounts, text: id}, ofAccount, func() (catalog.ServiceAccount, error) { return s.Queries.ServiceAccount(ctx, id) })
}

// ServiceAccountByName returns a service account by name in any case.
func (s *Store) ServiceAccountByName(ctx context.Context, name string) (catalog.ServiceAccount, error) {
	return lookup(ctx, s, byName(accounts, "", name), ofAccount, func() (catalog.ServiceAccount, error) { return s.Queries.ServiceAccountByName(ctx, name) })
}

// Organization returns an organization by id.
func (s *Store) Organization(ctx context.Context, id string) (catalog.Organization, error) {
	return lookup(ctx, s, key{noun: organizations, text: id}, ofOrganization, func() (catalog.Organization, error) { return s.Queries.Organization(ctx, id) })
}

// OrganizationByName returns an organization by name in any case.
func (s *Store) OrganizationByName(ctx context.Context, name string) (catalog.Organization, error) {
	return lookup(ctx, s, byName(organizations, "", name), ofOrganization, func() (catalog.Organization, error) { return s.Queries.OrganizationByName(ctx, name) })
}

// Team returns a team by id.
func (s *Store) Team(ctx context.Context, id string) (catalog.Team, error) {
	return lookup(ctx, s, key{noun: teams, text: id}, ofTeam, func() (catalog.Team, error) { return s.Queries.Team(ctx, id) })
}

// TeamByName returns a team of an organization by name in any case.
func (s *Store) TeamByName(ctx context.Context, organizationID, name string) (catalog.Team, error) {
	return lookup(ctx, s, byName(teams, organizationID, name), ofTeam, func() (catalog.Team, error) {
		return s.Queries.TeamByName(ctx, organizationID, name)
	})
}

// Group returns a group by id.
func (s *Store) Group(ctx context.Context, id string) (catalog.Group, error) {
	return lookup(ctx, s, key{noun: groups, text: id}, ofGroup, func() (catalog.Group, error) { return s.Queries.Group(ctx, id) })
}

// Project returns a project by id.
func (s *Store) Project(ctx context.Context, id string) (catalog.Project, error) {
	return lookup(ctx, s, key{noun: projects, text: id}, ofProject, func() (catalog.Project, error) { return s.Queries.Project(ctx, id) })
}

// ProjectByName returns a project of an organization by name in any case.
func (s *Store) ProjectByName(ctx context.Context, organizationID, name string) (catalog.Project, error) {
	return lookup(ctx, s, byName(projects, organizationID, name), ofProject, func() (catalog.Project, error) {
		return s.Queries.ProjectByName(ctx, organizationID, name)
	})
}

// Workspace returns a workspace by id.
func (s *Store) Workspace(ctx context.Context, id string) (catalog.Workspace, error) {
	return lookup(ctx, s, key{noun: workspaces, text: id}, ofWorkspace, func() (catalog.Workspace, error) { return s.Queries.Workspace(ctx, id) })
}

// WorkspaceByName returns a workspace of an organization by name in any case.
func (s *Store) WorkspaceByName(ctx context.Context, organizationID, name string) (catalog.Workspace, error) {
	return lookup(ctx, s, byName(workspaces, organizationID, name), ofWorkspace, func() (catalog.Workspace, error) {
		return s.Queries.WorkspaceByName(ctx, organizationID, name)
	})
}

// Stack returns a stack by id.
func (s *Store) Stack(ctx context.Context, id string) (catalog.Stack, error) {
	return lookup(ctx, s, key{noun: stacks, text: id}, ofStack, func() (catalog.Stack, error) { return s.Queries.Stack(ctx, id) })
}

// StackByName returns a stack of an organization by name in any case.
func (s *Store) StackByName(ctx context.Context, organizationID, name string) (catalog.Stack, error) {
	return lookup(ctx, s, byName(stacks, organizationID, name), ofStack, func() (catalog.Stack, error) {
		return s.Queries.StackByName(ctx, organizationID, name)
	})
}

// Token returns a token by id. What it points to is the caller's to change.
func (s *Store) Token(ctx context.Context, id string) (catalog.Token, error) {
	t, err := lookup(ctx, s, key{noun: tokens, text: id}, ofToken, func() (catalog.Token, error) { return s.Queries.Token(ctx, id) })
	t.Scopes, t.Hash = slices.Clone(t.Scopes), slices.Clone(t.Hash)
	return t, err
}
