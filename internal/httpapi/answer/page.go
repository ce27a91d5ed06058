package answer

import (
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Window returns the part of a list that a page is.
func Window(p jsonapi.Page) catalog.Window {
	return catalog.Window{Offset: p.Offset(), Limit: p.Size}
}

// WholeUnlessPaged is Window for lists that answer everything when no page was asked for.
func WholeUnlessPaged(p jsonapi.Page) (catalog.Window, func(total int) jsonapi.Page) {
	if p.Given {
		return Window(p), func(int) jsonapi.Page { return p }
	}
	return catalog.Window{}, func(total int) jsonapi.Page { return jsonapi.Page{Number: 1, Size: max(total, 1)} }
}
