package rest

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

const maxPages = 20_000

// Page is what one request of a listing brought.
type Page[T any] struct {
	Items []T
	Next  string // where the next page is, "" at the end
	Total int    // how many there are in all, as the server says; 0 where it does not
}

// Listing is what was read of a list.
type Listing[T any] struct {
	Items []T
	// Short says why the list was not read to its end, or why what was read is not believed to be all of it. "" for a whole one.
	Short string
}

// Lister reads one list.
type Lister[T any] struct {
	Page func(Reply) (Page[T], error)
	Key  func(T) string // tells items apart
}

// Read follows a list from its first page to its last. An error means that not even the first page came; a later page that
// does not come makes the listing short. So do an item that comes twice, and a server that counts more than it lists.
func (l Lister[T]) Read(ctx context.Context, c *Client, first string) (Listing[T], error) {
	out, _, err := l.read(ctx, c, first)
	return out, err
}

// ReadTwice reads a list whose server counts nothing: again, by another address (another page size, so that the pages end
// elsewhere), where what was read cannot be told from a list that lost something. That is when its last page is full or empty, when
// an earlier one is not full, and, where pages are numbered, whenever there are several: what leaves an earlier page moves all
// that follow.
func (l Lister[T]) ReadTwice(ctx context.Context, c *Client, first, again string, size int, numbered bool) (Listing[T], error) {
	out, pages, err := l.read(ctx, c, first)
	if err != nil || out.Short != "" || len(pages) == 0 {
		return out, err
	}
	last := len(pages) - 1
	cut := slices.ContainsFunc(pages[:last], func(n int) bool { return n != size })
	if pages[last] > 0 && pages[last] < size && !cut && (!numbered || last == 0) {
		return out, nil
	}
	second, _, err := l.read(ctx, c, again)
	switch {
	case err != nil:
		out.Short = "it could not be read again: " + err.Error()
	case second.Short != "":
		out.Short = "it could not be read again: " + second.Short
	case !slices.Equal(l.keys(out.Items), l.keys(second.Items)):
		out.Short = "it was not the same when read again"
	}
	return out, nil
}

// keys returns the keys of items, sorted.
func (l Lister[T]) keys(items []T) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = l.Key(item)
	}
	slices.Sort(out)
	return out
}

// read reads a list, and returns how much was on each page.
func (l Lister[T]) read(ctx context.Context, c *Client, target string) (out Listing[T], pages []int, err error) {
	seen, been, total := map[string]bool{}, map[string]bool{}, 0
	for target != "" {
		if been[target] || len(pages) >= maxPages {
			out.Short = "its pages lead in a circle"
			return out, pages, nil
		}
		been[target] = true
		page, err := l.page(ctx, c, target)
		if err != nil {
			if len(pages) == 0 {
				return out, nil, err
			}
			out.Short = err.Error()
			return out, pages, nil
		}
		for _, item := range page.Items {
			if key := l.Key(item); seen[key] {
				out.Short = "it changed while it was read: an entry came twice"
			} else {
				seen[key] = true
				out.Items = append(out.Items, item)
			}
		}
		pages, total, target = append(pages, len(page.Items)), max(total, page.Total), page.Next
	}
	if out.Short == "" && len(out.Items) < total {
		out.Short = "the server counts more than it lists"
	}
	return out, pages, nil
}

// page reads one page.
func (l Lister[T]) page(ctx context.Context, c *Client, target string) (Page[T], error) {
	reply, err := c.Get(ctx, target)
	if err != nil {
		return Page[T]{}, err
	}
	return l.Page(reply)
}

// ReadOffsets reads a list whose pages are cut by an offset, where a change moves all that follows and no count is given. Each
// page begins with the last item of the page before: where that is not so, something was lost between them. The end is where
// nothing else comes; a list that is empty is asked for twice.
func (l Lister[T]) ReadOffsets(ctx context.Context, c *Client, target func(first int) string) (Listing[T], error) {
	var out Listing[T]
	page, err := l.page(ctx, c, target(0))
	if err != nil {
		return out, err
	}
	if len(page.Items) == 0 {
		out.Short = l.stillEmpty(ctx, c, target(0))
		return out, nil
	}
	seen, fresh := map[string]bool{}, page.Items
	for range maxPages {
		for _, item := range fresh {
			if seen[l.Key(item)] {
				out.Short = "it changed while it was read: an entry came twice"
				return out, nil
			}
			seen[l.Key(item)] = true
			out.Items = append(out.Items, item)
		}
		last := len(out.Items) - 1
		page, err := l.page(ctx, c, target(last))
		switch {
		case err != nil:
			out.Short = err.Error()
		case len(page.Items) == 0 || l.Key(page.Items[0]) != l.Key(out.Items[last]):
			out.Short = "it changed while it was read"
		}
		if out.Short != "" || len(page.Items) == 1 {
			return out, nil
		}
		fresh = page.Items[1:]
	}
	out.Short = "it does not end"
	return out, nil
}

// stillEmpty asks for an empty list again, and returns why it is not believed to be so.
func (l Lister[T]) stillEmpty(ctx context.Context, c *Client, target string) string {
	page, err := l.page(ctx, c, target)
	switch {
	case err != nil:
		return err.Error()
	case len(page.Items) > 0:
		return "it was empty first and not so when read again"
	}
	return ""
}

// Each does something for every item, as many at once as the settings allow. An error ends it.
func Each[T any](ctx context.Context, c *Client, items []T, do func(context.Context, int, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.set.Parallel)
	for i, item := range items {
		group.Go(func() error { return do(ctx, i, item) })
	}
	return group.Wait()
}
