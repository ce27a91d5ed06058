# Small on purpose: what is left out is the service's default, and must not come back as a change.
organization = {
  name  = "acme"
  email = "platform@acme.example"
}

default_execution_mode = "remote"

agent_pools = {
  shared  = { name = "shared" }
  private = { name = "private", workspaces = ["network"] }
}

keep_days = 90
kept      = ["network"]

teams = {
  platform = {
    name       = "platform"
    visibility = "organization"
    may        = ["manage_projects", "manage_workspaces", "manage_run_tasks", "manage_vcs_settings"]
    members    = ["ana", "bo"]
  }
  leads = {
    name        = "leads"
    visibility  = "organization"
    sso_team_id = "leads-of-acme"
    may         = ["manage_membership", "manage_teams"]
    members     = ["cleo"]
  }
  deployers = {
    name                          = "deployers"
    visibility                    = "organization"
    allow_member_token_management = false
    may                           = ["manage_workspaces"]
    members                       = ["dana"]
  }
  auditors = {
    name = "auditors"
    may  = ["read_projects", "read_workspaces"]
  }
  contractors = {
    name = "contractors"
  }
}

guests = {
  emil = { team = "contractors", username = "emil" }
  fay  = { team = "contractors", username = "fay" }
}

invitations = {
  gus  = { email = "gus@audit.example" }
  hana = { email = "hana@audit.example" }
}

invited = {
  auditors = ["gus"]
}

invited_guest = { invitation = "hana", team = "contractors" }

projects = {
  shop = {
    name        = "Web shop"
    description = "What customers see."
    tags        = { cost-centre = "1001", tier = "gold" }
  }
  base = {
    name                           = "Base"
    auto_destroy_activity_duration = "14d"
    execution_mode                 = "local"
  }
}

workspaces = {
  network = {
    name              = "network"
    project           = "base"
    description       = "The network everything else is in."
    tag_names         = ["base", "network"]
    terraform_version = "1.9.0"
    working_directory = "network/"
    trigger_prefixes  = ["/modules", "/network"]
    execution_mode    = "agent"
    pool              = "private"
    consumers         = ["shop-prod", "shop-test"]
  }
  shop-prod = {
    name        = "shop-prod"
    project     = "shop"
    description = "The shop."
    tags        = { environment = "prod" }
    auto_apply  = false
    source_name = "portal"
    source_url  = "https://portal.acme.example/shop"
  }
  shop-test = {
    name                = "shop-test"
    project             = "shop"
    tag_names           = ["test"]
    auto_apply          = true
    global_remote_state = true
    trigger_patterns    = ["/shop/**/*", "/modules/**/*"]
    execution_mode      = "remote"
  }
  scratch = {
    name            = "scratch"
    project         = "base"
    auto_destroy_at = "2038-01-01T00:00:00Z"
  }
}

workspace_access = {
  auditors-network    = { team = "auditors", workspace = "network", access = "read" }
  deployers-network   = { team = "deployers", workspace = "network", access = "write" }
  contractors-prod    = { team = "contractors", workspace = "shop-prod", access = "plan" }
  contractors-test    = { team = "contractors", workspace = "shop-test", access = "write" }
  contractors-scratch = { team = "contractors", workspace = "scratch", access = "admin" }
  leads-prod = {
    team      = "leads"
    workspace = "shop-prod"
    permissions = {
      runs              = "apply"
      variables         = "read"
      state_versions    = "read-outputs"
      sentinel_mocks    = "none"
      workspace_locking = true
      run_tasks         = false
    }
  }
}

project_access = {
  leads-shop       = { team = "leads", project = "shop", access = "maintain" }
  auditors-shop    = { team = "auditors", project = "shop", access = "read" }
  contractors-base = { team = "contractors", project = "base", access = "write" }
  deployers-base = {
    team    = "deployers"
    project = "base"
    access  = "custom"
    project_permissions = {
      settings      = "update"
      teams         = "read"
      variable_sets = "write"
    }
    workspace_permissions = {
      runs           = "apply"
      variables      = "write"
      state_versions = "write"
      sentinel_mocks = "read"
      create         = true
      delete         = false
      move           = false
      locking        = true
      run_tasks      = true
    }
  }
}

token_lives = {
  organization = "2y"
  team         = "2y"
  user         = "1y"
  audit_trail  = "6mo"
}

team_tokens = {
  platform  = { team = "platform" }
  pipeline  = { team = "deployers", description = "the pipeline" }
  nightlies = { team = "deployers", description = "nightly runs" }
}
