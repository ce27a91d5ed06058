package authzen

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

const (
	defaultPage = 100
	maxPage     = 1000
)

// found is one subject or resource of a result.
type found struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Properties foundProperties `json:"properties"`
}

// foundProperties gives both of the object's names, whichever of them is its id in this answer.
type foundProperties struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

type foundAction struct {
	Name string `json:"name"`
}

type resultPage struct {
	NextToken string `json:"next_token"`
	Count     int    `json:"count"`
	Total     int    `json:"total"`
}

type searchResult[T any] struct {
	Page    resultPage `json:"page"`
	Results []T        `json:"results"`
}

type searchFunc func(context.Context, catalog.Principal, catalog.Ask, authz.Consistency, catalog.Page) ([]catalog.Found, catalog.Totals, error)

func (h *Handler) searchSubject(c echo.Context) error {
	return h.search(c, "subject", wanted{action: true, resourceID: true}, h.Decider.SearchSubjects)
}

func (h *Handler) searchResource(c echo.Context) error {
	return h.search(c, "resource", wanted{action: true, subjectID: true}, h.Decider.SearchResources)
}

// search answers a subject or resource search. Results bear ids where the question named its object by id, and
// names or paths where it did that; the properties always give both.
func (h *Handler) search(c echo.Context, kind string, w wanted, run searchFunc) error {
	body, err := readBody(c.Request())
	if err != nil {
		return err
	}
	ask, options, err := entitiesOf(body).question(w)
	if err != nil {
		return err
	}
	cursor, err := h.readPage(body, kind, endpoint.Principal(c))
	if err != nil {
		return err
	}
	rows, totals, err := run(c.Request().Context(), endpoint.Principal(c), ask, options.Consistency, catalog.Page{After: cursor.after, Limit: cursor.limit})
	if err != nil {
		return err
	}
	results := make([]found, len(rows))
	for i, r := range rows {
		results[i] = found{Type: r.Object.Type, ID: r.Object.ID, Properties: foundProperties{ID: r.Object.ID, Name: r.Name}}
		if totals.ByName && r.Name != "" && r.Object.Type != schema.TypeGroup { // a group's name is for display, no reference
			results[i].ID = r.Name
		}
	}
	h.stamp(c, totals.Token)
	return c.JSON(http.StatusOK, searchResult[found]{
		Page:    resultPage{NextToken: h.nextToken(cursor, totals.Next), Count: len(rows), Total: totals.Total},
		Results: results,
	})
}

// searchAction returns the permissions a subject holds on a resource, all on one page.
func (h *Handler) searchAction(c echo.Context) error {
	body, err := readBody(c.Request())
	if err != nil {
		return err
	}
	ask, options, err := entitiesOf(body).question(wanted{subjectID: true, resourceID: true})
	if err != nil {
		return err
	}
	cursor, err := h.readPage(body, "action", endpoint.Principal(c))
	if err != nil {
		return err
	}
	held, token, err := h.Decider.SearchActions(c.Request().Context(), endpoint.Principal(c), ask, options.Consistency)
	if err != nil {
		return err
	}
	total, next := len(held), ""
	held = following(held, ask.ResourceType, cursor.after)
	if len(held) > cursor.limit {
		held = held[:cursor.limit]
		next = held[len(held)-1].Name()
	}
	results := make([]foundAction, len(held))
	for i, p := range held {
		results[i] = foundAction{Name: p.Name()}
	}
	h.stamp(c, token)
	return c.JSON(http.StatusOK, searchResult[foundAction]{
		Page:    resultPage{NextToken: h.nextToken(cursor, next), Count: len(results), Total: total},
		Results: results,
	})
}

// following returns the permissions that come after one in the vocabulary, which is the order of the results. That
// one need not be held any more: the next page begins where the last one ended all the same.
func following(held []schema.Permission, objectType, after string) []schema.Permission {
	order := schema.Of(objectType)
	last := slices.IndexFunc(order, func(p schema.Permission) bool { return p.Name() == after })
	for i, p := range held {
		if slices.Index(order, p) > last {
			return held[i:]
		}
	}
	return nil
}
