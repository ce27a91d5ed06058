package arch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// room says what the packages in a folder may import of ours. Every other import of ours is refused, with the
// reason. The deepest folder that holds a package counts.
type room struct {
	folder string
	may    []string // folders; "x/..." is the folder and all in it, "x" the one package
	why    string
	alone  bool // the room of that one package, not of those below it
}

// rooms is the arrow diagram of the architecture. A package without a room fails the test: give it one here, and a
// reason. Imports inside the same folder need no arrow, except where siblings are to stay apart.
func rooms() []room {
	model := []string{"internal/catalog", "internal/authz", "schema", "internal/fault"}
	protocol := append([]string{"internal/httpapi/jsonapi", "internal/httpapi/endpoint", "internal/httpapi/answer", "internal/httpapi/auditlog", "internal/httpapi/plain", "internal/authn", "internal/telemetry"}, model...)
	kept := "protocols call the catalog's use cases and never each other: a rule is written once, behind all of them"
	return []room{
		{folder: "schema", may: []string{"schema/..."}, why: "the model is the source of truth: everybody takes names from it, it takes nothing"},
		{folder: "internal/fault", why: "everyone may import fault, so fault imports nobody"},
		{folder: "internal/authz", may: []string{"schema", "internal/fault"}, why: "the ports know the vocabulary, not who asks and not who answers"},
		{folder: "internal/catalog", may: []string{"internal/authz", "schema", "internal/fault"}, why: "rules and use cases know no database, no engine and no protocol; those point inward"},
		{folder: "internal/catalog/sqlstore", may: model, why: "the store implements the catalog's interface and decides nothing"},
		{folder: "internal/catalog/recall", may: []string{"internal/catalog"}, why: "memory in front of any store: it knows rows and who changes them, no SQL and no rule"},
		{folder: "internal/spicedb", may: []string{"internal/authz", "schema", "internal/fault"}, why: "the engine implements the ports and knows nothing of catalog rows"},
		{folder: "internal/authn", may: append([]string{"internal/telemetry"}, model...), why: "a credential becomes a principal; what he may do is asked in the catalog"},
		{folder: "internal/config", may: []string{"internal/fault"}, why: "settings are values that others receive; they know no part of the product"},
		{folder: "internal/telemetry", may: []string{"internal/fault"}, why: "logs and metrics are fed by others, and know none of them"},
		{folder: "internal/httpapi/jsonapi", may: []string{"internal/fault"}, why: "a document format: no server, no use case"},
		{folder: "internal/httpapi/endpoint", may: model, why: "what protocols share: an endpoint and who calls it; no protocol of its own"},
		{folder: "internal/httpapi/answer", may: append([]string{"internal/httpapi/jsonapi", "internal/httpapi/endpoint"}, model...), why: "what documents below /api/v2 share, whoever writes them; no protocol of its own"},
		{folder: "internal/httpapi/plain", may: model, why: "the errors of protocols that speak plain JSON"},
		{folder: "internal/httpapi/auditlog", may: model, why: "what protocols that show audit events share; no form of its own"},
		{folder: "internal/httpapi/access", may: protocol, why: kept},
		{folder: "internal/httpapi/review", may: protocol, why: kept},
		{folder: "internal/httpapi/tfe", may: protocol, why: kept},
		{folder: "internal/httpapi/otf", may: protocol, why: kept},
		{folder: "internal/httpapi/terrakube", may: protocol, why: kept},
		{folder: "internal/httpapi/authzen", may: protocol, why: kept},
		{folder: "internal/httpapi/login", may: protocol, why: kept},
		{folder: "internal/httpapi/openapi", may: []string{"internal/httpapi/endpoint"}, why: "the document is written by hand and completed from the routes; it knows no protocol and no use case"},
		{folder: "internal/httpapi/scim", may: append([]string{"loader/directory", "internal/httpapi/scim/..."}, protocol...), why: kept},
		{folder: "internal/httpapi/scim/filter", why: "a grammar and its meaning: no server, no use case"},
		{folder: "internal/httpapi/scim/resource", may: []string{"internal/httpapi/scim/filter"}, why: "resources and what may be done to them: no server, no use case"},
		{folder: "internal/httpapi/directory", may: append([]string{"loader/directory"}, protocol...), why: kept},
		{folder: "internal/httpapi/admin", may: append([]string{"loader"}, protocol...), why: kept},
		{folder: "internal/httpapi", alone: true, may: append([]string{"internal/httpapi/..."}, protocol...), why: "the server mounts the protocols; which store and engine serve them is wired in app"},
		{folder: "client", why: "whoever imports the client gets the wire and nothing of the service: no type, no dependency"},
		{folder: "loader", may: model, why: "plan and apply go through the catalog's use cases, like any other caller"},
		{folder: "loader/rest", may: []string{"internal/fault"}, why: "pages over HTTP: it knows no directory and no vendor"},
		{folder: "loader/source", may: append([]string{"loader", "loader/directory", "loader/rest"}, model...), why: "a source reads its own origin and knows no other source"},
		{folder: oracle, why: "an oracle that knows our code repeats our mistakes"},
		{folder: "internal/app", may: []string{
			"internal/config", "internal/telemetry", "internal/authn", "internal/httpapi/...", "internal/catalog", "internal/catalog/recall", "internal/catalog/sqlstore",
			"internal/spicedb/...", "internal/authz", "loader/...", "schema", "internal/fault",
		}, why: "the one place that wires the parts; nothing of it is for tests or commands alone"},
		{folder: "cmd/terrawarden", may: []string{
			"client", "internal/app", "internal/config", "internal/telemetry",
			"internal/catalog", "internal/authz", "loader/...", "schema", "internal/fault",
		}, why: "commands start the app or talk to a running server; they reach no store and no engine themselves"},
		{folder: "cmd/terrawarden-migrate", may: []string{"internal/app", "internal/config", "internal/telemetry", "schema", "internal/fault"}, why: "migrating is wiring too, and wiring is in app (ADR 0005)"},
		{folder: "internal/testkit", may: []string{"..."}},
		{folder: "internal/arch", why: "it looks at the source, not into it"},
	}
}

// oracle answers questions about input files by itself, to be compared with the product's answers.
const oracle = "loader/source/peribolos/oracle"

// forTests reports whether a package exists for tests: testkit, bench and the conformance suites. Product code
// imports none of them, and all but the oracle may import whatever they test.
func forTests(path string) bool {
	return path == oracle || within(path, "internal/testkit") || within(path, "bench") || strings.HasSuffix(path, "test")
}

// roomOf returns the deepest room that holds a package.
func roomOf(path string) (room, bool) {
	var found room
	for _, r := range rooms() {
		if within(path, r.folder) && (!r.alone || path == r.folder) && len(r.folder) > len(found.folder) {
			found = r
		}
	}
	return found, found.folder != ""
}

// allows reports whether a room lets its packages import a path.
func (r room) allows(path string) bool {
	return slices.ContainsFunc(r.may, func(may string) bool {
		folder, deep := strings.CutSuffix(may, "...")
		return path == may || deep && (folder == "" || within(path, strings.TrimSuffix(folder, "/")))
	})
}

// violations returns, for each import that follows no arrow, who imports whom and why that is refused.
func violations(all []pkg) []string {
	var out []string
	for _, p := range all {
		from := p.path()
		home, ok := roomOf(from)
		if !ok {
			out = append(out, from+" has no room in the table of internal/arch: give it one, with a reason")
			continue
		}
		for _, imported := range p.Imports {
			if reason := refusal(from, home, imported); reason != "" {
				out = append(out, fmt.Sprintf("%s must not import %s: %s", from, below(imported), reason))
			}
		}
	}
	return out
}

// refusal returns why a package may not import another, "" when it may.
func refusal(from string, home room, imported string) string {
	if !ours(imported) || forTests(from) && from != oracle {
		return ""
	}
	to := below(imported)
	there, _ := roomOf(to)
	switch {
	case forTests(to):
		return "it exists for tests"
	case home.allows(to):
		return ""
	case there.folder == home.folder && home.folder != "loader/source":
		return "" // one room
	case home.folder == "loader/source" && sourceOf(to) == sourceOf(from):
		return ""
	}
	return home.why
}

// sourceOf returns the name of the source a package below loader/source belongs to.
func sourceOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "loader/source/"), "/")
	return name
}

func TestImportsFollowTheArrows(t *testing.T) {
	t.Parallel()
	for _, v := range violations(packages(t)) {
		t.Error(v)
	}
}

// Without this the test above could pass because it sees nothing.
func TestArrowsThatAreRefused(t *testing.T) {
	t.Parallel()
	edges := []struct {
		from, to string
		refused  bool
	}{
		{"cmd/terrawarden", "internal/app", false},
		{"cmd/terrawarden", "internal/spicedb", true},
		{"cmd/terrawarden", "internal/catalog/sqlstore", true},
		{"cmd/terrawarden", "loader/source/peribolos", false},
		{"cmd/terrawarden-migrate", "internal/spicedb", true},
		{"internal/app", "internal/spicedb", false},
		{"internal/app", "internal/catalog/sqlstore", false},
		{"internal/app", "internal/testkit", true},
		{"internal/httpapi", "internal/httpapi/authzen", false},
		{"internal/httpapi", "internal/catalog/sqlstore", true},
		{"internal/httpapi/authzen", "internal/httpapi/jsonapi", false},
		{"internal/httpapi/authzen", "internal/httpapi/tfe", true},
		{"internal/httpapi/login", "internal/authn", false},
		{"internal/httpapi/login", "internal/httpapi/tfe", true},
		{"internal/httpapi/authzen", "internal/httpapi", true},
		{"internal/httpapi/authzen", "internal/spicedb", true},
		{"internal/httpapi/tfe", "loader", true},
		{"internal/httpapi/admin", "loader", false},
		{"internal/httpapi/admin", "loader/source/ldap", true},
		{"internal/httpapi/authzen", "internal/httpapi/endpoint", false},
		{"internal/httpapi/endpoint", "internal/httpapi/authzen", true},
		{"internal/httpapi/jsonapi", "internal/catalog", true},
		{"internal/httpapi/jsonapi", "internal/fault", false},
		{"client", "internal/authz", true},
		{"client", "schema", true},
		{"cmd/terrawarden", "client", false},
		{"cmd/terrawarden", "internal/httpapi/admin", true},
		{"internal/httpapi/openapi", "internal/httpapi/endpoint", false},
		{"internal/httpapi/openapi", "internal/httpapi/authzen", true},
		{"loader", "internal/catalog", false},
		{"loader", "internal/catalog/sqlstore", true},
		{"loader/source/peribolos", "loader", false},
		{"loader/source/peribolos", "loader/source/peribolos/parse", false},
		{"loader/source/peribolos", "loader/source/ldap", true},
		{"loader/source/peribolos", "loader/source/peribolos/oracle", true},
		{"loader/source/peribolos/oracle", "loader/source/peribolos", true},
		{"internal/testkit", "loader/source/peribolos/oracle", false},
		{"internal/catalog", "internal/authz", false},
		{"internal/catalog", "internal/catalog/sqlstore", true},
		{"internal/catalog", "internal/spicedb", true},
		{"internal/catalog", "internal/httpapi/tfe", true},
		{"internal/catalog/sqlstore", "internal/catalog", false},
		{"internal/catalog/sqlstore", "internal/spicedb", true},
		{"internal/catalog/sqlstore", "internal/catalog/storetest", true},
		{"internal/catalog/recall", "internal/catalog", false},
		{"internal/catalog/recall", "internal/catalog/sqlstore", true},
		{"internal/catalog/storetest", "internal/catalog/sqlstore", false},
		{"internal/spicedb", "internal/spicedb/treestore", false},
		{"internal/spicedb", "internal/catalog", true},
		{"internal/authz", "schema", false},
		{"internal/authz", "internal/catalog", true},
		{"schema", "internal/fault", true},
		{"internal/fault", "internal/telemetry", true},
		{"internal/telemetry", "internal/catalog", true},
		{"internal/config", "internal/fault", false},
		{"internal/config", "internal/app", true},
		{"internal/nowhere", "internal/fault", true},
		{"internal/httpapi/newcomer", "internal/httpapi/tfe", true},
		{"internal/httpapi/newcomer", "internal/fault", true},
	}
	for _, e := range edges {
		got := violations([]pkg{{ImportPath: module + "/" + e.from, Imports: []string{module + "/" + e.to}}})
		if refused := len(got) > 0; refused != e.refused {
			t.Errorf("%s -> %s: refused = %v, want %v", e.from, e.to, refused, e.refused)
		}
	}
}

func TestEveryRefusalHasAReason(t *testing.T) {
	t.Parallel()
	var unexplained []string
	for _, r := range rooms() {
		if r.why == "" && !slices.Contains(r.may, "...") {
			unexplained = append(unexplained, r.folder)
		}
	}
	if diff := cmp.Diff([]string(nil), unexplained); diff != "" {
		t.Errorf("rooms without a reason (-want +got):\n%s", diff)
	}
}

func TestProductImportsNoTestCode(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if !forTests(p.path()) && slices.Contains(p.Imports, "testing") {
			t.Errorf("%s imports testing outside its tests: it would be linked into the product", p.path())
		}
	}
}

// What the service binary must not link, however indirectly.
func TestServiceLinksNoMigrationCommand(t *testing.T) {
	t.Parallel()
	refused := map[string]string{
		"github.com/authzed/spicedb/pkg/cmd":   "SpiceDB's commands bring a C parser of SQL and a database proxy into the service (ADR 0005)",
		"github.com/pganalyze/pg_query_go/v6":  "a C parser of SQL, which the service has no use for (ADR 0005)",
		module + "/internal/testkit":           "test code",
		module + "/internal/catalog/storetest": "test code",
		module + "/cmd/terrawarden-migrate":    "migrating is a binary of its own (ADR 0005)",
	}
	for _, p := range packages(t) {
		if p.path() != "cmd/terrawarden" {
			continue
		}
		for _, dep := range list(t, "-deps", "./cmd/terrawarden") {
			if reason := refused[dep.ImportPath]; reason != "" {
				t.Errorf("cmd/terrawarden links %s: %s", dep.ImportPath, reason)
			}
		}
	}
}
