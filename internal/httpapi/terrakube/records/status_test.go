package records_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestStatuses is the table of what answers what.
func TestStatuses(t *testing.T) {
	t.Parallel()
	w := start(t)
	org := "organization/" + w.org
	id := w.make(t, org+"/template", "template", map[string]any{"name": "plan"}, "")
	rival := w.call(t, http.MethodPost, "organization/"+w.otherOrg+"/template", w.other, document(t, "template", "", map[string]any{"name": "theirs"}, "")).want(t, http.StatusCreated).object(t).ID
	good := document(t, "template", "", map[string]any{"name": "apply"}, "")
	patch := func(attributes map[string]any) string { return document(t, "template", id, attributes, "") }
	const none = "tmpl-0000000000000000"
	rows := []struct {
		what, method, path, body string
		status                   int
		detail                   string
	}{
		{"an empty collection", "GET", org + "/ssh", "", 200, `"data":[]`},
		{"a root collection", "GET", "template", "", 200, id},
		{"an object below the root", "GET", org + "/template/" + id, "", 200, id},
		{"the same at the root", "GET", "template/" + id, "", 200, id},
		{"an organization there is none of", "GET", "organization/org-0000000000000000", "", 404, "Unknown identifier org-0000000000000000 for organization"},
		{"somebody else's organization", "GET", "organization/" + w.otherOrg, "", 403, "ReadPermission Denied"},
		{"what is below somebody else's organization", "GET", "organization/" + w.otherOrg + "/template/" + rival, "", 403, "ReadPermission Denied"},
		{"somebody else's object through one's own organization", "GET", org + "/template/" + rival, "", 404, "Unknown identifier " + rival + " for template"},
		{"somebody else's object at the root", "GET", "template/" + rival, "", 403, "ReadPermission Denied"},
		{"an object there is none of", "GET", org + "/template/" + none, "", 404, "Unknown identifier " + none + " for template"},
		{"an object of another type", "GET", org + "/ssh/" + id, "", 404, "for ssh"},
		{"a collection there is none of", "GET", org + "/nothing", "", 404, ""},
		{"a root there is none of", "GET", "nothing", "", 404, ""},
		{"a root without the type", "GET", "module", "", 404, ""},
		{"a relation there is none of", "GET", org + "/template/" + id + "/relationships/nothing", "", 404, "nothing"},
		{"a relation", "GET", org + "/template/" + id + "/relationships/organization", "", 200, w.org},
		{"what it is to", "GET", org + "/template/" + id + "/organization", "", 200, `"name":"acme"`},
		{"a method there is none of", "PUT", org + "/template/" + id, good, 405, ""},
		{"a change", "PATCH", org + "/template/" + id, patch(map[string]any{"description": "d"}), 204, ""},
		{"a change that sends back what was read", "PATCH", org + "/template/" + id, patch(map[string]any{"createdBy": "me", "createdDate": "x"}), 204, ""},
		{"a change to another id", "PATCH", org + "/template/" + id, document(t, "template", none, nil, ""), 400, "id"},
		{"a change without an id", "PATCH", org + "/template/" + id, `{"data":{"type":"template"}}`, 400, "id"},
		{"a change of another type", "PATCH", org + "/template/" + id, document(t, "ssh", id, nil, ""), 400, "type must be template"},
		{"a change at the root", "PATCH", "template/" + id, patch(map[string]any{"description": "e"}), 204, ""},
		{"an unknown attribute", "POST", org + "/template", document(t, "template", "", map[string]any{"name": "x", "colour": "red"}, ""), 404, "colour"},
		{"an unknown relation", "POST", org + "/template", document(t, "template", "", map[string]any{"name": "x"}, `"friend":{"data":null}`), 404, "friend"},
		{"a value of another kind", "POST", org + "/template", document(t, "template", "", map[string]any{"name": 5}, ""), 400, "name must be a string"},
		{"a number for a text", "POST", org + "/collection", document(t, "collection", "", map[string]any{"name": "c", "priority": "high"}, ""), 400, "priority must be a whole number"},
		{"a text for a boolean", "POST", org + "/provider", document(t, "provider", "", map[string]any{"name": "c", "imported": "yes"}, ""), 400, "imported must be true or false"},
		{"a value that is none of some", "POST", org + "/globalvar", document(t, "globalvar", "", map[string]any{"key": "k", "category": "OTHER"}, ""), 400, "category must be one of"},
		{"no name", "POST", org + "/template", document(t, "template", "", nil, ""), 400, "name can't be blank"},
		{"a name that is taken", "POST", org + "/template", document(t, "template", "", map[string]any{"name": "plan"}, ""), 409, "name"},
		{"no type", "POST", org + "/template", `{"data":{"attributes":{"name":"x"}}}`, 400, "type"},
		{"another type", "POST", org + "/template", document(t, "templates", "", map[string]any{"name": "x"}, ""), 400, "type must be template"},
		{"no data", "POST", org + "/template", `{}`, 400, "data"},
		{"null for data", "POST", org + "/template", `{"data":null}`, 400, "data"},
		{"a list for data", "POST", org + "/template", `{"data":[]}`, 400, "data"},
		{"no JSON", "POST", org + "/template", `{"data":`, 400, ""},
		{"a name twice", "POST", org + "/template", `{"data":{"type":"template","type":"ssh"}}`, 400, ""},
		{"a null character", "POST", org + "/template", `{"data":{"type":"template","attributes":{"name":"a\u0000"}}}`, 400, ""},
		{"too much", "POST", org + "/template", `{"data":{"type":"template","attributes":{"tcl":"` + strings.Repeat("a", 1<<20) + `"}}}`, 413, "larger than"},
		{"a relation of another type", "POST", org + "/module", document(t, "module", "", map[string]any{"name": "m"}, `"vcs":{"data":{"type":"ssh","id":"x"}}`), 400, "vcs must be of the type vcs"},
		{"a relation to nothing", "POST", org + "/module", document(t, "module", "", map[string]any{"name": "m"}, `"vcs":{"data":{"type":"vcs","id":"vcs-0"}}`), 404, "Unknown identifier vcs-0 for vcs"},
		{"a relation to many in one place", "POST", org + "/module", document(t, "module", "", map[string]any{"name": "m"}, `"vcs":{"data":[]}`), 400, "vcs must be one resource identifier"},
		{"no relation", "POST", org + "/module", document(t, "module", "", map[string]any{"name": "m"}, `"vcs":{"data":null}`), 201, `"vcs":{"data":null}`},
		{"a parent there is none of", "POST", org + "/collection/coll-0/item", document(t, "item", "", map[string]any{"key": "k"}, ""), 404, "Unknown identifier coll-0 for collection"},
		{"a change of what an object is in", "PATCH", org + "/template/" + id + "/relationships/organization", `{"data":{"type":"organization","id":"x"}}`, 403, "UpdatePermission Denied"},
		{"a creation at a root that has no place for it", "POST", "reference", document(t, "reference", "", nil, ""), 404, ""},
		{"text that could open an element", "GET", org + "/template/%3Cscript%3Ealert(1)", "", 404, `u0026lt;script`},
	}
	for _, row := range rows {
		t.Run(row.what, func(t *testing.T) {
			got := w.call(t, row.method, row.path, w.owner, row.body).want(t, row.status, row.detail)
			if got.Status == http.StatusNoContent && got.Body != "" {
				t.Errorf("an answer without content has %q", got.Body)
			}
			if got.Status != http.StatusNoContent && !strings.HasPrefix(got.Header.Get("Content-Type"), mediaType) {
				t.Errorf("the answer is sent as %q", got.Header.Get("Content-Type"))
			}
			if got.Status < 400 {
				return
			}
			var d struct{ Errors []map[string]string }
			if got.Decode(t, &d); len(d.Errors) == 0 || len(d.Errors[0]) != 1 || d.Errors[0]["detail"] == "" {
				t.Errorf("the error is %s", got.Body)
			}
			if strings.ContainsAny(got.Body, "<>") {
				t.Errorf("the error could open an element: %s", got.Body)
			}
		})
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	w := start(t)
	path := "organization/" + w.org + "/template"
	body := document(t, "template", "", map[string]any{"name": "plan"}, "")
	id := w.make(t, path, "template", map[string]any{"name": "first"}, "")
	const atomic = mediaType + `;ext="https://jsonapi.org/ext/atomic"`
	for media, status := range map[string]int{
		"": 415, "text/plain": 415, "application/json": 415, "application/vnd.api": 415, "broken/": 415, atomic: 415, mediaType + "; charset=utf-8": 201,
	} {
		w.call(t, http.MethodPost, path, w.owner, body, "Content-Type", media).want(t, status)
	}
	w.call(t, http.MethodPatch, path+"/"+id, w.owner, document(t, "template", id, nil, ""), "Content-Type", "application/json").want(t, http.StatusUnsupportedMediaType)
	w.call(t, http.MethodGet, path, w.owner, "", "Accept", "text/html").want(t, http.StatusOK)
	w.call(t, http.MethodDelete, path+"/"+id, w.owner, "", "Content-Type", "text/plain").want(t, http.StatusNoContent)
}

func TestRelations(t *testing.T) {
	t.Parallel()
	w := start(t)
	org := "organization/" + w.org + "/"
	first, second := w.make(t, org+"vcs", "vcs", map[string]any{"name": "one"}, ""), w.make(t, org+"vcs", "vcs", map[string]any{"name": "two"}, "")
	link := func(id string) string { return fmt.Sprintf(`{"data":{"type":"vcs","id":%q}}`, id) }
	module := org + "module/" + w.make(t, org+"module", "module", map[string]any{"name": "vpc"}, `"vcs":`+link(first)+`,"ssh":{"data":null}`)
	current := func() string {
		one := w.call(t, http.MethodGet, module, w.owner, "").want(t, http.StatusOK).related(t, "vcs")
		linked := w.call(t, http.MethodGet, module+"/relationships/vcs", w.owner, "").want(t, http.StatusOK)
		if one != "" && !strings.Contains(linked.Body, one) {
			t.Errorf("the relation is %s alone, and %s with the module", linked.Body, one)
		}
		return one
	}
	if current() != first {
		t.Errorf("the module came back with %q", current())
	}
	w.call(t, http.MethodGet, module+"/vcs", w.member, "").want(t, http.StatusOK, `"name":"one"`)
	w.call(t, http.MethodPatch, module+"/relationships/vcs", w.member, link(second)).want(t, http.StatusForbidden, "UpdatePermission Denied")
	w.call(t, http.MethodPatch, module+"/relationships/vcs", w.owner, link("vcs-0")).want(t, http.StatusNotFound)
	w.call(t, http.MethodPatch, module+"/relationships/vcs", w.owner, link(second)).want(t, http.StatusNoContent)
	if current() != second {
		t.Errorf("after a change it is %q", current())
	}
	w.call(t, http.MethodPatch, module+"/relationships/vcs", w.owner, `{"data":null}`).want(t, http.StatusNoContent)
	if current() != "" {
		t.Errorf("after it was taken away it is %q", current())
	}
	w.call(t, http.MethodGet, module+"/vcs", w.owner, "").want(t, http.StatusOK, `"data":null`)
	rival := w.call(t, http.MethodPost, "organization/"+w.otherOrg+"/vcs", w.other, document(t, "vcs", "", map[string]any{"name": "x"}, "")).want(t, http.StatusCreated).object(t).ID
	w.call(t, http.MethodPatch, module+"/relationships/vcs", w.owner, link(rival)).want(t, http.StatusNotFound)
	w.call(t, http.MethodPatch, module+"/relationships/vcs", w.SiteToken, link(rival)).want(t, http.StatusNotFound)

	collection := w.make(t, org+"collection", "collection", map[string]any{"name": "c"}, "")
	reference := w.make(t, org+"collection/"+collection+"/reference", "reference", nil, fmt.Sprintf(`"workspace":{"data":{"type":"workspace","id":%q}}`, w.workspace))
	w.call(t, http.MethodGet, "reference/"+reference+"?include=workspace,collection", w.owner, "").want(t, http.StatusOK, `"name":"net"`, `"name":"c"`)
	across := fmt.Sprintf(`{"data":{"type":"workspace","id":%q}}`, w.otherWorkspace)
	w.call(t, http.MethodPatch, "reference/"+reference+"/relationships/workspace", w.SiteToken, across).want(t, http.StatusNotFound)
}

func TestTagsAreThoseOfTheOtherAPI(t *testing.T) {
	t.Parallel()
	w := start(t)
	path := "organization/" + w.org + "/tag"
	id := w.make(t, path, "tag", map[string]any{"name": "web"}, "")
	ties := "organization/" + w.org + "/workspace/" + w.workspace + "/workspaceTag"
	tie := w.make(t, ties, "workspacetag", map[string]any{"tagId": id}, "")
	w.tfe(t, http.MethodGet, "workspaces/"+w.workspace+"/relationships/tags", w.owner, "").want(t, http.StatusOK, `"web"`)
	w.call(t, http.MethodGet, "workspace/"+w.workspace+"/workspaceTag/"+tie, w.reader, "").want(t, http.StatusOK, id)
	w.call(t, http.MethodPost, ties, w.reader, document(t, "workspacetag", "", map[string]any{"tagId": id}, "")).want(t, http.StatusForbidden, "CreatePermission Denied")
	w.call(t, http.MethodPost, ties, w.owner, document(t, "workspacetag", "", map[string]any{"tagId": "tag-0"}, "")).want(t, http.StatusNotFound)
	w.call(t, http.MethodPost, ties, w.owner, document(t, "workspacetag", "", nil, "")).want(t, http.StatusBadRequest, "tagId")
	w.tfe(t, http.MethodPost, "workspaces/"+w.workspace+"/relationships/tags", w.owner, `{"data":[{"type":"tags","attributes":{"name":"db"}}]}`).want(t, http.StatusNoContent)
	all := w.call(t, http.MethodGet, path+"?sort=name", w.owner, "").want(t, http.StatusOK).objects(t)
	if len(all) != 2 || all[0].Attributes["name"] != "db" {
		t.Errorf("tags are %v", names(all))
	}
	change := document(t, "workspacetag", tie, map[string]any{"tagId": all[0].ID}, "")
	w.call(t, http.MethodPatch, ties+"/"+tie, w.reader, change).want(t, http.StatusForbidden, "UpdatePermission Denied")
	w.call(t, http.MethodPatch, ties+"/"+tie, w.owner, change).want(t, http.StatusNoContent)
	if left := w.call(t, http.MethodGet, ties, w.owner, "").objects(t); len(left) != 1 || left[0].Attributes["tagId"] != all[0].ID {
		t.Errorf("the workspace carries %v", left)
	}
	w.call(t, http.MethodDelete, ties+"/"+w.workspace+"."+all[0].ID, w.owner, "").want(t, http.StatusNoContent)
	w.tfe(t, http.MethodGet, "workspaces/"+w.workspace+"/relationships/tags", w.owner, "").want(t, http.StatusOK, `"data":[]`)
	w.call(t, http.MethodGet, path+"?filter[tag]="+url.QueryEscape("name==web"), w.owner, "").want(t, http.StatusOK, id)
}
