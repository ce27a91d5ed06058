package places_test

import (
	"net/http"
	"strings"
	"testing"
)

// refused fails the test unless a query of a collection is refused with a status and a text.
func (p caller) refused(t *testing.T, path, says string) {
	t.Helper()
	if r := p.get(t, path).want(t, http.StatusBadRequest); !strings.Contains(r.body, says) {
		t.Errorf("%s answers %s, want %q in it", r.call, r.body, says)
	}
}

// TestPathsNeverComeBack holds that no query goes round in circles, and that those nearly like it are answered.
func TestPathsNeverComeBack(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	w.fill(t, id, 3)
	w.site.make(t, path+"/team", values{"name": "READERS"})
	p := w.person(t, "READERS")
	all := path + "/workspace"
	for query, says := range map[string]string{
		"include=organization.workspace":                                          "include comes back to workspace by workspace",
		"include=organization.workspace.organization.workspace":                   "include comes back to workspace",
		"include=variable.workspace":                                              "include comes back to workspace",
		"filter[workspace]=organization.workspace.name==x":                        "filter[workspace] comes back to workspace",
		"filter[workspace]=organization.workspace.organization.workspace.name==x": "filter[workspace] comes back to workspace",
		"filter=organization.workspace=isempty=false":                             "filter comes back to workspace",
		"filter=name==x;(name==y,variable.workspace.name==x)":                     "filter comes back to workspace",
		"sort=organization.workspace.name":                                        "sort comes back to workspace",
	} {
		p.refused(t, all+"?"+query, says)
	}
	p.refused(t, path+"?include=workspace.organization", "include comes back to organization")
	for query, found := range map[string]int{
		"include=organization.team":                                         3,
		"filter=organization.team.name==READERS":                            3,
		"filter=organization.team.name==OTHERS":                             0,
		"filter=organization.team=isempty=false;organization.project==x":    0,
		"sort=organization.name&filter=organization==" + id:                 3,
		"filter=organization==" + id + ";organization.name!=nothing-at-all": 3,
	} {
		if got := p.get(t, all+"?"+query).want(t, http.StatusOK).objects(t); len(got) != found {
			t.Errorf("%s finds %d, want %d", query, len(got), found)
		}
	}
}

// TestIncludedObjectsStandOnce although several lead to each of them.
func TestIncludedObjectsStandOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	w.fill(t, id, 5)
	w.site.make(t, path+"/team", values{"name": "READERS"})
	p := w.person(t, "READERS")
	var d struct{ Data, Included []object }
	p.get(t, path+"/workspace?include=organization.team,organization.project").want(t, http.StatusOK).decode(t, &d)
	seen := map[string]int{}
	for _, o := range d.Included {
		seen[o.Type]++
	}
	if len(d.Data) != 5 || seen["organization"] != 1 || seen["team"] != 2 { // the owners are a team as well
		t.Errorf("%d workspaces, and included are %v", len(d.Data), seen)
	}
}

// TestCollectionsOfManyObjects are not read for more of them than a request may touch.
func TestCollectionsOfManyObjects(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	w.fill(t, id, 501)
	w.site.make(t, path+"/team", values{"name": "READERS"})
	p := w.person(t, "READERS")
	all := path + "/workspace"
	p.refused(t, all+"?page[size]=501&fields[workspace]=name,variable", "fields[workspace] must not name variable")
	p.refused(t, all+"?page[size]=501&include=schedule", "include must not name schedule")
	for _, query := range []string{"?fields[workspace]=name,schedule", "?page[size]=501&fields[workspace]=name,organization&include=project,organization"} {
		p.get(t, all+query).want(t, http.StatusOK)
	}
	comparisons := strings.Repeat("schedule.cron==x,", 190) + "schedule.cron==y"
	if found := p.get(t, all+"?filter="+comparisons).want(t, http.StatusOK).objects(t); len(found) != 0 {
		t.Errorf("found %d", len(found))
	}
}

// TestARequestTouchesSoMuchAndNoMore fills an organization with more than that.
func TestARequestTouchesSoMuchAndNoMore(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	w.fill(t, id, 2600)
	w.site.make(t, path+"/team", values{"name": "READERS"})
	p := w.person(t, "READERS")
	p.refused(t, path+"/workspace?filter=schedule.cron==x", "filter reaches too many objects")
	p.refused(t, path+"/workspace?filter[workspace]=schedule=isempty=false", "filter[workspace] reaches too many objects")
	p.refused(t, path+"?include=workspace.schedule", "include reaches too many objects")
	p.get(t, path+"/workspace?page[size]=2600&filter=organization.name!=x").want(t, http.StatusOK)
	p.get(t, path+"?include=workspace").want(t, http.StatusOK)
}

// TestLongTexts are refused by the name of their attribute, and those that just fit are kept.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	w.fill(t, id, 1)
	of := func(attribute string, n int, letter string) values {
		v := values{"name": w.fresh("x"), "terraformVersion": "1.9.0", "source": "empty", "branch": "main"}
		v[attribute] = strings.Repeat(letter, n)
		return v
	}
	for attribute, most := range map[string]int{"terraformVersion": 255, "folder": 255, "iacType": 255, "description": 64 << 10, "source": 64 << 10} {
		w.site.make(t, path+"/workspace", of(attribute, most, "y"))
		r := w.site.post(t, path+"/workspace", of(attribute, most+1, "y")).want(t, http.StatusBadRequest)
		if !strings.Contains(r.body, attribute+" must not be longer than") {
			t.Errorf("%s: %s", attribute, r.body)
		}
	}
	w.site.make(t, path+"/workspace", of("folder", 255, "ü")) // characters, not bytes
	one := w.site.list(t, path+"/workspace", "name==ws-00000")[0].ID
	value := func(n int) values {
		return values{"key": "k", "category": "ENV", "value": strings.Repeat("v", n)}
	}
	w.site.make(t, path+"/workspace/"+one+"/variable", value(64<<10))
	if r := w.site.post(t, path+"/workspace/"+one+"/variable", value(64<<10+1)).want(t, http.StatusBadRequest); !strings.Contains(r.body, "value must not be longer than 64 KiB") {
		t.Errorf("a value: %s", r.body)
	}
	if r := w.site.patch(t, path+"/workspace", one, values{"name": strings.Repeat("n", 256)}).want(t, http.StatusBadRequest); !strings.Contains(r.body, "name must not be longer than 255") {
		t.Errorf("a name: %s", r.body)
	}
}
