package catalog_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// restart reads the promotion list as a start does, and returns who are site admins besides the built-in one, and what was
// logged.
func restart(t *testing.T, b *testkit.Bench, list ...string) (admins []string, logged string) {
	t.Helper()
	var log bytes.Buffer
	s := catalog.New(catalog.Deps{Store: b.Store, Engine: b.Engine, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Random: rand.Reader})
	builtin, err := s.Bootstrap(t.Context(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	users, err := b.Store.Users(t.Context(), catalog.UserFilter{SiteAdmins: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if u.ID != builtin.ID {
			admins = append(admins, u.Username)
		}
	}
	slices.Sort(admins)
	return admins, log.String()
}

func wantAdmins(t *testing.T, b *testkit.Bench, list []string, want ...string) {
	t.Helper()
	if got, _ := restart(t, b, list...); !slices.Equal(got, want) {
		t.Errorf("a start with %v makes %v site admins, want %v", list, got, want)
	}
}

// TestAPromotionMeansAPerson: people choose their names themselves, so the name on the list is remembered by whom it meant.
func TestAPromotionMeansAPerson(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	mallory, err := b.CreateUser(ctx, b.Admin, "mallory", "")
	if err != nil {
		t.Fatal(err)
	}
	wantAdmins(t, b, []string{"Pat"}, "Pat")
	wantAdmins(t, b, []string{"pat"}, "Pat")
	pat := userNamed(t, b, "pat")
	rename(t, b, testkit.PrincipalOf(pat), "patricia")
	wantAdmins(t, b, []string{"pat"}, "patricia")

	take := func(p catalog.User, name string) error {
		_, _, err := b.UpdateAccount(ctx, testkit.PrincipalOf(p), catalog.AccountChange{Username: &name})
		return err
	}
	if err := take(mallory, "PAT"); !fault.Is(err, fault.Conflict) {
		t.Errorf("mallory takes a name that somebody was promoted by: %v", err)
	}
	if u, err := b.Store.User(ctx, mallory.ID); err != nil || u.Username != "mallory" {
		t.Errorf("after that: %+v, %v", u, err)
	}
	if err := take(pat, "pat"); err != nil {
		t.Errorf("whose promotion it is takes the name back: %v", err)
	}
	rename(t, b, testkit.PrincipalOf(pat), "patricia")
	// Whoever gets the name by other ways is not meant either.
	if _, err := b.CreateUser(ctx, b.Admin, "pat", ""); err != nil {
		t.Fatal(err)
	}
	wantAdmins(t, b, []string{"pat"}, "patricia")
	wantAdmins(t, b, nil, "patricia") // a lost setting demotes nobody

	// With the promotion goes what is remembered of it.
	wantAdmins(t, b, []string{"ann"}, "ann")
	wantAdmins(t, b, []string{"pat"}, "pat")
	if _, err := b.DeleteUser(ctx, b.Admin, userNamed(t, b, "pat").ID); err != nil {
		t.Fatal(err)
	}
	wantAdmins(t, b, []string{"ann"}, "ann")
	if err := take(mallory, "pat"); err != nil {
		t.Errorf("mallory takes a name that nobody is promoted by any more: %v", err)
	}
}

func TestAChosenNameIsNotPromoted(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	mallory, err := b.CreateUser(t.Context(), b.Admin, "mallory", "")
	if err != nil {
		t.Fatal(err)
	}
	rename(t, b, testkit.PrincipalOf(mallory), "nina")
	admins, logged := restart(t, b, "nina", "ann")
	if !slices.Equal(admins, []string{"ann"}) {
		t.Errorf("site admins %v", admins)
	}
	if !strings.Contains(logged, "level=ERROR") || !strings.Contains(logged, "username=nina") || strings.Contains(logged, "username=ann") {
		t.Errorf("the operator is told %q", logged)
	}
	// Not even where he was a site admin for another reason: the list says who is, and does not mean him.
	if _, err := b.SetSiteAdmin(t.Context(), b.Admin, mallory.ID, true); err != nil {
		t.Fatal(err)
	}
	wantAdmins(t, b, []string{"nina", "ann"}, "ann")
}

// TestWhoIsPromotedBeforeHeComes: the account waits for his first login as any other does.
func TestWhoIsPromotedBeforeHeComes(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	wantAdmins(t, b, []string{"ann"}, "ann")
	for trusted, want := range map[bool]bool{false: false, true: true} {
		p, err := b.Login(t.Context(), catalog.Login{Issuer: "https://idp.example", Subject: map[bool]string{true: "a", false: "b"}[trusted], Username: "ann", TrustedUsername: trusted})
		if err != nil || (p.Subject.ID == userNamed(t, b, "ann").ID) != want {
			t.Errorf("a login as ann, whose name is trusted %v: %+v, %v", trusted, p, err)
		}
	}
	identities, err := b.Identities(t.Context(), b.Admin, userNamed(t, b, "ann").ID)
	if err != nil || len(identities) != 1 {
		t.Errorf("identities %+v, %v", identities, err)
	}
}
