package entra_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

// first reads wholly and returns the source and the cursor for the changes after.
func first(t *testing.T, s *server) (directory.Source, string) {
	t.Helper()
	set := start(t, s, &sourcetest.Trouble{})
	set.Increments = true
	source := open(t, set)
	got, err := source.Read(t.Context(), directory.Request{})
	if err != nil || got.Partial || got.Cursor == "" || !got.UsersComplete {
		t.Fatalf("%+v, %v", got, err)
	}
	if strings.Contains(got.Cursor, secret) || strings.Contains(got.Cursor, "access") {
		t.Fatalf("the cursor holds a secret: %s", got.Cursor)
	}
	return source, got.Cursor
}

func value(records ...object) object { return object{"value": records} }

func member(id, kind string, removed bool) object {
	out := object{"@odata.type": "#microsoft.graph." + kind, "id": id}
	if removed {
		out["@removed"] = object{"reason": "deleted"}
	}
	return out
}

// TestIncrements: what has changed, over several pages, the same group in two of them, and the last word about somebody counts.
func TestIncrements(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town()}
	source, cursor := first(t, s)
	s.delta = map[string][]object{
		"groups": {
			value(object{"id": "202", "displayName": "builders", "members@delta": []object{member("103", "user", true), member("107", "user", false)}}),
			value(
				object{"id": "202", "displayName": "masons", "members@delta": []object{
					member("104", "user", false), member("204", "group", true), member("205", "group", false), member("107", "user", true),
					member("999", "device", false), member("998", "servicePrincipal", false),
				}},
				object{"id": "203", "@removed": object{"reason": "deleted"}},
			),
			value(object{"id": "206", "displayName": "new"}),
		},
		"users": {
			value(object{"id": "104", "userPrincipalName": "dave", "mail": nil, "accountEnabled": true},
				object{"id": "105", "@removed": object{"reason": "changed"}}),
			value(object{"id": "109", "userPrincipalName": "ivan", "mail": "ivan@example.com", "accountEnabled": false}),
		},
	}
	s.model.People[3].Disabled = false
	got, err := source.Read(t.Context(), directory.Request{Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	want := directory.Snapshot{
		Partial: true,
		Users: []directory.User{
			{ID: "104", Username: "dave", Email: "dave@example.com"}, // read on its own, for its address is left out
			{ID: "105", Deleted: true},
			{ID: "109", Username: "ivan", Email: "ivan@example.com", Disabled: true},
		},
		Groups: []directory.Group{
			{ID: "202", Name: "masons", Incremental: true, Members: []string{"104"}, Removed: []string{"103", "107"}, Groups: []string{"205"}, RemovedGroups: []string{"204"}},
			{ID: "203", Deleted: true},
			{ID: "206", Name: "new", Incremental: true},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(directory.Snapshot{}, "Cursor"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got.Cursor == "" || got.Cursor == cursor {
		t.Errorf("the cursor stays %q", got.Cursor)
	}
	again, err := source.Read(t.Context(), directory.Request{Cursor: got.Cursor})
	if err != nil || !again.Partial || len(again.Users)+len(again.Groups) != 0 {
		t.Errorf("what was read comes again: %+v, %v", again, err)
	}
}

// TestIncrementsThatCannotBe: where Graph has forgotten, or does not say what it must, everything is read.
func TestIncrementsThatCannotBe(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*server, string) string{
		"expired links of groups":     func(s *server, c string) string { s.gone = map[string]bool{"groups0": true}; return c },
		"expired links of users":      func(s *server, c string) string { s.gone = map[string]bool{"users0": true}; return c },
		"a cursor that is none":       func(*server, string) string { return "yesterday" },
		"half a cursor":               func(*server, string) string { return `{"users":"/v1.0/users/delta"}` },
		"a member without a type":     groupPage(object{"id": "202", "displayName": "b", "members@delta": []object{{"id": "103"}}}),
		"somebody who is gone by now": userPage(object{"id": "777", "userPrincipalName": "new"}),
		"a group that is gone by now": groupPage(object{"id": "777"}),
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{model: sourcetest.Town()}
			source, cursor := first(t, s)
			got, err := source.Read(t.Context(), directory.Request{Cursor: change(s, cursor)})
			if err != nil || got.Partial || !got.UsersComplete || len(got.Groups) != len(s.model.Groups) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func groupPage(r object) func(*server, string) string {
	return func(s *server, c string) string { s.delta = map[string][]object{"groups": {value(r)}}; return c }
}

func userPage(r object) func(*server, string) string {
	return func(s *server, c string) string { s.delta = map[string][]object{"users": {value(r)}}; return c }
}

// TestFaultsOfIncrements: changes are taken all or not at all, whatever fails, and nothing is taken from anybody.
func TestFaultsOfIncrements(t *testing.T) {
	t.Parallel()
	begin := &server{model: sourcetest.Town()}
	_, cursor := first(t, begin)
	pages := func() map[string][]object {
		return map[string][]object{
			"groups": {
				value(object{"id": "201", "displayName": "admins", "members@delta": []object{member("102", "user", false)}}),
				value(object{"id": "202", "displayName": "builders", "members@delta": []object{member("107", "user", false)}}),
			},
			"users": {
				value(object{"id": "101", "userPrincipalName": "alice", "mail": "alice@example.com", "accountEnabled": true}),
				value(object{"id": "102", "userPrincipalName": "bob", "mail": "bob@example.com", "accountEnabled": true}),
			},
		}
	}
	sourcetest.EachFault(t, 4, 3, func(t *testing.T, trouble *sourcetest.Trouble) {
		t.Helper()
		s := &server{model: sourcetest.Town(), delta: pages()}
		set := start(t, s, trouble)
		set.Increments = true
		got, err := open(t, set).Read(t.Context(), directory.Request{Cursor: strings.ReplaceAll(cursor, begin.url, s.url)})
		if err != nil {
			return
		}
		for _, u := range got.Users {
			if u.Deleted || u.Disabled != (u.ID == "104") {
				t.Errorf("%s: %+v", trouble.Fault, u)
			}
		}
		for _, g := range got.Groups {
			if g.Deleted || len(g.Removed) > 0 {
				t.Errorf("%s: %+v", trouble.Fault, g)
			}
		}
		if got.Partial && got.Cursor != "" && trouble.Fault != sourcetest.EmptySuccess && trouble.Fault != sourcetest.EmptyPageEarly &&
			trouble.Fault != sourcetest.RepeatedPage && len(got.Users)+len(got.Groups) != 4 {
			t.Errorf("%s: the cursor passes what was lost: %+v", trouble.Fault, got)
		}
	})
}

// TestACursorLeadsNowhereElse: a cursor is no way to make the credential go elsewhere.
func TestACursorLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town()}
	source, _ := first(t, s)
	got, err := source.Read(t.Context(), directory.Request{Cursor: `{"users":"https://attacker.example/u","groups":"https://attacker.example/g"}`})
	if err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestHiddenGroups: a group whose members Graph does not show is not an empty one.
func TestHiddenGroups(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town(), hidden: "203"}
	got, err := open(t, start(t, s, &sourcetest.Trouble{})).Read(t.Context(), directory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range got.Groups {
		if (g.Unknown != "") != (g.ID == "203") {
			t.Errorf("%+v", g)
		}
	}
}

func TestGroupsOf(t *testing.T) {
	t.Parallel()
	s := &server{model: sourcetest.Town()}
	source := open(t, start(t, s, &sourcetest.Trouble{}))
	got, err := source.GroupsOf(t.Context(), "102")
	if err != nil || !slices.Equal(got, []string{"202", "204"}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := source.GroupsOf(t.Context(), "108"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := source.GroupsOf(t.Context(), ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if !slices.Contains(s.asked, "/v1.0/users/102/getMemberGroups") {
		t.Errorf("%v", s.asked)
	}
	for _, f := range []sourcetest.Fault{sourcetest.Broken, sourcetest.ErrorSuccess, sourcetest.TruncatedJSON, sourcetest.Refused} {
		source := open(t, start(t, &server{model: sourcetest.Town()}, sourcetest.From(f, 1)))
		if got, err := source.GroupsOf(t.Context(), "102"); !fault.Is(err, fault.Unavailable) || got != nil {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
}
