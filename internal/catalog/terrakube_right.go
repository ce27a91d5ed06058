package catalog

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// TerrakubeRights are what a row of Terrakube says that a group may: a role, and booleans that count for the role custom
// alone. They come back as they were sent, for as long as they say what is held.
type TerrakubeRights struct {
	Role  *string // as it was sent; nil, blank and custom are the same
	Flags map[string]bool
}

// Terrakube's roles, in the spelling that its own pages send.
const (
	terrakubeAdmin  = "admin"
	terrakubeWrite  = "write"
	terrakubePlan   = "plan"
	terrakubeRead   = "read"
	terrakubeCustom = "custom"
)

// terrakubeRoles returns the roles that stand for a built-in one, highest first.
func terrakubeRoles() []string {
	return []string{terrakubeAdmin, terrakubeWrite, terrakubePlan, terrakubeRead}
}

const terrakubePrefix = "terrakube-"

// terrakubeFlag is a boolean of a row: what it gives, and what tells that a role that was made otherwise amounts to it.
type terrakubeFlag struct {
	name  string
	shows schema.Permission
	gives []schema.Permission
	team  bool // a boolean of teams alone, or what manageWorkspace gives at an organization besides
}

// terrakubeFlags is the one table of booleans, read both ways. manageJob is not among those that give: it follows from
// planJob and approveJob.
func terrakubeFlags() []terrakubeFlag {
	return []terrakubeFlag{
		{name: "manageState", shows: schema.WorkspaceWriteState, gives: []schema.Permission{schema.WorkspaceWriteState}},
		{name: "manageWorkspace", shows: schema.WorkspaceUpdate, gives: []schema.Permission{
			schema.ProjectCreateWorkspace, schema.WorkspaceUpdate, schema.WorkspaceDelete, schema.WorkspaceWriteVariable, schema.WorkspaceLock,
			schema.WorkspaceManageAccess, schema.WorkspaceManageTags, schema.WorkspaceManageNotifications,
		}},
		{name: flagManageJob},
		{name: "planJob", shows: schema.WorkspaceQueuePlan, gives: []schema.Permission{
			schema.WorkspaceQueuePlan, schema.WorkspaceInitialize, schema.WorkspaceValidate, schema.WorkspacePreview, schema.WorkspaceCancelRun,
		}},
		{name: "approveJob", shows: schema.WorkspaceApplyRun, gives: []schema.Permission{
			schema.WorkspaceApplyRun, schema.WorkspaceQueueDestroy, schema.WorkspaceDiscardRun, schema.WorkspaceCancelRun, schema.WorkspaceLock,
		}},
		{name: "manageModule", team: true, shows: schema.OrganizationManageModules, gives: []schema.Permission{schema.OrganizationManageModules}},
		{name: "manageProvider", team: true, shows: schema.OrganizationManageProviders, gives: []schema.Permission{schema.OrganizationManageProviders}},
		{name: "manageVcs", team: true, shows: schema.OrganizationManageVCSSettings, gives: []schema.Permission{schema.OrganizationManageVCSSettings}},
		{name: "manageTemplate", team: true, shows: schema.OrganizationManageTemplates, gives: []schema.Permission{schema.OrganizationManageTemplates}},
		{name: "manageCollection", team: true, shows: schema.OrganizationManageCollections, gives: []schema.Permission{schema.OrganizationManageCollections}},
	}
}

const flagManageJob = "manageJob"

// projectsOfManager is what managing workspaces is worth at an organization besides: its projects are managed by whoever
// manages its workspaces.
func projectsOfManager() []schema.Permission {
	return []schema.Permission{
		schema.OrganizationCreateProject, schema.ProjectUpdate, schema.ProjectDelete, schema.ProjectMoveWorkspaces, schema.ProjectManageAccess,
	}
}

// seenByHolder is what every row on a workspace or project gives: whoever holds one sees what it is about.
func seenByHolder() []schema.Permission {
	return []schema.Permission{schema.WorkspaceRead, schema.WorkspaceReadRun, schema.WorkspaceReadVariable}
}

// TerrakubeFlagNames returns the booleans of rows on a type of scope, in the order of Terrakube's own documents.
func TerrakubeFlagNames(scopeType string) []string {
	var out []string
	for _, f := range terrakubeFlags() {
		if !f.team || scopeType == schema.TypeOrganization {
			out = append(out, f.name)
		}
	}
	return out
}

// role returns the role that is meant: an unknown one is itself and means nothing.
func (r TerrakubeRights) role() string {
	if r.Role == nil {
		return terrakubeCustom
	}
	word := strings.ToLower(strings.TrimSpace(*r.Role))
	if word == "" {
		return terrakubeCustom
	}
	return word
}

// builtin returns the built-in role that the role stands for, "" for custom and for unknown ones.
func (r TerrakubeRights) builtin() string {
	if word := r.role(); slices.Contains(terrakubeRoles(), word) {
		return terrakubePrefix + word
	}
	return ""
}

// given returns what the rights give besides a built-in role, sorted: at an organization on top of what every Terrakube
// team holds, elsewhere everything.
func (r TerrakubeRights) given(scopeType string) []schema.Permission {
	out := map[schema.Permission]bool{}
	add := func(all []schema.Permission) {
		for _, p := range all {
			out[p] = true
		}
	}
	atOrganization := scopeType == schema.TypeOrganization
	if !atOrganization && r.builtin() == "" {
		add(seenByHolder())
	}
	manages := r.role() == terrakubeWrite
	for _, f := range terrakubeFlags() {
		if r.role() == terrakubeCustom && r.Flags[f.name] && (atOrganization || !f.team) {
			add(f.gives)
			manages = manages || f.shows == schema.WorkspaceUpdate
		}
	}
	if atOrganization && manages {
		add(projectsOfManager())
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(out)), func(p schema.Permission) bool { return p.On(scopeType) == "" })
}

// atoms returns everything that the rights give.
func (r TerrakubeRights) atoms(scopeType string) []schema.Permission {
	builtin, _ := schema.BuiltinRole(r.builtin())
	return schema.Close(append(r.given(scopeType), builtin.Atoms()...))
}

// terrakubeAtoms is everything that Terrakube's booleans may have put into a set of permissions at a type of scope.
func terrakubeAtoms(scopeType string) []schema.Permission {
	var out []schema.Permission
	for _, f := range terrakubeFlags() {
		out = append(out, f.gives...)
	}
	if scopeType == schema.TypeOrganization {
		return append(out, projectsOfManager()...)
	}
	return append(out, seenByHolder()...)
}

// withRights returns patterns that give what rights give in place of what Terrakube's booleans gave. What else the
// patterns give, since another protocol put it there, stays.
func withRights(patterns []string, r TerrakubeRights, scopeType string) []string {
	ours := terrakubeAtoms(scopeType)
	given := r.given(scopeType)
	out := texts(given)
	for _, pattern := range patterns {
		atoms := schema.Expand([]string{pattern})
		rest := slices.DeleteFunc(slices.Clone(atoms), func(p schema.Permission) bool { return slices.Contains(ours, p) })
		if len(rest) == len(atoms) {
			out = append(out, pattern)
			continue
		}
		out = append(out, texts(rest)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// flagsAmongst returns the booleans that permissions, implications included, amount to.
func flagsAmongst(atoms []schema.Permission, scopeType string) map[string]bool {
	out := map[string]bool{}
	for _, f := range terrakubeFlags() {
		if !f.team || scopeType == schema.TypeOrganization {
			out[f.name] = slices.Contains(atoms, f.shows)
		}
	}
	out[flagManageJob] = out["planJob"] || out["approveJob"]
	return out
}

// held is what somebody has of Terrakube's rights at one scope, whoever gave it to him.
type held struct {
	word  string // of Terrakube's role that he has, custom for any other
	atoms []schema.Permission
	exact bool // the word says all there is; at an organization several grants add up
}

// shown returns the rights as a document shows them: as they were sent, where they still say what is held.
func (h held) shown(kept *TerrakubeRights, scopeType string) TerrakubeRights {
	truth := TerrakubeRights{Role: &h.word, Flags: flagsAmongst(h.atoms, scopeType)}
	if kept == nil {
		return truth
	}
	word := kept.role()
	if kept.builtin() == "" {
		word = terrakubeCustom
	}
	if word != h.word {
		return truth
	}
	out := TerrakubeRights{Role: kept.Role, Flags: map[string]bool{}}
	meant := flagsAmongst(kept.atoms(scopeType), scopeType)
	for name, holds := range truth.Flags {
		out.Flags[name] = kept.Flags[name]
		if holds == meant[name] || name == flagManageJob || h.exact && word != terrakubeCustom {
			continue
		}
		if word != terrakubeCustom { // the role is not all that is held
			custom := terrakubeCustom
			truth.Role = &custom
			return truth
		}
		out.Flags[name] = holds
	}
	return out
}

// same reports whether what is wanted is what is held already.
func (h held) same(r TerrakubeRights, scopeType string) bool {
	if r.builtin() != "" || h.word != terrakubeCustom {
		return r.builtin() == terrakubePrefix+h.word
	}
	return maps.Equal(flagsAmongst(r.atoms(scopeType), scopeType), flagsAmongst(h.atoms, scopeType))
}

// keptUnderTerrakube is Terrakube's name in the attributes of a row, where other protocols keep theirs beside it.
const keptUnderTerrakube = "terrakube"

// keptRights is what is kept with a team or a grant: what Terrakube's clients sent.
type keptRights struct {
	Name  string          `json:"name,omitempty"` // of the group, as a row of access names it
	Role  *string         `json:"role"`
	Flags map[string]bool `json:"flags"`
}

// rights returns the rights that were sent, nil where none were.
func (k *keptRights) rights() *TerrakubeRights {
	if k == nil {
		return nil
	}
	return &TerrakubeRights{Role: k.Role, Flags: k.Flags}
}

// recallRights returns what is kept, nil for nothing.
func recallRights(a Attributes) *keptRights {
	var all struct {
		Mine *keptRights `json:"terrakube"`
	}
	if a == "" || json.Unmarshal([]byte(a), &all) != nil {
		return nil
	}
	return all.Mine
}

// maxRole is how long the text of a role may be: unknown ones are kept as they were sent.
const maxRole = 255

// keepRights returns attributes with what is kept there for Terrakube replaced.
func keepRights(a Attributes, mine keptRights) (Attributes, error) {
	if mine.Role != nil && utf8.RuneCountInString(*mine.Role) > maxRole {
		return "", fault.At("role", "must have at most %d characters", maxRole)
	}
	all := map[string]json.RawMessage{}
	if a != "" {
		if err := json.Unmarshal([]byte(a), &all); err != nil {
			return "", fault.Wrap(fault.Internal, err, "read attributes")
		}
	}
	raw, err := json.Marshal(mine)
	if err != nil {
		return "", err
	}
	all[keptUnderTerrakube] = raw
	whole, err := json.Marshal(all)
	return Attributes(whole), err
}
