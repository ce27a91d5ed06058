package protocol_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfe "github.com/hashicorp/go-tfe"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// teamWorld is an organization of two people, its owner and a plain member, with somebody who has nothing to do with it.
type teamWorld struct {
	*testkit.Running
	tokens map[string]string
}

const teamOrg = "/api/v2/organizations/acme"

func newTeamWorld(t *testing.T) *teamWorld {
	t.Helper()
	w := &teamWorld{Running: testkit.App(t), tokens: map[string]string{}}
	for _, name := range []string{"owner", "member", "outsider"} {
		w.tokens[name] = w.UserToken(t, name)
	}
	_, err := w.api(t).Organizations.Create(t.Context(), tfe.OrganizationCreateOptions{Name: tfe.String("acme"), Email: tfe.String("owner@example.test")})
	if err != nil {
		t.Fatal(err)
	}
	w.join(t, w.team(t, "everybody", "organization").ID, "member")
	return w
}

// api returns the vendor's client with the owner's credential.
func (w *teamWorld) api(t *testing.T) *tfe.Client {
	t.Helper()
	api, err := tfe.NewClient(&tfe.Config{Address: w.URL, Token: w.tokens["owner"], HTTPClient: http.DefaultClient})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// call sends a request as the vendor's clients do.
func (w *teamWorld) call(t *testing.T, who, method, path, body string) testkit.Reply {
	t.Helper()
	return w.Call(t, method, path, w.tokens[who], body, "Content-Type", tfe.ContentTypeJSONAPI)
}

// team adds a team as the owner.
func (w *teamWorld) team(t *testing.T, name, visibility string) *tfe.Team {
	t.Helper()
	team, err := w.api(t).Teams.Create(t.Context(), "acme", tfe.TeamCreateOptions{Name: &name, Visibility: &visibility})
	if err != nil {
		t.Fatal(err)
	}
	return team
}

// join puts people into a team, who get a token if they have none.
func (w *teamWorld) join(t *testing.T, teamID string, names ...string) {
	t.Helper()
	for _, name := range names {
		if w.tokens[name] == "" {
			w.tokens[name] = w.UserToken(t, name)
		}
	}
	if err := w.api(t).TeamMembers.Add(t.Context(), teamID, tfe.TeamMemberAddOptions{Usernames: names}); err != nil {
		t.Fatal(err)
	}
}

// resource is a JSON:API resource as it came.
type teamResource struct {
	ID            string         `json:"id"`
	Type          string         `json:"type"`
	Attributes    map[string]any `json:"attributes"`
	Relationships map[string]struct {
		Data json.RawMessage `json:"data"`
	} `json:"relationships"`
}

type teamDocument struct {
	Data     teamResource   `json:"data"`
	Included []teamResource `json:"included"`
}

type teamPage struct {
	Data     []teamResource `json:"data"`
	Included []teamResource `json:"included"`
	Meta     struct {
		Pagination struct {
			CurrentPage int `json:"current-page"`
			TotalPages  int `json:"total-pages"`
			TotalCount  int `json:"total-count"`
		} `json:"pagination"`
	} `json:"meta"`
}

type teamErrors struct {
	Errors []struct {
		Status, Title, Detail string
		Source                struct{ Pointer, Parameter string }
	} `json:"errors"`
}

// read makes a call that must succeed and returns its resource.
func (w *teamWorld) read(t *testing.T, who, path string) teamDocument {
	t.Helper()
	reply := w.call(t, who, http.MethodGet, path, "")
	if reply.Status != http.StatusOK {
		t.Fatalf("%s reads %s: %d %s", who, path, reply.Status, reply.Body)
	}
	var d teamDocument
	reply.Decode(t, &d)
	return d
}

func (w *teamWorld) list(t *testing.T, who, path string) teamPage {
	t.Helper()
	reply := w.call(t, who, http.MethodGet, path, "")
	if reply.Status != http.StatusOK {
		t.Fatalf("%s lists %s: %d %s", who, path, reply.Status, reply.Body)
	}
	var p teamPage
	reply.Decode(t, &p)
	return p
}

// refuses makes a call that must be answered with a status and these errors, each as "pointer: title: detail".
func (w *teamWorld) refuses(t *testing.T, who, method, path, body string, status int, want ...string) {
	t.Helper()
	reply := w.call(t, who, method, path, body)
	var e teamErrors
	reply.Decode(t, &e)
	var got []string
	for _, one := range e.Errors {
		got = append(got, one.Source.Pointer+one.Source.Parameter+": "+one.Title+": "+one.Detail)
	}
	if diff := cmp.Diff(want, got); diff != "" || reply.Status != status {
		t.Errorf("%s: %s %s %s: status %d, want %d, -want +got\n%s", who, method, path, body, reply.Status, status, diff)
	}
}

const notFound = ": not found: "

// hides checks that people get the answer of a thing that is not there.
func (w *teamWorld) hides(t *testing.T, method, path, body string, people ...string) {
	t.Helper()
	for _, who := range people {
		w.refuses(t, who, method, path, body, http.StatusNotFound, notFound)
	}
}

// attributes is a document with attributes and relationships in JSON.
func attributes(attributes string, relationships ...string) string {
	text := `{"data":{"attributes":{` + attributes + `}`
	if len(relationships) > 0 {
		text += `,"relationships":{` + strings.Join(relationships, ",") + `}`
	}
	return text + `}}`
}

func related(name, typeName, id string) string {
	return `"` + name + `":{"data":{"type":"` + typeName + `","id":"` + id + `"}}`
}

// identifiers is a list of resource identifiers.
func identifiers(typeName string, ids ...string) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = `{"type":"` + typeName + `","id":"` + id + `"}`
	}
	return `{"data":[` + strings.Join(items, ",") + `]}`
}

func resourceIDs(all []teamResource) []string {
	out := []string{}
	for _, r := range all {
		out = append(out, r.ID)
	}
	return out
}
