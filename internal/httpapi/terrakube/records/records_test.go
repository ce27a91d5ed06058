package records_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kind is a type of record as clients use it.
type kind struct {
	path, typ string // the path below the organization, with the ids of parents in it
	attrs     map[string]any
	change    map[string]any
	unique    bool // a second one like it is refused
	audited   bool
	hidden    bool // from whoever is in the organization and not in the workspace
	carried   bool // is seen by whoever may read a workspace that carries it
	manager   bool // may be changed by somebody with the rights for modules, providers and VCS
}

func (w *world) kinds(t *testing.T) []kind {
	t.Helper()
	org, ws := "organization/"+w.org+"/", "organization/"+w.org+"/workspace/"+w.workspace+"/"
	provider := w.make(t, org+"provider", "provider", map[string]any{"name": "aws"}, "")
	version := w.make(t, org+"provider/"+provider+"/version", "version", map[string]any{"versionNumber": "1.0.0"}, "")
	collection := w.make(t, org+"collection", "collection", map[string]any{"name": "shared"}, "")
	webhook := w.make(t, ws+"webhook", "webhook", nil, "")
	variable := map[string]any{"key": "region", "value": "eu", "description": "where", "category": "ENV", "sensitive": false, "hcl": true}
	return []kind{
		{path: org + "module", typ: "module", attrs: map[string]any{"name": "vpc", "provider": "aws", "source": "git@x", "folder": "/", "tagPrefix": nil}, change: map[string]any{"description": "d"}, unique: true, audited: true, manager: true},
		{path: org + "provider", typ: "provider", attrs: map[string]any{"name": "gcp", "imported": true}, change: map[string]any{"name": "google"}, unique: true, manager: true},
		{path: org + "provider/" + provider + "/version", typ: "version", attrs: map[string]any{"versionNumber": "2.0.0", "protocols": "5.0"}, change: map[string]any{"protocols": "6.0"}, unique: true, manager: true},
		{path: org + "provider/" + provider + "/version/" + version + "/implementation", typ: "implementation", attrs: map[string]any{"os": "linux", "arch": "amd64", "filename": "f"}, change: map[string]any{"arch": "arm64"}, manager: true},
		{path: org + "vcs", typ: "vcs", attrs: map[string]any{"name": "github", "vcsType": "GITHUB", "clientId": "c"}, change: map[string]any{"status": "COMPLETED"}, unique: true, audited: true, manager: true},
		{path: org + "ssh", typ: "ssh", attrs: map[string]any{"name": "deploy", "sshType": "ed25519"}, change: map[string]any{"description": "of ours"}, unique: true, audited: true, manager: true},
		{path: org + "template", typ: "template", attrs: map[string]any{"name": "plan", "version": "1.0", "tcl": "Zmxvdzo="}, change: map[string]any{"tcl": "eA=="}, unique: true, audited: true},
		{path: org + "agent", typ: "agent", attrs: map[string]any{"name": "a1", "url": "http://a1"}, change: map[string]any{"description": "x"}, unique: true},
		{path: org + "collection", typ: "collection", attrs: map[string]any{"name": "c2", "priority": 10.0}, change: map[string]any{"priority": 20.0}, unique: true, audited: true},
		{path: org + "collection/" + collection + "/item", typ: "item", attrs: variable, change: map[string]any{"value": "us"}},
		{path: org + "collection/" + collection + "/reference", typ: "reference", attrs: map[string]any{"description": "of net"}, change: map[string]any{"description": nil}},
		{path: org + "globalvar", typ: "globalvar", attrs: variable, change: map[string]any{"value": "us"}},
		{path: org + "tag", typ: "tag", attrs: map[string]any{"name": "web"}, change: map[string]any{"name": "front"}, unique: true, audited: true, hidden: true, carried: true},
		{path: ws + "variable", typ: "variable", attrs: variable, change: map[string]any{"value": "us"}, hidden: true},
		{path: ws + "schedule", typ: "schedule", attrs: map[string]any{"cron": "0 0 * * *", "templateReference": "t"}, change: map[string]any{"enabled": true}, audited: true, hidden: true},
		{path: ws + "webhook", typ: "webhook", attrs: map[string]any{"event": "PUSH", "migratedV2": true}, change: map[string]any{"remoteHookId": "h"}, audited: true, hidden: true},
		{path: "webhook/" + webhook + "/events", typ: "webhook_event", attrs: map[string]any{"event": "PUSH", "priority": 1.0, "prApplyEnabled": false}, change: map[string]any{"branch": "main"}, audited: true, hidden: true},
	}
}

func TestRecordsAreKept(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, k := range w.kinds(t) {
		t.Run(k.typ, func(t *testing.T) {
			made := w.call(t, http.MethodPost, k.path, w.owner, document(t, k.typ, "", k.attrs, "")).want(t, http.StatusCreated).object(t)
			one := k.path + "/" + made.ID
			wantAttributes(t, made, k.attrs)
			if got := w.call(t, http.MethodGet, one, w.owner, "").want(t, http.StatusOK).object(t); cmp.Diff(made, got) != "" {
				t.Errorf("what was made and what is read (-made +read):\n%s", cmp.Diff(made, got))
			}
			again := w.call(t, http.MethodPost, k.path, w.owner, document(t, k.typ, "", k.attrs, ""))
			if k.unique {
				again.want(t, http.StatusConflict, "name")
			} else {
				again.want(t, http.StatusCreated)
			}
			w.call(t, http.MethodPatch, one, w.owner, document(t, k.typ, made.ID, k.change, "")).want(t, http.StatusNoContent)
			changed := w.call(t, http.MethodGet, one, w.owner, "").want(t, http.StatusOK).object(t)
			wantAttributes(t, changed, k.change)
			for name, value := range k.attrs {
				if _, touched := k.change[name]; !touched && cmp.Diff(value, changed.Attributes[name]) != "" {
					t.Errorf("%s was %v and is %v after a change of others", name, value, changed.Attributes[name])
				}
			}
			if _, shown := changed.Attributes["createdDate"]; shown != k.audited {
				t.Errorf("audit attributes are shown: %v, want %v", shown, k.audited)
			}
			w.wantListed(t, k.path)
			w.call(t, http.MethodDelete, one, w.owner, "").want(t, http.StatusNoContent)
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				w.call(t, method, one, w.owner, "").want(t, http.StatusNotFound, fmt.Sprintf("Unknown identifier %s for %s", made.ID, k.typ))
			}
			w.call(t, http.MethodPatch, one, w.owner, document(t, k.typ, made.ID, k.change, "")).want(t, http.StatusNotFound)
		})
	}
}

func wantAttributes(t *testing.T, got object, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if diff := cmp.Diff(value, got.Attributes[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// wantListed checks that a list shows what reading each object by itself shows.
func (w *world) wantListed(t *testing.T, path string) {
	t.Helper()
	all := w.call(t, http.MethodGet, path, w.owner, "").want(t, http.StatusOK).objects(t)
	if len(all) == 0 {
		t.Errorf("%s is empty", path)
	}
	for _, o := range all {
		alone := w.call(t, http.MethodGet, path+"/"+o.ID, w.owner, "").want(t, http.StatusOK).object(t)
		if diff := cmp.Diff(alone, o); diff != "" {
			t.Errorf("%s alone and in the list (-alone +listed):\n%s", o.ID, diff)
		}
	}
}

func TestWhoMayDoWhatToRecords(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, k := range w.kinds(t) {
		t.Run(k.typ, func(t *testing.T) {
			id := w.make(t, k.path, k.typ, k.attrs, "")
			one := k.path + "/" + id
			another := map[string]any{"name": "another", "versionNumber": "9"}
			for name := range another {
				if _, has := k.attrs[name]; !has {
					delete(another, name)
				}
			}
			body, change := document(t, k.typ, "", another, ""), document(t, k.typ, id, k.change, "")
			w.wantOutside(t, k, id, body, change)

			reader := w.member
			if k.hidden {
				reader = w.reader
				if k.carried {
					w.make(t, "workspace/"+w.workspace+"/workspaceTag", "workspacetag", map[string]any{"tagId": id}, "")
				} else {
					w.call(t, http.MethodGet, k.path, w.member, "").want(t, hiddenStatus(k))
				}
				w.call(t, http.MethodGet, one, w.member, "").want(t, hiddenStatus(k))
			}
			w.call(t, http.MethodGet, k.path, reader, "").want(t, http.StatusOK, id)
			w.call(t, http.MethodGet, one, reader, "").want(t, http.StatusOK, id)
			w.call(t, http.MethodPost, k.path, reader, body).want(t, http.StatusForbidden, "CreatePermission Denied")
			w.call(t, http.MethodPatch, one, reader, change).want(t, http.StatusForbidden, "UpdatePermission Denied")
			w.call(t, http.MethodDelete, one, reader, "").want(t, http.StatusForbidden, "DeletePermission Denied")
			w.call(t, http.MethodGet, one, w.owner, "").want(t, http.StatusOK, id)

			refused := map[bool]int{true: http.StatusNoContent, false: http.StatusForbidden}[k.manager]
			if k.hidden {
				refused = hiddenStatus(k)
			}
			w.call(t, http.MethodPatch, one, w.manager, change).want(t, refused)
			w.call(t, http.MethodDelete, one, w.manager, "").want(t, refused)
		})
	}
}

// hiddenStatus is the answer to who may not read what is in a workspace: below a readable organization it is not there,
// at the root he may not read it.
func hiddenStatus(k kind) int {
	if strings.HasPrefix(k.path, "webhook/") {
		return http.StatusForbidden
	}
	return http.StatusNotFound
}

// wantOutside checks that nobody outside of the organization learns or changes anything.
func (w *world) wantOutside(t *testing.T, k kind, id, body, change string) {
	t.Helper()
	one := k.path + "/" + id
	for _, call := range []struct{ method, path, body string }{
		{http.MethodGet, k.path, ""},
		{http.MethodGet, one, ""},
		{http.MethodPost, k.path, body},
		{http.MethodPatch, one, change},
		{http.MethodDelete, one, ""},
		{http.MethodGet, one + "/relationships/organization", ""},
		{http.MethodPatch, one + "/relationships/organization", `{"data":null}`},
	} {
		w.call(t, call.method, call.path, w.other, call.body).want(t, http.StatusForbidden, "ReadPermission Denied")
		none := w.call(t, call.method, call.path, "", call.body).want(t, http.StatusUnauthorized)
		if none.Body != "" {
			t.Errorf("without a credential %s answers %q", none.call, none.Body)
		}
	}
	elsewhere := strings.ReplaceAll(strings.ReplaceAll(k.path, w.org, w.otherOrg), w.workspace, w.otherWorkspace)
	if elsewhere != k.path { // as an owner, of another organization
		got := w.call(t, http.MethodGet, elsewhere+"/"+id, w.other, "")
		if got.Status != http.StatusNotFound {
			t.Errorf("%s answers %d to the owner of another organization", got.call, got.Status)
		}
	}
}

func TestFederatedIdentities(t *testing.T) {
	t.Parallel()
	w := start(t)
	body := document(t, "federated", "", map[string]any{"name": "ci", "issuerUrl": "https://issuer", "audience": "tk"}, "")
	for _, token := range []string{w.owner, w.member} {
		w.call(t, http.MethodPost, "federated", token, body).want(t, http.StatusForbidden, "CreatePermission Denied")
		if all := w.call(t, http.MethodGet, "federated", token, "").want(t, http.StatusOK).objects(t); len(all) != 0 {
			t.Errorf("somebody who administers nothing sees %v", names(all))
		}
	}
	made := w.call(t, http.MethodPost, "federated", w.SiteToken, body).want(t, http.StatusCreated).object(t)
	w.call(t, http.MethodPost, "federated", w.SiteToken, body).want(t, http.StatusConflict)
	claim := document(t, "federated_claim", "", map[string]any{"claimKey": "repository", "claimValue": "acme/net"}, "")
	path := "federated/" + made.ID
	w.call(t, http.MethodPost, path+"/claims", w.owner, claim).want(t, http.StatusForbidden, "ReadPermission Denied")
	w.call(t, http.MethodPost, path+"/claims", w.SiteToken, claim).want(t, http.StatusCreated)
	w.call(t, http.MethodGet, path, w.owner, "").want(t, http.StatusForbidden, "ReadPermission Denied")
	got := w.call(t, http.MethodGet, path+"?include=claims", w.SiteToken, "").want(t, http.StatusOK, "acme/net")
	if got.object(t).Attributes["issuerUrl"] != "https://issuer" {
		t.Errorf("the identity came back as %s", got.Body)
	}
	w.call(t, http.MethodDelete, path, w.SiteToken, "").want(t, http.StatusNoContent)
	w.call(t, http.MethodGet, path+"/claims", w.SiteToken, "").want(t, http.StatusNotFound)
}
