package authorization_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// naming is a call that one may make, on something of one's own, which names something hidden.
type naming struct {
	name, method, path string
	body               string
	quiet              bool // takes what is not there for done
}

// own is what somebody has the run of.
type own struct {
	who                                    *caller
	organization, team, project, workspace string
}

// namings are the calls that name objects in their bodies or parameters.
func namings(t *testing.T, mine own, o map[string]string) []naming {
	t.Helper()
	post := func(name, path, typeName string, attributes, relations map[string]any) naming {
		return naming{name: name, method: http.MethodPost, path: path, body: document(t, typeName, attributes, relations)}
	}
	list := func(name, path, noun string) naming {
		return naming{name: name, method: http.MethodPost, path: path, body: encode(t, links(noun, o[noun]))}
	}
	remove := func(name, path, noun string, quiet bool) naming {
		return naming{name: name, method: http.MethodDelete, path: path, body: encode(t, links(noun, o[noun])), quiet: quiet}
	}
	patch := func(name, path, typeName string, attributes, relations map[string]any) naming {
		return naming{name: name, method: http.MethodPatch, path: path, body: document(t, typeName, attributes, relations)}
	}
	read, abc := map[string]any{"access": "read"}, map[string]any{"name": "abc"}
	organization, workspace := "organizations/"+mine.organization, "workspaces/"+mine.workspace
	ownTeam, ownWorkspace, ownProject := to("teams", mine.team), to("workspaces", mine.workspace), to("projects", mine.project)
	team, place, project := to("teams", o["teams"]), to("workspaces", o["workspaces"]), to("projects", o["projects"])
	agent := map[string]any{"default-execution-mode": "agent"}
	return []naming{
		{name: "list access of a workspace", method: http.MethodGet, path: "team-workspaces?filter%5Bworkspace%5D%5Bid%5D=" + o["workspaces"]},
		{name: "list access of a project", method: http.MethodGet, path: "team-projects?filter%5Bproject%5D%5Bid%5D=" + o["projects"]},
		{name: "list workspaces of a project", method: http.MethodGet, path: organization + "/workspaces?filter%5Bproject%5D%5Bid%5D=" + o["projects"], quiet: true},
		post("access to a workspace", "team-workspaces", "team-workspaces", read, map[string]any{"team": ownTeam, "workspace": place}),
		post("access for a team", "team-workspaces", "team-workspaces", read, map[string]any{"team": team, "workspace": ownWorkspace}),
		post("access to a project", "team-projects", "team-projects", read, map[string]any{"team": ownTeam, "project": project}),
		post("access for a team to a project", "team-projects", "team-projects", read, map[string]any{"team": team, "project": ownProject}),
		post("stack", "stacks", "stacks", abc, map[string]any{"project": project}),
		post("workspace in a project", organization+"/workspaces", "workspaces", abc, map[string]any{"project": project}),
		post("invite into a team", organization+"/organization-memberships", "organization-memberships",
			map[string]any{"email": "a@users.invalid"}, map[string]any{"teams": links("teams", o["teams"])}),
		patch("move a workspace", workspace, "workspaces", nil, map[string]any{"project": project}),
		patch("default agent pool", organization, "organizations", agent, map[string]any{"default-agent-pool": to("agent-pools", o["agent-pools"])}),
		patch("agent pool of a workspace", workspace, "workspaces", map[string]any{"execution-mode": "agent", "agent-pool-id": o["agent-pools"]}, nil),
		list("fetch a workspace", "projects/"+mine.project+"/relationships/workspaces", "workspaces"),
		list("consumer", workspace+"/relationships/remote-state-consumers", "workspaces"),
		list("tag a workspace", workspace+"/relationships/tags", "tags"),
		list("membership into a team", "teams/"+mine.team+"/relationships/organization-memberships", "organization-memberships"),
		remove("delete a tag", organization+"/tags", "tags", true),
		remove("revoke a team token", organization+"/team-tokens", "authentication-tokens", false),
	}
}

// shared name what belongs to the organization as a whole: its members may use it without being shown lists of it.
var shared = []string{"tag a workspace", "default agent pool", "agent pool of a workspace"}

// testNaming names what is hidden inside calls that the caller may make: the owner of another organization, and somebody
// who runs one project of the same.
func testNaming(t *testing.T, w *town, hidden map[rune]map[string]string) {
	other := w.organization(t)
	stranger := own{other.owner, other.name, other.team(t, visible), other.defaultProject, other.workspace(t, other.defaultProject)}
	team, project := w.team(t, visible), w.project(t)
	w.giveProject(t, team, project, "admin", nil)
	neighbour := own{w.member(t, team), w.name, team, project, w.workspace(t, project)}
	for name, mine := range map[string]own{"a stranger": stranger, "a neighbour": neighbour} {
		objects := hidden['X']
		if mine.organization == w.name {
			objects = hidden['N']
		}
		gone := namings(t, mine, missing)
		for i, there := range namings(t, mine, objects) {
			if mine.organization == w.name && slices.Contains(shared, there.name) {
				continue
			}
			w.test(t, name+" names what is hidden: "+there.name, func(t *testing.T) { compareNamed(t, mine.who, there, gone[i], objects) })
		}
	}
}

func compareNamed(t *testing.T, who *caller, there, gone naming, objects map[string]string) {
	t.Helper()
	seen, unseen := who.call(t, there.method, there.path, there.body), who.call(t, gone.method, gone.path, gone.body)
	masked := func(body string, o map[string]string) string {
		for _, id := range o {
			if id != "" {
				body = strings.ReplaceAll(body, id, "ID")
			}
		}
		return body
	}
	if seen.status != unseen.status || masked(seen.body, objects) != masked(unseen.body, missing) {
		t.Errorf("what is there: %d %s\nwhat is not:   %d %s", seen.status, seen.body, unseen.status, unseen.body)
	}
	if seen.status/100 != 4 && !there.quiet {
		t.Errorf("%d %s, want a refusal", seen.status, seen.body)
	}
}
