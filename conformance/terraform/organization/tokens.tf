# Secrets of tokens are in the state: keep it as you keep them.

resource "tfe_organization_token" "this" {
  organization = tfe_organization.this.name
  expired_at   = var.tokens_expire_at
}

resource "tfe_audit_trail_token" "this" {
  organization = tfe_organization.this.name
  expired_at   = var.tokens_expire_at
}

resource "tfe_team_token" "this" {
  for_each    = var.team_tokens
  team_id     = tfe_team.this[each.value.team].id
  description = each.value.description
  expired_at  = var.tokens_expire_at
}

resource "tfe_org_max_token_ttl_policy" "this" {
  organization              = tfe_organization.this.name
  org_token_max_ttl         = var.token_lives.organization
  team_token_max_ttl        = var.token_lives.team
  user_token_max_ttl        = var.token_lives.user
  audit_trail_token_max_ttl = var.token_lives.audit_trail
}
