package client

import (
	"context"
	"iter"
	"net/http"
)

// Page says which part of a list is wanted; the zero value: the first, of the length the service likes best.
type Page struct {
	Token string // Next of the page before
	Limit int
}

// List is a page of a list.
type List[T any] struct {
	Items []T
	Next  string // the Token of the page that follows, "" at the end
	Total int    // how many there are on all pages

	ZedToken string // how fresh the list is, where the service says so
}

// Found is a subject or resource that a search found.
type Found struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"` // a path where the question named things by path
	Properties FoundProperties `json:"properties"`
}

// FoundProperties are both names of what was found.
type FoundProperties struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Action is a permission that a search found.
type Action struct {
	Name string `json:"name"`
}

// SearchSubjects returns who may do the action on the resource: subjects of the type of q.Subject.
func (c *Client) SearchSubjects(ctx context.Context, q Question, p Page) (List[Found], error) {
	return search[Found](ctx, c, "subject", q, p)
}

// SearchResources returns on what the subject may do the action: resources of the type of q.Resource.
func (c *Client) SearchResources(ctx context.Context, q Question, p Page) (List[Found], error) {
	return search[Found](ctx, c, "resource", q, p)
}

// SearchActions returns what the subject may do on the resource.
func (c *Client) SearchActions(ctx context.Context, q Question, p Page) (List[Action], error) {
	return search[Action](ctx, c, "action", q, p)
}

func search[T any](ctx context.Context, c *Client, kind string, q Question, p Page) (List[T], error) {
	body := c.wire(q)
	if p != (Page{}) {
		body.Page = &wirePage{Token: p.Token, Limit: p.Limit}
	}
	var found struct {
		Page struct {
			NextToken string `json:"next_token"`
			Total     int    `json:"total"`
		} `json:"page"`
		Results []T `json:"results"`
	}
	d, err := c.do(ctx, call{method: http.MethodPost, path: "/access/v1/search/" + kind, body: body, asks: true, into: &found})
	if err != nil {
		return List[T]{}, err
	}
	return List[T]{Items: found.Results, Next: found.Page.NextToken, Total: found.Page.Total, ZedToken: d.ZedToken}, nil
}

// All follows the pages of a list from one to the end. It ends with the first error, which it yields.
func All[T any](from Page, fetch func(Page) (List[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p := from; ; {
			l, err := fetch(p)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range l.Items {
				if !yield(item, nil) {
					return
				}
			}
			if l.Next == "" || l.Next == p.Token { // a service that stands still would keep us for good
				return
			}
			p.Token = l.Next
		}
	}
}

// Collect returns everything a list holds, or the first error.
func Collect[T any](all iter.Seq2[T, error]) ([]T, error) {
	out := []T{}
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}
