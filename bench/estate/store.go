package estate

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// batch is how many rows one transaction writes.
const batch = 20_000

// Write puts the rows of the estate into an empty catalog, without the use cases: those keep rules and relationships
// row by row, and a million rows would take hours.
func (e *Estate) Write(ctx context.Context, store catalog.Store) error {
	f := e.Facts
	w := writer{store: store}
	write(ctx, &w, f.Users, catalog.Queries.InsertUser)
	write(ctx, &w, f.Organizations, catalog.Queries.InsertOrganization)
	write(ctx, &w, f.Memberships, catalog.Queries.InsertMembership)
	write(ctx, &w, f.Teams, catalog.Queries.InsertTeam)
	write(ctx, &w, f.TeamMembers, catalog.Queries.PutTeamMember)
	write(ctx, &w, f.Groups, catalog.Queries.InsertGroup)
	write(ctx, &w, f.GroupMembers, func(q catalog.Queries, ctx context.Context, m catalog.GroupMember) error {
		return q.PutGroupMembers(ctx, m)
	})
	write(ctx, &w, f.GroupChildren, catalog.Queries.PutGroupChild)
	write(ctx, &w, f.GroupLinks, catalog.Queries.InsertGroupLink)
	write(ctx, &w, f.Projects, catalog.Queries.InsertProject)
	write(ctx, &w, f.Workspaces, catalog.Queries.InsertWorkspace)
	write(ctx, &w, f.Roles, catalog.Queries.InsertRole)
	write(ctx, &w, f.Grants, catalog.Queries.InsertGrant)
	return w.err
}

type writer struct {
	store catalog.Store
	err   error
}

func write[T any](ctx context.Context, w *writer, rows []T, insert func(catalog.Queries, context.Context, T) error) {
	for part := range slices.Chunk(rows, batch) {
		if w.err != nil {
			return
		}
		w.err = w.store.InTx(ctx, func(q catalog.Queries) error {
			for _, row := range part {
				if err := insert(q, ctx, row); err != nil {
					return fmt.Errorf("write %T: %w", row, err)
				}
			}
			return nil
		})
	}
}
