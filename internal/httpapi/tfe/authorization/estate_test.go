package authorization_test

import (
	"net/http"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// estate is an organization with somebody who owns it.
type estate struct {
	*suite
	name           string
	owner          *caller
	ownersTeam     string
	defaultProject string
}

// Visibilities of teams.
const (
	visible = "organization"
	secret  = "secret"
)

// organization makes an organization; change alters what is asked for.
func (s *suite) organization(t *testing.T, change ...func(*tfe.OrganizationCreateOptions)) *estate {
	t.Helper()
	e := &estate{suite: s, name: s.fresh("organization"), owner: s.person(t, s.fresh("owner"))}
	options := tfe.OrganizationCreateOptions{Name: &e.name, Email: tfe.String(e.name + "@users.invalid")}
	for _, c := range change {
		c(&options)
	}
	o, err := e.owner.api.Organizations.Create(t.Context(), options)
	must(t, "create an organization", of(err))
	e.defaultProject = o.DefaultProject.ID
	found, err := e.owner.api.Teams.List(t.Context(), e.name, &tfe.TeamListOptions{Names: []string{"owners"}})
	must(t, "find the owners", of(err))
	e.ownersTeam = found.Items[0].ID
	return e
}

// team makes a team with flags of organization access.
func (e *estate) team(t *testing.T, visibility string, flags ...string) string {
	t.Helper()
	r := e.owner.call(t, http.MethodPost, "organizations/"+e.name+"/teams", e.teamDocument(t, e.fresh("team"), visibility, flags...))
	must(t, "create a team with "+strings.Join(flags, ", "), r.outcome())
	return r.resource(t).ID
}

func (e *estate) teamDocument(t *testing.T, name, visibility string, flags ...string) string {
	t.Helper()
	attributes := map[string]any{"name": name, "visibility": visibility}
	if len(flags) > 0 {
		attributes["organization-access"] = set(flags...)
	}
	return document(t, "teams", attributes, nil)
}

// set is an object of flags that are true.
func set(flags ...string) map[string]bool {
	out := map[string]bool{}
	for _, f := range flags {
		out[f] = true
	}
	return out
}

// resource returns the one resource of an answer.
func (r reply) resource(t *testing.T) resource {
	t.Helper()
	var d struct{ Data resource }
	r.decode(t, &d)
	return d.Data
}

// join puts a person into teams.
func (e *estate) join(t *testing.T, who *caller, teams ...string) {
	t.Helper()
	for _, id := range teams {
		err := e.owner.api.TeamMembers.Add(t.Context(), id, tfe.TeamMemberAddOptions{Usernames: []string{who.name}})
		must(t, "add a member", of(err))
	}
}

// member returns a new person in teams.
func (e *estate) member(t *testing.T, teams ...string) *caller {
	t.Helper()
	who := e.person(t, e.fresh("member"))
	e.join(t, who, teams...)
	return who
}

// plain returns a member of the organization who is in no team.
func (e *estate) plain(t *testing.T) *caller {
	t.Helper()
	who := e.person(t, e.fresh("plain"))
	e.invite(t, who)
	must(t, "accept the invitation", who.call(t, http.MethodGet, "organizations/"+e.name, "").outcome())
	return who
}

// invite invites a person and returns the id of his membership.
func (e *estate) invite(t *testing.T, who *caller) string {
	t.Helper()
	address := who.name + "@users.invalid"
	m, err := e.owner.api.OrganizationMemberships.Create(t.Context(), e.name, tfe.OrganizationMembershipCreateOptions{Email: &address})
	must(t, "invite "+who.name, of(err))
	if m.User.Username != who.name {
		t.Fatalf("the invitation of %s went to %s", who.name, m.User.Username)
	}
	return m.ID
}

// project makes a project.
func (e *estate) project(t *testing.T) string {
	t.Helper()
	p, err := e.owner.api.Projects.Create(t.Context(), e.name, tfe.ProjectCreateOptions{Name: e.fresh("project")})
	must(t, "create a project", of(err))
	return p.ID
}

// workspace makes a workspace in a project.
func (e *estate) workspace(t *testing.T, project string) string {
	t.Helper()
	w, err := e.owner.api.Workspaces.Create(t.Context(), e.name, tfe.WorkspaceCreateOptions{
		Name: tfe.String(e.fresh("workspace")), Project: &tfe.Project{ID: project},
	})
	must(t, "create a workspace", of(err))
	return w.ID
}

// giveWorkspace gives a team access to a workspace and returns its id. Fields are those of custom access.
func (e *estate) giveWorkspace(t *testing.T, team, workspace, level string, fields powers) string {
	t.Helper()
	options := tfe.TeamAccessAddOptions{
		Access: tfe.Access(tfe.AccessType(level)), Team: &tfe.Team{ID: team}, Workspace: &tfe.Workspace{ID: workspace},
	}
	for name, value := range fields {
		setField(t, &options, name, value)
	}
	a, err := e.owner.api.TeamAccess.Add(t.Context(), options)
	must(t, "give access to a workspace", of(err))
	return a.ID
}

// giveProject gives a team access to a project and returns its id.
func (e *estate) giveProject(t *testing.T, team, project, level string, fields map[string]powers) string {
	t.Helper()
	options := tfe.TeamProjectAccessAddOptions{
		Access: tfe.TeamProjectAccessType(level), Team: &tfe.Team{ID: team}, Project: &tfe.Project{ID: project},
	}
	if fields[aboutProject] != nil {
		options.ProjectAccess = &tfe.TeamProjectAccessProjectPermissionsOptions{}
	}
	if fields[aboutWorkspace] != nil {
		options.WorkspaceAccess = &tfe.TeamProjectAccessWorkspacePermissionsOptions{}
	}
	for name, value := range fields[aboutProject] {
		setField(t, options.ProjectAccess, name, value)
	}
	for name, value := range fields[aboutWorkspace] {
		setField(t, options.WorkspaceAccess, name, value)
	}
	a, err := e.owner.api.TeamProjectAccess.Add(t.Context(), options)
	must(t, "give access to a project", of(err))
	return a.ID
}
