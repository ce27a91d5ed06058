package entra

import (
	"context"
	"fmt"
	"net/url"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// tenant is one read of a tenant.
type tenant struct {
	client *rest.Client
	size   int
}

// record is a user, a group, or a member of a group as Graph shows it.
type record struct {
	Type        string  `json:"@odata.type"`
	ID          string  `json:"id"`
	DisplayName *string `json:"displayName"`
	Visibility  *string `json:"visibility"`

	UserPrincipalName *string `json:"userPrincipalName"`
	Mail              *string `json:"mail"`
	AccountEnabled    *bool   `json:"accountEnabled"`

	Members *[]record `json:"members@delta"`
	Removed *struct {
		Reason string `json:"reason"`
	} `json:"@removed"`
}

const (
	typeUser  = "#microsoft.graph.user"
	typeGroup = "#microsoft.graph.group"

	userFields  = "id,userPrincipalName,mail,accountEnabled"
	groupFields = "id,displayName,visibility"

	hidden = "HiddenMembership" // a group whose members are listed to none but who may read hidden ones
)

// answer is a page of a list.
type answer struct {
	Value *[]record `json:"value"`
	Count *int      `json:"@odata.count"`
	Next  string    `json:"@odata.nextLink"`
	Delta string    `json:"@odata.deltaLink"`
}

// read decodes a page, of which every record must have an id.
func read(reply rest.Reply) (a answer, err error) {
	if err := reply.Decode(&a); err != nil {
		return a, err
	}
	if a.Value == nil {
		return a, reply.Missing("value")
	}
	for _, r := range *a.Value {
		if r.ID == "" {
			return a, reply.Missing("an id")
		}
	}
	return a, nil
}

// counted reads a list whose first page must say how many there are in all, and whose records pass a test. Where that many are
// not listed, it is short.
func (t *tenant) counted(ctx context.Context, path, fields string, lacks func(record) string) (rest.Listing[record], error) {
	total := -1
	l := rest.Lister[record]{
		Key: func(r record) string { return r.ID },
		Page: func(reply rest.Reply) (page rest.Page[record], err error) {
			a, err := read(reply)
			if err != nil {
				return page, err
			}
			for _, r := range *a.Value {
				if what := lacks(r); what != "" {
					return page, reply.Missing(what)
				}
			}
			if total < 0 {
				if a.Count == nil {
					return page, reply.Missing("@odata.count")
				}
				total = *a.Count
			}
			return rest.Page[record]{Items: *a.Value, Next: a.Next}, nil
		},
	}
	out, err := l.Read(ctx, t.client, t.path(path, fields)+"&$count=true")
	if err == nil && out.Short == "" && len(out.Items) != total {
		out.Short = fmt.Sprintf("there are %d, and %d are listed", total, len(out.Items))
	}
	return out, err
}

func (t *tenant) path(path, fields string) string {
	return fmt.Sprintf("%s?$select=%s&$top=%d", path, fields, t.size)
}

func lacksOfUser(r record) string {
	switch {
	case r.UserPrincipalName == nil || *r.UserPrincipalName == "":
		return "the userPrincipalName of a user"
	case r.AccountEnabled == nil:
		return "accountEnabled of a user"
	}
	return ""
}

func lacksOfGroup(r record) string {
	if r.DisplayName == nil || *r.DisplayName == "" {
		return "the displayName of a group"
	}
	return ""
}

func lacksNothing(record) string { return "" }

func userOf(r record) directory.User {
	u := directory.User{ID: r.ID, Username: *r.UserPrincipalName, Disabled: !*r.AccountEnabled}
	if r.Mail != nil {
		u.Email = *r.Mail
	}
	return u
}

// all reads everything. The delta links are fetched first: what changes during the read comes again with the changes after.
func (t *tenant) all(ctx context.Context, increments bool) (directory.Snapshot, error) {
	var out directory.Snapshot
	var at cursor
	if increments {
		var err error
		if at, err = t.begin(ctx); err != nil {
			return out, err
		}
	}
	groups, err := t.counted(ctx, "/groups", groupFields, lacksOfGroup)
	if err != nil {
		return out, err
	}
	out.Groups = make([]directory.Group, len(groups.Items))
	err = rest.Each(ctx, t.client, groups.Items, func(ctx context.Context, i int, r record) error {
		out.Groups[i] = t.group(ctx, r)
		return nil
	})
	if err != nil {
		return out, err
	}
	users, err := t.counted(ctx, "/users", userFields, lacksOfUser)
	if err != nil {
		return out, err
	}
	if len(users.Items) == 0 { // then it may have left out the members of groups as well
		return out, fault.New(fault.Unavailable, "the tenant lists nobody, which is not believed")
	}
	for _, r := range users.Items {
		out.Users = append(out.Users, userOf(r))
	}
	out.GroupsComplete = believed(&out, "groups", groups)
	out.UsersComplete = believed(&out, "users", users)
	if increments {
		out.Cursor = at.String()
	}
	return out, nil
}

// believed reports whether a list was read to its end, and says so where not.
func believed(out *directory.Snapshot, what string, l rest.Listing[record]) bool {
	if l.Short == "" && len(l.Items) == 0 {
		l.Short = "none are listed, which is not believed"
	}
	if l.Short != "" {
		out.Warnings = append(out.Warnings, "the "+what+" were not read to their end: "+l.Short)
	}
	return l.Short == ""
}

// group reads who is in a group: people and groups; devices, contacts and applications have no place here. Each kind is asked for
// and counted on its own, for a count of all may hold what Graph does not list.
func (t *tenant) group(ctx context.Context, r record) directory.Group {
	g := directory.Group{ID: r.ID, Name: *r.DisplayName}
	g.Members, g.Unknown = t.members(ctx, r.ID, "user")
	if g.Unknown == "" {
		g.Groups, g.Unknown = t.members(ctx, r.ID, "group")
	}
	if g.Unknown == "" && len(g.Members) == 0 && r.Visibility != nil && *r.Visibility == hidden {
		g.Unknown = "its members are hidden, and the application may not read hidden ones"
	}
	if g.Unknown != "" {
		g.Members, g.Groups = nil, nil
	}
	return g
}

// members reads the direct members of one kind, or why that was not possible.
func (t *tenant) members(ctx context.Context, id, kind string) (ids []string, unknown string) {
	members, err := t.counted(ctx, "/groups/"+url.PathEscape(id)+"/members/microsoft.graph."+kind, "id", lacksNothing)
	if err != nil {
		return nil, err.Error()
	}
	for _, m := range members.Items {
		ids = append(ids, m.ID)
	}
	return ids, members.Short
}
