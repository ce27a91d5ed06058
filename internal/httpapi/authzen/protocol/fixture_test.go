package protocol_test

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// prepare changes the catalog of a configuration before a service runs over it, where no endpoint does that.
func prepare(t *testing.T, cfg config.Config, fn func(ctx context.Context, c *catalog.Change) error) *testkit.Bench {
	t.Helper()
	b := testkit.ServiceWith(t, cfg, catalog.Deps{})
	if err := b.Example(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Import(t.Context(), b.Admin, fn); err != nil {
		t.Fatal(err)
	}
	return b
}

// runConfigured starts a service over a prepared configuration.
func runConfigured(t *testing.T, cfg config.Config) *testkit.Running {
	t.Helper()
	return testkit.App(t, func(c *config.Config) { *c = cfg })
}

// prepareSuspended suspends bob and returns a token he got before.
func prepareSuspended(t *testing.T, cfg config.Config) string {
	t.Helper()
	b := prepare(t, cfg, func(context.Context, *catalog.Change) error { return nil })
	issued, err := b.CreateToken(t.Context(), b.Admin, catalog.TokenRequest{Kind: catalog.TokenUser, Name: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.SuspendUser(t.Context(), b.Admin, issued.OwnerID, true); err != nil {
		t.Fatal(err)
	}
	return issued.Secret
}

// prepareNestedGroups puts dave into a group inside of a group that is linked to team sre.
func prepareNestedGroups(t *testing.T, cfg config.Config) {
	t.Helper()
	prepare(t, cfg, func(ctx context.Context, c *catalog.Change) error {
		outer, err := c.CreateGroup(ctx, catalog.Group{Source: "ldap", ExternalID: "cn=ops", DisplayName: "Operations"})
		if err != nil {
			return err
		}
		inner, err := c.CreateGroup(ctx, catalog.Group{Source: "ldap", ExternalID: "cn=night", DisplayName: "Night shift"})
		if err != nil {
			return err
		}
		dave, err := c.UserByUsername(ctx, "dave")
		if err != nil {
			return err
		}
		acme, err := c.OrganizationByName(ctx, "acme")
		if err != nil {
			return err
		}
		sre, err := c.TeamByName(ctx, acme.ID, "sre")
		if err != nil {
			return err
		}
		if err := c.AddGroupMember(ctx, inner.ID, dave.ID); err != nil {
			return err
		}
		if err := c.Nest(ctx, outer.ID, inner.ID); err != nil {
			return err
		}
		_, err = c.LinkGroup(ctx, outer.ID, sre.ID)
		return err
	})
}
