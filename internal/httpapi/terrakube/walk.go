package terrakube

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// chain is the nouns that a path goes through, from the root to what it is about.
type chain []*noun

func (c chain) last() *noun { return c[len(c)-1] }

// complete gives a noun what follows from the others: its path, the audit attributes, and a relation to each noun whose
// objects are inside of its own.
func (h *Handler) complete(n *noun) {
	n.path = cmp.Or(n.path, n.typ)
	if n.audited {
		n.attributes = append(n.attributes,
			attribute{name: "createdBy", fixed: true}, attribute{name: "createdDate", kind: stamp, fixed: true},
			attribute{name: "updatedBy", fixed: true}, attribute{name: "updatedDate", kind: stamp, fixed: true})
	}
	for _, child := range h.nouns {
		if _, declared := n.relation(cmp.Or(child.path, child.typ)); !declared && child.within(n.typ) {
			n.relations = append(n.relations, relationKind{name: cmp.Or(child.path, child.typ), typ: child.typ, many: true, inside: true})
		}
	}
}

// within reports whether the objects of a type have a collection of the noun; "" is the root.
func (n *noun) within(parent string) bool { return slices.Contains(n.parents, parent) }

// pathIn returns what the noun's collection is called inside of a type; at the root it goes by the noun's own type.
func (n *noun) pathIn(parent string) string {
	if parent == "" {
		return n.typ
	}
	return n.path
}

// attribute returns an attribute by name.
func (n *noun) attribute(name string) (attribute, bool) {
	i := slices.IndexFunc(n.attributes, func(a attribute) bool { return a.name == name })
	if i < 0 {
		return attribute{}, false
	}
	return n.attributes[i], true
}

// relation returns a relation by name.
func (n *noun) relation(name string) (relationKind, bool) {
	i := slices.IndexFunc(n.relations, func(r relationKind) bool { return r.name == name })
	if i < 0 {
		return relationKind{}, false
	}
	return n.relations[i], true
}

// chains returns the ways from the root to a noun.
func (h *Handler) chains(n *noun) []chain {
	var out []chain
	for _, parent := range n.parents {
		if parent == "" {
			out = append(out, chain{n})
			continue
		}
		if p, ok := h.byType[parent]; ok {
			for _, c := range h.chains(p) {
				out = append(out, append(slices.Clone(c), n))
			}
		}
	}
	return out
}

// nounEndpoints returns the routes of every noun on every way to it.
func (h *Handler) nounEndpoints() []endpoint.Endpoint {
	var out []endpoint.Endpoint
	for _, n := range h.nouns {
		for _, c := range h.chains(n) {
			out = append(out, h.chainEndpoints(c)...)
		}
	}
	for i, e := range out {
		out[i].Handle = legible(e.Handle)
		if e.Method != http.MethodGet {
			out[i].Handle = legible(h.attempted(e.Handle))
		}
	}
	return out
}

func (h *Handler) chainEndpoints(c chain) []endpoint.Endpoint {
	path, parent := "/api/v1", ""
	for _, n := range c[:len(c)-1] {
		path += "/" + n.pathIn(parent) + "/:" + n.typ
		parent = n.typ
	}
	n := c.last()
	all := path + "/" + n.pathIn(parent)
	one := all + "/:" + n.typ
	listing := n.reads
	if len(c) == 1 { // what the caller may not read is left out of a list at the root, so that everybody gets one
		listing = endpoint.Authenticated()
	}
	on := func(handle func(echo.Context, chain) error) echo.HandlerFunc {
		return func(e echo.Context) error { return handle(e, c) }
	}
	return []endpoint.Endpoint{
		{Method: http.MethodGet, Path: all, Needs: listing, Handle: on(h.list)},
		{Method: http.MethodPost, Path: all, Needs: n.writes, Handle: on(h.create)},
		{Method: http.MethodGet, Path: one, Needs: n.reads, Handle: on(h.show)},
		{Method: http.MethodPatch, Path: one, Needs: n.writes, Handle: on(h.update)},
		{Method: http.MethodDelete, Path: one, Needs: n.writes, Handle: on(h.remove)},
		{Method: http.MethodGet, Path: one + "/:relation", Needs: n.reads, Handle: on(h.related)},
		{Method: http.MethodGet, Path: one + "/relationships/:relation", Needs: n.reads, Handle: on(h.relationship)},
		{Method: http.MethodPatch, Path: one + "/relationships/:relation", Needs: n.writes, Handle: on(h.relate)},
		{Method: http.MethodPost, Path: one + "/relationships/:relation", Needs: n.writes, Handle: on(h.relate)},
		{Method: http.MethodDelete, Path: one + "/relationships/:relation", Needs: n.writes, Handle: on(h.relate)},
	}
}

// enter reads the objects that a path goes through, and returns the place behind the last of them.
func (h *Handler) enter(ctx context.Context, p catalog.Principal, c chain, ids []string) (place, error) {
	at := place{}
	for i, n := range c {
		r, err := h.read(ctx, p, n, at, ids[i])
		if err != nil {
			return nil, hidden(err, n, ids[i], i == 0)
		}
		at = n.inside(at, r)
	}
	return at, nil
}

// read returns one object.
func (h *Handler) read(ctx context.Context, p catalog.Principal, n *noun, at place, id string) (resource, error) {
	if n.get == nil {
		return resource{}, fault.New(fault.Denied, "nobody may read this")
	}
	return n.get(ctx, p, at, id)
}

// inside returns the place behind an object: the place it is in, itself, and what of its possible parents it relates to.
func (n *noun) inside(at place, r resource) place {
	out := maps.Clone(at)
	for _, relation := range n.relations {
		if ids := r.relations[relation.name]; !relation.many && len(ids) == 1 && out[relation.typ] == "" && n.within(relation.typ) {
			out[relation.typ] = ids[0]
		}
	}
	if r.organization != "" {
		out[typeOrganization] = r.organization
	}
	out[n.typ] = r.id
	return out
}

// idsOf returns the ids in a request's path, in the order of the chain; the last one is "" for a collection.
func idsOf(c echo.Context, nouns chain) []string {
	ids := make([]string, len(nouns))
	for i, n := range nouns {
		ids[i] = c.Param(n.typ)
	}
	return ids
}

// found reads the object that a request's path names, and returns the place it is in.
func (h *Handler) found(c echo.Context, nouns chain) (place, resource, error) {
	return h.find(c.Request().Context(), endpoint.Principal(c), nouns, idsOf(c, nouns))
}

func (h *Handler) find(ctx context.Context, p catalog.Principal, nouns chain, ids []string) (place, resource, error) {
	above := len(nouns) - 1
	at, err := h.enter(ctx, p, nouns[:above], ids)
	if err != nil {
		return nil, resource{}, err
	}
	r, err := h.read(ctx, p, nouns.last(), at, ids[above])
	return at, r, hidden(err, nouns.last(), ids[above], above == 0)
}
