package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// office is the village with somebody who approves requests and may plan on the workspace prod, and somebody who approves
// and holds nothing else.
type office struct {
	*village

	prod authz.Object
}

func newOffice(t *testing.T) *office {
	t.Helper()
	v := newVillage(t)
	o := &office{village: v, prod: authz.Object{Type: schema.TypeWorkspace, ID: v.workspaces["prod"].ID}}
	org := authz.Object{Type: schema.TypeOrganization, ID: v.acme.ID}
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		approving, err := c.CreateRole(ctx, catalog.Role{OrganizationID: v.acme.ID, Name: "approving", Permissions: []string{"organization.approve_requests"}})
		if err != nil {
			return err
		}
		for _, name := range []string{"approver", "clerical"} {
			u, err := c.EnsureUser(ctx, name, "")
			if err != nil {
				return err
			}
			v.people[name] = testkit.PrincipalOf(u)
			if _, err := c.PutMember(ctx, v.acme.ID, u.ID, catalog.MembershipActive); err != nil {
				return err
			}
			if _, err := c.CreateGrant(ctx, catalog.Grant{Holder: v.people[name].Subject, RoleID: approving.ID, Scope: org}); err != nil {
				return err
			}
		}
		_, err = c.CreateGrant(ctx, catalog.Grant{Holder: v.people["approver"].Subject, RoleID: "tfe-plan", Scope: o.prod})
		return err
	})
	return o
}

// ask asks for a role, as somebody, at a scope he names.
func (o *office) ask(t *testing.T, who, role string, scope authz.Object, until time.Time) (catalog.AccessRequest, error) {
	t.Helper()
	r, _, err := o.CreateAccessRequest(t.Context(), o.people[who], catalog.AccessRequest{
		OrganizationID: o.acme.ID, RoleID: role, Scope: scope, Reason: "the release", ExpiresAt: until,
	})
	return r, err
}

func (o *office) mustAsk(t *testing.T, who, role string, scope authz.Object, until time.Time) catalog.AccessRequest {
	t.Helper()
	r, err := o.ask(t, who, role, scope, until)
	if err != nil {
		t.Fatalf("%s asks for %s: %v", who, role, err)
	}
	return r
}

func (o *office) path() authz.Object {
	return authz.Object{Type: schema.TypeWorkspace, ID: "acme/prod"}
}

func TestAnApprovedRequestIsAGrantThatEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	until := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	r := o.mustAsk(t, "member", "tfe-plan", o.path(), until)
	if o.may(t, "member", schema.WorkspaceQueuePlan, o.prod) {
		t.Fatal("asking gives access")
	}
	done, _, err := o.ApproveAccessRequest(t.Context(), o.people["approver"], r.ID, "for today")
	if err != nil {
		t.Fatal(err)
	}
	if done.Status != catalog.RequestApproved || done.Answer != "for today" || done.DecidedBy != o.people["approver"].Subject || done.Scope != o.prod || done.DecidedAt.IsZero() {
		t.Errorf("approved: %+v", done)
	}
	g, err := o.Store.Grant(t.Context(), done.GrantID)
	if err != nil || !g.ExpiresAt.Equal(until) || g.Holder != o.people["member"].Subject || g.CreatedBy != o.people["approver"].Subject.ID {
		t.Errorf("the grant is %+v, %v", g, err)
	}
	if !o.may(t, "member", schema.WorkspaceQueuePlan, o.prod) || o.may(t, "member", schema.WorkspaceApplyRun, o.prod) || o.may(t, "outsider", schema.WorkspaceQueuePlan, o.prod) {
		t.Error("an approved plan is not exactly a plan for the one who asked")
	}
	if _, _, err := o.ApproveAccessRequest(t.Context(), o.people["owner"], r.ID, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("approved twice: %v", err)
	}
	actions := map[string]int{}
	events, err := o.Store.AuditEvents(t.Context(), catalog.AuditFilter{OrganizationID: o.acme.ID})
	for _, e := range events {
		actions[e.Action]++
	}
	if err != nil || actions["request.create"] != 1 || actions["request.approve"] != 1 {
		t.Errorf("audited %v, %v", actions, err)
	}
	noDrift(t, o.Bench)
}

// TestWhoAsks lists who may ask for access, and for what.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	change(t, o.Bench, func(ctx context.Context, c *catalog.Change) error {
		if _, err := c.PutMember(ctx, o.acme.ID, o.people["outsider"].Subject.ID, catalog.MembershipInvited); err != nil {
			return err
		}
		_, err := c.CreateRole(ctx, catalog.Role{OrganizationID: o.other.ID, Name: "theirs", Permissions: []string{"workspace.read"}})
		return err
	})
	theirs, err := o.Store.RoleByName(t.Context(), o.other.ID, "theirs")
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	project := authz.Object{Type: schema.TypeProject, ID: o.project.ID}
	for _, row := range []struct {
		what, who, role string
		scope           authz.Object
		until           time.Time
		want            fault.Kind // Internal for none
	}{
		{"a member", "member", "tfe-read", o.path(), later, fault.Internal},
		{"a member, for good", "member", "tfe-read", project, time.Time{}, fault.Internal},
		{"an owner", "owner", "tfe-read", o.prod, later, fault.Internal},
		{"an invited person", "outsider", "tfe-read", o.prod, later, fault.Denied},
		{"an owner of another organization", "otherowner", "tfe-read", o.prod, later, fault.Denied},
		{"a site admin who is no member", "site-admin", "tfe-read", o.prod, later, fault.Denied},
		{"for a time that has passed", "member", "tfe-plan", o.prod, time.Now().Add(-time.Second), fault.Invalid},
		{"for a role that there is not", "member", "tfe-nothing", o.prod, later, fault.Invalid},
		{"for a role of another organization", "member", theirs.ID, o.prod, later, fault.Invalid},
		{"for a role of the model itself", "member", schema.RoleOwner, authz.Object{Type: schema.TypeOrganization, ID: "acme"}, later, fault.Invalid},
		{"for a role that is not for workspaces", "member", "tfe-project-read", o.prod, later, fault.Invalid},
		{"on a team", "member", "tfe-read", authz.Object{Type: schema.TypeTeam, ID: "acme/writers"}, later, fault.Invalid},
		{"on the platform", "member", "infra0-viewer", authz.Object{Type: schema.TypePlatform, ID: "main"}, later, fault.Invalid},
		{"on another organization", "member", "hcp-viewer", authz.Object{Type: schema.TypeOrganization, ID: "other"}, later, fault.Invalid},
		{"once more for the same", "member", "tfe-read", o.path(), later, fault.Conflict},
	} {
		_, err := o.ask(t, row.who, row.role, row.scope, row.until)
		if got := fault.KindOf(err); (err == nil) != (row.want == fault.Internal) || err != nil && got != row.want {
			t.Errorf("%s: %v, want %s", row.what, err, row.want)
		}
	}
	for _, reason := range []string{"", strings.Repeat("x", 1001), "bell \a"} {
		_, _, err := o.CreateAccessRequest(t.Context(), o.people["member"], catalog.AccessRequest{OrganizationID: o.acme.ID, RoleID: "tfe-plan", Scope: o.prod, Reason: reason})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("a reason of %d letters: %v", len(reason), err)
		}
	}
}

// TestAskingTellsNothing asks for what is there and not seen, for what is not there, and for what is another's: the answers
// differ in nothing but the words that were used.
func TestAskingTellsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	change(t, o.Bench, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: o.other.ID, Name: "theirs"})
		return err
	})
	for _, ref := range []string{"acme/prod", "acme/nothing", "other/theirs", o.workspaces["infra-prod"].ID, "ws-1111111111111111", "ghost/prod"} {
		r, err := o.ask(t, "member", "tfe-read", authz.Object{Type: schema.TypeWorkspace, ID: ref}, time.Time{})
		if err != nil || r.Scope.ID != ref || r.Status != catalog.RequestPending {
			t.Errorf("asking for %s: %+v, %v", ref, r, err)
			continue
		}
		_, _, err = o.ApproveAccessRequest(t.Context(), o.people["owner"], r.ID, "")
		if there := ref == "acme/prod" || ref == o.workspaces["infra-prod"].ID; (err == nil) != there || !there && !fault.Is(err, fault.Conflict) {
			t.Errorf("approving %s: %v", ref, err)
		}
	}
	// Who sees it has it by its id.
	if r := o.mustAsk(t, "writer", "tfe-admin", o.path(), time.Time{}); r.Scope != o.prod {
		t.Errorf("the writer asked for %v", r.Scope)
	}
}

// TestWhoDecides lists who may decide about requests, and what cannot be approved.
func TestWhoDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	decide := map[string]func(ctx context.Context, p catalog.Principal, id, answer string) (catalog.AccessRequest, authz.Token, error){
		"approve": o.ApproveAccessRequest, "reject": o.RejectAccessRequest,
	}
	for verb, do := range decide {
		r := o.mustAsk(t, "member", "tfe-plan", o.prod, time.Time{})
		for _, who := range []string{"member", "writer", "wsadmin", "clerk", "teamlead", "otherowner", "outsider"} {
			if _, _, err := do(t.Context(), o.people[who], r.ID, ""); !fault.Is(err, fault.Denied) {
				t.Errorf("%s may %s: %v", who, verb, err)
			}
		}
		if _, _, err := do(t.Context(), o.people["owner"], r.ID, strings.Repeat("x", 1001)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s with a long answer: %v", verb, err)
		}
		if _, _, err := do(t.Context(), o.people["approver"], r.ID, "so"); err != nil {
			t.Errorf("the approver may not %s: %v", verb, err)
		}
		if _, err := o.WithdrawAccessRequestOf(t, r.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("withdrawn after it was decided: %v", err)
		}
	}
	for _, who := range []string{"owner", "approver"} { // nobody his own, owners neither
		own := o.mustAsk(t, who, "tfe-read", o.prod, time.Time{})
		for verb, do := range decide {
			if _, _, err := do(t.Context(), o.people[who], own.ID, ""); !fault.Is(err, fault.Denied) {
				t.Errorf("%s decides about his own: %s: %v", who, verb, err)
			}
		}
	}
	// Never above one's own level: what the approver holds is a plan on prod.
	for _, row := range []struct {
		who, role string
		scope     authz.Object
		want      fault.Kind
	}{
		{"approver", "tfe-write", o.prod, fault.Denied},
		{"approver", "tfe-plan", authz.Object{Type: schema.TypeWorkspace, ID: o.workspaces["infra-prod"].ID}, fault.Conflict}, // which he cannot see
		{"clerical", "tfe-read", o.prod, fault.Conflict},
	} {
		r := o.mustAsk(t, "member", row.role, row.scope, time.Time{})
		if _, _, err := o.ApproveAccessRequest(t.Context(), o.people[row.who], r.ID, ""); !fault.Is(err, row.want) {
			t.Errorf("%s approves %s: %v, want %s", row.who, row.role, err, row.want)
		}
		if _, _, err := o.RejectAccessRequest(t.Context(), o.people[row.who], r.ID, "no"); err != nil {
			t.Errorf("%s rejects %s: %v", row.who, row.role, err)
		}
	}
	noDrift(t, o.Bench)
}

// WithdrawAccessRequestOf withdraws a request of the member.
func (o *office) WithdrawAccessRequestOf(t *testing.T, id string) (catalog.AccessRequest, error) {
	t.Helper()
	r, _, err := o.WithdrawAccessRequest(t.Context(), o.people["member"], id)
	return r, err
}

// TestWhatHasChangedSinceItWasAskedFor approves requests of people who have gone, for what is gone.
func TestWhatHasChangedSinceItWasAskedFor(t *testing.T) {
	t.Parallel()
	for what, since := range map[string]func(ctx context.Context, c *catalog.Change, o *office) error{
		"the person is suspended": func(ctx context.Context, c *catalog.Change, o *office) error {
			return c.Suspend(ctx, o.people["member"].Subject.ID)
		},
		"the person has left": func(ctx context.Context, c *catalog.Change, o *office) error {
			return c.RemoveMember(ctx, o.acme.ID, o.people["member"].Subject.ID)
		},
		"the role is gone": func(ctx context.Context, c *catalog.Change, o *office) error {
			r, err := c.RoleByName(ctx, o.acme.ID, "running")
			if err != nil {
				return err
			}
			return c.RemoveRole(ctx, r.ID)
		},
		"the workspace is gone": func(ctx context.Context, c *catalog.Change, o *office) error {
			return c.RemoveWorkspace(ctx, o.prod.ID)
		},
		"he holds it by now": func(ctx context.Context, c *catalog.Change, o *office) error {
			r, err := c.RoleByName(ctx, o.acme.ID, "running")
			if err != nil {
				return err
			}
			_, err = c.CreateGrant(ctx, catalog.Grant{Holder: o.people["member"].Subject, RoleID: r.ID, Scope: o.prod})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			change(t, o.Bench, func(ctx context.Context, c *catalog.Change) error {
				_, err := c.CreateRole(ctx, catalog.Role{OrganizationID: o.acme.ID, Name: "running", Permissions: []string{"workspace.queue_plan"}})
				return err
			})
			r := o.mustAsk(t, "member", "running", o.path(), time.Now().Add(time.Hour))
			change(t, o.Bench, func(ctx context.Context, c *catalog.Change) error { return since(ctx, c, o) })
			grants, _ := o.Store.Grants(t.Context(), catalog.GrantFilter{Holder: o.people["member"].Subject})
			_, _, err := o.ApproveAccessRequest(t.Context(), o.people["owner"], r.ID, "")
			if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
				t.Errorf("approved: %v", err)
			}
			after, _ := o.Store.Grants(t.Context(), catalog.GrantFilter{Holder: o.people["member"].Subject})
			if len(after) != len(grants) {
				t.Errorf("%d grants before, %d after", len(grants), len(after))
			}
			if now, err := o.Store.AccessRequest(t.Context(), r.ID); err != nil || now.Status != catalog.RequestPending {
				t.Errorf("the request is %s, %v", now.Status, err)
			}
		})
	}
}

func TestTimeRunsOutBeforeARequestIsApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	soon := time.Now().Add(2 * time.Second)
	r := o.mustAsk(t, "member", "tfe-read", o.prod, soon)
	time.Sleep(time.Until(soon))
	if _, _, err := o.ApproveAccessRequest(t.Context(), o.people["owner"], r.ID, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("approved for a time that has passed: %v", err)
	}
}

func TestALaterEndTakesThePlaceOfAnEarlierOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i, until := range []time.Time{time.Now().Add(time.Hour), time.Now().Add(2 * time.Hour), {}} {
		r := o.mustAsk(t, "member", "tfe-read", o.prod, until)
		if _, _, err := o.ApproveAccessRequest(t.Context(), o.people["owner"], r.ID, ""); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		grants, err := o.Store.Grants(t.Context(), catalog.GrantFilter{Holder: o.people["member"].Subject})
		if err != nil || len(grants) != 1 || grants[0].ExpiresAt.IsZero() != until.IsZero() {
			t.Fatalf("%d: %+v, %v", i, grants, err)
		}
	}
	if !o.may(t, "member", schema.WorkspaceRead, o.prod) {
		t.Error("he cannot read")
	}
	noDrift(t, o.Bench)
}

func TestWhoSeesRequests(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mine := o.mustAsk(t, "member", "tfe-read", o.path(), time.Time{})
	o.mustAsk(t, "writer", "tfe-admin", o.prod, time.Time{})
	for who, want := range map[string]int{"member": 1, "writer": 1, "clerk": 0, "approver": 2, "owner": 2, "site-admin": 2, "outsider": -1, "otherowner": -1} {
		got, total, err := o.ListAccessRequests(t.Context(), o.people[who], o.acme.ID, "", catalog.Window{})
		if want < 0 {
			if !fault.Is(err, fault.Denied) {
				t.Errorf("%s lists %d: %v", who, total, err)
			}
			continue
		}
		if err != nil || len(got) != want || total != want {
			t.Errorf("%s lists %d of %d, want %d: %v", who, len(got), total, want, err)
		}
	}
	for who, sees := range map[string]bool{"member": true, "approver": true, "owner": true, "writer": false, "otherowner": false, "outsider": false} {
		if _, err := o.ReadAccessRequest(t.Context(), o.people[who], mine.ID); (err == nil) != sees {
			t.Errorf("%s reads it: %v", who, err)
		}
	}
	for _, who := range []string{"writer", "owner", "approver"} {
		if _, _, err := o.WithdrawAccessRequest(t.Context(), o.people[who], mine.ID); !fault.Is(err, fault.Denied) {
			t.Errorf("%s withdraws another's: %v", who, err)
		}
	}
	if _, err := o.WithdrawAccessRequestOf(t, mine.ID); err != nil {
		t.Error(err)
	}
	got, _, err := o.ListAccessRequests(t.Context(), o.people["owner"], o.acme.ID, catalog.RequestPending, catalog.Window{})
	if err != nil || len(got) != 1 {
		t.Errorf("%d wait, %v", len(got), err)
	}
}

// TestOneRequestIsDecidedOnce lets several people decide at the same time: one decision stands, and one grant at most.
func TestOneRequestIsDecidedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	r := o.mustAsk(t, "member", "tfe-read", o.prod, time.Time{})
	var wg sync.WaitGroup
	won := make(chan string, 12)
	for i := range 12 {
		wg.Go(func() {
			do := o.ApproveAccessRequest
			if i%2 == 0 {
				do = o.RejectAccessRequest
			}
			got, _, err := do(t.Context(), o.people[[]string{"owner", "approver", "site-admin"}[i%3]], r.ID, fmt.Sprint(i))
			if err == nil {
				won <- string(got.Status)
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	if len(won) != 1 {
		t.Fatalf("%d decisions", len(won))
	}
	approved := <-won == string(catalog.RequestApproved)
	if o.may(t, "member", schema.WorkspaceRead, o.prod) != approved {
		t.Errorf("approved: %v, and access says otherwise", approved)
	}
}
