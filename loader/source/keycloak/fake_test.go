package keycloak_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/keycloak"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

const secret = "s3cret-of-the-client"

// server is a Keycloak that holds a model, in the form of its admin interface.
type server struct {
	model sourcetest.Model
	old   bool // before version 23: groups come with those inside, and are not counted

	service   bool   // service accounts are listed among the users
	childless bool   // groups inside of others are not counted by those
	meanwhile func() // called after the first page of users
}

type object = map[string]any

// start serves a realm and returns its settings.
func start(t *testing.T, s *server, trouble *sourcetest.Trouble) keycloak.Settings {
	t.Helper()
	admin := http.NewServeMux()
	admin.HandleFunc("GET /admin/realms/town/users/count", func(w http.ResponseWriter, _ *http.Request) { write(w, len(s.model.People)) })
	admin.HandleFunc("GET /admin/realms/town/groups/count", func(w http.ResponseWriter, _ *http.Request) {
		write(w, object{"count": len(s.model.Groups)})
	})
	admin.HandleFunc("GET /admin/realms/town/users", func(w http.ResponseWriter, r *http.Request) {
		write(w, window(r, s.users()))
		if s.meanwhile != nil {
			s.meanwhile()
		}
	})
	admin.HandleFunc("GET /admin/realms/town/groups", func(w http.ResponseWriter, r *http.Request) { write(w, window(r, s.top())) })
	admin.HandleFunc("GET /admin/realms/town/groups/{id}/children", func(w http.ResponseWriter, r *http.Request) {
		write(w, window(r, s.inside(r.PathValue("id"))))
	})
	admin.HandleFunc("GET /admin/realms/town/groups/{id}/members", func(w http.ResponseWriter, r *http.Request) {
		write(w, window(r, s.members(r.PathValue("id"))))
	})
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer access" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		admin.ServeHTTP(w, r)
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /realms/town/protocol/openid-connect/token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != "sync" || r.FormValue("client_secret") != secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		write(w, object{"access_token": "access", "expires_in": 60, "token_type": "Bearer", "scope": "profile email"})
	})
	dialect := sourcetest.Dialect{
		Fields: []string{"enabled", "name", "username"},
		Count: func(document any, by int) any {
			if n, ok := document.(json.Number); ok {
				v, _ := n.Int64()
				return v + int64(by)
			}
			entries, _ := document.([]any)
			for _, e := range entries {
				if n, ok := e.(object)["subGroupCount"].(json.Number); ok {
					v, _ := n.Int64()
					e.(object)["subGroupCount"] = v + int64(max(by, 0)) // both counts wrong in the same way is no fault to be found
				}
			}
			if d, ok := document.(object); ok && d["count"] != nil {
				v, _ := d["count"].(json.Number).Int64()
				d["count"] = v + int64(by)
			}
			return document
		},
	}
	mux.Handle("/", trouble.Handler(t, dialect, guarded))
	http := httptest.NewServer(mux)
	t.Cleanup(http.Close)
	return keycloak.Settings{
		URL: http.URL, Realm: "town", ClientID: "sync", ClientSecret: func() (string, error) { return secret + "\n", nil },
		PageSize: sourcetest.PageSize, HTTP: sourcetest.HTTPSettings(trouble),
	}
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// window cuts a list as first and max say.
func window(r *http.Request, all []object) []object {
	first, _ := strconv.Atoi(r.FormValue("first"))
	size, _ := strconv.Atoi(r.FormValue("max"))
	first = min(first, len(all))
	return append([]object{}, all[first:min(first+size, len(all))]...)
}

func userOf(u directory.User) object {
	return object{
		"id": u.ID, "createdTimestamp": 1588880747548, "username": u.Username, "enabled": !u.Disabled, "totp": false, "emailVerified": false,
		"email": u.Email, "disableableCredentialTypes": []any{}, "requiredActions": []any{}, "notBefore": 0, "access": object{"manage": false, "view": true},
	}
}

func (s *server) users() []object {
	var out []object
	for _, u := range s.model.People {
		out = append(out, userOf(u))
	}
	if s.service {
		out = append(out, object{"id": "900", "username": "service-account-ci", "enabled": true})
	}
	return out
}

// members lists who is in a group directly, and in the last one a client's service account, which is nobody's.
func (s *server) members(id string) []object {
	var out []object
	for _, g := range s.model.Groups {
		if g.ID != id {
			continue
		}
		for _, u := range s.model.People {
			if slices.Contains(g.Members, u.ID) {
				out = append(out, userOf(u))
			}
		}
	}
	if id == "205" {
		out = append(out, object{"id": "900", "username": "service-account-ci", "enabled": true})
	}
	return out
}

func (s *server) top() []object {
	var out []object
	for _, g := range s.model.Groups {
		if !slices.ContainsFunc(s.model.Groups, func(other directory.Group) bool { return slices.Contains(other.Groups, g.ID) }) {
			out = append(out, s.group(g, "/"))
		}
	}
	return out
}

func (s *server) inside(id string) []object {
	var out []object
	for _, parent := range s.model.Groups {
		for _, g := range s.model.Groups {
			if parent.ID == id && slices.Contains(parent.Groups, g.ID) {
				out = append(out, s.group(g, "/"+parent.Name+"/"))
			}
		}
	}
	return out
}

func (s *server) group(g directory.Group, above string) object {
	out := object{"id": g.ID, "name": g.Name, "path": above + g.Name, "subGroups": []object{}}
	if inside := s.inside(g.ID); !s.old {
		out["subGroupCount"], out["access"] = len(inside), object{"view": true}
		if s.childless {
			out["subGroupCount"] = 0
		}
	} else if len(inside) > 0 {
		out["subGroups"] = inside
	}
	return out
}

// form is what a realm says of the model: a group inside of another is called by its way down.
func form(m sourcetest.Model) sourcetest.Model {
	names := map[string]string{}
	for _, parent := range m.Groups {
		for _, g := range m.Groups {
			if slices.Contains(parent.Groups, g.ID) {
				names[g.ID] = strings.Join([]string{parent.Name, g.Name}, "/")
			}
		}
	}
	for i, g := range m.Groups {
		if names[g.ID] != "" {
			m.Groups[i].Name = names[g.ID]
		}
	}
	return m
}
