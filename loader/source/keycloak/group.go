package keycloak

import (
	"context"
	"fmt"
	"net/url"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// node is a group as Keycloak shows it. Since version 23 subgroups are counted and asked for on their own; before, they came
// inside.
type node struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	SubGroupCount *int   `json:"subGroupCount"`
	SubGroups     []node `json:"subGroups"`
}

// forest is the groups of a realm, those inside of others too, and why it may not be all of them.
type forest struct {
	groups []directory.Group
	short  string
}

const maxDepth = 64 // of groups in groups; a server that goes deeper leads in a circle

// groups reads all groups and who is in them.
func (r *realm) groups(ctx context.Context) (forest, error) {
	top, err := r.nodes().ReadOffsets(ctx, r.client, r.window("/groups"))
	if err != nil {
		return forest{}, err
	}
	f := &forest{short: top.Short}
	for _, n := range top.Items {
		r.grow(ctx, f, n, n.Name, 1)
	}
	err = rest.Each(ctx, r.client, f.groups, func(ctx context.Context, i int, g directory.Group) error {
		if g.Unknown != "" {
			return nil
		}
		f.groups[i] = r.fill(ctx, g)
		return nil
	})
	return *f, err
}

// fill puts a group's members into it.
func (r *realm) fill(ctx context.Context, g directory.Group) directory.Group {
	members, err := r.members(ctx, g.ID)
	switch {
	case err != nil:
		g.Unknown = err.Error()
	case members.Short != "":
		g.Unknown = members.Short
	default:
		for _, m := range members.Items {
			if !m.service() {
				g.Members = append(g.Members, m.ID)
			}
		}
	}
	return g
}

// grow adds a group and what is inside of it. A group is called by its way down, as Keycloak's paths are without the first
// slash. What can't be read of it leaves the whole list of groups open, for it may be anywhere.
func (r *realm) grow(ctx context.Context, f *forest, n node, name string, depth int) {
	at := len(f.groups)
	f.groups = append(f.groups, directory.Group{ID: n.ID, Name: name})
	inside := n.SubGroups
	if n.SubGroupCount != nil && len(inside) != *n.SubGroupCount {
		children, err := r.nodes().ReadOffsets(ctx, r.client, r.window("/groups/"+url.PathEscape(n.ID)+"/children"))
		switch {
		case err != nil:
			children.Short = err.Error()
		case children.Short == "" && len(children.Items) != *n.SubGroupCount:
			children.Short = fmt.Sprintf("it has %d groups inside, and %d are listed", *n.SubGroupCount, len(children.Items))
		}
		if children.Short != "" {
			f.groups[at].Unknown, f.short = children.Short, children.Short
			return
		}
		inside = children.Items
	}
	if len(inside) > 0 && depth >= maxDepth {
		f.groups[at].Unknown, f.short = "groups are nested too deep", "groups are nested too deep"
		return
	}
	for _, child := range inside {
		f.groups[at].Groups = append(f.groups[at].Groups, child.ID)
		r.grow(ctx, f, child, name+"/"+child.Name, depth+1)
	}
}

// nodes returns what reads lists of groups.
func (r *realm) nodes() rest.Lister[node] {
	return rest.Lister[node]{
		Key: func(n node) string { return n.ID },
		Page: func(reply rest.Reply) (page rest.Page[node], err error) {
			var nodes *[]node
			if err := reply.Decode(&nodes); err != nil {
				return page, err
			}
			if nodes == nil {
				return page, reply.Missing("a list of groups")
			}
			return rest.Page[node]{Items: *nodes}, named(reply, *nodes)
		},
	}
}

// named returns an error unless every group has an id and a name, those inside too.
func named(reply rest.Reply, nodes []node) error {
	for _, n := range nodes {
		switch {
		case n.ID == "":
			return reply.Missing("the id of a group")
		case n.Name == "":
			return reply.Missing("the name of a group")
		}
		if err := named(reply, n.SubGroups); err != nil {
			return err
		}
	}
	return nil
}
