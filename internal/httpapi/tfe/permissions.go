package tfe

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// permissionReader tells what a caller may do.
type permissionReader interface {
	Held(ctx context.Context, p catalog.Principal, objects []authz.Object, permissions ...schema.Permission) ([]catalog.Holding, error)
}

// boolean is one member of a document's permissions object, with the permission it stands for.
type boolean struct {
	name       string
	permission schema.Permission // "" for what nobody may do here, since the feature is not there
}

// booleans returns the permissions object of a type of resource (research tfe-api 2.4): what the vocabulary names, and
// what clients read besides.
func booleans(objectType string) []boolean {
	var out []boolean
	for _, e := range schema.Vocabulary() {
		if e.Permission.Type() != objectType {
			continue
		}
		for _, name := range e.Names(schema.TFE) {
			if strings.HasPrefix(name, "can-") {
				out = append(out, boolean{name, e.Permission})
			}
		}
	}
	return append(out, further(objectType)...)
}

// further are the booleans that say the same as another one, or that no permission stands behind.
func further(objectType string) []boolean {
	switch objectType {
	case schema.TypeOrganization:
		return []boolean{
			{"can-create-workspace-migration", schema.OrganizationCreateWorkspace},
			{"can-deploy-no-code-modules", schema.OrganizationCreateWorkspace},
			{"can-enable-stacks", schema.OrganizationUpdate},
			{"can-view-authentication", schema.OrganizationManageAuthentication},
			{"can-view-usage", schema.OrganizationManageBilling},
			{"can-manage-custom-providers", schema.OrganizationManageProviders},
			{"can-manage-org-public-modules", schema.OrganizationManagePublicModules},
			{"can-manage-org-public-providers", schema.OrganizationManagePublicProviders},
			{"can-manage-assessments", schema.OrganizationUpdate},
			{"can-read-assessments", schema.OrganizationReadWorkspaces},
			{"can-view-explorer", schema.OrganizationReadWorkspaces},
			{"can-manage-recoverable-items", schema.OrganizationUpdate},
			{"can-update-hyok-configuration", ""},
			{"can-view-hyok-feature-info", ""},
		}
	case schema.TypeProject:
		return []boolean{
			{"can-deploy-no-code-modules", schema.ProjectCreateWorkspace},
			{"can-manage-ephemeral-workspace-for-projects", schema.ProjectUpdate},
			{"can-create-stack", schema.ProjectCreateStack},
		}
	case schema.TypeStack:
		return []boolean{
			{"can-update", schema.StackUpdate},
			{"can-destroy", schema.StackDelete},
			{"can-queue-run", schema.StackQueuePlan},
			{"can-queue-apply", schema.StackApplyRun},
		}
	case schema.TypeWorkspace:
		return []boolean{
			{"can-manage-assessments", schema.WorkspaceUpdate},
			{"can-read-assessment-results", schema.WorkspaceUpdate},
			{"can-manage-ephemeral-workspaces", schema.WorkspaceUpdate},
			{"can-manage-hyok", ""},
		}
	}
	return nil
}

// permissions returns the permissions objects of resources of one type for a caller, in order, by one question to the
// engine. Every boolean is there, also when it is false (DECISIONS N16).
func (h *Handler) permissions(ctx context.Context, p catalog.Principal, objectType string, ids ...string) ([]map[string]bool, error) {
	shown := booleans(objectType)
	var asked []schema.Permission
	seen := map[schema.Permission]bool{"": true}
	for _, b := range shown {
		if !seen[b.permission] {
			seen[b.permission] = true
			asked = append(asked, b.permission)
		}
	}
	objects := make([]authz.Object, len(ids))
	for i, id := range ids {
		objects[i] = authz.Object{Type: objectType, ID: id}
	}
	held, err := h.Service.Held(ctx, p, objects, asked...)
	if err != nil {
		return nil, err
	}
	out := make([]map[string]bool, len(ids))
	for i := range ids {
		out[i] = make(map[string]bool, len(shown))
		for _, b := range shown {
			out[i][b.name] = held[i][b.permission]
		}
	}
	return out, nil
}
