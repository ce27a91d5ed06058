package scim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

const testIssuer = "https://idp.example"

// signsIn returns the id of the user as whom a subject signs in at the test's issuer.
func (w *world) signsIn(t *testing.T, subject, username string) string {
	t.Helper()
	p, err := w.Login(t.Context(), catalog.Login{Issuer: testIssuer, Subject: subject, Username: username, Email: username + "@corp.example", EmailVerified: true})
	if err != nil {
		t.Fatal(err)
	}
	return p.Subject.ID
}

// TestNoConnectionHandsAnAccountOver brings people who have accounts by their identity, and then says that somebody else's
// login is theirs.
func TestNoConnectionHandsAnAccountOver(t *testing.T) {
	t.Parallel()
	for _, admin := range []bool{true, false} {
		w := newWorld(t)
		secret := w.connection(t, "okta", "okta")
		w.directory(t, "okta", func(d *catalog.Directory) { d.Issuer = testIssuer })
		boss := w.signsIn(t, "sub-boss", "boss")
		if _, err := w.SetSiteAdmin(t.Context(), w.Admin, boss, admin); err != nil {
			t.Fatal(err)
		}
		got := w.scim(t, secret, http.MethodPost, "/Users", `{"userName":"boss","externalId":"sub-boss","emails":[{"value":"boss@corp.example"}]}`, 0)
		if got.Status != http.StatusCreated || !strings.Contains(got.Body, boss) {
			t.Fatalf("his own identity: %d %s, want his account", got.Status, got.Body)
		}
		got = w.scim(t, secret, http.MethodPatch, "/Users/"+boss, `{"Operations":[{"op":"replace","path":"externalId","value":"sub-eve"}]}`, 0)
		if got.Status != http.StatusConflict {
			t.Errorf("site admin %t: another login for his account: %d %s, want 409", admin, got.Status, got.Body)
		}
		if eve := w.signsIn(t, "sub-eve", "eve"); eve == boss {
			t.Errorf("site admin %t: eve signs in to his account", admin)
		}
		if w.signsIn(t, "sub-boss", "boss") != boss {
			t.Errorf("site admin %t: he does not come into his account any more", admin)
		}
	}
}

// TestAPersonOfTheConnectionGetsAnotherID is the same for an account that the connection has made: its word says whose it is.
func TestAPersonOfTheConnectionGetsAnotherID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "okta", "okta")
	w.directory(t, "okta", func(d *catalog.Directory) { d.Issuer = testIssuer })
	w.scim(t, secret, http.MethodPost, "/Users", `{"userName":"zoe","externalId":"sub-1"}`, 0)
	zoe := w.signsIn(t, "sub-1", "zoe")
	got := w.scim(t, secret, http.MethodPatch, "/Users/"+zoe, `{"Operations":[{"op":"replace","path":"externalId","value":"sub-2"}]}`, 0)
	if got.Status >= http.StatusMultipleChoices {
		t.Fatalf("another id: %d %s", got.Status, got.Body)
	}
	if w.signsIn(t, "sub-2", "zoe") != zoe {
		t.Error("she does not come into her account by her new id")
	}
	if w.signsIn(t, "sub-1", "zoe") == zoe {
		t.Error("the old id opens her account still")
	}
}

func TestWhatIsKeptOfAPersonIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.connection(t, "okta", "okta")
	for size, want := range map[int]int{32 << 10: http.StatusCreated, 65 << 10: http.StatusRequestEntityTooLarge} {
		got := w.scim(t, secret, http.MethodPost, "/Users", `{"userName":"u`+http.StatusText(want)[:3]+`","title":"`+strings.Repeat("x", size)+`"}`, 0)
		if got.Status != want {
			t.Errorf("%d bytes: %d, want %d", size, got.Status, want)
		}
	}
}
