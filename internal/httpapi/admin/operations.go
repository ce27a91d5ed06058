package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/loader"
	"github.com/terrawarden/terrawarden/schema"
)

// maxEstate bounds an import; a hundred thousand people fit into it.
const maxEstate = 128 << 20

// ImportEvent is one line of the answer to an import: progress while it runs, then the plan or an error.
type ImportEvent struct {
	Done  int           `json:"done,omitempty"`
	Total int           `json:"total,omitempty"`
	Plan  *loader.Plan  `json:"plan,omitempty"`
	Error *ImportFailed `json:"error,omitempty"`
}

// ImportFailed says why an import ended early; organizations before it are done, that one and those after it are
// not.
type ImportFailed struct {
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
}

// imports plans an estate against the catalog and, unless it is a dry run, applies the plan. The answer is a
// stream of JSON lines.
func (h *Handler) imports(c echo.Context) error {
	ctx, p := c.Request().Context(), endpoint.Principal(c)
	dry, err := dryRun(c)
	if refused := h.mayImport(c, dry); refused != nil { // before anything of the request is looked at
		return refused
	}
	if err != nil {
		return err
	}
	var desired loader.Estate
	if err := decode(c, maxEstate, &desired); err != nil {
		return err
	}
	if err := desired.Validate(); err != nil {
		return err
	}
	var plan loader.Plan
	err = h.Service.Inspect(ctx, p, func(ctx context.Context, q catalog.Queries) error {
		current, err := loader.Current(ctx, q, desired)
		plan = loader.Diff(current, desired)
		return err
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, "application/x-ndjson")
	c.Response().WriteHeader(http.StatusOK)
	lines := json.NewEncoder(c.Response())
	if !dry {
		report := func(done, total int) {
			if lines.Encode(ImportEvent{Done: done, Total: total}) == nil {
				c.Response().Flush()
			}
		}
		if _, err := loader.Apply(ctx, h.Service, p, plan, report); err != nil {
			message, field := fault.Public(err)
			written := lines.Encode(ImportEvent{Error: &ImportFailed{Message: message, Field: field}})
			return errors.Join(err, written) // the answer is under way; this is for the log
		}
	}
	return lines.Encode(ImportEvent{Plan: &plan})
}

// mayImport refuses as administers does. An attempt at more than a dry run is recorded.
func (h *Handler) mayImport(c echo.Context, dry bool) error {
	if dry {
		return h.administers(c)
	}
	return h.Service.MayImport(c.Request().Context(), endpoint.Principal(c))
}

// DriftReport is the answer to a reconciliation.
type DriftReport struct {
	Missing    []string `json:"missing"`
	Unexpected []string `json:"unexpected"`
	Repaired   bool     `json:"repaired"`
}

func (h *Handler) reconcile(c echo.Context) error {
	dry, err := dryRun(c)
	if err != nil {
		return err
	}
	drift, err := h.Service.Reconcile(c.Request().Context(), endpoint.Principal(c), dry)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, DriftReport{Missing: texts(drift.Missing), Unexpected: texts(drift.Unexpected), Repaired: !dry})
}

func texts(relationships []authz.Relationship) []string {
	out := make([]string, len(relationships))
	for i, r := range relationships {
		out[i] = r.String()
	}
	return out
}

// Schema is the deployed schema beside the one this version brings.
type Schema struct {
	Deployed string `json:"deployed"`
	Own      string `json:"own"`
}

func (h *Handler) schema(c echo.Context) error {
	deployed, err := h.Service.DeployedSchema(c.Request().Context(), endpoint.Principal(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Schema{Deployed: deployed, Own: schema.Text()})
}

// SchemaText is a schema to compare with the deployed one.
type SchemaText struct {
	Schema string `json:"schema"`
}

// SchemaChange is one difference.
type SchemaChange struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Breaking bool   `json:"breaking"`
}

func (h *Handler) schemaDiff(c echo.Context) error {
	if err := h.administers(c); err != nil {
		return err
	}
	var body SchemaText
	if err := decode(c, 4<<20, &body); err != nil {
		return err
	}
	changes, err := h.Service.CompareSchema(c.Request().Context(), endpoint.Principal(c), body.Schema)
	if err != nil {
		return err
	}
	out := make([]SchemaChange, len(changes))
	for i, ch := range changes {
		out[i] = SchemaChange(ch)
	}
	return c.JSON(http.StatusOK, map[string][]SchemaChange{"changes": out})
}
