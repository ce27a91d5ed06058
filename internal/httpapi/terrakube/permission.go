package terrakube

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// right is one of the booleans that Terrakube's pages ask for before they show a button: what it takes, all of it, in an
// organization as a whole and at one workspace.
type right struct {
	name                    string
	organization, workspace []schema.Permission
}

// rightsTable says what each boolean takes. What is about the organization takes the same at a workspace of it.
func rightsTable() []right {
	everywhere := func(name string, p schema.Permission) right {
		return right{name, []schema.Permission{p}, []schema.Permission{p}}
	}
	return []right{
		everywhere("manageState", schema.WorkspaceWriteState),
		{"manageWorkspace", []schema.Permission{schema.WorkspaceUpdate, schema.OrganizationCreateWorkspace}, []schema.Permission{schema.WorkspaceUpdate}},
		everywhere("manageModule", schema.OrganizationManageModules),
		everywhere("manageProvider", schema.OrganizationManageProviders),
		everywhere("manageVcs", schema.OrganizationManageVCSSettings),
		everywhere("manageTemplate", schema.OrganizationManageTemplates),
		everywhere("manageCollection", schema.OrganizationManageCollections),
		everywhere("manageJob", schema.WorkspaceCancelRun),
		everywhere("planJob", schema.WorkspaceQueuePlan),
		everywhere("approveJob", schema.WorkspaceApplyRun),
		{flagManagePermission, []schema.Permission{schema.OrganizationManageOrganizationAccess}, []schema.Permission{schema.WorkspaceManageAccess}},
	}
}

const flagManagePermission = "managePermission"

// rights answers which rights the caller has in an organization or at a workspace, in one question to the engine. In what
// he may not know, or is not there, he has none.
func (h *Handler) rights(c echo.Context) error {
	organization := authz.Object{Type: schema.TypeOrganization, ID: c.Param("organization")}
	workspace := authz.Object{Type: schema.TypeWorkspace, ID: c.Param("workspace")}
	table := rightsTable()
	asked := []catalog.Possession{}
	for _, r := range table {
		if workspace.ID == "" {
			for _, p := range r.organization {
				asked = append(asked, catalog.Possession{Permission: p, On: organization})
			}
			continue
		}
		for _, p := range r.workspace {
			on := workspace
			if p.Type() == schema.TypeOrganization {
				on = organization
			}
			asked = append(asked, catalog.Possession{Permission: p, On: on})
		}
	}
	held, err := h.Service.HeldIn(c.Request().Context(), endpoint.Principal(c), organization.ID, asked...)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, h.answerRights(table, workspace.ID == "", held))
}

// answerRights says of each right whether all it takes is held.
func (h *Handler) answerRights(table []right, ofOrganization bool, held []bool) map[string]bool {
	out := map[string]bool{}
	for _, r := range table {
		takes := r.workspace
		if ofOrganization {
			takes = r.organization
		}
		out[r.name] = true
		for range takes {
			out[r.name] = out[r.name] && held[0]
			held = held[1:]
		}
	}
	if h.Parity { // where Terrakube asks no more than this
		out[flagManagePermission] = out[flagManagePermission] || out["manageWorkspace"]
	}
	return out
}
