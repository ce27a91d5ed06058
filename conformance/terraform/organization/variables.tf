# Each map is keyed by a word of this configuration; what the service calls the thing is its `name`. So a thing can be
# renamed without being replaced.

variable "organization" {
  description = "The organization and its settings."
  type = object({
    name                                                    = string
    email                                                   = string
    session_timeout_minutes                                 = optional(number)
    session_remember_minutes                                = optional(number)
    collaborator_auth_policy                                = optional(string, "password")
    owners_team_saml_role_id                                = optional(string)
    cost_estimation_enabled                                 = optional(bool)
    send_passing_statuses_for_untriggered_speculative_plans = optional(bool)
    aggregated_commit_status_enabled                        = optional(bool)
    speculative_plan_management_enabled                     = optional(bool, true)
    assessments_enforced                                    = optional(bool)
    allow_force_delete_workspaces                           = optional(bool, false)
    stacks_enabled                                          = optional(bool)
    user_tokens_enabled                                     = optional(bool, true)
    max_ttl_enabled                                         = optional(bool, false)
  })
}

variable "default_execution_mode" {
  description = "How workspaces run that do not say so themselves, nor their project: remote or local."
  type        = string
  default     = "remote"
}

variable "agent_pools" {
  description = "Agent pools, and the workspaces they are for when they are not for all."
  type = map(object({
    name       = string
    workspaces = optional(set(string))
  }))
  default = {}
}

variable "teams" {
  description = "Teams, what each may do in the organization (the names of organization_access), and its members by username."
  type = map(object({
    name                          = string
    visibility                    = optional(string, "secret")
    sso_team_id                   = optional(string)
    allow_member_token_management = optional(bool, true)
    may                           = optional(set(string), [])
    members                       = optional(set(string), [])
  }))
}

variable "guests" {
  description = "Members of a team who are kept one by one, beside others whom this configuration does not know."
  type        = map(object({ team = string, username = string }))
  default     = {}
}

variable "invitations" {
  description = "People invited by e-mail."
  type        = map(object({ email = string }))
  default     = {}
}

variable "invited" {
  description = "Teams that invited people join: the whole list of a team."
  type        = map(set(string))
  default     = {}
}

variable "invited_guest" {
  description = "One invited person who joins one more team."
  type        = object({ invitation = string, team = string })
  default     = null
}

variable "projects" {
  description = "Projects."
  type = map(object({
    name                           = string
    description                    = optional(string)
    tags                           = optional(map(string))
    auto_destroy_activity_duration = optional(string)
    execution_mode                 = optional(string)
  }))
}

variable "workspaces" {
  description = "Workspaces, each in a project. What is left out is the service's default."
  type = map(object({
    name                          = string
    project                       = string
    description                   = optional(string)
    tag_names                     = optional(set(string))
    tags                          = optional(map(string))
    terraform_version             = optional(string)
    working_directory             = optional(string)
    trigger_prefixes              = optional(list(string))
    trigger_patterns              = optional(list(string))
    auto_apply                    = optional(bool)
    auto_apply_run_trigger        = optional(bool)
    auto_destroy_at               = optional(string)
    allow_destroy_plan            = optional(bool)
    assessments_enabled           = optional(bool)
    file_triggers_enabled         = optional(bool)
    queue_all_runs                = optional(bool)
    speculative_enabled           = optional(bool)
    structured_run_output_enabled = optional(bool)
    source_name                   = optional(string)
    source_url                    = optional(string)
    execution_mode                = optional(string)
    pool                          = optional(string)
    global_remote_state           = optional(bool)
    consumers                     = optional(set(string))
    force_delete                  = optional(bool)
  }))
}

variable "workspace_access" {
  description = "What teams may do in workspaces: one of read, plan, write and admin, or the permissions one by one."
  type = map(object({
    team      = string
    workspace = string
    access    = optional(string)
    permissions = optional(object({
      runs              = string
      variables         = string
      state_versions    = string
      sentinel_mocks    = string
      workspace_locking = bool
      run_tasks         = bool
    }))
  }))
  default = {}
}

variable "project_access" {
  description = "What teams may do in projects: one of read, write, maintain and admin, or custom and the permissions one by one."
  type = map(object({
    team    = string
    project = string
    access  = string
    project_permissions = optional(object({
      settings      = optional(string)
      teams         = optional(string)
      variable_sets = optional(string)
    }))
    workspace_permissions = optional(object({
      runs           = optional(string)
      variables      = optional(string)
      state_versions = optional(string)
      sentinel_mocks = optional(string)
      create         = optional(bool)
      delete         = optional(bool)
      move           = optional(bool)
      locking        = optional(bool)
      run_tasks      = optional(bool)
    }))
  }))
  default = {}
}

variable "token_lives" {
  description = "The longest life of tokens by kind, such as 3mo (in the largest unit: the provider turns 90d into 3mo); takes effect with max_ttl_enabled."
  type = object({
    organization = string
    team         = string
    user         = string
    audit_trail  = string
  })
}

variable "team_tokens" {
  description = "Tokens of teams. Without a description it is the one token of the team that has none."
  type        = map(object({ team = string, description = optional(string) }))
  default     = {}
}

variable "tokens_expire_at" {
  description = "When the tokens expire (RFC 3339). Without it they live two years."
  type        = string
  default     = null
}

variable "keep_days" {
  description = "For how many days data of the organization is kept."
  type        = number
}

variable "kept" {
  description = "Workspaces whose data is kept for good."
  type        = set(string)
  default     = []
}
