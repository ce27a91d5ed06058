package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TestFillingAGroup puts people in and takes them out, few and many; and where nothing changes, nothing is written.
func TestFillingAGroup(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	var people []string
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		people = nil
		for i := range 1200 {
			u, err := c.EnsureUser(ctx, fmt.Sprintf("many%d", i), "")
			if err != nil {
				return err
			}
			people = append(people, u.ID)
		}
		return nil
	})
	members := func(ids []string) []catalog.GroupMember {
		out := make([]catalog.GroupMember, len(ids))
		for i, id := range ids {
			out[i].UserID = id
		}
		return out
	}
	ann := h.people["ann"].Subject.ID
	for _, row := range []struct {
		what          string
		add, remove   []string
		inside        int // of the group
		events        int
		in, out       string // of the team that it is linked to
		kind          fault.Kind
		before, after string // of the first event
	}{
		{what: "many join", add: people, inside: 1201, events: 3, in: people[1100], before: `{"Members":1}`, after: `{"Members":1201,"Joined":[{`},
		{what: "the same again", add: people, inside: 1201},
		{what: "somebody who is not in it leaves", remove: []string{h.people["bob"].Subject.ID}, inside: 1201},
		{what: "a few leave", remove: people[:3], inside: 1198, events: 1, in: people[3], out: people[2], before: `{"Members":1201,"Left":["` + people[0], after: `{"Members":1198}`},
		{what: "some change", add: people[:2], remove: people[3:5], inside: 1198, events: 1, in: people[0], out: people[3]},
		{what: "most leave", remove: people, inside: 1, events: 3, in: ann, out: people[0]},
	} {
		was, err := h.Store.Group(ctx, h.inner.ID)
		if err != nil {
			t.Fatal(err)
		}
		counted, err := h.Store.CountAuditEvents(ctx, catalog.AuditFilter{Object: ref(schema.TypeGroup, h.inner.ID)})
		if err != nil {
			t.Fatal(err)
		}
		change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
			return c.FillGroup(ctx, h.inner.ID, members(row.add), row.remove)
		})
		is, err := h.Store.Group(ctx, h.inner.ID)
		if err != nil || is.Version != was.Version+min(row.events, 1) {
			t.Errorf("%s: version %d after %d, %v", row.what, is.Version, was.Version, err)
		}
		have, err := h.Store.GroupMembers(ctx, catalog.GroupMemberFilter{GroupIDs: []string{h.inner.ID}})
		if err != nil || len(have) != row.inside {
			t.Errorf("%s: %d are in it, want %d, %v", row.what, len(have), row.inside, err)
		}
		events, err := h.Store.AuditEvents(ctx, catalog.AuditFilter{Object: ref(schema.TypeGroup, h.inner.ID), OldestFirst: true, Offset: counted})
		if err != nil || len(events) != row.events {
			t.Fatalf("%s: %d events, want %d, %v", row.what, len(events), row.events, err)
		}
		if row.before != "" && (!strings.HasPrefix(events[0].Before, row.before) || !strings.HasPrefix(events[0].After, row.after)) {
			t.Errorf("%s: from %.80s to %.80s", row.what, events[0].Before, events[0].After)
		}
		for id, want := range map[string]bool{row.in: true, row.out: false} {
			if id != "" && allows(t, h.Bench, ref(schema.TypeUser, id), schema.TeamMember, ref(schema.TypeTeam, h.writers.ID)) != want {
				t.Errorf("%s: %s is in the team: %v", row.what, id, !want)
			}
		}
		noDrift(t, h.Bench)
	}
}

// TestARetiredGroupGivesNothing, and has its links and grants when it is back.
func TestARetiredGroupGivesNothing(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	ann := h.people["ann"]
	in := func() [2]bool {
		return [2]bool{
			allows(t, h.Bench, ann.Subject, schema.TeamMember, ref(schema.TypeTeam, h.writers.ID)),
			allows(t, h.Bench, ann.Subject, schema.WorkspaceRead, h.web), // by a grant to the group
		}
	}
	do := func(want fault.Kind, fn func(ctx context.Context, c *catalog.Change) error) {
		t.Helper()
		if err := synced(t, h.Bench, catalog.Behalf{Source: "test"}, fn); err != nil && !fault.Is(err, want) || err == nil && want != fault.Internal {
			t.Errorf("%v, want %v", err, want)
		}
	}
	retire := func(ctx context.Context, c *catalog.Change) error { return c.RetireGroup(ctx, h.outer.ID) }
	remove := func(ctx context.Context, c *catalog.Change) error { return c.DeleteRetired(ctx, h.outer.ID) }
	if in() != [2]bool{true, true} {
		t.Fatal("the group gives nothing before that")
	}
	do(fault.Conflict, remove)
	do(fault.Internal, retire)
	do(fault.Internal, retire)
	if in() != [2]bool{} {
		t.Error("a retired group gives something")
	}
	do(fault.Conflict, func(ctx context.Context, c *catalog.Change) error {
		return c.FillGroup(ctx, h.outer.ID, []catalog.GroupMember{{UserID: ann.Subject.ID}}, nil)
	})
	do(fault.Internal, func(ctx context.Context, c *catalog.Change) error {
		if err := c.RestoreGroup(ctx, h.outer.ID); err != nil {
			return err
		}
		return c.NestGroups(ctx, h.outer.ID, []string{h.inner.ID}, nil)
	})
	if in() != [2]bool{true, true} {
		t.Error("a group that is back gives nothing")
	}
	do(fault.Invalid, func(ctx context.Context, c *catalog.Change) error {
		return c.NestGroups(ctx, h.inner.ID, []string{h.outer.ID}, nil)
	})
	do(fault.Internal, func(ctx context.Context, c *catalog.Change) error { // turned around in one go
		if err := c.NestGroups(ctx, h.outer.ID, nil, []string{h.inner.ID}); err != nil {
			return err
		}
		return c.NestGroups(ctx, h.inner.ID, []string{h.outer.ID}, nil)
	})
	do(fault.Internal, retire)
	do(fault.Internal, remove)
	if _, err := h.Store.Group(ctx, h.outer.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted group: %v", err)
	}
	if _, _, err := h.PauseGroup(ctx, h.Admin, h.inner.ID); err != nil {
		t.Fatal(err)
	}
	empty := func(ctx context.Context, c *catalog.Change) error {
		return c.FillGroup(ctx, h.inner.ID, nil, []string{ann.Subject.ID})
	}
	do(fault.Conflict, empty)
	if _, _, err := h.ResumeGroup(ctx, h.Admin, h.inner.ID); err != nil {
		t.Fatal(err)
	}
	do(fault.Internal, empty)
	noDrift(t, h.Bench)
}

// TestRulesTakeNothingThatPeopleGave.
func TestRulesTakeNothingThatPeopleGave(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	var own, other catalog.GroupLink
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) (err error) {
		if own, err = c.LinkByRule(ctx, h.outer.ID, h.writers.ID, "r"); err != nil { // which a person has linked
			return err
		}
		other, err = c.LinkByRule(ctx, h.inner.ID, h.writers.ID, "r")
		return err
	})
	if own.Rule != "" || other.Rule != "r" {
		t.Errorf("a person's link is %q's, a rule's %q's", own.Rule, other.Rule)
	}
	ops := ref(schema.TypeGroup, h.inner.ID)
	if _, _, err := h.CreateGrant(ctx, h.Admin, catalog.Grant{Holder: ops, RoleID: schema.RoleSiteAdmin, Scope: ref(schema.TypePlatform, catalog.PlatformID)}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a person grants site administration: %v", err)
	}
	administers := func() bool {
		return allows(t, h.Bench, h.people["ann"].Subject, schema.PlatformAdminister, ref(schema.TypePlatform, catalog.PlatformID))
	}
	for _, step := range []struct {
		rule string
		want bool
		do   func(ctx context.Context, c *catalog.Change, rule string) error
	}{
		{"r", true, func(ctx context.Context, c *catalog.Change, rule string) error {
			_, err := c.AppointByRule(ctx, h.inner.ID, rule)
			return err
		}},
		{"s", true, func(ctx context.Context, c *catalog.Change, rule string) error {
			return c.DismissByRule(ctx, h.inner.ID, rule)
		}},
		{"r", false, func(ctx context.Context, c *catalog.Change, rule string) error {
			return c.DismissByRule(ctx, h.inner.ID, rule)
		}},
	} {
		change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error { return step.do(ctx, c, step.rule) })
		if administers() != step.want {
			t.Errorf("by rule %s they administer: %v", step.rule, !step.want)
		}
	}
	trusting(t, h.Bench, "test", catalog.TrustTeams)
	_, err := h.Import(ctx, h.Admin, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.AppointByRule(ctx, h.inner.ID, "r")
		return err
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("a directory that is not trusted so far says who administers: %v", err)
	}
	noDrift(t, h.Bench)
}
