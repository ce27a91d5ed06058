package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestWhatALoginSaysOfGroups follows one person through logins.
func TestWhatALoginSaysOfGroups(t *testing.T) {
	t.Parallel()
	b := testkit.Service(t, "embedded")
	ctx := t.Context()
	idp := catalog.Directory{Name: "idp", Kind: "oidc", Trust: catalog.TrustTeams, Issuer: "https://idp.example"}
	p, err := b.Login(ctx, catalog.Login{Issuer: idp.Issuer, Subject: "s-1", Username: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	ann := p.Subject.ID
	start := time.Now()
	login := func(at time.Duration, names ...string) int {
		t.Helper()
		before, err := b.Store.CountAuditEvents(ctx, catalog.AuditFilter{})
		if err == nil {
			_, err = b.LoginGroups(ctx, ann, idp, names, start.Add(at+12*time.Hour))
		}
		if err != nil {
			t.Fatal(err)
		}
		after, err := b.Store.CountAuditEvents(ctx, catalog.AuditFilter{})
		if err != nil {
			t.Fatal(err)
		}
		return after - before
	}
	check := func(what string, want ...string) {
		t.Helper()
		in, err := b.Store.GroupMembers(ctx, catalog.GroupMemberFilter{UserID: ann})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range in {
			g, err := b.Store.Group(ctx, m.GroupID)
			if err != nil {
				t.Fatal(err)
			}
			end := "for good"
			if !m.ExpiresAt.IsZero() {
				end = m.ExpiresAt.Sub(start).Round(time.Minute).String()
			}
			got = append(got, g.ExternalID+" "+end)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: he is in %v, want %v", what, got, want)
		}
		noDrift(t, b)
	}
	login(0, "devs", "ops", "ops", "", " spaced", "with\nline", strings.Repeat("x", 256))
	check("the first login", "devs 12h0m0s", "ops 12h0m0s")
	if person, err := b.Store.Person(ctx, "idp", "s-1"); err != nil || person.UserID != ann {
		t.Errorf("the person is %+v, %v", person, err)
	}
	if n := login(time.Hour, "devs", "ops"); n != 0 {
		t.Errorf("the same an hour later leaves %d events", n)
	}
	check("the same an hour later", "devs 12h0m0s", "ops 12h0m0s")
	if n := login(4*time.Hour, "devs", "ops"); n == 0 {
		t.Error("the same four hours later changes nothing")
	}
	check("the same four hours later", "devs 16h0m0s", "ops 16h0m0s")
	change(t, b, func(ctx context.Context, c *catalog.Change) error {
		g, err := c.GroupByExternalID(ctx, "idp", "ops")
		if err != nil {
			return err
		}
		return c.FillGroup(ctx, g.ID, []catalog.GroupMember{{UserID: ann}}, nil) // for good
	})
	login(4*time.Hour, "qa")
	check("other groups", "ops for good", "qa 16h0m0s")
	login(4*time.Hour, "ops", "qa")
	check("what is for good", "ops for good", "qa 16h0m0s")
	if n := login(9 * time.Hour); n != 0 {
		t.Errorf("no groups at all leave %d events", n)
	}
	login(9*time.Hour, "\x00")
	check("nothing that counts", "ops for good", "qa 16h0m0s")

	qa, err := b.Store.GroupByExternalID(ctx, "idp", "qa")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.PauseGroup(ctx, b.Admin, qa.ID); err != nil {
		t.Fatal(err)
	}
	login(9*time.Hour, "devs")
	check("a paused group", "devs 21h0m0s", "ops for good", "qa 16h0m0s")
	for _, stop := range []func(bool) error{
		func(on bool) error {
			pause := b.PauseDirectory
			if !on {
				pause = b.ResumeDirectory
			}
			_, _, err := pause(ctx, b.Admin, "idp")
			return err
		},
		func(on bool) error { _, _, err := b.DisableDirectory(ctx, b.Admin, "idp", on); return err },
		func(on bool) error { _, err := b.SuspendUser(ctx, b.Admin, ann, on); return err },
	} {
		if err := stop(true); err != nil {
			t.Fatal(err)
		}
		if n := login(9*time.Hour, "more"); n != 0 {
			t.Errorf("%d events though nothing is to be taken", n)
		}
		check("nothing is to be taken", "devs 21h0m0s", "ops for good", "qa 16h0m0s")
		if err := stop(false); err != nil {
			t.Fatal(err)
		}
	}
	var many []string
	for i := range 600 {
		many = append(many, fmt.Sprintf("g%03d", i))
	}
	login(9*time.Hour, many...)
	in, err := b.Store.GroupMembers(ctx, catalog.GroupMemberFilter{UserID: ann})
	if err != nil || len(in) != 500+3 { // devs may be among those that are cut off, so that he stays there
		t.Errorf("of 600 groups he is in %d, with three more: %v", len(in), err)
	}
	many = many[:499]
	login(9*time.Hour, many...)
	if in, err = b.Store.GroupMembers(ctx, catalog.GroupMemberFilter{UserID: ann}); err != nil || len(in) != 499+2 {
		t.Errorf("of 499 groups he is in %d, with two more: %v", len(in), err)
	}
	for _, source := range []string{"", catalog.SourceManual, catalog.SourceTerrakube} {
		idp.Name = source
		if _, err := b.LoginGroups(ctx, ann, idp, []string{"devs"}, start.Add(time.Hour)); err == nil {
			t.Errorf("a login speaks for the source %q", source)
		}
	}
	noDrift(t, b)
}
