package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Ref names a resource of a document: a type as in workspaces, and an id or a path.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// ref returns an entity as documents name it.
func (e Entity) ref() Ref {
	types := map[string]string{
		"user": "users", "team": "teams", "group": "groups", "service_account": "service-accounts", "platform": "platforms",
		"organization": "organizations", "project": "projects", "workspace": "workspaces", "stack": "stacks",
	}
	if t, ok := types[e.Type]; ok {
		return Ref{Type: t, ID: e.ID}
	}
	return Ref(e)
}

// entity returns what a document names as questions name it.
func (r Ref) entity() Entity {
	types := map[string]string{
		"users": "user", "teams": "team", "groups": "group", "service-accounts": "service_account", "platforms": "platform",
		"organizations": "organization", "projects": "project", "workspaces": "workspace", "stacks": "stack",
	}
	if t, ok := types[r.Type]; ok {
		return Entity{Type: t, ID: r.ID}
	}
	return Entity(r)
}

// resource is a resource as documents carry it.
type resource[A any] struct {
	ID            string              `json:"id,omitempty"`
	Type          string              `json:"type"`
	Attributes    A                   `json:"attributes,omitzero"`
	Relationships map[string]relation `json:"relationships,omitempty"`
}

type relation struct {
	Data *Ref `json:"data,omitempty"` // nil where it is to none, or told by a link alone
}

// to returns a relation to an entity.
func to(e Entity) relation {
	r := e.ref()
	return relation{Data: &r}
}

// related returns what a resource relates to, the zero entity for nothing.
func (r resource[A]) related(name string) Entity {
	if d := r.Relationships[name].Data; d != nil {
		return d.entity()
	}
	return Entity{}
}

// one is a document of one resource.
type one[A any] struct {
	Data resource[A] `json:"data"`
	Meta meta        `json:"meta,omitzero"`
}

// many is a document of a page of resources.
type many[A any] struct {
	Data []resource[A] `json:"data"`
	Meta meta          `json:"meta"`
}

type meta struct {
	Pagination struct {
		NextPage   *int `json:"next-page"`
		TotalCount int  `json:"total-count"`
	} `json:"pagination,omitzero"`
	StillImplied map[string][]string `json:"still-implied,omitempty"`
}

// api returns a call of the documents' API. path is what follows /api/v2/, in parts that are not escaped yet.
func api(method string, path ...string) call {
	out := "/api/v2"
	for _, p := range path {
		out += "/" + part(p)
	}
	return call{method: method, path: out, media: mediaJSONAPI, accept: mediaJSONAPI}
}

// with returns the call with a body.
func (r call) with(body any) call {
	r.body = body
	return r
}

// fetch makes a call whose answer is one resource and returns what show makes of it.
func fetch[A, T any](ctx context.Context, c *Client, r call, show func(resource[A]) T) (T, done, error) {
	var doc one[A]
	r.into = &doc
	d, err := c.do(ctx, r)
	if err != nil {
		var none T
		return none, d, err
	}
	return show(doc.Data), d, nil
}

// list makes a call whose answer is a page of resources. The token of a page is its number.
func list[A, T any](ctx context.Context, c *Client, r call, q url.Values, p Page, show func(resource[A]) T) (List[T], error) {
	if p.Token != "" {
		q.Set("page[number]", p.Token)
	}
	if p.Limit != 0 {
		q.Set("page[size]", strconv.Itoa(p.Limit))
	}
	var doc many[A]
	r.query, r.into = q, &doc
	d, err := c.do(ctx, r)
	if err != nil {
		return List[T]{}, err
	}
	out := List[T]{Items: make([]T, len(doc.Data)), Total: doc.Meta.Pagination.TotalCount, ZedToken: d.ZedToken}
	for i, item := range doc.Data {
		out.Items[i] = show(item)
	}
	if next := doc.Meta.Pagination.NextPage; next != nil {
		out.Next = strconv.Itoa(*next)
	}
	return out, nil
}

// change makes a call that leaves nothing to show and returns how new it is.
func (c *Client) change(ctx context.Context, r call) (zedToken string, err error) {
	d, err := c.do(ctx, r)
	return d.ZedToken, err
}

// filters returns query parameters of those values that are not empty. Names and values come in turn.
func filters(namesAndValues ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		if namesAndValues[i+1] != "" {
			q.Set(namesAndValues[i], namesAndValues[i+1])
		}
	}
	return q
}

// choice returns a filter that is true, false or not there.
func choice(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

// orNull returns a time as documents take it, null for none.
func orNull(t time.Time) json.RawMessage {
	if t.IsZero() {
		return json.RawMessage("null")
	}
	return json.RawMessage(`"` + t.UTC().Format(time.RFC3339) + `"`)
}

// get, post, patch and remove are the methods of calls.
const (
	get    = http.MethodGet
	post   = http.MethodPost
	patch  = http.MethodPatch
	remove = http.MethodDelete
)
