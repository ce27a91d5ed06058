package protocol_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-tfe"
)

// estate is an organization acme with a project infra that holds the workspace app, and a workspace web in its default
// project. Everybody in it holds something else, which his name tells.
type estate struct {
	*site
	acme  *tfe.Organization
	infra *tfe.Project
	app   *tfe.Workspace
	web   *tfe.Workspace
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{site: newSite(t)}
	e.acme = e.organization(t, "owner", "acme")
	e.organization(t, "stranger", "other")
	e.token(t, "outsider")
	e.infra = e.project(t, "infra")
	e.app = e.workspace(t, tfe.WorkspaceCreateOptions{Name: tfe.String("app"), Project: e.infra})
	e.web = e.workspace(t, tfe.WorkspaceCreateOptions{Name: tfe.String("web")})
	for name, access := range map[string]tfe.OrganizationAccessOptions{
		"member":     {},
		"reader":     {ReadWorkspaces: tfe.Bool(true)},
		"workspacer": {ManageWorkspaces: tfe.Bool(true)},
		"projecter":  {ManageWorkspaces: tfe.Bool(true), ManageProjects: tfe.Bool(true)},
		"pooler":     {ManageAgentPools: tfe.Bool(true)},
	} {
		e.team(t, "owner", "acme", holding(visible(name), access), name)
	}
	for _, access := range []tfe.AccessType{tfe.AccessRead, tfe.AccessPlan, tfe.AccessWrite, tfe.AccessAdmin} {
		name := "app-" + string(access)
		_, err := e.as(t, "owner").TeamAccess.Add(t.Context(), tfe.TeamAccessAddOptions{Access: tfe.Access(access), Team: e.team(t, "owner", "acme", visible(name), name), Workspace: e.app})
		must(t, err)
	}
	for _, access := range []tfe.TeamProjectAccessType{tfe.TeamProjectAccessRead, tfe.TeamProjectAccessWrite, tfe.TeamProjectAccessMaintain, tfe.TeamProjectAccessAdmin} {
		name := "infra-" + string(access)
		_, err := e.as(t, "owner").TeamProjectAccess.Add(t.Context(), tfe.TeamProjectAccessAddOptions{Access: access, Team: e.team(t, "owner", "acme", visible(name), name), Project: e.infra})
		must(t, err)
	}
	return e
}

func (e *estate) project(t *testing.T, name string) *tfe.Project {
	t.Helper()
	p, err := e.as(t, "owner").Projects.Create(t.Context(), "acme", tfe.ProjectCreateOptions{Name: name})
	must(t, err)
	return p
}

func (e *estate) workspace(t *testing.T, o tfe.WorkspaceCreateOptions) *tfe.Workspace {
	t.Helper()
	w, err := e.as(t, "owner").Workspaces.Create(t.Context(), "acme", o)
	must(t, err)
	return w
}

// deed is something that some people may do and others nearly may.
type deed struct {
	what string
	do   func(client *tfe.Client) error
	may  []string
	not  []string
	// undo makes it possible again, after each who may.
	undo func()
	// kept is what a refusal must leave as it is.
	kept string
}

// wantDeeds checks who may do what: the others get the answer of a thing that is not there, and change nothing.
func (e *estate) wantDeeds(t *testing.T, deeds []deed) {
	t.Helper()
	for _, d := range deeds {
		state := func() string {
			if d.kept == "" {
				return ""
			}
			return e.Call(t, http.MethodGet, "/api/v2/"+d.kept, e.SiteToken, "").Body
		}
		for _, who := range d.not {
			before := state()
			hidden(t, who+" may "+d.what, d.do(e.as(t, who)))
			if diff := cmp.Diff(before, state()); diff != "" {
				t.Errorf("%s is refused to %s and changes something:\n%s", who, d.what, diff)
			}
		}
		for _, who := range d.may {
			before := state()
			if err := d.do(e.as(t, who)); err != nil {
				t.Errorf("%s may not %s: %v", who, d.what, err)
			}
			if d.kept != "" && before == state() {
				t.Errorf("%s is allowed to %s and changes nothing", who, d.what)
			}
			if d.undo != nil {
				d.undo()
			}
		}
	}
}

// everybody is everybody who is somebody in acme, and who is nobody there.
func everybody(except ...string) []string {
	all := strings.Fields("owner site member reader workspacer projecter pooler outsider stranger " +
		"app-read app-plan app-write app-admin infra-read infra-write infra-maintain infra-admin")
	return slices.DeleteFunc(all, func(who string) bool { return slices.Contains(except, who) })
}

// namesOf returns the names of workspaces.
func namesOf(list *tfe.WorkspaceList) []string {
	out := []string{}
	for _, w := range list.Items {
		out = append(out, w.Name)
	}
	return out
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
