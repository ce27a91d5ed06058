package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/loader/rest"
)

// names reads lists of names whose next page a Link header gives, or the header Total counts.
func names() rest.Lister[string] {
	return rest.Lister[string]{
		Key: func(s string) string { return s },
		Page: func(r rest.Reply) (page rest.Page[string], err error) {
			page.Next = r.NextLink()
			page.Total, _ = strconv.Atoi(r.Header.Get("Total"))
			return page, r.Decode(&page.Items)
		},
	}
}

// script answers by path; "a b > /next" is a page with two names and a link. A "!" fails.
func script(t *testing.T, pages map[string]string) *rest.Client {
	t.Helper()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, ok := pages[r.URL.RequestURI()]
		if !ok || text == "!" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		items, next, linked := strings.Cut(text, ">")
		if linked {
			w.Header().Set("Link", "<http://"+r.Host+strings.TrimSpace(next)+`>; rel="next"`)
		}
		items, total, _ := strings.Cut(items, "#")
		w.Header().Set("Total", total)
		var quoted []string
		for _, item := range strings.Fields(items) {
			quoted = append(quoted, strconv.Quote(item))
		}
		reply(w, "["+strings.Join(quoted, ",")+"]")
	})
	return c
}

func TestListings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pages map[string]string
		want  string
		short string
		fails bool
	}{
		"one page":            {map[string]string{"/1": "a b"}, "a b", "", false},
		"three pages":         {map[string]string{"/1": "a b > /2", "/2": "c > /3", "/3": ""}, "a b c", "", false},
		"the first fails":     {map[string]string{"/1": "!"}, "", "", true},
		"a later one fails":   {map[string]string{"/1": "a > /2", "/2": "!"}, "a", "GET /2: status 500", false},
		"a circle":            {map[string]string{"/1": "a > /2", "/2": "b > /1"}, "a b", "its pages lead in a circle", false},
		"an entry twice":      {map[string]string{"/1": "a b > /2", "/2": "b c"}, "a b c", "it changed while it was read: an entry came twice", false},
		"more are counted":    {map[string]string{"/1": "a b #3 > /2", "/2": ""}, "a b", "the server counts more than it lists", false},
		"as many are counted": {map[string]string{"/1": "a b #3 > /2", "/2": "c"}, "a b c", "", false},
		"nothing":             {map[string]string{"/1": ""}, "", "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := names().Read(t.Context(), script(t, test.pages), "/1")
			if (err != nil) != test.fails || strings.Join(got.Items, " ") != test.want || got.Short != test.short {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestSecondLooks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pages    map[string]string
		numbered bool
		short    string
	}{
		"not needed, the last page is not full": {map[string]string{"/1": "a b > /2", "/2": "c"}, false, ""},
		"a full last page, and the same again":  {map[string]string{"/1": "a b > /2", "/2": "c d", "/again": "a b c d"}, false, ""},
		"a full last page, and others again":    {map[string]string{"/1": "a b", "/again": "a b c"}, false, "it was not the same when read again"},
		"an empty last page":                    {map[string]string{"/1": "a b > /2", "/2": "", "/again": "a b c"}, false, "it was not the same when read again"},
		"an empty list":                         {map[string]string{"/1": "", "/again": "a"}, false, "it was not the same when read again"},
		"an earlier page that is not full":      {map[string]string{"/1": "a > /2", "/2": "c", "/again": "a b c"}, false, "it was not the same when read again"},
		"numbers, and somebody moved":           {map[string]string{"/1": "a b > /2", "/2": "d", "/again": "b c d"}, true, "it was not the same when read again"},
		"numbers, and one page":                 {map[string]string{"/1": "a"}, true, ""},
		"it fails the second time":              {map[string]string{"/1": "a b", "/again": "!"}, false, "it could not be read again: GET /again: status 500"},
		"it ends early the second time":         {map[string]string{"/1": "a b", "/again": "a > /3", "/3": "!"}, false, "it could not be read again: GET /3: status 500"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := names().ReadTwice(t.Context(), script(t, test.pages), "/1", "/again", 2, test.numbered)
			if err != nil || got.Short != test.short {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pages map[string]string // by offset, in pages of three
		want  string
		short string
		fails bool
	}{
		"pages overlap":        {map[string]string{"/0": "a b c", "/2": "c d e", "/4": "e"}, "a b c d e", "", false},
		"an empty list":        {map[string]string{"/0": ""}, "", "", false},
		"somebody left":        {map[string]string{"/0": "a b c", "/2": "d e", "/3": ""}, "a b c", "it changed while it was read", false},
		"somebody came":        {map[string]string{"/0": "a b c", "/2": "b c d"}, "a b c", "it changed while it was read", false},
		"it ends too early":    {map[string]string{"/0": "a b c", "/2": ""}, "a b c", "it changed while it was read", false},
		"an earlier one again": {map[string]string{"/0": "a b c", "/2": "c a"}, "a b c", "it changed while it was read: an entry came twice", false},
		"a page fails":         {map[string]string{"/0": "a b c", "/2": "!"}, "a b c", "GET /2: status 500", false},
		"the first page fails": {map[string]string{"/0": "!"}, "", "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := names().ReadOffsets(t.Context(), script(t, test.pages), func(first int) string { return fmt.Sprintf("/%d", first) })
			if (err != nil) != test.fails || strings.Join(got.Items, " ") != test.want || got.Short != test.short {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	t.Run("empty first and not again", func(t *testing.T) {
		t.Parallel()
		asked := 0
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked == 1 {
				reply(w, `[]`)
				return
			}
			reply(w, `["a"]`)
		})
		got, err := names().ReadOffsets(t.Context(), c, func(int) string { return "/" })
		if err != nil || got.Short != "it was empty first and not so when read again" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestNextLinks(t *testing.T) {
	t.Parallel()
	for want, headers := range map[string][]string{
		"/a":     {`</a>; rel="next"`},
		"/b":     {`</0>; rel="prev"`, `</b>; rel="next"`},
		"/c":     {`</0>; rel="self", </c>; title="x"; rel="next", </1>; rel="last"`},
		"/d":     {`</d>; rel=next`},
		"/e":     {`</e>; REL="prefetch next"`},
		"/f,g;h": {`</f,g;h>; rel="next"`},
		"":       {`</0>; rel="nextish"`, `</1>`, `<`, `</2; rel="next"`, `nothing`, ``},
	} {
		if got := (rest.Reply{Header: http.Header{"Link": headers}}).NextLink(); got != want {
			t.Errorf("%v: %q, want %q", headers, got, want)
		}
	}
}

// TestEach: every item is seen once, also by several at a time.
func TestEach(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, `[]`) }, func(s *rest.Settings) { s.Parallel = 8 })
	items := make([]int, 50)
	seen := make([]int, len(items))
	err := rest.Each(t.Context(), c, items, func(ctx context.Context, i, _ int) error {
		seen[i]++
		_, err := c.Get(ctx, fmt.Sprintf("/%d", i))
		return err
	})
	if err != nil || slices.ContainsFunc(seen, func(n int) bool { return n != 1 }) {
		t.Errorf("%v, %v", seen, err)
	}
}
