package sourcetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// TestTheTableCanFail: a snapshot that says what is not so is found out, by its marks and by its plan, and one that leaves the same
// open is not.
func TestTheTableCanFail(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*directory.Snapshot)
		want   outcome
		wrong  bool
	}{
		"the truth":           {func(*directory.Snapshot) {}, unchanged, false},
		"somebody is missing": {func(s *directory.Snapshot) { s.Users = s.Users[1:] }, unchanged, true},
		"somebody is missing from a list not read to its end": {func(s *directory.Snapshot) { s.Users, s.UsersComplete = s.Users[1:], false }, unknown, false},
		"everybody is disabled":                               {func(s *directory.Snapshot) { s.Users[0].Disabled = true }, unchanged, true},
		"somebody is enabled":                                 {func(s *directory.Snapshot) { s.Users[3].Disabled = false; s.UsersComplete = false }, unknown, true},
		"somebody is renamed":                                 {func(s *directory.Snapshot) { s.Users[0].Username = "" }, unchanged, true},
		"somebody is new":                                     {func(s *directory.Snapshot) { s.Users = append(s.Users, directory.User{ID: "1", Username: "x"}) }, unchanged, true},
		"a group is missing":                                  {func(s *directory.Snapshot) { s.Groups = s.Groups[:4] }, unchanged, true},
		"a group may be missing":                              {func(s *directory.Snapshot) { s.Groups, s.GroupsComplete = s.Groups[:4], false }, unknown, false},
		"a group is renamed":                                  {func(s *directory.Snapshot) { s.Groups[0].Name = "other" }, unchanged, true},
		"a member is missing":                                 {func(s *directory.Snapshot) { s.Groups[1].Members = s.Groups[1].Members[1:] }, unchanged, true},
		"a member may be missing":                             {func(s *directory.Snapshot) { s.Groups[1].Members, s.Groups[1].Unknown = nil, "cut" }, unknown, false},
		"a member too many":                                   {func(s *directory.Snapshot) { s.Groups[2].Members = []string{"101"} }, unchanged, true},
		"a nested group is missing":                           {func(s *directory.Snapshot) { s.Groups[1].Groups = nil }, unchanged, true},
		"two of the same name and id":                         {func(s *directory.Snapshot) { s.Groups = append(s.Groups, s.Groups[0]) }, unchanged, true},
		"nobody and nothing, and whole":                       {func(s *directory.Snapshot) { s.Users, s.Groups = nil, nil }, unchanged, true},
		"nobody and nothing known":                            {func(s *directory.Snapshot) { *s = directory.Snapshot{} }, unknown, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Town().Snapshot()
			test.change(&s)
			got, wrong := judge(Town(), s, nil)
			if got != test.want || (len(wrong) > 0) != test.wrong {
				t.Errorf("%s, %v", got, wrong)
			}
		})
	}
	if got, wrong := judge(Town(), directory.Snapshot{UsersComplete: true}, errors.New("no")); got != failed || len(wrong) > 0 {
		t.Errorf("an error: %s, %v", got, wrong)
	}
}

// TestFaultsAreNamedOnce: a table whose rows are the same would prove less than it says.
func TestFaultsAreNamedOnce(t *testing.T) {
	t.Parallel()
	var names []string
	for _, h := range faults() {
		names = append(names, h.String())
	}
	all := len(names)
	slices.Sort(names)
	if len(slices.Compact(names)) != all {
		t.Errorf("%v", names)
	}
}
