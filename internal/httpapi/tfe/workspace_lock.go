package tfe

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// locks is what the file needs of the catalog.
type locks interface {
	LockWorkspace(ctx context.Context, p catalog.Principal, id, reason string) (catalog.Workspace, authz.Token, error)
	UnlockWorkspace(ctx context.Context, p catalog.Principal, id string) (catalog.Workspace, authz.Token, error)
	ForceUnlockWorkspace(ctx context.Context, p catalog.Principal, id string) (catalog.Workspace, authz.Token, error)
}

func (h *Handler) lockEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodPost, "workspaces/:workspace/actions/lock", endpoint.Permission(schema.WorkspaceLock), h.lockWorkspace),
		answer.Route(http.MethodPost, "workspaces/:workspace/actions/unlock", endpoint.Permission(schema.WorkspaceLock), h.unlockWorkspace),
		answer.Route(http.MethodPost, "workspaces/:workspace/actions/force-unlock", endpoint.Permission(schema.WorkspaceForceUnlock), h.forceUnlockWorkspace),
	}
}

// inConflict is the answer to what the state of a workspace forbids.
func inConflict(err error) error { return answer.As(http.StatusConflict, fault.Conflict, err) }

func (h *Handler) lockWorkspace(c echo.Context) error {
	reason, err := readReason(c)
	if err != nil {
		return err
	}
	w, token, err := h.Service.LockWorkspace(c.Request().Context(), principal(c), c.Param("workspace"), reason)
	return h.sendLocked(c, w, token, err)
}

// readReason reads why a workspace is locked. Clients send it as an attribute or, as the vendor's examples do, bare; or
// no body at all.
func readReason(c echo.Context) (string, error) {
	if c.Request().ContentLength == 0 {
		return "", nil
	}
	in, err := jsonapi.ReadEither(c.Request())
	if err != nil {
		return "", err
	}
	var sent struct {
		Reason jsonapi.Field[string] `json:"reason"`
	}
	err = in.Attributes(&sent)
	return sent.Reason.Value, err
}

func (h *Handler) unlockWorkspace(c echo.Context) error {
	w, token, err := h.Service.UnlockWorkspace(c.Request().Context(), principal(c), c.Param("workspace"))
	return h.sendLocked(c, w, token, err)
}

func (h *Handler) forceUnlockWorkspace(c echo.Context) error {
	w, token, err := h.Service.ForceUnlockWorkspace(c.Request().Context(), principal(c), c.Param("workspace"))
	return h.sendLocked(c, w, token, err)
}

func (h *Handler) sendLocked(c echo.Context, w catalog.Workspace, token authz.Token, err error) error {
	if err != nil {
		return inConflict(err)
	}
	answer.Written(c, token)
	return h.sendWorkspace(c, http.StatusOK, nil, w)
}

// setSSHKey takes the SSH key from a workspace. SSH keys are no noun here, so none can be given to it.
func (h *Handler) setSSHKey(c echo.Context) error {
	ctx, p := c.Request().Context(), principal(c)
	w, err := h.workspace(c)
	if err != nil {
		return err
	}
	in, err := jsonapi.ReadResource(c.Request(), answer.TypeWorkspaces)
	if err != nil {
		return err
	}
	var sent struct {
		ID jsonapi.Field[string] `json:"id"`
	}
	if err := in.Attributes(&sent); err != nil {
		return err
	}
	known := func(w catalog.Workspace, _ catalog.Home) (catalog.Workspace, error) {
		if sent.ID.Or("") != "" {
			return w, fault.New(fault.NotFound, "there is no SSH key %s", sent.ID.Value)
		}
		return w, nil
	}
	changed, token, err := h.Service.UpdateWorkspace(ctx, p, w.ID, catalog.WorkspaceChanges{Edit: known})
	if err != nil {
		return err
	}
	answer.Written(c, token)
	return h.sendWorkspace(c, http.StatusOK, nil, changed)
}
