package tfe

import (
	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// readPlaceOrder reads the sort parameter of a list by name; others are orders that make no difference here.
func readPlaceOrder(c echo.Context, query *catalog.PlaceQuery, others ...string) error {
	sort := answer.Parameter(c, "sort")
	query.Descending = sort == "-name"
	if sort == "" || sort == "name" || query.Descending {
		return nil
	}
	for _, other := range others {
		if sort == other || sort == "-"+other {
			return nil
		}
	}
	return jsonapi.Parameter("sort", "The sort parameter %q is not valid: there are name, -name.", sort)
}
