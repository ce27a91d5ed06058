resource "tfe_team_access" "this" {
  for_each     = var.workspace_access
  team_id      = tfe_team.this[each.value.team].id
  workspace_id = tfe_workspace.this[each.value.workspace].id
  access       = each.value.access

  dynamic "permissions" {
    for_each = each.value.permissions == null ? [] : [each.value.permissions]
    content {
      runs              = permissions.value.runs
      variables         = permissions.value.variables
      state_versions    = permissions.value.state_versions
      sentinel_mocks    = permissions.value.sentinel_mocks
      workspace_locking = permissions.value.workspace_locking
      run_tasks         = permissions.value.run_tasks
    }
  }
}

resource "tfe_team_project_access" "this" {
  for_each   = var.project_access
  team_id    = tfe_team.this[each.value.team].id
  project_id = tfe_project.this[each.value.project].id
  access     = each.value.access

  dynamic "project_access" {
    for_each = each.value.project_permissions == null ? [] : [each.value.project_permissions]
    content {
      settings      = project_access.value.settings
      teams         = project_access.value.teams
      variable_sets = project_access.value.variable_sets
    }
  }

  dynamic "workspace_access" {
    for_each = each.value.workspace_permissions == null ? [] : [each.value.workspace_permissions]
    content {
      runs           = workspace_access.value.runs
      variables      = workspace_access.value.variables
      state_versions = workspace_access.value.state_versions
      sentinel_mocks = workspace_access.value.sentinel_mocks
      create         = workspace_access.value.create
      delete         = workspace_access.value.delete
      move           = workspace_access.value.move
      locking        = workspace_access.value.locking
      run_tasks      = workspace_access.value.run_tasks
    }
  }
}
