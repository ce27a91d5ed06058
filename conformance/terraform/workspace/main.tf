data "tfe_project" "this" {
  for_each     = toset([for project in values(var.workspaces) : project if project != null])
  organization = var.organization
  name         = each.value
}

resource "tfe_workspace" "this" {
  for_each     = var.workspaces
  organization = var.organization
  name         = each.key
  project_id   = each.value == null ? null : data.tfe_project.this[each.value].id
}

resource "tfe_project" "this" {
  for_each     = var.projects
  organization = var.organization
  name         = each.value
}

resource "tfe_team" "this" {
  for_each     = var.teams
  organization = var.organization
  name         = each.value
}
