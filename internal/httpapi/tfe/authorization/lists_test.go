package authorization_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// testLists says what each list shows to each column.
func testLists(t *testing.T, s *suite) {
	w := s.town(t)
	// Everybody who was invited has come, so that nothing changes any more.
	w.callers['I'].read(t, "organizations/"+w.name)
	person := func(column rune) string { return w.membershipOf(t, w.callers[column]) }
	all := []string{person('O'), person('P'), person('M'), person('N'), person('I'), person('S')}
	everything := "AUOPWG" // whoever sees all
	seenTag, hiddenTag := w.tag(t, w.web), w.tag(t, w.vault)
	consumers := encode(t, links("workspaces", w.vault))
	must(t, "add a consumer", w.owner.call(t, http.MethodPost, "workspaces/"+w.web+"/relationships/remote-state-consumers", consumers).outcome())
	rows := []struct {
		path  string
		shown map[string][]string // by columns; whoever is in none is shown nothing
	}{
		{"organizations/{org}/teams", map[string][]string{everything: {w.crew, w.others, w.ring, w.ownersTeam}, "MNIT": {w.crew, w.others, w.ownersTeam}}},
		{"organizations/{org}/projects", map[string][]string{everything: {w.defaultProject, w.apps, w.quiet}, "MT": {w.apps}}},
		{"organizations/{org}/workspaces", map[string][]string{everything: {w.web, w.vault}, "MT": {w.web}}},
		{"organizations/{org}/workspaces?filter%5Bproject%5D%5Bid%5D={quiet}", map[string][]string{everything: {w.vault}}},
		{"organizations/{org}/stacks", map[string][]string{"AUOPW": {w.stack}}},
		{"organizations/{org}/organization-memberships", map[string][]string{everything: all, "M": {person('M')}, "N": {person('N')}, "I": {person('I')}}},
		{"workspaces/{web}/relationships/remote-state-consumers", map[string][]string{everything: {w.vault}}},
		{"organizations/{org}/tags", map[string][]string{everything: {seenTag, hiddenTag}, "MT": {seenTag}}},
		{"organizations/{org}/team-tokens", map[string][]string{"AOPW": {w.tokenCrew, w.tokenOwners}, "GM": {w.tokenCrew}}},
		{"team-workspaces?filter%5Bworkspace%5D%5Bid%5D={web}", map[string][]string{everything: w.rows(t, "team-workspaces?filter%5Bworkspace%5D%5Bid%5D={web}"), "MT": {w.crewOnWeb}}},
		{"team-projects?filter%5Bproject%5D%5Bid%5D={quiet}", map[string][]string{everything: {w.onApps}}},
		{"organization-memberships", map[string][]string{"O": {person('O')}, "P": {person('P')}, "M": {person('M')}, "N": {person('N')}, "I": {person('I')}}},
	}
	for _, row := range rows {
		path := w.fill(row.path)
		for _, column := range columns {
			if column == 'A' && strings.HasPrefix(row.path, "organization-memberships") {
				continue // is a member of what other cases let him make
			}
			s.test(t, string(column)+" "+row.path, func(t *testing.T) {
				want := []string{}
				for those, shown := range row.shown {
					if slices.Contains([]rune(those), column) {
						want = shown
					}
				}
				compareList(t, w.callers[column], path, want)
			})
		}
	}
	for _, column := range columns {
		s.test(t, string(column)+" organizations", func(t *testing.T) {
			shown := slices.Contains(ids(w.callers[column].list(t, "organizations?q%5Bname%5D="+w.name)), w.name)
			if want := column != 'X' && column != 'D'; shown != want {
				t.Errorf("the list shows the organization: %v, want %v", shown, want)
			}
		})
	}
}

// compareList compares the ids of a list; nothing may also be said by a 404.
func compareList(t *testing.T, who *caller, path string, want []string) {
	t.Helper()
	got := []string{}
	if r := who.call(t, http.MethodGet, path, ""); len(want) > 0 || r.outcome() != refused {
		got = ids(who.list(t, path))
	}
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("the list shows %v, want %v", got, want)
	}
}

// tag puts a new tag on a workspace and returns its id.
func (w *town) tag(t *testing.T, workspace string) string {
	t.Helper()
	name := w.fresh("tag")
	body := encode(t, map[string]any{"data": []any{map[string]any{"type": "tags", "attributes": map[string]any{"name": name}}}})
	must(t, "add a tag", w.owner.call(t, http.MethodPost, "workspaces/"+workspace+"/relationships/tags", body).outcome())
	return w.owner.list(t, "organizations/"+w.name+"/tags?q="+name)[0].ID
}

// rows returns what the owner sees in a list.
func (w *town) rows(t *testing.T, path string) []string {
	t.Helper()
	return ids(w.owner.list(t, w.fill(path)))
}

// membershipOf returns the id of a person's membership.
func (e *estate) membershipOf(t *testing.T, who *caller) string {
	t.Helper()
	found := e.owner.list(t, "organizations/"+e.name+"/organization-memberships?filter%5Bemail%5D="+who.name+"%40users.invalid")
	if len(found) != 1 {
		t.Fatalf("%s has %d memberships", who.name, len(found))
	}
	return found[0].ID
}

// related returns the ids of a to-many relationship of a document.
func (r resource) related(t *testing.T, name string) []string {
	t.Helper()
	var data []resource
	if raw := r.Relationships[name].Data; raw != nil {
		if err := json.Unmarshal(raw, &data); err != nil {
			t.Fatalf("the relationship %s: %v", name, err)
		}
	}
	out := []string{}
	for _, d := range data {
		out = append(out, d.ID)
	}
	return slices.Sorted(slices.Values(out))
}
