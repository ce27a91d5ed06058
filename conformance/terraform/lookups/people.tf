# Who manages members sees them.

data "tfe_organization_members" "all" {
  count        = var.person == null ? 0 : 1
  organization = var.organization
}

data "tfe_organization_membership" "person" {
  count        = var.person == null ? 0 : 1
  organization = var.organization
  email        = var.person
}
