package tfe

import (
	"context"
	"regexp"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

// Bounds of a project's name in this API.
const (
	minProjectName = 3
	maxProjectName = 40
)

// checkProjectName refuses names that this API's clients may not give. A name that came in otherwise may stay.
func checkProjectName(name, before string) error {
	switch {
	case name == "":
		return fault.At("name", "can't be blank")
	case name == before:
		return nil
	case !regexp.MustCompile(`^[A-Za-z0-9 _-]+$`).MatchString(name):
		return fault.At("name", "Name may only contain letters, digits, spaces, - and _")
	case len(name) < minProjectName:
		return fault.At("name", "is too short (minimum is %d characters)", minProjectName)
	case len(name) > maxProjectName:
		return fault.At("name", "is too long (maximum is %d characters)", maxProjectName)
	}
	return nil
}

// projectInput are the attributes of a project as clients send them, those aside that are kept as they are sent.
type projectInput struct {
	Name        jsonapi.Field[string] `json:"name"`
	Description jsonapi.Field[string] `json:"description"`
	Mode        jsonapi.Field[string] `json:"default-execution-mode"`
	AgentPool   jsonapi.Field[string] `json:"default-agent-pool-id"`
	Overwrites  struct {
		Mode      jsonapi.Field[bool] `json:"default-execution-mode"`
		AgentPool jsonapi.Field[bool] `json:"default-agent-pool"`
	} `json:"setting-overwrites"`
}

func (in projectInput) execution() executionInput {
	return executionInput{
		modeName: "default-execution-mode", poolName: "default-agent-pool-id",
		Mode: in.Mode, Pool: in.AgentPool, OverMode: in.Overwrites.Mode, OverPool: in.Overwrites.AgentPool,
	}
}

// projectSettings are the attributes of a project that are kept for clients alone, in the form they are sent, kept and
// shown in.
type projectSettings struct {
	AutoDestroy *string `json:"auto-destroy-activity-duration"`
}

// check reports every setting that cannot be.
func (s projectSettings) check() error { return checkAutoDestroy(s.AutoDestroy) }

func checkAutoDestroy(duration *string) error {
	if duration == nil || regexp.MustCompile(`^[0-9]{1,4}[dh]$`).MatchString(*duration) {
		return nil
	}
	return fault.At("auto-destroy-activity-duration", "Auto destroy activity duration has an incorrect format, we expect up to 4 numeric digits and 1 unit ('d' or 'h')")
}

// projectKept is what is kept with a project.
type projectKept struct {
	projectSettings
	Execution execution `json:"execution,omitzero"`
}

func recallProject(prj catalog.Project) (projectKept, error) {
	var kept projectKept
	err := recallKept(prj.Attributes, &kept)
	return kept, err
}

// projectAttributes are the attributes of a project as documents show them.
type projectAttributes struct {
	projectSettings
	Name                 string          `json:"name"`
	Description          string          `json:"description"`
	CreatedAt            any             `json:"created-at"`
	IsUnified            bool            `json:"is-unified"`
	DefaultExecutionMode string          `json:"default-execution-mode"`
	SettingOverwrites    map[string]bool `json:"setting-overwrites"`
	Permissions          map[string]bool `json:"permissions"`
}

// projectDocuments returns projects as documents show them to a caller, with what is included.
func (h *Handler) projectDocuments(ctx context.Context, p catalog.Principal, wanted answer.Includes, all ...catalog.Project) (shown, included []jsonapi.Resource, err error) {
	ids, homes := make([]string, len(all)), make([]string, len(all))
	for i, prj := range all {
		ids[i], homes[i] = prj.ID, prj.OrganizationID
	}
	organizations, err := h.Service.OrganizationsByID(ctx, homes...)
	if err != nil {
		return nil, nil, err
	}
	can, err := h.permissions(ctx, p, schema.TypeProject, ids...)
	if err != nil {
		return nil, nil, err
	}
	for i, prj := range all {
		if organizations[prj.OrganizationID].DefaultProjectID == prj.ID { // it stays, whoever asks
			can[i]["can-destroy"] = false
		}
		r, err := projectResource(prj, organizations[prj.OrganizationID], can[i])
		if err != nil {
			return nil, nil, err
		}
		shown = append(shown, r)
	}
	if !wanted.Has(includeBindings) {
		return shown, nil, nil
	}
	bindings, err := h.Service.ProjectTagBindings(ctx, ids...)
	for i, prj := range all {
		shown[i].Relationships["effective-tag-bindings"] = effectiveLinkage(bindings[prj.ID])
		included = append(included, effectiveResources(schema.TypeProject, bindings[prj.ID])...)
	}
	return shown, included, err
}

// projectResource shows a project of an organization.
func projectResource(prj catalog.Project, o catalog.Organization, can map[string]bool) (jsonapi.Resource, error) {
	kept, err := recallProject(prj)
	if err != nil {
		return jsonapi.Resource{}, err
	}
	inherited, err := organizationExecution(o)
	if err != nil {
		return jsonapi.Resource{}, err
	}
	now, own := kept.Execution.over(inherited), kept.Execution.Overwrites
	return jsonapi.Resource{
		ID: prj.ID, Type: answer.TypeProjects,
		Attributes: projectAttributes{
			projectSettings: kept.projectSettings, Name: prj.Name, Description: prj.Description, CreatedAt: answer.Stamp(prj.CreatedAt),
			DefaultExecutionMode: now.Mode, SettingOverwrites: map[string]bool{"default-execution-mode": own, "default-agent-pool": own},
			Permissions: can,
		},
		Relationships: map[string]jsonapi.Relationship{
			"organization":       jsonapi.ToOne(answer.TypeOrganizations, o.Name).At("/api/v2/organizations/" + o.Name),
			"default-agent-pool": jsonapi.ToOne(typeAgentPools, now.Pool),
		},
		Links: answer.Self("projects/" + prj.ID),
	}, nil
}
