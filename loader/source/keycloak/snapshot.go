package keycloak

import (
	"fmt"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// snapshot puts together what was read, and says of which lists it is sure.
func (r *realm) snapshot(f forest, users rest.Listing[person], before, after counts) directory.Snapshot {
	out := directory.Snapshot{Groups: f.groups}
	for _, u := range users.Items {
		if !u.service() {
			out.Users = append(out.Users, directory.User{ID: u.ID, Username: u.Username, Email: u.Email, Disabled: !*u.Enabled})
		}
	}
	doubt := func(what, short string, listed, most, before, after int) bool {
		switch {
		case short != "":
		case before != after:
			short = fmt.Sprintf("there were %d before and %d after", before, after)
		case before < listed || before > most:
			short = fmt.Sprintf("there are %d, and %d are listed", before, listed)
		case most == 0:
			short = "none are listed, which is not believed"
		default:
			return true
		}
		out.Warnings = append(out.Warnings, "the "+what+" were not read to their end: "+short)
		return false
	}
	out.UsersComplete = doubt("users", users.Short, len(out.Users), len(users.Items), before.users, after.users)
	out.GroupsComplete = doubt("groups", f.short, len(f.groups), len(f.groups), before.groups, after.groups)
	if !out.GroupsComplete && f.short == "" { // what is missing may be inside of any
		for i, g := range out.Groups {
			out.Groups[i] = directory.Group{ID: g.ID, Name: g.Name, Unknown: "not all groups are listed, and some may be inside of it"}
		}
	}
	return out
}
