package scim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// TestWritesAtOnce: clients that add members to a group at the same time lose none of them.
func TestWritesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	const people = 16
	ids := make([]string, people)
	for n := range ids {
		ids[n] = w.add(t, secret, "/Users", fmt.Sprintf(`{"userName":"p%d@example.com"}`, n))
	}
	group := w.add(t, secret, "/Groups", `{"displayName":"all"}`)
	var wait sync.WaitGroup
	for _, id := range ids {
		wait.Go(func() {
			got := w.scim(t, secret, http.MethodPatch, "/Groups/"+group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"`+id+`"}]}]}`, 0)
			if got.Status != http.StatusOK {
				t.Errorf("add: %d %s", got.Status, got.Body)
			}
		})
	}
	wait.Wait()
	body := w.scim(t, secret, http.MethodGet, "/Groups/"+group, "", http.StatusOK).Body
	for _, id := range ids {
		if !strings.Contains(body, id) {
			t.Errorf("%s was lost", id)
		}
	}
}

// TestOneOfManyWins: of clients that have read the same version, one may write.
func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	id := w.add(t, secret, "/Users", `{"userName":"ann@example.com"}`)
	etag := w.scim(t, secret, http.MethodGet, "/Users/"+id, "", http.StatusOK).Header.Get("ETag")
	var mu sync.Mutex
	statuses := map[int]int{}
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			got := w.scim(t, secret, http.MethodPatch, "/Users/"+id, fmt.Sprintf(`{"Operations":[{"op":"replace","path":"title","value":"t%d"}]}`, n), 0, "If-Match", etag)
			mu.Lock()
			defer mu.Unlock()
			statuses[got.Status]++
		})
	}
	wait.Wait()
	if statuses[http.StatusOK] != 1 || statuses[http.StatusPreconditionFailed] != 7 {
		t.Errorf("the answers are %v", statuses)
	}
}

// TestBodies: what is too large or too deep is refused, and nothing is done.
func TestBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	for name, row := range map[string]struct {
		body   string
		status int
	}{
		"too large":                {`{"userName":"` + strings.Repeat("x", 4<<20) + `"}`, http.StatusRequestEntityTooLarge},
		"too deep":                 {`{"userName":"x","name":` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 101), http.StatusBadRequest},
		"a list":                   {`[]`, http.StatusBadRequest},
		"nothing":                  {``, http.StatusBadRequest},
		"two documents":            {`{"userName":"a"}{"userName":"b"}`, http.StatusBadRequest},
		"a null character":         {`{"userName":"a\u0000"}`, http.StatusBadRequest},
		"a name of blanks":         {`{"userName":"   "}`, http.StatusBadRequest},
		"a name that is a number":  {`{"userName":{}}`, http.StatusBadRequest},
		"a name that is no end of": {`{"userName":"` + strings.Repeat("x", 5000) + `"}`, 0},
	} {
		got := w.scim(t, secret, http.MethodPost, "/Users", row.body, 0)
		if row.status != 0 && got.Status != row.status || got.Status >= 500 {
			t.Errorf("%s: %d %.300s, want %d", name, got.Status, got.Body, row.status)
		}
		var e struct {
			Schemas        []string
			Status, Detail string
		}
		got.Decode(t, &e)
		if got.Status >= 400 && (e.Status != fmt.Sprint(got.Status) || e.Detail == "" || len(e.Schemas) != 1) {
			t.Errorf("%s: the error is %s", name, got.Body)
		}
	}
}

// TestLimitsOfRequests: what asks for too much at once is refused as a whole.
func TestLimitsOfRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	many := `{"Operations":[` + strings.Repeat(`{"method":"POST","path":"/Users","bulkId":"x","data":{"userName":"x@example.com"}},`, 1000) + `{"method":"DELETE","path":"/Users/x"}]}`
	w.scim(t, secret, http.MethodPost, "/Bulk", many, http.StatusRequestEntityTooLarge)
	operations := `{"Operations":[` + strings.Repeat(`{"op":"add","path":"title","value":"x"},`, 20_000) + `{"op":"add","path":"title","value":"x"}]}`
	id := w.add(t, secret, "/Users", `{"userName":"ann@example.com"}`)
	w.scim(t, secret, http.MethodPatch, "/Users/"+id, operations, http.StatusRequestEntityTooLarge)
	if p := w.page(t, secret, "count=1000000000", http.StatusOK); p.TotalResults != 1 {
		t.Errorf("there are %d people", p.TotalResults)
	}
	for _, bad := range []string{"filter=" + strings.Repeat("%28", 200), "filter=%00", "count=99999999999999999999", "startIndex=x", "filter=userName%20eq%20%22" + strings.Repeat("x", 20_000) + "%22"} {
		if got := w.scim(t, secret, http.MethodGet, "/Users?"+bad, "", http.StatusBadRequest); !strings.Contains(got.Body, `"status":"400"`) {
			t.Errorf("%.40s: %s", bad, got.Body)
		}
	}
	for _, body := range []string{`{"count":"ten"}`, `[]`, `{"filter":"userName eq"}`, `{"sortOrder":"up"}`} {
		w.scim(t, secret, http.MethodPost, "/Users/.search", body, http.StatusBadRequest)
	}
}

// TestEveryAttribute puts a value into each attribute of the served schema by PATCH, finds the user by it, and takes it away.
func TestEveryAttribute(t *testing.T) {
	t.Parallel()
	type attribute struct {
		Name, Type, Mutability string
		MultiValued, Required  bool
		SubAttributes          []attribute
	}
	w := newWorld(t)
	secret := w.connection(t, "idp", "strict")
	id := w.add(t, secret, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@example.com"}`)
	var list struct {
		Resources []struct {
			ID         string
			Attributes []attribute
		}
	}
	w.scim(t, secret, http.MethodGet, "/Schemas", "", http.StatusOK).Decode(t, &list)
	value := func(a attribute) any {
		switch a.Type {
		case "boolean":
			return true
		case "dateTime":
			return "2026-01-31T12:00:00Z"
		case "binary":
			return "AAAA"
		case "reference":
			return "https://example.com/x"
		}
		return "of " + a.Name
	}
	tried := 0
	patch := func(op, path string, v any, status int) {
		operation := map[string]any{"op": op, "path": path}
		if v != nil {
			operation["value"] = v
		}
		raw, err := json.Marshal(map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []any{operation}})
		if err != nil {
			t.Fatal(err)
		}
		w.scim(t, secret, http.MethodPatch, "/Users/"+id, string(raw), status)
	}
	for _, s := range list.Resources {
		if strings.HasSuffix(s.ID, ":Group") {
			continue
		}
		for _, a := range s.Attributes {
			path := s.ID + ":" + a.Name
			if a.Mutability == "readOnly" {
				patch("replace", path, "x", http.StatusBadRequest)
				continue
			}
			if a.Mutability == "writeOnly" || a.Required || a.Name == "active" {
				continue
			}
			v, want := value(a), value(a)
			if a.Type == "complex" {
				parts := map[string]any{}
				for _, sub := range a.SubAttributes {
					if sub.Mutability != "readOnly" {
						parts[sub.Name] = value(sub)
					}
				}
				v, want = parts, nil
			}
			if a.MultiValued {
				v = []any{v}
			}
			patch("add", path, v, http.StatusOK)
			shown := w.scim(t, secret, http.MethodGet, "/Users/"+id+"?attributes="+path, "", http.StatusOK).Body
			if !strings.Contains(shown, `"`+a.Name+`"`) {
				t.Errorf("%s was set and is not shown: %s", path, shown)
			}
			if text, ok := want.(string); ok {
				if p := w.page(t, secret, "filter="+strings.NewReplacer(" ", "%20", `"`, "%22").Replace(path+` eq "`+text+`"`), http.StatusOK); p.TotalResults != 1 {
					t.Errorf("%s finds %d", path, p.TotalResults)
				}
			}
			patch("remove", path, nil, http.StatusOK)
			if shown = w.scim(t, secret, http.MethodGet, "/Users/"+id+"?attributes="+path, "", http.StatusOK).Body; strings.Contains(shown, `"`+a.Name+`"`) {
				t.Errorf("%s was removed and is shown: %s", path, shown)
			}
			tried++
		}
	}
	if tried < 20 {
		t.Errorf("%d attributes were tried", tried)
	}
}

// TestWhoseAccount: a person who is created gets the account that waits for him, or one of his own, and never somebody
// else's; nobody loses an organization's only owner to a client.
func TestWhoseAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	bob, err := w.Resolve(t.Context(), "user", "bob")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.add(t, secret, "/Users", `{"userName":"bob","externalId":"x-bob"}`); got != bob.ID {
		t.Errorf("bob, whom nobody vouches for, is %s, want %s", got, bob.ID)
	}
	if !w.may(t, bob.ID) {
		t.Error("bob has lost what he held")
	}
	token := w.secret(t, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "bob"})
	const disable = `{"Operations":[{"op":"replace","path":"active","value":false}]}`
	if got := w.scim(t, secret, http.MethodPatch, "/Users/"+bob.ID, disable, http.StatusOK); got.Header.Get(endpoint.ZedToken) == "" {
		t.Error("the answer carries no consistency token")
	}
	if w.may(t, bob.ID) {
		t.Error("bob is disabled and may")
	}
	if got := w.Call(t, http.MethodGet, "/api/v2/account/details", token, ""); got.Status != http.StatusUnauthorized {
		t.Errorf("bob is disabled, and his token answers %d", got.Status)
	}
	w.scim(t, secret, http.MethodPatch, "/Users/"+bob.ID, `{"Operations":[{"op":"remove","path":"active"}]}`, http.StatusOK)
	w.scim(t, secret, http.MethodPut, "/Users/"+bob.ID, `{"userName":"bob","externalId":"x-bob","title":"Chief"}`, http.StatusOK)
	if w.may(t, bob.ID) {
		t.Error("bob is disabled and may, since nothing was said about it")
	}
	w.scim(t, secret, http.MethodPatch, "/Users/"+bob.ID, strings.Replace(disable, "false", "true", 1), http.StatusOK)
	if !w.may(t, bob.ID) {
		t.Error("bob is back and may not")
	}
	if got := w.Call(t, http.MethodGet, "/api/v2/account/details", token, ""); got.Status != http.StatusUnauthorized {
		t.Errorf("bob is back, and his old token answers %d", got.Status)
	}
	alice := w.add(t, secret, "/Users", `{"userName":"alice","externalId":"x-alice"}`)
	if got := w.scim(t, secret, http.MethodPatch, "/Users/"+alice, disable, http.StatusConflict); strings.Contains(got.Body, "uniqueness") {
		t.Errorf("the only owner: %s", got.Body)
	}
	w.scim(t, secret, http.MethodDelete, "/Users/"+alice, "", http.StatusConflict)
	if !w.may(t, alice) {
		t.Error("the only owner may not")
	}
}

// TestAudit: what a client does is written down as its connection's.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	id := w.add(t, secret, "/Users", `{"userName":"ann@example.com"}`)
	w.scim(t, secret, http.MethodDelete, "/Users/"+id, "", http.StatusNoContent)
	events, err := w.Store.AuditEvents(t.Context(), catalog.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, e := range events {
		if e.Object.ID == id && e.Actor.Type == "service_account" {
			found[e.Action] = true
		}
	}
	if !found["person.create"] || len(found) < 2 {
		t.Errorf("the events about the person are %v", found)
	}
}
