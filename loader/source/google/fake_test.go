package google_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/google"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

type object = map[string]any

// key is the service account's, made once.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// credentials is the service account's key as Google gives it out.
func credentials() (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key())
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(object{
		"type": "service_account", "project_id": "town", "private_key_id": "key-1", "client_email": "sync@town.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri":   "https://elsewhere.example/token",
	})
	return string(text), err
}

// server is a directory interface that holds a model.
type server struct {
	model   sourcetest.Model
	url     string
	members map[string][]object // of groups, beside those of the model
	claims  object              // of the last assertion

	archived string // a person
}

// start serves an account and returns its settings.
func start(t *testing.T, s *server, trouble *sourcetest.Trouble) google.Settings {
	t.Helper()
	api := http.NewServeMux()
	api.HandleFunc("GET /admin/directory/v1/users", func(w http.ResponseWriter, r *http.Request) { list(w, r, "users", s.users()) })
	api.HandleFunc("GET /admin/directory/v1/groups", func(w http.ResponseWriter, r *http.Request) { list(w, r, "groups", s.groups()) })
	api.HandleFunc("GET /admin/directory/v1/groups/{id}/members", func(w http.ResponseWriter, r *http.Request) {
		list(w, r, "members", s.in(r.PathValue("id")))
	})
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer access" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	})
	dialect := sourcetest.Dialect{
		Lists:  []string{"users", "groups", "members"},
		Fields: []string{"suspended", "primaryEmail", "directMembersCount", "type"},
		Next: func(_ http.Header, document any, origin string) bool {
			d, ok := document.(object)
			if ok && origin == "" {
				delete(d, "nextPageToken")
			}
			return ok
		},
		Count: func(document any, by int) any {
			d, _ := document.(object)
			groups, _ := d["groups"].([]any)
			for _, g := range groups {
				n, _ := strconv.Atoi(g.(object)["directMembersCount"].(string))
				g.(object)["directMembersCount"] = strconv.Itoa(max(n+by, 0))
			}
			return document
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/", trouble.Handler(t, dialect, guarded))
	mux.HandleFunc("POST /token", s.token)
	http := httptest.NewServer(mux)
	t.Cleanup(http.Close)
	s.url = http.URL
	return google.Settings{
		Subject: "admin@example.com", Credentials: credentials, URL: http.URL, TokenURL: http.URL + "/token",
		PageSize: sourcetest.PageSize, HTTP: sourcetest.HTTPSettings(trouble),
	}
}

// token takes an assertion and gives a token.
func (s *server) token(w http.ResponseWriter, r *http.Request) {
	signed, err := jose.ParseSigned(r.FormValue("assertion"), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	content, err := signed.Verify(&key().PublicKey)
	if err != nil || json.Unmarshal(content, &s.claims) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	write(w, object{"access_token": "access", "expires_in": 3599, "token_type": "Bearer"})
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

// list writes a page; a list without entries is left out, as Google does.
func list(w http.ResponseWriter, r *http.Request, kind string, all []object) {
	first, _ := strconv.Atoi(r.FormValue("pageToken"))
	size, _ := strconv.Atoi(r.FormValue("maxResults"))
	end := min(first+size, len(all))
	page := object{"kind": "admin#directory#" + kind, "etag": `"hash"`}
	if first < end {
		page[kind] = all[first:end]
	}
	if end < len(all) {
		page["nextPageToken"] = strconv.Itoa(end)
	}
	write(w, page)
}

func (s *server) users() []object {
	var out []object
	for _, u := range s.model.People {
		out = append(out, object{
			"kind": "admin#directory#user", "id": u.ID, "primaryEmail": u.Email, "suspended": u.Disabled, "archived": u.ID == s.archived,
			"name": object{"givenName": u.Username, "familyName": "Smith", "fullName": u.Username + " Smith"}, "isAdmin": false,
		})
	}
	return out
}

func (s *server) groups() []object {
	var out []object
	for _, g := range s.model.Groups {
		out = append(out, object{
			"kind": "admin#directory#group", "id": g.ID, "email": g.Name + "@groups.example.com", "name": g.Name,
			"directMembersCount": strconv.Itoa(len(g.Members)), "adminCreated": true,
		})
	}
	return out
}

func (s *server) in(id string) []object {
	var out []object
	for _, g := range s.model.Groups {
		if g.ID != id {
			continue
		}
		for _, m := range g.Members {
			out = append(out, object{"kind": "admin#directory#member", "id": m, "role": "MEMBER", "type": "USER", "status": "ACTIVE"})
		}
		for _, m := range g.Groups {
			out = append(out, object{"kind": "admin#directory#member", "id": m, "role": "MEMBER", "type": "GROUP", "status": "ACTIVE"})
		}
	}
	return append(out, s.members[id]...)
}

// form is what Google says of the model: people and groups are called by their addresses.
func form(m sourcetest.Model) sourcetest.Model {
	for i := range m.People {
		m.People[i].Username = m.People[i].Email
	}
	for i := range m.Groups {
		m.Groups[i].Name += "@groups.example.com"
	}
	return m
}

func open(t *testing.T, s google.Settings) *google.Source {
	t.Helper()
	source, err := google.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestNoFaultTakesAnything(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Name: "google", HTTP: true, Form: form,
		New: func(t *testing.T, m sourcetest.Model, trouble *sourcetest.Trouble) directory.Source {
			t.Helper()
			return open(t, start(t, &server{model: m}, trouble))
		},
		Not: map[sourcetest.Fault]string{sourcetest.LinkElsewhere: "pages have tokens, not addresses"},
	})
}
