package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// recordNamed is an edit that gives a record a name.
func recordNamed(name string) catalog.Edit[catalog.Record] {
	return func(r catalog.Record, _ catalog.Home) (catalog.Record, error) {
		r.Name, r.Attributes = name, catalog.Attributes(`{"name":"`+name+`"}`)
		r.Kind, r.OrganizationID, r.ID = "elsewhere", "org-elsewhere", "chosen" // none of which an edit decides
		return r, nil
	}
}

func TestEveryKindOfRecordHasRules(t *testing.T) {
	t.Parallel()
	prefixes := map[string]bool{}
	for _, k := range catalog.RecordKinds() {
		_, read := schema.Lookup(k.Read)
		_, change := schema.Lookup(k.Change)
		if k.Kind == "" || k.Prefix == "" || prefixes[k.Prefix] || !read || !change || k.Read.On(k.In) == "" || k.Change.On(k.In) == "" {
			t.Errorf("%+v", k)
		}
		prefixes[k.Prefix] = true
		if parent, ok := k.Inside.Rules(); k.Inside != "" && (!ok || parent.In != k.In) {
			t.Errorf("%s is inside of %s, which is in a %s", k.Kind, k.Inside, parent.In)
		}
	}
}

func TestRecordsAreWhereTheyBelong(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	owner, admin, ctx := v.people["owner"], v.Admin, t.Context()
	add := func(p catalog.Principal, kind catalog.RecordKind, at catalog.RecordPlace, name string) (catalog.Record, error) {
		r, _, err := v.CreateRecord(ctx, p, kind, at, recordNamed(name))
		return r, err
	}
	acme, other, prod := catalog.RecordPlace{OrganizationID: v.acme.ID}, catalog.RecordPlace{OrganizationID: v.other.ID}, v.workspaces["prod"].ID
	c, err := add(owner, catalog.KindCollection, acme, "shared")
	if err != nil || c.Kind != catalog.KindCollection || c.OrganizationID != v.acme.ID || !strings.HasPrefix(c.ID, "coll-") || c.CreatedBy != "owner" || !c.CreatedAt.Equal(c.UpdatedAt) {
		t.Fatalf("made %+v, %v", c, err)
	}
	if _, err := add(v.people["otherowner"], catalog.KindCollection, other, "shared"); err != nil {
		t.Errorf("the same name in another organization: %v", err)
	}
	for what, row := range map[string]struct {
		kind catalog.RecordKind
		at   catalog.RecordPlace
		name string
		want fault.Kind
	}{
		"a name that is taken":                         {catalog.KindCollection, acme, "shared", fault.Conflict},
		"no name":                                      {catalog.KindCollection, acme, "", fault.Invalid},
		"a name with a line in it":                     {catalog.KindCollection, acme, "a\nb", fault.Invalid},
		"a kind there is none of":                      {"nothing", acme, "x", fault.NotFound},
		"an item outside of a collection":              {catalog.KindItem, acme, "x", fault.NotFound},
		"an item in a collection of somebody else's":   {catalog.KindItem, catalog.RecordPlace{OrganizationID: v.other.ID, ParentID: c.ID}, "x", fault.NotFound},
		"a version in a collection":                    {catalog.KindVersion, catalog.RecordPlace{ParentID: c.ID}, "x", fault.NotFound},
		"a module inside of something":                 {catalog.KindModule, catalog.RecordPlace{OrganizationID: v.acme.ID, ParentID: c.ID}, "x", fault.NotFound},
		"a variable in an organization":                {catalog.KindVariable, acme, "x", fault.NotFound},
		"a variable in a workspace of another":         {catalog.KindVariable, catalog.RecordPlace{OrganizationID: v.other.ID, WorkspaceID: prod}, "x", fault.NotFound},
		"a module in a workspace":                      {catalog.KindModule, catalog.RecordPlace{WorkspaceID: prod}, "x", fault.NotFound},
		"a module of the platform":                     {catalog.KindModule, catalog.RecordPlace{}, "x", fault.NotFound},
		"a federated identity in an organization":      {catalog.KindFederated, acme, "x", fault.NotFound},
		"a module in an organization there is none of": {catalog.KindModule, catalog.RecordPlace{OrganizationID: "org-0"}, "x", fault.Denied},
	} {
		if _, err := add(owner, row.kind, row.at, row.name); !fault.Is(err, row.want) {
			t.Errorf("%s: got %v, want %s", what, err, row.want)
		}
	}
	if _, err := v.FindRecord(ctx, owner, catalog.KindModule, c.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a collection is found as a module: %v", err)
	}
	if _, err := v.DeleteRecord(ctx, admin, catalog.KindModule, c.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a collection is deleted as a module: %v", err)
	}
}

func TestRecordsWhereverOneMayReadThem(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for name, at := range map[string]string{"owner": v.acme.ID, "otherowner": v.other.ID} {
		if _, _, err := v.CreateRecord(t.Context(), v.people[name], catalog.KindTemplate, catalog.RecordPlace{OrganizationID: at}, recordNamed("plan")); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int{"owner": 1, "member": 1, "otherowner": 1, "outsider": 0, "site-admin": 2} {
		got, err := v.AllRecords(t.Context(), v.people[name], catalog.KindTemplate, "plan")
		if err != nil || len(got) != want {
			t.Errorf("%s finds %d, want %d: %v", name, len(got), want, err)
		}
		for _, r := range got {
			if _, err := v.FindRecord(t.Context(), v.people[name], catalog.KindTemplate, r.ID); err != nil {
				t.Errorf("%s does not read what he finds: %v", name, err)
			}
		}
	}
}

// TestRecordsOfWorkspacesWhereverOneMayReadThem has a webhook in a workspace of each organization.
func TestRecordsOfWorkspacesWhereverOneMayReadThem(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	var far catalog.Workspace
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) (err error) {
		far, err = c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: v.other.ID, Name: "far"})
		return err
	})
	for _, id := range []string{v.workspaces["prod"].ID, v.workspaces["infra-prod"].ID, far.ID} {
		if _, _, err := v.CreateRecord(t.Context(), v.Admin, catalog.KindWebhook, catalog.RecordPlace{WorkspaceID: id}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int{"owner": 2, "writer": 1, "otherowner": 1, "outsider": 0, "member": 0, "site-admin": 3} {
		if got, err := v.AllRecords(t.Context(), v.people[name], catalog.KindWebhook, ""); err != nil || len(got) != want {
			t.Errorf("%s finds %d, want %d: %v", name, len(got), want, err)
		}
	}
	if _, _, err := v.CreateRecord(t.Context(), v.Admin, catalog.KindFederated, catalog.RecordPlace{}, recordNamed("ci")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"owner": 0, "site-admin": 1} {
		if got, err := v.AllRecords(t.Context(), v.people[name], catalog.KindFederated, ""); err != nil || len(got) != want {
			t.Errorf("%s finds %d of the platform, want %d: %v", name, len(got), want, err)
		}
	}
}

// TestAdministratorsOfTerrakube holds what whoever gives access everywhere may do to records (DECISIONS P1): not content.
func TestAdministratorsOfTerrakube(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	someone := v.people["outsider"]
	change(t, v.Bench, func(ctx context.Context, c *catalog.Change) error {
		_, err := c.CreateGrant(ctx, catalog.Grant{Holder: someone.Subject, RoleID: "terrakube-administrator", Scope: ref(schema.TypePlatform, catalog.PlatformID)})
		return err
	})
	for _, k := range catalog.RecordKinds() {
		if k.Inside != "" || k.In == schema.TypeWorkspace {
			continue
		}
		at := catalog.RecordPlace{OrganizationID: v.acme.ID}
		if k.In == schema.TypePlatform {
			at = catalog.RecordPlace{}
		}
		_, _, err := v.CreateRecord(t.Context(), someone, k.Kind, at, recordNamed("x"))
		if may := k.Administrators || k.In == schema.TypePlatform; may != (err == nil) {
			t.Errorf("%s: he may is %v, and got %v", k.Kind, may, err)
		}
		if _, _, err := v.CreateRecord(t.Context(), v.people["member"], k.Kind, at, recordNamed("y")); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: a member got %v", k.Kind, err)
		}
	}
}

func TestChangesOfRecordsLeaveEvents(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	owner, ctx := v.people["owner"], t.Context()
	r, _, err := v.CreateRecord(ctx, owner, catalog.KindProvider, catalog.RecordPlace{OrganizationID: v.acme.ID}, recordNamed("aws"))
	if err != nil {
		t.Fatal(err)
	}
	inside := catalog.RecordPlace{ParentID: r.ID}
	if _, _, err := v.CreateRecord(ctx, owner, catalog.KindVersion, inside, recordNamed("1.0")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second changes nothing
		if _, err := v.UpdateRecord(ctx, owner, catalog.KindProvider, r.ID, recordNamed("amazon")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.DeleteRecord(ctx, owner, catalog.KindProvider, r.ID); err != nil {
		t.Fatal(err)
	}
	events, err := v.AuditEvents(ctx, v.Admin, catalog.AuditFilter{OrganizationID: v.acme.ID})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range events {
		seen[e.Action]++
		if e.Action == "provider.update" && (!strings.Contains(e.Before, `"aws"`) || !strings.Contains(e.After, `"amazon"`)) {
			t.Errorf("the event of the change is %+v", e)
		}
	}
	for action, times := range map[string]int{"provider.create": 1, "version.create": 1, "provider.update": 1, "version.delete": 1, "provider.delete": 1} {
		if seen[action] != times {
			t.Errorf("%s left %d events, want %d", action, seen[action], times)
		}
	}
}

func TestTagsAreMadeAndRenamed(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	owner, ctx := v.people["owner"], t.Context()
	tag, _, err := v.CreateTag(ctx, owner, v.acme.ID, "web")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.CreateTag(ctx, owner, v.acme.ID, "WEB"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a name that is taken: %v", err)
	}
	for name, want := range map[string]fault.Kind{"": fault.Invalid, "a,b": fault.Invalid} {
		if _, err := v.RenameTag(ctx, owner, v.acme.ID, tag.ID, name); !fault.Is(err, want) {
			t.Errorf("renamed to %q: %v", name, err)
		}
	}
	for _, who := range []string{"member", "outsider", "otherowner", "wsadmin"} {
		if _, _, err := v.CreateTag(ctx, v.people[who], v.acme.ID, "x"); !fault.Is(err, fault.Denied) {
			t.Errorf("%s makes a tag: %v", who, err)
		}
		if _, err := v.RenameTag(ctx, v.people[who], v.acme.ID, tag.ID, "x"); !fault.Is(err, fault.Denied) {
			t.Errorf("%s renames a tag: %v", who, err)
		}
	}
	if _, err := v.RenameTag(ctx, v.people["otherowner"], v.other.ID, tag.ID, "x"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a tag of another organization: %v", err)
	}
	if _, err := v.RenameTag(ctx, owner, v.acme.ID, tag.ID, "Front"); err != nil {
		t.Fatal(err)
	}
	found, _, err := v.ListTags(ctx, owner, catalog.TagFilter{OrganizationID: v.acme.ID}, catalog.Window{})
	if err != nil || len(found) != 1 || found[0].Name != "Front" || found[0].ID != tag.ID {
		t.Errorf("found %v, %v", found, err)
	}
}
