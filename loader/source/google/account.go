package google

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// account is one read of an account.
type account struct {
	client   *rest.Client
	size     int
	customer string
}

// entry is a user, a group, or a member of a group as Google shows it.
type entry struct {
	ID string `json:"id"`

	PrimaryEmail string `json:"primaryEmail"`
	Suspended    *bool  `json:"suspended"`
	Archived     bool   `json:"archived"`

	Email              string `json:"email"`
	DirectMembersCount *int   `json:"directMembersCount,string"`

	Type string `json:"type"`
}

// The types of members. A customer as a member is everybody in the account.
const (
	typeUser     = "USER"
	typeGroup    = "GROUP"
	typeCustomer = "CUSTOMER"
	typeExternal = "EXTERNAL"
)

// document is a page of a list. A list without entries is left out of it, so that its kind must tell that it is one.
type document struct {
	Kind    string  `json:"kind"`
	Users   []entry `json:"users"`
	Groups  []entry `json:"groups"`
	Members []entry `json:"members"`
	Next    string  `json:"nextPageToken"`
}

// list reads a list by its page tokens.
func (a *account) list(ctx context.Context, path, kind string, query url.Values, of func(document) []entry, lacks func(entry) string) (rest.Listing[entry], error) {
	address := func(size int, token string) string {
		query.Set("maxResults", strconv.Itoa(size))
		query.Del("pageToken")
		if token != "" {
			query.Set("pageToken", token)
		}
		return path + "?" + query.Encode()
	}
	size := a.size
	l := rest.Lister[entry]{
		Key: func(e entry) string { return e.ID },
		Page: func(reply rest.Reply) (page rest.Page[entry], err error) {
			var d document
			if err := reply.Decode(&d); err != nil {
				return page, err
			}
			if d.Kind != "admin#directory#"+kind {
				return page, reply.Missing("the kind of list that was asked for")
			}
			page.Items = of(d)
			for _, e := range page.Items {
				if e.ID == "" {
					return page, reply.Missing("an id")
				}
				if what := lacks(e); what != "" {
					return page, reply.Missing(what)
				}
			}
			if d.Next != "" {
				page.Next = address(size, d.Next)
			}
			return page, nil
		},
	}
	return l.ReadTwice(ctx, a.client, address(a.size, ""), address(a.size-1, ""), a.size, false)
}

// read reads everything.
func (a *account) read(ctx context.Context) (directory.Snapshot, error) {
	var out directory.Snapshot
	groups, err := a.list(ctx, "/groups", "groups", url.Values{"customer": {a.customer}}, func(d document) []entry { return d.Groups }, lacksOfGroup)
	if err != nil {
		return out, err
	}
	members := make([]rest.Listing[entry], len(groups.Items))
	err = rest.Each(ctx, a.client, groups.Items, func(ctx context.Context, i int, g entry) error {
		members[i] = a.members(ctx, g)
		return nil
	})
	if err != nil {
		return out, err
	}
	query := url.Values{"customer": {a.customer}, "orderBy": {"email"}, "projection": {"basic"}}
	users, err := a.list(ctx, "/users", "users", query, func(d document) []entry { return d.Users }, lacksOfUser)
	if err != nil {
		return out, err
	}
	if len(users.Items) == 0 { // then it may have left out the members of groups as well
		return out, fault.New(fault.Unavailable, "the account lists nobody, which is not believed")
	}
	for _, u := range users.Items {
		out.Users = append(out.Users, directory.User{
			ID: u.ID, Username: u.PrimaryEmail, Email: u.PrimaryEmail, Disabled: *u.Suspended || u.Archived,
		})
	}
	out.UsersComplete = believed(&out, "users", users)
	out.GroupsComplete = believed(&out, "groups", groups)
	for i, g := range groups.Items {
		out.Groups = append(out.Groups, groupOf(g, members[i], out))
	}
	return out, nil
}

func lacksOfUser(e entry) string {
	switch {
	case e.PrimaryEmail == "":
		return "the primaryEmail of a user"
	case e.Suspended == nil:
		return "whether a user is suspended"
	}
	return ""
}

func lacksOfGroup(e entry) string {
	switch {
	case e.Email == "":
		return "the email of a group"
	case e.DirectMembersCount == nil:
		return "the directMembersCount of a group"
	}
	return ""
}

func lacksOfMember(e entry) string {
	switch e.Type {
	case typeUser, typeGroup, typeCustomer, typeExternal:
		return ""
	}
	return "a type of member that is documented"
}

// believed reports whether a list was read to its end, and says so where not.
func believed(out *directory.Snapshot, what string, l rest.Listing[entry]) bool {
	if l.Short == "" && len(l.Items) == 0 {
		l.Short = "none are listed, which is not believed"
	}
	if l.Short != "" {
		out.Warnings = append(out.Warnings, "the "+what+" were not read to their end: "+l.Short)
	}
	return l.Short == ""
}

// members reads the direct members of a group.
func (a *account) members(ctx context.Context, g entry) rest.Listing[entry] {
	path := "/groups/" + url.PathEscape(g.ID) + "/members"
	l, err := a.list(ctx, path, "members", url.Values{"includeDerivedMembership": {"false"}}, func(d document) []entry { return d.Members }, lacksOfMember)
	switch {
	case err != nil:
		l.Short = err.Error()
	case l.Short == "" && len(l.Items) < *g.DirectMembersCount:
		l.Short = fmt.Sprintf("%d are in it, and %d are listed", *g.DirectMembersCount, len(l.Items))
	}
	return l
}

// groupOf returns a group with its members. It is called by its address: names are free text in Google, and twice the same.
func groupOf(g entry, members rest.Listing[entry], s directory.Snapshot) directory.Group {
	out := directory.Group{ID: g.ID, Name: g.Email, Unknown: members.Short}
	if out.Unknown != "" {
		return out
	}
	for _, m := range members.Items {
		switch m.Type {
		case typeUser, typeExternal:
			out.Members = append(out.Members, m.ID)
		case typeGroup:
			out.Groups = append(out.Groups, m.ID)
		case typeCustomer:
			if !s.UsersComplete {
				return directory.Group{ID: g.ID, Name: g.Email, Unknown: "everybody is in it, and who that is was not read to its end"}
			}
			for _, u := range s.Users {
				out.Members = append(out.Members, u.ID)
			}
		}
	}
	return out
}
