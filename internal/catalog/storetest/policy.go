package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func policyChecks() []check {
	return []check{
		agentPools().check(),
		{"agent pools are listed by name in their organization", poolsAreListed},
		{"remote-state consumers are put and removed any number of times", consumersArePut},
		{"a data retention policy is one per resource", retentionsArePut},
		{"the longest lives of tokens are one per kind", tokenLivesArePut},
	}
}

func poolID(p catalog.AgentPool) string { return p.ID }

func agentPools() noun[catalog.AgentPool] {
	return noun[catalog.AgentPool]{
		name: "an agent pool", id: poolID, field: "name",
		first:  catalog.AgentPool{ID: "apool-1", OrganizationID: "org-a", Name: "Build", Attributes: `{"organization-scoped":true}`, CreatedAt: at(1)},
		second: catalog.AgentPool{ID: "apool-2", OrganizationID: "org-a", Name: "deploy"},
		twin:   catalog.AgentPool{ID: "apool-3", OrganizationID: "org-a", Name: "BUILD"},
		orphan: catalog.AgentPool{ID: "apool-4", OrganizationID: "missing", Name: "x"},
		change: func(p *catalog.AgentPool) { p.Name, p.Attributes, p.CreatedAt = "build-2", "", at(2) },
		get:    catalog.Queries.AgentPool, insert: catalog.Queries.InsertAgentPool, update: catalog.Queries.UpdateAgentPool,
		remove: catalog.Queries.DeleteAgentPool,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.AgentPool, error) {
			return q.AgentPools(ctx, "org-a")
		},
	}
}

func poolsAreListed(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, p := range []catalog.AgentPool{
		{ID: "apool-1", OrganizationID: "org-a", Name: "c"},
		{ID: "apool-2", OrganizationID: "org-a", Name: "B"},
		{ID: "apool-3", OrganizationID: "org-a", Name: "a"},
		{ID: "apool-4", OrganizationID: "org-b", Name: "b"},
	} {
		must(t, s.InsertAgentPool(ctx, p))
	}
	wantIDs(t, "of an organization", poolID, "apool-3", "apool-2", "apool-1")(s.AgentPools(ctx, "org-a"))
	wantIDs(t, "of a missing one", poolID)(s.AgentPools(ctx, "org-x"))
}

func consumersArePut(t *testing.T, s catalog.Store) {
	furnished(t, s)
	ctx := t.Context()
	one, back := catalog.Consumer{WorkspaceID: "ws-a", ConsumerID: "ws-a2"}, catalog.Consumer{WorkspaceID: "ws-a2", ConsumerID: "ws-a"}
	must(t, s.PutConsumer(ctx, one)) // once more
	want(t, "in order, each once", []catalog.Consumer{one, back})(s.Consumers(ctx, "ws-a2", "ws-a", "ws-x"))
	want(t, "of one workspace", []catalog.Consumer{one})(s.Consumers(ctx, "ws-a"))
	want(t, "of no workspace", []catalog.Consumer(nil))(s.Consumers(ctx))
	for range 2 {
		must(t, s.DeleteConsumer(ctx, one))
	}
	want(t, "the other way is still open", []catalog.Consumer{back})(s.Consumers(ctx, "ws-a", "ws-a2"))
	wantFault(t, "of a missing workspace", s.PutConsumer(ctx, catalog.Consumer{WorkspaceID: "ws-x", ConsumerID: "ws-a"}), fault.NotFound, "")
	wantFault(t, "a missing consumer", s.PutConsumer(ctx, catalog.Consumer{WorkspaceID: "ws-a", ConsumerID: "ws-x"}), fault.NotFound, "")
}

func retentionsArePut(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	for _, resource := range []authz.Object{object(schema.TypeOrganization, "org-a"), object(schema.TypeWorkspace, "ws-a")} {
		_, err := s.Retention(ctx, resource)
		wantFault(t, "none yet", err, fault.NotFound, "")
		wantFault(t, "remove none", s.DeleteRetention(ctx, resource), fault.NotFound, "")
		for _, r := range []catalog.Retention{{ID: "drp-1", Resource: resource, Days: 30, CreatedAt: at(1)}, {ID: "drp-2", Resource: resource}} {
			must(t, s.PutRetention(ctx, r))
			want(t, "as it was put", r)(s.Retention(ctx, resource))
		}
		_, err = s.Retention(ctx, object(resource.Type, "other"))
		wantFault(t, "another's", err, fault.NotFound, "")
		must(t, s.DeleteRetention(ctx, resource))
		_, err = s.Retention(ctx, resource)
		wantFault(t, "a removed one", err, fault.NotFound, "")
		missing := catalog.Retention{ID: "drp-3", Resource: object(resource.Type, "missing")}
		wantFault(t, "of something missing", s.PutRetention(ctx, missing), fault.NotFound, "")
	}
	organization := catalog.Retention{ID: "drp-5", Resource: object(schema.TypeOrganization, "org-b"), Days: 1, CreatedAt: at(1)}
	b, a := catalog.Retention{ID: "drp-6", Resource: object(schema.TypeWorkspace, "ws-b")}, catalog.Retention{ID: "drp-7", Resource: object(schema.TypeWorkspace, "ws-a"), Days: 2}
	for _, r := range []catalog.Retention{organization, b, a} {
		must(t, s.PutRetention(ctx, r))
	}
	want(t, "of workspaces", []catalog.Retention{a, b})(s.Retentions(ctx, schema.TypeWorkspace, "ws-b", "ws-x", "ws-a", "org-b"))
	want(t, "of organizations", []catalog.Retention{organization})(s.Retentions(ctx, schema.TypeOrganization, "org-a", "org-b"))
	want(t, "of no workspace", []catalog.Retention(nil))(s.Retentions(ctx, schema.TypeWorkspace))
	want(t, "of projects", []catalog.Retention(nil))(s.Retentions(ctx, schema.TypeProject, "prj-a"))
	project := object(schema.TypeProject, "prj-a")
	wantFault(t, "of a project", s.PutRetention(ctx, catalog.Retention{ID: "drp-4", Resource: project}), fault.NotFound, "")
	_, err := s.Retention(ctx, project)
	wantFault(t, "read a project's", err, fault.NotFound, "")
	wantFault(t, "remove a project's", s.DeleteRetention(ctx, project), fault.NotFound, "")
}

func tokenLivesArePut(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	user := catalog.TokenLife{OrganizationID: "org-a", Kind: catalog.TokenUser, Max: 30 * 24 * time.Hour}
	team := catalog.TokenLife{OrganizationID: "org-a", Kind: catalog.TokenTeam, Max: 90*time.Minute + time.Microsecond}
	other := catalog.TokenLife{OrganizationID: "org-b", Kind: catalog.TokenTeam}
	for _, l := range []catalog.TokenLife{user, team, other} {
		must(t, s.PutTokenLife(ctx, l))
	}
	want(t, "by kind", []catalog.TokenLife{team, user})(s.TokenLives(ctx, "org-a"))
	user.Max = 100 * 366 * 24 * time.Hour
	must(t, s.PutTokenLife(ctx, user))
	want(t, "with one changed", []catalog.TokenLife{team, user})(s.TokenLives(ctx, "org-a"))
	must(t, s.DeleteTokenLife(ctx, "org-a", catalog.TokenTeam))
	wantFault(t, "remove it again", s.DeleteTokenLife(ctx, "org-a", catalog.TokenTeam), fault.NotFound, "")
	want(t, "with one removed", []catalog.TokenLife{user})(s.TokenLives(ctx, "org-a"))
	want(t, "of the other organization", []catalog.TokenLife{other})(s.TokenLives(ctx, "org-b"))
	missing := catalog.TokenLife{OrganizationID: "org-x", Kind: catalog.TokenTeam}
	wantFault(t, "in a missing organization", s.PutTokenLife(ctx, missing), fault.NotFound, "")
}
