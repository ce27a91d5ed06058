package terraform

import (
	"bytes"
	"fmt"
	"testing"
)

// importBlocks writes the configuration that imports every resource of a state, by the ids of the provider's
// documentation. Workspaces go by their names.
func importBlocks(t *testing.T, resources []resource) []byte {
	t.Helper()
	workspaces := map[string]string{} // names by id
	for _, r := range resources {
		if r.Type == "tfe_workspace" {
			workspaces[text(r, "id")] = text(r, "name")
		}
	}
	var blocks bytes.Buffer
	for _, r := range resources {
		fmt.Fprintf(&blocks, "import {\n  to = %s\n  id = %q\n}\n\n", r.Address, importID(r, workspaces))
	}
	return blocks.Bytes()
}

func importID(r resource, workspaces map[string]string) string {
	switch r.Type {
	case "tfe_organization":
		return text(r, "name")
	case "tfe_organization_default_settings", "tfe_organization_token", "tfe_audit_trail_token", "tfe_org_max_token_ttl_policy":
		return text(r, "organization")
	case "tfe_team":
		return text(r, "organization") + "/" + text(r, "name")
	case "tfe_team_members", "tfe_team_organization_members":
		return text(r, "team_id")
	case "tfe_project_settings":
		return text(r, "project_id")
	case "tfe_workspace":
		return text(r, "organization") + "/" + text(r, "name")
	case "tfe_workspace_settings":
		return organization + "/" + workspaces[text(r, "workspace_id")]
	case "tfe_team_access":
		return organization + "/" + workspaces[text(r, "workspace_id")] + "/" + text(r, "id")
	case "tfe_data_retention_policy":
		if workspace := text(r, "workspace_id"); workspace != "" {
			return organization + "/" + workspaces[workspace]
		}
		return organization
	}
	return text(r, "id")
}

// text returns an attribute, "" where there is none.
func text(r resource, attribute string) string {
	value, _ := r.Values[attribute].(string)
	return value
}
