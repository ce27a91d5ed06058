package authorization_test

import "strings"

// projectRules is the list of research tfe-api 2.4 for projects. Ephemeral workspaces are a setting, and no-code modules
// become workspaces.
func projectRules() []rule {
	return []rule{
		{"can-read", "see", on},
		{"can-update", "settings", "update"},
		{"can-manage-ephemeral-workspace-for-projects", "settings", "update"},
		{"can-destroy", "settings", "delete"},
		{"can-read-teams", "teams", "read"},
		{"can-manage-teams", "teams", "manage"},
		{"can-manage-varsets", "variable-sets", "write"},
		{"can-create-workspace", "create", on},
		{"can-deploy-no-code-modules", "create", on},
		{"can-create-stack", "stacks", on},
		{"can-move-workspace", "move", on},
		{"can-manage-tags", "tags", on},
	}
}

// held is what somebody holds on a project and on each workspace in it.
type held struct{ project, workspaces powers }

func (h held) with(others ...held) held {
	for _, o := range others {
		h = held{h.project.with(o.project), h.workspaces.with(o.workspaces)}
	}
	return h
}

// named is the project of whoever only knows its name (DECISIONS M8).
var named = powers{"see": on}

// The fixed levels of a project (research tfe-api 2.3, DECISIONS M9).
var projectLevels = map[string]held{
	"read":     {powers{"see": on, "settings": "read"}, workspaceLevels["read"]},
	"write":    {powers{"see": on, "settings": "read"}, workspaceLevels["write"]},
	"maintain": {powers{"see": on, "settings": "read", "create": on, "stacks": on}, workspaceLevels["admin"]},
	"admin":    {projectAdmin, workspaceLevels["admin"]},
}

var projectAdmin = powers{"see": on, "settings": "delete", "teams": "manage", "variable-sets": "write", "create": on, "stacks": on, "move": on, "tags": on}

// The fields of custom project access: which object they are about, and what they are on it.
const (
	aboutProject   = "project-access"
	aboutWorkspace = "workspace-access"
)

// projectCustom is what custom access to a project gives (research tfe-api 2.3, DECISIONS M8, P21).
func projectCustom(fields map[string]powers, delegates bool) held {
	h := held{powers{"see": on, "settings": "read"}.with(fields[aboutProject]), powers{}}
	below := powers{}
	for field, value := range fields[aboutWorkspace] {
		switch field {
		case "create":
			h.project = h.project.with(powers{"create": value, "stacks": value}) // DECISIONS M7
			if value == on {
				below = below.with(workspaceLevels["read"])
			}
		case "move":
			h.project = h.project.with(powers{"move": value})
		case "locking":
			below = below.with(powers{"workspace-locking": value})
		default:
			below = below.with(powers{field: value})
		}
	}
	h.workspaces = workspaceCustom(below, delegates)
	return h
}

// title makes a name of a case from the fields of custom access.
func title(about, field, value string) string {
	return strings.TrimPrefix(strings.Join([]string{about, field, value}, " "), " ")
}
