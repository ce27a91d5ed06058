package authorization_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// cutWord splits a word of the vocabulary into a field of custom access and its value; booleans of documents are none.
func cutWord(word string) (field, value string, isValue bool) {
	if strings.HasPrefix(word, "can-") {
		return "", "", false
	}
	return strings.Cut(word, ":")
}

// projectActions are the calls behind the booleans of a project, those that end it last.
func projectActions() []action {
	return []action{
		{rule{"can-read", "see", on}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Projects.Read(t.Context(), p.project)
			return of(err)
		}},
		{rule{"can-update", "settings", "update"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Projects.Update(t.Context(), p.project, tfe.ProjectUpdateOptions{Description: tfe.String(p.fresh("text"))})
			return of(err)
		}},
		{rule{"can-manage-tags", "tags", on}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Projects.AddTagBindings(t.Context(), p.project, tfe.ProjectAddTagBindingsOptions{
				TagBindings: []*tfe.TagBinding{{Key: "stage", Value: p.fresh("value")}},
			})
			return of(err)
		}},
		{rule{"can-read-teams", "teams", "read"}, readTeams},
		{rule{"can-manage-teams", "teams", "manage"}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.TeamProjectAccess.Add(t.Context(), tfe.TeamProjectAccessAddOptions{
				Access: tfe.TeamProjectAccessCustom, Team: &tfe.Team{ID: p.team(t, visible)}, Project: &tfe.Project{ID: p.project},
			})
			return of(err)
		}},
		{rule{"can-create-workspace", "create", on}, func(t *testing.T, who *caller, p *place) outcome {
			_, err := who.api.Workspaces.Create(t.Context(), p.name, tfe.WorkspaceCreateOptions{
				Name: tfe.String(p.fresh("workspace")), Project: &tfe.Project{ID: p.project},
			})
			return of(err)
		}},
		{rule{"can-create-stack", "stacks", on}, func(t *testing.T, who *caller, p *place) outcome {
			body := document(t, "stacks", map[string]any{"name": p.fresh("stack")}, map[string]any{"project": to("projects", p.project)})
			return who.call(t, http.MethodPost, "stacks", body).outcome()
		}},
		{rule{"can-move-workspace", "move", on}, func(t *testing.T, who *caller, p *place) outcome {
			body := encode(t, links("workspaces", p.another(t)))
			return who.call(t, http.MethodPost, "projects/"+p.like(t)+"/relationships/workspaces", body).outcome()
		}},
		{rule{"can-destroy", "settings", "delete"}, func(t *testing.T, who *caller, p *place) outcome {
			return of(who.api.Projects.Delete(t.Context(), p.like(t)))
		}},
	}
}

// readTeams reads who has access to a project: a team that the caller is not in, or else he sees his own alone.
func readTeams(t *testing.T, who *caller, p *place) outcome {
	row := p.giveProject(t, p.team(t, visible), p.project, "read", nil)
	path := "team-projects?filter%5Bproject%5D%5Bid%5D=" + p.project
	if got := who.call(t, http.MethodGet, path, "").outcome(); got != allowed {
		return got
	}
	return is(slices.Contains(ids(who.list(t, path)), row))
}

// compareProject is compareWorkspace for the project.
func (p *place) compareProject(t *testing.T, who *caller, held powers) {
	t.Helper()
	if held.has("see", on) {
		document := who.read(t, "projects/"+p.project)
		compareBooleans(t, who, "project", p.project, document.Attributes.Permissions, held.booleans(projectRules()))
		item := only(t, p.project, who.list(t, "organizations/"+p.name+"/projects?filter%5Bnames%5D="+url.QueryEscape(document.Attributes.Name)))
		sameBooleans(t, item.Attributes.Permissions, document.Attributes.Permissions)
	}
	try(t, who, p, held, projectActions())
}

// within makes a place out of a project on which a caller holds something: all in it is under the same access. give
// puts a further project under it.
func (e *estate) within(t *testing.T, project string, give func(t *testing.T, project string)) *place {
	t.Helper()
	return &place{
		estate: e, project: project, workspace: e.workspace(t, project),
		another: func(t *testing.T) string { return e.workspace(t, project) },
		like: func(t *testing.T) string {
			id := e.project(t)
			give(t, id)
			return id
		},
	}
}
