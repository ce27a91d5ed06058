package tfe

import (
	"errors"
	"reflect"
	"regexp"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// newestTerraform is the version that workspaces get which ask for none.
const newestTerraform = "1.13.4"

// maxWorkspaceName is how long a workspace's name may be in this API.
const maxWorkspaceName = 90

// workspaceInput are the attributes of a workspace as clients send them, those aside that are kept as they are sent.
type workspaceInput struct {
	Name        jsonapi.Field[string] `json:"name"`
	Description jsonapi.Field[string] `json:"description"`
	Mode        jsonapi.Field[string] `json:"execution-mode"`
	AgentPool   jsonapi.Field[string] `json:"agent-pool-id"`
	Operations  jsonapi.Field[bool]   `json:"operations"`
	Overwrites  struct {
		Mode      jsonapi.Field[bool] `json:"execution-mode"`
		AgentPool jsonapi.Field[bool] `json:"agent-pool"`
	} `json:"setting-overwrites"`
	VCSRepo jsonapi.Field[map[string]any] `json:"vcs-repo"`
}

func (in workspaceInput) execution() executionInput {
	return executionInput{
		modeName: "execution-mode", poolName: "agent-pool-id",
		Mode: in.Mode, Pool: in.AgentPool, Operations: in.Operations, OverMode: in.Overwrites.Mode, OverPool: in.Overwrites.AgentPool,
	}
}

// workspaceSettings are the attributes of a workspace that are kept for clients alone, in the form they are sent, kept
// and shown in.
type workspaceSettings struct {
	AllowDestroyPlan           bool       `json:"allow-destroy-plan"`
	AssessmentsEnabled         bool       `json:"assessments-enabled"`
	AutoApply                  bool       `json:"auto-apply"`
	AutoApplyRunTrigger        bool       `json:"auto-apply-run-trigger"`
	AutoDestroyAt              *time.Time `json:"auto-destroy-at"`
	AutoDestroy                *string    `json:"auto-destroy-activity-duration"`
	InheritsAutoDestroy        bool       `json:"inherits-project-auto-destroy"`
	FileTriggersEnabled        bool       `json:"file-triggers-enabled"`
	GlobalRemoteState          bool       `json:"global-remote-state"`
	ProjectRemoteState         bool       `json:"project-remote-state"`
	MigrationEnvironment       *string    `json:"migration-environment"`
	QueueAllRuns               bool       `json:"queue-all-runs"`
	SpeculativeEnabled         bool       `json:"speculative-enabled"`
	SourceName                 *string    `json:"source-name"`
	SourceURL                  *string    `json:"source-url"`
	StructuredRunOutputEnabled bool       `json:"structured-run-output-enabled"`
	TerraformVersion           string     `json:"terraform-version"`
	TriggerPrefixes            []string   `json:"trigger-prefixes"`
	TriggerPatterns            []string   `json:"trigger-patterns"`
	WorkingDirectory           *string    `json:"working-directory"`
}

// workspaceKept is what is kept with a workspace.
type workspaceKept struct {
	workspaceSettings
	Execution execution `json:"execution,omitzero"`
}

func recallWorkspace(w catalog.Workspace) (workspaceKept, error) {
	kept := workspaceKept{workspaceSettings: workspaceSettings{
		AllowDestroyPlan: true, FileTriggersEnabled: true, InheritsAutoDestroy: true, SpeculativeEnabled: true,
		StructuredRunOutputEnabled: true, TerraformVersion: newestTerraform, TriggerPrefixes: []string{}, TriggerPatterns: []string{},
	}}
	err := recallKept(w.Attributes, &kept)
	return kept, err
}

// check reports every setting that cannot be.
func (s workspaceSettings) check() error {
	err := checkAutoDestroy(s.AutoDestroy)
	if s.ProjectRemoteState && s.GlobalRemoteState {
		err = errors.Join(err, fault.At("project-remote-state", "Project remote state cannot be enabled when global remote state sharing is enabled"))
	}
	if len(s.TriggerPatterns) > 0 && len(s.TriggerPrefixes) > 0 {
		err = errors.Join(err, fault.At("trigger-patterns", "must not be set together with trigger prefixes"))
	}
	return errors.Join(err, checkTerraformVersion(s.TerraformVersion))
}

// checkTerraformVersion takes a version, a constraint, or the word latest.
func checkTerraformVersion(version string) error {
	const one = `(=|!=|>=?|<=?|~>)?\s*[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]+)?`
	if version == "latest" || regexp.MustCompile(`^\s*`+one+`(\s*,\s*`+one+`)*\s*$`).MatchString(version) {
		return nil
	}
	return fault.At("terraform-version", "is not a valid version")
}

// checkWorkspaceName refuses names that this API's clients may not give. A name that came in otherwise may stay.
func checkWorkspaceName(name, before string) error {
	switch {
	case name == "":
		return fault.At("name", "can't be blank")
	case name == before:
		return nil
	case !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(name):
		return fault.At("name", "Name may only contain letters, digits, - and _")
	case len(name) > maxWorkspaceName:
		return fault.At("name", "is too long (maximum is %d characters)", maxWorkspaceName)
	}
	return nil
}

// settle brings settings that exclude each other in step with what a client sent last.
func (s *workspaceSettings) settle(in jsonapi.Input) {
	prefixes, patterns := in.Has("trigger-prefixes"), in.Has("trigger-patterns")
	if prefixes && !patterns && len(s.TriggerPrefixes) > 0 {
		s.TriggerPatterns = nil
	}
	if patterns && !prefixes && len(s.TriggerPatterns) > 0 {
		s.TriggerPrefixes = nil
	}
	if s.TriggerPrefixes == nil {
		s.TriggerPrefixes = []string{}
	}
	if s.TriggerPatterns == nil {
		s.TriggerPatterns = []string{}
	}
	if in.Has("auto-destroy-activity-duration") && s.AutoDestroy != nil && !in.Has("inherits-project-auto-destroy") {
		s.InheritsAutoDestroy = false
	}
	if s.AutoDestroyAt != nil {
		at := s.AutoDestroyAt.UTC()
		s.AutoDestroyAt = &at
	}
}

// workspaceChanges returns what a client wants made of a workspace. What is wrong about it, the edit tells.
func workspaceChanges(in jsonapi.Input) catalog.WorkspaceChanges {
	tagging, tagErr := readRebinding(in)
	project, _, projectErr := answer.RelatedTo(in, "project", answer.TypeProjects)
	tags, tagsErr := readTags(in)
	tagging.Tags = tags
	wrongRelations := errors.Join(projectErr, tagErr, tagsErr)
	edit := func(w catalog.Workspace, home catalog.Home) (catalog.Workspace, error) {
		return editWorkspace(in, wrongRelations, w, home)
	}
	return catalog.WorkspaceChanges{ProjectID: project, Edit: edit, Tagging: tagging}
}

// editWorkspace puts what a client sent over a workspace.
func editWorkspace(in jsonapi.Input, wrongRelations error, w catalog.Workspace, home catalog.Home) (catalog.Workspace, error) {
	kept, err := recallWorkspace(w)
	if err != nil {
		return w, err
	}
	inherited, err := inheritedIn(home)
	if err != nil {
		return w, err
	}
	var sent workspaceInput
	wrongTypes := errors.Join(in.Attributes(&sent), in.Attributes(&kept.workspaceSettings), wrongRelations)
	kept.settle(in)
	before := kept.Execution
	var wrongMode, noVCS error
	kept.Execution, wrongMode = before.with(sent.execution(), inherited)
	if sent.VCSRepo.Set && !sent.VCSRepo.Null {
		noVCS = fault.At("vcs-repo", "VCS connections are not managed here")
	}
	name := sent.Name.Or(w.Name)
	user := agentPoolUser{projectID: home.Project.ID, workspaceID: w.ID}
	wrongPool := checkAgentPool(home, before.Pool, kept.Execution.Pool, "agent-pool-id", user)
	if unexpected(wrongPool) {
		return w, wrongPool
	}
	if err := answer.Beside(wrongTypes, errors.Join(checkWorkspaceName(name, w.Name), kept.check(), wrongMode, noVCS, wrongPool)); err != nil {
		return w, err
	}
	w.Name = name
	sent.Description.Into(&w.Description)
	return w, kept.keepWith(&w)
}

// keepWith keeps settings with a workspace, unless they are what is kept there: who only moves it changes nothing else.
func (k workspaceKept) keepWith(w *catalog.Workspace) error {
	before, err := recallWorkspace(*w)
	if err != nil || reflect.DeepEqual(before, k) {
		return err
	}
	w.Attributes, err = keep(w.Attributes, k)
	return err
}

// inheritedIn returns what a workspace inherits from its project, or by way of it from its organization.
func inheritedIn(home catalog.Home) (execution, error) {
	above, err := organizationExecution(home.Organization)
	if err != nil {
		return execution{}, err
	}
	kept, err := recallProject(home.Project)
	return kept.Execution.over(above), err
}
