package authzen

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// decider is what the protocol needs of the catalog.
type decider interface {
	Evaluate(ctx context.Context, p catalog.Principal, asks []catalog.Ask, o catalog.AskOptions) ([]catalog.Answer, authz.Token, error)
	SearchSubjects(ctx context.Context, p catalog.Principal, a catalog.Ask, c authz.Consistency, page catalog.Page) ([]catalog.Found, catalog.Totals, error)
	SearchResources(ctx context.Context, p catalog.Principal, a catalog.Ask, c authz.Consistency, page catalog.Page) ([]catalog.Found, catalog.Totals, error)
	SearchActions(ctx context.Context, p catalog.Principal, a catalog.Ask, c authz.Consistency) ([]schema.Permission, authz.Token, error)
}

// Deps are what a Handler is made of.
type Deps struct {
	Decider   decider
	PublicURL func() string      // the identifier of this decision point, from configuration alone
	PageKey   []byte             // signs page tokens
	NewID     func() string      // makes decision ids
	Observe   func(allowed bool) // counts decisions; may be nil
}

// Handler serves the API.
type Handler struct {
	Deps
	zedToken string // the header's name as net/http keeps it, worked out once
}

// New returns a Handler.
func New(d Deps) *Handler {
	if d.Observe == nil {
		d.Observe = func(bool) {}
	}
	return &Handler{Deps: d, zedToken: http.CanonicalHeaderKey(endpoint.ZedToken)}
}

// Paths of the API (section 10.1 of the specification).
const (
	pathAPI            = "/access/v1"
	pathEvaluation     = "/access/v1/evaluation"
	pathEvaluations    = "/access/v1/evaluations"
	pathSearchSubject  = "/access/v1/search/subject"
	pathSearchResource = "/access/v1/search/resource"
	pathSearchAction   = "/access/v1/search/action"
	pathDiscovery      = "/.well-known/authzen-configuration"
)

// Endpoints returns the routes of the API.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		{Method: http.MethodPost, Path: pathEvaluation, Needs: endpoint.Self(catalog.ScopeCheck), Handle: h.evaluation},
		{Method: http.MethodPost, Path: pathEvaluations, Needs: endpoint.Self(catalog.ScopeCheck), Handle: h.evaluations},
		{Method: http.MethodPost, Path: pathSearchSubject, Needs: endpoint.Scoped(catalog.ScopeSearch), Handle: h.searchSubject},
		{Method: http.MethodPost, Path: pathSearchResource, Needs: endpoint.Self(catalog.ScopeSearch), Handle: h.searchResource},
		{Method: http.MethodPost, Path: pathSearchAction, Needs: endpoint.Self(catalog.ScopeSearch), Handle: h.searchAction},
		{Method: http.MethodGet, Path: pathDiscovery, Needs: endpoint.Public(), Handle: h.discovery},
	}
}

// Owns returns the paths below which errors have the protocol's form, whoever finds them.
func (h *Handler) Owns() []string { return []string{pathAPI, pathDiscovery} }

// decisionID is the header that names an answer, for logs on both sides.
const decisionID = "Decision-Id"

// stamp puts what may differ between equal answers into headers.
func (h *Handler) stamp(c echo.Context, token authz.Token) {
	c.Response().Header().Set(decisionID, h.NewID())
	if token != "" {
		c.Response().Header().Set(h.zedToken, string(token))
	}
}

// metadata is the discovery document (section 9.1 of the specification).
type metadata struct {
	PolicyDecisionPoint string `json:"policy_decision_point"`
	Evaluation          string `json:"access_evaluation_endpoint"`
	Evaluations         string `json:"access_evaluations_endpoint"`
	SearchSubject       string `json:"search_subject_endpoint"`
	SearchResource      string `json:"search_resource_endpoint"`
	SearchAction        string `json:"search_action_endpoint"`
}

func (h *Handler) discovery(c echo.Context) error {
	base := h.PublicURL()
	return c.JSON(http.StatusOK, metadata{
		PolicyDecisionPoint: base,
		Evaluation:          base + pathEvaluation,
		Evaluations:         base + pathEvaluations,
		SearchSubject:       base + pathSearchSubject,
		SearchResource:      base + pathSearchResource,
		SearchAction:        base + pathSearchAction,
	})
}
