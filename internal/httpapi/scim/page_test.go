package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim"
)

// page is a page of a list.
type page struct {
	TotalResults int
	ItemsPerPage int
	NextCursor   string
	ScimType     string
	Resources    []struct{ ID, UserName string }
}

func (w *world) page(t *testing.T, secret, query string, status int) page {
	t.Helper()
	var p page
	w.scim(t, secret, http.MethodGet, "/Users?"+query, "", status).Decode(t, &p)
	return p
}

// fill puts people into a connection, past its protocol.
func (w *world) fill(t *testing.T, source string, from, to int) {
	t.Helper()
	_, err := w.Sync(t.Context(), catalog.Principal{Subject: w.Admin.Subject, Name: "fill", Scopes: []catalog.Scope{catalog.ScopeSync}}, catalog.Behalf{Source: source}, func(ctx context.Context, c *catalog.Change) error {
		for n := from; n < to; n++ {
			kept := catalog.Attributes(fmt.Sprintf(`{"externalId":"x%05d","title":"Title %d","name":{"familyName":"Family %d","givenName":"Given"},"emails":[{"value":"p%05d@example.com","type":"work","primary":true}]}`, n, n%7, n%11, n))
			word := catalog.PersonWord{Source: source, ExternalID: fmt.Sprintf("x%05d", n), Username: fmt.Sprintf("p%05d@example.com", n), Email: fmt.Sprintf("p%05d@example.com", n), Active: true, Attributes: &kept}
			if _, err := c.BringPerson(ctx, word); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCursors walks a connection by cursor while people come and go: whoever is there all the time is seen once.
func TestCursors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	w.fill(t, "idp", 0, 50)
	for _, order := range []string{"", "&sortBy=title", "&sortBy=name.familyName&sortOrder=descending", "&sortBy=nickName"} {
		seen := map[string]int{}
		var walked []string
		cursor, pages := "", 0
		for first := true; first || cursor != ""; first = false {
			p := w.page(t, secret, "count=7&attributes=userName&cursor="+url.QueryEscape(cursor)+order, http.StatusOK)
			for _, r := range p.Resources {
				seen[r.UserName]++
				walked = append(walked, r.UserName)
			}
			if cursor = p.NextCursor; len(p.Resources) != p.ItemsPerPage || pages > 20 {
				t.Fatalf("%s: page %d has %d of %d", order, pages, len(p.Resources), p.ItemsPerPage)
			}
			if pages++; pages == 2 && order == "" { // somebody of a page that was seen goes, and somebody else comes
				w.scim(t, secret, http.MethodDelete, "/Users/"+p.Resources[0].ID, "", http.StatusNoContent)
				w.pass(time.Minute)
				w.add(t, secret, "/Users", `{"userName":"late@example.com"}`)
			}
		}
		if len(seen) < 50 || len(walked) != len(seen) {
			t.Errorf("%s: %d people were seen, %d times", order, len(seen), len(walked))
		}
		var all []string
		for _, r := range w.page(t, secret, "count=1000&attributes=userName"+order, http.StatusOK).Resources {
			all = append(all, r.UserName)
		}
		if order != "" && !slices.Equal(all, walked) {
			t.Errorf("%s: by cursor the order is\n%v, and by index\n%v", order, walked, all)
		}
	}
}

// TestWhatACursorIsGoodFor: the next page of the same question of the same connection, for an hour.
func TestWhatACursorIsGoodFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret, other := w.connection(t, "idp", ""), w.connection(t, "other", "")
	w.fill(t, "idp", 0, 5)
	query := func(cursor string) string {
		return "count=2&filter=" + url.QueryEscape(`title pr`) + "&cursor=" + url.QueryEscape(cursor)
	}
	cursor := w.page(t, secret, query(""), http.StatusOK).NextCursor
	if cursor == "" || url.QueryEscape(cursor) != cursor {
		t.Fatalf("the cursor %q is none that needs no escaping", cursor)
	}
	if p := w.page(t, secret, query(cursor), http.StatusOK); len(p.Resources) != 2 {
		t.Errorf("the second page has %d", len(p.Resources))
	}
	flipped := []byte(cursor)
	flipped[len(flipped)/2] ^= 1
	for name, p := range map[string]page{
		"another filter":     w.page(t, secret, "count=2&cursor="+cursor, http.StatusBadRequest),
		"another order":      w.page(t, secret, query(cursor)+"&sortBy=title", http.StatusBadRequest),
		"another connection": w.page(t, other, query(cursor), http.StatusBadRequest),
		"one bit":            w.page(t, secret, query(string(flipped)), http.StatusBadRequest),
		"cut off":            w.page(t, secret, query(cursor[:9]), http.StatusBadRequest),
	} {
		if p.ScimType != "invalidCursor" {
			t.Errorf("%s: %q", name, p.ScimType)
		}
	}
	w.pass(59 * time.Minute)
	w.page(t, secret, query(cursor), http.StatusOK)
	w.pass(2 * time.Minute)
	if p := w.page(t, secret, query(cursor), http.StatusBadRequest); p.ScimType != "expiredCursor" {
		t.Errorf("an old cursor: %q", p.ScimType)
	}
}

// TestLargeConnection: five thousand people, and what a client asks about them.
func TestLargeConnection(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it fills a catalog")
	}
	const people = 5000
	w := newWorld(t)
	secret := w.connection(t, "idp", "")
	w.fill(t, "idp", 0, people)
	for query, want := range map[string]int{
		"startIndex=4901&count=100":                                                                people,
		"filter=" + url.QueryEscape(`title eq "Title 3"`):                                          people / 7,
		"filter=" + url.QueryEscape(`userName eq "P04999@example.com"`):                            1,
		"filter=" + url.QueryEscape(`externalId eq "x04999"`):                                      1,
		"filter=" + url.QueryEscape(`emails[type eq "work"].value eq "p04999@example.com"`):        1,
		"filter=" + url.QueryEscape(`emails.value co "p0499" and not (name.familyName ew "ly 3")`): 9,
	} {
		began := time.Now()
		p := w.page(t, secret, query, http.StatusOK)
		t.Logf("%s: %v", query, time.Since(began).Round(time.Millisecond))
		if p.TotalResults < want || p.TotalResults > want+1 {
			t.Errorf("%s finds %d, want about %d", query, p.TotalResults, want)
		}
	}
	var members []map[string]string
	for start := 1; start <= people; start += 1000 {
		p := w.page(t, secret, fmt.Sprintf("startIndex=%d&count=1000&attributes=id", start), http.StatusOK)
		for _, r := range p.Resources {
			members = append(members, map[string]string{"value": r.ID})
		}
	}
	if len(members) != people {
		t.Fatalf("there are %d", len(members))
	}
	raw, err := json.Marshal(map[string]any{"displayName": "everybody", "members": members})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	id := w.add(t, secret, "/Groups?attributes=displayName", string(raw))
	t.Logf("a group of %d: %v", people, time.Since(began).Round(time.Millisecond))
	w.link(t, id, "sre")
	began = time.Now()
	w.scim(t, secret, http.MethodPatch, "/Groups/"+id+"?attributes=displayName", `{"Operations":[{"op":"remove","path":"members","value":[{"value":"`+members[17]["value"]+`"}]}]}`, http.StatusOK)
	t.Logf("one of them leaves: %v", time.Since(began).Round(time.Millisecond))
	if w.may(t, members[17]["value"]) || !w.may(t, members[18]["value"]) {
		t.Error("the wrong one left")
	}
	w.scim(t, secret, http.MethodPatch, "/Groups/"+id, `{"Operations":[{"op":"remove","path":"members"}]}`, http.StatusForbidden)
	if !w.may(t, members[18]["value"]) {
		t.Error("somebody left by a remove that waits")
	}
	if body := w.scim(t, secret, http.MethodGet, "/Groups/"+id, "", http.StatusOK).Body; len(body) < people*100 || scim.MediaType == "" {
		t.Errorf("the group reads as %d bytes", len(body))
	}
}
