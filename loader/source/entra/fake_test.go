package entra_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/entra"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

const secret = "s3cret~of-the-application"

type object = map[string]any

// server is a Microsoft Graph that holds a model, in the form of its documents.
type server struct {
	url string

	mu    sync.Mutex
	model sourcetest.Model
	// delta are the pages of the delta queries after the first, "users" and "groups"; a page's link names the next.
	delta map[string][]object
	gone  map[string]bool // delta links that have expired
	asked []string

	hidden string // a group whose members are hidden
}

// start serves a tenant and returns its settings.
func start(t *testing.T, s *server, trouble *sourcetest.Trouble) entra.Settings {
	t.Helper()
	graph := http.NewServeMux()
	graph.HandleFunc("GET /v1.0/users", func(w http.ResponseWriter, r *http.Request) { s.list(w, r, "users", s.users()) })
	graph.HandleFunc("GET /v1.0/groups", func(w http.ResponseWriter, r *http.Request) { s.list(w, r, "groups", s.groups()) })
	graph.HandleFunc("GET /v1.0/groups/{id}/members/{kind}", func(w http.ResponseWriter, r *http.Request) {
		s.list(w, r, "directoryObjects", s.members(r.PathValue("id"), r.PathValue("kind")))
	})
	graph.HandleFunc("GET /v1.0/users/delta", func(w http.ResponseWriter, r *http.Request) { s.changes(w, r, "users") })
	graph.HandleFunc("GET /v1.0/groups/delta", func(w http.ResponseWriter, r *http.Request) { s.changes(w, r, "groups") })
	graph.HandleFunc("GET /v1.0/users/{id}", func(w http.ResponseWriter, r *http.Request) { one(w, r.PathValue("id"), s.users()) })
	graph.HandleFunc("GET /v1.0/groups/{id}", func(w http.ResponseWriter, r *http.Request) { one(w, r.PathValue("id"), s.groups()) })
	graph.HandleFunc("POST /v1.0/users/{id}/getMemberGroups", s.memberGroups)
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer access" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.URL.Path)
		graph.ServeHTTP(w, r)
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /contoso.example/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_secret") != secret || !strings.HasSuffix(r.FormValue("scope"), "/.default") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		write(w, object{"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "access"})
	})
	dialect := sourcetest.Dialect{
		Lists:  []string{"value"},
		Fields: []string{"accountEnabled", "displayName", "userPrincipalName"},
		Next: func(_ http.Header, document any, origin string) bool {
			d, ok := document.(object)
			link, has := d["@odata.nextLink"].(string)
			if !ok || !has {
				return false
			}
			delete(d, "@odata.nextLink")
			if origin != "" {
				d["@odata.nextLink"] = origin + strings.TrimPrefix(link, s.url)
			}
			return true
		},
		Count: func(document any, by int) any {
			if d, ok := document.(object); ok && d["@odata.count"] != nil {
				v, _ := d["@odata.count"].(json.Number).Int64()
				d["@odata.count"] = v + int64(by)
			}
			return document
		},
	}
	mux.Handle("/v1.0/", trouble.Handler(t, dialect, guarded))
	http := httptest.NewServer(mux)
	t.Cleanup(http.Close)
	s.url = http.URL
	return entra.Settings{
		Tenant: "contoso.example", ClientID: "11111111-2222-3333-4444-555555555555", GraphURL: http.URL, LoginURL: http.URL,
		ClientSecret: func() (string, error) { return secret, nil },
		PageSize:     sourcetest.PageSize, HTTP: sourcetest.HTTPSettings(trouble),
	}
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

// list writes a page, with the count on the first and a link to the next.
func (s *server) list(w http.ResponseWriter, r *http.Request, kind string, all []object) {
	skip, _ := strconv.Atoi(r.FormValue("$skiptoken"))
	top, _ := strconv.Atoi(r.FormValue("$top"))
	end := min(skip+top, len(all))
	page := object{"@odata.context": s.url + "/v1.0/$metadata#" + kind, "value": append([]object{}, all[skip:end]...)}
	if r.FormValue("$count") == "true" && r.Header.Get("ConsistencyLevel") == "eventual" && skip == 0 {
		page["@odata.count"] = len(all)
	}
	if end < len(all) {
		page["@odata.nextLink"] = fmt.Sprintf("%s%s?$top=%d&$skiptoken=%d", s.url, r.URL.Path, top, end)
	}
	write(w, page)
}

func one(w http.ResponseWriter, id string, all []object) {
	for _, o := range all {
		if o["id"] == id {
			write(w, o)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

// changes answers a delta query: the first with a link to its pages, the pages in their order, and at last a link for later.
func (s *server) changes(w http.ResponseWriter, r *http.Request, kind string) {
	link := func(name string, n int) string { return fmt.Sprintf("%s/v1.0/%s/delta?$%s=%d", s.url, kind, name, n) }
	page := object{"@odata.context": s.url + "/v1.0/$metadata#" + kind, "value": []object{}}
	token := r.FormValue("$deltatoken")
	switch {
	case token == "latest" && kind == "groups" && !slices.Contains(strings.Split(r.FormValue("$select"), ","), "members"):
		w.WriteHeader(http.StatusBadRequest) // Graph would give links that say nothing of members
		return
	case token == "latest":
		page["@odata.deltaLink"] = link("deltatoken", 0)
		write(w, page)
		return
	case s.gone[kind+token]:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusGone)
		_ = json.NewEncoder(w).Encode(object{"error": object{"code": "resyncRequired", "message": "Resync required."}})
		return
	}
	n, _ := strconv.Atoi(token + r.FormValue("$skiptoken"))
	pages := s.delta[kind]
	if n < len(pages) {
		page["value"] = pages[n]["value"]
	}
	if n+1 < len(pages) {
		page["@odata.nextLink"] = link("skiptoken", n+1)
	} else {
		page["@odata.deltaLink"] = link("deltatoken", len(pages))
	}
	write(w, page)
}

func (s *server) users() []object {
	var out []object
	for _, u := range s.model.People {
		out = append(out, object{"id": u.ID, "userPrincipalName": u.Username, "mail": u.Email, "accountEnabled": !u.Disabled})
	}
	return out
}

func (s *server) groups() []object {
	var out []object
	for _, g := range s.model.Groups {
		o := object{"id": g.ID, "displayName": g.Name, "visibility": nil}
		if g.ID == s.hidden {
			o["visibility"] = "HiddenMembership"
		}
		out = append(out, o)
	}
	return out
}

func (s *server) members(id, kind string) []object {
	var out []object
	for _, g := range s.model.Groups {
		if g.ID != id {
			continue
		}
		ids := g.Members
		if kind == "microsoft.graph.group" {
			ids = g.Groups
		}
		for _, member := range ids {
			out = append(out, object{"@odata.type": "#" + kind, "id": member})
		}
	}
	return out
}

func (s *server) memberGroups(w http.ResponseWriter, r *http.Request) {
	ids := []string{}
	for _, g := range s.model.Groups {
		if slices.Contains(g.Members, r.PathValue("id")) {
			ids = append(ids, g.ID)
		}
	}
	write(w, object{"@odata.context": s.url + "/v1.0/$metadata#Collection(Edm.String)", "value": ids})
}

func open(t *testing.T, s entra.Settings) *entra.Source {
	t.Helper()
	source, err := entra.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestNoFaultTakesAnything(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Name: "entra", HTTP: true,
		New: func(t *testing.T, m sourcetest.Model, trouble *sourcetest.Trouble) directory.Source {
			t.Helper()
			return open(t, start(t, &server{model: m}, trouble))
		},
	})
}
