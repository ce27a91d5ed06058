package directory_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	"github.com/terrawarden/terrawarden/internal/httpapi/access"
	wire "github.com/terrawarden/terrawarden/internal/httpapi/directory"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/file"
	"github.com/terrawarden/terrawarden/schema"
)

// office is the whole of it: the catalog, the engine of sync, and the routes over both. Its directory is a file, called
// corp; what is uploaded is called far. root is a site admin, manager manages users, auditor reads everything, owner has an
// organization, and services carry the scope they are called by.
type office struct {
	*httptest.Server
	*testkit.Bench

	path string
}

func newOffice(t *testing.T, settings func(*directory.Settings)) *office {
	t.Helper()
	w := &office{Bench: testkit.Service(t, config.EngineEmbedded), path: filepath.Join(t.TempDir(), "corp.json")}
	source, err := file.New(file.Settings{Path: w.path})
	if err != nil {
		t.Fatal(err)
	}
	set := directory.Settings{Name: "corp", Kind: "file", Nesting: directory.NestingKept, MaxDepth: 10, Keep: time.Hour, Limits: directory.DefaultLimits(), ApplyFirst: true}
	far := set
	far.Name, far.Kind = "far", "upload"
	if settings != nil {
		settings(&set)
	}
	engine, err := directory.New(directory.Deps{
		Service: w.Service, Store: w.Store, Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader, Holder: "test", Defaults: set,
		Feeds: []directory.Feed{{Settings: set, Trust: catalog.TrustNone, Source: source}, {Settings: far, Trust: catalog.TrustNone}},
	})
	if err != nil {
		t.Fatal(err)
	}
	callers := w.callers(t)
	metrics := prometheus.NewRegistry()
	server, err := httpapi.New(httpapi.Deps{
		Protocols: []httpapi.Protocol{wire.New(wire.Deps{Service: w.Service, Engine: engine}), access.New(access.Deps{Service: w.Service})},
		Authenticate: func(_ context.Context, bearer string) (catalog.Principal, error) {
			p, ok := callers[bearer]
			if !ok {
				return p, fault.New(fault.Unauthenticated, "who are you?")
			}
			return p, nil
		},
		Log: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(metrics), Registry: metrics, NewID: func() string { return "r-1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Server = httptest.NewServer(server.Handler())
	t.Cleanup(w.Close)
	return w
}

// callers makes everybody, and returns who comes with which credential.
func (w *office) callers(t *testing.T) map[string]catalog.Principal {
	t.Helper()
	ctx, out := t.Context(), map[string]catalog.Principal{"root": w.Admin}
	for _, name := range []string{"manager", "auditor", "owner", "nobody"} {
		u, err := w.CreateUser(ctx, w.Admin, name, name+"@example.com")
		if err != nil {
			t.Fatal(err)
		}
		out[name] = testkit.PrincipalOf(u)
	}
	for name, permission := range map[string]schema.Permission{"manager": schema.PlatformManageUsers, "auditor": schema.PlatformAudit} {
		r, _, err := w.CreateRole(ctx, w.Admin, catalog.Role{Name: name, Permissions: []string{string(permission)}})
		if err != nil {
			t.Fatal(err)
		}
		platform := authz.Object{Type: schema.TypePlatform, ID: catalog.PlatformID}
		if _, _, err := w.CreateGrant(ctx, w.Admin, catalog.Grant{Holder: out[name].Subject, RoleID: r.ID, Scope: platform}); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := w.CreateOrganization(ctx, out["owner"], func(o catalog.Organization, _ catalog.Home) (catalog.Organization, error) {
		o.Name, o.Email = "acme", "acme@example.com"
		return o, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range catalog.Scopes() {
		out[string(scope)] = catalog.Principal{Subject: authz.Object{Type: schema.TypeServiceAccount, ID: "sva-" + string(scope)}, Name: string(scope), Scopes: []catalog.Scope{scope}}
	}
	return out
}

// says writes what the directory says: people, by their usernames, and groups of them.
func (w *office) says(t *testing.T, people int, groups map[string]int) {
	t.Helper()
	if err := os.WriteFile(w.path, snapshot(t, people, groups), 0o600); err != nil {
		t.Fatal(err)
	}
}

// snapshot is one of so many people, p0 and on, and of groups with the first so many of them.
func snapshot(t *testing.T, people int, groups map[string]int) []byte {
	t.Helper()
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true, Users: []directory.User{}, Groups: []directory.Group{}}
	for i := range people {
		s.Users = append(s.Users, directory.User{ID: fmt.Sprint("u", i), Username: fmt.Sprint("p", i), Email: fmt.Sprintf("p%d@example.com", i)})
	}
	for name, n := range groups {
		g := directory.Group{ID: "id-" + name, Name: name, Members: []string{}}
		for i := range n {
			g.Members = append(g.Members, fmt.Sprint("u", i))
		}
		s.Groups = append(s.Groups, g)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// plan is a plan as documents show it.
type plan struct {
	Data struct {
		ID         string `json:"id"`
		Attributes struct {
			Digest  string                    `json:"digest"`
			Status  string                    `json:"status"`
			Trigger string                    `json:"trigger"`
			Comment *string                   `json:"comment"`
			Counts  map[string]map[string]int `json:"counts"`
			Trips   []directory.Trip          `json:"trips"`
			Report  *directory.Report         `json:"report"`
		} `json:"attributes"`
		Relationships map[string]struct {
			Data *struct {
				ID string `json:"id"`
			} `json:"data"`
		} `json:"relationships"`
	} `json:"data"`
}

// must makes a request that succeeds with a plan.
func (w *office) must(t *testing.T, who, path, body string, header ...string) plan {
	t.Helper()
	got := ask(t, w.Server, who, http.MethodPost, path, body, header...)
	var p plan
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != http.StatusOK {
		t.Fatalf("%s: %s is answered %d %s", who, path, got.status, got.body)
	}
	return p
}

// crew returns how many people are in the group of that name, -1 when there is none.
func (w *office) crew(t *testing.T, source string) int {
	t.Helper()
	groups, err := w.Store.GroupsOf(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(groups, func(g catalog.Group) bool { return g.DisplayName == "crew" })
	if i < 0 {
		return -1
	}
	in, err := w.Store.GroupMembers(t.Context(), catalog.GroupMemberFilter{GroupIDs: []string{groups[i].ID}})
	if err != nil {
		t.Fatal(err)
	}
	return len(in)
}

const (
	runCorp  = "sync-sources/corp/actions/run"
	planCorp = "sync-sources/corp/actions/plan"
)

// TestAPlanIsMadeHeldAndApproved goes the whole way, as an operator does.
func TestAPlanIsMadeHeldAndApproved(t *testing.T) {
	t.Parallel()
	w := newOffice(t, nil)
	w.says(t, 30, map[string]int{"crew": 30, "few": 3})
	planned := w.must(t, "sync", planCorp, "")
	if a := planned.Data.Attributes; a.Status != "planned" || a.Counts["people"]["create"] != 30 || a.Counts["memberships"]["add"] != 33 || a.Report != nil || w.crew(t, "corp") != -1 {
		t.Fatalf("planned is %+v", planned)
	}
	apply := "sync-plans/" + planned.Data.ID + "/actions/apply"
	if got := ask(t, w.Server, "sync", http.MethodPost, apply, `{"digest":"another"}`); got.status != http.StatusConflict {
		t.Errorf("with another digest: %d %s", got.status, got.body)
	}
	done := w.must(t, "sync", apply, `{"digest":"`+planned.Data.Attributes.Digest+`"}`)
	if a := done.Data.Attributes; a.Status != "applied" || a.Report == nil || a.Report.Outcome != "applied" || w.crew(t, "corp") != 30 {
		t.Fatalf("applied is %+v", done)
	}
	if got := ask(t, w.Server, "sync", http.MethodPost, apply, `{"digest":"`+planned.Data.Attributes.Digest+`"}`); got.status != http.StatusConflict {
		t.Errorf("a second time: %d %s", got.status, got.body)
	}
	if again := w.must(t, "sync", runCorp, ""); again.Data.Attributes.Report.Outcome != "unchanged" {
		t.Errorf("the second run is %+v", again)
	}

	w.says(t, 30, map[string]int{"crew": 2, "few": 3})
	held := w.must(t, "sync", runCorp, "")
	if a := held.Data.Attributes; a.Status != "held" || len(a.Trips) == 0 || a.Counts["memberships"]["remove"] != 28 || w.crew(t, "corp") != 30 {
		t.Fatalf("held is %+v", held)
	}
	if got := ask(t, w.Server, "auditor", http.MethodGet, "sync-sources/corp", ""); !strings.Contains(got.body, `"state":"held"`) || !strings.Contains(got.body, held.Data.ID) {
		t.Errorf("the source is %s", got.body)
	}
	digest := `{"digest":"` + held.Data.Attributes.Digest + `","comment":"the crew is dissolved"}`
	at := "sync-plans/" + held.Data.ID + "/actions/"
	for who, action := range map[string]string{"sync": "approve", "scim": "approve", "auditor": "approve", "owner": "approve", "nobody": "reject", "audit": "reject"} {
		if got := ask(t, w.Server, who, http.MethodPost, at+action, digest); got.status != http.StatusNotFound {
			t.Errorf("%s: %s is answered %d %s", who, action, got.status, got.body)
		}
	}
	if got := ask(t, w.Server, "manager", http.MethodPost, at+"apply", digest); got.status != http.StatusConflict || w.crew(t, "corp") != 30 {
		t.Errorf("a held plan is applied: %d %s", got.status, got.body)
	}
	approved := w.must(t, "manager", at+"approve", digest)
	if a := approved.Data.Attributes; a.Status != "applied" || a.Comment == nil || *a.Comment != "the crew is dissolved" || approved.Data.Relationships["decider"].Data == nil || w.crew(t, "corp") != 2 {
		t.Errorf("approved is %+v", approved)
	}
}

func TestARejectedPlanIsNotDone(t *testing.T) {
	t.Parallel()
	w := newOffice(t, func(s *directory.Settings) { s.ApplyFirst = false })
	w.says(t, 3, map[string]int{"crew": 3})
	held := w.must(t, "manager", runCorp, "")
	if a := held.Data.Attributes; a.Status != "held" || a.Trips[0].Guard != "first-plan" {
		t.Fatalf("the first plan is %+v", held)
	}
	rejected := w.must(t, "manager", "sync-plans/"+held.Data.ID+"/actions/reject", `{"comment":"not today"}`)
	if a := rejected.Data.Attributes; a.Status != "rejected" || *a.Comment != "not today" || w.crew(t, "corp") != -1 {
		t.Errorf("rejected is %+v", rejected)
	}
	if got := ask(t, w.Server, "manager", http.MethodPost, "sync-plans/"+held.Data.ID+"/actions/approve", `{"digest":"`+held.Data.Attributes.Digest+`"}`); got.status != http.StatusConflict {
		t.Errorf("it is approved after all: %d %s", got.status, got.body)
	}
}

// TestWhoMayWhat calls every route as everybody.
func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	w := newOffice(t, nil)
	w.says(t, 3, map[string]int{"crew": 3})
	w.must(t, "root", runCorp, "")
	w.says(t, 4, map[string]int{"crew": 4})
	kept := w.must(t, "root", planCorp, "").Data.ID
	groups, err := w.Store.GroupsOf(t.Context(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	readers := []string{"root", "manager", "auditor", "sync"}
	runners := []string{"root", "manager", "sync"}
	managers := []string{"root", "manager"}
	far := string(snapshot(t, 1, nil))
	for _, row := range []struct {
		method, path, body string
		may                []string
	}{
		{"GET", "sync-sources", "", readers},
		{"GET", "sync-sources/corp", "", readers},
		{"GET", "sync-plans", "", readers},
		{"GET", "sync-plans/" + kept, "", readers},
		{"GET", "sync-plans/" + kept + "/changes", "", readers},
		{"GET", "sync-plans/" + kept + "/changes?page%5Bnumber%5D=2", "", readers}, // which is remembered now
		{"GET", "sync-plans/" + kept + "/document", "", readers},
		{"POST", "sync-plans/" + kept + "/actions/apply", `{"digest":"wrong"}`, runners},
		{"POST", "sync-plans/" + kept + "/actions/approve", `{"digest":"wrong"}`, managers},
		{"POST", planCorp, "", runners},
		{"POST", runCorp, "", runners},
		{"POST", "sync-sources/corp/actions/resync", "", runners},
		{"POST", "sync-sources/far/snapshots", far, runners},
		{"POST", "sync-sources/corp/actions/pause", "", managers},
		{"POST", "sync-sources/corp/actions/resume", "", managers},
		{"POST", "groups/" + groups[0].ID + "/actions/pause", "", managers},
		{"POST", "groups/" + groups[0].ID + "/actions/resume", "", managers},
		{"POST", "groups/" + groups[0].ID + "/actions/resync", "", managers},
		{"POST", "sync-plans/" + kept + "/actions/reject", "", managers},
	} {
		// Those who may not come first: what they are refused is there.
		for _, who := range []string{"nobody", "owner", "scim", "check", "search", "explain", "audit", "auditor", "sync", "manager", "root"} {
			header := []string{}
			if strings.HasSuffix(row.path, "snapshots") {
				header = []string{"Content-Type", "application/json"}
			}
			got := ask(t, w.Server, who, row.method, row.path, row.body, header...)
			if may := got.status != http.StatusNotFound; may != slices.Contains(row.may, who) || got.status >= 500 {
				t.Errorf("%s: %s %s is answered %d %s", who, row.method, row.path, got.status, got.body)
			}
		}
	}
}

// What a runner sends is taken as what the service reads itself: planned, held, applied.
func TestUploads(t *testing.T) {
	t.Parallel()
	w := newOffice(t, nil)
	const path = "sync-sources/far/snapshots"
	plain := []string{"Content-Type", "application/json"}
	dry := w.must(t, "sync", path+"?dry-run=true", string(snapshot(t, 30, map[string]int{"crew": 30})), plain...)
	if a := dry.Data.Attributes; a.Status != "planned" || a.Trigger != "upload" || a.Counts["people"]["create"] != 30 || w.crew(t, "far") != -1 {
		t.Errorf("a dry run is %+v", dry)
	}
	packed := gzipped(t, bytes.NewReader(snapshot(t, 30, map[string]int{"crew": 30})))
	if done := w.must(t, "sync", path, packed, append(plain, "Content-Encoding", "gzip")...); done.Data.Attributes.Status != "applied" || w.crew(t, "far") != 30 {
		t.Errorf("applied is %+v", done)
	}
	if held := w.must(t, "sync", path, `{"users-complete":true,"groups-complete":true}`, plain...); held.Data.Attributes.Status != "held" || w.crew(t, "far") != 30 {
		t.Errorf("an empty snapshot is %+v", held)
	}
	if got := ask(t, w.Server, "sync", http.MethodPost, "sync-sources/nowhere/snapshots", `{}`, plain...); got.status != http.StatusNotFound {
		t.Errorf("a source that is not there: %d %s", got.status, got.body)
	}
	if got := ask(t, w.Server, "sync", http.MethodPost, "sync-sources/far/actions/run", ""); got.status != http.StatusConflict {
		t.Errorf("a source that is not read here: %d %s", got.status, got.body)
	}
}

// Nothing is taken while a source, or a group, is paused.
func TestPauses(t *testing.T) {
	t.Parallel()
	w := newOffice(t, nil)
	w.says(t, 4, map[string]int{"crew": 4, "few": 2})
	w.must(t, "root", runCorp, "")
	turn := func(path string, want string) {
		t.Helper()
		if got := ask(t, w.Server, "manager", http.MethodPost, path, ""); got.status != http.StatusOK || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s, want %s", path, got.status, got.body, want)
		}
	}
	turn("sync-sources/corp/actions/pause", `"state":"paused"`)
	w.says(t, 4, map[string]int{"crew": 3, "few": 2})
	if got := ask(t, w.Server, "sync", http.MethodPost, runCorp, ""); got.status != http.StatusConflict || !strings.Contains(got.body, "paused") {
		t.Errorf("a run of a paused source: %d %s", got.status, got.body)
	}
	turn("sync-sources/corp/actions/resume", `"state":"ok"`)
	groups, err := w.Store.GroupsOf(t.Context(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	crew := groups[slices.IndexFunc(groups, func(g catalog.Group) bool { return g.DisplayName == "crew" })].ID
	turn("groups/"+crew+"/actions/pause", `"paused":true`)
	w.must(t, "sync", runCorp, "")
	if n := w.crew(t, "corp"); n != 4 {
		t.Errorf("%d are in a paused group", n)
	}
	turn("groups/"+crew+"/actions/resume", `"paused":false`)
	if done := w.must(t, "manager", "groups/"+crew+"/actions/resync", ""); done.Data.Attributes.Status != "applied" || w.crew(t, "corp") != 3 {
		t.Errorf("after a resync %d are in the group: %+v", w.crew(t, "corp"), done)
	}
}
