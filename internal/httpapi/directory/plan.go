package directory

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/loader/directory"
)

func (h *Handler) listPlans(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	filter := catalog.SyncPlanFilter{Source: c.QueryParam("filter[source]"), Brief: true}
	for _, word := range answer.Words(c.QueryParam("filter[status]")) {
		status := catalog.PlanStatus(word)
		if !slices.Contains(statuses(), status) {
			return jsonapi.Parameter("filter[status]", "must be planned, held, rejected, applying, applied, failed or superseded")
		}
		filter.Statuses = append(filter.Statuses, status)
	}
	found, total, err := h.Engine.Plans(c.Request().Context(), caller(c), filter, answer.Window(page))
	if err != nil {
		return err
	}
	var shown []jsonapi.Resource
	for _, p := range found {
		shown = append(shown, planResource(p, briefAttributes(p)))
	}
	return answer.SendPage(c, page, total, shown, nil, nil)
}

func statuses() []catalog.PlanStatus {
	return []catalog.PlanStatus{
		catalog.PlanPlanned, catalog.PlanHeld, catalog.PlanRejected, catalog.PlanApplying, catalog.PlanApplied, catalog.PlanFailed, catalog.PlanSuperseded,
	}
}

func (h *Handler) readPlan(c echo.Context) error {
	kept, plan, report, err := h.Engine.FindPlan(c.Request().Context(), caller(c), c.Param("plan"))
	if err != nil {
		return err
	}
	return sendPlan(c, kept, plan, report)
}

// DigestHeader carries the digest of a plan beside its document.
const DigestHeader = "Plan-Digest"

// readDocument sends the plan itself.
func (h *Handler) readDocument(c echo.Context) error {
	kept, plan, _, err := h.Engine.FindPlan(c.Request().Context(), caller(c), c.Param("plan"))
	if err != nil {
		return err
	}
	if err := answer.Misunderstood(c); err != nil {
		return err
	}
	raw, err := json.Marshal(plan)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(DigestHeader, kept.Digest)
	header.Set(echo.HeaderContentDisposition, `attachment; filename="`+kept.ID+`.json"`)
	return c.JSONBlob(http.StatusOK, raw)
}

// sendPlan writes a plan with what it counts, and its report where there is one.
func sendPlan(c echo.Context, kept catalog.SyncPlan, plan directory.Plan, report *directory.Report) error {
	if report != nil {
		answer.Written(c, report.Token)
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: planResource(kept, wholeAttributes(kept, plan, report))})
}

// planAttributes are a plan as lists show it.
type planAttributes struct {
	Source     string `json:"source"`
	Digest     string `json:"digest"`
	Status     string `json:"status"`
	Trigger    string `json:"trigger"`
	Full       bool   `json:"full"`
	Error      any    `json:"error"`
	Comment    any    `json:"comment"`
	CreatedAt  any    `json:"created-at"`
	DecidedAt  any    `json:"decided-at"`
	FinishedAt any    `json:"finished-at"`
}

func briefAttributes(p catalog.SyncPlan) planAttributes {
	return planAttributes{
		Source: p.Source, Digest: p.Digest, Status: string(p.Status), Trigger: p.Trigger, Full: p.Full, Error: answer.OrNull(p.Error), Comment: answer.OrNull(p.Comment),
		CreatedAt: answer.Stamp(p.CreatedAt), DecidedAt: answer.Stamp(p.DecidedAt), FinishedAt: answer.Stamp(p.FinishedAt),
	}
}

// wholePlan are a plan as a document of its own shows it.
type wholePlan struct {
	planAttributes

	Counts         counts               `json:"counts"`
	Before         directory.Totals     `json:"before"`
	Trips          []directory.Trip     `json:"trips"`
	Conflicts      []directory.Conflict `json:"conflicts"`
	ConflictsCount int                  `json:"conflicts-count"`
	Unknown        []directory.Unknown  `json:"unknown"`
	UnknownCount   int                  `json:"unknown-count"`
	Warnings       []string             `json:"warnings"`
	Report         *report              `json:"report"`
}

// maxListed is how many conflicts, unknown parts and skipped changes a document holds; the plan itself has all of them.
const maxListed = 100

func wholeAttributes(kept catalog.SyncPlan, plan directory.Plan, r *directory.Report) wholePlan {
	brief := briefAttributes(kept)
	if brief.Source == "" {
		brief.Source = plan.Source
	}
	return wholePlan{
		planAttributes: brief, Counts: counted(plan), Before: plan.Before, Trips: first(plan.Trips),
		Conflicts: first(plan.Conflicts), ConflictsCount: len(plan.Conflicts), Unknown: first(plan.Unknown), UnknownCount: len(plan.Unknown),
		Warnings: first(plan.Warnings), Report: shownReport(r),
	}
}

// first returns the first items of a list, an empty list for none.
func first[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all[:min(len(all), maxListed)]
}

// report is what became of a plan.
type report struct {
	Outcome      string           `json:"outcome"`
	Counts       map[string]int   `json:"counts"`
	Total        int              `json:"total"`
	Taken        directory.Toll   `json:"taken"`
	Skipped      []directory.Skip `json:"skipped"`
	SkippedCount int              `json:"skipped-count"`
	Error        any              `json:"error"`
	ReadSeconds  float64          `json:"read-seconds"`
	PlanSeconds  float64          `json:"plan-seconds"`
	ApplySeconds float64          `json:"apply-seconds"`
}

func shownReport(r *directory.Report) *report {
	if r == nil {
		return nil
	}
	counts := r.Counts
	if counts == nil {
		counts = map[string]int{}
	}
	return &report{
		Outcome: r.Outcome, Counts: counts, Total: r.Total, Taken: r.Taken, Skipped: first(r.Skipped), SkippedCount: len(r.Skipped), Error: answer.OrNull(r.Error),
		ReadSeconds: r.ReadSeconds, PlanSeconds: r.PlanSeconds, ApplySeconds: r.ApplySeconds,
	}
}

// planResource returns a plan as documents show it. What nobody kept has neither an id nor an address.
func planResource(p catalog.SyncPlan, attributes any) jsonapi.Resource {
	out := jsonapi.Resource{ID: p.ID, Type: typePlans, Attributes: attributes, Relationships: map[string]jsonapi.Relationship{
		"source": related(typeSources, p.Source), "creator": {}, "decider": {},
	}}
	if !p.CreatedBy.IsZero() {
		out.Relationships["creator"] = answer.Party(p.CreatedBy, "")
	}
	if !p.DecidedBy.IsZero() {
		out.Relationships["decider"] = answer.Party(p.DecidedBy, "")
	}
	if p.ID != "" {
		path := "admin/sync-plans/" + p.ID
		out.Links = answer.Self(path)
		out.Relationships["changes"] = jsonapi.Elsewhere("/api/v2/" + path + "/changes")
	}
	return out
}
