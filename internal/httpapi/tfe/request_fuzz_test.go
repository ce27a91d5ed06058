package tfe_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// bodies are what clients send, of every noun, and some of what they do not.
func bodies() []string {
	return []string{
		`{"data":{"type":"organizations","attributes":{"name":"new","email":"n@example.com","session-timeout":5,"default-execution-mode":"agent","user-tokens-enabled":true},"relationships":{"default-agent-pool":{"data":{"type":"agent-pools","id":"<pool>"}}}}}`,
		`{"data":{"type":"projects","attributes":{"name":"new project","description":"d","auto-destroy-activity-duration":"3d","default-execution-mode":"local","default-agent-pool-id":null,"setting-overwrites":{"default-execution-mode":true}},"relationships":{"tag-bindings":{"data":[{"type":"tag-bindings","attributes":{"key":"a","value":"b"}}]}}}}`,
		`{"data":{"type":"workspaces","attributes":{"name":"new","auto-apply":true,"auto-destroy-at":"2025-01-01T00:00:00Z","execution-mode":"remote","operations":true,"terraform-version":"~> 1.5","trigger-prefixes":["a"],"setting-overwrites":{"execution-mode":true},"vcs-repo":null},"relationships":{"project":{"data":{"type":"projects","id":"<project>"}},"tags":{"data":[{"type":"tags","attributes":{"name":"green"}}]}}}}`,
		`{"data":{"type":"teams","attributes":{"name":"new","visibility":"secret","sso-team-id":"s","allow-member-token-management":false,"organization-access":{"manage-membership":true,"manage-teams":true}}}}`,
		`{"data":{"attributes":{"access":"custom","runs":"plan","variables":"read","workspace-locking":true},"relationships":{"team":{"data":{"type":"teams","id":"<team>"}},"workspace":{"data":{"type":"workspaces","id":"<workspace>"}}}}}`,
		`{"data":{"attributes":{"access":"custom","project-access":{"settings":"update","teams":"none"},"workspace-access":{"runs":"apply","create":true,"move":false}},"relationships":{"team":{"data":{"type":"teams","id":"<team>"}},"project":{"data":{"type":"projects","id":"<project>"}}}}}`,
		`{"data":{"type":"organization-memberships","attributes":{"email":"x@example.com"},"relationships":{"teams":{"data":[{"type":"teams","id":"<team>"}]}}}}`,
		`{"data":{"type":"authentication-tokens","attributes":{"description":"ci","expired-at":"2030-01-01T00:00:00.5+01:00"}}}`,
		`{"data":{"attributes":{"token-ttl-policies":[{"token-type":"team","max-ttl-ms":86400000},{"token-type":"user","max-ttl-ms":1}]}}}`,
		`{"data":{"type":"users","attributes":{"username":"new-name","email":"new@example.com"}}}`,
		`{"data":{"type":"agent-pools","attributes":{"name":"new","organization-scoped":false},"relationships":{"allowed-workspaces":{"data":[{"type":"workspaces","id":"<workspace>"}]},"allowed-projects":{"data":[]}}}}`,
		`{"data":{"type":"stacks","attributes":{"name":"new","description":null},"relationships":{"project":{"data":{"type":"projects","id":"<project>"}}}}}`,
		`{"data":{"type":"data-retention-policy-delete-olders","attributes":{"delete-older-than-n-days":30}}}`,
		`{"data":{"type":"organizations","attributes":{"workspace-limit":3,"apply-timeout":"24h","access-beta-tools":true,"is-disabled":false}}}`,
		`{"data":[{"type":"users","id":"newcomer"},{"type":"users","id":"<user>"}]}`,
		`{"data":[{"type":"organization-memberships","id":"<ou>"}]}`,
		`{"data":[{"type":"workspaces","id":"<workspace>"}]}`,
		`{"data":[{"type":"tags","attributes":{"name":"red"}},{"type":"tags","id":"<tag>"}]}`,
		`{"data":[{"type":"tag-bindings","attributes":{"key":"k","value":"v"}}]}`,
		`{"data":[{"type":"organizations","id":"acme"}]}`,
		`{"data":[{"type":"authentication-tokens","id":"<token>"}]}`,
		`{"reason":"maintenance"}`,
		`{"data":{"attributes":{"id":"sshkey-1"}}}`,
		`{"data":{}}`, `{"data":[]}`, `{"data":null}`, `{}`, `[]`, `{`, ``, "\xff", `{"data":{"attributes":{"name":"\u0000"}}}`, `{"data":[{"id":""},{"id":"a b#c"},{"id":"\ud800"}]}`,
		`{"data":{"attributes":{"name":1e400,"email":-0,"expired-at":"9999-12-31T23:59:59.999999999+23:59","session-timeout":1e30}}}`,
	}
}

// takesBody reports whether an endpoint reads a body. What ends something by its path alone would end the fuzzing, too.
func takesBody(e endpoint.Endpoint) bool {
	switch e.Method {
	case http.MethodGet:
		return false
	case http.MethodDelete:
		return strings.Contains(e.Path, "/relationships/") && !strings.HasSuffix(e.Path, "/data-retention-policy") || strings.HasSuffix(e.Path, "/team-tokens")
	}
	return !strings.Contains(e.Path, "/actions/") || strings.HasSuffix(e.Path, "/lock")
}

// FuzzBodies sends bodies to every endpoint that reads one. None makes the service fail, every refusal is a document of
// errors, and a refused request changes nothing.
func FuzzBodies(f *testing.F) {
	w := newFuzzWorld(f)
	targets := slices.DeleteFunc(slices.Clone(w.endpoints), func(e endpoint.Endpoint) bool { return !takesBody(e) })
	for i, e := range targets {
		parts := strings.Split(strings.ReplaceAll(e.Path, "/:", "/"), "/")
		for j, body := range bodies() {
			if strings.Contains(body, parts[len(parts)-1]) || strings.Contains(body, parts[len(parts)-2]) || j%len(targets) == i {
				f.Add(uint8(i), body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, target uint8, body string) {
		e := targets[int(target)%len(targets)]
		before := w.lastChange(t)
		out := w.ask(t, e.Method, &url.URL{Path: w.path(e)}, w.fill(body))
		w.answers(t, e.Method+" "+e.Path, out)
		if out.Code >= http.StatusBadRequest && w.lastChange(t) != before {
			t.Fatalf("%s %s refuses %q with %d and has changed something", e.Method, e.Path, body, out.Code)
		}
		if strings.HasPrefix(e.Path, "/api/v2/admin/organizations") { // what is disabled has nothing to fuzz in it
			w.ask(t, http.MethodPatch, &url.URL{Path: "/api/v2/admin/organizations/" + w.ids["organization"]}, `{"data":{"attributes":{"is-disabled":false}}}`)
		}
	})
}

// FuzzQueries asks every endpoint that reads for all kinds of pages, filters and orders.
func FuzzQueries(f *testing.F) {
	w := newFuzzWorld(f)
	targets := slices.DeleteFunc(slices.Clone(w.endpoints), func(e endpoint.Endpoint) bool { return e.Method != http.MethodGet })
	queries := []string{
		"", "page[number]=2&page[size]=1", "page[number]=0", "page%5Bsize%5D=x", "q=a&sort=name", "sort=-name&include=organization,project", "include=bogus", "include=,",
		"filter[names]=a,b&filter[tagged][0][key]=k&filter[tagged][0][value]=", "filter[tagged][99999999999999999999][key]=k", "filter[tagged][1]=",
		"search[name]=w&search[wildcard-name]=*e*&search[tags]=blue&search[exclude-tags]=green&filter[project][id]=<project>", "filter[current-run][status]=applied",
		"filter[status]=active,invited&filter[email]=b@example.com", "filter[workspace][id]=<workspace>", "filter[project][id]=<project>&filter[team][id]=<team>",
		"filter[admin]=true&filter[suspended]=false", "q[name]=a&q[email]=b", "token=audit-trails", "filter[expiry_status]=active&sort=-team-name",
		"filter[exclude][taggable][id]=<workspace>&name=b", "filter[allowed_workspaces][name]=web&filter[allowed_projects][name]=apps",
		"filter[permissions][update]=true&filter[permissions][create-workspace]=x", "organization=acme&since=2026-01-01T00:00:00Z", "since=x", "%zz", "a;b", "%00", "q=%ff", "q=%25_%5c'\"",
	}
	for i := range max(len(targets), len(queries)) {
		f.Add(uint8(i), queries[i%len(queries)])
		f.Add(uint8(i*7), queries[i%len(queries)])
	}
	before := w.lastChange(f)
	f.Fuzz(func(t *testing.T, target uint8, query string) {
		e := targets[int(target)%len(targets)]
		w.answers(t, e.Method+" "+e.Path, w.ask(t, e.Method, &url.URL{Path: w.path(e), RawQuery: w.fill(query)}, ""))
		if w.lastChange(t) != before {
			t.Fatalf("%s %s?%s has changed something", e.Method, e.Path, query)
		}
	})
}

// FuzzPaths puts all kinds of texts where ids and names belong, with a body that nobody can read.
func FuzzPaths(f *testing.F) {
	w := newFuzzWorld(f)
	var targets []endpoint.Endpoint
	for _, e := range w.endpoints {
		if strings.Contains(e.Path, "/:") && (e.Method == http.MethodGet || takesBody(e)) {
			targets = append(targets, e)
		}
	}
	values := []string{"", "x", "acme", "<workspace>x", "a b", "a/b", "../..", "\x00", "\xff", "é", "#", "?", "*", ":id", "ws-1111111111111111", "user:alice#member", strings.Repeat("x", 2000)}
	for i := range targets {
		f.Add(uint8(i), values[i%len(values)], i%2 == 0)
		f.Add(uint8(i), values[(i*5+3)%len(values)], i%2 == 1)
	}
	f.Fuzz(func(t *testing.T, target uint8, value string, escaped bool) {
		e := targets[int(target)%len(targets)]
		name := e.Path[strings.Index(e.Path, "/:")+1:]
		name, _, _ = strings.Cut(name, "/")
		before, after, _ := strings.Cut(e.Path, name)
		e.Path = before + "\x01" + after
		at := strings.Replace(w.path(e), "\x01", w.fill(value), 1)
		u := &url.URL{Path: at}
		if escaped {
			u.RawPath = strings.Replace(w.path(e), "\x01", url.PathEscape(w.fill(value)), 1)
		}
		last := w.lastChange(t)
		out := w.ask(t, e.Method, u, `{"data":`)
		w.answers(t, e.Method+" "+at, out)
		if w.lastChange(t) != last {
			t.Fatalf("%s %s has changed something", e.Method, at)
		}
	})
}
