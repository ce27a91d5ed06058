// Package review serves what people who look after access ask: everything that somebody may do on an object and why, who
// may do what on an object, and what a change would change, in plain JSON under /access/v1.
//
// It owns that wire form alone. What is told to whom is the catalog's business.
package review

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/plain"
)

// service is what the package needs of the catalog.
type service interface {
	EffectiveAccess(ctx context.Context, p catalog.Principal, subject, object catalog.Entity) (catalog.EffectiveAccess, error)
	AccessMatrix(ctx context.Context, p catalog.Principal, object catalog.Entity, q catalog.MatrixQuery) (catalog.AccessMatrix, error)
	WhatIf(ctx context.Context, p catalog.Principal, proposal catalog.Proposal, limit int) (catalog.Consequences, error)
}

// Deps are what a Handler is made of.
type Deps struct{ Service service }

// Handler serves the reviews.
type Handler struct{ Deps }

// New returns a Handler.
func New(d Deps) *Handler { return &Handler{d} }

// Endpoints returns the routes. Who may see what depends on the object or the change that is asked about, so a valid
// credential is all that the routes themselves need; the use cases ask for the rest.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	needs := endpoint.Authenticated()
	return []endpoint.Endpoint{
		{Method: http.MethodGet, Path: "/access/v1/effective-access", Needs: needs, Handle: h.effectiveAccess},
		{Method: http.MethodGet, Path: "/access/v1/matrix", Needs: needs, Handle: h.matrix},
		{Method: http.MethodPost, Path: "/access/v1/what-if", Needs: needs, Handle: h.whatIf},
	}
}

// Entity is somebody or something: in a request its id, name or path is enough, in an answer it has a name where there is
// one.
type Entity struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

func shown(n catalog.Named) Entity { return Entity{Type: n.Type, ID: n.ID, Name: n.Name} }

func allShown(all []catalog.Named) []Entity {
	out := make([]Entity, len(all))
	for i, n := range all {
		out[i] = shown(n)
	}
	return out
}

// entity reads a query parameter that names somebody or something, as in workspace:acme/prod.
func entity(c echo.Context, name string) (catalog.Entity, error) {
	o, ok := authz.ParseObject(c.QueryParam(name))
	if !ok {
		return catalog.Entity{}, fault.At(name, "must be type:id or type:path, as in workspace:acme/prod")
	}
	return catalog.Entity{Type: o.Type, Ref: o.ID}, nil
}

// limit reads how much is wanted; the use case knows how much there may be.
func limit(c echo.Context, otherwise int) (int, error) {
	text := c.QueryParam("limit")
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.At("limit", "must be a whole number")
	}
	return n, nil
}

// maxBody is far more than a proposal takes.
const maxBody = 64 << 10

// decode reads a JSON body. Unknown members are refused: what is misspelled would be supposed without.
func decode(c echo.Context, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		return fault.New(fault.Invalid, "the body must hold one JSON value and nothing else")
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(fault.Limited, err, "the body is larger than %d bytes", maxBody)
	}
	return fault.Wrap(fault.Invalid, err, "the body is not the JSON that is expected here")
}

// Error writes an error as plain JSON and returns the status it wrote.
func (*Handler) Error(c echo.Context, err error) (int, error) { return plain.Error(c, err) }
