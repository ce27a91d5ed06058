output "me" {
  value = data.tfe_current_user.me.username
}

output "organizations" {
  value = data.tfe_organizations.all.names
}

output "email" {
  value = data.tfe_organization.this.email
}

output "teams" {
  value = sort(data.tfe_teams.all.names)
}

output "projects" {
  value = sort([for project in data.tfe_projects.all.projects : project.name])
}

output "project_tags" {
  value = data.tfe_project.this.effective_tags
}

output "project_workspaces" {
  value = data.tfe_project.this.workspace_names
}

output "workspaces" {
  value = keys(data.tfe_workspace_ids.all.ids)
}

output "tagged" {
  value = keys(data.tfe_workspace_ids.tagged.ids)
}

output "tags" {
  value = { for tag in data.tfe_organization_tags.all.tags : tag.name => tag.workspace_count }
}

output "workspace_tags" {
  value = data.tfe_workspace.this.effective_tags
}

output "can_queue_apply" {
  value = data.tfe_workspace.this.permissions["can-queue-apply"]
}

output "can_force_delete" {
  value = data.tfe_workspace.this.permissions["can-force-delete"]
}

output "workspace_access" {
  value = data.tfe_team_access.this.access
}

output "project_access" {
  value = data.tfe_team_project_access.this.access
}

output "members" {
  value = length(flatten(data.tfe_organization_members.all[*].members))
}

output "invited" {
  value = length(flatten(data.tfe_organization_members.all[*].members_waiting))
}

output "person" {
  value = one(data.tfe_organization_membership.person[*].username)
}
