package terrakube

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// create adds an object to a collection.
func (h *Handler) create(c echo.Context, nouns chain) error {
	ctx, p, n := c.Request().Context(), endpoint.Principal(c), nouns.last()
	q, err := h.oneQuery(c, n)
	if err != nil {
		return err
	}
	at, err := h.enter(ctx, p, nouns[:len(nouns)-1], idsOf(c, nouns))
	if err != nil {
		return err
	}
	data, err := readDocument(c.Request())
	if err != nil {
		return err
	}
	s, err := readSent(data, n)
	if err != nil {
		return err
	}
	made, token, err := h.add(ctx, p, n, at, s, given)
	if err != nil {
		return err
	}
	written(c, token)
	return h.sendOne(c, http.StatusCreated, n, located{made, at}, q)
}

// add adds what was sent to a place.
func (h *Handler) add(ctx context.Context, p catalog.Principal, n *noun, at place, s sent, id idOf) (resource, authz.Token, error) {
	in, err := n.input(s, id)
	if err != nil {
		return resource{}, "", err
	}
	if n.create == nil {
		return resource{}, "", denied(nobody(), "Create")
	}
	if err := h.checkRelated(ctx, p, n, at, in); err != nil {
		return resource{}, "", err
	}
	made, token, err := n.create(ctx, p, at, in)
	return made, token, denied(err, "Create")
}

// update changes an object.
func (h *Handler) update(c echo.Context, nouns chain) error {
	ctx, p, n := c.Request().Context(), endpoint.Principal(c), nouns.last()
	at, found, err := h.found(c, nouns)
	if err != nil {
		return err
	}
	data, err := readDocument(c.Request())
	if err != nil {
		return err
	}
	s, err := readSent(data, n)
	if err != nil {
		return err
	}
	if s.ID == nil || *s.ID != found.id {
		return jsonapi.Malformed(nil, "The id of the data must be that of the path.")
	}
	token, err := h.change(ctx, p, n, located{found, at}, s, given)
	if err != nil {
		return err
	}
	return done(c, token)
}

// change changes an object to what was sent.
func (h *Handler) change(ctx context.Context, p catalog.Principal, n *noun, row located, s sent, id idOf) (authz.Token, error) {
	in, err := n.input(s, id)
	if err != nil {
		return "", err
	}
	return h.set(ctx, p, n, row, in)
}

func (h *Handler) set(ctx context.Context, p catalog.Principal, n *noun, row located, in input) (authz.Token, error) {
	if n.update == nil {
		return "", denied(nobody(), "Update")
	}
	if err := h.checkRelated(ctx, p, n, n.inside(row.at, row.resource), in); err != nil {
		return "", err
	}
	token, err := n.update(ctx, p, row.at, row.id, in)
	return token, denied(err, "Update")
}

// remove deletes an object.
func (h *Handler) remove(c echo.Context, nouns chain) error {
	at, found, err := h.found(c, nouns)
	if err != nil {
		return err
	}
	token, err := h.drop(c.Request().Context(), endpoint.Principal(c), nouns.last(), located{found, at})
	if err != nil {
		return err
	}
	return done(c, token)
}

// drop deletes an object.
func (h *Handler) drop(ctx context.Context, p catalog.Principal, n *noun, row located) (authz.Token, error) {
	if n.remove == nil {
		return "", denied(nobody(), "Delete")
	}
	token, err := n.remove(ctx, p, row.at, row.id)
	return token, denied(err, "Delete")
}

// relate sets a relation of an object, or adds to one to many, or takes away from it.
func (h *Handler) relate(c echo.Context, nouns chain) error {
	ctx, p, n := c.Request().Context(), endpoint.Principal(c), nouns.last()
	k, row, err := h.relationOf(c, nouns)
	if err != nil {
		return err
	}
	data, err := readDocument(c.Request())
	if err != nil {
		return err
	}
	token, err := h.setRelation(ctx, p, n, row, k, c.Request().Method, data, given)
	if err != nil {
		return err
	}
	return done(c, token)
}

// setRelation changes a relation as a request of a method does.
func (h *Handler) setRelation(ctx context.Context, p catalog.Principal, n *noun, row located, k relationKind, method string, data json.RawMessage, id idOf) (authz.Token, error) {
	sent, err := k.read(data, id)
	if err != nil {
		return "", err
	}
	if k.inside || k.fixed {
		return "", denied(nobody(), "Update")
	}
	return h.set(ctx, p, n, row, input{relations: map[string][]string{k.name: k.related(method, row.relations[k.name], sent)}})
}

// checkRelated refuses relations to what the principal may not read in the place: it is not there for him.
func (h *Handler) checkRelated(ctx context.Context, p catalog.Principal, n *noun, at place, in input) error {
	for name, ids := range in.relations {
		k, _ := n.relation(name)
		to, ok := h.byType[k.typ]
		if !ok {
			continue
		}
		for _, id := range ids {
			if _, err := h.read(ctx, p, to, at, id); err != nil {
				return hidden(err, to, id, false)
			}
		}
	}
	return nil
}

// related returns what a relation is after a request of a method: set anew, added to, or taken from.
func (k relationKind) related(method string, now, sent []string) []string {
	contains := func(all []string) func(string) bool { return func(id string) bool { return slices.Contains(all, id) } }
	switch {
	case method == http.MethodPost && k.many:
		return append(slices.Clone(now), slices.DeleteFunc(slices.Clone(sent), contains(now))...)
	case method == http.MethodDelete:
		return slices.DeleteFunc(slices.Clone(now), contains(sent))
	}
	return sent
}
