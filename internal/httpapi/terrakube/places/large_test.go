package places_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// fill adds workspaces to an organization, in one change.
func (w *world) fill(tb testing.TB, organizationID string, n int) {
	tb.Helper()
	_, err := w.svc.Import(tb.Context(), w.principal(), func(ctx context.Context, c *catalog.Change) error {
		for i := range n {
			if _, err := c.CreateWorkspace(ctx, catalog.Workspace{OrganizationID: organizationID, Name: fmt.Sprintf("ws-%05d", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("fill the organization: %v", err)
	}
}

// TestLongListsAreCutAndCounted as clients ask, also where there are more than one page holds.
func TestLongListsAreCutAndCounted(t *testing.T) {
	t.Parallel()
	w := start(t)
	path, id := w.organization(t)
	const all = 700
	w.fill(t, id, all)
	w.site.make(t, path+"/team", values{"name": "READERS"})
	p := w.person(t, "READERS")
	if n := len(p.list(t, path+"/workspace", "")); n != 500 {
		t.Errorf("a page that nobody cut has %d workspaces", n)
	}
	var d struct {
		Data []object
		Meta struct {
			Page struct{ TotalRecords, TotalPages int }
		}
	}
	p.get(t, path+"/workspace?page[number]=7&page[size]=100&page[totals]&sort=-name").want(t, http.StatusOK).decode(t, &d)
	if len(d.Data) != 100 || d.Data[0].text("name") != "ws-00099" || d.Meta.Page.TotalRecords != all || d.Meta.Page.TotalPages != 7 {
		t.Errorf("the last page has %d workspaces, the first is %s; %+v", len(d.Data), d.Data[0].text("name"), d.Meta)
	}
	if seen := namesIn(p.list(t, path+"/workspace", "name==ws-00042")); len(seen) != 1 {
		t.Errorf("one name finds %v", seen)
	}
	if n := len(w.person(t).list(t, "workspace", "")); n != 0 {
		t.Errorf("somebody without a team sees %d workspaces", n)
	}
}

// BenchmarkList reads 10,000 workspaces, and one of them by its name.
func BenchmarkList(b *testing.B) {
	w := start(b)
	path, id := w.organization(b)
	w.fill(b, id, 10000)
	w.site.make(b, path+"/team", values{"name": "READERS"})
	p := w.person(b, "READERS")
	for name, query := range map[string]string{"page": "", "all": "?page[size]=10000", "name": "?filter[workspace]=name==ws-00042"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.get(b, path+"/workspace"+query).want(b, http.StatusOK)
			}
		})
	}
}
