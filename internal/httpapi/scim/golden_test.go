package scim_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each golden file is what a client does one after the other, each time a request and the answer to it, under a number and a
// name. Before a request stand directives:
//
//	@profile okta            the connection's profile
//	@link ${group} sre       a team of the example organization follows a group
//	@save name               what the answer's id is called from here on
//	@as other                the credential: other, sync, check, site-admin, alice, nobody, expired; "scim" otherwise
//	@pass 2h                 time goes by
//	@identity name           a user of that name has logged in at an identity provider
//	@pause, @resume, @disable, @approve
//	@before alice may        what an access check says before the request: may or may-not
//	@after alice may-not     and after it
//
// Ids are called by their names, or by their prefix where they have none.
func TestGoldenExchanges(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden files: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			g := newGolden(t)
			got := &txtar.Archive{Comment: archive.Comment}
			for _, f := range archive.Files {
				name, isRequest := strings.CutSuffix(f.Name, ".request")
				if !isRequest {
					continue
				}
				answer := g.exchange(t, name, string(f.Data))
				got.Files = append(got.Files, f, txtar.File{Name: name + ".answer", Data: []byte(answer)})
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// golden is a client and what it knows.
type golden struct {
	*world
	secrets map[string]string
	ids     map[string]string // by name
	names   []string          // in the order in which they were given
	planID  string            // that the last answer named
}

func newGolden(t *testing.T) *golden {
	t.Helper()
	g := &golden{world: newWorld(t), secrets: map[string]string{"nobody": "", "site-admin": siteToken}, ids: map[string]string{}}
	g.secrets["scim"] = g.connection(t, "idp", "")
	g.secrets["second"] = g.secret(t, catalog.TokenRequest{Kind: catalog.TokenService, Name: "idp", Scopes: []string{"scim"}})
	g.secrets["other"] = g.connection(t, "other", "")
	g.secrets["sync"] = g.secret(t, catalog.TokenRequest{Kind: catalog.TokenService, Name: "puller", Scopes: []string{"sync"}})
	g.secrets["check"] = g.secret(t, catalog.TokenRequest{Kind: catalog.TokenService, Name: "gateway", Scopes: []string{"check", "search", "explain", "audit"}})
	g.secrets["alice"] = g.secret(t, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "alice"})
	g.secrets["expired"] = g.secret(t, catalog.TokenRequest{Kind: catalog.TokenService, Name: "idp", Scopes: []string{"scim"}, ExpiresAt: g.clock().Add(time.Minute)})
	return g
}

// exchange runs one request with its directives, and returns the answer as it is kept.
func (g *golden) exchange(t *testing.T, name, text string) string {
	t.Helper()
	for placeholder, id := range g.ids {
		text = strings.ReplaceAll(text, "${"+placeholder+"}", id)
	}
	who, save, after := "scim", "", [][]string{}
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	for strings.HasPrefix(lines[0], "@") {
		switch words := strings.Fields(lines[0]); words[0] {
		case "@as":
			who = words[1]
		case "@save":
			save = words[1]
		case "@after":
			after = append(after, words)
		case "@before":
			g.check(t, name, words)
		default:
			g.prepare(t, words)
		}
		lines = lines[1:]
	}
	method, path, ok := strings.Cut(lines[0], " ")
	secret, known := g.secrets[who]
	if !ok || !known {
		t.Fatalf("%s: the request %q of %q is none", name, lines[0], who)
	}
	var header []string
	for _, line := range lines[1:] {
		key, value, _ := strings.Cut(line, ": ")
		header = append(header, key, value)
	}
	got := g.scim(t, secret, method, path, strings.TrimSpace(body), 0, header...)
	var doc struct {
		ID     string `json:"id"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal([]byte(got.Body), &doc) == nil && save != "" {
		if doc.ID == "" {
			t.Fatalf("%s: %d %s has no id", name, got.Status, got.Body)
		}
		g.ids[save], g.names = doc.ID, append(g.names, save)
	}
	if found := regexp.MustCompile(`plan (\S+)$`).FindStringSubmatch(doc.Detail); found != nil {
		g.planID = found[1]
	}
	for _, words := range after {
		g.check(t, name, words)
	}
	return g.kept(t, got)
}

// check asks whether somebody may read acme/prod.
func (g *golden) check(t *testing.T, name string, words []string) {
	t.Helper()
	user := words[1]
	if id, ok := g.ids[user]; ok {
		user = id
	}
	if want := words[2] == "may"; g.may(t, user) != want {
		t.Errorf("%s: %s, it is said: %s", name, strings.Join(words, " "), words[1])
	}
}

// prepare does what a directive says.
func (g *golden) prepare(t *testing.T, words []string) {
	t.Helper()
	switch words[0] {
	case "@profile":
		g.directory(t, "idp", func(d *catalog.Directory) { d.Profile = words[1] })
	case "@pause", "@resume":
		g.directory(t, "idp", func(d *catalog.Directory) { d.Paused = words[0] == "@pause" })
	case "@disable":
		g.directory(t, "idp", func(d *catalog.Directory) { d.Disabled = true })
	case "@link":
		g.link(t, words[1], words[2])
	case "@identity":
		u, _, err := g.EnrolUser(t.Context(), g.Admin, words[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Store.InsertIdentity(t.Context(), catalog.Identity{Issuer: "https://login.example.com", Subject: words[1], UserID: u.ID}); err != nil {
			t.Fatal(err)
		}
	case "@pass":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			t.Fatal(err)
		}
		g.pass(d)
	case "@approve":
		kept, err := g.Store.SyncPlan(t.Context(), g.planID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.sync.Approve(t.Context(), g.Admin, kept.ID, kept.Digest, "looked at it"); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("there is no directive %s", words[0])
	}
}

// kept returns an answer as the golden file has it.
func (g *golden) kept(t *testing.T, r testkit.Reply) string {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "%d %s\n", r.Status, http.StatusText(r.Status))
	for _, name := range []string{"Content-Type", "ETag", "Location", "WWW-Authenticate", "Allow", "Retry-After"} {
		if value := r.Header.Get(name); value != "" && value != "application/scim+json" {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	if strings.TrimSpace(r.Body) != "" {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, []byte(strings.TrimSpace(r.Body)), "", "  "); err != nil {
			t.Fatalf("%d %s: %v", r.Status, r.Body, err)
		}
		out.WriteString("\n" + pretty.String() + "\n")
	}
	text := strings.ReplaceAll(out.String(), g.URL, "http://SERVER")
	for _, name := range g.names {
		text = strings.ReplaceAll(text, g.ids[name], "${"+name+"}")
	}
	text = regexp.MustCompile(`\b(user|grp|plan|sync)-[1-9A-Za-z]{16}\b`).ReplaceAllString(text, "$1-ID")
	text = regexp.MustCompile(`"nextCursor": "[^"]*"`).ReplaceAllString(text, `"nextCursor": "CURSOR"`)
	return regexp.MustCompile(`"(\d{4}-\d\d-\d\dT)[0-9:.]+Z"`).ReplaceAllString(text, `"TIME"`)
}
