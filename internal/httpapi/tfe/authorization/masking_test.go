package authorization_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// open are the routes that name no object, whose answers other parts of the suite look at.
var open = map[string]bool{
	"GET ping": true, "GET account/details": true, "PATCH account/update": true, "GET organizations": true, "POST organizations": true,
	"GET organization-memberships": true, "GET admin/users": true, "GET admin/organizations": true, "GET admin/workspaces": true,
	"GET admin/feature-sets": true, "GET permissions": true, "GET permissions/:permission": true,
	"GET admin/roles": true, "POST admin/roles": true, "GET admin/grants": true, "POST admin/grants": true, "GET admin/groups": true, "POST admin/groups": true,
	"GET admin/service-accounts": true, "POST admin/service-accounts": true, "GET admin/audit-events": true,
	"GET admin/scim-settings": true, "PATCH admin/scim-settings": true, "DELETE admin/scim-settings": true,
	"GET admin/scim-groups": true, "GET admin/scim-tokens": true, "POST admin/scim-tokens": true,
}

// inBodies are the routes that name objects in their bodies or parameters; see namings.
var inBodies = map[string]bool{
	"GET team-workspaces": true, "POST team-workspaces": true, "GET team-projects": true, "POST team-projects": true,
	"POST stacks": true, "GET organization/audit-trail": true,
}

// hidden are objects that a caller may not know of, by the segment of a path they follow.
func (w *town) hidden(t *testing.T) map[rune]map[string]string {
	t.Helper()
	name := func(workspace string) string { return w.owner.read(t, "workspaces/"+workspace).Attributes.Name }
	tokens := w.owner.list(t, "organizations/"+w.name+"/team-tokens")
	objects := map[rune]map[string]string{
		'X': {
			"organizations": w.name, "teams": w.crew, "projects": w.apps, "workspaces": w.web, "workspace name": name(w.web), "stacks": w.stack,
			"agent-pools": w.pool, "tags": w.tag(t, w.web), "team-workspaces": w.crewOnWeb, "team-projects": w.onApps, "authentication-tokens": tokens[0].ID,
			"users": w.userID(t, w.callers['M']), "organization-memberships": w.membershipOf(t, w.callers['M']),
		},
		'N': {
			"organizations": "", "teams": w.ring, "projects": w.quiet, "workspaces": w.vault, "workspace name": name(w.vault), "stacks": w.stack,
			"agent-pools": w.pool, "tags": w.tag(t, w.vault), "team-workspaces": w.crewOnWeb, "team-projects": w.onApps, "authentication-tokens": tokens[0].ID,
			"users": w.userID(t, w.callers['X']), "organization-memberships": w.membershipOf(t, w.callers['P']),
		},
	}
	own := w.own(t)
	for _, hidden := range objects {
		maps.Copy(hidden, own)
	}
	objects['N']["roles"] = "" // a member knows those of his organization
	return objects
}

// own returns one of everything that this API's vendor does not have, by the segment of a path it follows.
func (w *town) own(t *testing.T) map[string]string {
	t.Helper()
	made := func(who *caller, path, typeName string, attributes, relations map[string]any) string {
		r := who.call(t, http.MethodPost, path, document(t, typeName, attributes, relations))
		must(t, "POST "+path, r.outcome())
		var d struct{ Data struct{ ID string } }
		r.decode(t, &d)
		return d.Data.ID
	}
	in := "organizations/" + w.name + "/"
	role := made(w.owner, in+"roles", "roles", map[string]any{"name": w.fresh("role"), "permissions": []string{"workspace.read"}}, nil)
	group := made(w.admin, "admin/groups", "groups", map[string]any{"name": w.fresh("group")}, nil)
	settings := document(t, "scim-settings", map[string]any{"enabled": true}, nil)
	must(t, "switch SCIM on", w.admin.call(t, http.MethodPatch, "admin/scim-settings", settings).outcome())
	return map[string]string{
		"scim-tokens": made(w.admin, "admin/scim-tokens", "authentication-tokens", map[string]any{"description": "directory"}, nil),
		"roles":       role, "groups": group, "grants": w.crewOnWeb,
		"service-accounts": made(w.admin, "admin/service-accounts", "service-accounts", map[string]any{"name": w.fresh("account")}, nil),
		"group-links":      made(w.owner, in+"group-links", "group-links", nil, map[string]any{"group": to("groups", group), "team": to("teams", w.ring)}),
		"access-requests":  made(w.owner, in+"access-requests", "access-requests", map[string]any{"reason": "maintenance"}, map[string]any{"role": to("roles", role), "scope": to("workspaces", w.web)}),
	}
}

// missing are objects that there are not, of the same form.
var missing = map[string]string{
	"organizations": "no-such-organization", "teams": "team-1111111111111111", "projects": "prj-1111111111111111", "workspaces": "ws-1111111111111111",
	"workspace name": "no-such-workspace", "stacks": "st-1111111111111111", "agent-pools": "apool-1111111111111111", "tags": "tag-1111111111111111",
	"roles": "role-1111111111111111", "groups": "grp-1111111111111111", "grants": "tws-1111111111111111", "service-accounts": "sa-1111111111111111",
	"group-links": "gl-1111111111111111", "access-requests": "areq-1111111111111111",
	"team-workspaces": "tws-1111111111111111", "team-projects": "tprj-1111111111111111", "authentication-tokens": "at-1111111111111111",
	"users": "user-1111111111111111", "organization-memberships": "ou-1111111111111111", "scim-tokens": "at-1111111111111111",
}

// testMasking walks every route of the API: what a caller may not know of answers as if it were not there, byte by byte,
// whatever he does to it and whatever he sends.
func testMasking(t *testing.T, s *suite) {
	w := s.town(t)
	objects := w.hidden(t)
	for column, objects := range objects {
		for _, e := range s.run.Endpoints() {
			path, ok := strings.CutPrefix(e.Path, "/api/v2/")
			route := e.Method + " " + path
			switch {
			case !ok || open[route] || inBodies[route] || strings.HasPrefix(path, "admin/sync-"):
				continue // sources and plans are the platform's, all of them or none; package directory asks who sees them
			case !strings.Contains(path, ":"):
				t.Errorf("no expectation for %s", route)
				continue
			}
			there, isThere := placed(t, path, objects, w.name)
			gone, _ := placed(t, path, missing, w.name)
			if !isThere {
				continue // a member knows of his organization
			}
			s.test(t, string(column)+" "+route, func(t *testing.T) { compareMasked(t, w.callers[column], e.Method, there, gone) })
		}
	}
	testNaming(t, w, objects)
}

// placed fills the parameters of a route. It reports whether the path names something hidden at all.
func placed(t *testing.T, path string, objects map[string]string, organization string) (string, bool) {
	t.Helper()
	segments := strings.Split(path, "/")
	hidden := false
	for i, segment := range segments {
		if !strings.HasPrefix(segment, ":") {
			continue
		}
		noun := segments[i-1]
		switch {
		case segment == ":action":
			segments[i] = "suspend"
			continue
		case noun == "workspaces" && segments[0] == "organizations":
			noun = "workspace name"
		}
		object, ok := objects[noun]
		if !ok {
			t.Errorf("no expectation for what follows %s in %s", noun, path)
		}
		if object == "" {
			object = organization
		} else {
			hidden = true
		}
		segments[i] = object
	}
	return strings.Join(segments, "/"), hidden
}

// compareMasked makes a call on what is there and on what is not, with several bodies.
func compareMasked(t *testing.T, who *caller, method, there, gone string) {
	t.Helper()
	bodies := []string{""}
	if method != http.MethodGet {
		bodies = append(
			bodies, `{`, `{}`, `{"data":null}`, `{"data":[]}`, `{"data":{"type":"nonsense"}}`, `{"data":{"type":"data-retention-policy-dont-deletes"}}`, `{"data":[{"type":"nonsense","id":"x"}]}`,
			`{"data":{"attributes":{"name":"abc","email":"a@users.invalid","access":"read","description":"text"}}}`,
			`{"data":[{"type":"users","id":"somebody"}]}`, `{"data":[{"type":"workspaces","id":"ws-1111111111111111"}]}`,
		)
	}
	masked := false
	for _, body := range bodies {
		seen, unseen := who.call(t, method, there, body), who.call(t, method, gone, body)
		if seen.status != unseen.status || strings.ReplaceAll(seen.body, there, "") != strings.ReplaceAll(unseen.body, gone, "") {
			t.Errorf("%s with %q:\nwhat is there:     %d %s\nwhat is not there: %d %s", method, body, seen.status, seen.body, unseen.status, unseen.body)
		}
		if seen.status < http.StatusBadRequest || seen.status >= http.StatusInternalServerError {
			t.Errorf("%s with %q: %d %s", method, body, seen.status, seen.body)
		}
		masked = masked || seen.status == http.StatusNotFound
	}
	if !masked {
		t.Errorf("%s never answers 404", method)
	}
}
