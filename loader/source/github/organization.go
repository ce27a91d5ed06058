package github

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// organization is one read of an organization.
type organization struct {
	client *rest.Client
	size   int
	path   string
	login  string
	token  bool // somebody's token, not an application's
}

// entry is a person or a team as GitHub shows it.
type entry struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`

	Name         string `json:"name"`
	Slug         string `json:"slug"`
	MembersCount *int   `json:"members_count"`
}

func (e entry) key() string { return strconv.FormatInt(e.ID, 10) }

// list reads a list by its next links. Its pages are numbered, so that whoever leaves moves all that follow: several pages are
// read twice.
func (o *organization) list(ctx context.Context, path, query string, lacks func(entry) string) (rest.Listing[entry], error) {
	address := func(size int) string { return fmt.Sprintf("%s%s?%sper_page=%d", o.path, path, query, size) }
	l := rest.Lister[entry]{Key: entry.key, Page: func(reply rest.Reply) (page rest.Page[entry], err error) {
		var items *[]entry
		if err := reply.Decode(&items); err != nil {
			return page, err
		}
		if items == nil {
			return page, reply.Missing("a list")
		}
		for _, e := range *items {
			if e.ID <= 0 {
				return page, reply.Missing("an id")
			}
			if what := lacks(e); what != "" {
				return page, reply.Missing(what)
			}
		}
		return rest.Page[entry]{Items: *items, Next: reply.NextLink()}, nil
	}}
	return l.ReadTwice(ctx, o.client, address(o.size), address(o.size-1), o.size, true)
}

func lacksOfPerson(e entry) string {
	if e.Login == "" {
		return "the login of a member"
	}
	return ""
}

func lacksOfTeam(e entry) string {
	if e.Name == "" || e.Slug == "" {
		return "the name or slug of a team"
	}
	return ""
}

// read reads everything. People come last, so that whoever is in a team is among them unless the list is not whole.
func (o *organization) read(ctx context.Context) (directory.Snapshot, error) {
	var out directory.Snapshot
	teams, err := o.list(ctx, "/teams", "", lacksOfTeam)
	if err != nil {
		return out, err
	}
	out.Groups = make([]directory.Group, len(teams.Items))
	err = rest.Each(ctx, o.client, teams.Items, func(ctx context.Context, i int, t entry) error {
		out.Groups[i] = o.team(ctx, t)
		return nil
	})
	if err != nil {
		return out, err
	}
	people, err := o.list(ctx, "/members", "", lacksOfPerson)
	if err != nil {
		return out, err
	}
	if len(people.Items) == 0 { // then it may have left out the members of groups as well
		return out, fault.New(fault.Unavailable, "the organization lists nobody, which is not believed")
	}
	known := map[string]bool{}
	for _, p := range people.Items {
		known[p.key()] = true
		out.Users = append(out.Users, directory.User{ID: p.key(), Username: p.Login})
	}
	for _, g := range out.Groups {
		for _, m := range g.Members {
			if !known[m] && people.Short == "" {
				people.Short = "somebody is in a team and not among the members"
			}
		}
	}
	if o.token && teams.Short == "" {
		teams.Short = o.narrow(ctx)
	}
	out.GroupsComplete = believed(&out, "teams", teams)
	out.UsersComplete = believed(&out, "members", people)
	return out, nil
}

// narrow returns why a token may not see all teams: secret ones are shown to owners and to who is in them. Asking every time finds
// an owner who is one no more, before his teams count as gone.
func (o *organization) narrow(ctx context.Context) string {
	reply, err := o.client.Get(ctx, "/user/memberships/orgs/"+o.login)
	if err != nil {
		return "whether the token is an owner's can't be read: " + err.Error()
	}
	var m struct {
		State string `json:"state"`
		Role  string `json:"role"`
	}
	if err := reply.Decode(&m); err != nil {
		return err.Error()
	}
	if m.State != "active" || m.Role != "admin" {
		return "the token is not an owner's, and secret teams may be left out"
	}
	return ""
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

// team reads who is in a team. GitHub lists the members of the teams below it as well and does not tell them apart, so that a
// team names no teams inside. How many are in it is asked on its own; that some are listed beyond the count is no fault.
func (o *organization) team(ctx context.Context, t entry) directory.Group {
	g := directory.Group{ID: t.key(), Name: t.Name}
	path := "/teams/" + url.PathEscape(t.Slug)
	count, err := o.count(ctx, path, t.ID)
	if err != nil {
		g.Unknown = err.Error()
		return g
	}
	members, err := o.list(ctx, path+"/members", "role=all&", lacksOfPerson)
	switch {
	case err != nil:
		g.Unknown = err.Error()
	case members.Short != "":
		g.Unknown = members.Short
	case len(members.Items) < count:
		g.Unknown = fmt.Sprintf("%d are in it, and %d are listed", count, len(members.Items))
	default:
		for _, m := range members.Items {
			g.Members = append(g.Members, m.key())
		}
	}
	return g
}

// count asks how many are in a team. The slug must still be that team's: it may have been given to another since.
func (o *organization) count(ctx context.Context, path string, id int64) (int, error) {
	reply, err := o.client.Get(ctx, o.path+path)
	if err != nil {
		return 0, err
	}
	var t entry
	if err := reply.Decode(&t); err != nil {
		return 0, err
	}
	switch {
	case t.ID != id:
		return 0, reply.Refuse("the team is another now")
	case t.MembersCount == nil:
		return 0, reply.Missing("members_count")
	}
	return *t.MembersCount, nil
}
