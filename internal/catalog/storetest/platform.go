package storetest

import (
	"context"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

func platformChecks() []check {
	return []check{
		records().check(),
		{"records are filtered", recordsAreFiltered},
		{"a record's name is unique in what it is in", recordNamesAreUnique},
		{"records go with what they are in", recordsGo},
		{"access requests are kept by id", requestsAreKept},
		{"access requests are filtered, the youngest first", requestsAreFiltered},
		{"access requests go with their person, scope and organization", requestsGo},
	}
}

func recordID(r catalog.Record) string { return r.ID }

func records() noun[catalog.Record] {
	return noun[catalog.Record]{
		name: "a record", id: recordID, field: "name",
		first: catalog.Record{
			ID: "rec-1", Kind: "variable", OrganizationID: "org-a", WorkspaceID: "ws-a", Name: "region", Attributes: `{"hcl":true}`,
			CreatedBy: "ann", CreatedAt: at(1), UpdatedBy: "bob", UpdatedAt: at(2),
		},
		second: catalog.Record{ID: "rec-2", Kind: "federated"},
		twin:   catalog.Record{ID: "rec-3", Kind: "variable", OrganizationID: "org-a", WorkspaceID: "ws-a", Name: "region"},
		orphan: catalog.Record{ID: "rec-4", Kind: "variable", OrganizationID: "org-a", WorkspaceID: "missing", Name: "x"},
		change: func(r *catalog.Record) {
			*r = catalog.Record{ID: r.ID, Kind: "module", OrganizationID: "org-a", ParentID: "rec-2", Name: "vpc"}
		},
		get: catalog.Queries.Record, insert: catalog.Queries.InsertRecord, update: catalog.Queries.UpdateRecord, remove: catalog.Queries.DeleteRecord,
		list: func(q catalog.Queries, ctx context.Context) ([]catalog.Record, error) {
			return q.Records(ctx, catalog.RecordFilter{})
		},
	}
}

// library is a store with a collection of two items in each organization, a variable and a webhook-like pair inside of
// a workspace, and one record of the platform.
func library(t *testing.T, s catalog.Store) {
	t.Helper()
	world(t, s)
	for _, x := range []string{"a", "b"} {
		org := "org-" + x
		for _, r := range []catalog.Record{
			{ID: "col-" + x, Kind: "collection", OrganizationID: org, Name: "aws"},
			{ID: "item-1" + x, Kind: "item", OrganizationID: org, ParentID: "col-" + x, Name: "key"},
			{ID: "item-2" + x, Kind: "item", OrganizationID: org, ParentID: "col-" + x},
			{ID: "var-" + x, Kind: "variable", OrganizationID: org, WorkspaceID: "ws-" + x, Name: "key"},
		} {
			must(t, s.InsertRecord(t.Context(), r))
		}
	}
	must(t, s.InsertRecord(t.Context(), catalog.Record{ID: "fed-1", Kind: "federated", Name: "ci"}))
}

func recordsAreFiltered(t *testing.T, s catalog.Store) {
	library(t, s)
	for _, row := range []struct {
		what   string
		filter catalog.RecordFilter
		want   []string
	}{
		{"of a kind", catalog.RecordFilter{Kind: "collection"}, []string{"col-a", "col-b"}},
		{"of a kind in an organization", catalog.RecordFilter{Kind: "item", OrganizationID: "org-a"}, []string{"item-1a", "item-2a"}},
		{"in a workspace", catalog.RecordFilter{WorkspaceID: "ws-b"}, []string{"var-b"}},
		{"inside another", catalog.RecordFilter{ParentID: "col-b"}, []string{"item-1b", "item-2b"}},
		{"by name", catalog.RecordFilter{OrganizationID: "org-a", Name: "key"}, []string{"item-1a", "var-a"}},
		{"by name in another case", catalog.RecordFilter{Name: "KEY"}, nil},
		{"by ids", catalog.RecordFilter{IDs: []string{"var-a", "fed-1", "x"}}, []string{"fed-1", "var-a"}},
		{"in some organizations", catalog.RecordFilter{Kind: "item", OrganizationIDs: []string{"org-b", "org-0"}}, []string{"item-1b", "item-2b"}},
		{"in some workspaces", catalog.RecordFilter{WorkspaceIDs: []string{"ws-a", "ws-b", "ws-0"}}, []string{"var-a", "var-b"}},
		{"at the top of an organization", catalog.RecordFilter{OrganizationID: "org-a", TopLevel: true}, []string{"col-a"}},
		{"of the platform", catalog.RecordFilter{PlatformOnly: true}, []string{"fed-1"}},
	} {
		wantIDs(t, row.what, recordID, row.want...)(s.Records(t.Context(), row.filter))
	}
}

func recordNamesAreUnique(t *testing.T, s catalog.Store) {
	library(t, s)
	ctx := t.Context()
	insert := func(r catalog.Record) error { return s.InsertRecord(ctx, r) }
	wantFault(t, "a second one", insert(catalog.Record{ID: "r1", Kind: "collection", OrganizationID: "org-a", Name: "aws"}), fault.Conflict, "name")
	wantFault(t, "a second one of the platform", insert(catalog.Record{ID: "r2", Kind: "federated", Name: "ci"}), fault.Conflict, "name")
	must(t, insert(catalog.Record{ID: "r3", Kind: "collection", OrganizationID: "org-a", Name: "AWS"}))
	must(t, insert(catalog.Record{ID: "r4", Kind: "item", OrganizationID: "org-a", ParentID: "r3", Name: "key"}))
	must(t, insert(catalog.Record{ID: "r5", Kind: "item", OrganizationID: "org-a", ParentID: "col-a"})) // nameless ones are no duplicates
	must(t, insert(catalog.Record{ID: "r6", Kind: "module", OrganizationID: "org-a", Name: "aws"}))
}

func recordsGo(t *testing.T, s catalog.Store) {
	library(t, s)
	ctx := t.Context()
	must(t, s.DeleteRecord(ctx, "col-a"))
	wantIDs(t, "after a collection", recordID, "var-a")(s.Records(ctx, catalog.RecordFilter{OrganizationID: "org-a"}))
	must(t, s.DeleteWorkspace(ctx, "ws-a"))
	wantIDs(t, "after a workspace", recordID)(s.Records(ctx, catalog.RecordFilter{OrganizationID: "org-a"}))
	must(t, s.DeleteOrganization(ctx, "org-b"))
	wantIDs(t, "after an organization", recordID, "fed-1")(s.Records(ctx, catalog.RecordFilter{}))
}

func requestID(r catalog.AccessRequest) string { return r.ID }

func requestsAreKept(t *testing.T, s catalog.Store) {
	world(t, s)
	ctx := t.Context()
	r := catalog.AccessRequest{
		ID: "areq-1", OrganizationID: "org-a", UserID: "user-ann", RoleID: "tfe-write", Scope: object(schema.TypeWorkspace, "ws-a"),
		Reason: "on call", ExpiresAt: at(9), Status: catalog.RequestApproved, DecidedBy: object(schema.TypeUser, "user-bob"), DecidedAt: at(2),
		Answer: "go on", GrantID: "grant-1", CreatedAt: at(2),
	}
	must(t, s.InsertAccessRequest(ctx, r))
	want(t, "as it was inserted", r)(s.AccessRequest(ctx, r.ID))
	wantFault(t, "insert it again", s.InsertAccessRequest(ctx, r), fault.Conflict, "id")
	r = catalog.AccessRequest{
		ID: r.ID, OrganizationID: "org-b", UserID: "user-cid", RoleID: "tfe-read", Scope: object(schema.TypeProject, "prj-b"),
		Reason: "look", Status: catalog.RequestPending, CreatedAt: at(3),
	}
	must(t, s.UpdateAccessRequest(ctx, r))
	want(t, "as it was changed", r)(s.AccessRequest(ctx, r.ID))
	_, err := s.AccessRequest(ctx, "missing")
	wantFault(t, "get a missing one", err, fault.NotFound, "")
	r.ID = "missing"
	wantFault(t, "change a missing one", s.UpdateAccessRequest(ctx, r), fault.NotFound, "")
	r.UserID = "missing"
	wantFault(t, "of somebody missing", s.InsertAccessRequest(ctx, r), fault.NotFound, "")
}

// asked fills a store with three requests, each older than the one before.
func asked(t *testing.T, s catalog.Store) {
	t.Helper()
	world(t, s)
	for _, r := range []catalog.AccessRequest{
		{ID: "areq-1", OrganizationID: "org-a", UserID: "user-ann", Status: catalog.RequestPending, Scope: object(schema.TypeWorkspace, "ws-a"), CreatedAt: at(3)},
		{ID: "areq-2", OrganizationID: "org-a", UserID: "user-bob", Status: catalog.RequestRejected, Scope: object(schema.TypeStack, "ws-a"), CreatedAt: at(2)},
		{ID: "areq-3", OrganizationID: "org-b", UserID: "user-ann", Status: catalog.RequestPending, Scope: object(schema.TypeStack, "st-b"), CreatedAt: at(1)},
	} {
		must(t, s.InsertAccessRequest(t.Context(), r))
	}
}

func requestsAreFiltered(t *testing.T, s catalog.Store) {
	asked(t, s)
	ctx := t.Context()
	for _, row := range []struct {
		what   string
		filter catalog.AccessRequestFilter
		count  int
		want   []string
	}{
		{"all", catalog.AccessRequestFilter{}, 3, []string{"areq-1", "areq-2", "areq-3"}},
		{"of an organization", catalog.AccessRequestFilter{OrganizationID: "org-a"}, 2, []string{"areq-1", "areq-2"}},
		{"of a person", catalog.AccessRequestFilter{UserID: "user-ann"}, 2, []string{"areq-1", "areq-3"}},
		{"pending", catalog.AccessRequestFilter{Status: catalog.RequestPending}, 2, []string{"areq-1", "areq-3"}},
		{"a part", catalog.AccessRequestFilter{Offset: 1, Limit: 1}, 3, []string{"areq-2"}},
	} {
		wantIDs(t, row.what, requestID, row.want...)(s.AccessRequests(ctx, row.filter))
		want(t, row.what+", counted", row.count)(s.CountAccessRequests(ctx, row.filter))
	}
}

func requestsGo(t *testing.T, s catalog.Store) {
	asked(t, s)
	ctx := t.Context()
	all := func() ([]catalog.AccessRequest, error) { return s.AccessRequests(ctx, catalog.AccessRequestFilter{}) }
	must(t, s.DeleteWorkspace(ctx, "ws-a"))
	wantIDs(t, "after the scope", requestID, "areq-2", "areq-3")(all())
	must(t, s.DeleteUser(ctx, "user-bob"))
	wantIDs(t, "after the person", requestID, "areq-3")(all())
	must(t, s.DeleteOrganization(ctx, "org-b"))
	wantIDs(t, "after the organization", requestID)(all())
}
