# A username that nobody has becomes a new person (create-unknown-members); an invited person joins with the first login.

resource "tfe_team_members" "this" {
  for_each  = { for key, team in var.teams : key => team.members if length(team.members) > 0 }
  team_id   = tfe_team.this[each.key].id
  usernames = each.value
}

resource "tfe_team_member" "guest" {
  for_each = var.guests
  team_id  = tfe_team.this[each.value.team].id
  username = each.value.username
}

resource "tfe_organization_membership" "this" {
  for_each     = var.invitations
  organization = tfe_organization.this.name
  email        = each.value.email
}

resource "tfe_team_organization_members" "this" {
  for_each                    = var.invited
  team_id                     = tfe_team.this[each.key].id
  organization_membership_ids = [for key in each.value : tfe_organization_membership.this[key].id]
}

resource "tfe_team_organization_member" "guest" {
  for_each                   = var.invited_guest == null ? {} : { this = var.invited_guest }
  team_id                    = tfe_team.this[each.value.team].id
  organization_membership_id = tfe_organization_membership.this[each.value.invitation].id
}
