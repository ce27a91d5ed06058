package recall_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

const (
	rounds  = 1000
	readers = 3
)

// TestNobodySeesWhatWasReplaced reads while rows change. A lookup never tells less than was acknowledged before it
// began, nor less than another lookup had told before it began.
func TestNobodySeesWhatWasReplaced(t *testing.T) {
	t.Parallel()
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		race(t.Context(), t, alone(sqlite(t, database(t))))
	})
	t.Run("own writes where others write too", func(t *testing.T) {
		t.Parallel()
		race(catalog.Bounded(t.Context()), t, shared(sqlite(t, database(t))))
	})
	t.Run("own writes to PostgreSQL", func(t *testing.T) {
		t.Parallel()
		race(catalog.Bounded(t.Context()), t, shared(postgres(t, testkit.Postgres(t))))
	})
}

// truth is what readers may rely on.
type truth struct {
	user, workspace atomic.Int64 // their versions, at least
	gone            atomic.Int64 // the last round whose organization and token are no more
	done            atomic.Bool
}

func raise(known *atomic.Int64, version int64) {
	for {
		v := known.Load()
		if version <= v || known.CompareAndSwap(v, version) {
			return
		}
	}
}

func race(ctx context.Context, t *testing.T, s catalog.Store) {
	must(t, s.InTx(ctx, func(q catalog.Queries) error {
		must(t, q.InsertOrganization(ctx, catalog.Organization{ID: "org-1", Name: "acme"}))
		must(t, q.InsertProject(ctx, catalog.Project{ID: "prj-1", OrganizationID: "org-1", Name: "default"}))
		must(t, q.InsertWorkspace(ctx, workspaceAt(0)))
		return q.InsertUser(ctx, userAt(0))
	}))
	var w truth
	var wg sync.WaitGroup
	defer wg.Wait()
	defer w.done.Store(true)
	for range readers {
		wg.Go(func() {
			for i := 0; !w.done.Load(); i++ {
				if err := w.read(ctx, s, int64(i)); err != nil {
					t.Error(err)
					return
				}
				runtime.Gosched() // or the writer would wait for each slice of a reader's time
			}
		})
	}
	for round := int64(1); round <= rounds && !t.Failed(); round++ {
		if err := w.write(ctx, s, round); err != nil {
			t.Error(err)
		}
	}
}

// The versions of two rows. Their names change with them, and every other user is suspended.
func userAt(v int64) catalog.User {
	return catalog.User{ID: "user-1", Username: "ann" + strconv.FormatInt(v%3, 10), Email: strconv.FormatInt(v, 10), Suspended: v%2 == 1}
}

func workspaceAt(v int64) catalog.Workspace {
	name, version := "net"+strconv.FormatInt(v%3, 10), strconv.FormatInt(v, 10)
	return catalog.Workspace{ID: "ws-1", OrganizationID: "org-1", ProjectID: "prj-1", Name: name, Description: version}
}

// write makes the next version, in one transaction or row by row, and now and then something that goes again.
func (w *truth) write(ctx context.Context, s catalog.Store, round int64) error {
	both := func(q catalog.Queries) error {
		if err := q.UpdateUser(ctx, userAt(round)); err != nil {
			return err
		}
		return q.UpdateWorkspace(ctx, workspaceAt(round))
	}
	var err error
	if round%4 == 0 {
		err = both(s)
	} else {
		err = s.InTx(ctx, both)
	}
	if err != nil {
		return err
	}
	raise(&w.user, round)
	raise(&w.workspace, round)
	if round%8 != 0 {
		return nil
	}
	org, ws, at := passing(round)
	err = s.InTx(ctx, func(q catalog.Queries) error {
		return errors.Join(
			q.InsertOrganization(ctx, catalog.Organization{ID: org, Name: org}),
			q.InsertProject(ctx, catalog.Project{ID: "prj-" + org, OrganizationID: org, Name: "default"}),
			q.InsertWorkspace(ctx, catalog.Workspace{ID: ws, OrganizationID: org, ProjectID: "prj-" + org, Name: "net"}),
			q.InsertToken(ctx, catalog.Token{ID: at, Kind: catalog.TokenOrganization, OwnerID: org}),
		)
	})
	if err != nil {
		return err
	}
	for range 3 { // into memory
		if _, err := s.WorkspaceByName(ctx, org, "net"); err != nil {
			return err
		}
	}
	if err := s.DeleteOrganization(ctx, org); err != nil {
		return err
	}
	w.gone.Store(round)
	return nil
}

func passing(round int64) (org, workspace, token string) {
	n := strconv.FormatInt(round/8*8, 10)
	return "org-x" + n, "ws-x" + n, "at-x" + n
}

// way returns which lookup is a reader's turn. Most are of what memory holds, since the others take the writer's time.
func way(i int64) int {
	turns := [...]int{0, 2, 0, 2, 1, 0, 2, 3, 0, 2, 4, 0, 2, 5, 0, 2, 6}
	return turns[i%int64(len(turns))]
}

// read looks something up and compares it with what was known before.
func (w *truth) read(ctx context.Context, s catalog.Store, i int64) error {
	gone := w.gone.Load()
	way, name := way(i), strconv.FormatInt(i%3, 10)
	row := &w.user
	if way > 1 {
		row = &w.workspace
	}
	known := row.Load()
	var u catalog.User
	var x catalog.Workspace
	var err error
	switch way {
	case 0:
		u, err = s.User(ctx, "user-1")
	case 1:
		u, err = s.UserByUsername(ctx, "ANN"+name)
	case 2:
		x, err = s.Workspace(ctx, "ws-1")
	case 3:
		x, err = s.WorkspaceByName(ctx, "org-1", "Net"+name)
	default:
		return vanished(ctx, s, gone, way)
	}
	if way%2 == 1 && fault.Is(err, fault.NotFound) { // a name that the row has not got now
		return nil
	}
	if err != nil {
		return err
	}
	text := u.Email + x.Description
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return err
	}
	if version < known {
		return fmt.Errorf("version %d was told in way %d, %d was known before", version, way, known)
	}
	if u.ID != "" && u != userAt(version) || x.ID != "" && x != workspaceAt(version) {
		return fmt.Errorf("a row of two versions: %v %v", u, x)
	}
	raise(row, version)
	return nil
}

// vanished looks for what is no more. What has not been made yet, or is about to go, may be there.
func vanished(ctx context.Context, s catalog.Store, gone int64, way int) error {
	org, ws, at := passing(gone)
	if gone == 0 {
		return nil
	}
	var err error
	switch way {
	case 4:
		_, err = s.Workspace(ctx, ws)
	case 5:
		_, err = s.WorkspaceByName(ctx, org, "NET")
	case 6:
		_, err = s.Token(ctx, at)
	}
	if !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("%s is still there in way %d, or: %w", org, way, err)
	}
	next, _, _ := passing(gone + 8)
	_, err = s.OrganizationByName(ctx, next) // fills memory with what goes next
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return nil
}
