package okta_test

import (
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
	"github.com/terrawarden/terrawarden/loader/source/okta"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

const secret = "00QCjAl4MlV-WPXM"

type object = map[string]any

// server is an Okta organization that holds a model, in the form of its management interface.
type server struct {
	url     string
	model   sourcetest.Model
	status  map[string]string // of people, by id; ACTIVE or SUSPENDED without
	touched func(filter, id string) bool
	filters []string
	key     *rsa.PrivateKey // of the application
	narrow  bool            // the credential is a group administrator's
}

// start serves an organization and returns its settings.
func start(t *testing.T, s *server, trouble *sourcetest.Trouble) okta.Settings {
	t.Helper()
	api := http.NewServeMux()
	api.HandleFunc("GET /api/v1/users", func(w http.ResponseWriter, r *http.Request) { s.list(w, r, s.users(nil)) })
	api.HandleFunc("GET /api/v1/groups", func(w http.ResponseWriter, r *http.Request) { s.list(w, r, s.groups(r.FormValue("expand") == "stats")) })
	api.HandleFunc("GET /api/v1/groups/{id}/users", func(w http.ResponseWriter, r *http.Request) {
		for _, g := range form(s.model).Groups {
			if g.ID == r.PathValue("id") {
				s.list(w, r, s.users(append([]string{}, g.Members...)))
			}
		}
	})
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := r.Header.Get("Authorization"); a != "SSWS "+secret && a != "Bearer access" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	})
	dialect := sourcetest.Dialect{
		Fields: []string{"status", "usersCount", "name"},
		Next: func(header http.Header, _ any, origin string) bool {
			links := header.Values("Link")
			header.Del("Link")
			found := false
			for _, link := range links {
				if next := strings.Contains(link, `rel="next"`); next {
					found = true
					if origin == "" {
						continue
					}
					link = strings.ReplaceAll(link, s.url, origin)
				}
				header.Add("Link", link)
			}
			return found
		},
		Count: func(document any, by int) any {
			entries, _ := document.([]any)
			for _, e := range entries {
				if embedded, ok := e.(object)["_embedded"].(object); ok {
					stats := embedded["stats"].(object)
					v, _ := stats["usersCount"].(json.Number).Int64()
					stats["usersCount"] = max(v+int64(by), 0)
				}
			}
			return document
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/", trouble.Handler(t, dialect, guarded))
	mux.HandleFunc("POST /oauth2/v1/token", s.token(t))
	http := httptest.NewServer(mux)
	t.Cleanup(http.Close)
	s.url = http.URL
	return okta.Settings{
		URL: http.URL, Token: func() (string, error) { return secret, nil }, PageSize: sourcetest.PageSize, HTTP: sourcetest.HTTPSettings(trouble),
	}
}

// list writes what a filter leaves of a list, a page with links to itself and the next.
func (s *server) list(w http.ResponseWriter, r *http.Request, all []object) {
	if filter := r.FormValue("filter"); filter != "" {
		s.filters = append(s.filters, filter)
		if s.touched != nil {
			all = slices.DeleteFunc(all, func(o object) bool { return !s.touched(filter, o["id"].(string)) })
		}
	}
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	after := slices.IndexFunc(all, func(o object) bool { return o["id"] == r.FormValue("after") }) + 1
	end := min(after+limit, len(all))
	query := r.URL.Query()
	w.Header().Add("Link", fmt.Sprintf(`<%s%s?%s>; rel="self"`, s.url, r.URL.Path, query.Encode()))
	if end < len(all) {
		query.Set("after", all[end-1]["id"].(string))
		w.Header().Add("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, s.url, r.URL.Path, query.Encode()))
	}
	write(w, append([]object{}, all[after:end]...))
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// users lists everybody, or some.
func (s *server) users(only []string) []object {
	var out []object
	for _, u := range s.model.People {
		if only != nil && !slices.Contains(only, u.ID) {
			continue
		}
		status := "ACTIVE"
		if u.Disabled {
			status = "SUSPENDED"
		}
		if s.status[u.ID] != "" {
			status = s.status[u.ID]
		}
		out = append(out, object{
			"id": u.ID, "status": status, "created": "2013-06-24T16:39:18.000Z", "lastUpdated": "2013-07-02T21:36:25.344Z",
			"profile": object{"firstName": u.Username, "lastName": "Brock", "email": u.Email, "login": u.Username, "mobilePhone": nil},
		})
	}
	return out
}

func (s *server) groups(stats bool) []object {
	var out []object
	for _, g := range form(s.model).Groups {
		if s.narrow && g.ID == everyone {
			continue
		}
		o := object{
			"id": g.ID, "created": "2015-02-06T10:11:28.000Z", "lastUpdated": "2015-10-05T19:16:43.000Z",
			"lastMembershipUpdated": "2015-11-28T19:15:32.000Z", "objectClass": []string{"okta:user_group"}, "type": map[bool]string{false: "OKTA_GROUP", true: "BUILT_IN"}[g.ID == everyone],
			"profile": object{"name": g.Name, "description": nil},
		}
		if stats {
			o["_embedded"] = object{"stats": object{"usersCount": len(g.Members), "appsCount": 0, "groupPushMappingsCount": 0, "hasAdminPrivilege": false}}
		}
		out = append(out, o)
	}
	return out
}

// everyone is the group of everybody.
const everyone = "200"

// form is what Okta says of the model: it has no groups in groups, and a group of everybody.
func form(m sourcetest.Model) sourcetest.Model {
	all := directory.Group{ID: everyone, Name: "Everyone"}
	for _, u := range m.People {
		all.Members = append(all.Members, u.ID)
	}
	groups := []directory.Group{all}
	for _, g := range m.Groups {
		groups = append(groups, directory.Group{ID: g.ID, Name: g.Name, Members: g.Members})
	}
	m.Groups = groups
	return m
}

func open(t *testing.T, s okta.Settings) *okta.Source {
	t.Helper()
	source, err := okta.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestNoFaultTakesAnything(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Name: "okta", HTTP: true, Form: form,
		New: func(t *testing.T, m sourcetest.Model, trouble *sourcetest.Trouble) directory.Source {
			t.Helper()
			return open(t, start(t, &server{model: m}, trouble))
		},
	})
}
