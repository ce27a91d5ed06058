resource "tfe_project" "this" {
  for_each                       = var.projects
  organization                   = tfe_organization.this.name
  name                           = each.value.name
  description                    = each.value.description
  tags                           = each.value.tags
  auto_destroy_activity_duration = each.value.auto_destroy_activity_duration
}

resource "tfe_project_settings" "this" {
  for_each               = { for key, project in var.projects : key => project.execution_mode if project.execution_mode != null }
  project_id             = tfe_project.this[each.key].id
  default_execution_mode = each.value
}
