package directory

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// decision is what somebody sends who decides about a plan.
type decision struct{ digest, comment string }

// maxComment is how long a comment may be, in bytes.
const maxComment = 1000

// readDecision reads a decision. Whoever wants a plan applied says by its digest which changes he has seen.
func readDecision(c echo.Context, wantsDigest bool) (decision, error) {
	var sent struct {
		Digest  string `json:"digest"`
		Comment string `json:"comment"`
	}
	var wrong error
	if c.Request().ContentLength != 0 {
		in, err := jsonapi.ReadEither(c.Request(), typePlans)
		if err != nil {
			return decision{}, err
		}
		wrong = in.Attributes(&sent)
	}
	var values error
	if wantsDigest {
		values = answer.Required(sent.Digest, "digest")
	}
	if wrong == nil && values == nil && len(sent.Comment) > maxComment {
		values = fault.At("comment", "must not be longer than %d bytes", maxComment)
	}
	return decision{sent.Digest, sent.Comment}, answer.Beside(wrong, values)
}

func (h *Handler) applyPlan(c echo.Context) error {
	return h.decide(c, true, func(ctx context.Context, p catalog.Principal, id string, d decision) (*directory.Report, error) {
		report, err := h.Engine.Apply(ctx, p, id, d.digest, nil)
		return &report, err
	})
}

func (h *Handler) approvePlan(c echo.Context) error {
	return h.decide(c, true, func(ctx context.Context, p catalog.Principal, id string, d decision) (*directory.Report, error) {
		report, err := h.Engine.Approve(ctx, p, id, d.digest, d.comment)
		return &report, err
	})
}

func (h *Handler) rejectPlan(c echo.Context) error {
	return h.decide(c, false, func(ctx context.Context, p catalog.Principal, id string, d decision) (*directory.Report, error) {
		return nil, h.Engine.Reject(ctx, p, id, d.comment)
	})
}

func (h *Handler) decide(c echo.Context, wantsDigest bool, do func(context.Context, catalog.Principal, string, decision) (*directory.Report, error)) error {
	d, err := readDecision(c, wantsDigest)
	if err != nil {
		return err
	}
	ctx, cancel := h.lasting(c)
	defer cancel()
	p, id := caller(c), c.Param("plan")
	report, err := do(ctx, p, id, d)
	if err != nil {
		return inTheWay(err)
	}
	kept, plan, earlier, err := h.Engine.FindPlan(ctx, p, id)
	if err != nil {
		return err
	}
	if report == nil {
		report = earlier
	}
	return sendPlan(c, kept, plan, report)
}
