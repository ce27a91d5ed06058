package tfe

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// Execution modes of workspaces.
const (
	modeRemote = "remote"
	modeLocal  = "local"
	modeAgent  = "agent"
)

// organizationInput are the attributes of an organization that rules of the catalog read.
type organizationInput struct {
	Name              string `json:"name"`
	Email             string `json:"email"`
	AllowForceDelete  bool   `json:"allow-force-delete-workspaces"`
	UserTokensEnabled bool   `json:"user-tokens-enabled"`
	MaxTTLEnabled     bool   `json:"max-ttl-enabled"`
}

// organizationSettings are the attributes of an organization that are kept for clients alone, in the form they are sent,
// kept and shown in. The lives of sessions are null until they are set: the provider plans a change where a document has
// a number that the configuration does not.
type organizationSettings struct {
	AssessmentsEnforced       bool    `json:"assessments-enforced"`
	AggregatedCommitStatus    bool    `json:"aggregated-commit-status-enabled"`
	CollaboratorAuthPolicy    string  `json:"collaborator-auth-policy"`
	CostEstimationEnabled     bool    `json:"cost-estimation-enabled"`
	DefaultExecutionMode      string  `json:"default-execution-mode"`
	EnforceHYOK               bool    `json:"enforce-hyok"`
	OwnersTeamSAMLRoleID      *string `json:"owners-team-saml-role-id"`
	RegistryMonorepo          bool    `json:"registry-monorepo-support-enabled"`
	SendPassingStatuses       bool    `json:"send-passing-statuses-for-untriggered-speculative-plans"`
	SessionRemember           *int    `json:"session-remember"`
	SessionTimeout            *int    `json:"session-timeout"`
	SpeculativePlanManagement bool    `json:"speculative-plan-management-enabled"`
	StacksEnabled             bool    `json:"stacks-enabled"`
	DefaultAgentPool          string  `json:"default-agent-pool,omitempty"` // kept; shown as a relationship
}

func defaultOrganizationSettings() organizationSettings {
	return organizationSettings{
		CollaboratorAuthPolicy: "password", DefaultExecutionMode: modeRemote, CostEstimationEnabled: true,
		SpeculativePlanManagement: true,
	}
}

// check reports every setting that cannot be.
func (s organizationSettings) check() error {
	return errors.Join(
		answer.OneOf("collaborator-auth-policy", s.CollaboratorAuthPolicy, "password", "two_factor_mandatory"),
		answer.OneOf("default-execution-mode", s.DefaultExecutionMode, modeRemote, modeLocal, modeAgent),
		minutes("session-remember", s.SessionRemember),
		minutes("session-timeout", s.SessionTimeout),
	)
}

// checkPool refuses an agent pool where no agent runs anything.
func (s organizationSettings) checkPool() error {
	if s.DefaultAgentPool != "" && s.DefaultExecutionMode != modeAgent {
		return fault.At("/data/relationships/default-agent-pool", "must not be specified unless using 'agent' execution mode")
	}
	return nil
}

// checkOrganizationName refuses names that this API's clients may not give (research tfe-api 6.2): they stand in paths. A
// name that came in otherwise may stay.
func checkOrganizationName(name, before string) error {
	if strings.TrimSpace(name) == "" || name == before || regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(name) {
		return nil
	}
	return fault.At("name", "Name may only contain letters, digits, - and _")
}

// organizationAttributes are the attributes of an organization as documents show them.
type organizationAttributes struct {
	organizationInput
	organizationSettings
	ExternalID             string          `json:"external-id"`
	CreatedAt              any             `json:"created-at"`
	Permissions            map[string]bool `json:"permissions"`
	SAMLEnabled            bool            `json:"saml-enabled"`
	TwoFactorConformant    bool            `json:"two-factor-conformant"`
	IsUnified              bool            `json:"is-unified"`
	FairRunQueuing         bool            `json:"fair-run-queuing-enabled"`
	RemainingTestableCount int             `json:"remaining-testable-count"`
	PlanExpired            bool            `json:"plan-expired"`
	PlanIsTrial            bool            `json:"plan-is-trial"`
	PlanIsEnterprise       bool            `json:"plan-is-enterprise"`
	PlanIdentifier         string          `json:"plan-identifier"`
	TrialExpiresAt         any             `json:"trial-expires-at"`
}

// organizationResource shows an organization. Its id is its name (research tfe-api 1.0).
func (h *Handler) organizationResource(o catalog.Organization, can map[string]bool, retention catalog.Retention) (jsonapi.Resource, error) {
	settings := defaultOrganizationSettings()
	if err := recallKept(o.Attributes, &settings); err != nil {
		return jsonapi.Resource{}, err
	}
	plan := "enterprise"
	if h.Mode == ModeHCP {
		plan = "business"
	}
	pool := settings.DefaultAgentPool
	settings.DefaultAgentPool = ""
	path := "organizations/" + o.Name
	shown := jsonapi.Resource{
		ID: o.Name, Type: answer.TypeOrganizations,
		Attributes: organizationAttributes{
			organizationInput: organizationInput{
				Name: o.Name, Email: o.Email, AllowForceDelete: o.AllowForceDelete,
				UserTokensEnabled: !o.RefuseUserTokens, MaxTTLEnabled: o.LimitTokenLives,
			},
			organizationSettings: settings,
			ExternalID:           o.ID, CreatedAt: answer.Stamp(o.CreatedAt), Permissions: can, FairRunQueuing: true,
			RemainingTestableCount: 5, PlanIsEnterprise: h.Mode != ModeHCP, PlanIdentifier: plan,
		},
		Relationships: map[string]jsonapi.Relationship{
			"default-project":            jsonapi.ToOne(answer.TypeProjects, o.DefaultProjectID).At("/api/v2/projects/" + o.DefaultProjectID),
			"default-agent-pool":         jsonapi.ToOne(typeAgentPools, pool),
			"data-retention-policy":      retentionLinkage(retention),
			"entitlement-set":            jsonapi.ToOne(typeEntitlements, o.ID).At("/api/v2/" + path + "/entitlement-set"),
			"primary-hyok-configuration": jsonapi.ToOne("", ""),
			"authentication-token":       jsonapi.Elsewhere("/api/v2/" + path + "/authentication-token"),
		},
		Links: answer.Self(path),
	}
	if h.Mode == ModeHCP {
		shown.Relationships["subscription"] = jsonapi.ToOne(typeSubscriptions, subscriptionID(o)).At("/api/v2/" + path + "/subscription")
	}
	return shown, nil
}

// entitlements are what an organization may use: everything that is served here (research tfe-api 1.1).
func entitlements(o catalog.Organization) jsonapi.Resource {
	can := map[string]any{"user-limit": nil, "waypoint-actions": false, "infragraph-with-nrtu": false}
	for _, name := range []string{
		"agents", "audit-logging", "cost-estimation", "global-run-tasks", "infragraph", "operations", "policy-enforcement",
		"private-module-registry", "private-policy-agents", "private-run-tasks", "private-vcs", "run-tasks", "self-serve-billing",
		"sentinel", "sso", "state-storage", "teams", "usage-reporting", "user-limit-enforced", "vcs-integrations",
		"waypoint-templates-and-addons",
	} {
		can[name] = true
	}
	return jsonapi.Resource{ID: o.ID, Type: typeEntitlements, Attributes: can, Links: answer.Self("organizations/" + o.Name + "/entitlement-set")}
}

func (h *Handler) readEntitlements(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: entitlements(o)})
}

// readCapacity says how many runs wait and run: none, since runs are another service's.
func (h *Handler) readCapacity(c echo.Context) error {
	o, err := h.organization(c)
	if err != nil {
		return err
	}
	none := map[string]int{"pending": 0, "running": 0}
	return answer.Send(c, http.StatusOK, jsonapi.Document{Data: jsonapi.Resource{ID: o.Name, Type: "organization-capacity", Attributes: none}})
}
