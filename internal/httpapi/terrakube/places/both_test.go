package places_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfe "github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const (
	seed     = 20261122
	steps    = 250 // of each side
	maxItems = 12  // of teams, projects and workspaces each
)

// side administers one organization by one API.
type side struct {
	*estate
	t      *testing.T
	rng    *rand.Rand
	api    *tfe.Client // of go-tfe
	admin  caller      // of Terrakube's API
	people []caller
	done   map[string]int
}

func groupNames() []string { return []string{"DEV", "OPS", "SRE", "QA"} }

func (s *side) one(from []string) string {
	if len(from) == 0 {
		return "none"
	}
	return from[s.rng.IntN(len(from))]
}

func (s *side) heads() bool { return s.rng.IntN(2) == 0 }

// seldom is for what takes away, so that there is something to take from.
func (s *side) seldom() bool { return s.rng.IntN(5) == 0 }

// rights are random ones, as a client sends them.
func (s *side) rights(scopeType string) values {
	out := values{}
	for _, f := range catalog.TerrakubeFlagNames(scopeType) {
		out[f] = s.seldom()
	}
	if out["role"] = []any{nil, "", "read", "custom", "other"}[s.rng.IntN(5)]; s.seldom() {
		out["role"] = []any{"Plan", "write", "admin"}[s.rng.IntN(3)]
	}
	return out
}

// noted counts a step that was done. One that the other side or an earlier step made impossible is none; an error of the
// service fails the test.
func (s *side) noted(kind string, r reply) {
	if r.status >= 500 || r.status == http.StatusForbidden || r.status == http.StatusUnauthorized {
		s.t.Errorf("%s: %s answers %d: %s", kind, r.call, r.status, r.body)
	}
	if r.status < 300 {
		s.done[kind]++
	}
}

func (s *side) notedTFE(kind string, err error) {
	if err == nil {
		s.done[kind]++
		return
	}
	if strings.Contains(err.Error(), "internal server error") || strings.Contains(err.Error(), "EOF") {
		s.t.Errorf("%s: %v", kind, err)
	}
}

// ids returns the ids of objects in the order of their names, which are the same at every run.
func ids(all []object) []string {
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(a.text("name"), b.text("name")) })
	out := make([]string, len(all))
	for i, o := range all {
		out[i] = o.ID
	}
	return out
}

func (s *side) teamsSeen() []object {
	return slices.DeleteFunc(s.site.list(s.t, s.teams, ""), func(o object) bool { return o.text("name") == "owners" })
}

func (s *side) projectsSeen() []string   { return ids(s.site.list(s.t, s.path+"/project", "")) }
func (s *side) workspacesSeen() []string { return ids(s.site.list(s.t, s.workspaces, "")) }

// rowsAt returns a random collection of rows of access, and the type of what they are on.
func (s *side) rowsAt() (collection, scopeType string) {
	if s.heads() {
		return s.path + "/project/" + s.one(s.projectsSeen()) + "/projectAccess", "project"
	}
	return s.workspaces + "/" + s.one(s.workspacesSeen()) + "/access", "workspace"
}

// terrakubeSteps are what Terrakube's clients do.
func (s *side) terrakubeSteps() map[string]func() {
	t, p := s.t, s.admin
	return map[string]func(){
		"add a team": func() {
			if v := s.rights("organization"); len(s.teamsSeen()) < maxItems {
				v["name"] = s.one(groupNames())
				s.noted("add a team", p.post(t, s.teams, v))
			}
		},
		"change a team": func() {
			s.noted("change a team", p.patch(t, s.teams, s.one(ids(s.teamsSeen())), s.rights("organization")))
		},
		"delete a team": func() {
			if s.seldom() {
				s.noted("delete a team", p.remove(t, s.teams+"/"+s.one(ids(s.teamsSeen()))))
			}
		},
		"add a project": func() {
			if len(s.projectsSeen()) < maxItems {
				s.noted("add a project", s.site.post(t, s.path+"/project", values{"name": s.fresh("project")}))
			}
		},
		"delete a project": func() {
			if s.heads() {
				s.noted("delete a project", s.site.remove(t, s.path+"/project/"+s.one(s.projectsSeen())))
			}
		},
		"add a workspace": func() {
			v := values{"name": s.fresh("ws")}
			if s.heads() {
				v["project"] = toOne{"project", s.one(s.projectsSeen())}
			}
			if len(s.workspacesSeen()) < maxItems {
				s.noted("add a workspace", s.site.post(t, s.workspaces, v))
			}
		},
		"move a workspace": func() {
			to := toOne{"project", s.one(append(s.projectsSeen(), ""))}
			s.noted("move a workspace", s.site.patch(t, s.workspaces, s.one(s.workspacesSeen()), values{"project": to}))
		},
		"mark a workspace as deleted": func() {
			if s.seldom() {
				v := values{"name": s.fresh("gone"), "deleted": true}
				s.noted("mark a workspace as deleted", s.site.patch(t, s.workspaces, s.one(s.workspacesSeen()), v))
			}
		},
		"add a row": func() {
			at, scopeType := s.rowsAt()
			v := s.rights(scopeType)
			if v["name"] = s.one(groupNames()); s.heads() {
				if teams := namesIn(s.teamsSeen()); len(teams) > 0 {
					v["name"] = s.one(teams)
				}
			}
			s.noted("add a row", p.post(t, at, v))
		},
		"change a row": func() {
			at, scopeType, row := s.someRow()
			s.noted("change a row", p.patch(t, at, row, s.rights(scopeType)))
		},
		"delete a row": func() {
			if at, _, row := s.someRow(); s.heads() {
				s.noted("delete a row", p.remove(t, at+"/"+row))
			}
		},
		"join or leave a group": func() {
			who, group := s.people[s.rng.IntN(len(s.people))], s.one(groupNames())
			if s.heads() {
				s.join(t, who, group)
			} else {
				s.leave(t, who, group)
			}
			s.done["join or leave a group"]++
		},
	}
}

// someRow returns a random row and where it is, after a few tries to find one.
func (s *side) someRow() (at, scopeType, row string) {
	for range 5 {
		at, scopeType = s.rowsAt()
		if row = s.one(s.rowsSeen(at)); row != "none" {
			break
		}
	}
	return at, scopeType, row
}

// level returns a random access of a team to a workspace, after a few tries to find one.
func (s *side) level() (id string) {
	for range 5 {
		rows := s.rowsSeen(s.workspaces + "/" + s.one(s.workspacesSeen()) + "/access")
		if id = s.one(slices.DeleteFunc(rows, heldByGroup)); id != "none" {
			break
		}
	}
	return id
}

// heldByGroup reports whether a row is held by a group, which TFE has none of.
func heldByGroup(id string) bool { return strings.HasPrefix(id, "grant-") }

// rowsSeen returns the ids of the rows of a collection, none where it has gone.
func (s *side) rowsSeen(at string) []string {
	r := s.site.get(s.t, at)
	if r.status != http.StatusOK {
		return nil
	}
	return ids(r.objects(s.t))
}

// tfeSteps are what clients of the TFE API do, by go-tfe.
func (s *side) tfeSteps() map[string]func() {
	ctx, api := s.t.Context(), s.api
	step := map[string]func() error{
		"create a team": func() error {
			if len(s.teamsSeen()) >= maxItems {
				return nil
			}
			name := s.fresh("team")
			_, err := api.Teams.Create(ctx, s.name, tfe.TeamCreateOptions{Name: &name, Visibility: tfe.String("organization"), OrganizationAccess: s.flags()})
			return err
		},
		"update a team": func() error {
			_, err := api.Teams.Update(ctx, s.one(ids(s.teamsSeen())), tfe.TeamUpdateOptions{OrganizationAccess: s.flags()})
			return err
		},
		"remove a team": func() error {
			if !s.seldom() {
				return nil
			}
			return api.Teams.Delete(ctx, s.one(ids(s.teamsSeen())))
		},
		"put somebody into a team": func() error {
			if s.heads() {
				return nil
			}
			who := s.people[s.rng.IntN(len(s.people))]
			return api.TeamMembers.Add(ctx, s.one(ids(s.teamsSeen())), tfe.TeamMemberAddOptions{Usernames: []string{who.name}})
		},
		"take somebody out of a team": func() error {
			team, who := s.one(ids(s.teamsSeen())), s.people[s.rng.IntN(len(s.people))].name
			if members, err := api.TeamMembers.ListUsers(ctx, team); err == nil && len(members) > 0 {
				who = members[0].Username
			}
			return api.TeamMembers.Remove(ctx, team, tfe.TeamMemberRemoveOptions{Usernames: []string{who}})
		},
		"create a project": func() error {
			if len(s.projectsSeen()) >= maxItems {
				return nil
			}
			_, err := api.Projects.Create(ctx, s.name, tfe.ProjectCreateOptions{Name: s.fresh("project")})
			return err
		},
		"create a workspace": func() error {
			if len(s.workspacesSeen()) >= maxItems {
				return nil
			}
			name := s.fresh("ws")
			_, err := api.Workspaces.Create(ctx, s.name, tfe.WorkspaceCreateOptions{Name: &name})
			return err
		},
		"rename a workspace": func() error {
			name := s.fresh("ws")
			_, err := api.Workspaces.UpdateByID(ctx, s.one(s.workspacesSeen()), tfe.WorkspaceUpdateOptions{Name: &name})
			return err
		},
		"remove a workspace": func() error {
			if !s.seldom() {
				return nil
			}
			return api.Workspaces.DeleteByID(ctx, s.one(s.workspacesSeen()))
		},
		"give access to a workspace": func() error {
			level := []tfe.AccessType{tfe.AccessRead, tfe.AccessPlan, tfe.AccessWrite, tfe.AccessAdmin}[s.rng.IntN(4)]
			_, err := api.TeamAccess.Add(ctx, tfe.TeamAccessAddOptions{
				Access: &level, Team: &tfe.Team{ID: s.one(ids(s.teamsSeen()))}, Workspace: &tfe.Workspace{ID: s.one(s.workspacesSeen())},
			})
			return err
		},
		"change access to a workspace": func() error {
			options := tfe.TeamAccessUpdateOptions{Access: tfe.Access(tfe.AccessCustom), StateVersions: tfe.StateVersionsPermission(tfe.StateVersionsPermissionWrite)}
			if s.heads() {
				options = tfe.TeamAccessUpdateOptions{Access: tfe.Access(tfe.AccessPlan)}
			}
			_, err := api.TeamAccess.Update(ctx, s.level(), options)
			return err
		},
		"take access to a workspace": func() error {
			if s.heads() {
				return nil
			}
			return api.TeamAccess.Remove(ctx, s.level())
		},
		"give access to a project": func() error {
			level := []tfe.TeamProjectAccessType{tfe.TeamProjectAccessRead, tfe.TeamProjectAccessWrite, tfe.TeamProjectAccessMaintain, tfe.TeamProjectAccessAdmin}[s.rng.IntN(4)]
			_, err := api.TeamProjectAccess.Add(ctx, tfe.TeamProjectAccessAddOptions{
				Access: level, Team: &tfe.Team{ID: s.one(ids(s.teamsSeen()))}, Project: &tfe.Project{ID: s.one(s.projectsSeen())},
			})
			return err
		},
	}
	out := map[string]func(){}
	for kind, do := range step {
		out[kind] = func() { s.notedTFE(kind, do()) }
	}
	return out
}

// levels returns the ids of the access of teams to a workspace.
func (s *side) levels(workspace string) []string {
	all, err := s.api.TeamAccess.List(s.t.Context(), &tfe.TeamAccessListOptions{WorkspaceID: workspace})
	if err != nil {
		return nil
	}
	var out []string
	for _, a := range all.Items {
		out = append(out, a.ID)
	}
	return out
}

func (s *side) flags() *tfe.OrganizationAccessOptions {
	workspaces := s.rng.IntN(25) == 0
	return &tfe.OrganizationAccessOptions{ManageModules: tfe.Bool(s.heads()), ManageProviders: tfe.Bool(s.heads()), ManageVCSSettings: tfe.Bool(s.heads()), ManageWorkspaces: &workspaces}
}

// take takes random steps out of some.
func (s *side) take(from map[string]func(), n int) {
	kinds := slices.Sorted(maps.Keys(from))
	for range n {
		from[s.one(kinds)]()
	}
}

// TestOneOrganizationIsAdministeredFromBothSides, in turn and at once. Then the lists of both agree, what people may
// agrees with what the lists say, and the relationships are what the catalog says.
func TestOneOrganizationIsAdministeredFromBothSides(t *testing.T) {
	t.Parallel()
	for _, atOnce := range []bool{false, true} {
		t.Run(map[bool]string{false: "in turn", true: "at once"}[atOnce], func(t *testing.T) {
			t.Parallel()
			w := start(t)
			e := w.estate(t)
			api, err := tfe.NewClient(&tfe.Config{Address: w.server.URL, Token: w.site.token, HTTPClient: w.server.Client()})
			if err != nil {
				t.Fatal(err)
			}
			var people []caller
			for range 5 {
				people = append(people, w.person(t))
			}
			ours := &side{estate: &e, t: t, rng: rand.New(rand.NewPCG(seed, 1)), admin: w.person(t, administrators), people: people, done: map[string]int{}}
			theirs := &side{estate: &e, t: t, rng: rand.New(rand.NewPCG(seed, 2)), api: api, people: people, done: map[string]int{}}
			if atOnce {
				var both sync.WaitGroup
				both.Go(func() { ours.take(ours.terrakubeSteps(), steps) })
				both.Go(func() { theirs.take(theirs.tfeSteps(), steps) })
				both.Wait()
			} else {
				for range steps {
					ours.take(ours.terrakubeSteps(), 1)
					theirs.take(theirs.tfeSteps(), 1)
				}
			}
			for s, kinds := range map[*side]map[string]func(){ours: ours.terrakubeSteps(), theirs: theirs.tfeSteps()} {
				for kind := range kinds {
					if s.done[kind] == 0 && !atOnce { // which no two runs do alike
						t.Errorf("%s was never done", kind)
					}
				}
			}
			t.Logf("done: %v, %v", ours.done, theirs.done)
			theirs.listsAgree()
			asked, allowed := theirs.checksAgree()
			if !atOnce && (allowed == 0 || allowed == asked) {
				t.Errorf("%d of %d questions are allowed; the test proves nothing", allowed, asked)
			}
			w.consistent(t)
		})
	}
}

// listsAgree compares what both APIs list.
func (s *side) listsAgree() {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	whole := tfe.ListOptions{PageSize: 100}
	same := func(what string, here []string, there []string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("list the %s: %v", what, err)
		}
		slices.Sort(here)
		slices.Sort(there)
		if diff := cmp.Diff(here, there); diff != "" {
			t.Errorf("%s (-Terrakube +TFE):\n%s", what, diff)
		}
	}
	label := func(id, name string) string { return id + " " + name }
	labels := func(all []object) (out []string) {
		for _, o := range all {
			out = append(out, label(o.ID, o.text("name")))
		}
		return out
	}
	var there []string
	teams, err := s.api.Teams.List(ctx, s.name, &tfe.TeamListOptions{ListOptions: whole})
	for _, x := range teams.Items {
		there = append(there, label(x.ID, x.Name))
	}
	same("teams", labels(s.site.list(t, s.teams, "")), there, err)

	there = nil
	workspaces, err := s.api.Workspaces.List(ctx, s.name, &tfe.WorkspaceListOptions{ListOptions: whole})
	for _, x := range workspaces.Items {
		there = append(there, label(x.ID, x.Name))
	}
	same("workspaces", labels(s.site.list(t, s.workspaces, "")), there, err)

	there = nil
	projects, err := s.api.Projects.List(ctx, s.name, &tfe.ProjectListOptions{ListOptions: whole})
	for _, x := range projects.Items {
		if x.Name != catalog.DefaultProjectName {
			there = append(there, label(x.ID, x.Name))
		}
	}
	same("projects", labels(s.site.list(t, s.path+"/project", "")), there, err)

	for _, x := range teams.Items {
		shown := s.site.get(t, s.teams+"/"+x.ID).object(t)
		if x.Name == "owners" || shown.text("role") != "custom" && shown.Attributes["role"] != nil && shown.text("role") != "" {
			continue // a role gives what no flag says
		}
		if a := x.OrganizationAccess; a.ManageModules != shown.flag("manageModule") || a.ManageProviders != shown.flag("manageProvider") || a.ManageVCSSettings != shown.flag("manageVcs") {
			t.Errorf("team %s: TFE shows %+v, Terrakube %v", x.Name, a, shown.held())
		}
	}
	byTeam := func(all []object) (out []string) {
		for _, o := range all {
			if !heldByGroup(o.ID) {
				out = append(out, o.ID)
			}
		}
		return out
	}
	for _, x := range workspaces.Items {
		same("access to "+x.Name, byTeam(s.site.list(t, s.workspaces+"/"+x.ID+"/access", "")), s.levels(x.ID), nil)
	}
	for _, x := range projects.Items {
		if x.Name == catalog.DefaultProjectName {
			continue
		}
		there = nil
		all, err := s.api.TeamProjectAccess.List(ctx, tfe.TeamProjectAccessListOptions{ProjectID: x.ID})
		for _, a := range all.Items {
			there = append(there, a.ID)
		}
		same("access to "+x.Name, byTeam(s.site.list(t, s.path+"/project/"+x.ID+"/projectAccess", "")), there, err)
	}
}

// gives says what a row of Terrakube gives on a workspace, as its documents say.
func gives(o object, flag string) bool {
	switch role := strings.ToLower(o.text("role")); role {
	case "", "custom":
		return o.flag(flag) || flag == "planJob" && o.flag("approveJob") // applying carries planning
	case "plan":
		return flag == "planJob"
	case "write", "admin":
		return true
	}
	return false
}

// checksAgree compares what everybody may on every workspace with what the rows say.
func (s *side) checksAgree() (asked, allowed int) {
	t := s.t
	t.Helper()
	inTeam, inGroup := s.belonging()
	teams := s.site.list(t, s.teams, "")
	byName := map[string]string{}
	for _, x := range teams {
		byName[x.text("name")] = x.ID
	}
	actions := map[string]string{"queue_plan": "planJob", "apply_run": "approveJob", "write_state": "manageState"}
	for _, ws := range s.site.list(t, s.workspaces, "") {
		rows := s.site.list(t, s.workspaces+"/"+ws.ID+"/access", "")
		if project := ws.related("project"); project != "" {
			rows = append(rows, s.site.list(t, s.path+"/project/"+project+"/projectAccess", "")...)
		}
		for _, p := range s.people {
			for action, flag := range actions {
				want := slices.ContainsFunc(teams, func(x object) bool { return inTeam[p.id+x.ID] && gives(x, flag) }) ||
					slices.ContainsFunc(rows, func(r object) bool {
						if heldByGroup(r.ID) {
							return inGroup[p.id+r.text("name")] && gives(r, flag)
						}
						return inTeam[p.id+byName[r.text("name")]] && gives(r, flag)
					})
				got := p.may(t, action, "workspace", ws.ID)
				if asked++; got {
					allowed++
				}
				if got != want {
					t.Errorf("%s may %s on %s: %v, the rows say %v", p.name, action, ws.text("name"), got, want)
				}
			}
		}
	}
	t.Logf("%d questions, %d allowed", asked, allowed)
	return asked, allowed
}

// belonging returns who is in which team, by hand or by a linked group, and in which group by its name.
func (s *side) belonging() (inTeam, inGroup map[string]bool) {
	inTeam, inGroup = map[string]bool{}, map[string]bool{}
	err := s.svc.Inspect(s.t.Context(), s.principal(), func(ctx context.Context, q catalog.Queries) error {
		members, err := q.TeamMembers(ctx, catalog.TeamMemberFilter{OrganizationID: s.id})
		if err != nil {
			return err
		}
		for _, m := range members {
			inTeam[m.UserID+m.TeamID] = true
		}
		inGroups, err := q.GroupMembers(ctx, catalog.GroupMemberFilter{})
		if err != nil {
			return err
		}
		links, err := q.GroupLinks(ctx, catalog.GroupLinkFilter{OrganizationID: s.id})
		if err != nil {
			return err
		}
		for _, m := range inGroups {
			g, err := q.Group(ctx, m.GroupID)
			if err != nil {
				return err
			}
			inGroup[m.UserID+g.DisplayName] = true
			for _, l := range links {
				if l.GroupID == m.GroupID {
					inTeam[m.UserID+l.TeamID] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(fmt.Errorf("who is where: %w", err))
	}
	return inTeam, inGroup
}
