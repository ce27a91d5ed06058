resource "tfe_team" "this" {
  for_each                      = var.teams
  organization                  = tfe_organization.this.name
  name                          = each.value.name
  visibility                    = each.value.visibility
  sso_team_id                   = each.value.sso_team_id
  allow_member_token_management = each.value.allow_member_token_management

  organization_access {
    access_secret_teams        = contains(each.value.may, "access_secret_teams")
    delegate_policy_overrides  = contains(each.value.may, "delegate_policy_overrides")
    manage_agent_pools         = contains(each.value.may, "manage_agent_pools")
    manage_membership          = contains(each.value.may, "manage_membership")
    manage_modules             = contains(each.value.may, "manage_modules")
    manage_organization_access = contains(each.value.may, "manage_organization_access")
    manage_policies            = contains(each.value.may, "manage_policies")
    manage_policy_overrides    = contains(each.value.may, "manage_policy_overrides")
    manage_projects            = contains(each.value.may, "manage_projects")
    manage_providers           = contains(each.value.may, "manage_providers")
    manage_run_tasks           = contains(each.value.may, "manage_run_tasks")
    manage_teams               = contains(each.value.may, "manage_teams")
    manage_vcs_settings        = contains(each.value.may, "manage_vcs_settings")
    manage_workspaces          = contains(each.value.may, "manage_workspaces")
    read_projects              = contains(each.value.may, "read_projects")
    read_workspaces            = contains(each.value.may, "read_workspaces")
  }
}
