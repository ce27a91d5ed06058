package tfe

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// inHCP refuses what HCP Terraform has and Terraform Enterprise has not.
func (h *Handler) inHCP() error {
	if h.Mode != ModeHCP {
		return fault.New(fault.NotFound, "there are no subscriptions")
	}
	return nil
}

// featureSet is the one set of features there is: everything that is served here.
func featureSet() jsonapi.Resource {
	return jsonapi.Resource{
		ID: "fs-everything", Type: "feature-sets",
		Attributes: map[string]any{"name": "Everything", "identifier": "everything", "is-current": true, "is-free-tier": false, "self-serve-billing": false},
	}
}

func (h *Handler) listFeatureSets(c echo.Context) error {
	if err := h.inHCP(); err != nil {
		return err
	}
	if err := h.Service.Administers(c.Request().Context(), principal(c)); err != nil {
		return err
	}
	return answer.SendPage(c, jsonapi.Page{Number: 1, Size: 20}, 1, []jsonapi.Resource{featureSet()}, nil, nil)
}

// updateSubscription takes a subscription for what it is here: nothing depends on it.
func (h *Handler) updateSubscription(c echo.Context) error {
	if err := h.inHCP(); err != nil {
		return err
	}
	if err := h.Service.Administers(c.Request().Context(), principal(c)); err != nil {
		return err
	}
	o, err := h.siteOrganization(c)
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: subscription(o)})
}

func (h *Handler) readSubscription(c echo.Context) error {
	if err := h.inHCP(); err != nil {
		return err
	}
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: subscription(o), Included: []jsonapi.Resource{featureSet()}})
}

const typeSubscriptions = "subscriptions"

func subscriptionID(o catalog.Organization) string { return "sub-" + o.ID }

func subscription(o catalog.Organization) jsonapi.Resource {
	return jsonapi.Resource{
		ID: subscriptionID(o), Type: typeSubscriptions,
		Attributes: map[string]any{"is-active": true, "is-public-free-tier": false, "is-self-serve-trial": false, "start-at": answer.Stamp(o.CreatedAt), "end-at": nil},
		Relationships: map[string]jsonapi.Relationship{
			"organization": jsonapi.ToOne(answer.TypeOrganizations, o.Name),
			"feature-set":  jsonapi.ToOne("feature-sets", featureSet().ID),
		},
	}
}
