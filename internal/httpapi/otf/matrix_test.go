package otf_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/schema"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/otf.md")

// pair is a row of testdata/matrix.txt: what OTF itself answers.
type pair struct{ action, on, least string }

// levels are whom the matrix asks about, in the order of its columns.
var levels = []string{"nobody", "member", "read", "plan", "write", "admin", "workspaces", "vcs", "registry", "owner"}

// holds reports whether OTF gives the pair to a level.
func (p pair) holds(level string) bool {
	ladder := []string{"read", "plan", "write", "admin", "workspaces"}
	switch p.least {
	case "anyone":
		return true
	case "site":
		return false
	case "member":
		return level != "nobody"
	case level:
		return true
	}
	least, own := slices.Index(ladder, p.least), slices.Index(ladder, level)
	return level == "owner" || least >= 0 && own >= least
}

// columns reads a file of testdata: lines of words, the last of which may be a sentence.
func columns(t *testing.T, name string, n int) [][]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var row []string
		for range n - 1 {
			word, rest, _ := strings.Cut(line, " ")
			row, line = append(row, word), strings.TrimSpace(rest)
		}
		out = append(out, append(row, line))
	}
	return out
}

func pairs(t *testing.T) []pair {
	t.Helper()
	var out []pair
	for _, row := range columns(t, "matrix.txt", 3) {
		out = append(out, pair{row[0], row[1], row[2]})
	}
	return out
}

// deviation is a row of testdata/deviations.txt: who is answered otherwise here, and why.
type deviation struct {
	pair
	ours string // the levels that hold it here, or "none"; "unknown" for what has no counterpart
	why  string
}

func deviations(t *testing.T) []deviation {
	t.Helper()
	var out []deviation
	for _, row := range columns(t, "deviations.txt", 4) {
		out = append(out, deviation{pair{action: row[0], on: row[1]}, row[2], row[3]})
	}
	return out
}

// TestMatrix asks every pair of OTF's matrix as everybody in it, in OTF's own words, over HTTP. The answers are OTF's but
// for the deviations, each of which must be one.
func TestMatrix(t *testing.T) {
	t.Parallel()
	w := newMatrixWorld(t)
	reasoned := map[pair]deviation{}
	for _, d := range deviations(t) {
		reasoned[pair{action: d.action, on: d.on}] = d
	}
	asked, agreed := 0, 0
	for _, p := range pairs(t) {
		asked += len(levels)
		d, deviates := reasoned[pair{action: p.action, on: p.on}]
		delete(reasoned, pair{action: p.action, on: p.on})
		known := resolves(p.action)
		if known == (d.ours == "unknown") {
			t.Errorf("%s: whether it has a counterpart is %t", p.action, known)
		}
		var want, got []string
		for i, held := range w.ask(t, p) {
			if p.holds(levels[i]) {
				want = append(want, levels[i])
			}
			if held {
				got = append(got, levels[i])
			}
			if held == p.holds(levels[i]) {
				agreed++
			}
		}
		switch {
		case d.ours == "unknown":
			if len(got) > 0 {
				t.Errorf("%s has no counterpart, and %v hold it", p.action, got)
			}
		case !deviates:
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s on %s, -OTF +ours\n%s", p.action, p.on, diff)
			}
		case short(got) != d.ours:
			t.Errorf("%s on %s is held by %s, and the deviation says %s", p.action, p.on, short(got), d.ours)
		case slices.Equal(want, got):
			t.Errorf("%s on %s: the deviation is none", p.action, p.on)
		}
	}
	for p := range maps.Keys(reasoned) {
		t.Errorf("the deviation of %s on %s is about no pair", p.action, p.on)
	}
	t.Logf("%d questions, %d answered as OTF answers them", asked, agreed)
	if asked < 1100 {
		t.Errorf("%d questions were asked", asked)
	}
}

func resolves(action string) bool {
	return slices.ContainsFunc([]string{schema.TypePlatform, schema.TypeOrganization, schema.TypeTeam, schema.TypeWorkspace}, func(typeName string) bool {
		_, ok := schema.Resolve(typeName, "otf:"+action)
		return ok
	})
}

// short names a set of levels: the least, where all above hold it, too.
func short(held []string) string {
	if len(held) == 0 {
		return "none"
	}
	for _, least := range append([]string{"anyone", "site"}, levels[1:]...) {
		var all []string
		for _, l := range levels {
			if (pair{least: least}).holds(l) {
				all = append(all, l)
			}
		}
		if slices.Equal(all, held) {
			return least
		}
	}
	return strings.Join(held, ",")
}

// newMatrixWorld is an organization with a team for each level, one member in each, and OTF's levels in force.
func newMatrixWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(c *config.Config) { c.OTFLevels = true })
	w.team(t, "another")
	workspace := id(t, w.api(t, "owner", http.MethodPost, "organizations/acme/workspaces", `{"data":{"type":"workspaces","attributes":{"name":"prod"}}}`, http.StatusCreated))
	flags := map[string]string{"workspaces": "ManageWorkspaces", "vcs": "ManageVCS", "registry": "ManageModules"}
	for _, level := range levels[1:9] {
		body := `{"Name":"` + level + `-team","Visibility":"organization"`
		if flag := flags[level]; flag != "" {
			body += `,"` + flag + `":true`
		}
		team := id(t, w.do(t, "owner", http.MethodPost, "organizations/acme/teams", body+"}", http.StatusCreated))
		w.do(t, "owner", http.MethodPost, "teams/"+team+"/relationships/users", usernames(t, level+"-user"), http.StatusCreated)
		if slices.Contains([]string{"read", "plan", "write", "admin"}, level) {
			w.api(t, "owner", http.MethodPost, "team-workspaces", fmt.Sprintf(`{"data":{"type":"team-workspaces","attributes":{"access":%q},"relationships":{
				"team":{"data":{"type":"teams","id":%q}},"workspace":{"data":{"type":"workspaces","id":%q}}}}}`, level, team, workspace), http.StatusCreated)
		}
	}
	return w
}

// ask returns whether each level holds a pair.
func (w *world) ask(t *testing.T, p pair) []bool {
	t.Helper()
	var questions []string
	for _, level := range levels {
		subject, own := level+"-user", "acme/"+level+"-team"
		switch level {
		case "nobody":
			subject, own = "outsider", "acme/another"
		case "owner":
			subject, own = "owner", "acme/owners"
		}
		object := map[string][2]string{
			"org": {schema.TypeOrganization, "acme"}, "ws": {schema.TypeWorkspace, "acme/prod"}, "team": {schema.TypeTeam, "acme/another"},
			"own": {schema.TypeTeam, own}, "site": {schema.TypePlatform, "main"},
		}[p.on]
		questions = append(questions, fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":%q,"id":%q}}`, subject, "otf:"+p.action, object[0], object[1]))
	}
	reply := w.Call(t, http.MethodPost, "/access/v1/evaluations", w.SiteToken, `{"evaluations":[`+strings.Join(questions, ",")+`]}`)
	var answers struct{ Evaluations []struct{ Decision bool } }
	if reply.Decode(t, &answers); len(answers.Evaluations) != len(levels) {
		t.Fatalf("%s: %d %s", p.action, reply.Status, reply.Body)
	}
	out := make([]bool, len(levels))
	for i, a := range answers.Evaluations {
		out[i] = a.Decision
	}
	return out
}
