package catalog_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// otf puts OTF's levels into force, or TFE's again.
func (v *village) otf(t *testing.T, on bool) {
	t.Helper()
	v.settings(t, catalog.Settings{CreateUnknownMembers: true, OTFLevels: on})
}

func (v *village) settings(t *testing.T, s catalog.Settings) {
	t.Helper()
	if _, err := v.Bootstrap(t.Context(), nil, &s); err != nil {
		t.Fatal(err)
	}
}

// TestLevelsOfOTF: each level is shown as it was asked for, with the fields it amounts to, and gives what its role holds.
func TestLevelsOfOTF(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, pupil := v.pupil(t, "pupil")
	prod := v.workspace("prod")
	v.otf(t, true)
	names := []string{"runs", "variables", "state-versions", "sentinel-mocks", "workspace-locking", "run-tasks", "policy-overrides"}
	for level, values := range map[string]string{
		"read":   "read read read none false false false",
		"plan":   "plan read read none false false false",
		"write":  "apply write read none true false false",
		"admin":  "apply write read none true false false",
		"custom": "read none none none false false false",
	} {
		made := v.give(t, prod, team.ID, fixed(level))
		read, err := v.FindTeamLevel(t.Context(), v.people["owner"], schema.TypeWorkspace, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := catalog.AccessFields{}
		for i, value := range strings.Fields(values) {
			want[names[i]] = value
		}
		if diff := cmp.Diff(want, read.Fields); diff != "" || read.Level != level {
			t.Errorf("%s is shown as %s, -want +got\n%s", level, read.Level, diff)
		}
		if role, ok := schema.BuiltinRole("otf-" + level); ok {
			var gives []string
			for _, p := range role.Atoms() {
				if p.Type() == schema.TypeWorkspace && p != schema.WorkspaceForceDelete { // which the organization allows or not
					gives = append(gives, string(p))
				}
			}
			held := v.held(t, pupil, ref(schema.TypeProject, v.acme.DefaultProjectID), prod)
			held = slices.DeleteFunc(held, func(p string) bool { return p == string(schema.ProjectRead) })
			if diff := cmp.Diff(gives, held); diff != "" {
				t.Errorf("%s, -role +held\n%s", level, diff)
			}
		}
		v.take(t, made)
	}
	project := v.give(t, ref(schema.TypeProject, v.project.ID), team.ID, fixed("write"))
	if project.Level != "write" || !v.may(t, "pupil", schema.WorkspaceWriteState, v.workspace("infra-prod")) {
		t.Error("the levels of a project, which OTF has not, are others now")
	}
	noDrift(t, v.Bench)
}

// TestLevelsStayWhatTheyAreWhenTheSettingChanges: a grant gives what it gave, is shown as custom where its role is no
// level any more, and takes the meaning in force when somebody sets it again.
func TestLevelsStayWhatTheyAreWhenTheSettingChanges(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	prod, owner := v.workspace("prod"), v.people["owner"]
	l := v.give(t, prod, team.ID, fixed("write"))
	for _, step := range []struct {
		what   string
		otf    bool
		set    string
		level  string
		writes bool // state, which OTF's write does not
	}{
		{"TFE's write", false, "", "write", true},
		{"under OTF's levels", true, "", "custom", true},
		{"set to write", true, "write", "write", false},
		{"under TFE's levels", false, "", "custom", false},
		{"under OTF's again", true, "", "write", false},
		{"under TFE's again", false, "", "custom", false},
		{"set to write there", false, "write", "write", true},
	} {
		v.otf(t, step.otf)
		if step.set != "" {
			if _, _, err := v.ChangeTeamLevel(t.Context(), owner, schema.TypeWorkspace, l.ID, fixed(step.set)); err != nil {
				t.Fatal(err)
			}
		}
		read, err := v.FindTeamLevel(t.Context(), owner, schema.TypeWorkspace, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if read.Level != step.level || v.may(t, "pupil", schema.WorkspaceWriteState, prod) != step.writes || !v.may(t, "pupil", schema.WorkspaceApplyRun, prod) {
			t.Errorf("%s: it is shown as %s, or gives something else", step.what, read.Level)
		}
		noDrift(t, v.Bench)
	}
}

// TestAdminsOfOTFHandOutNoMoreThanTheyHold: whoever holds OTF's admin sets each of OTF's levels, and no custom one above
// his own, since OTF's admin holds less than TFE's.
func TestAdminsOfOTFHandOutNoMoreThanTheyHold(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.otf(t, true)
	prod := v.workspace("prod")
	admins, chief := v.pupil(t, "chief")
	pupils, _ := v.pupil(t, "pupil")
	v.give(t, prod, admins.ID, fixed("admin"))
	try := func(want catalog.LevelWanted, may bool) {
		t.Helper()
		l, _, err := v.AddTeamLevel(t.Context(), chief, prod, pupils.ID, want)
		if may != (err == nil) || err != nil && !fault.Is(err, fault.Denied) {
			t.Errorf("OTF's admin gives %v: %v", want, err)
		}
		if err == nil {
			v.take(t, l)
		}
	}
	for _, level := range []string{"read", "plan", "write", "admin"} {
		try(fixed(level), true)
	}
	try(custom("runs=apply", "variables=write", "state-versions=read", "workspace-locking=true"), false) // apply discards, too
	try(custom("runs=plan", "variables=write", "state-versions=read", "workspace-locking=true"), true)
	try(custom("state-versions=write"), false)
	try(custom("run-tasks=true"), false)
	// Whoever holds TFE's admin goes on to set any level, as he could before.
	v.otf(t, false)
	full := v.give(t, v.workspace("infra-prod"), admins.ID, fixed("admin"))
	v.otf(t, true)
	l, _, err := v.AddTeamLevel(t.Context(), chief, v.workspace("infra-prod"), pupils.ID, custom("state-versions=write"))
	if err != nil {
		t.Errorf("TFE's admin, shown as custom, gives what he holds: %v", err)
	}
	v.take(t, l)
	v.take(t, full)
	noDrift(t, v.Bench)
}

// TestSwitchesOfOTF: the three flags that OTF has are its roles while its levels are in force, and read true however they
// were given.
func TestSwitchesOfOTF(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	owner, org := v.people["owner"], ref(schema.TypeOrganization, v.acme.ID)
	set := func(team catalog.Team, access catalog.TeamAccess) {
		t.Helper()
		if _, err := v.UpdateTeam(t.Context(), owner, team.ID, catalog.TeamChanges{Access: access}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		flag schema.Permission
		both schema.Permission // what it gives either way
		on   authz.Object
		tfe  schema.Permission // what TFE's flag gives alone
		at   authz.Object
	}{
		{schema.OrganizationManageWorkspaces, schema.OrganizationCreateWorkspace, org, schema.OrganizationManageVariableSets, org},
		{schema.OrganizationManageVCSSettings, schema.OrganizationManageVCSSettings, org, schema.OrganizationManageSSHKeys, org},
		{schema.OrganizationManageModules, schema.OrganizationManageModules, org, "", org},
	} {
		who := "of-" + catalog.FlagName(row.flag)
		team, _ := v.pupil(t, who)
		check := func(what string, shown, both, tfe bool) {
			t.Helper()
			if got := slices.Contains(v.shown(t, team.ID), row.flag); got != shown {
				t.Errorf("%s, %s: the flag reads %t", row.flag, what, got)
			}
			if got := v.may(t, who, row.both, row.on); got != both {
				t.Errorf("%s, %s: %s is %t", row.flag, what, row.both, got)
			}
			if row.tfe != "" && v.may(t, who, row.tfe, row.at) != tfe {
				t.Errorf("%s, %s: %s is %t", row.flag, what, row.tfe, !tfe)
			}
			if v.may(t, "member", row.both, row.on) || v.may(t, "otherowner", row.both, row.on) {
				t.Errorf("%s, %s: held by others", row.flag, what)
			}
			noDrift(t, v.Bench)
		}
		v.otf(t, true)
		set(team, flags(row.flag))
		check("set under OTF's levels", true, true, false)
		set(team, flags(row.flag, schema.OrganizationReadProjects, schema.OrganizationReadWorkspaces))
		check("set once more beside another", true, true, false)
		v.otf(t, false)
		check("with TFE's levels back", true, true, false)
		set(team, catalog.TeamAccess{row.flag: false})
		check("cleared", false, false, false)
		set(team, flags(row.flag))
		check("set under TFE's levels", true, true, true)
		v.otf(t, true)
		check("under OTF's levels by then", true, true, true)
		set(team, catalog.TeamAccess{row.flag: false})
		check("cleared there", false, false, false)
	}
}

// TestMinimumOfOTF: whoever is in a team holds the minimum while OTF's levels are in force, and nobody else does.
func TestMinimumOfOTF(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	org, other := ref(schema.TypeOrganization, v.acme.ID), ref(schema.TypeOrganization, v.other.ID)
	early, _ := v.pupil(t, "early")
	holds := func(what, who string, want bool) {
		t.Helper()
		for _, p := range []schema.Permission{schema.OrganizationViewMembers, schema.OrganizationReadVariableSets} {
			if got := v.may(t, who, p, org); got != want {
				t.Errorf("%s: %s asks %s: %t", what, who, p, got)
			}
			if v.may(t, who, p, other) {
				t.Errorf("%s: %s holds %s in another organization", what, who, p)
			}
		}
		if v.may(t, who, schema.WorkspaceRead, v.workspace("prod")) || v.may(t, who, schema.OrganizationManageVariableSets, org) {
			t.Errorf("%s: %s holds more than the minimum", what, who)
		}
		noDrift(t, v.Bench)
	}
	holds("TFE's levels", "early", false)
	v.otf(t, true)
	holds("switched on", "early", true)
	holds("in no team", "member", false)
	holds("in no organization", "outsider", false)
	v.pupil(t, "late")
	holds("a team made later", "late", true)
	// People of a linked group are in the team as well.
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		u, err := c.EnsureUser(ctx, "linked", "")
		if err != nil {
			return err
		}
		v.people["linked"] = testkit.PrincipalOf(u)
		if err := c.AddGroupMember(ctx, v.group.ID, u.ID); err != nil {
			return err
		}
		_, err = c.LinkGroup(ctx, v.group.ID, early.ID)
		return err
	})
	holds("by a linked group", "linked", true)
	disable := func(disabled bool) {
		t.Helper()
		if _, err := v.DisableOrganization(t.Context(), v.Admin, v.acme.ID, disabled); err != nil {
			t.Fatal(err)
		}
	}
	disable(true)
	holds("in a disabled organization", "early", false)
	disable(false)
	holds("enabled again", "early", true)
	suspend := func(suspended bool) {
		t.Helper()
		if _, err := v.SuspendUser(t.Context(), v.Admin, v.people["late"].Subject.ID, suspended); err != nil {
			t.Fatal(err)
		}
	}
	suspend(true)
	holds("suspended", "late", false)
	suspend(false)
	holds("unsuspended", "late", true)
	answers, _, err := v.Evaluate(t.Context(), v.Admin, []catalog.Ask{{SubjectType: "user", SubjectID: "early", Action: "otf:user:list", ResourceType: "organization", ResourceID: "acme"}}, catalog.AskOptions{Explain: true})
	if err != nil || !answers[0].Allowed || !strings.Contains(answers[0].Reason.Text, "otf-member") || !strings.Contains(answers[0].Reason.Text, "earlys") {
		t.Errorf("the minimum is explained by %+v, %v", answers, err)
	}
	// Who lacks something is told of roles of the meaning in force.
	for on, needs := range map[bool]string{true: "needs infra0-editor, terrakube-write, terrakube-admin, otf-write or otf-admin", false: "needs tfe-write, tfe-admin, infra0-editor, terrakube-write or terrakube-admin"} {
		v.otf(t, on)
		answers, _, err := v.Evaluate(t.Context(), v.Admin, []catalog.Ask{{SubjectType: "user", SubjectID: "early", Action: "apply_run", ResourceType: "workspace", ResourceID: "acme/prod"}}, catalog.AskOptions{Explain: true})
		if err != nil || answers[0].Allowed || !strings.Contains(answers[0].Reason.Text, needs) {
			t.Errorf("OTF's levels in force: %t, explained by %+v, %v", on, answers, err)
		}
	}
	v.otf(t, true)
	if _, err := v.DeleteTeam(t.Context(), v.people["owner"], early.ID); err != nil {
		t.Fatal(err)
	}
	holds("without the team", "early", false)
	v.otf(t, false)
	holds("switched off", "late", false)
}

// TestTheMinimumIsKeptApartFromAGrantOfIt: a hand-made grant of the role outlives the setting, and the other way round.
func TestTheMinimumIsKeptApartFromAGrantOfIt(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	team, _ := v.pupil(t, "pupil")
	org := ref(schema.TypeOrganization, v.acme.ID)
	var g catalog.Grant
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) (err error) {
		g, err = c.CreateGrant(ctx, catalog.Grant{Holder: ref(schema.TypeTeam, team.ID), RoleID: schema.RoleOTFMember, Scope: org})
		return err
	})
	for _, step := range []struct {
		what string
		do   func()
		want bool
	}{
		{"granted", func() {}, true},
		{"granted and in force", func() { v.otf(t, true) }, true},
		{"granted and not in force any more", func() { v.otf(t, false) }, true},
		{"in force, with the grant taken away", func() {
			v.otf(t, true)
			change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error { return c.RemoveGrant(ctx, g.ID) })
		}, true},
		{"neither", func() { v.otf(t, false) }, false},
	} {
		step.do()
		if got := v.may(t, "pupil", schema.OrganizationViewMembers, org); got != step.want {
			t.Errorf("%s: %t", step.what, got)
		}
		noDrift(t, v.Bench)
	}
}

// TestWhoEnrolsPeople: site admins do, and owners do while an unknown name in a team makes a person.
func TestWhoEnrolsPeople(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	n := 0
	try := func(what, who string, want bool) {
		t.Helper()
		n++
		p := v.people[who]
		name := "enrolled" + string(rune('a'+n))
		before := v.refusals(t, who, ref(schema.TypePlatform, catalog.PlatformID))
		u, _, err := v.EnrolUser(t.Context(), p, name)
		if (err == nil) != want || err != nil && !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %s enrols: %v", what, who, err)
		}
		_, lookup := v.Store.UserByUsername(t.Context(), name)
		if (lookup == nil) != want || want && (u.Username != name || u.SiteAdmin) {
			t.Errorf("%s: %s leaves %+v, %v", what, who, u, lookup)
		}
		if refused := v.refusals(t, who, ref(schema.TypePlatform, catalog.PlatformID)) - before; (refused == 1) == want {
			t.Errorf("%s: %s leaves %d refusals in the audit events", what, who, refused)
		}
	}
	for _, row := range []struct {
		what string
		set  catalog.Settings
		may  []string
		not  []string
	}{
		{"unknown members are made", catalog.Settings{CreateUnknownMembers: true}, []string{"site-admin", "owner", "otherowner"}, []string{"teamlead", "clerk", "wsadmin", "member", "outsider"}},
		{"unknown members are not made", catalog.Settings{}, []string{"site-admin"}, []string{"owner", "teamlead", "outsider"}},
	} {
		v.settings(t, row.set)
		for _, who := range row.may {
			try(row.what, who, true)
		}
		for _, who := range row.not {
			try(row.what, who, false)
		}
	}
	v.settings(t, catalog.Settings{CreateUnknownMembers: true})
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		if err := c.AddTeamMember(ctx, v.other.OwnersTeamID, v.people["member"].Subject.ID, false); err != nil {
			return err
		}
		return c.Suspend(ctx, v.people["otherowner"].Subject.ID)
	})
	try("an owner by now", "member", true)
	try("suspended", "otherowner", false)
	if _, err := v.DisableOrganization(t.Context(), v.Admin, v.other.ID, true); err != nil {
		t.Fatal(err)
	}
	try("of a disabled organization", "member", false)
	v.people["owners"] = catalog.Principal{Subject: ref(schema.TypeTeam, v.acme.OwnersTeamID), Name: "owners"}
	try("the owners team, which is nobody", "owners", false)
	if _, _, err := v.EnrolUser(t.Context(), v.people["owner"], "Owner"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, _, err := v.EnrolUser(t.Context(), v.people["owner"], ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("no name: %v", err)
	}
	noDrift(t, v.Bench)
}
