resource "tfe_workspace" "this" {
  for_each                      = var.workspaces
  organization                  = tfe_organization.this.name
  project_id                    = tfe_project.this[each.value.project].id
  name                          = each.value.name
  description                   = each.value.description
  tag_names                     = each.value.tag_names
  tags                          = each.value.tags
  terraform_version             = each.value.terraform_version
  working_directory             = each.value.working_directory
  trigger_prefixes              = each.value.trigger_prefixes
  trigger_patterns              = each.value.trigger_patterns
  auto_apply_run_trigger        = each.value.auto_apply_run_trigger
  auto_destroy_at               = each.value.auto_destroy_at
  allow_destroy_plan            = each.value.allow_destroy_plan
  file_triggers_enabled         = each.value.file_triggers_enabled
  queue_all_runs                = each.value.queue_all_runs
  speculative_enabled           = each.value.speculative_enabled
  structured_run_output_enabled = each.value.structured_run_output_enabled
  source_name                   = each.value.source_name
  source_url                    = each.value.source_url
  force_delete                  = each.value.force_delete

  # What it inherits must be settled before it is read.
  depends_on = [tfe_organization_default_settings.this, tfe_project_settings.this]
}

# Settings that a change here would reset when they stood with the workspace above.
resource "tfe_workspace_settings" "this" {
  for_each                  = var.workspaces
  workspace_id              = tfe_workspace.this[each.key].id
  execution_mode            = each.value.execution_mode
  agent_pool_id             = each.value.pool == null ? null : tfe_agent_pool.this[each.value.pool].id
  auto_apply                = each.value.auto_apply
  assessments_enabled       = each.value.assessments_enabled
  global_remote_state       = each.value.global_remote_state
  remote_state_consumer_ids = each.value.consumers == null ? null : [for key in each.value.consumers : tfe_workspace.this[key].id]

  # A workspace takes a pool only once the pool allows it.
  depends_on = [tfe_agent_pool_allowed_workspaces.this]
}
