package catalog

import (
	"maps"
	"slices"

	"github.com/terrawarden/terrawarden/schema"
)

// LevelCustom is the access level of a grant that is no fixed one: its fields say what it gives.
const LevelCustom = "custom"

// The values of fields that are true or false.
const (
	accessOff = "false"
	accessOn  = "true"
)

// AccessFields are the fields of a custom access set and their values, in TFE's words: "runs" is "apply",
// "workspace-access/create" is "true".
type AccessFields map[string]string

// AccessKind is how TFE's API says what a team may on one type of scope: fixed levels, or a value for each field
// (research tfe-api 2.2, 2.3).
type AccessKind struct {
	Scope  string // schema.TypeWorkspace or schema.TypeProject
	levels []accessLevel
	whole  string // the built-in role that holds all that levels and fields can give
	fields []accessField
	always []schema.Permission // what every custom set gives (DECISIONS M8)
	prefix string              // of the fields that are about workspaces
}

// accessLevel is a fixed level and the built-in role it stands for.
type accessLevel struct{ name, role string }

// accessField is a field with its values, lowest first. The first is what a new custom set has.
type accessField struct {
	name   string
	values []accessValue
}

// accessValue is a value of a field and what it adds to the values below it. The first permission tells that a role which
// was made otherwise amounts to the value.
type accessValue struct {
	name string
	adds []schema.Permission
}

// KindOfAccess returns the kind of a type of scope: a workspace or a project. Other types have none. Its levels are those
// of TFE; inForce has those that a service was told to use.
func KindOfAccess(scopeType string) (AccessKind, bool) {
	switch scopeType {
	case schema.TypeWorkspace:
		return AccessKind{
			Scope:  schema.TypeWorkspace,
			levels: []accessLevel{{"read", "tfe-read"}, {"plan", "tfe-plan"}, {"write", "tfe-write"}, {"admin", "tfe-admin"}},
			whole:  "tfe-admin",
			fields: workspaceFields("", "workspace-locking"),
			always: []schema.Permission{schema.WorkspaceReadRun},
		}, true
	case schema.TypeProject:
		return AccessKind{
			Scope:  schema.TypeProject,
			levels: []accessLevel{{"read", "tfe-project-read"}, {"write", "tfe-project-write"}, {"maintain", "tfe-project-maintain"}, {"admin", "tfe-project-admin"}},
			whole:  "tfe-project-admin",
			fields: slices.Concat(projectFields(), workspaceFields(workspacePrefix, "locking")),
			always: []schema.Permission{schema.ProjectRead, schema.WorkspaceReadRun},
			prefix: workspacePrefix,
		}, true
	}
	return AccessKind{}, false
}

const workspacePrefix = "workspace-access/"

// fieldOverrides is the field that gives nothing until the team may delegate overrides (research tfe-api 6.5).
const fieldOverrides = "policy-overrides"

// workspaceFields are the fields that a workspace has and a project hands down to its workspaces.
func workspaceFields(prefix, locking string) []accessField {
	return []accessField{
		{prefix + "runs", []accessValue{
			{name: "read", adds: []schema.Permission{schema.WorkspaceReadRun}},
			{name: "plan", adds: []schema.Permission{schema.WorkspaceQueuePlan, schema.WorkspaceInitialize, schema.WorkspaceValidate, schema.WorkspacePreview}},
			{name: "apply", adds: []schema.Permission{schema.WorkspaceApplyRun, schema.WorkspaceQueueDestroy, schema.WorkspaceCancelRun, schema.WorkspaceDiscardRun}},
		}},
		{prefix + "variables", []accessValue{
			{name: "none"}, {"read", []schema.Permission{schema.WorkspaceReadVariable}}, {"write", []schema.Permission{schema.WorkspaceWriteVariable}},
		}},
		{prefix + "state-versions", []accessValue{
			{name: "none"},
			{"read-outputs", []schema.Permission{schema.WorkspaceReadStateOutputs}},
			{"read", []schema.Permission{schema.WorkspaceReadState}},
			{"write", []schema.Permission{schema.WorkspaceWriteState}},
		}},
		{prefix + "sentinel-mocks", []accessValue{{name: "none"}, {"read", []schema.Permission{schema.WorkspaceReadSentinelMocks}}}},
		onOff(prefix+locking, schema.WorkspaceLock),
		onOff(prefix+"run-tasks", schema.WorkspaceManageRunTasks),
		onOff(prefix+fieldOverrides, schema.WorkspaceOverridePolicy),
	}
}

// projectFields are the fields that only a project has. `teams` governs the project's access alone; `create` comes with
// full read on the project's workspaces (DECISIONS P21), and stacks are created by whoever creates workspaces
// (DECISIONS M7).
func projectFields() []accessField {
	return []accessField{
		{"project-access/settings", []accessValue{
			{"read", []schema.Permission{schema.ProjectRead}}, {"update", []schema.Permission{schema.ProjectUpdate}}, {"delete", []schema.Permission{schema.ProjectDelete}},
		}},
		{"project-access/teams", []accessValue{
			{name: "none"}, {"read", []schema.Permission{schema.ProjectReadAccess}}, {"manage", []schema.Permission{schema.ProjectManageAccess}},
		}},
		{"project-access/variable-sets", []accessValue{
			{name: "none"}, {"read", []schema.Permission{schema.ProjectReadVariableSets}}, {"write", []schema.Permission{schema.ProjectManageVariableSets}},
		}},
		onOff(workspacePrefix+"create", schema.ProjectCreateWorkspace, schema.ProjectCreateStack,
			schema.WorkspaceRead, schema.WorkspaceReadRun, schema.WorkspaceReadVariable, schema.WorkspaceReadState),
		onOff(workspacePrefix+"move", schema.ProjectMoveWorkspaces),
		onOff(workspacePrefix+"delete", schema.WorkspaceDelete),
	}
}

func onOff(name string, adds ...schema.Permission) accessField {
	return accessField{name, []accessValue{{name: accessOff}, {accessOn, adds}}}
}

// Flags returns the fields that are true or false; every other one is a word.
func (k AccessKind) Flags() []string {
	var out []string
	for _, f := range k.fields {
		if f.values[0].name == accessOff {
			out = append(out, f.name)
		}
	}
	return out
}

// Fields returns every field.
func (k AccessKind) Fields() []string {
	out := make([]string, len(k.fields))
	for i, f := range k.fields {
		out[i] = f.name
	}
	return out
}

// level returns the fixed level that a role is, or LevelCustom.
func (k AccessKind) level(roleID string) string {
	for _, l := range k.levels {
		if l.role == roleID {
			return l.name
		}
	}
	return LevelCustom
}

// role returns the built-in role of a fixed level, "" for any other.
func (k AccessKind) role(level string) string {
	for _, l := range k.levels {
		if l.name == level {
			return l.role
		}
	}
	return ""
}

// defaults are the fields of a new custom set.
func (k AccessKind) defaults() AccessFields {
	out := AccessFields{}
	for _, f := range k.fields {
		out[f.name] = f.values[0].name
	}
	return out
}

// reflect returns the fields that a role amounts to: of each the highest value that the role's atoms reach.
func (k AccessKind) reflect(atoms []schema.Permission) AccessFields {
	out := k.defaults()
	for _, f := range k.fields {
		for _, v := range f.values {
			if len(v.adds) > 0 && slices.Contains(atoms, v.adds[0]) {
				out[f.name] = v.name
			}
		}
	}
	return out
}

// permissions returns what a custom set of these fields gives, sorted. Overrides are given while the team may delegate
// them, and not otherwise.
func (k AccessKind) permissions(fields AccessFields, overrides bool) []schema.Permission {
	given := map[schema.Permission]bool{}
	for _, p := range k.always {
		given[p] = true
	}
	for _, f := range k.fields {
		if f.name == k.prefix+fieldOverrides && !overrides {
			continue
		}
		reached := slices.IndexFunc(f.values, func(v accessValue) bool { return v.name == fields[f.name] })
		for _, v := range f.values[:reached+1] {
			for _, p := range v.adds {
				given[p] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(given))
}

// wantsOverrides reports whether a custom set asks for policy overrides.
func (k AccessKind) wantsOverrides(fields AccessFields) bool {
	return fields[k.prefix+fieldOverrides] == accessOn
}
