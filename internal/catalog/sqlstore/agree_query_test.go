package sqlstore_test

import (
	"context"
	"errors"
	"time"

	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// belongings are operations on what belongs to users, organizations, projects and workspaces, and queries by it.
func belongings(rt *rapid.T) []operation {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(rt, label) }
	name, n, value := pick("text", "a", "A", "b", "ä", "Ä", ""), pick("m", "1", "2", "3"), pick("value", "", "a", "b")
	org, ws := "org-"+pick("owner", "1", "2", "x"), "ws-"+pick("workspace", "1", "2", "3")
	project := "prj-" + pick("folder", "1", "2", "x")
	when := time.UnixMicro(rapid.Int64Range(0, 5).Draw(rt, "time")).UTC()
	resource := rapid.SampledFrom([]authz.Object{
		{Type: schema.TypeOrganization, ID: org}, {Type: schema.TypeProject, ID: project}, {Type: schema.TypeWorkspace, ID: ws},
	}).Draw(rt, "resource")
	kind := rapid.SampledFrom([]catalog.TokenKind{catalog.TokenOrganization, catalog.TokenAuditTrails}).Draw(rt, "kind")
	binding := catalog.TagBinding{Resource: resource, Key: name, Value: value}
	consumer := catalog.Consumer{WorkspaceID: ws, ConsumerID: "ws-" + n}
	identity := catalog.Identity{Issuer: "i", Subject: name, UserID: "user-" + n, CreatedAt: when}
	return append([]operation{
		does(func(ctx context.Context, q catalog.Queries) error { return q.InsertIdentity(ctx, identity) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.DeleteIdentity(ctx, identity.Issuer, identity.Subject)
		}),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertTag(ctx, catalog.Tag{ID: "tag-" + n, OrganizationID: org, Name: name, CreatedAt: when})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteTag(ctx, "tag-"+n) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.PutWorkspaceTag(ctx, ws, "tag-"+n) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteWorkspaceTag(ctx, ws, "tag-"+n) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.PutTagBinding(ctx, binding) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteTagBindings(ctx, resource) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.PutConsumer(ctx, consumer) }),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteConsumer(ctx, consumer) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertAgentPool(ctx, catalog.AgentPool{ID: "apool-" + n, OrganizationID: org, Name: name})
		}),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.PutRetention(ctx, catalog.Retention{ID: "drp-" + n, Resource: resource, Days: 7, CreatedAt: when})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteRetention(ctx, resource) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.PutTokenLife(ctx, catalog.TokenLife{OrganizationID: org, Kind: kind, Max: time.Hour})
		}),
		does(func(ctx context.Context, q catalog.Queries) error { return q.DeleteTokenLife(ctx, org, kind) }),
		does(func(ctx context.Context, q catalog.Queries) error {
			return q.InsertToken(ctx, catalog.Token{ID: "at-" + n, Kind: kind, OwnerID: org})
		}),
	}, questions(rt, name, value)...)
}

// questions are queries for places and tags.
func questions(rt *rapid.T, name, value string) []operation {
	some := func(label string, from ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 2).Draw(rt, label)
	}
	f := catalog.PlaceFilter{
		Type: rapid.SampledFrom([]string{
			schema.TypeOrganization, schema.TypeProject, schema.TypeWorkspace, schema.TypeWorkspace, schema.TypeWorkspace, schema.TypeStack,
		}).Draw(rt, "type"),
		Within: []authz.Object{{Type: schema.TypePlatform}},
		Offset: rapid.IntRange(0, 2).Draw(rt, "offset"), Limit: rapid.IntRange(0, 3).Draw(rt, "limit"),
	}
	text := rapid.SampledFrom([]string{"a", "Ä", "%", "_", `\`, "*", "*a", "?"})
	switch field := rapid.IntRange(0, 7).Draw(rt, "field"); field {
	case 0:
		f.Contains = text.Draw(rt, "contains")
	case 1:
		f.Wildcard = text.Draw(rt, "wildcard")
	case 2:
		f.Names = some("names", "a", "B", "ä")
	case 3:
		f.ProjectID = "prj-1"
	case 4:
		f.OrganizationID = "org-1"
	default:
		f.Tags, f.WithoutTags = some("tags", "a", "b", "Ä"), some("without", "A", "b")
		if field == 5 {
			f.Bound = []catalog.TagBinding{{Key: name, Value: value}}
		}
	}
	f.Descending = rapid.Bool().Draw(rt, "descending")
	return []operation{
		func(ctx context.Context, q catalog.Queries) (any, error) { return q.Places(ctx, f) },
		func(ctx context.Context, q catalog.Queries) (any, error) { return q.CountPlaces(ctx, f) },
		func(ctx context.Context, q catalog.Queries) (any, error) {
			return q.Tags(ctx, catalog.TagFilter{Contains: f.Contains, Names: f.Names, WithoutID: "ws-1"})
		},
	}
}

// dumpBelongings reads everything that belongs to something.
func dumpBelongings(ctx context.Context, q catalog.Queries) (any, error) {
	var faults []error
	var out []any
	keep := func(rows any, err error) { out, faults = append(out, rows), append(faults, err) }
	identities, err := q.Identities(ctx, catalog.IdentityFilter{})
	keep(identities, err)
	tags, err := q.Tags(ctx, catalog.TagFilter{})
	keep(tags, err)
	carried, err := q.CountTagged(ctx, "tag-1", "tag-2", "tag-3")
	keep(carried, err)
	for _, objectType := range []string{schema.TypeProject, schema.TypeWorkspace} {
		bindings, err := q.TagBindings(ctx, objectType, "prj-1", "prj-2", "ws-1", "ws-2", "ws-3")
		keep(bindings, err)
	}
	consumers, err := q.Consumers(ctx, "ws-1", "ws-2", "ws-3")
	keep(consumers, err)
	for _, org := range []string{"org-1", "org-2"} {
		pools, err := q.AgentPools(ctx, org)
		keep(pools, err)
		lives, err := q.TokenLives(ctx, org)
		keep(lives, err)
		kept, err := q.Retention(ctx, authz.Object{Type: schema.TypeOrganization, ID: org})
		keep(observe(kept, err), nil)
	}
	return out, errors.Join(faults...)
}
