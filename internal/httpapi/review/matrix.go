package review

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// matrixPage is how many rows a page of a matrix has when nobody says.
const matrixPage = 100

// Matrix is a page of who may do what on an object. Next is the parameter after of the next page, "" at the end.
type Matrix struct {
	Object      Entity   `json:"object"`
	Permissions []string `json:"permissions"`
	Rows        []Row    `json:"rows"`
	Total       int      `json:"total"`
	Next        string   `json:"next,omitempty"`
}

// Row is what one holder, or one person, may do. A holder has Sources, a person the holders he is in.
type Row struct {
	Holder      Entity   `json:"holder"`
	Permissions []string `json:"permissions"`
	Sources     []Source `json:"sources,omitempty"`
	Through     []Entity `json:"through,omitempty"`
}

func (h *Handler) matrix(c echo.Context) error {
	object, objectErr := entity(c, "object")
	n, limitErr := limit(c, matrixPage)
	people, peopleErr := isTrue(c, "people")
	if err := errors.Join(objectErr, limitErr, peopleErr); err != nil {
		return err
	}
	found, err := h.Service.AccessMatrix(c.Request().Context(), endpoint.Principal(c), object, catalog.MatrixQuery{
		People: people, After: c.QueryParam("after"), Limit: n,
	})
	if err != nil {
		return err
	}
	out := Matrix{Object: shown(found.Object), Permissions: names(found.Permissions), Rows: make([]Row, len(found.Rows)), Total: found.Total, Next: found.Next}
	for i, r := range found.Rows {
		out.Rows[i] = Row{Holder: shown(r.Holder), Permissions: names(r.Permissions), Sources: sources(r.Sources), Through: allShown(r.Through)}
	}
	return c.JSON(http.StatusOK, out)
}

// isTrue reads a query parameter that is true or false.
func isTrue(c echo.Context, name string) (bool, error) {
	switch c.QueryParam(name) {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, fault.At(name, "must be true or false")
}
