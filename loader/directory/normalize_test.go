package directory_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func TestASnapshotThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	user := func(ids ...string) directory.Snapshot {
		var s directory.Snapshot
		for _, id := range ids {
			s.Users = append(s.Users, directory.User{ID: id, Username: "x"})
		}
		return s
	}
	group := func(partial bool, g directory.Group) directory.Snapshot {
		return directory.Snapshot{Partial: partial, Groups: []directory.Group{g}}
	}
	tests := map[string]struct {
		s    directory.Snapshot
		want string // in the error, "" for none
	}{
		"nothing":                        {directory.Snapshot{}, ""},
		"two ids":                        {user("a", "A"), ""},
		"one id twice":                   {user("a", "b", "a"), `user "a" twice`},
		"no id":                          {user("a", ""), "users[1].id"},
		"the longest id":                 {user(strings.Repeat("é", 250)), ""},
		"one that is longer":             {user(strings.Repeat("é", 250) + "x"), "500 bytes"},
		"broken text":                    {user("a\xff"), "UTF-8"},
		"a control character":            {user("a\x00b"), "control"},
		"a new line":                     {user("a\n"), "control"},
		"a person and a group of one id": {directory.Snapshot{Users: user("a").Users, Groups: []directory.Group{{ID: "a"}}}, ""},
		"a group without id":             {group(false, directory.Group{}), "groups[0].id"},
		"a member that is none":          {group(false, directory.Group{ID: "g", Members: []string{"\x01"}}), `group "g" with a member`},
		"a nested group that is none":    {group(false, directory.Group{ID: "g", Groups: []string{""}}), `group "g" with a member`},
		"changes in a whole snapshot":    {group(false, directory.Group{ID: "g", Incremental: true}), "changes alone"},
		"changes in one of changes":      {group(true, directory.Group{ID: "g", Incremental: true, Removed: []string{"a"}}), ""},
		"who left a whole list":          {group(true, directory.Group{ID: "g", Removed: []string{"a"}}), "who left"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _, _, err := directory.Normalize(settings(), test.s)
			if test.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			message, field := fault.Public(err)
			if err == nil || !strings.Contains(field+" "+message, test.want) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if !cmp.Equal(out, directory.Snapshot{}) {
				t.Error("something of it is returned")
			}
		})
	}
	crowd := make([]string, 2_000_000)
	for i := range crowd {
		crowd[i] = "a"
	}
	for more, want := range map[int]bool{0: false, 1: true} {
		s := group(false, directory.Group{ID: "g", Members: crowd, Groups: crowd[:more]})
		_, _, _, err := directory.Normalize(settings(), s)
		if message, _ := fault.Public(err); (err != nil) != want || want && !strings.Contains(message, "2000001 memberships and nestings") {
			t.Errorf("two million and %d: error %v", more, err)
		}
	}
	many := user()
	for range 30 {
		many.Users = append(many.Users, directory.User{})
	}
	if _, _, _, err := directory.Normalize(settings(), many); len(fault.All(err)) != 10 {
		t.Errorf("%d faults are named", len(fault.All(err)))
	}
}

func TestWhatIsTakenOfASnapshot(t *testing.T) {
	t.Parallel()
	s := directory.Snapshot{
		Users: []directory.User{
			{ID: "3", Username: "carl", Email: "carl@users.invalid"},
			{ID: "1", Username: "Ann", Email: "not an address"},
			{ID: "2", Username: "svc-bob", Email: "bob@corp.example"},
			{ID: "0", Username: "out", Email: "out@corp.example"},
		},
		Groups: []directory.Group{{ID: "g", Members: []string{"2", "1", "2"}, Groups: []string{"g"}}, {ID: "e", Name: "Tmp-x", Members: []string{"1"}}},
	}
	given := cmp.Diff(s, directory.Snapshot{})
	set := settings()
	set.Users = directory.Filter{Include: []string{"ann", "CARL", "svc-*"}, Exclude: []string{"SVC-?ob"}}
	set.Groups.Exclude = []string{"tmp-*"}
	got, unknown, warnings, err := directory.Normalize(set, s)
	if err != nil {
		t.Fatal(err)
	}
	want := directory.Snapshot{
		Users: []directory.User{
			{ID: "0", Username: "out", Deleted: true}, {ID: "1", Username: "Ann"}, {ID: "2", Username: "svc-bob", Deleted: true}, {ID: "3", Username: "carl"},
		},
		Groups:   []directory.Group{{ID: "e", Name: "Tmp-x", Deleted: true}, {ID: "g", Members: []string{"1", "2"}, Groups: []string{}}},
		Warnings: []string{"2 people have an e-mail address that is none; they go without"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the snapshot (-want +got):\n%s", diff)
	}
	if len(unknown) != 2 || len(warnings) != 1 {
		t.Errorf("unknown %+v, warnings %q", unknown, warnings)
	}
	if cmp.Diff(s, directory.Snapshot{}) != given {
		t.Error("the snapshot that was given is another now")
	}
}
