package jsonapi

import (
	"errors"
	"net/url"
	"strconv"
)

const (
	defaultPageSize = 20
	maxPageSize     = 100
	maxPageNumber   = 1 << 20
)

// Page is which part of a list a client wants. Number counts from 1.
type Page struct {
	Number, Size int
	Given        bool // the client asked for a page; lists that need none answer everything otherwise
}

// ReadPage reads page[number] and page[size], and reports both where both are wrong.
func ReadPage(query url.Values) (Page, error) {
	p := Page{Number: 1, Size: defaultPageSize}
	err := errors.Join(p.read(query, "page[number]", &p.Number), p.read(query, "page[size]", &p.Size))
	if err != nil {
		return Page{}, err
	}
	p.Size = min(p.Size, maxPageSize)
	return p, nil
}

func (p *Page) read(query url.Values, name string, to *int) error {
	text := query.Get(name)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPageNumber {
		return Parameter(name, "must be a whole number from 1 to %d", maxPageNumber)
	}
	*to, p.Given = n, true
	return nil
}

// Offset returns how many items come before the page.
func (p Page) Offset() int { return (p.Number - 1) * p.Size }

// Cut returns the items of the page out of all.
func Cut[T any](all []T, p Page) []T {
	start := min(p.Offset(), len(all))
	return all[start:min(start+p.Size, len(all))]
}

// Pagination describes a page among all (research tfe-api 1.0).
type Pagination struct {
	CurrentPage int  `json:"current-page"`
	PageSize    int  `json:"page-size"`
	PrevPage    *int `json:"prev-page"`
	NextPage    *int `json:"next-page"`
	TotalPages  int  `json:"total-pages"`
	TotalCount  int  `json:"total-count"`
}

// Of describes the page when there are so many items in all.
func (p Page) Of(total int) Pagination {
	out := Pagination{CurrentPage: p.Number, PageSize: p.Size, TotalCount: total, TotalPages: max(1, (total+p.Size-1)/p.Size)}
	if prev := p.Number - 1; prev >= 1 {
		prev = min(prev, out.TotalPages)
		out.PrevPage = &prev
	}
	if next := p.Number + 1; next <= out.TotalPages {
		out.NextPage = &next
	}
	return out
}

// Links returns the links of a page: to itself, the first, the ones beside it, and the last. base is the list's URL.
func (p Pagination) Links(base *url.URL) map[string]any {
	to := func(n int) string {
		query := base.Query()
		query.Set("page[number]", strconv.Itoa(n))
		query.Set("page[size]", strconv.Itoa(p.PageSize))
		u := *base
		u.RawQuery = query.Encode()
		return u.String()
	}
	beside := func(n *int) any {
		if n == nil {
			return nil
		}
		return to(*n)
	}
	return map[string]any{"self": to(p.CurrentPage), "first": to(1), "prev": beside(p.PrevPage), "next": beside(p.NextPage), "last": to(p.TotalPages)}
}
