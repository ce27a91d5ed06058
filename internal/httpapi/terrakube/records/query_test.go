package records_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shelf is a world with collections c1 to c5 of falling priority, of which c1 has items and c3 no priority.
func shelf(t *testing.T) (*world, string, []string) {
	t.Helper()
	w := start(t)
	path := "organization/" + w.org + "/collection"
	var made []string
	for i := 1; i <= 5; i++ {
		attributes := map[string]any{"name": fmt.Sprintf("c%d", i), "priority": 60 - 10*i, "description": "the one"}
		if i == 3 {
			attributes["priority"], attributes["description"] = nil, "other; one"
		}
		made = append(made, w.make(t, path, "collection", attributes, ""))
	}
	for _, key := range []string{"b", "a"} {
		w.make(t, path+"/"+made[0]+"/item", "item", map[string]any{"key": key}, "")
	}
	return w, path, made
}

func TestFilters(t *testing.T) {
	t.Parallel()
	w, path, made := shelf(t)
	for filter, want := range map[string]string{
		"name==c1":                              "c1",
		"name==" + made[1]:                      "c2", // as the command line looks up every id that is no UUID
		"name=='c1'":                            "c1",
		"name==C1":                              "",
		"name=ini=(C1,C2)":                      "c1 c2",
		"name=in=(c1,c2,x)":                     "c1 c2",
		"name==c*;priority=gt=25":               "c1 c2",
		"name==c1,name==c2":                     "c1 c2",
		"priority=isnull=true":                  "c3",
		"priority=between=(10,20)":              "c4 c5",
		"description=='other; one'":             "c3",
		"id==" + made[4]:                        "c5",
		"organization.name==acme;name==c4":      "c4",
		"organization.name==rival":              "",
		"item=isempty=false":                    "c1",
		"item.key==a":                           "c1",
		"createdDate=gt=2001-01-01;name==c1":    "c1",
		"createdBy==olga;name==c2":              "c2",
		"organization==" + w.org + ";name==c2":  "c2",
		"(name==c1,name==c2);description==the*": "c1 c2",
	} {
		for form, query := range map[string]string{
			"of a type":             "filter[collection]=" + url.QueryEscape(filter),
			"of a type, encoded":    "filter%5Bcollection%5D=" + url.QueryEscape(filter),
			"of everything":         "filter=" + url.QueryEscape(filter),
			"with raw signs":        "filter[collection]=" + strings.ReplaceAll(filter, " ", "%20"),
			"by type and in common": "filter[collection]=" + url.QueryEscape(filter) + "&filter=name==c*",
		} {
			got := names(w.call(t, http.MethodGet, path+"?sort=name&"+query, w.owner, "").want(t, http.StatusOK).objects(t))
			if strings.Join(got, " ") != want {
				t.Errorf("%s, %s: got %v, want %s", filter, form, got, want)
			}
		}
	}
}

// A filter must not tell of what its writer may not read.
func TestFiltersTellNothingHidden(t *testing.T) {
	t.Parallel()
	w, path, made := shelf(t)
	reference := path + "/" + made[0] + "/reference"
	w.make(t, reference, "reference", nil, fmt.Sprintf(`"workspace":{"data":{"type":"workspace","id":%q}}`, w.workspace))
	for token, want := range map[string]int{w.owner: 1, w.reader: 1, w.member: 0} {
		got := w.call(t, http.MethodGet, reference+"?filter=workspace.name==net", token, "").want(t, http.StatusOK).objects(t)
		if len(got) != want {
			t.Errorf("the filter selects %d, want %d", len(got), want)
		}
		shown := w.call(t, http.MethodGet, reference+"?include=workspace", token, "").want(t, http.StatusOK)
		if strings.Contains(shown.Body, `"name":"net"`) != (want == 1) {
			t.Errorf("included is %s", shown.Body)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	w, path, _ := shelf(t)
	for sort, want := range map[string]string{
		"name": "c1 c2 c3 c4 c5", "-name": "c5 c4 c3 c2 c1", "priority": "c5 c4 c2 c1 c3", "-priority": "c1 c2 c4 c5 c3",
		"description,-priority": "c3 c1 c2 c4 c5", "organization.name,-name": "c5 c4 c3 c2 c1", "-createdDate,name": "c1 c2 c3 c4 c5",
	} {
		got := names(w.call(t, http.MethodGet, path+"?sort="+sort, w.owner, "").want(t, http.StatusOK).objects(t))
		if sort == "-createdDate,name" {
			if len(got) != 5 {
				t.Errorf("by %s: %v", sort, got)
			}
			continue
		}
		if strings.Join(got, " ") != want {
			t.Errorf("by %s: got %v, want %s", sort, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	w, path, _ := shelf(t)
	for query, row := range map[string]struct{ want, meta string }{
		"":                            {"c1 c2 c3 c4 c5", ""},
		"page[size]=2":                {"c1 c2", `{"limit":2,"number":1}`},
		"page[number]=2&page[size]=2": {"c3 c4", `{"limit":2,"number":2}`},
		"page[number]=3&page[size]=2&page[totals]":                  {"c5", `{"limit":2,"number":3,"totalPages":3,"totalRecords":5}`},
		"page%5Bnumber%5D=9&page%5Bsize%5D=2&page%5Btotals%5D=true": {"", `{"limit":2,"number":9,"totalPages":3,"totalRecords":5}`},
		"page[offset]=1&page[limit]=3":                              {"c2 c3 c4", `{"limit":3,"number":1}`},
		"page[offset]=4":                                            {"c5", `{"limit":500,"number":1}`},
		"page[totals]&filter=name=in=(c1,c2)":                       {"c1 c2", `{"limit":500,"number":1,"totalPages":1,"totalRecords":2}`},
	} {
		got := w.call(t, http.MethodGet, path+"?sort=name&"+query, w.owner, "").want(t, http.StatusOK)
		if all := names(got.objects(t)); strings.Join(all, " ") != row.want {
			t.Errorf("%s: got %v, want %s", query, all, row.want)
		}
		if wanted := `"meta":{"page":` + row.meta + `}`; row.meta != "" && !strings.Contains(got.Body, wanted) || row.meta == "" && strings.Contains(got.Body, "meta") {
			t.Errorf("%s: answers %s, want %s", query, got.Body, wanted)
		}
	}
}

func TestWhatIsShown(t *testing.T) {
	t.Parallel()
	w, path, made := shelf(t)
	one := path + "/" + made[0]
	sparse := w.call(t, http.MethodGet, one+"?fields[collection]=name,organization", w.owner, "").want(t, http.StatusOK).object(t)
	if diff := cmp.Diff(map[string]any{"name": "c1"}, sparse.Attributes); diff != "" || len(sparse.Relationships) != 1 {
		t.Errorf("attributes (-want +got):\n%s\nrelations %v", diff, sparse.Relationships)
	}
	listed := w.call(t, http.MethodGet, path+"?fields[collection]=name&filter=name==c1", w.owner, "").objects(t)
	if len(listed) != 1 || len(listed[0].Attributes) != 1 || len(listed[0].Relationships) != 0 {
		t.Errorf("listed is %v", listed)
	}
	var d struct {
		Data     object
		Included []object
	}
	w.call(t, http.MethodGet, one+"?include=item,organization&fields[item]=key", w.owner, "").want(t, http.StatusOK).Decode(t, &d)
	seen := map[string]int{}
	for _, o := range d.Included {
		seen[o.Type]++
		if o.Type == "item" && len(o.Attributes) != 1 {
			t.Errorf("an included item shows %v", o.Attributes)
		}
	}
	if diff := cmp.Diff(map[string]int{"item": 2, "organization": 1}, seen); diff != "" {
		t.Errorf("included (-want +got):\n%s", diff)
	}
	if items, _ := d.Data.Relationships["item"].Data.([]any); len(items) != 2 {
		t.Errorf("the relation to items is %v", d.Data.Relationships["item"])
	}
	w.call(t, http.MethodGet, path+"?include=item.collection.organization&filter=name==c1", w.owner, "").want(t, http.StatusBadRequest, "include comes back to collection")
	w.call(t, http.MethodGet, one+"/relationships/item", w.owner, "").want(t, http.StatusOK, `"type":"item"`)
}

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	w, path, made := shelf(t)
	for query, says := range map[string]string{
		"filter=name":                         "filter ends where",
		"filter[collection]=name==":           "filter[collection] ends where",
		"filter[collection]=nothing==x":       "filter[collection] names nothing, which collection has not",
		"filter[collection]=nothing.name==x":  "no relation of collection",
		"filter[module]=name==x":              "filter[module] filters no collection",
		"filter[collection.name]=x":           "filters no collection",
		"filter=priority==high":               "whole number",
		"filter=name==c1&filter=name":         "filter ends where",
		"filter=a.b.c.d.e.f.g.h==1":           "more than 5 relations",
		"filter=%zz":                          "filter is not percent-encoded",
		"filter=name==%ff":                    "",
		"filter=name==%00":                    "",
		"sort=nothing":                        "sort names nothing",
		"sort=item":                           "sort names item",
		"sort=" + strings.Repeat("name,", 30): "sort must not name more than",
		"page[size]=0":                        "page[size] must be a whole number from 1 to 10000",
		"page[size]=10001":                    "page[size]",
		"page[number]=x":                      "page[number]",
		"page[offset]=-1":                     "page[offset]",
		"page[number]=1&page[offset]=1":       "not by both",
		"page[first]=1":                       "page[first]",
		"include=nothing":                     "include names nothing",
		"include=item.nothing":                "include names nothing",
		"include=item.collection.item.collection.item.collection": "more than 5 relations",
		"fields[nothing]=name":       "fields[nothing]",
		"fields[collection]=nothing": "fields[collection] names nothing",
	} {
		w.call(t, http.MethodGet, path+"?"+query, w.owner, "").want(t, http.StatusBadRequest, says)
	}
	w.call(t, http.MethodGet, path+"/"+made[0]+"?include=nothing", w.owner, "").want(t, http.StatusBadRequest, "include")
	w.call(t, http.MethodPost, path+"?include=nothing", w.owner, document(t, "collection", "", map[string]any{"name": "never"}, "")).want(t, http.StatusBadRequest, "include")
	if all := w.call(t, http.MethodGet, path+"?filter=name==never", w.owner, "").objects(t); len(all) != 0 {
		t.Error("a request that was refused made something")
	}
}
