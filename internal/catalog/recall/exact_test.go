package recall_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/catalog/recall"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// outcome is everything a caller can see of a lookup.
type outcome struct {
	Key     string
	Value   any
	Kind    fault.Kind
	Message string
}

func observe(key string, value any, err error) outcome {
	if err == nil {
		return outcome{Key: key, Value: value}
	}
	message, _ := fault.Public(err)
	return outcome{Key: key, Kind: fault.KindOf(err), Message: message}
}

// few numbers make ids and names collide often.
func few() []string { return []string{"1", "2", "3"} }

func spellings() []string { return []string{"anna", "Änne", "İda"} }

// everything looks every row up under every key.
func everything(ctx context.Context, q catalog.Queries) []outcome {
	var out []outcome
	one := func(key string) func(any, error) {
		return func(v any, err error) { out = append(out, observe(key, v, err)) }
	}
	for _, n := range few() {
		one("user " + n)(boxed(q.User(ctx, "user-"+n)))
		one("account " + n)(boxed(q.ServiceAccount(ctx, "sa-"+n)))
		one("organization " + n)(boxed(q.Organization(ctx, "org-"+n)))
		one("team " + n)(boxed(q.Team(ctx, "team-"+n)))
		one("group " + n)(boxed(q.Group(ctx, "grp-"+n)))
		one("project " + n)(boxed(q.Project(ctx, "prj-"+n)))
		one("workspace " + n)(boxed(q.Workspace(ctx, "ws-"+n)))
		one("stack " + n)(boxed(q.Stack(ctx, "st-"+n)))
		one("token " + n)(boxed(q.Token(ctx, "at-"+n)))
	}
	for i, name := range spellings() {
		if i > 0 {
			name = strings.ToUpper(name)
		}
		one("user " + name)(boxed(q.UserByUsername(ctx, name)))
		one("account " + name)(boxed(q.ServiceAccountByName(ctx, name)))
		one("organization " + name)(boxed(q.OrganizationByName(ctx, name)))
		for _, org := range []string{"org-1", "org-2"} {
			path := " " + org + "/" + name
			one("team" + path)(boxed(q.TeamByName(ctx, org, name)))
			one("project" + path)(boxed(q.ProjectByName(ctx, org, name)))
			one("workspace" + path)(boxed(q.WorkspaceByName(ctx, org, name)))
			one("stack" + path)(boxed(q.StackByName(ctx, org, name)))
		}
	}
	return out
}

func boxed[T any](v T, err error) (any, error) { return v, err }

// operation is one write whose arguments are drawn.
type operation func(context.Context, catalog.Queries) error

func draw(rt *rapid.T) operation {
	from := func(values []string, label string) string { return rapid.SampledFrom(values).Draw(rt, label) }
	n, name := from(few(), "id"), from(spellings(), "name")
	org, project := "org-"+from(few(), "organization"), "prj-"+from(few(), "project")
	user := catalog.User{ID: "user-" + n, Username: name, UnconfirmedEmail: name, Suspended: rapid.Bool().Draw(rt, "suspended")}
	account := catalog.ServiceAccount{ID: "sa-" + n, Name: name, Suspended: user.Suspended}
	organization := catalog.Organization{ID: "org-" + n, Name: name, Disabled: user.Suspended, RefuseUserTokens: user.Suspended, Attributes: catalog.Attributes(name)}
	team := catalog.Team{ID: "team-" + n, OrganizationID: org, Name: name}
	group := catalog.Group{ID: "grp-" + n, Source: "s", ExternalID: name}
	folder := catalog.Project{ID: "prj-" + n, OrganizationID: org, Name: name}
	workspace := catalog.Workspace{ID: "ws-" + n, OrganizationID: org, ProjectID: project, Name: name, LockReason: name}
	stack := catalog.Stack{ID: "st-" + n, OrganizationID: org, ProjectID: project, Name: name}
	owner := rapid.SampledFrom([]catalog.Token{
		{Kind: catalog.TokenUser, OwnerID: user.ID},
		{Kind: catalog.TokenService, OwnerID: account.ID},
		{Kind: catalog.TokenTeam, OwnerID: team.ID},
		{Kind: catalog.TokenOrganization, OwnerID: org},
		{Kind: catalog.TokenAuditTrails, OwnerID: org},
		{Kind: catalog.TokenGroup, OwnerID: group.ID},
	}).Draw(rt, "owner")
	token := catalog.Token{ID: "at-" + n, Kind: owner.Kind, OwnerID: owner.OwnerID, Scopes: []string{name}, Hash: []byte(name)}
	used := time.UnixMicro(rapid.Int64Range(1, 9).Draw(rt, "used")).UTC()
	if rapid.IntRange(0, 3).Draw(rt, "of belongings") == 0 {
		return drawBelongings(rt)
	}
	return rapid.SampledFrom([]operation{
		func(ctx context.Context, q catalog.Queries) error { return q.InsertUser(ctx, user) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateUser(ctx, user) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteUser(ctx, user.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertServiceAccount(ctx, account) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateServiceAccount(ctx, account) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteServiceAccount(ctx, account.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertOrganization(ctx, organization) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateOrganization(ctx, organization) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteOrganization(ctx, organization.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertTeam(ctx, team) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateTeam(ctx, team) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteTeam(ctx, team.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertGroup(ctx, group) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateGroup(ctx, group) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteGroup(ctx, group.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertProject(ctx, folder) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateProject(ctx, folder) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteProject(ctx, folder.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertWorkspace(ctx, workspace) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateWorkspace(ctx, workspace) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteWorkspace(ctx, workspace.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertStack(ctx, stack) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateStack(ctx, stack) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteStack(ctx, stack.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertToken(ctx, token) },
		func(ctx context.Context, q catalog.Queries) error { return q.TouchToken(ctx, token.ID, used) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteToken(ctx, token.ID) },
	}).Draw(rt, "operation")
}

// drawBelongings draws a write to rows that memory does not keep. None of them may change one that it keeps.
func drawBelongings(rt *rapid.T) operation {
	n, other := rapid.SampledFrom(few()).Draw(rt, "number"), rapid.SampledFrom(few()).Draw(rt, "another")
	org, ws, tag := "org-"+n, "ws-"+n, "tag-"+other
	organization, workspace := authz.Object{Type: schema.TypeOrganization, ID: org}, authz.Object{Type: schema.TypeWorkspace, ID: ws}
	consumer := catalog.Consumer{WorkspaceID: ws, ConsumerID: "ws-" + other}
	pool := catalog.AgentPool{ID: "apool-" + n, OrganizationID: org, Name: n}
	record := catalog.Record{ID: "rec-" + other, Kind: "variable", OrganizationID: org, WorkspaceID: ws, Name: n}
	request := catalog.AccessRequest{ID: "areq-" + other, OrganizationID: org, UserID: "user-" + n}
	return rapid.SampledFrom([]operation{
		func(ctx context.Context, q catalog.Queries) error {
			return q.InsertIdentity(ctx, catalog.Identity{Issuer: "i", Subject: other, UserID: "user-" + n})
		},
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteIdentity(ctx, "i", other) },
		func(ctx context.Context, q catalog.Queries) error {
			return q.InsertTag(ctx, catalog.Tag{ID: tag, OrganizationID: org, Name: n})
		},
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteTag(ctx, tag) },
		func(ctx context.Context, q catalog.Queries) error { return q.PutWorkspaceTag(ctx, ws, tag) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteWorkspaceTag(ctx, ws, tag) },
		func(ctx context.Context, q catalog.Queries) error {
			return q.PutTagBinding(ctx, catalog.TagBinding{Resource: workspace, Key: n})
		},
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteTagBindings(ctx, workspace) },
		func(ctx context.Context, q catalog.Queries) error { return q.PutConsumer(ctx, consumer) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteConsumer(ctx, consumer) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertAgentPool(ctx, pool) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateAgentPool(ctx, pool) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteAgentPool(ctx, pool.ID) },
		func(ctx context.Context, q catalog.Queries) error {
			return q.PutRetention(ctx, catalog.Retention{ID: "drp-" + n, Resource: organization})
		},
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteRetention(ctx, organization) },
		func(ctx context.Context, q catalog.Queries) error {
			return q.PutTokenLife(ctx, catalog.TokenLife{OrganizationID: org, Kind: catalog.TokenUser})
		},
		func(ctx context.Context, q catalog.Queries) error {
			return q.DeleteTokenLife(ctx, org, catalog.TokenUser)
		},
		func(ctx context.Context, q catalog.Queries) error { return q.InsertRecord(ctx, record) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateRecord(ctx, record) },
		func(ctx context.Context, q catalog.Queries) error { return q.DeleteRecord(ctx, record.ID) },
		func(ctx context.Context, q catalog.Queries) error { return q.InsertAccessRequest(ctx, request) },
		func(ctx context.Context, q catalog.Queries) error { return q.UpdateAccessRequest(ctx, request) },
		func(ctx context.Context, q catalog.Queries) error { return q.SetAuditToken(ctx, "token", "ae-"+n) },
		func(ctx context.Context, q catalog.Queries) error {
			_, err := q.PruneAuditEvents(ctx, time.UnixMicro(9))
			return err
		},
	}).Draw(rt, "belonging")
}

// furnish gives every operation something to change.
func furnish(ctx context.Context, q catalog.Queries) error {
	var faults []error
	for i, n := range few() {
		org, project, name := "org-"+n, "prj-"+n, spellings()[i]
		faults = append(faults,
			q.InsertUser(ctx, catalog.User{ID: "user-" + n, Username: name}),
			q.InsertServiceAccount(ctx, catalog.ServiceAccount{ID: "sa-" + n, Name: name}),
			q.InsertOrganization(ctx, catalog.Organization{ID: org, Name: name}),
			q.InsertTeam(ctx, catalog.Team{ID: "team-" + n, OrganizationID: org, Name: name}),
			q.InsertGroup(ctx, catalog.Group{ID: "grp-" + n, Source: "s", ExternalID: name}),
			q.InsertProject(ctx, catalog.Project{ID: project, OrganizationID: org, Name: name}),
			q.InsertWorkspace(ctx, catalog.Workspace{ID: "ws-" + n, OrganizationID: org, ProjectID: project, Name: name}),
			q.InsertStack(ctx, catalog.Stack{ID: "st-" + n, OrganizationID: org, ProjectID: project, Name: name}),
		)
	}
	for n, t := range map[string]catalog.Token{
		"1": {Kind: catalog.TokenUser, OwnerID: "user-1"},
		"2": {Kind: catalog.TokenTeam, OwnerID: "team-1"},
		"3": {Kind: catalog.TokenService, OwnerID: "sa-1"},
	} {
		t.ID = "at-" + n
		faults = append(faults, q.InsertToken(ctx, t))
	}
	return errors.Join(faults...)
}

// vacate removes whatever the run before left.
func vacate(ctx context.Context, q catalog.Queries) error {
	var faults []error
	for _, remove := range []func(context.Context, catalog.Queries, string) error{
		func(ctx context.Context, q catalog.Queries, n string) error { return q.DeleteWorkspace(ctx, "ws-"+n) },
		func(ctx context.Context, q catalog.Queries, n string) error { return q.DeleteStack(ctx, "st-"+n) },
		func(ctx context.Context, q catalog.Queries, n string) error {
			return q.DeleteOrganization(ctx, "org-"+n)
		},
		func(ctx context.Context, q catalog.Queries, n string) error { return q.DeleteUser(ctx, "user-"+n) },
		func(ctx context.Context, q catalog.Queries, n string) error {
			return q.DeleteServiceAccount(ctx, "sa-"+n)
		},
		func(ctx context.Context, q catalog.Queries, n string) error { return q.DeleteGroup(ctx, "grp-"+n) },
		func(ctx context.Context, q catalog.Queries, n string) error { return q.DeleteToken(ctx, "at-"+n) },
	} {
		for _, n := range few() {
			if err := remove(ctx, q, n); !fault.Is(err, fault.NotFound) {
				faults = append(faults, err)
			}
		}
	}
	return errors.Join(faults...)
}

// TestWhatARowTakesAlong deletes rows while memory holds everything there is.
func TestWhatARowTakesAlong(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]operation{
		"user":            func(ctx context.Context, q catalog.Queries) error { return q.DeleteUser(ctx, "user-1") },
		"service account": func(ctx context.Context, q catalog.Queries) error { return q.DeleteServiceAccount(ctx, "sa-1") },
		"team":            func(ctx context.Context, q catalog.Queries) error { return q.DeleteTeam(ctx, "team-1") },
		"organization":    func(ctx context.Context, q catalog.Queries) error { return q.DeleteOrganization(ctx, "org-1") },
		"group":           func(ctx context.Context, q catalog.Queries) error { return q.DeleteGroup(ctx, "grp-1") },
		"project": func(ctx context.Context, q catalog.Queries) error {
			return errors.Join(q.DeleteWorkspace(ctx, "ws-1"), q.DeleteStack(ctx, "st-1"), q.DeleteProject(ctx, "prj-1"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			raw := sqlite(t, database(t))
			decorated := alone(raw)
			must(t, decorated.InTx(ctx, func(q catalog.Queries) error { return furnish(ctx, q) }))
			before := everything(ctx, decorated)
			must(t, remove(ctx, decorated))
			want := everything(ctx, raw)
			if cmp.Equal(before, want) {
				t.Error("nothing was deleted")
			}
			if diff := cmp.Diff(want, everything(ctx, decorated)); diff != "" {
				t.Errorf("memory is not the database (-database +memory):\n%s", diff)
			}
		})
	}
}

var errChangedItsMind = errors.New("the use case changed its mind")

// inTransaction runs some writes in one transaction, which ends well, fails or panics.
func inTransaction(ctx context.Context, rt *rapid.T, decorated catalog.Store) {
	operations := make([]operation, rapid.IntRange(1, 4).Draw(rt, "writes"))
	for i := range operations {
		operations[i] = draw(rt)
	}
	end := rapid.SampledFrom([]string{"commit", "commit", "fail", "panic"}).Draw(rt, "end")
	defer func() {
		if p := recover(); p != nil && p != any(errChangedItsMind) {
			panic(p)
		}
	}()
	_ = decorated.InTx(ctx, func(q catalog.Queries) error {
		for _, op := range operations {
			if err := op(ctx, q); err != nil {
				return err
			}
		}
		switch end {
		case "fail":
			return errChangedItsMind
		case "panic":
			panic(errChangedItsMind)
		}
		return nil
	})
}

// TestMemoryIsTheDatabase interleaves random writes with lookups by every key: memory answers as the database does,
// where it may always answer and, own writes alone, where it may answer what may be old.
func TestMemoryIsTheDatabase(t *testing.T) {
	t.Parallel()
	modes := map[string]func(catalog.Store) *recall.Store{"alone": alone, "shared": shared}
	for name, over := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := catalog.Bounded(t.Context())
			raw := sqlite(t, database(t))
			rapid.Check(t, func(rt *rapid.T) {
				decorated := over(raw)
				must(t, decorated.InTx(ctx, func(q catalog.Queries) error { return errors.Join(vacate(ctx, q), furnish(ctx, q)) }))
				everything(ctx, decorated) // into memory
				for range rapid.IntRange(1, 8).Draw(rt, "length") {
					if rapid.IntRange(0, 2).Draw(rt, "transaction") == 0 {
						inTransaction(ctx, rt, decorated)
					} else {
						_ = draw(rt)(ctx, decorated)
					}
					if diff := cmp.Diff(everything(ctx, raw), everything(ctx, decorated)); diff != "" {
						rt.Fatalf("memory is not the database (-database +memory):\n%s", diff)
					}
				}
			})
		})
	}
}
