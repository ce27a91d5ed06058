package okta

import (
	"context"
	"net/url"
	"strconv"

	"github.com/terrawarden/terrawarden/loader/rest"
)

// list reads a list by its next links.
func list[T any](ctx context.Context, o *organization, l rest.Lister[T], path, filter, expand string) (rest.Listing[T], error) {
	address := func(size int) string {
		query := url.Values{"limit": {strconv.Itoa(size)}}
		if filter != "" {
			query.Set("filter", filter)
		}
		if expand != "" {
			query.Set("expand", expand)
		}
		return path + "?" + query.Encode()
	}
	return l.ReadTwice(ctx, o.client, address(o.size), address(o.size-1), o.size, false)
}

// decode reads a page.
func decode[T any](reply rest.Reply, lacks func(T) string) (page rest.Page[T], err error) {
	var items *[]T
	if err := reply.Decode(&items); err != nil {
		return page, err
	}
	if items == nil {
		return page, reply.Missing("a list")
	}
	for _, item := range *items {
		if what := lacks(item); what != "" {
			return page, reply.Missing(what)
		}
	}
	return rest.Page[T]{Items: *items, Next: reply.NextLink()}, nil
}

// people returns what reads lists of users. Those of a group's members need no more than their ids.
func (o *organization) people(whole bool) rest.Lister[person] {
	return rest.Lister[person]{
		Key: func(p person) string { return p.ID },
		Page: func(reply rest.Reply) (rest.Page[person], error) {
			return decode(reply, func(p person) string {
				switch {
				case p.ID == "":
					return "the id of a user"
				case whole && p.Status == "":
					return "the status of a user"
				case whole && p.Profile.Login == "":
					return "the login of a user"
				}
				return ""
			})
		},
	}
}

// groupLister returns what reads the list of groups. Its first page says when the read began, on Okta's clock.
func (o *organization) groupLister() rest.Lister[group] {
	return rest.Lister[group]{
		Key: func(g group) string { return g.ID },
		Page: func(reply rest.Reply) (rest.Page[group], error) {
			if o.begun.IsZero() {
				o.begun = o.client.Now(reply)
			}
			return decode(reply, func(g group) string {
				switch {
				case g.ID == "":
					return "the id of a group"
				case g.Profile.Name == "":
					return "the name of a group"
				case g.Embedded.Stats.UsersCount == nil:
					return "how many are in a group"
				}
				return ""
			})
		},
	}
}
