package catalog_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// errLast is how a test ends what it did together.
var errLast = errors.New("the last use case fails")

// TestTogetherIsDoneWholeOrNotAtAll makes a project, a workspace in it, a record in that and an access to it, and takes
// the workspace prod away: a change that gives access and takes some.
func TestTogetherIsDoneWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	owner, ctx := v.people["owner"], t.Context()
	var made catalog.Workspace
	runs := 0
	all := func(last error) error {
		runs = 0
		_, err := v.Together(ctx, owner, func(ctx context.Context, s *catalog.Service) error {
			runs++
			prj, _, err := s.CreateProject(ctx, owner, v.acme.ID, called[catalog.Project]("fresh"))
			if err != nil {
				return err
			}
			if made, _, err = s.CreateWorkspace(ctx, owner, v.acme.ID, prj.ID, called[catalog.Workspace]("fresh")); err != nil {
				return err
			}
			at := catalog.RecordPlace{WorkspaceID: made.ID}
			if _, _, err := s.CreateRecord(ctx, owner, catalog.KindVariable, at, nil); err != nil {
				return err
			}
			if found, err := s.ListRecords(ctx, owner, catalog.KindVariable, at, ""); err != nil || len(found) != 1 {
				t.Errorf("of what was made %d are found: %v", len(found), err)
			}
			reader := catalog.Grant{Holder: ref(schema.TypeTeam, v.teams["clerks"].ID), RoleID: "tfe-read", Scope: ref(schema.TypeWorkspace, made.ID)}
			if _, _, err := s.CreateGrant(ctx, owner, reader); err != nil {
				return err
			}
			if _, err := s.DeleteWorkspace(ctx, owner, v.workspaces["prod"].ID); err != nil {
				return err
			}
			return last
		})
		return err
	}
	prod := ref(schema.TypeWorkspace, v.workspaces["prod"].ID)
	if err := all(errLast); !errors.Is(err, errLast) {
		t.Fatalf("got %v", err)
	}
	if _, err := v.Store.Workspace(ctx, made.ID); !fault.Is(err, fault.NotFound) || !v.may(t, "writer", schema.WorkspaceRead, prod) {
		t.Errorf("something of it was done: %v", err)
	}
	noDrift(t, v.Bench)
	if err := all(nil); err != nil {
		t.Fatal(err)
	}
	if runs != 2 {
		t.Errorf("a change that takes access away ran %d times, want a rehearsal and the change", runs)
	}
	fresh := ref(schema.TypeWorkspace, made.ID)
	if v.may(t, "writer", schema.WorkspaceRead, prod) || !v.may(t, "clerk", schema.WorkspaceRead, fresh) || v.may(t, "clerk", schema.WorkspaceUpdate, fresh) || v.may(t, "writer", schema.WorkspaceRead, fresh) {
		t.Error("afterwards somebody may what he should not, or may not what he should")
	}
	noDrift(t, v.Bench)
}

// TestRightsWithinOneChange asks about what the change has made itself: the parent decides.
func TestRightsWithinOneChange(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	lead := v.people["teamlead"]
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		role, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Permissions: []string{"project.create_workspace", "workspace.read_run"}})
		if err != nil {
			return err
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: lead.Subject, RoleID: role.ID, Scope: ref(schema.TypeProject, v.project.ID)})
		return err
	})
	for what, row := range map[string]struct {
		who  string
		do   func(ctx context.Context, s *catalog.Service, w catalog.Workspace) error
		want fault.Kind
	}{
		"an owner changes it": {"owner", func(ctx context.Context, s *catalog.Service, w catalog.Workspace) error {
			_, err := s.SafeDeleteWorkspace(ctx, v.people["owner"], w.ID)
			return err
		}, 0},
		"its maker reads it": {"teamlead", func(ctx context.Context, s *catalog.Service, w catalog.Workspace) error {
			_, err := s.FindWorkspace(ctx, lead, w.ID)
			return err
		}, 0},
		"its maker changes it, who may only make": {"teamlead", func(ctx context.Context, s *catalog.Service, w catalog.Workspace) error {
			_, _, err := s.CreateRecord(ctx, lead, catalog.KindVariable, catalog.RecordPlace{WorkspaceID: w.ID}, nil)
			return err
		}, fault.Denied},
		"its maker asks for what no parent can tell": {"owner", func(ctx context.Context, s *catalog.Service, w catalog.Workspace) error {
			held, err := s.Held(ctx, v.people["owner"], []authz.Object{ref(schema.TypeWorkspace, w.ID)}, schema.WorkspaceRunLocally, schema.WorkspaceUpdate)
			if err == nil && (held[0][schema.WorkspaceRunLocally] || !held[0][schema.WorkspaceUpdate]) {
				t.Errorf("he holds %v", held)
			}
			return err
		}, 0},
	} {
		p := v.people[row.who]
		_, err := v.Together(t.Context(), p, func(ctx context.Context, s *catalog.Service) error {
			w, _, err := s.CreateWorkspace(ctx, p, v.acme.ID, v.project.ID, called[catalog.Workspace]("fresh"))
			if err != nil {
				return err
			}
			if err := row.do(ctx, s, w); err != nil {
				return err
			}
			return errLast
		})
		if row.want == 0 && !errors.Is(err, errLast) || row.want != 0 && !fault.Is(err, row.want) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	noDrift(t, v.Bench)
}

// TestARefusalWithinOneChangeLeavesAnEvent holds that an attempt is recorded although the change it was in is undone.
func TestARefusalWithinOneChangeLeavesAnEvent(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	member, org := v.people["member"], ref(schema.TypeOrganization, v.acme.ID)
	before := v.refusals(t, "member", org)
	_, err := v.Together(t.Context(), member, func(ctx context.Context, s *catalog.Service) error {
		_, _, err := s.CreateTag(ctx, member, v.acme.ID, "web")
		return err
	})
	if after := v.refusals(t, "member", org); !fault.Is(err, fault.Denied) || after != before+1 {
		t.Errorf("got %v, and %d events more, want one", err, after-before)
	}
}

// TestTogetherOfWhoseCredentialEnded holds that the whole is asked for as one: a person who was suspended changes nothing.
func TestTogetherOfWhoseCredentialEnded(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		return c.Suspend(ctx, v.people["clerk"].Subject.ID)
	})
	ran := false
	_, err := v.Together(t.Context(), v.people["clerk"], func(context.Context, *catalog.Service) error {
		ran = true
		return nil
	})
	if err == nil || ran {
		t.Errorf("got %v, and it ran: %v", err, ran)
	}
}

// TestTogetherHasAnEnd lets the last use case outlast what all of them may take, whether it notices or not.
func TestTogetherHasAnEnd(t *testing.T) {
	t.Parallel()
	b := testkit.ServiceWith(t, testkit.Sized(t, "embedded"), catalog.Deps{TogetherTimeout: time.Second})
	acme, prod := oneWorkspace(t, b)
	ctx := t.Context()
	for what, last := range map[string]func(context.Context) error{
		"which it notices": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"unnoticed":        func(ctx context.Context) error { <-ctx.Done(); return nil },
	} {
		_, err := b.Together(ctx, b.Admin, func(ctx context.Context, s *catalog.Service) error {
			if _, err := s.DeleteWorkspace(ctx, b.Admin, prod.ID); err != nil {
				return err
			}
			return last(ctx)
		})
		if message, _ := fault.Public(err); !fault.Is(err, fault.Unavailable) || !strings.Contains(message, "too long") {
			t.Errorf("%s: got %v", what, err)
		}
		if _, err := b.Store.Workspace(ctx, prod.ID); err != nil {
			t.Errorf("%s: something of it was done: %v", what, err)
		}
		noDrift(t, b)
	}
	_, err := b.Together(ctx, b.Admin, func(ctx context.Context, _ *catalog.Service) error {
		<-ctx.Done()
		return fault.New(fault.Denied, "may not")
	})
	if !fault.Is(err, fault.Denied) {
		t.Errorf("a refusal as the time ended: got %v", err)
	}
	if _, _, err := b.CreateTag(ctx, b.Admin, acme.ID, "after"); err != nil {
		t.Errorf("a change afterwards: %v", err)
	}
}

// TestBothRunsShareTheTime holds that a change which is rehearsed has no more time than another.
func TestBothRunsShareTheTime(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	_, prod := oneWorkspace(t, b)
	var ends []time.Time
	_, err := b.Together(t.Context(), b.Admin, func(ctx context.Context, s *catalog.Service) error {
		end, ok := ctx.Deadline()
		if ends = append(ends, end); !ok {
			t.Error("it has no end")
		}
		_, err := s.DeleteWorkspace(ctx, b.Admin, prod.ID)
		return err
	})
	if err != nil || len(ends) != 2 || !ends[0].Equal(ends[1]) {
		t.Errorf("got %v; the runs end at %v", err, ends)
	}
}

func oneWorkspace(t *testing.T, b *testkit.Bench) (o catalog.Organization, w catalog.Workspace) {
	t.Helper()
	change(t, b, func(ctx context.Context, c *catalog.Change) (err error) {
		if o, err = c.CreateOrganization(ctx, "acme", "", b.Admin.Subject.ID); err != nil {
			return err
		}
		w, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.ID, Name: "prod"})
		return err
	})
	return o, w
}
