package directory_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi"
	wire "github.com/terrawarden/terrawarden/internal/httpapi/directory"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// desk answers as an engine does and notes what it was asked. The real engine is asked in the tests of the whole service.
type desk struct {
	mu       sync.Mutex
	asked    []string
	options  directory.Options
	snapshot directory.Snapshot

	sources []directory.SourceStatus
	kept    catalog.SyncPlan
	plan    directory.Plan
	report  directory.Report
	err     error
	working func(ctx context.Context) // what a run takes its time for
}

func (d *desk) note(words ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, strings.Join(words, " "))
}

func (d *desk) work(ctx context.Context) {
	if d.working != nil {
		d.working(ctx)
	}
}

func (d *desk) Status(_ context.Context, p catalog.Principal) ([]directory.SourceStatus, error) {
	if !p.Has(catalog.ScopeSync) {
		return nil, fault.New(fault.Denied, "no")
	}
	return d.sources, d.err
}

func (d *desk) Pause(_ context.Context, _ catalog.Principal, source string) error {
	d.note("pause", source)
	return d.err
}

func (d *desk) Resume(_ context.Context, _ catalog.Principal, source string) error {
	d.note("resume", source)
	return d.err
}

func (d *desk) Plan(_ context.Context, _ catalog.Principal, source string, o directory.Options) (catalog.SyncPlan, directory.Plan, error) {
	d.note("plan", source)
	d.options = o
	return d.kept, d.plan, d.err
}

func (d *desk) Run(ctx context.Context, _ catalog.Principal, source string, o directory.Options) (catalog.SyncPlan, directory.Report, error) {
	d.note("run", source)
	d.options = o
	d.work(ctx)
	return d.kept, d.report, d.err
}

func (d *desk) Resync(_ context.Context, _ catalog.Principal, source, group string) (catalog.SyncPlan, directory.Report, error) {
	d.note("resync", source, group)
	return d.kept, d.report, d.err
}

func (d *desk) Upload(_ context.Context, _ catalog.Principal, source string, s directory.Snapshot, o directory.Options) (catalog.SyncPlan, directory.Plan, directory.Report, error) {
	d.note("upload", source)
	d.options, d.snapshot = o, s
	return d.kept, d.plan, d.report, d.err
}

func (d *desk) Plans(_ context.Context, _ catalog.Principal, f catalog.SyncPlanFilter, _ catalog.Window) ([]catalog.SyncPlan, int, error) {
	for _, s := range f.Statuses {
		d.note("plans", f.Source, string(s))
	}
	return []catalog.SyncPlan{d.kept}, 1, d.err
}

func (d *desk) FindPlan(_ context.Context, _ catalog.Principal, id string) (catalog.SyncPlan, directory.Plan, *directory.Report, error) {
	if id != d.kept.ID {
		return catalog.SyncPlan{}, directory.Plan{}, nil, fault.New(fault.NotFound, "there is no such plan")
	}
	return d.kept, d.plan, nil, nil
}

func (d *desk) Apply(ctx context.Context, _ catalog.Principal, id, digest string, _ func(done, total int)) (directory.Report, error) {
	d.note("apply", id, digest)
	d.work(ctx)
	return d.report, d.err
}

func (d *desk) Approve(_ context.Context, _ catalog.Principal, id, digest, comment string) (directory.Report, error) {
	d.note("approve", id, digest, comment)
	return d.report, d.err
}

func (d *desk) Reject(_ context.Context, _ catalog.Principal, id, comment string) error {
	d.note("reject", id, comment)
	return d.err
}

// registry is what the package asks of the catalog.
type registry struct{ *desk }

func (registry) Attempted(_ context.Context, _ catalog.Principal, err error) error { return err }

func (registry) FindGroup(_ context.Context, _ catalog.Principal, id string) (catalog.GroupDetails, error) {
	if id != "grp-1" {
		return catalog.GroupDetails{}, fault.New(fault.NotFound, "there is no such group")
	}
	return catalog.GroupDetails{Group: catalog.Group{ID: id, Source: "corp"}}, nil
}

// open serves the package's routes over a desk. The credential "sync" carries the scope, "scim" another one, and "nobody"
// none.
func open(t *testing.T, d *desk) *httptest.Server {
	t.Helper()
	if d.kept.ID == "" && d.kept.Source == "" {
		d.kept = catalog.SyncPlan{ID: "spl-1", Source: "corp", Digest: "abc", Status: catalog.PlanPlanned}
	}
	metrics := prometheus.NewRegistry()
	server, err := httpapi.New(httpapi.Deps{
		Protocols: []httpapi.Protocol{wire.New(wire.Deps{Service: registry{d}, Engine: d})},
		Authenticate: func(_ context.Context, bearer string) (catalog.Principal, error) {
			p := catalog.Principal{Subject: authz.Object{Type: "service_account", ID: bearer}, Name: bearer}
			switch bearer {
			case "sync", "scim":
				p.Scopes = []catalog.Scope{catalog.Scope(bearer)}
			case "nobody":
			default:
				return catalog.Principal{}, fault.New(fault.Unauthenticated, "who are you?")
			}
			return p, nil
		},
		Log: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(metrics), Registry: metrics, NewID: func() string { return "r-1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(server.Handler())
	t.Cleanup(s.Close)
	return s
}

// reply is the answer to a request.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask makes a request below /api/v2/admin/. The header is names and values in turn.
func ask(t *testing.T, s *httptest.Server, token, method, path, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/api/v2/admin/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/vnd.api+json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(raw)}
}
