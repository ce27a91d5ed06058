package terrakube

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// document shows objects of a noun, with what the client wants included.
func (r *reader) document(ctx context.Context, n *noun, rows []located, q query) (jsonapi.Document, error) {
	if err := r.checkWidth(n, rows, q); err != nil {
		return jsonapi.Document{}, err
	}
	data := make([]jsonapi.Resource, len(rows))
	seen := map[jsonapi.Identifier]bool{}
	for i, row := range rows {
		shown, err := r.shown(ctx, n, row, q, firstSteps(q.include))
		if err != nil {
			return jsonapi.Document{}, err
		}
		data[i] = shown
		seen[jsonapi.Identifier{ID: row.id, Type: n.typ}] = true
	}
	d := jsonapi.Document{Data: data}
	r.parameter = "include"
	for _, path := range q.include {
		if err := r.include(ctx, n, rows, path, q, seen, &d); err != nil {
			return jsonapi.Document{}, err
		}
	}
	return d, nil
}

// checkWidth refuses a page of too many objects that each show a collection of their own, and says in whose name the
// service reads these.
func (r *reader) checkWidth(n *noun, rows []located, q query) error {
	r.parameter = "include"
	wanted := firstSteps(q.include)
	if only, sparse := q.fields[n.typ]; sparse {
		r.parameter, wanted = "fields["+n.typ+"]", append(slices.Clone(only), wanted...)
	}
	for _, name := range wanted {
		if k, ok := n.relation(name); ok && k.inside && len(rows) > maxWide {
			return jsonapi.Parameter(r.parameter, "must not name %s on a page of more than %d objects", name, maxWide)
		}
	}
	return nil
}

// include adds what rows relate to along a path.
func (r *reader) include(ctx context.Context, n *noun, rows []located, path []string, q query, seen map[jsonapi.Identifier]bool, d *jsonapi.Document) error {
	if len(path) == 0 {
		return nil
	}
	k, _ := n.relation(path[0])
	to := r.byType[k.typ]
	next, err := r.followAll(ctx, n, rows, k)
	if err != nil {
		return err
	}
	for _, row := range next {
		id := jsonapi.Identifier{ID: row.id, Type: to.typ}
		if seen[id] {
			continue
		}
		seen[id] = true
		shown, err := r.shown(ctx, to, row, q, path[1:min(2, len(path))])
		if err != nil {
			return err
		}
		d.Included = append(d.Included, shown)
	}
	return r.include(ctx, to, next, path[1:], q, seen, d)
}

// followAll returns what some objects relate to, each once.
func (r *reader) followAll(ctx context.Context, n *noun, rows []located, k relationKind) ([]located, error) {
	var out []located
	taken := map[string]bool{}
	for _, row := range rows {
		found, err := r.follow(ctx, n, row, k)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			if !taken[one.id] {
				taken[one.id], out = true, append(out, one)
			}
		}
	}
	return out, nil
}

func firstSteps(paths [][]string) []string {
	var out []string
	for _, path := range paths {
		out = append(out, path[0])
	}
	return out
}

// shown returns an object as clients see it: every attribute and relation, or those that were asked for. A relation to
// objects inside of it is read where it was asked for by name, or is followed.
func (r *reader) shown(ctx context.Context, n *noun, row located, q query, followed []string) (jsonapi.Resource, error) {
	only, sparse := q.fields[n.typ]
	wanted := func(name string) bool { return !sparse || slices.Contains(only, name) }
	attributes := map[string]any{}
	for _, a := range n.attributes {
		if !a.secret && wanted(a.name) {
			attributes[a.name] = a.value(row.resource)
		}
	}
	out := jsonapi.Resource{ID: row.id, Type: n.typ, Attributes: attributes, Relationships: map[string]jsonapi.Relationship{}}
	for _, k := range n.relations {
		ids, known := row.relations[k.name]
		if !wanted(k.name) || k.inside && !known && !sparse && !slices.Contains(followed, k.name) {
			continue
		}
		if !known {
			var err error
			if ids, err = r.linked(ctx, n, row, k); err != nil {
				return jsonapi.Resource{}, err
			}
		}
		out.Relationships[k.name] = linkage(k, ids)
	}
	return out, nil
}

func linkage(k relationKind, ids []string) jsonapi.Relationship {
	switch {
	case k.many:
		return jsonapi.ToMany(k.typ, ids...)
	case len(ids) == 0:
		return jsonapi.ToOne(k.typ, "")
	}
	return jsonapi.ToOne(k.typ, ids[0])
}

// send writes a document.
func send(c echo.Context, status int, d any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // the media type is no page's
	if err := encoder.Encode(d); err != nil {
		return err
	}
	return c.Blob(status, jsonapi.MediaType, body.Bytes())
}

// done answers a change that leaves nothing to show.
func done(c echo.Context, token authz.Token) error {
	written(c, token)
	return c.NoContent(http.StatusNoContent)
}

// written tells the client how new its own write is (DESIGN section 4).
func written(c echo.Context, token authz.Token) {
	if token != "" {
		c.Response().Header().Set(endpoint.ZedToken, string(token))
	}
}
