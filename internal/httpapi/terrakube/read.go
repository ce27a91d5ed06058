package terrakube

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// list answers a collection.
func (h *Handler) list(c echo.Context, nouns chain) error {
	ctx, p, n := c.Request().Context(), endpoint.Principal(c), nouns.last()
	q, err := h.listQuery(c.Request().URL.RawQuery, n)
	if err != nil {
		return err
	}
	at, err := h.enter(ctx, p, nouns[:len(nouns)-1], idsOf(c, nouns))
	if err != nil {
		return err
	}
	r := h.reader(p)
	rows, err := r.collection(ctx, n, at, q)
	if err != nil {
		return err
	}
	return r.sendList(ctx, c, n, q.page.of(rows), q, len(rows))
}

// collection returns the rows of a collection that a query selects, in its order.
func (r *reader) collection(ctx context.Context, n *noun, at place, q query) ([]located, error) {
	rows, err := r.list(ctx, n, at, q.want)
	if err != nil {
		return nil, err
	}
	if q.want.name != "" { // which may be an id
		one, err := r.one(ctx, n, at, q.want.name)
		if err != nil {
			return nil, err
		}
		if one != nil && !slices.ContainsFunc(rows, func(row located) bool { return row.id == one.id }) {
			rows = append(rows, *one)
		}
	}
	return r.chosen(ctx, n, rows, q)
}

// chosen returns the rows that a query selects, in its order.
func (r *reader) chosen(ctx context.Context, n *noun, rows []located, q query) ([]located, error) {
	rows, err := r.matching(ctx, n, rows, q)
	if err != nil {
		return nil, err
	}
	return rows, r.inOrder(ctx, n, rows, q.order)
}

// of returns the rows of a page out of all.
func (p page) of(all []located) []located {
	return all[min(p.offset, len(all)):min(p.offset+p.limit, len(all))]
}

func (r *reader) sendList(ctx context.Context, c echo.Context, n *noun, rows []located, q query, total int) error {
	d, err := r.document(ctx, n, rows, q)
	if err != nil {
		return err
	}
	if q.page.given {
		d.Meta = map[string]any{"page": q.page.meta(total)}
	}
	return send(c, http.StatusOK, d)
}

// meta describes a page, with how much there is in all where that was asked for.
func (p page) meta(total int) map[string]int {
	out := map[string]int{"number": p.offset/p.limit + 1, "limit": p.limit}
	if p.totals {
		out["totalRecords"], out["totalPages"] = total, (total+p.limit-1)/p.limit
	}
	return out
}

// show answers one object.
func (h *Handler) show(c echo.Context, nouns chain) error {
	q, err := h.oneQuery(c, nouns.last())
	if err != nil {
		return err
	}
	at, found, err := h.found(c, nouns)
	if err != nil {
		return err
	}
	return h.sendOne(c, http.StatusOK, nouns.last(), located{found, at}, q)
}

// oneQuery reads what a client wants to see of one object.
func (h *Handler) oneQuery(c echo.Context, n *noun) (query, error) {
	values, err := readQuery(c.Request().URL.RawQuery)
	if err != nil {
		return query{}, err
	}
	return h.shownQuery(values, n)
}

func (h *Handler) sendOne(c echo.Context, status int, n *noun, row located, q query) error {
	d, err := h.reader(endpoint.Principal(c)).document(c.Request().Context(), n, []located{row}, q)
	if err != nil {
		return err
	}
	all, _ := d.Data.([]jsonapi.Resource)
	d.Data = all[0]
	return send(c, status, d)
}

// relationOf reads the object of a path and the relation that it names.
func (h *Handler) relationOf(c echo.Context, nouns chain) (relationKind, located, error) {
	at, found, err := h.found(c, nouns)
	if err != nil {
		return relationKind{}, located{}, err
	}
	k, ok := nouns.last().relation(c.Param("relation"))
	if !ok {
		return relationKind{}, located{}, unknown(c.Param("relation"), nouns.last())
	}
	return k, located{found, at}, nil
}

// related answers what an object relates to. Collections of its own have routes of their own.
func (h *Handler) related(c echo.Context, nouns chain) error {
	ctx, n := c.Request().Context(), nouns.last()
	k, from, err := h.relationOf(c, nouns)
	if err != nil {
		return err
	}
	to, ok := h.byType[k.typ]
	if !ok {
		return fault.New(fault.NotFound, "Unknown attribute or relation %s of %s", k.name, n.typ)
	}
	q, err := h.listQuery(c.Request().URL.RawQuery, to)
	if err != nil {
		return err
	}
	r := h.reader(endpoint.Principal(c))
	rows, err := r.follow(ctx, n, from, k)
	switch {
	case err != nil:
		return err
	case k.many:
		if rows, err = r.chosen(ctx, to, rows, q); err != nil {
			return err
		}
		return r.sendList(ctx, c, to, q.page.of(rows), q, len(rows))
	case len(rows) == 0:
		return send(c, http.StatusOK, jsonapi.Document{})
	}
	return h.sendOne(c, http.StatusOK, to, rows[0], q)
}

// relationship answers which objects an object relates to.
func (h *Handler) relationship(c echo.Context, nouns chain) error {
	k, from, err := h.relationOf(c, nouns)
	if err != nil {
		return err
	}
	ids, err := h.reader(endpoint.Principal(c)).linked(c.Request().Context(), nouns.last(), from, k)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, linkage(k, ids))
}
