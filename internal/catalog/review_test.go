package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// survey is everybody and everything of a random estate.
type survey struct {
	*history

	subjects, objects []authz.Object
}

// grow makes random changes to a small world, most of them such that somebody has access to something.
func grow(rt *rapid.T, b *testkit.Bench, run int) *survey {
	h := &history{T: rt, b: b, run: run}
	steps := []step{
		h.addTeam, h.addMember, h.addMember, h.invite, h.groupMember, h.groupMember, h.nest, h.link, h.addProject, h.addWorkspace, h.addStack,
		h.addRole, h.changeRole, h.addGrant, h.addGrant, h.addGrant, h.addGrant, h.removeGrant, h.changeTeam, h.siteAdmin, h.addToken,
		h.organizationSettings, h.suspend, h.unsuspend, h.disable, h.disable, h.removeMember, h.leave, h.unlink, h.addUser,
		h.fill, h.fill, h.nestMany, h.person, h.personLeaves,
	}
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(steps)-1), 8, 20).Draw(rt, "steps") {
		h.do(steps[i])
	}
	if run%2 == 1 { // in a disabled organization nothing is at stake
		h.do(h.enable)
	}
	if rapid.Bool().Draw(rt, "pause") {
		h.outside(h.pauseLink)
		h.do(h.fill)
	}
	s := &survey{history: h}
	s.look()
	return s
}

// enable ends the disabling of every organization.
func (h *history) enable(ctx context.Context, c *catalog.Change) error {
	all, err := c.Organizations(ctx)
	for _, o := range all {
		err = errors.Join(err, c.SetDisabled(ctx, o.ID, false))
	}
	return err
}

// look reads who and what there is.
func (s *survey) look() {
	s.subjects, s.objects = nil, []authz.Object{{Type: schema.TypePlatform, ID: catalog.PlatformID}}
	err := s.b.Inspect(s.Context(), s.b.Admin, func(ctx context.Context, q catalog.Queries) error {
		users, err := q.Users(ctx, catalog.UserFilter{})
		for _, u := range users {
			s.subjects = append(s.subjects, authz.Object{Type: schema.TypeUser, ID: u.ID})
		}
		groups, gerr := q.Groups(ctx)
		for _, g := range groups {
			s.subjects = append(s.subjects, authz.Object{Type: schema.TypeGroup, ID: g.ID})
		}
		orgs, oerr := q.Organizations(ctx)
		for _, o := range orgs {
			s.objects = append(s.objects, authz.Object{Type: schema.TypeOrganization, ID: o.ID})
		}
		teams, terr := q.Teams(ctx, catalog.TeamFilter{})
		for _, x := range teams {
			s.subjects = append(s.subjects, authz.Object{Type: schema.TypeTeam, ID: x.ID})
			s.objects = append(s.objects, authz.Object{Type: schema.TypeTeam, ID: x.ID})
		}
		projects, perr := q.Projects(ctx, "")
		for _, x := range projects {
			s.objects = append(s.objects, authz.Object{Type: schema.TypeProject, ID: x.ID})
		}
		workspaces, werr := q.Workspaces(ctx, catalog.WorkspaceFilter{})
		for _, x := range workspaces {
			s.objects = append(s.objects, authz.Object{Type: schema.TypeWorkspace, ID: x.ID})
		}
		stacks, serr := q.Stacks(ctx, catalog.WorkspaceFilter{})
		for _, x := range stacks {
			s.objects = append(s.objects, authz.Object{Type: schema.TypeStack, ID: x.ID})
		}
		tokens, kerr := q.Tokens(ctx, catalog.TokenFilter{})
		for _, x := range tokens {
			if kind, ok := map[catalog.TokenKind]string{
				catalog.TokenTeam: schema.TypeTeamToken, catalog.TokenGroup: schema.TypeTeamToken, catalog.TokenOrganization: schema.TypeOrganizationToken,
			}[x.Kind]; ok {
				s.subjects = append(s.subjects, authz.Object{Type: kind, ID: x.ID})
			}
		}
		for _, e := range []error{err, gerr, oerr, terr, perr, werr, serr, kerr} {
			if e != nil {
				return e
			}
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

// cell is one question.
type cell struct {
	subject, object authz.Object
	permission      schema.Permission
}

func (c cell) String() string { return fmt.Sprintf("%s %s %s", c.subject, c.permission, c.object) }

// allowed returns every question whose answer is yes, each asked of the engine by itself.
func (s *survey) allowed() map[cell]bool {
	var cells []cell
	var questions []authz.Question
	for _, subject := range s.subjects {
		for _, object := range s.objects {
			for _, permission := range asked(object.Type) {
				cells = append(cells, cell{subject, object, permission})
				questions = append(questions, authz.Question{Subject: subject, Permission: permission.On(object.Type), Resource: object})
			}
		}
	}
	answers, _, err := s.b.Engine.CheckAll(s.Context(), questions, authz.Consistency{})
	if err != nil {
		s.Fatal(err)
	}
	out := map[cell]bool{}
	for i, yes := range answers {
		if yes {
			out[cells[i]] = true
		}
	}
	return out
}

// asked returns what can be asked about an object: of the platform everything that can be held on it.
func asked(objectType string) []schema.Permission {
	if objectType != schema.TypePlatform {
		return schema.Of(objectType)
	}
	var out []schema.Permission
	for _, e := range schema.Vocabulary() {
		if e.Permission.On(objectType) != "" {
			out = append(out, e.Permission)
		}
	}
	return out
}

func (s *survey) held(all map[cell]bool, subject, object authz.Object) []schema.Permission {
	var out []schema.Permission
	for _, permission := range schema.Of(object.Type) {
		if all[cell{subject, object, permission}] {
			out = append(out, permission)
		}
	}
	return out
}

func entity(o authz.Object) catalog.Entity { return catalog.Entity{Type: o.Type, Ref: o.ID} }

// onEverySize runs a property on random estates of one bench for each size. The larger sizes get fewer of them.
func onEverySize(t *testing.T, property func(rt *rapid.T, s *survey)) {
	t.Helper()
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			b := testkit.Service(t, size)
			populate(t, b)
			run, most := 0, 5
			if size != "embedded" {
				most = 1
			}
			rapid.Check(t, func(rt *rapid.T) {
				if run++; run > most {
					return
				}
				property(rt, grow(rt, b, run))
			})
		})
	}
}

func TestEffectiveAccessIsTheSumOfSingleChecks(t *testing.T) {
	t.Parallel()
	onEverySize(t, func(rt *rapid.T, s *survey) {
		all := s.allowed()
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "pairs"), 0))
		for range 40 {
			subject, object := s.subjects[rng.IntN(len(s.subjects))], s.objects[rng.IntN(len(s.objects))]
			got, err := s.b.EffectiveAccess(s.Context(), s.b.Admin, entity(subject), entity(object))
			if err != nil {
				rt.Fatalf("%s on %s: %v", subject, object, err)
			}
			var permissions []schema.Permission
			for _, p := range got.Permissions {
				permissions = append(permissions, p.Permission)
				for _, from := range p.From {
					s.stands(rt, got.Sources[from], subject)
				}
			}
			if diff := cmp.Diff(s.held(all, subject, object), permissions); diff != "" {
				rt.Fatalf("%s on %s (-checks +effective):\n%s", subject, object, diff)
			}
		}
	})
}

// stands fails unless a source is a grant that there is, whose holder the subject is in.
func (s *survey) stands(rt *rapid.T, source catalog.Source, subject authz.Object) {
	if source.GrantID == "" {
		return
	}
	err := s.b.Inspect(s.Context(), s.b.Admin, func(ctx context.Context, q catalog.Queries) error {
		g, err := q.Grant(ctx, source.GrantID)
		if err == nil && (g.Holder != source.Holder.Object || g.Scope != source.Scope.Object || g.RoleID != source.RoleID) {
			rt.Errorf("source %+v is not grant %+v", source, g)
		}
		return err
	})
	if err != nil {
		rt.Fatal(err)
	}
	in, err := s.b.Engine.Check(s.Context(), authz.Question{
		Subject: subject, Permission: schema.TeamMember.Name(), Resource: authz.Object{Type: schema.TypeTeam, ID: source.Holder.ID},
	}, authz.Consistency{})
	if err != nil || !in.Allowed || len(source.Paths) == 0 {
		rt.Errorf("%s is not in %s: %v", subject, source.Holder.Object, err)
	}
}

func TestMatrixIsTheSumOfSingleChecks(t *testing.T) {
	t.Parallel()
	onEverySize(t, func(rt *rapid.T, s *survey) {
		all := s.allowed()
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "objects"), 0))
		for range 6 {
			object := s.objects[rng.IntN(len(s.objects))]
			if object.Type == schema.TypeTeam {
				continue
			}
			s.holdersAgree(rt, all, object)
			s.peopleAgree(rt, all, object)
		}
	})
}

// rows returns every row of a matrix, page by page.
func (s *survey) rows(rt *rapid.T, object authz.Object, people bool) map[authz.Object][]schema.Permission {
	out := map[authz.Object][]schema.Permission{}
	for after := ""; ; {
		m, err := s.b.AccessMatrix(s.Context(), s.b.Admin, entity(object), catalog.MatrixQuery{People: people, After: after, Limit: 3})
		if err != nil {
			rt.Fatalf("matrix of %s: %v", object, err)
		}
		for _, row := range m.Rows {
			if _, twice := out[row.Holder.Object]; twice {
				rt.Fatalf("%s has two rows", row.Holder.Object)
			}
			out[row.Holder.Object] = row.Permissions
		}
		if after = m.Next; after == "" {
			if len(out) != m.Total {
				rt.Fatalf("%d rows of %d", len(out), m.Total)
			}
			return out
		}
	}
}

func (s *survey) holdersAgree(rt *rapid.T, all map[cell]bool, object authz.Object) {
	rows := s.rows(rt, object, false)
	for holder, got := range rows {
		if holder.Type == catalog.SystemHolder {
			continue
		}
		if diff := cmp.Diff(s.held(all, holder, object), got); diff != "" {
			rt.Fatalf("%s on %s (-checks +matrix):\n%s", holder, object, diff)
		}
	}
	for _, subject := range s.subjects {
		held := s.held(all, subject, object)
		isHolder := subject.Type == schema.TypeTeam || subject.Type == schema.TypeOrganizationToken
		byMembership := slices.Equal(held, []schema.Permission{schema.OrganizationView})
		if _, listed := rows[subject]; isHolder && len(held) > 0 && !listed && !byMembership {
			rt.Fatalf("%s holds %v on %s and is not in the matrix", subject, held, object)
		}
	}
}

func (s *survey) peopleAgree(rt *rapid.T, all map[cell]bool, object authz.Object) {
	rows := s.rows(rt, object, true)
	for _, subject := range s.subjects {
		if subject.Type != schema.TypeUser {
			continue
		}
		if diff := cmp.Diff(s.held(all, subject, object), rows[subject]); diff != "" {
			rt.Fatalf("%s on %s (-checks +matrix of people):\n%s", subject, object, diff)
		}
	}
}

func TestWhatIfIsWhatHappens(t *testing.T) {
	t.Parallel()
	var estates, changed atomic.Int64
	onEverySize(t, func(rt *rapid.T, s *survey) {
		estates.Add(1)
		for i := range 5 {
			proposal, apply, ok := s.propose(i)
			if !ok {
				continue
			}
			supposed, wrong := s.b.WhatIf(s.Context(), s.b.Admin, proposal, 500)
			s.noDrift()
			before := s.allowed()
			_, err := s.b.Import(s.Context(), s.b.Admin, apply)
			if fault.KindOf(err) != fault.KindOf(wrong) || (err == nil) != (wrong == nil) {
				rt.Fatalf("%s: supposing it says %v, doing it %v", describe(proposal), wrong, err)
			}
			if err != nil {
				continue
			}
			want, got := changes(before, s.allowed()), told(rt, supposed)
			if onPlatform(supposed) { // what is held there is held on everything below, which is not told of one by one
				maps.DeleteFunc(want, func(what, _ string) bool { return !strings.HasSuffix(what, "platform:main") })
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("%s (-what happened +what if):\n%s", describe(proposal), diff)
			}
			changed.Add(int64(min(len(want), 1)))
			if !supposed.Complete || supposed.Total != len(supposed.Changes) {
				rt.Fatalf("%s: complete %v, %d of %d", describe(proposal), supposed.Complete, len(supposed.Changes), supposed.Total)
			}
		}
	})
	t.Cleanup(func() {
		t.Logf("%d changes changed something", changed.Load())
		if estates.Load() >= 5 && changed.Load() < 2 {
			t.Errorf("only %d changes changed anything; the test proves little", changed.Load())
		}
	})
}

func onPlatform(c catalog.Consequences) bool {
	return slices.ContainsFunc(c.Changes, func(x catalog.Consequence) bool { return x.ObjectType == schema.TypePlatform })
}

func describe(p catalog.Proposal) string {
	switch {
	case p.Grant != nil:
		return fmt.Sprintf("remove=%v grant %+v", p.Remove, *p.Grant)
	case p.Member != nil:
		return fmt.Sprintf("remove=%v member %+v", p.Remove, *p.Member)
	}
	return fmt.Sprintf("remove=%v link %+v", p.Remove, *p.Link)
}

// propose draws a change and returns it in both forms; false where there is nothing to change.
func (s *survey) propose(n int) (catalog.Proposal, step, bool) {
	s.rng = rand.New(rand.NewPCG(uint64(s.run), uint64(n)))
	var out catalog.Proposal
	var apply step
	err := s.b.Inspect(s.Context(), s.b.Admin, func(ctx context.Context, q catalog.Queries) (err error) {
		out, apply, err = s.proposeFrom(ctx, q)
		return err
	})
	return out, apply, err == nil
}

func (s *survey) proposeFrom(ctx context.Context, q catalog.Queries) (catalog.Proposal, step, error) {
	c := &catalog.Change{Queries: q}
	user, err := s.user(ctx, c)
	if err != nil {
		return catalog.Proposal{}, nil, err
	}
	team, err := s.team(ctx, c)
	if err != nil {
		return catalog.Proposal{}, nil, err
	}
	switch s.rng.IntN(8) {
	case 0, 1:
		rows, err := q.Grants(ctx, catalog.GrantFilter{})
		g, err := pick(s.history, rows, err)
		return catalog.Proposal{Remove: true, Grant: &catalog.ProposedGrant{ID: g.ID}}, func(ctx context.Context, c *catalog.Change) error { return c.RemoveGrant(ctx, g.ID) }, err
	case 2, 3:
		holder, err := s.holder(ctx, c)
		if err != nil {
			return catalog.Proposal{}, nil, err
		}
		scope, role, err := s.scope(ctx, c)
		if err != nil || role == "" {
			return catalog.Proposal{}, nil, fault.New(fault.NotFound, "no role")
		}
		return catalog.Proposal{Grant: &catalog.ProposedGrant{Holder: entity(holder), Scope: entity(scope), Role: role}}, func(ctx context.Context, c *catalog.Change) error {
			_, err := c.CreateGrant(ctx, catalog.Grant{Holder: holder, Scope: scope, RoleID: role})
			return err
		}, nil
	case 4:
		return member(false, user, authz.Object{Type: schema.TypeTeam, ID: team.ID}), func(ctx context.Context, c *catalog.Change) error {
			return c.AddTeamMember(ctx, team.ID, user.ID, false)
		}, nil
	case 5:
		rows, err := q.TeamMembers(ctx, catalog.TeamMemberFilter{})
		m, err := pick(s.history, rows, err)
		return member(true, catalog.User{ID: m.UserID}, authz.Object{Type: schema.TypeTeam, ID: m.TeamID}), func(ctx context.Context, c *catalog.Change) error {
			return c.RemoveTeamMember(ctx, m.TeamID, m.UserID)
		}, err
	case 6:
		rows, err := q.Memberships(ctx, catalog.MembershipFilter{})
		m, err := pick(s.history, rows, err)
		return member(true, catalog.User{ID: m.UserID}, authz.Object{Type: schema.TypeOrganization, ID: m.OrganizationID}), func(ctx context.Context, c *catalog.Change) error {
			return c.RemoveMember(ctx, m.OrganizationID, m.UserID)
		}, err
	}
	g, err := s.group(ctx, c)
	links, lerr := q.GroupLinks(ctx, catalog.GroupLinkFilter{})
	if err == nil && lerr == nil && s.flip() && len(links) > 0 {
		l := links[s.rng.IntN(len(links))]
		return catalog.Proposal{Remove: true, Link: &catalog.ProposedLink{Group: l.GroupID, Team: l.TeamID}}, func(ctx context.Context, c *catalog.Change) error { return c.UnlinkGroup(ctx, l) }, nil
	}
	return catalog.Proposal{Link: &catalog.ProposedLink{Group: g.ID, Team: team.ID}}, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.LinkGroup(ctx, g.ID, team.ID)
		return err
	}, err
}

func member(remove bool, u catalog.User, in authz.Object) catalog.Proposal {
	return catalog.Proposal{Remove: remove, Member: &catalog.ProposedMember{User: u.ID, In: entity(in)}}
}

// changes returns what is different, each with what became of it.
func changes(before, after map[cell]bool) map[string]string {
	out := map[string]string{}
	for c := range before {
		if !after[c] {
			out[c.String()] = "lost"
		}
	}
	for c := range after {
		if !before[c] {
			out[c.String()] = "gained"
		}
	}
	return out
}

// told returns what consequences say, in the same form.
func told(rt *rapid.T, c catalog.Consequences) map[string]string {
	out := map[string]string{}
	for _, x := range c.Changes {
		if x.Subjects.Total != len(x.Subjects.First) || x.Objects.Total != len(x.Objects.First) {
			rt.Fatalf("%d of %d subjects, %d of %d objects", len(x.Subjects.First), x.Subjects.Total, len(x.Objects.First), x.Objects.Total)
		}
		for _, subject := range x.Subjects.First {
			for _, object := range x.Objects.First {
				for what, permissions := range map[string][]schema.Permission{"gained": x.Gained, "lost": x.Lost} {
					for _, permission := range permissions {
						out[cell{subject.Object, object.Object, permission}.String()] = what
					}
				}
			}
		}
	}
	return out
}
