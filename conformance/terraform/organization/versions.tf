# The host and the token come from TFE_HOSTNAME and TFE_TOKEN; ../README.md says how to point them at Terrawarden.
terraform {
  required_version = ">= 1.5"
  required_providers {
    tfe = {
      source  = "hashicorp/tfe"
      version = "~> 0.79"
    }
  }
}

provider "tfe" {}
