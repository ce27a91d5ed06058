package authzen

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// decision is the answer to one evaluation (section 6.2).
type decision struct {
	Decision bool             `json:"decision"`
	Context  *decisionContext `json:"context,omitempty"`
}

type decisionContext struct {
	Error       *itemError        `json:"error,omitempty"`
	ReasonAdmin map[string]string `json:"reason_admin,omitempty"`
	ReasonUser  map[string]string `json:"reason_user,omitempty"`
	Roles       []heldRole        `json:"roles,omitempty"`
}

type itemError struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

// heldRole is a role the subject holds at or above the resource.
type heldRole struct {
	Role      string `json:"role"`
	Scope     string `json:"scope"`
	Through   string `json:"through"`
	Gives     bool   `json:"gives"`
	ExpiresAt string `json:"expires_at,omitempty"`
}

func answer(a catalog.Answer) decision {
	d := decision{Decision: a.Allowed}
	if a.Reason == nil {
		return d
	}
	user := map[string]string{catalog.ReasonGranted: "allowed", catalog.ReasonMissing: "a permission is missing"}[a.Reason.Code]
	d.Context = &decisionContext{
		ReasonAdmin: map[string]string{a.Reason.Code: a.Reason.Text},
		ReasonUser:  map[string]string{a.Reason.Code: user},
	}
	for _, h := range a.Reason.Held {
		role := heldRole{Role: h.Role, Scope: h.Scope, Through: h.Through, Gives: h.Gives}
		if !h.ExpiresAt.IsZero() {
			role.ExpiresAt = h.ExpiresAt.UTC().Format(time.RFC3339)
		}
		d.Context.Roles = append(d.Context.Roles, role)
	}
	return d
}

// bare is the encoded answer without a context, as nearly all are.
func bare(allowed bool) []byte {
	if allowed {
		return []byte(`{"decision":true}` + "\n")
	}
	return []byte(`{"decision":false}` + "\n")
}

func (h *Handler) evaluation(c echo.Context) error {
	body, err := readBody(c.Request())
	if err != nil {
		return err
	}
	return h.single(c, body)
}

func (h *Handler) single(c echo.Context, body object) error {
	ask, options, err := entitiesOf(body).question(wanted{subjectID: true, action: true, resourceID: true})
	if err != nil {
		return err
	}
	answers, token, err := h.Decider.Evaluate(c.Request().Context(), endpoint.Principal(c), []catalog.Ask{ask}, options)
	if err != nil {
		return err
	}
	h.Observe(answers[0].Allowed)
	h.stamp(c, token)
	if answers[0].Reason == nil {
		return c.JSONBlob(http.StatusOK, bare(answers[0].Allowed))
	}
	return c.JSON(http.StatusOK, answer(answers[0]))
}

// maxEvaluations bounds a batch.
const maxEvaluations = 1000

// evaluations answers a batch (section 7). Without items it is a single evaluation.
func (h *Handler) evaluations(c echo.Context) error {
	body, err := readBody(c.Request())
	if err != nil {
		return err
	}
	items, err := body.list("", "evaluations", maxEvaluations)
	if err != nil {
		return err
	}
	semantic, err := body.semantic()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return h.single(c, body)
	}
	if len(items) > maxEvaluations {
		return fault.At("evaluations", "must not hold more than %d items", maxEvaluations)
	}
	b := understand(items, entitiesOf(body))
	token, err := h.run(c, b)
	if err != nil {
		return err
	}
	for _, d := range b.decisions {
		h.Observe(d.Decision)
	}
	h.stamp(c, token)
	return c.JSON(http.StatusOK, map[string][]decision{"evaluations": cut(b.decisions, semantic)})
}

// The evaluation semantics (section 7.1.2).
const (
	executeAll     = "execute_all"
	denyOnFirst    = "deny_on_first_deny"
	permitOnFirst  = "permit_on_first_permit"
	semanticMember = "evaluations_semantic"
)

func (o object) semantic() (string, error) {
	options, err := o.child("", "options")
	if err != nil || options == nil {
		return executeAll, err
	}
	s, err := options.text("options", semanticMember)
	switch {
	case err != nil:
		return "", err
	case s == "":
		return executeAll, nil
	case s == executeAll, s == denyOnFirst, s == permitOnFirst:
		return s, nil
	}
	return "", fault.At("options."+semanticMember, "must be %s, %s or %s", executeAll, denyOnFirst, permitOnFirst)
}

// cut ends a short-circuiting batch right after the item that decided it.
func cut(all []decision, semantic string) []decision {
	for i, d := range all {
		if (semantic == denyOnFirst && !d.Decision) || (semantic == permitOnFirst && d.Decision) {
			return all[:i+1]
		}
	}
	return all
}

// batch holds the items of a batch: those that make sense, by their options, and the answers of all.
type batch struct {
	decisions []decision
	groups    map[catalog.AskOptions][]int
	order     []catalog.AskOptions
	asks      []catalog.Ask
}

// understand reads the items. One that makes no sense is a deny with an error, and the others are answered.
func understand(items []value, defaults entities) *batch {
	b := &batch{decisions: make([]decision, len(items)), groups: map[catalog.AskOptions][]int{}, asks: make([]catalog.Ask, len(items))}
	for i, v := range items {
		ask, options, err := item(v, defaults)
		if err != nil {
			b.decisions[i] = refused(err)
			continue
		}
		b.asks[i] = ask
		if _, known := b.groups[options]; !known {
			b.order = append(b.order, options)
		}
		b.groups[options] = append(b.groups[options], i)
	}
	return b
}

// refused is the answer to an item that makes no sense.
func refused(err error) decision {
	return decision{Context: &decisionContext{Error: &itemError{Status: http.StatusBadRequest, Message: text(err)}}}
}

func item(v value, defaults entities) (catalog.Ask, catalog.AskOptions, error) {
	if v.members == nil {
		return catalog.Ask{}, catalog.AskOptions{}, fault.New(fault.Invalid, "an evaluation must be an object")
	}
	return entitiesOf(v.members).or(defaults).question(wanted{subjectID: true, action: true, resourceID: true})
}

// run asks each group of items that share their options with one call.
func (h *Handler) run(c echo.Context, b *batch) (token authz.Token, err error) {
	for _, options := range b.order {
		indexes := b.groups[options]
		asks := make([]catalog.Ask, len(indexes))
		for i, n := range indexes {
			asks[i] = b.asks[n]
		}
		answers, at, err := h.Decider.Evaluate(c.Request().Context(), endpoint.Principal(c), asks, options)
		if fault.Is(err, fault.Invalid) { // a token that nobody issued; the other items may be sound
			for _, n := range indexes {
				b.decisions[n] = refused(err)
			}
			continue
		}
		if err != nil {
			return "", err
		}
		for i, n := range indexes {
			b.decisions[n] = answer(answers[i])
		}
		token = at
	}
	return token, nil
}
