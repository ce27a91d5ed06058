package tfe

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// Types of data retention policies. The last is what older clients know them all as.
const (
	typeDeleteOlder     = "data-retention-policy-delete-olders"
	typeDontDelete      = "data-retention-policy-dont-deletes"
	typeLegacyRetention = "data-retention-policies"
)

// retentions is what the file needs of the catalog.
type retentions interface {
	FindRetention(ctx context.Context, p catalog.Principal, resource authz.Object) (catalog.Retention, error)
	PutRetention(ctx context.Context, p catalog.Principal, resource authz.Object, days int) (catalog.Retention, authz.Token, error)
	DeleteRetention(ctx context.Context, p catalog.Principal, resource authz.Object) (authz.Token, error)
	RetentionsOf(ctx context.Context, organizationIDs ...string) (map[string]catalog.Retention, error)
}

func (h *Handler) retentionEndpoints() []endpoint.Endpoint {
	var out []endpoint.Endpoint
	for _, of := range []struct {
		path        string
		see, change schema.Permission
	}{
		{"organizations/:organization", schema.OrganizationView, schema.OrganizationUpdate},
		{"workspaces/:workspace", schema.WorkspaceRead, schema.WorkspaceUpdate},
	} {
		path := of.path + "/relationships/data-retention-policy"
		change := endpoint.Permission(of.change)
		out = append(
			out,
			answer.Route(http.MethodGet, path, endpoint.Permission(of.see), h.readRetention),
			answer.Route(http.MethodPost, path, change, h.putRetention),
			answer.Route(http.MethodPatch, path, change, h.putRetention),
			answer.Route(http.MethodDelete, path, change, h.deleteRetention),
		)
	}
	return out
}

// retained returns the organization or workspace that a path names.
func (h *Handler) retained(c echo.Context) (authz.Object, error) {
	if c.Param("organization") == "" {
		return authz.Object{Type: schema.TypeWorkspace, ID: c.Param("workspace")}, nil
	}
	o, err := h.organization(c)
	return authz.Object{Type: schema.TypeOrganization, ID: o.ID}, err
}

func (h *Handler) readRetention(c echo.Context) error {
	resource, err := h.retained(c)
	if err != nil {
		return err
	}
	found, err := h.Service.FindRetention(c.Request().Context(), principal(c), resource)
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: retentionResource(found, "")})
}

func (h *Handler) putRetention(c echo.Context) error {
	resource, err := h.retained(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request())
	if err != nil {
		return err
	}
	if !slices.Contains([]string{typeDeleteOlder, typeDontDelete, typeLegacyRetention}, in.Type) {
		return fault.At("/data/type", "must be %s or %s", typeDeleteOlder, typeDontDelete)
	}
	var sent struct {
		Days int `json:"delete-older-than-n-days"`
	}
	if err := in.Attributes(&sent); err != nil {
		return err
	}
	switch {
	case in.Type == typeDontDelete:
		sent.Days = 0
	case sent.Days < 1: // 0 stands for good elsewhere
		return fault.At("delete-older-than-n-days", "must be greater than 0")
	}
	set, token, err := h.Service.PutRetention(c.Request().Context(), principal(c), resource, sent.Days)
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: retentionResource(set, in.Type)})
}

func (h *Handler) deleteRetention(c echo.Context) error {
	resource, err := h.retained(c)
	if err != nil {
		return err
	}
	token, err := h.Service.DeleteRetention(c.Request().Context(), principal(c), resource)
	if err != nil {
		return err
	}
	return answer.Done(c, token)
}

func retentionType(r catalog.Retention) string {
	if r.Days == 0 {
		return typeDontDelete
	}
	return typeDeleteOlder
}

// retentionResource shows a data retention policy; asked is the type that the client called it by, if it did.
func retentionResource(r catalog.Retention, asked string) jsonapi.Resource {
	out := jsonapi.Resource{ID: r.ID, Type: retentionType(r)}
	if r.Days > 0 {
		out.Attributes = map[string]int{"delete-older-than-n-days": r.Days}
	}
	if asked == typeLegacyRetention {
		out.Type = asked
	}
	return out
}

// retentionLinkage relates something to its data retention policy, the zero one for none.
func retentionLinkage(r catalog.Retention) jsonapi.Relationship {
	return jsonapi.ToOne(retentionType(r), r.ID)
}
