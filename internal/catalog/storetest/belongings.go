package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// belongings are the rows without a life of their own: what each is, in words. They are asked for by the ids of what
// they belong to, whether that is still there or not.
func belongings(t *testing.T, s catalog.Queries) []string {
	t.Helper()
	ctx := t.Context()
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	identities, err := s.Identities(ctx, catalog.IdentityFilter{})
	must(t, err)
	for _, i := range identities {
		add("identity %s of %s", i.Subject, i.UserID)
	}
	tags, err := s.Tags(ctx, catalog.TagFilter{})
	must(t, err)
	for _, tag := range tags {
		add("tag %s", tag.ID)
	}
	carried, err := s.CountTagged(ctx, "tag-a", "tag-b")
	must(t, err)
	for id, n := range carried {
		add("%s on %d", id, n)
	}
	for objectType, ids := range map[string][]string{schema.TypeProject: {"prj-a", "prj-b"}, schema.TypeWorkspace: {"ws-a", "ws-b"}} {
		bindings, err := s.TagBindings(ctx, objectType, ids...)
		must(t, err)
		for _, b := range bindings {
			add("binding of %s", b.Resource)
		}
	}
	consumers, err := s.Consumers(ctx, "ws-a", "ws-a2", "ws-b", "ws-b2")
	must(t, err)
	for _, c := range consumers {
		add("%s reads %s", c.ConsumerID, c.WorkspaceID)
	}
	for _, x := range []string{"a", "b"} {
		out = append(out, policies(t, s, x)...)
	}
	slices.Sort(out)
	return out
}

// policies are the agent pools, retentions and token lives of one organization.
func policies(t *testing.T, s catalog.Queries, x string) []string {
	t.Helper()
	ctx := t.Context()
	var out []string
	pools, err := s.AgentPools(ctx, "org-"+x)
	must(t, err)
	for _, p := range pools {
		out = append(out, "pool "+p.ID)
	}
	for _, resource := range []authz.Object{object(schema.TypeOrganization, "org-"+x), object(schema.TypeWorkspace, "ws-"+x)} {
		switch r, err := s.Retention(ctx, resource); {
		case err == nil:
			out = append(out, "retention of "+r.Resource.String())
		case !fault.Is(err, fault.NotFound):
			t.Errorf("retention of %s: %v", resource, err)
		}
	}
	lives, err := s.TokenLives(ctx, "org-"+x)
	must(t, err)
	for _, l := range lives {
		out = append(out, fmt.Sprintf("life of %s tokens in %s", l.Kind, l.OrganizationID))
	}
	return out
}

// furnished fills a store with the world, and gives ann, acme and beta everything that belongs to somebody.
func furnished(t *testing.T, s catalog.Store) {
	t.Helper()
	world(t, s)
	ctx := t.Context()
	for _, name := range []string{"ann", "bob"} {
		must(t, s.InsertIdentity(ctx, catalog.Identity{Issuer: "https://idp.example", Subject: name, UserID: "user-" + name}))
	}
	for _, x := range []string{"a", "b"} {
		org, project, ws := "org-"+x, "prj-"+x, "ws-"+x
		must(t, s.InsertWorkspace(ctx, catalog.Workspace{ID: ws + "2", OrganizationID: org, ProjectID: project, Name: "Other"}))
		must(t, s.InsertTag(ctx, catalog.Tag{ID: "tag-" + x, OrganizationID: org, Name: "web"}))
		must(t, s.PutWorkspaceTag(ctx, ws, "tag-"+x))
		must(t, s.PutWorkspaceTag(ctx, ws+"2", "tag-"+x))
		must(t, s.PutTagBinding(ctx, catalog.TagBinding{Resource: object(schema.TypeProject, project), Key: "env", Value: "prod"}))
		must(t, s.PutTagBinding(ctx, catalog.TagBinding{Resource: object(schema.TypeWorkspace, ws), Key: "env", Value: "prod"}))
		must(t, s.PutConsumer(ctx, catalog.Consumer{WorkspaceID: ws, ConsumerID: ws + "2"}))
		must(t, s.PutConsumer(ctx, catalog.Consumer{WorkspaceID: ws + "2", ConsumerID: ws}))
		must(t, s.InsertAgentPool(ctx, catalog.AgentPool{ID: "apool-" + x, OrganizationID: org, Name: "pool"}))
		must(t, s.PutRetention(ctx, catalog.Retention{ID: "drp-" + x, Resource: object(schema.TypeOrganization, org), Days: 1}))
		must(t, s.PutRetention(ctx, catalog.Retention{ID: "drp-ws-" + x, Resource: object(schema.TypeWorkspace, ws), Days: 1}))
		must(t, s.PutTokenLife(ctx, catalog.TokenLife{OrganizationID: org, Kind: catalog.TokenTeam, Max: time.Hour}))
		must(t, s.InsertToken(ctx, catalog.Token{ID: "at-trails-" + x, Kind: catalog.TokenAuditTrails, OwnerID: org}))
	}
}

func belongingsChecks() []check {
	return []check{
		{"belongings go with their user", belongingsOfUser},
		{"belongings go with their places", belongingsOfPlaces},
		{"belongings go with their organization", belongingsOfOrganization},
		{"what carries a tag loses it with the tag", belongingsOfTag},
		{"a tag changes its name and nothing else", tagsAreRenamed},
	}
}

// wantLost checks that exactly the named belongings went away.
func wantLost(t *testing.T, s catalog.Queries, before []string, lost ...string) {
	t.Helper()
	after := belongings(t, s)
	var gone []string
	for _, b := range before {
		if !slices.Contains(after, b) {
			gone = append(gone, b)
		}
	}
	slices.Sort(lost)
	if diff := cmp.Diff(lost, gone); diff != "" {
		t.Errorf("what went away (-want +got):\n%s", diff)
	}
}

func belongingsOfUser(t *testing.T, s catalog.Store) {
	furnished(t, s)
	before := belongings(t, s)
	must(t, s.DeleteUser(t.Context(), "user-ann"))
	wantLost(t, s, before, "identity ann of user-ann")
}

func belongingsOfPlaces(t *testing.T, s catalog.Store) {
	furnished(t, s)
	ctx := t.Context()
	before := belongings(t, s)
	must(t, s.DeleteWorkspace(ctx, "ws-a"))
	wantLost(t, s, before, "tag-a on 2", "binding of workspace:ws-a", "ws-a2 reads ws-a", "ws-a reads ws-a2", "retention of workspace:ws-a")
	must(t, s.DeleteWorkspace(ctx, "ws-a2"))
	must(t, s.DeleteStack(ctx, "st-a"))
	before = belongings(t, s)
	must(t, s.DeleteProject(ctx, "prj-a"))
	wantLost(t, s, before, "binding of project:prj-a")
}

func belongingsOfOrganization(t *testing.T, s catalog.Store) {
	furnished(t, s)
	before, tokens := belongings(t, s), remaining(t, s)
	must(t, s.DeleteOrganization(t.Context(), "org-a"))
	wantLost(
		t, s, before, "tag tag-a", "tag-a on 2", "binding of project:prj-a", "binding of workspace:ws-a", "ws-a2 reads ws-a", "ws-a reads ws-a2",
		"pool apool-a", "retention of organization:org-a", "retention of workspace:ws-a", "life of team tokens in org-a",
	)
	want(t, "tokens that went away", asSet([]string{"at-team-a", "at-org-a", "at-trails-a"}))(without(tokens.tokens, remaining(t, s).tokens), nil)
}

func belongingsOfTag(t *testing.T, s catalog.Store) {
	furnished(t, s)
	before := belongings(t, s)
	must(t, s.DeleteTag(t.Context(), "tag-a"))
	wantLost(t, s, before, "tag tag-a", "tag-a on 2")
}

func tagsAreRenamed(t *testing.T, s catalog.Store) {
	furnished(t, s)
	ctx := t.Context()
	before := belongings(t, s)
	must(t, s.InsertTag(ctx, catalog.Tag{ID: "tag-c", OrganizationID: "org-a", Name: "db"}))
	must(t, s.UpdateTag(ctx, catalog.Tag{ID: "tag-a", OrganizationID: "org-b", Name: "Front"}))
	wantIDs(t, "tags of the new name, in another case", func(t catalog.Tag) string { return t.ID + " in " + t.OrganizationID }, "tag-a in org-a")(
		s.Tags(ctx, catalog.TagFilter{Names: []string{"FRONT"}}),
	)
	wantLost(t, s, before)
	wantFault(t, "a name that is taken", s.UpdateTag(ctx, catalog.Tag{ID: "tag-a", Name: "DB"}), fault.Conflict, "name")
	wantFault(t, "a tag there is none of", s.UpdateTag(ctx, catalog.Tag{ID: "tag-x", Name: "x"}), fault.NotFound, "")
}
