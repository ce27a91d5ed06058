package tfe

import (
	"context"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// readWorkspaceIncludes reads what is wanted with workspaces. What belongs to runs, configurations and states is known,
// and there is none of it.
func readWorkspaceIncludes(c echo.Context) (answer.Includes, error) {
	return answer.ReadIncludes(c, "organization", "project", includeBindings, "locked_by", "readme", "outputs", "current_state_version",
		"current_configuration_version", "current_configuration_version.ingress_attributes", "current_run", "current_run.plan",
		"current_run.configuration_version", "current_run.configuration_version.ingress_attributes")
}

// workspaceAttributes are the attributes of a workspace as documents show them.
type workspaceAttributes struct {
	workspaceSettings
	Name                 string          `json:"name"`
	Description          string          `json:"description"`
	Environment          string          `json:"environment"`
	ExecutionMode        string          `json:"execution-mode"`
	AgentPoolID          any             `json:"agent-pool-id"`
	Operations           bool            `json:"operations"`
	SettingOverwrites    map[string]bool `json:"setting-overwrites"`
	Locked               bool            `json:"locked"`
	LockedReason         string          `json:"locked-reason"`
	Source               string          `json:"source"`
	SourceModuleID       any             `json:"source-module-id"`
	TagNames             []string        `json:"tag-names"`
	VCSRepo              any             `json:"vcs-repo"`
	VCSRepoIdentifier    any             `json:"vcs-repo-identifier"`
	HYOKEnabled          bool            `json:"hyok-enabled"`
	CreatedAt            any             `json:"created-at"`
	UpdatedAt            any             `json:"updated-at"`
	LatestChangeAt       any             `json:"latest-change-at"`
	ResourceCount        int             `json:"resource-count"`
	ApplyDurationAverage int             `json:"apply-duration-average"`
	PlanDurationAverage  int             `json:"plan-duration-average"`
	PolicyCheckFailures  int             `json:"policy-check-failures"`
	RunFailures          int             `json:"run-failures"`
	RunsCount            int             `json:"workspace-kpis-runs-count"`
	NoCodeUpgrade        bool            `json:"no-code-upgrade-available"`
	CanQueueDestroyPlan  bool            `json:"can-queue-destroy-plan"`
	Actions              map[string]bool `json:"actions"`
	Permissions          map[string]bool `json:"permissions"`
}

// workspaceDocuments returns workspaces as documents show them to a caller, with what is included. However many they are,
// it asks the catalog four times and the engine once, and once more where teams have locked some.
func (h *Handler) workspaceDocuments(ctx context.Context, p catalog.Principal, wanted answer.Includes, all ...catalog.Workspace) (shown, included []jsonapi.Resource, err error) {
	around, err := h.Service.Around(ctx, all...)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]string, len(all))
	for i, w := range all {
		ids[i] = w.ID
	}
	can, err := h.permissions(ctx, p, schema.TypeWorkspace, ids...)
	if err != nil {
		return nil, nil, err
	}
	lockers, err := h.lockersSeen(ctx, p, all)
	if err != nil {
		return nil, nil, err
	}
	for i, w := range all {
		r, err := workspaceResource(w, around, can[i], lockers)
		if err != nil {
			return nil, nil, err
		}
		shown = append(shown, r)
	}
	included, err = h.includeAround(ctx, p, wanted, around)
	if err != nil || !wanted.Has(includeBindings) {
		return shown, included, err
	}
	bindings, err := h.Service.EffectiveTagBindings(ctx, all...)
	for i, w := range all {
		shown[i].Relationships["effective-tag-bindings"] = effectiveLinkage(bindings[w.ID])
		included = append(included, effectiveResources(schema.TypeWorkspace, bindings[w.ID])...)
	}
	return shown, answer.IncludedOnce(included), err
}

// includeAround returns the organizations and projects of workspaces, as far as they are wanted. An organization beside
// its projects does not name its default project: clients follow linkage into included resources without end.
func (h *Handler) includeAround(ctx context.Context, p catalog.Principal, wanted answer.Includes, around catalog.Surroundings) ([]jsonapi.Resource, error) {
	var out []jsonapi.Resource
	if wanted.Has("organization") {
		for _, o := range around.Organizations {
			shown, err := h.organizationResources(ctx, p, o)
			if err != nil {
				return nil, err
			}
			if wanted.Has("project") {
				delete(shown[0].Relationships, "default-project")
			}
			out = append(out, shown...)
		}
	}
	if wanted.Has("project") {
		var rows []catalog.Project
		for _, prj := range around.Projects {
			rows = append(rows, prj)
		}
		slices.SortFunc(rows, func(a, b catalog.Project) int { return strings.Compare(a.ID, b.ID) })
		shown, _, err := h.projectDocuments(ctx, p, nil, rows...)
		if err != nil {
			return nil, err
		}
		out = append(out, shown...)
	}
	return out, nil
}

// workspaceResource shows a workspace amid what surrounds it.
func workspaceResource(w catalog.Workspace, around catalog.Surroundings, can map[string]bool, lockers map[authz.Object]bool) (jsonapi.Resource, error) {
	kept, err := recallWorkspace(w)
	if err != nil {
		return jsonapi.Resource{}, err
	}
	o := around.Organizations[w.OrganizationID]
	above, err := organizationExecution(o)
	if err != nil {
		return jsonapi.Resource{}, err
	}
	project, err := recallProject(around.Projects[w.ProjectID])
	if err != nil {
		return jsonapi.Resource{}, err
	}
	now, own := kept.Execution.over(project.Execution.over(above)), kept.Execution.Overwrites
	settings := kept.workspaceSettings
	if settings.InheritsAutoDestroy {
		settings.AutoDestroy = project.AutoDestroy
	}
	tagNames := make([]string, 0, len(around.Tags[w.ID]))
	for _, t := range around.Tags[w.ID] {
		tagNames = append(tagNames, t.Name)
	}
	shown := jsonapi.Resource{
		ID: w.ID, Type: answer.TypeWorkspaces,
		Attributes: workspaceAttributes{
			workspaceSettings: settings, Name: w.Name, Description: w.Description, Environment: "default",
			ExecutionMode: now.Mode, AgentPoolID: answer.OrNull(now.Pool), Operations: now.Mode != modeLocal,
			SettingOverwrites: map[string]bool{"execution-mode": own, "agent-pool": own},
			Locked:            !w.LockedBy.IsZero(), LockedReason: w.LockReason, Source: "tfe-api", TagNames: tagNames,
			CreatedAt: answer.Stamp(w.CreatedAt), UpdatedAt: answer.Stamp(w.UpdatedAt), LatestChangeAt: answer.Stamp(w.UpdatedAt),
			CanQueueDestroyPlan: can["can-queue-destroy"] && settings.AllowDestroyPlan,
			Actions:             map[string]bool{"is-destroyable": true}, Permissions: can,
		},
		Relationships: workspaceRelationships(w, o, now.Pool, around.Retentions[w.ID]),
		Links: map[string]any{
			"self":      "/api/v2/organizations/" + o.Name + "/workspaces/" + w.Name,
			"self-html": "/app/" + o.Name + "/workspaces/" + w.Name,
		},
	}
	if !w.LockedBy.IsZero() {
		shown.Relationships["locked-by"] = jsonapi.ToOne("", "")
		if w.LockedBy.Type != schema.TypeTeam || lockers[w.LockedBy] {
			shown.Relationships["locked-by"] = answer.Party(w.LockedBy, o.Name)
		}
	}
	return shown, nil
}

// lockersSeen returns which of the teams that have locked workspaces a caller may see: a secret team is not shown by its
// lock.
func (h *Handler) lockersSeen(ctx context.Context, p catalog.Principal, all []catalog.Workspace) (map[authz.Object]bool, error) {
	var teams []authz.Object
	for _, w := range all {
		if w.LockedBy.Type == schema.TypeTeam && !slices.Contains(teams, w.LockedBy) {
			teams = append(teams, w.LockedBy)
		}
	}
	out := map[authz.Object]bool{}
	if len(teams) == 0 {
		return out, nil
	}
	held, err := h.Service.Held(ctx, p, teams, schema.TeamView)
	for i := range held {
		out[teams[i]] = held[i][schema.TeamView]
	}
	return out, err
}

// workspaceRelationships relates a workspace of an organization.
func workspaceRelationships(w catalog.Workspace, o catalog.Organization, pool string, retention catalog.Retention) map[string]jsonapi.Relationship {
	path := "/api/v2/workspaces/" + w.ID
	return map[string]jsonapi.Relationship{
		"organization":                  jsonapi.ToOne(answer.TypeOrganizations, o.Name).At("/api/v2/organizations/" + o.Name),
		"project":                       jsonapi.ToOne(answer.TypeProjects, w.ProjectID).At("/api/v2/projects/" + w.ProjectID),
		"agent-pool":                    jsonapi.ToOne(typeAgentPools, pool),
		"ssh-key":                       jsonapi.ToOne("", ""),
		"readme":                        jsonapi.ToOne("", ""),
		"current-run":                   jsonapi.ToOne("", ""),
		"current-state-version":         jsonapi.ToOne("", ""),
		"current-configuration-version": jsonapi.ToOne("", ""),
		"outputs":                       jsonapi.ToMany("workspace-outputs"),
		"data-retention-policy":         retentionLinkage(retention),
		"remote-state-consumers":        jsonapi.Elsewhere(path + "/relationships/remote-state-consumers"),
		"tags":                          jsonapi.Elsewhere(path + "/relationships/tags"),
		"tag-bindings":                  jsonapi.Elsewhere(path + "/tag-bindings"),
	}
}
