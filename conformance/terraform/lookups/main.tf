data "tfe_current_user" "me" {}

data "tfe_organizations" "all" {}

data "tfe_organization" "this" {
  name = var.organization
}

data "tfe_teams" "all" {
  organization = var.organization
}

data "tfe_team" "this" {
  organization = var.organization
  name         = var.team
}

data "tfe_projects" "all" {
  organization = var.organization
}

data "tfe_project" "this" {
  organization = var.organization
  name         = var.project
}

data "tfe_workspace_ids" "all" {
  organization = var.organization
  names        = ["*"]
}

data "tfe_workspace_ids" "tagged" {
  organization = var.organization
  tag_names    = [var.tag]
}

data "tfe_workspace" "this" {
  organization = var.organization
  name         = var.workspace
}

data "tfe_organization_tags" "all" {
  organization = var.organization
}

data "tfe_team_access" "this" {
  team_id      = data.tfe_team.this.id
  workspace_id = data.tfe_workspace.this.id
}

data "tfe_team_project_access" "this" {
  team_id    = data.tfe_team.this.id
  project_id = data.tfe_project.this.id
}
