package github_test

import (
	"cmp"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/github"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

const secret = "ghp_0123456789"

type object = map[string]any

// server is a GitHub that holds a model as an organization, in the form of its REST interface.
type server struct {
	url   string
	model sourcetest.Model
	leave func() // called after the first page of members
	role  string // of whose token it is; "": admin
	lost  string // somebody whom the list of members leaves out

	swapped map[string]string // slugs by which another team is found
	key     *rsa.PrivateKey   // of the application
}

// start serves an organization and returns its settings.
func start(t *testing.T, s *server, trouble *sourcetest.Trouble) github.Settings {
	t.Helper()
	api := http.NewServeMux()
	api.HandleFunc("GET /orgs/town/members", func(w http.ResponseWriter, r *http.Request) {
		s.list(w, r, slices.DeleteFunc(s.people(nil), func(o object) bool { return o["login"] == s.lost }))
		if s.leave != nil && r.FormValue("page") == "" {
			s.leave()
		}
	})
	api.HandleFunc("GET /orgs/town/teams", func(w http.ResponseWriter, r *http.Request) {
		var out []object
		for _, g := range s.model.Groups {
			out = append(out, s.team(g))
		}
		s.list(w, r, out)
	})
	api.HandleFunc("GET /orgs/town/teams/{slug}", func(w http.ResponseWriter, r *http.Request) {
		s.find(w, r, func(g directory.Group) {
			o := s.team(g)
			o["members_count"], o["repos_count"] = len(g.Members), 0
			write(w, o)
		})
	})
	api.HandleFunc("GET /orgs/town/teams/{slug}/members", func(w http.ResponseWriter, r *http.Request) {
		s.find(w, r, func(g directory.Group) { s.list(w, r, s.people(s.below(g))) })
	})
	api.HandleFunc("GET /user/memberships/orgs/town", func(w http.ResponseWriter, _ *http.Request) {
		write(w, object{"state": "active", "role": cmp.Or(s.role, "admin"), "organization": object{"login": "town"}})
	})
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := r.Header.Get("Authorization"); a != "Bearer "+secret && a != "Bearer ghs_installed" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	})
	dialect := sourcetest.Dialect{
		Fields: []string{"login", "slug", "members_count"},
		Next: func(header http.Header, _ any, origin string) bool {
			link := header.Get("Link")
			if !strings.Contains(link, `rel="next"`) {
				return false
			}
			header.Del("Link")
			if origin != "" {
				header.Set("Link", strings.ReplaceAll(link, s.url, origin))
			}
			return true
		},
		Count: func(document any, by int) any {
			if d, ok := document.(object); ok && d["members_count"] != nil {
				v, _ := d["members_count"].(json.Number).Int64()
				d["members_count"] = max(v+int64(by), 0)
			}
			return document
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/", trouble.Handler(t, dialect, guarded))
	mux.HandleFunc("POST /app/installations/{id}/access_tokens", s.install)
	http := httptest.NewServer(mux)
	t.Cleanup(http.Close)
	s.url = http.URL
	return github.Settings{
		Organization: "town", URL: http.URL, Token: func() (string, error) { return secret, nil },
		PageSize: sourcetest.PageSize, HTTP: sourcetest.HTTPSettings(trouble),
	}
}

// list writes a page by its number, with links to the next and the last.
func (s *server) list(w http.ResponseWriter, r *http.Request, all []object) {
	size, _ := strconv.Atoi(r.FormValue("per_page"))
	number := 1
	if n, err := strconv.Atoi(r.FormValue("page")); err == nil {
		number = n
	}
	begin := min((number-1)*size, len(all))
	end := min(begin+size, len(all))
	if end < len(all) {
		query := r.URL.Query()
		link := func(n int, rel string) string {
			query.Set("page", strconv.Itoa(n))
			return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, s.url, r.URL.Path, query.Encode(), rel)
		}
		w.Header().Set("Link", link(number+1, "next")+", "+link((len(all)+size-1)/size, "last"))
	}
	write(w, append([]object{}, all[begin:end]...))
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

func number(id string) int {
	n, _ := strconv.Atoi(id)
	return n
}

func (s *server) people(only []string) []object {
	out := []object{}
	for _, u := range s.model.People {
		if only == nil || slices.Contains(only, u.ID) {
			out = append(out, object{"login": u.Username, "id": number(u.ID), "node_id": "MDQ6VXNlcjE=", "type": "User", "site_admin": false})
		}
	}
	return out
}

func (s *server) team(g directory.Group) object {
	return object{"id": number(g.ID), "name": g.Name, "slug": g.Name, "description": nil, "privacy": "closed", "permission": "pull", "parent": nil}
}

func (s *server) find(w http.ResponseWriter, r *http.Request, then func(directory.Group)) {
	for _, g := range s.model.Groups {
		if slug := r.PathValue("slug"); g.Name == cmp.Or(s.swapped[slug], slug) {
			then(g)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

// below lists who is in a team or in one below it.
func (s *server) below(g directory.Group) []string {
	out := append([]string{}, g.Members...)
	for _, child := range s.model.Groups {
		if slices.Contains(g.Groups, child.ID) {
			out = append(out, s.below(child)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// form is what GitHub says of the model: neither addresses nor who is disabled, and the members of teams below as a team's own.
func form(m sourcetest.Model) sourcetest.Model {
	s := &server{model: m}
	var groups []directory.Group
	for _, g := range m.Groups {
		groups = append(groups, directory.Group{ID: g.ID, Name: g.Name, Members: s.below(g)})
	}
	m.Groups = groups
	for i := range m.People {
		m.People[i].Email, m.People[i].Disabled = "", false
	}
	return m
}

func open(t *testing.T, s github.Settings) *github.Source {
	t.Helper()
	source, err := github.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestNoFaultTakesAnything(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Name: "github", HTTP: true, Form: form,
		New: func(t *testing.T, m sourcetest.Model, trouble *sourcetest.Trouble) directory.Source {
			t.Helper()
			return open(t, start(t, &server{model: m}, trouble))
		},
	})
}
