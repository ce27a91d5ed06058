resource "tfe_organization" "this" {
  name                                                    = var.organization.name
  email                                                   = var.organization.email
  session_timeout_minutes                                 = var.organization.session_timeout_minutes
  session_remember_minutes                                = var.organization.session_remember_minutes
  collaborator_auth_policy                                = var.organization.collaborator_auth_policy
  owners_team_saml_role_id                                = var.organization.owners_team_saml_role_id
  cost_estimation_enabled                                 = var.organization.cost_estimation_enabled
  send_passing_statuses_for_untriggered_speculative_plans = var.organization.send_passing_statuses_for_untriggered_speculative_plans
  aggregated_commit_status_enabled                        = var.organization.aggregated_commit_status_enabled
  speculative_plan_management_enabled                     = var.organization.speculative_plan_management_enabled
  assessments_enforced                                    = var.organization.assessments_enforced
  allow_force_delete_workspaces                           = var.organization.allow_force_delete_workspaces
  stacks_enabled                                          = var.organization.stacks_enabled
  user_tokens_enabled                                     = var.organization.user_tokens_enabled
  max_ttl_enabled                                         = var.organization.max_ttl_enabled
}

resource "tfe_organization_default_settings" "this" {
  organization           = tfe_organization.this.name
  default_execution_mode = var.default_execution_mode
}

resource "tfe_agent_pool" "this" {
  for_each            = var.agent_pools
  organization        = tfe_organization.this.name
  name                = each.value.name
  organization_scoped = each.value.workspaces == null
}

resource "tfe_agent_pool_allowed_workspaces" "this" {
  for_each              = { for key, pool in var.agent_pools : key => pool.workspaces if pool.workspaces != null }
  agent_pool_id         = tfe_agent_pool.this[each.key].id
  allowed_workspace_ids = [for key in each.value : tfe_workspace.this[key].id]
}

resource "tfe_data_retention_policy" "this" {
  organization = tfe_organization.this.name
  delete_older_than {
    days = var.keep_days
  }
}

resource "tfe_data_retention_policy" "kept" {
  for_each     = var.kept
  workspace_id = tfe_workspace.this[each.key].id
  dont_delete {}
}
