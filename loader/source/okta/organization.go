package okta

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// organization is one read of an organization.
type organization struct {
	client  *rest.Client
	size    int
	partial bool
	begun   time.Time // on Okta's clock
}

// person is a user as Okta shows him.
type person struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Profile struct {
		Login string `json:"login"`
		Email string `json:"email"`
	} `json:"profile"`
}

// group is a group as Okta shows it, with how many are in it.
type group struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
	Embedded struct {
		Stats struct {
			UsersCount *int `json:"usersCount"`
		} `json:"stats"`
	} `json:"_embedded"`
}

// builtIn is the type of the group of everybody, which Okta shows to all administrators but those of some groups.
const builtIn = "BUILT_IN"

// read reads what was touched since a time. The beginning of time asks for everything, and unlike no filter at all it also asks
// for those who were deprovisioned.
func (o *organization) read(ctx context.Context, since string) (directory.Snapshot, error) {
	out := directory.Snapshot{Partial: o.partial}
	groups, err := list(ctx, o, o.groupLister(), "/api/v1/groups",
		fmt.Sprintf(`lastUpdated gt "%s" or lastMembershipUpdated gt "%s"`, since, since), "stats")
	if err != nil {
		return out, err
	}
	out.Groups = make([]directory.Group, len(groups.Items))
	err = rest.Each(ctx, o.client, groups.Items, func(ctx context.Context, i int, g group) error {
		out.Groups[i] = o.fill(ctx, g)
		return nil
	})
	if err != nil {
		return out, err
	}
	users, err := list(ctx, o, o.people(true), "/api/v1/users", fmt.Sprintf(`lastUpdated gt "%s"`, since), "")
	if err != nil {
		return out, err
	}
	if len(users.Items) == 0 && !o.partial { // then it may have left out the members of groups as well
		return out, fault.New(fault.Unavailable, "the organization lists nobody, which is not believed")
	}
	known := map[string]bool{}
	for _, u := range users.Items {
		known[u.ID] = true
		disabled, ok := disabled(u.Status)
		if !ok {
			users.Short = "the status of some is not one that Okta documents"
			continue
		}
		out.Users = append(out.Users, directory.User{ID: u.ID, Username: u.Profile.Login, Email: u.Profile.Email, Disabled: disabled})
	}
	if o.partial {
		return out, whole(groups.Short, users.Short)
	}
	for _, g := range out.Groups {
		for _, m := range g.Members {
			if !known[m] && users.Short == "" {
				users.Short = "somebody is in a group and not among the users"
			}
		}
	}
	if !slices.ContainsFunc(groups.Items, func(g group) bool { return g.Type == builtIn }) {
		narrow := "the group of everybody is not among the groups, so that the credential may see only a part"
		groups.Short, users.Short = cmp.Or(groups.Short, narrow), cmp.Or(users.Short, narrow)
	}
	out.GroupsComplete = believed(&out, "groups", groups.Short, len(groups.Items))
	out.UsersComplete = believed(&out, "users", users.Short, len(users.Items))
	return out, nil
}

// whole returns an error where one of the lists of what was touched was not read to its end: the cursor must stay where it is.
func whole(shorts ...string) error {
	for _, short := range shorts {
		if short != "" {
			return fault.New(fault.Unavailable, "what was touched was not read to its end: %s", short)
		}
	}
	return nil
}

// believed reports whether a list was read to its end, and says so where not.
func believed(out *directory.Snapshot, what, short string, listed int) bool {
	if short == "" && listed == 0 {
		short = "none are listed, which is not believed"
	}
	if short != "" {
		out.Warnings = append(out.Warnings, "the "+what+" were not read to their end: "+short)
	}
	return short == ""
}

// disabled says what a status means, false for one that is not documented. Staged, suspended and deprovisioned accounts may not
// be used. One that is locked after wrong passwords, or waits for a new one, keeps what it has: whoever guesses at the passwords
// of others must not be able to take their access, and Okta itself lets them in again or not.
func disabled(status string) (disabled, known bool) {
	switch status {
	case "ACTIVE", "PROVISIONED", "LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY":
		return false, true
	case "STAGED", "SUSPENDED", "DEPROVISIONED":
		return true, true
	}
	return false, false
}

// fill reads who is in a group. Okta has no groups in groups.
func (o *organization) fill(ctx context.Context, g group) directory.Group {
	out := directory.Group{ID: g.ID, Name: g.Profile.Name}
	members, err := list(ctx, o, o.people(false), "/api/v1/groups/"+url.PathEscape(g.ID)+"/users", "", "")
	switch {
	case err != nil:
		out.Unknown = err.Error()
	case members.Short != "":
		out.Unknown = members.Short
	case len(members.Items) < *g.Embedded.Stats.UsersCount:
		out.Unknown = fmt.Sprintf("%d are in it, and %d are listed", *g.Embedded.Stats.UsersCount, len(members.Items))
	default:
		for _, m := range members.Items {
			out.Members = append(out.Members, m.ID)
		}
	}
	return out
}
