package protocol_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// startWith starts the example beside two organizations of bob's, which the order of their names puts around it.
func startWith(t *testing.T) *service {
	t.Helper()
	cfg := testkit.Config(t)
	t.Run("prepare", func(t *testing.T) {
		prepare(t, cfg, func(ctx context.Context, c *catalog.Change) error {
			bob, err := c.UserByUsername(ctx, "bob")
			if err != nil {
				return err
			}
			for _, name := range []string{"zenith", "Abacus"} {
				o, err := c.CreateOrganization(ctx, name, "", bob.ID)
				if err != nil {
					return err
				}
				for _, workspace := range []string{"web-2", "Web", "db", "API"} {
					w := catalog.Workspace{OrganizationID: o.ID, Name: workspace}
					if _, err := c.CreateWorkspace(ctx, w); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
	s := &service{Running: runConfigured(t, cfg)}
	s.asker = s.ServiceToken(t, "gateway", "check", "search", "explain")
	return s
}

// Organizations, projects, workspaces and stacks come by name, whether the question named its subject by name or id.
func TestResourcesComeByName(t *testing.T) {
	t.Parallel()
	s := startWith(t)
	of := func(resourceType, action string) string {
		return fmt.Sprintf(`{"subject":{"type":"user","id":"bob"},"action":{"name":%q},"resource":{"type":%q}}`, action, resourceType)
	}
	for body, want := range map[string][]string{
		of("workspace", "read"):    {"Abacus/API", "Abacus/db", "Abacus/Web", "Abacus/web-2", "acme/prod", "acme/staging", "zenith/API", "zenith/db", "zenith/Web", "zenith/web-2"},
		of("organization", "view"): {"Abacus", "acme", "zenith"},
		of("project", "read"):      {"Abacus/Default Project", "acme/Default Project", "zenith/Default Project"},
		of("stack", "read"):        nil,
	} {
		byID := strings.Replace(body, `"bob"`, fmt.Sprintf("%q", idOf(t, s, "user", "bob")), 1)
		for _, limit := range []int{1, 3, 100} {
			byName, _ := s.follow(t, resources, body, limit)
			if diff := cmp.Diff(want, byName); diff != "" {
				t.Errorf("%s by %d (-want +got):\n%s", body, limit, diff)
			}
			var names []string
			for _, f := range s.search(t, resources, byID).Results {
				names = append(names, f.Properties.Name)
			}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("%s (-want +got):\n%s", byID, diff)
			}
		}
	}
}

// A page token of resources belongs to its request and its caller, and outlives what it names.
func TestPageTokensOfResources(t *testing.T) {
	t.Parallel()
	s := startWith(t)
	body := where("bob", "read")
	page := func(token string) string { return fmt.Sprintf(`"page":{"limit":5,"token":%q}`, token) }
	first := s.search(t, resources, with(body, page("")))
	if first.Page.Total != 10 || first.Page.Count != 5 || first.Page.NextToken == "" {
		t.Fatalf("the first page: %+v", first.Page)
	}
	token := first.Page.NextToken
	for name, foreign := range map[string][2]string{
		"by bob himself":              {s.UserToken(t, "bob"), body},
		"by the site admin":           {s.SiteToken, body},
		"about another user":          {s.asker, where("alice", "read")},
		"about another action":        {s.asker, where("bob", "update")},
		"about another resource type": {s.asker, strings.Replace(body, "workspace", "project", 1)},
		"with a property more":        {s.asker, strings.Replace(body, `"bob"`, `"bob","properties":{}`, 1)},
	} {
		got := s.ask(t, resources, foreign[0], with(foreign[1], page(token)))
		if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "page.token does not belong to this request") {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	second := s.search(t, resources, with(body, page(token)))
	if second.Page.Total != 10 || second.Page.Count != 5 || second.Page.NextToken != "" {
		t.Errorf("the second page: %+v", second.Page)
	}
	both := slices.Concat(first.ids(), second.ids())
	slices.Sort(both)
	if len(slices.Compact(both)) != 10 {
		t.Errorf("both pages: %v", both)
	}
}
