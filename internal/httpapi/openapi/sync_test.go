package openapi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/client"
	"github.com/terrawarden/terrawarden/internal/config"
)

// staff are two sources of people: hr, a file, and far, which somebody uploads.
func staff(t *testing.T) []config.SyncSource {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hr.json")
	if err := os.WriteFile(path, roster("ann", "ben"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := config.SyncSource{Name: "hr", Kind: "file", First: true, MaxDepth: 10, Keep: time.Hour, File: &config.FileSource{Path: path}}
	far := config.SyncSource{Name: "far", Kind: "upload", First: true, MaxDepth: 10, Keep: time.Hour}
	return []config.SyncSource{source, far}
}

// roster is a snapshot of people, all of whom are in one group.
func roster(people ...string) json.RawMessage {
	users, members := []map[string]string{}, []string{}
	for _, name := range people {
		users = append(users, map[string]string{"id": "id-" + name, "username": name, "email": name + "@example.com"})
		members = append(members, "id-"+name)
	}
	groups := []any{map[string]any{"id": "g-1", "name": "everybody", "members": members}}
	if len(people) == 0 {
		groups = []any{}
	}
	raw, err := json.Marshal(map[string]any{"users-complete": true, "groups-complete": true, "users": users, "groups": groups})
	if err != nil {
		panic(err)
	}
	return raw
}

// sync plans, applies, holds, approves and rejects, and pauses what can be paused.
func (w *town) sync() {
	ctx, c, all := w.t.Context(), w.as(w.SiteToken), client.Page{}
	plan := got[client.SyncPlan](w)(c.PlanSync(ctx, "hr", client.SyncOptions{Full: true}))
	if plan.Status != client.PlanPlanned || plan.Counts.People.Create != 2 || plan.Counts.Total() != 3 || plan.Counts.Memberships.Add != 2 || plan.Creator == nil || plan.ID == "" {
		w.t.Errorf("the plan is %+v", plan)
	}
	changes := got[client.List[client.SyncChange]](w)(c.ListSyncPlanChanges(ctx, plan.ID, client.SyncChangeFilter{Kind: "group", Whole: true}, all))
	if len(changes.Items) != 1 || changes.Items[0].Name != "everybody" || len(changes.Items[0].Add) != 2 {
		w.t.Errorf("its changes are %+v", changes)
	}
	document, digest, err := c.ReadSyncPlanDocument(ctx, plan.ID)
	if err != nil || digest != plan.Digest || !json.Valid(document) {
		w.t.Errorf("its document is %s of digest %s, %v", document, digest, err)
	}
	refusedAs[client.SyncPlan](w, 409)(c.ApplySyncPlan(ctx, plan.ID, "another"))
	refusedAs[client.SyncPlan](w, 422)(c.ApplySyncPlan(ctx, plan.ID, ""))
	done := got[client.SyncPlan](w)(c.ApplySyncPlan(ctx, plan.ID, plan.Digest))
	if done.Status != client.PlanApplied || done.Report == nil || done.Report.Outcome != client.OutcomeApplied || done.FinishedAt.IsZero() || done.ZedToken == "" {
		w.t.Errorf("applied is %+v", done)
	}
	if same := got[client.SyncPlan](w)(c.ReadSyncPlan(ctx, plan.ID)); same.Report == nil || same.Report.Total != done.Report.Total {
		w.t.Errorf("read again it is %+v", same)
	}
	if again := got[client.SyncPlan](w)(c.RunSync(ctx, "hr", client.SyncOptions{})); again.Report.Outcome != client.OutcomeUnchanged {
		w.t.Errorf("the second run is %+v", again)
	}
	got[client.SyncPlan](w)(c.Resync(ctx, "hr", "everybody"))
	refusedAs[client.SyncPlan](w, 404)(c.RunSync(ctx, "nothing", client.SyncOptions{}))
	w.uploads(c)
	if l := got[client.List[client.SyncPlan]](w)(c.ListSyncPlans(ctx, client.SyncPlanFilter{Source: "far", Status: client.PlanRejected}, client.Page{Limit: 1})); len(l.Items) != 1 || l.Items[0].Comment != "no" {
		w.t.Errorf("rejected are %+v", l)
	}
	w.pauses(c)
}

func (w *town) uploads(c *client.Client) {
	ctx := w.t.Context()
	names := []string{"cid", "dot", "edo", "fay", "gil", "hob", "ina", "jon"}
	if dry := got[client.SyncPlan](w)(c.UploadSnapshot(ctx, "far", roster(names...), true)); dry.Status != client.PlanPlanned || dry.Trigger != "upload" {
		w.t.Errorf("a dry run is %+v", dry)
	}
	got[client.SyncPlan](w)(c.UploadSnapshot(ctx, "far", roster(names...), false))
	refusedAs[client.SyncPlan](w, 422)(c.UploadSnapshot(ctx, "far", json.RawMessage(`{"user-complete":true}`), false))
	held := got[client.SyncPlan](w)(c.UploadSnapshot(ctx, "far", roster(), false))
	if held.Status != client.PlanHeld || len(held.Trips) == 0 || held.Trips[0].Message == "" || held.Counts.Memberships.Remove == 0 {
		w.t.Errorf("held is %+v", held)
	}
	if s := got[client.SyncSource](w)(c.ReadSyncSource(ctx, "far")); s.State != client.SyncHeld || s.Plan != held.ID || s.People != len(names) {
		w.t.Errorf("the source is %+v", s)
	}
	refusedAs[client.SyncPlan](w, 409)(c.ApplySyncPlan(ctx, held.ID, held.Digest))
	if after := got[client.SyncPlan](w)(c.RejectSyncPlan(ctx, held.ID, "no")); after.Status != client.PlanRejected || after.Comment != "no" || after.Decider == nil {
		w.t.Errorf("rejected is %+v", after)
	}
	held = got[client.SyncPlan](w)(c.UploadSnapshot(ctx, "far", roster(), false))
	if after := got[client.SyncPlan](w)(c.ApproveSyncPlan(ctx, held.ID, held.Digest, "yes")); after.Status != client.PlanApplied || after.Comment != "yes" {
		w.t.Errorf("approved is %+v", after)
	}
	refusedAs[client.SyncPlan](w, 409)(c.RejectSyncPlan(ctx, held.ID, ""))
}

func (w *town) pauses(c *client.Client) {
	ctx, all := w.t.Context(), client.Page{}
	if s := got[client.SyncSource](w)(c.PauseSync(ctx, "hr")); s.State != client.SyncPaused {
		w.t.Errorf("paused is %+v", s)
	}
	refusedAs[client.SyncPlan](w, 409)(c.RunSync(ctx, "hr", client.SyncOptions{}))
	if s := got[client.SyncSource](w)(c.ResumeSync(ctx, "hr")); s.State != client.SyncOK || s.SucceededAt.IsZero() {
		w.t.Errorf("resumed is %+v", s)
	}
	if l := got[client.List[client.SyncSource]](w)(c.ListSyncSources(ctx, all)); len(l.Items) < 2 {
		w.t.Errorf("the sources are %+v", l)
	}
	g := got[client.List[client.GroupDetails]](w)(c.ListGroups(ctx, client.GroupFilter{Source: "hr"}, all)).Items[0]
	if g := got[client.GroupDetails](w)(c.PauseGroup(ctx, g.ID)); !g.Paused {
		w.t.Errorf("paused is %+v", g)
	}
	if g := got[client.GroupDetails](w)(c.ResumeGroup(ctx, g.ID)); g.Paused {
		w.t.Errorf("resumed is %+v", g)
	}
	got[client.SyncPlan](w)(c.ResyncGroup(ctx, g.ID))
	link := got[client.GroupLink](w)(c.CreateGroupLink(ctx, "acme", "acme/sre", g.ID))
	if l := got[client.GroupLink](w)(c.PauseGroupLink(ctx, link.ID)); !l.Paused || l.Rule != "" {
		w.t.Errorf("paused is %+v", l)
	}
	got[client.GroupLink](w)(c.ResyncGroupLink(ctx, link.ID))
	if l := got[client.GroupLink](w)(c.ResumeGroupLink(ctx, link.ID)); l.Paused {
		w.t.Errorf("resumed is %+v", l)
	}
	got[string](w)(c.DeleteGroupLink(ctx, link.ID))
}
