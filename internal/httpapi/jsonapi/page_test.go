package jsonapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

func TestReadPage(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]jsonapi.Page{
		"":                               {Number: 1, Size: 20},
		"page[number]=3":                 {Number: 3, Size: 20, Given: true},
		"page[size]=7":                   {Number: 1, Size: 7, Given: true},
		"page[number]=999&page[size]=50": {Number: 999, Size: 50, Given: true},
		"page[size]=5000":                {Number: 1, Size: 100, Given: true},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := jsonapi.ReadPage(values)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", query, got, err, want)
		}
	}
	for _, query := range []string{"page[number]=0", "page[number]=-1", "page[size]=x", "page[size]=1.5", "page[number]=99999999999999999999"} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = jsonapi.ReadPage(values)
		e, ok := jsonapi.AsStatus(err)
		if !ok || e.Status != http.StatusBadRequest || !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", query, err)
		}
	}
}

func TestBothFaultsOfAPageAreNamed(t *testing.T) {
	t.Parallel()
	_, err := jsonapi.ReadPage(url.Values{"page[size]": {"0"}, "page[number]": {"1048577"}})
	var got []string
	for _, f := range fault.All(err) {
		got = append(got, f.Field+" "+f.Message)
	}
	want := []string{"?page[number] must be a whole number from 1 to 1048576", "?page[size] must be a whole number from 1 to 1048576"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestPagination(t *testing.T) {
	t.Parallel()
	one, three := 1, 3
	for _, c := range []struct {
		page  jsonapi.Page
		total int
		want  jsonapi.Pagination
	}{
		{jsonapi.Page{Number: 1, Size: 20}, 0, jsonapi.Pagination{CurrentPage: 1, PageSize: 20, TotalPages: 1}},
		{jsonapi.Page{Number: 2, Size: 2}, 5, jsonapi.Pagination{CurrentPage: 2, PageSize: 2, PrevPage: &one, NextPage: &three, TotalPages: 3, TotalCount: 5}},
		{jsonapi.Page{Number: 999, Size: 2}, 5, jsonapi.Pagination{CurrentPage: 999, PageSize: 2, PrevPage: &three, TotalPages: 3, TotalCount: 5}},
	} {
		if diff := cmp.Diff(c.want, c.page.Of(c.total)); diff != "" {
			t.Errorf("page %+v of %d (-want +got):\n%s", c.page, c.total, diff)
		}
	}
	if got := jsonapi.Cut([]int{1, 2, 3, 4, 5}, jsonapi.Page{Number: 3, Size: 2}); !cmp.Equal(got, []int{5}) {
		t.Errorf("the third page is %v", got)
	}
	if got := jsonapi.Cut([]int{1}, jsonapi.Page{Number: 1 << 20, Size: 100}); len(got) != 0 {
		t.Errorf("a page behind the end holds %v", got)
	}
}

func TestLinksOfAPageKeepTheQuestion(t *testing.T) {
	t.Parallel()
	page := jsonapi.Page{Number: 2, Size: 2}.Of(3)
	links := page.Links(&url.URL{Path: "/api/v2/things", RawQuery: "q=a+b&page%5Bnumber%5D=2"})
	want := map[string]any{
		"self":  "/api/v2/things?page%5Bnumber%5D=2&page%5Bsize%5D=2&q=a+b",
		"first": "/api/v2/things?page%5Bnumber%5D=1&page%5Bsize%5D=2&q=a+b",
		"prev":  "/api/v2/things?page%5Bnumber%5D=1&page%5Bsize%5D=2&q=a+b",
		"next":  nil,
		"last":  "/api/v2/things?page%5Bnumber%5D=2&page%5Bsize%5D=2&q=a+b",
	}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestRelationshipsOnTheWire(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]jsonapi.Relationship{
		`{"data":null}`:                          jsonapi.ToOne("users", ""),
		`{"data":{"id":"u","type":"users"}}`:     jsonapi.ToOne("users", "u"),
		`{"data":[]}`:                            jsonapi.ToMany("users"),
		`{"data":[{"id":"u","type":"users"}]}`:   jsonapi.ToMany("users", "u"),
		`{"links":{"related":"/x"}}`:             jsonapi.Elsewhere("/x"),
		`{"data":null,"links":{"related":"/x"}}`: jsonapi.ToOne("users", "").At("/x"),
	} {
		if got, err := json.Marshal(r); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}
