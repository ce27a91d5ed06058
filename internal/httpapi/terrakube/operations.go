package terrakube

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

const (
	atomicExtension = "https://jsonapi.org/ext/atomic"
	// maxOperations bounds what one request does, since nobody else changes anything meanwhile.
	maxOperations = 100
)

// operation is one step of a request that does several things or none.
type operation struct {
	Op   string `json:"op"`
	Href string `json:"href"`
	Ref  *struct {
		identifier

		Relationship string `json:"relationship"`
	} `json:"ref"`
	Data json.RawMessage `json:"data"`
}

// target is what an operation is about: a collection, an object (the last id is given), or a relation of one.
type target struct {
	nouns    chain
	ids      []string
	relation string
}

func (t target) isObject() bool { return t.ids[len(t.ids)-1] != "" }

// operationsEndpoint is the route of operations. What each of them needs is asked one by one.
func (h *Handler) operationsEndpoint() endpoint.Endpoint {
	return endpoint.Endpoint{
		Method: http.MethodPost, Path: "/api/v1/operations", Needs: endpoint.Authenticated(), Handle: legible(h.attempted(h.operate)),
	}
}

// operate does all operations of a request, or none.
func (h *Handler) operate(c echo.Context) error {
	all, err := readOperations(c.Request())
	if err != nil {
		return err
	}
	p := endpoint.Principal(c)
	var results []map[string]any
	token, err := h.Service.Together(c.Request().Context(), p, func(ctx context.Context, s *catalog.Service) error {
		b := &batch{Handler: h.with(s), principal: p, made: map[identifier]string{}}
		results = results[:0]
		for i, op := range all {
			result, err := b.do(ctx, op)
			if err != nil {
				return fmt.Errorf("operation %d: %w", i, err)
			}
			results = append(results, result)
		}
		return nil
	})
	if err != nil {
		return err
	}
	written(c, token)
	return send(c, http.StatusOK, map[string]any{"atomic:results": results})
}

// readOperations reads the body. The command line sends it as plain JSON.
func readOperations(r *http.Request) ([]operation, error) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	ext := parameters["ext"]
	if err != nil || media != jsonapi.MediaType && media != "application/json" || ext != "" && ext != atomicExtension {
		return nil, jsonapi.Unsupported("The content type must be %s with the extension %s.", jsonapi.MediaType, atomicExtension)
	}
	raw, err := jsonapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	var d struct {
		Operations []operation `json:"atomic:operations"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, jsonapi.Malformed(err, "The body must be a document with a list atomic:operations.")
	}
	if len(d.Operations) == 0 || len(d.Operations) > maxOperations {
		return nil, jsonapi.Malformed(nil, "The list atomic:operations must hold from 1 to %d operations.", maxOperations)
	}
	return d.Operations, nil
}

// batch does operations one after the other, inside of one change.
type batch struct {
	*Handler

	principal catalog.Principal
	made      map[identifier]string // what it made, by the names that clients gave
}

// id is the idOf of operations: a name that the client gave to what an earlier one made stands for it.
func (b *batch) id(i identifier) (string, error) {
	if id, ok := b.made[i]; ok {
		return id, nil
	}
	if i.LID != "" {
		return "", fault.New(fault.NotFound, "Unknown identifier %s for %s", i.LID, i.Type)
	}
	return given(i)
}

func (b *batch) do(ctx context.Context, op operation) (map[string]any, error) {
	t, err := b.target(op)
	if err != nil {
		return nil, err
	}
	switch {
	case op.Op != "add" && op.Op != "update" && op.Op != "remove":
		return nil, jsonapi.Malformed(nil, "The op %q is none of add, update, remove.", op.Op)
	case t.relation != "":
		return map[string]any{}, b.relate(ctx, op, t)
	case op.Op == "add" && !t.isObject():
		return b.add(ctx, op, t)
	case op.Op == "add", !t.isObject():
		return nil, jsonapi.Malformed(nil, "The op %s cannot be done there.", op.Op)
	}
	at, found, err := b.find(ctx, b.principal, t.nouns, t.ids)
	if err != nil {
		return nil, err
	}
	if op.Op == "remove" {
		_, err = b.drop(ctx, b.principal, t.nouns.last(), located{found, at})
		return map[string]any{}, err
	}
	s, err := readSent(op.Data, t.nouns.last())
	if err == nil {
		_, err = b.change(ctx, b.principal, t.nouns.last(), located{found, at}, s, b.id)
	}
	return map[string]any{}, err
}

// add adds an object and remembers what the client calls it.
func (b *batch) add(ctx context.Context, op operation, t target) (map[string]any, error) {
	n := t.nouns.last()
	at, err := b.enter(ctx, b.principal, t.nouns[:len(t.nouns)-1], t.ids)
	if err != nil {
		return nil, err
	}
	s, err := readSent(op.Data, n)
	if err != nil {
		return nil, err
	}
	made, _, err := b.Handler.add(ctx, b.principal, n, at, s, b.id)
	if err != nil {
		return nil, err
	}
	b.made[identifier{Type: n.typ, ID: made.id}] = made.id
	if s.LID != "" {
		b.made[identifier{Type: n.typ, LID: s.LID}] = made.id
	}
	if s.ID != nil {
		b.made[identifier{Type: n.typ, ID: *s.ID}] = made.id
	}
	d, err := b.reader(b.principal).document(ctx, n, []located{{made, at}}, query{})
	if err != nil {
		return nil, err
	}
	all, _ := d.Data.([]jsonapi.Resource)
	return map[string]any{"data": all[0]}, nil
}

// relate changes a relation.
func (b *batch) relate(ctx context.Context, op operation, t target) error {
	at, found, err := b.find(ctx, b.principal, t.nouns, t.ids)
	if err != nil {
		return err
	}
	k, ok := t.nouns.last().relation(t.relation)
	if !ok {
		return unknown(t.relation, t.nouns.last())
	}
	method := map[string]string{"add": http.MethodPost, "update": http.MethodPatch, "remove": http.MethodDelete}[op.Op]
	_, err = b.setRelation(ctx, b.principal, t.nouns.last(), located{found, at}, k, method, op.Data, b.id)
	return err
}

// target returns what an operation is about.
func (b *batch) target(op operation) (target, error) {
	switch {
	case op.Href != "" && op.Ref != nil:
		return target{}, jsonapi.Malformed(nil, "An operation has a href or a ref, not both.")
	case op.Href != "":
		return b.targetAt(op.Href)
	case op.Ref != nil:
		id, err := b.id(op.Ref.identifier)
		if err != nil {
			return target{}, err
		}
		return b.targetOf(op.Ref.Type, id, op.Ref.Relationship)
	}
	var named identifier
	if err := json.Unmarshal(op.Data, &named); err != nil {
		return target{}, jsonapi.Malformed(err, "An operation needs a href, a ref or data.")
	}
	if op.Op == "add" {
		return b.targetOf(named.Type, "", "")
	}
	id, err := b.id(named)
	if err != nil {
		return target{}, err
	}
	return b.targetOf(named.Type, id, "")
}

// targetOf returns a target at the root.
func (b *batch) targetOf(typ, id, relation string) (target, error) {
	n, ok := b.byType[typ]
	if !ok {
		return target{}, jsonapi.Malformed(nil, "There is no type %q.", typ)
	}
	return target{nouns: chain{n}, ids: []string{id}, relation: relation}, nil
}

// targetAt returns the target of a path below /api/v1.
func (b *batch) targetAt(href string) (target, error) {
	var t target
	parent := ""
	steps := strings.Split(strings.Trim(strings.TrimPrefix(href, "/api/v1"), "/"), "/")
	for i := 0; i < len(steps); i += 2 {
		if steps[i] == "relationships" && i+2 == len(steps) && len(t.nouns) > 0 {
			t.relation = steps[i+1]
			return t, nil
		}
		n := b.nounAt(parent, steps[i])
		if n == nil {
			return target{}, fault.New(fault.NotFound, "Unknown collection %s in %s", steps[i], href)
		}
		t.nouns, t.ids, parent = append(t.nouns, n), append(t.ids, ""), n.typ
		if i+1 < len(steps) {
			id, err := url.PathUnescape(steps[i+1])
			if err != nil {
				return target{}, jsonapi.Malformed(err, "The href %q is no path.", href)
			}
			for _, name := range []identifier{{Type: n.typ, ID: id}, {Type: n.typ, LID: id}} {
				if made, ok := b.made[name]; ok {
					id = made
				}
			}
			t.ids[len(t.ids)-1] = id
		}
	}
	return t, nil
}

// nounAt returns the noun of a collection inside of a type, or at the root for "".
func (h *Handler) nounAt(parent, path string) *noun {
	for _, n := range h.nouns {
		if n.within(parent) && n.pathIn(parent) == path {
			return n
		}
	}
	return nil
}
