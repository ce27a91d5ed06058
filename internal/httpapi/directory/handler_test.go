package directory_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	wire "github.com/terrawarden/terrawarden/internal/httpapi/directory"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// TestCallsReachTheEngine makes each call that does something and looks what the engine was asked.
func TestCallsReachTheEngine(t *testing.T) {
	t.Parallel()
	resource := func(attributes string) string {
		return `{"data":{"type":"sync-plans","attributes":` + attributes + `}}`
	}
	for path, row := range map[string]struct{ body, asked string }{
		"sync-sources/corp/actions/plan":   {"", "plan corp"},
		"sync-sources/corp/actions/run":    {`{"full":true}`, "run corp"},
		"sync-sources/corp/actions/pause":  {"", "pause corp"},
		"sync-sources/corp/actions/resume": {"", "resume corp"},
		"sync-sources/corp/actions/resync": {`{"data":{"type":"sync-sources","attributes":{"group":"platform"}}}`, "resync corp platform"},
		"sync-plans/spl-1/actions/apply":   {resource(`{"digest":"abc"}`), "apply spl-1 abc"},
		"sync-plans/spl-1/actions/approve": {resource(`{"digest":"abc","comment":"it is so"}`), "approve spl-1 abc it is so"},
		"sync-plans/spl-1/actions/reject":  {resource(`{"comment":"it is not"}`), "reject spl-1 it is not"},
		"groups/grp-1/actions/resync":      {"", "resync corp grp-1"},
	} {
		d := &desk{sources: []directory.SourceStatus{{Name: "corp"}}, report: directory.Report{Token: "zed", Outcome: directory.OutcomeApplied}}
		got := ask(t, open(t, d), "sync", http.MethodPost, path, row.body)
		if got.status != http.StatusOK || !slices.Equal(d.asked, []string{row.asked}) {
			t.Errorf("%s: %d %s; the engine was asked %q", path, got.status, got.body, d.asked)
		}
		if d.options.Full != strings.Contains(row.body, "full") {
			t.Errorf("%s: the options are %+v", path, d.options)
		}
		changes := strings.Contains(path, "apply") || strings.Contains(path, "approve") || strings.Contains(path, "run") || strings.Contains(path, "resync")
		if fresh := got.header.Get("ZedToken") == "zed"; fresh != changes {
			t.Errorf("%s: it says how new it is: %v", path, fresh)
		}
	}
}

// TestBodiesThatAreWrong names what is wrong with each, and asks the engine nothing.
func TestBodiesThatAreWrong(t *testing.T) {
	t.Parallel()
	d := &desk{sources: []directory.SourceStatus{{Name: "corp"}}}
	s := open(t, d)
	const apply, reject, run, upload = "sync-plans/spl-1/actions/apply", "sync-plans/spl-1/actions/reject", "sync-sources/corp/actions/run", "sync-sources/corp/snapshots"
	plain := []string{"Content-Type", "application/json"}
	for _, row := range []struct {
		path, body string
		status     int
		says       string
		header     []string
	}{
		{apply, "", 422, `/data/attributes/digest`, nil},
		{apply, `{"data":{"attributes":{"digest":7}}}`, 422, `/data/attributes/digest`, nil},
		{apply, `{"data":{"type":"teams","attributes":{"digest":"abc"}}}`, 422, `/data/type`, nil},
		{apply, `{"data":`, 400, `not valid JSON`, nil},
		{apply, `{}`, 415, `content type`, []string{"Content-Type", "text/plain"}},
		{reject, `{"data":{"attributes":{"comment":"` + strings.Repeat("x", 1001) + `"}}}`, 422, `/data/attributes/comment`, nil},
		{run, `{"data":{"attributes":{"full":"yes","group":1}}}`, 422, `/data/attributes/group`, nil},
		{run, `{"data":{"attributes":{"full":"yes"}}}`, 422, `/data/attributes/full`, nil},
		{upload, `{"users":[{"id":7}]}`, 422, `/users/0/id`, plain},
		{upload, `{"groups":[{"id":"g"},{"members":"all"}]}`, 422, `/groups/1/members`, plain},
		{upload, `{"user-complete":true}`, 422, `/user-complete`, plain},
		{upload, `{"users":[],"users":[]}`, 400, `not valid JSON`, plain},
		{upload, `{"users":[{"id":"a\u0000b"}]}`, 422, `/users/0`, plain},
		{upload, `{"groups":[{"id":"g","members":["\u0000"]}]}`, 422, `/groups/0`, plain},
		{upload, `{"users":`, 400, `valid JSON`, plain},
		{upload, `{}{}`, 400, `valid JSON`, plain},
		{upload, ``, 400, `valid JSON`, plain},
		{upload, `{}`, 415, `application/json`, []string{"Content-Type", "application/vnd.api+json"}},
		{upload, `{}`, 415, `gzip`, append(plain, "Content-Encoding", "br")},
		{upload, `{}`, 400, `could not be read`, append(plain, "Content-Encoding", "gzip")},
		{upload + "?dry-run=maybe", `{}`, 400, `dry-run`, plain},
	} {
		got := ask(t, s, "sync", http.MethodPost, row.path, row.body, row.header...)
		if got.status != row.status || !strings.Contains(got.body, row.says) {
			t.Errorf("%s %.80s: %d %s, want %d and %s", row.path, row.body, got.status, got.body, row.status, row.says)
		}
	}
	for _, path := range []string{"sync-plans?filter%5Bstatus%5D=done", "sync-plans/spl-1/changes?filter%5Bkind%5D=team", "sync-plans/spl-1/changes?whole=perhaps", "sync-plans?page%5Bsize%5D=x", "sync-plans/spl-1?include=changes", "sync-plans/spl-1/document?include=x"} {
		if got := ask(t, s, "sync", http.MethodGet, path, ""); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if len(d.asked) > 0 {
		t.Errorf("the engine was asked %q", d.asked)
	}
}

func gzipped(t *testing.T, from io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.Copy(w, from); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// endless is a body of one letter, after a beginning.
type endless struct{ begin string }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.begin)
	e.begin = e.begin[n:]
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestSnapshotsAreTaken(t *testing.T) {
	t.Parallel()
	sent := directory.Snapshot{
		UsersComplete: true, Users: []directory.User{{ID: "u-1", Username: "ann", Email: "ann@example.com"}},
		Groups: []directory.Group{{ID: "g-1", Name: "crew", Members: []string{"u-1"}, Unknown: "cut off"}}, Warnings: []string{"slow"},
	}
	raw, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		query, body string
		dry         bool
		header      []string
	}{
		{"", string(raw), false, nil},
		{"?dry-run=false", string(raw), false, nil},
		{"?dry-run=true", string(raw), true, nil},
		{"", gzipped(t, bytes.NewReader(raw)), false, []string{"Content-Encoding", "gzip"}},
	} {
		d := &desk{}
		got := ask(t, open(t, d), "sync", http.MethodPost, "sync-sources/corp/snapshots"+row.query, row.body, append(row.header, "Content-Type", "application/json")...)
		if got.status != http.StatusOK || d.options.PlanOnly != row.dry || d.options.Trigger != directory.TriggerUpload {
			t.Errorf("%s: %d %s, taken with %+v", row.query, got.status, got.body, d.options)
		}
		if diff := cmp.Diff(sent, d.snapshot); diff != "" {
			t.Errorf("sent and taken (-sent +taken):\n%s", diff)
		}
	}
}

// Bodies that are too large are refused when that shows, whatever they come to when they are unpacked.
func TestSnapshotsAreBounded(t *testing.T) {
	t.Parallel()
	const begin = `{"users":[{"id":"`
	d := &desk{}
	s := open(t, d)
	bomb := gzipped(t, io.LimitReader(&endless{begin: begin}, 256<<20))
	twice := gzipped(t, strings.NewReader(bomb))
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	got := ask(t, s, "sync", http.MethodPost, "sync-sources/corp/snapshots", bomb, "Content-Type", "application/json", "Content-Encoding", "gzip")
	if got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a bomb: %d %s", got.status, got.body)
	}
	got = ask(t, s, "sync", http.MethodPost, "sync-sources/corp/snapshots", twice, "Content-Type", "application/json", "Content-Encoding", "gzip")
	if got.status != http.StatusBadRequest {
		t.Errorf("a bomb in a bomb: %d %s", got.status, got.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v2/admin/sync-sources/corp/snapshots", io.LimitReader(&endless{begin: begin}, 65<<20))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sync")
	req.Header.Set("Content-Type", "application/json")
	if res, err := s.Client().Do(req); err == nil { // it may break off before it has sent all
		_ = res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("65 MiB: %d", res.StatusCode)
		}
	}
	if len(d.asked) > 0 {
		t.Errorf("the engine was asked %q", d.asked)
	}
}

// unread fails the test when somebody reads it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// Whoever may not run sources is refused before his snapshot is read.
func TestSnapshotsOfStrangersAreNotRead(t *testing.T) {
	t.Parallel()
	s := open(t, &desk{})
	for token, status := range map[string]int{"nobody": http.StatusNotFound, "scim": http.StatusNotFound, "other": http.StatusUnauthorized} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v2/admin/sync-sources/corp/snapshots", unread{t})
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = 1 << 20
		req.Header.Set("Expect", "100-continue") // nothing is sent before the service wants it
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		res, err := (&http.Transport{ExpectContinueTimeout: time.Minute}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("%s: %d, want %d", token, res.StatusCode, status)
		}
	}
}

// A run goes on when its client has gone away.
func TestAClientThatGoesAwayStopsNothing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"sync-sources/corp/actions/run", "sync-plans/spl-1/actions/apply"} {
		begun, gone, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		d := &desk{working: func(ctx context.Context) {
			close(begun)
			<-gone
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond): // long enough for the server to notice
			}
			ended <- ctx.Err()
		}}
		s := open(t, d)
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			<-begun
			leave()
			close(gone)
		}()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v2/admin/"+path, strings.NewReader(`{"digest":"abc"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer sync")
		req.Header.Set("Content-Type", "application/json")
		if res, err := s.Client().Do(req); err == nil {
			_ = res.Body.Close()
			t.Errorf("%s: the client was answered %d", path, res.StatusCode)
		}
		if err := <-ended; err != nil {
			t.Errorf("%s: the run ended with %v", path, err)
		}
	}
}

func TestRefusalsOfTheEngine(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err    error
		status int
		says   string
	}{
		{fault.New(fault.Conflict, "plan spl-9 is being applied by another runner"), 409, "spl-9"},
		{fault.New(fault.Stale, "the plan has another digest"), 409, "digest"},
		{fault.At("group", "the source has no such group"), 422, "/data/attributes/group"},
		{fault.New(fault.Denied, "no"), 404, ""},
		{fault.New(fault.NotFound, "no"), 404, ""},
		{fault.New(fault.Unavailable, "the directory does not answer"), 503, "the directory does not answer"},
		{fmt.Errorf("password=hunter2"), 500, "an internal error"},
	} {
		for _, path := range []string{"sync-sources/corp/actions/plan", "sync-sources/corp/actions/run", "sync-sources/corp/actions/resync", "sync-plans/spl-1/actions/apply", "sync-plans/spl-1/actions/approve", "sync-sources/corp/actions/pause"} {
			got := ask(t, open(t, &desk{err: row.err}), "sync", http.MethodPost, path, `{"digest":"abc"}`)
			if got.status != row.status || !strings.Contains(got.body, row.says) || strings.Contains(got.body, "hunter2") {
				t.Errorf("%s: %d %s, want %d and %q", path, got.status, got.body, row.status, row.says)
			}
		}
	}
}

// full is a plan with something of everything.
func full() directory.Plan {
	p := directory.Plan{
		Source: "corp", Before: directory.Totals{People: 9, Groups: 3, Memberships: 40},
		People: []directory.PersonChange{
			{Op: directory.OpCreate, ExternalID: "u-1", Username: "zoe", Email: "zoe@example.com"},
			{Op: directory.OpSuspend, ExternalID: "u-2", Username: "erin", Reason: "gone"},
			{Op: directory.OpUpdate, ExternalID: "u-3", Username: "lee2", Was: &directory.PersonLabels{Username: "lee"}},
			{Op: directory.OpRelease, ExternalID: "u-4", Username: "kim", Memberships: 2},
		},
		Groups: []directory.GroupChange{
			{Op: directory.OpCreate, ExternalID: "g-1", Name: "new", Add: []directory.Member{{ExternalID: "u-1", Username: "zoe"}}, AddGroups: []string{"g-2"}},
			{Op: directory.OpRetire, ExternalID: "g-2", Name: "old", Members: 25, Remove: make([]directory.Member, 25)},
			{Op: directory.OpUpdate, ExternalID: "g-3", Name: "sre", Was: "ops", Members: 3, Nested: 4, Lost: 2, Remove: []directory.Member{{ExternalID: "u-9"}}, RemoveGroups: []string{"g-4"}},
		},
		Links: []directory.LinkChange{
			{Op: directory.OpDelete, GroupExternalID: "g-2", GroupName: "old", Organization: "acme", Team: "sre", Rule: "teams", People: 12},
			{Op: directory.OpCreate, GroupExternalID: "g-1", GroupName: "new", SiteAdmins: true, Rule: "root"},
		},
		Trips: []directory.Trip{{Guard: directory.GuardMemberships, Count: 26, Of: 40, Limit: 8, Message: "26 of 40"}},
	}
	for i := range p.Groups[1].Remove {
		p.Groups[1].Remove[i] = directory.Member{ExternalID: fmt.Sprint("u-", 100+i), Username: fmt.Sprint("user-", i)}
	}
	for i := range 150 {
		p.Unknown = append(p.Unknown, directory.Unknown{What: fmt.Sprint("g-", i), Reason: "cut off"})
	}
	return p
}

func TestChangesInTheOrderOfWhatTheyTake(t *testing.T) {
	t.Parallel()
	s := open(t, &desk{plan: full()})
	list := func(query string) (out []string, changes []map[string]any, total int) {
		got := ask(t, s, "sync", http.MethodGet, "sync-plans/spl-1/changes"+query, "")
		var d struct {
			Data []struct {
				ID         string         `json:"id"`
				Attributes map[string]any `json:"attributes"`
			} `json:"data"`
			Meta struct {
				Pagination struct {
					Total int `json:"total-count"`
				} `json:"pagination"`
			} `json:"meta"`
		}
		if err := json.Unmarshal([]byte(got.body), &d); err != nil || got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", query, got.status, got.body)
		}
		for _, x := range d.Data {
			out = append(out, fmt.Sprint(x.Attributes["op"], " ", x.Attributes["kind"], " ", x.Attributes["name"], " ", x.Attributes["removes"]))
			changes = append(changes, x.Attributes)
		}
		return out, changes, d.Meta.Pagination.Total
	}
	want := []string{
		"retire group old 25", "delete link old 12", "update group sre 3", "release person kim 2", "suspend person erin 0",
		"update person lee2 0", "create group new 0", "create person zoe 0", "create link new 0",
	}
	got, changes, total := list("")
	if diff := cmp.Diff(want, got); diff != "" || total != len(want) {
		t.Errorf("%d changes (-want +got):\n%s", total, diff)
	}
	if n := len(changes[0]["remove"].([]any)); n != 20 {
		t.Errorf("%d of 25 are named", n)
	}
	if changes[2]["members"] != 7.0 || changes[2]["was"] != "ops" || changes[1]["team"] != "acme/sre" || changes[8]["team"] != nil || changes[8]["site-admins"] != true {
		t.Errorf("the changes are %v", changes)
	}
	if _, changes, _ := list("?whole=true&page%5Bsize%5D=1"); len(changes) != 1 || len(changes[0]["remove"].([]any)) != 25 {
		t.Errorf("wholly they are %v", changes)
	}
	for kind, n := range map[string]int{"person": 4, "group": 3, "link": 2} {
		if got, _, total := list("?filter%5Bkind%5D=" + kind); len(got) != n || total != n {
			t.Errorf("of kind %s are %v", kind, got)
		}
	}
	if got, _, total := list("?page%5Bsize%5D=2&page%5Bnumber%5D=2"); !slices.Equal(got, want[2:4]) || total != len(want) {
		t.Errorf("the second page is %v", got)
	}
}

func TestPlansAsDocuments(t *testing.T) {
	t.Parallel()
	d := &desk{plan: full(), kept: catalog.SyncPlan{ID: "spl-1", Source: "corp", Digest: "abc", Status: catalog.PlanHeld, Trigger: "upload", Error: "", CreatedAt: time.Unix(1, 0)}}
	s := open(t, d)
	got := ask(t, s, "sync", http.MethodGet, "sync-plans/spl-1", "")
	var doc struct {
		Data struct {
			Attributes struct {
				Counts       map[string]map[string]int `json:"counts"`
				Unknown      []any                     `json:"unknown"`
				UnknownCount int                       `json:"unknown-count"`
				Trips        []any                     `json:"trips"`
				Report       any                       `json:"report"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(got.body), &doc); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	a := doc.Data.Attributes
	if a.Counts["people"]["suspend"] != 1 || a.Counts["groups"]["retire"] != 1 || a.Counts["links"]["delete"] != 1 || a.Counts["memberships"]["remove"] != 28 || a.Counts["memberships"]["add"] != 1 {
		t.Errorf("the counts are %+v", a.Counts)
	}
	if len(a.Unknown) != 100 || a.UnknownCount != 150 || len(a.Trips) != 1 || a.Report != nil {
		t.Errorf("%d of %d unknown, trips %v, report %v", len(a.Unknown), a.UnknownCount, a.Trips, a.Report)
	}
	file := ask(t, s, "sync", http.MethodGet, "sync-plans/spl-1/document", "")
	var plan directory.Plan
	if err := json.Unmarshal([]byte(file.body), &plan); err != nil || file.header.Get(wire.DigestHeader) != "abc" || !strings.Contains(file.header.Get("Content-Disposition"), "spl-1.json") {
		t.Errorf("the document comes with %v, %v", file.header, err)
	}
	if diff := cmp.Diff(full(), plan); diff != "" {
		t.Errorf("the plan and the document (-plan +document):\n%s", diff)
	}
	if got := ask(t, s, "sync", http.MethodGet, "sync-plans/spl-2/document", ""); got.status != http.StatusNotFound {
		t.Errorf("the document of another: %d", got.status)
	}
	if got := ask(t, s, "sync", http.MethodGet, "sync-plans?filter%5Bsource%5D=corp&filter%5Bstatus%5D=held,planned", ""); got.status != http.StatusOK || !slices.Equal(d.asked, []string{"plans corp held", "plans corp planned"}) {
		t.Errorf("plans of two states: %d, asked %v", got.status, d.asked)
	}
}

// States of sources, the one that asks most of somebody first.
func TestSourcesAsDocuments(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	all := []directory.SourceStatus{
		{Name: "a", Succeeded: at},
		{Name: "b"},
		{Name: "c", Succeeded: at, Failure: "it does not answer"},
		{Name: "d", Succeeded: at, Failure: "x", HeldPlanIDs: []string{"spl-2", "spl-1"}},
		{Name: "e", Paused: true, HeldPlanIDs: []string{"spl-1"}},
		{Name: "f", Disabled: true, Paused: true},
	}
	s := open(t, &desk{sources: all})
	for name, want := range map[string]string{"a": "ok", "b": "new", "c": "failing", "d": "held", "e": "paused", "f": "disabled"} {
		got := ask(t, s, "sync", http.MethodGet, "sync-sources/"+name, "")
		if got.status != http.StatusOK || !strings.Contains(got.body, `"state":"`+want+`"`) {
			t.Errorf("%s: %d %s, want %s", name, got.status, got.body, want)
		}
		if name == "d" && !strings.Contains(got.body, `"plan":{"data":{"id":"spl-2"`) {
			t.Errorf("the plan that waits is in %s", got.body)
		}
	}
	if got := ask(t, s, "sync", http.MethodGet, "sync-sources/g", ""); got.status != http.StatusNotFound {
		t.Errorf("a source that is not there: %d", got.status)
	}
	if got := ask(t, s, "sync", http.MethodGet, "sync-sources?page%5Bsize%5D=2&page%5Bnumber%5D=3", ""); !strings.Contains(got.body, `"id":"e"`) || strings.Contains(got.body, `"id":"d"`) || !strings.Contains(got.body, `"total-count":6`) {
		t.Errorf("the third page is %s", got.body)
	}
}
