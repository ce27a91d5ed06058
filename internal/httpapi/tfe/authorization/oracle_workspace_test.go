package authorization_test

// workspaceRules is the table of research tfe-api 2.4, as values of the fields of custom access and of what only admins
// hold: `see`, `update`, `force-unlock`, `tags`, `access`, `delete`, `force-delete`. Assessments are for admins, and keys of
// one's own do not exist.
func workspaceRules() []rule {
	return []rule{
		{"can-read-settings", "see", on},
		{"can-read-assessment-results", "update", on},
		{"can-read-run", "runs", "read"},
		{"can-queue-run", "runs", "plan"},
		{"can-queue-apply", "runs", "apply"},
		{"can-queue-destroy", "runs", "apply"},
		{"can-read-variable", "variables", "read"},
		{"can-update-variable", "variables", "write"},
		{"can-read-state-outputs", "state-versions", "read-outputs"},
		{"can-read-state-versions", "state-versions", "read"},
		{"can-create-state-versions", "state-versions", "write"},
		{"can-lock", "workspace-locking", on},
		{"can-unlock", "workspace-locking", on},
		{"can-manage-run-tasks", "run-tasks", on},
		{"can-override-policy-check", "policy-overrides", on},
		{"can-update", "update", on},
		{"can-manage-assessments", "update", on},
		{"can-manage-ephemeral-workspaces", "update", on},
		{"can-force-unlock", "force-unlock", on},
		{"can-manage-tags", "tags", on},
		{"can-destroy", "delete", on},
		{"can-force-delete", "force-delete", "always"},
		{"can-manage-hyok", never, ""},
	}
}

// The fixed levels of a workspace (research tfe-api 2.2). Overriding policies is in none of them (DECISIONS M2).
var workspaceLevels = map[string]powers{
	"read": {"see": on, "runs": "read", "variables": "read", "state-versions": "read"},
	"plan": {"see": on, "runs": "plan", "variables": "read", "state-versions": "read"},
	"write": {
		"see": on, "runs": "apply", "variables": "write", "state-versions": "write", "sentinel-mocks": "read", "workspace-locking": on,
	},
	"admin": {
		"see": on, "runs": "apply", "variables": "write", "state-versions": "write", "sentinel-mocks": "read", "workspace-locking": on,
		"run-tasks": on, "update": on, "force-unlock": on, "tags": on, "access": on, "delete": on, "force-delete": "where-allowed",
	},
}

// workspaceOwner is what owners hold on every workspace.
var workspaceOwner = workspaceLevels["admin"].with(powers{"policy-overrides": on, "force-delete": "always"})

// workspaceCustom is what custom access gives: the fields, no less than reading runs, and overrides while the team may
// delegate them (research tfe-api 2.2, 6.5, DECISIONS M8).
func workspaceCustom(fields powers, delegates bool) powers {
	held := powers{"see": on, "runs": "read"}.with(fields)
	if !delegates {
		delete(held, "policy-overrides")
	}
	return held
}

// whereForced is what the powers are while the organization lets workspace admins force-delete (DECISIONS M3).
func (p powers) whereForced() powers {
	if p.has("force-delete", "where-allowed") {
		return p.with(powers{"force-delete": "always"})
	}
	return p
}
