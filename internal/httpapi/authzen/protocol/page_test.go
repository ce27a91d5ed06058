package protocol_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// follow collects the results of all pages, and how many there were.
func (s *service) follow(t *testing.T, path, body string, limit int) (all []string, pages int) {
	t.Helper()
	token := ""
	for {
		got := s.search(t, path, with(body, fmt.Sprintf(`"page":{"limit":%d,"token":%q}`, limit, token)))
		if len(got.Results) > limit || got.Page.Count != len(got.Results) {
			t.Fatalf("page %d: %d results, count %d, limit %d", pages, len(got.Results), got.Page.Count, limit)
		}
		for _, f := range got.Results {
			all = append(all, f.ID+f.Name)
		}
		pages++
		if token = got.Page.NextToken; token == "" {
			return all, pages
		}
		if pages > 100 {
			t.Fatal("the pages do not end")
		}
	}
}

// Section 8.2: following pages gives what the search without pages gives, once each.
func TestPagesCoverTheSearch(t *testing.T) {
	t.Parallel()
	s := start(t)
	for path, body := range map[string]string{subjects: who("queue_plan", "acme/prod"), resources: where("bob", "read"), actions: what("alice", "acme/prod")} {
		unpaged := s.search(t, path, body)
		want := []string{}
		for _, f := range unpaged.Results {
			want = append(want, f.ID+f.Name)
		}
		if len(want) < 2 {
			t.Fatalf("%s finds %v, too few for pages", path, want)
		}
		for _, limit := range []int{1, 2, 3, len(want) - 1, len(want), len(want) + 1, 5000} {
			got, pages := s.follow(t, path, body, limit)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s by %d (-unpaged +paged):\n%s", path, limit, diff)
			}
			if n := (len(want) + limit - 1) / limit; pages != n {
				t.Errorf("%s by %d took %d pages, want %d", path, limit, pages, n)
			}
		}
		if unpaged.Page.Total != len(want) || unpaged.Page.NextToken != "" {
			t.Errorf("%s: page %+v of a search that fits", path, unpaged.Page)
		}
		if first := s.search(t, path, with(body, `"page":{"limit":1}`)); first.Page.Total != len(want) || first.Page.Count != 1 {
			t.Errorf("%s: the first page says %+v of %d", path, first.Page, len(want))
		}
	}
}

func TestPageTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	other := s.ServiceToken(t, "another-gateway", "search")
	search := strings.TrimSuffix(who("queue_plan", "acme/prod"), "}") + `,"context":{"a":1,"b":[{"c":2,"d":3}]}}`
	token := s.search(t, subjects, with(search, `"page":{"limit":1}`)).Page.NextToken
	if token == "" {
		t.Fatal("there is no second page")
	}
	page := func(token string) string { return `"page":{"limit":1,"token":"` + token + `"}` }
	flipped := func(i int) string {
		b := []byte(token)
		b[i] = map[bool]byte{true: 'B', false: 'A'}[b[i] == 'A']
		return string(b)
	}
	tests := map[string]struct {
		caller, path, body string
		accepted           bool
	}{
		"as it was given":                   {s.asker, subjects, with(search, page(token)), true},
		"a second time":                     {s.asker, subjects, with(search, page(token)), true},
		"with another limit":                {s.asker, subjects, with(search, `"page":{"token":"`+token+`","limit":2}`), true},
		"without a limit":                   {s.asker, subjects, with(search, `"page":{"token":"`+token+`"}`), true},
		"with page properties":              {s.asker, subjects, with(search, `"page":{"token":"`+token+`","limit":1,"properties":{"x":1}}`), true},
		"members in another order":          {s.asker, subjects, `{"context":{"b":[{"d":3,"c":2}],"a":1},` + page(token) + `,"resource":{"id":"acme/prod","type":"workspace"},"action":{"name":"queue_plan"},"subject":{"type":"user"}}`, true},
		"other blanks":                      {s.asker, subjects, strings.ReplaceAll(with(search, page(token)), ",", " ,\n "), true},
		"an empty token is the first page":  {s.asker, subjects, with(search, page("")), true},
		"another last character":            {s.asker, subjects, with(search, page(flipped(len(token)-2))), false},
		"another first character":           {s.asker, subjects, with(search, page(flipped(0))), false},
		"another character in the middle":   {s.asker, subjects, with(search, page(flipped(50))), false},
		"cut off":                           {s.asker, subjects, with(search, page(token[:len(token)-3])), false},
		"cut to the signature":              {s.asker, subjects, with(search, page(token[:43])), false},
		"with something behind it":          {s.asker, subjects, with(search, page(token+"AAAA")), false},
		"no token at all":                   {s.asker, subjects, with(search, page("next")), false},
		"no base64":                         {s.asker, subjects, with(search, page("!!!!")), false},
		"by another caller":                 {other, subjects, with(search, page(token)), false},
		"by the site admin":                 {s.SiteToken, subjects, with(search, page(token)), false},
		"with another action":               {s.asker, subjects, strings.Replace(with(search, page(token)), "queue_plan", "read", 1), false},
		"with another resource":             {s.asker, subjects, strings.Replace(with(search, page(token)), "acme/prod", "acme/staging", 1), false},
		"with another subject type":         {s.asker, subjects, strings.Replace(with(search, page(token)), `"user"`, `"team"`, 1), false},
		"with another context":              {s.asker, subjects, strings.Replace(with(search, page(token)), `"d":3`, `"d":4`, 1), false},
		"with a property more":              {s.asker, subjects, strings.Replace(with(search, page(token)), `"id":"acme/prod"`, `"id":"acme/prod","properties":{"x":1}`, 1), false},
		"without its context":               {s.asker, subjects, with(who("queue_plan", "acme/prod"), page(token)), false},
		"of a subject search on resources":  {s.asker, resources, with(`{"subject":{"type":"user","id":"bob"},"action":{"name":"queue_plan"},"resource":{"type":"workspace"}}`, page(token)), false},
		"of a subject search on actions":    {s.asker, actions, with(what("bob", "acme/prod"), page(token)), false},
		"the same body, but another search": {s.asker, resources, with(strings.Replace(search, `"type":"user"`, `"type":"user","id":"bob"`, 1), page(token)), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.ask(t, test.path, test.caller, test.body)
			if !test.accepted {
				expect(t, got, http.StatusBadRequest, `"page.token does not belong to this request"`)
			} else if got.Status != http.StatusOK {
				t.Errorf("answer %d %s, want 200", got.Status, got.Body)
			}
		})
	}
	t.Run("the same body on two endpoints", func(t *testing.T) {
		t.Parallel()
		body := `{"subject":{"type":"user","id":"bob"},"action":{"name":"read"},"resource":{"type":"workspace","id":"acme/prod"}}`
		next := s.search(t, resources, with(body, `"page":{"limit":1}`)).Page.NextToken
		expect(t, s.ask(t, subjects, s.asker, with(body, page(next))), http.StatusBadRequest, `"page.token does not belong to this request"`)
	})
}

// A page begins where the last one ended, also when what stood there is not held any more.
func TestPagesOfActionsSurviveARevocation(t *testing.T) {
	t.Parallel()
	s := start(t)
	before, _ := s.follow(t, actions, what("carol", "acme/staging"), 100)
	n := slices.Index(before, "apply_run")
	if n < 1 {
		t.Fatalf("carol's actions: %v", before)
	}
	first := s.search(t, actions, with(what("carol", "acme/staging"), fmt.Sprintf(`"page":{"limit":%d}`, n+1)))
	if last := first.Results[n].Name; last != "apply_run" {
		t.Fatalf("the first page ends with %s", last)
	}
	estate := `{"organizations":[{"name":"acme","owners":["alice"],"workspaces":[{"name":"staging"},{"name":"prod"}],"teams":[` +
		`{"name":"developers","visibility":"organization","members":[{"username":"carol"}],"grants":[{"workspace":"staging","role":"tfe-plan"}]},` +
		`{"name":"sre","visibility":"organization","members":[{"username":"bob"}]}]}]}`
	if got := s.Call(t, http.MethodPost, "/admin/v1/imports", s.SiteToken, estate); got.Status != http.StatusOK || strings.Contains(got.Body, `"error"`) {
		t.Fatalf("import: %d %s", got.Status, got.Body)
	}
	second := s.search(t, actions, with(what("carol", "acme/staging"), fmt.Sprintf(`"page":{"limit":100,"token":%q}`, first.Page.NextToken)))
	for _, r := range second.Results {
		if slices.Contains(before[:n+1], r.Name) {
			t.Errorf("%s is on the first page and on the second", r.Name)
		}
	}
	if len(second.Results) == 0 {
		t.Error("the second page is empty")
	}
}
