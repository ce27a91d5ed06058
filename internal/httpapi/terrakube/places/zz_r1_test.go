package places_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

var _ = httptest.NewServer

func (w *world) groupToken(t *testing.T, p caller, group string) caller {
	t.Helper()
	var out struct{ Token string }
	p.do(t, http.MethodPost, "/access-token/v1/teams", fmt.Sprintf(`{"group":%q,"description":"x","days":1}`, group)).want(t, 201).decode(t, &out)
	if out.Token == "" {
		t.Logf("EMPTY token for %s", group)
	}
	return caller{world: w, name: "token of " + group, token: out.Token}
}

func TestR1Rename(t *testing.T) {
	w := start(t)
	e := w.estate(t)
	v := w.person(t)
	power := w.tfeTeam(t, e.name, "power", v, `{}`)
	body := fmt.Sprintf(`{"data":{"type":"team-workspaces","attributes":{"access":"custom","runs":"apply","variables":"write","state-versions":"read","sentinel-mocks":"read","workspace-locking":true,"run-tasks":true},"relationships":{"team":{"data":{"type":"teams","id":%q}},"workspace":{"data":{"type":"workspaces","id":%q}}}}}`, power, e.workspace)
	row := w.site.tfe(t, "POST", "team-workspaces", body)
	t.Logf("tfe row %d", row.status)
	w.site.make(t, e.teams, values{"name": "mallory-team"})
	m := w.person(t, "mallory-team", "mallory2")
	w.site.make(t, e.access, values{"name": "mallory-team", "manageWorkspace": true, "planJob": true, "approveJob": true})
	qs := []question{{"read_state", "workspace", e.workspace}, {"manage_run_tasks", "workspace", e.workspace}, {"read_sentinel_mocks", "workspace", e.workspace}}
	t.Logf("before %v", m.mayAll(t, qs...))
	for _, r := range m.list(t, e.access, "") {
		t.Logf("row %v", r)
		if r.text("name") == "power" {
			x := m.patch(t, e.access, r.ID, values{"name": "mallory2"})
			t.Logf("rename: %d %s", x.status, x.body)
		}
	}
	t.Logf("after %v", m.mayAll(t, qs...))
}

func TestR1WrongTeam(t *testing.T) {
	w := start(t)
	e := w.estate(t)
	eve := w.person(t)
	dev := w.person(t, "devs")
	big := w.tfeTeam(t, e.name, "everyone", eve, `{}`)
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		id, err := w.ensure(ctx, c, "devs")
		if err != nil {
			return err
		}
		_, err = c.LinkGroup(ctx, id, big)
		return err
	})
	t.Logf("eve before %v", eve.may(t, "write_state", "workspace", e.workspace))
	x := w.site.post(t, e.access, values{"name": "devs", "role": "admin"})
	t.Logf("%d %s", x.status, x.body)
	t.Logf("eve after %v dev %v", eve.may(t, "write_state", "workspace", e.workspace), dev.may(t, "write_state", "workspace", e.workspace))
	// squatting: a team of the name that is not the group
	mal := w.person(t)
	sec := w.person(t, "secops")
	w.tfeTeam(t, e.name, "secops", mal, `{}`)
	w.site.make(t, e.access, values{"name": "secops", "role": "admin"})
	t.Logf("squatter %v, person of the group %v", mal.may(t, "write_state", "workspace", e.workspace), sec.may(t, "write_state", "workspace", e.workspace))
}

func TestR1SuperMint(t *testing.T) {
	w := start(t)
	e := w.estate(t)
	w.person(t, "owning")
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		id, err := w.ensure(ctx, c, "owning")
		if err != nil {
			return err
		}
		o, err := c.Organization(ctx, e.id)
		if err != nil {
			return err
		}
		_, err = c.LinkGroup(ctx, id, o.OwnersTeamID)
		return err
	})
	admin := w.person(t, administrators)
	t.Logf("admin group: read_state=%v org.update=%v org.delete=%v", admin.may(t, "read_state", "workspace", e.workspace), admin.may(t, "update", "organization", e.id), admin.may(t, "delete", "organization", e.id))
	tok := w.groupToken(t, admin, "owning")
	x := tok.tfe(t, "PATCH", "organizations/"+e.name, `{"data":{"type":"organizations","attributes":{"session-timeout":100}}}`)
	t.Logf("token of owning patches organization: %d %.200s", x.status, x.body)
	x = tok.tfe(t, "GET", "organizations/"+e.name, "")
	t.Logf("%s", x.body[max(0, strings.Index(x.body, "permissions")):min(len(x.body), strings.Index(x.body, "permissions")+500)])
	x = tok.tfe(t, "POST", "organizations/"+e.name+"/authentication-token", ``)
	t.Logf("org token: %d %.200s", x.status, x.body)
	// platform role
	var g string
	w.directory(t, func(ctx context.Context, c *catalog.Change) error {
		id, err := w.ensure(ctx, c, "auditing")
		g = id
		return err
	})
	x = w.site.tfe(t, "POST", "admin/roles", `{"data":{"type":"roles","attributes":{"name":"everything","permissions":["workspace.write_state","workspace.read_state","platform.audit","platform.manage_users"]}}}`)
	t.Logf("role %d %.300s", x.status, x.body)
	role := x.object(t).ID
	x = w.site.tfe(t, "POST", "admin/grants", fmt.Sprintf(`{"data":{"type":"grants","relationships":{"role":{"data":{"type":"roles","id":%q}},"holder":{"data":{"type":"groups","id":%q}},"scope":{"data":{"type":"platforms","id":"main"}}}}}`, role, g))
	t.Logf("grant %d %.300s", x.status, x.body)
	x = admin.tfe(t, "GET", "admin/audit-events", "")
	t.Logf("admin himself audit %d", x.status)
	tok = w.groupToken(t, admin, "auditing")
	x = tok.tfe(t, "GET", "admin/audit-events", "")
	t.Logf("token audit %d %.100s", x.status, x.body)
	x = tok.tfe(t, "GET", "admin/users", "")
	t.Logf("token users %d %.100s", x.status, x.body)
}

func TestR1Explode(t *testing.T) {
	w := start(t)
	e := w.estate(t)
	for i := range 60 {
		w.site.make(t, e.workspaces, values{"name": fmt.Sprintf("w%d", i)})
	}
	w.site.make(t, e.teams, values{"name": "plain"})
	p := w.person(t, "plain")
	for _, q := range []string{
		"?include=organization.workspace",
		"?include=organization.workspace.organization.workspace",
		"?filter=organization.workspace.organization.workspace.name==x",
		"?filter=organization.workspace.organization.workspace.organization.name==x",
		"?sort=organization.name,organization.executionMode",
		"?fields[workspace]=access,variable,schedule,webhook,workspaceTag",
	} {
		s := time.Now()
		x := p.get(t, e.workspaces+q)
		t.Logf("%s: %d, %d bytes, %v", q, x.status, len(x.body), time.Since(s))
	}
}

func TestR1Names(t *testing.T) {
	w := start(t)
	e := w.estate(t)
	for _, n := range []string{"Org:team", "group@domain.com", "Azure Admins (EU)", "CN=x,OU=y/z#1", "Ünï"} {
		x := w.site.post(t, e.teams, values{"name": n, "role": nil, "manageState": true})
		t.Logf("%s %d %.200s", n, x.status, x.body)
	}
	x := w.site.post(t, e.teams, values{"name": "owners"})
	t.Logf("owners %d %s", x.status, x.body)
	x = w.site.post(t, e.teams, values{"name": "ORG:TEAM"})
	t.Logf("dup case %d %s", x.status, x.body)
	x = w.site.get(t, "organization/"+e.id+"?include=team")
	_ = x
	// sharedIds round trip
	w.site.make(t, e.teams, values{"name": "members"})
	hidden := w.site.make(t, e.workspaces, values{"name": "hid", "project": toOne{"project", e.project}})
	g := w.person(t, "only-ws")
	w.site.make(t, e.access, values{"name": "only-ws", "role": "admin"})
	x = w.site.patch(t, e.workspaces, e.workspace, values{"sharedIds": hidden.ID})
	t.Logf("share %d %s", x.status, x.body)
	o := g.get(t, e.workspaces+"/"+e.workspace).object(t)
	t.Logf("sees sharedIds=%v hidden readable %d", o.Attributes["sharedIds"], g.get(t, e.workspaces+"/"+hidden.ID).status)
	x = g.patch(t, e.workspaces, e.workspace, values{"sharedIds": o.text("sharedIds"), "description": "new"})
	t.Logf("round trip %d %s", x.status, x.body)
	// many sharedIds
	var b strings.Builder
	for i := range 38000 {
		fmt.Fprintf(&b, "ws-%022d,", i)
	}
	s := time.Now()
	x = g.patch(t, e.workspaces, e.workspace, values{"sharedIds": b.String()})
	t.Logf("40k ids %d %.100s %v", x.status, x.body, time.Since(s))
	// in operations
	ops := `{"atomic:operations":[{"op":"update","href":"/organization/` + e.id + `/workspace/` + e.workspace + `","data":{"type":"workspace","id":"` + e.workspace + `","attributes":{"sharedIds":"` + b.String() + `"}}}]}`
	s = time.Now()
	x = g.do(t, "POST", "/api/v1/operations", ops)
	t.Logf("ops 40k ids %d %.100s %v", x.status, x.body, time.Since(s))
	// many vcs refs: DELETE of relation etc
	for _, rel := range []string{"vcs", "project", "organization", "access", "nope"} {
		x = g.do(t, "PATCH", "/api/v1/"+e.workspaces+"/"+e.workspace+"/relationships/"+rel, `{"data":null}`)
		t.Logf("rel %s %d %.200s", rel, x.status, x.body)
	}
}

func TestR1Direct(t *testing.T) {
	w := start(t)
	e := w.estate(t)
	p := w.person(t, "direct")
	w.site.make(t, e.access, values{"name": "direct", "role": "admin"})
	tok := w.groupToken(t, p, "direct")
	for _, c := range []caller{p, tok} {
		t.Logf("%s ws %d root %d list %d org %d access %d tfe %d rights %s", c.name, c.get(t, e.workspaces+"/"+e.workspace).status, c.get(t, "workspace/"+e.workspace).status, len(c.list(t, e.workspaces, "")), c.get(t, e.path).status, len(c.list(t, e.access, "")), c.tfe(t, "GET", "workspaces/"+e.workspace, "").status, c.do(t, "GET", "/access-token/v1/teams/permissions/organization/"+e.id+"/workspace/"+e.workspace, "").body)
	}
	// admin group's token
	admin := w.person(t, administrators)
	at := w.groupToken(t, admin, administrators)
	x := at.post(t, "organization", values{"name": "by-token"})
	t.Logf("organization by admin group token %d %.200s", x.status, x.body)
	// token after leaving, after suspension
	w.leave(t, p, "direct")
	t.Logf("left: person %d token %d", p.get(t, e.workspaces+"/"+e.workspace).status, tok.get(t, e.workspaces+"/"+e.workspace).status)
	x = w.site.tfe(t, "POST", "admin/users/"+p.id+"/actions/suspend", "")
	t.Logf("suspend %d; person %d token %d", x.status, p.get(t, e.workspaces+"/"+e.workspace).status, tok.get(t, e.workspaces+"/"+e.workspace).status)
	// disabled
	x = w.site.patch(t, "organization", e.id, values{"disabled": true})
	t.Logf("disable %d", x.status)
	t.Logf("site: org %d list %v ws %d wslist %d; token ws %d list %d; by root ws %d", w.site.get(t, e.path).status, namesIn(w.site.list(t, "organization", "")), w.site.get(t, "workspace/"+e.workspace).status, len(w.site.list(t, "workspace", "")), tok.get(t, "workspace/"+e.workspace).status, len(tok.list(t, "workspace", "")), p.get(t, "workspace/"+e.workspace).status)
	ops := `{"atomic:operations":[{"op":"update","ref":{"type":"workspace","id":"` + e.workspace + `"},"data":{"type":"workspace","id":"` + e.workspace + `","attributes":{"description":"x"}}}]}`
	x = w.site.do(t, "POST", "/api/v1/operations", ops)
	t.Logf("op in disabled %d %s", x.status, x.body)
}
