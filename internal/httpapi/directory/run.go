package directory

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// readOptions reads how a source is to be read. The body may be left out.
func readOptions(c echo.Context) (directory.Options, error) {
	o := directory.Options{Trigger: directory.TriggerRequest}
	if c.Request().ContentLength == 0 {
		return o, nil
	}
	in, err := jsonapi.ReadEither(c.Request(), typeSources)
	if err != nil {
		return o, err
	}
	var sent struct {
		Full  bool   `json:"full"`
		Group string `json:"group"`
	}
	err = in.Attributes(&sent)
	o.Full, o.Group = sent.Full, sent.Group
	return o, err
}

// planSource reads a source and keeps the plan.
func (h *Handler) planSource(c echo.Context) error {
	o, err := readOptions(c)
	if err != nil {
		return err
	}
	ctx, cancel := h.lasting(c)
	defer cancel()
	kept, plan, err := h.Engine.Plan(ctx, caller(c), c.Param("source"), o)
	if err != nil {
		return inTheWay(err)
	}
	return sendPlan(c, kept, plan, nil)
}

// runSource reads a source and applies the plan, unless a guard holds it.
func (h *Handler) runSource(c echo.Context) error {
	return h.run(c, h.Engine.Run)
}

// resyncSource reads a source, or a group of it, wholly.
func (h *Handler) resyncSource(c echo.Context) error {
	return h.run(c, func(ctx context.Context, p catalog.Principal, source string, o directory.Options) (catalog.SyncPlan, directory.Report, error) {
		return h.Engine.Resync(ctx, p, source, o.Group)
	})
}

// resyncGroup reads the source of a group wholly, for that group alone.
func (h *Handler) resyncGroup(c echo.Context) error {
	g, err := h.Service.FindGroup(c.Request().Context(), caller(c), c.Param("group"))
	if err != nil {
		return err
	}
	ctx, cancel := h.lasting(c)
	defer cancel()
	kept, report, err := h.Engine.Resync(ctx, caller(c), g.Source, g.ID)
	if err != nil {
		return inTheWay(err)
	}
	return h.sendRun(ctx, c, kept, report)
}

func (h *Handler) run(c echo.Context, run func(context.Context, catalog.Principal, string, directory.Options) (catalog.SyncPlan, directory.Report, error)) error {
	o, err := readOptions(c)
	if err != nil {
		return err
	}
	ctx, cancel := h.lasting(c)
	defer cancel()
	kept, report, err := run(ctx, caller(c), c.Param("source"), o)
	if err != nil {
		return inTheWay(err)
	}
	return h.sendRun(ctx, c, kept, report)
}

// sendRun writes the plan of a run as it is now, with the report.
func (h *Handler) sendRun(ctx context.Context, c echo.Context, kept catalog.SyncPlan, report directory.Report) error {
	if kept.ID == "" { // there was nothing to do, and nothing is kept of that
		return sendPlan(c, kept, directory.Plan{Source: report.Source}, &report)
	}
	kept, plan, _, err := h.Engine.FindPlan(ctx, caller(c), kept.ID)
	if err != nil {
		return err
	}
	return sendPlan(c, kept, plan, &report)
}
