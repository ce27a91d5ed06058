package keycloak

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/terrawarden/terrawarden/loader/rest"
)

// realm is one read of a realm.
type realm struct {
	client *rest.Client
	size   int
}

// counts is how many people and groups Keycloak says there are. Service accounts are not among the people.
type counts struct{ users, groups int }

func (r *realm) count(ctx context.Context) (counts, error) {
	reply, err := r.client.Get(ctx, "/users/count")
	if err != nil {
		return counts{}, err
	}
	var users *int
	if err := reply.Decode(&users); err != nil {
		return counts{}, err
	}
	if users == nil || *users <= 0 { // the least is whoever administers the realm; who sees nobody may see nobody
		return counts{}, reply.Refuse("it counts nobody, which is not believed")
	}
	reply, err = r.client.Get(ctx, "/groups/count")
	if err != nil {
		return counts{}, err
	}
	var groups struct {
		Count *int `json:"count"`
	}
	if err := reply.Decode(&groups); err != nil {
		return counts{}, err
	}
	if groups.Count == nil {
		return counts{}, reply.Missing("count")
	}
	return counts{*users, *groups.Count}, nil
}

// person is a user as Keycloak shows him.
type person struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
	Enabled  *bool  `json:"enabled"`
}

// service reports whether a user is a client's service account: Keycloak names them so, and lists them or not by version.
func (p person) service() bool { return strings.HasPrefix(p.Username, "service-account-") }

// lister returns what reads lists of users. Those of a group's members need no more than their ids.
func (r *realm) lister(whole bool) rest.Lister[person] {
	return rest.Lister[person]{
		Key: func(p person) string { return p.ID },
		Page: func(reply rest.Reply) (page rest.Page[person], err error) {
			var users *[]person
			if err := reply.Decode(&users); err != nil {
				return page, err
			}
			if users == nil {
				return page, reply.Missing("a list of users")
			}
			for _, u := range *users {
				switch {
				case u.ID == "":
					return page, reply.Missing("the id of a user")
				case u.Username == "":
					return page, reply.Missing("the username of a user")
				case whole && u.Enabled == nil:
					return page, reply.Missing("whether a user is enabled")
				}
			}
			return rest.Page[person]{Items: *users}, nil
		},
	}
}

// people reads all users.
func (r *realm) people(ctx context.Context) (rest.Listing[person], error) {
	return r.lister(true).ReadOffsets(ctx, r.client, r.window("/users"))
}

// members reads who is in a group directly.
func (r *realm) members(ctx context.Context, id string) (rest.Listing[person], error) {
	return r.lister(false).ReadOffsets(ctx, r.client, r.window("/groups/"+url.PathEscape(id)+"/members"))
}

// window returns the addresses of the pages of a list.
func (r *realm) window(path string) func(int) string {
	return func(first int) string {
		return fmt.Sprintf("%s?first=%d&max=%d&briefRepresentation=%t", path, first, r.size, path != "/users")
	}
}
