# acme.tfvars a year later: nearly every attribute has another value.

organization = {
  name                                                    = "acme"
  email                                                   = "it@acme.example"
  session_timeout_minutes                                 = 720
  session_remember_minutes                                = 1440
  collaborator_auth_policy                                = "two_factor_mandatory"
  owners_team_saml_role_id                                = "owners-of-acme"
  cost_estimation_enabled                                 = false
  send_passing_statuses_for_untriggered_speculative_plans = true
  aggregated_commit_status_enabled                        = false
  speculative_plan_management_enabled                     = false
  assessments_enforced                                    = true
  allow_force_delete_workspaces                           = true
  stacks_enabled                                          = false
  user_tokens_enabled                                     = false
  max_ttl_enabled                                         = true
}

default_execution_mode = "local"

agent_pools = {
  shared  = { name = "common" }
  private = { name = "reserved", workspaces = ["network", "shop-prod"] }
}

keep_days = 30
kept      = ["network", "shop-prod"]

teams = {
  platform = {
    name        = "platform engineering"
    visibility  = "secret"
    sso_team_id = "platform-of-acme"
    may         = ["manage_agent_pools", "manage_modules", "manage_providers", "manage_policies", "manage_policy_overrides"]
    members     = ["bo", "ivo"]
  }
  leads = {
    name       = "leads"
    visibility = "organization"
    may        = ["manage_membership", "manage_teams", "manage_organization_access", "access_secret_teams", "read_workspaces", "read_projects"]
    members    = ["cleo", "dana"]
  }
  deployers = {
    name                          = "deployers"
    visibility                    = "secret"
    allow_member_token_management = true
    may                           = ["manage_workspaces", "manage_projects", "delegate_policy_overrides"]
    members                       = ["dana"]
  }
  auditors = {
    name       = "auditors"
    visibility = "organization"
    may        = ["read_workspaces"]
  }
  contractors = {
    name = "contractors"
    may  = ["manage_membership"]
  }
}

guests = {
  emil = { team = "contractors", username = "emil" }
  jo   = { team = "contractors", username = "jo" }
}

invitations = {
  gus  = { email = "gus@audit.example" }
  hana = { email = "hana@audit.example" }
  kim  = { email = "kim@audit.example" }
}

invited = {
  auditors = ["hana", "kim"]
}

invited_guest = { invitation = "gus", team = "contractors" }

projects = {
  shop = {
    name                           = "Storefront"
    description                    = "What customers see and touch."
    tags                           = { cost-centre = "2002", reviewed = "yes" }
    auto_destroy_activity_duration = "30d"
    execution_mode                 = "remote"
  }
  base = {
    name           = "Foundation"
    description    = "What everything stands on."
    execution_mode = "remote"
  }
}

workspaces = {
  network = {
    name                          = "core-network"
    project                       = "base"
    description                   = "The network."
    tag_names                     = ["base", "core"]
    terraform_version             = "1.11.4"
    working_directory             = "core/"
    trigger_patterns              = ["/core/**/*"]
    execution_mode                = "local"
    consumers                     = ["shop-prod"]
    auto_apply                    = true
    auto_apply_run_trigger        = true
    allow_destroy_plan            = false
    assessments_enabled           = true
    file_triggers_enabled         = false
    queue_all_runs                = false
    speculative_enabled           = false
    structured_run_output_enabled = false
  }
  shop-prod = {
    name           = "storefront-prod"
    project        = "base"
    description    = "The storefront."
    tags           = { environment = "production", pci = "yes" }
    auto_apply     = true
    source_name    = "portal"
    source_url     = "https://portal.acme.example/shop"
    execution_mode = "agent"
    pool           = "private"
  }
  shop-test = {
    name                = "storefront-test"
    project             = "shop"
    auto_apply          = false
    global_remote_state = false
    trigger_prefixes    = ["/storefront"]
  }
  scratch = {
    name         = "scratch"
    project      = "base"
    force_delete = true
  }
}

workspace_access = {
  auditors-network    = { team = "auditors", workspace = "network", access = "plan" }
  deployers-network   = { team = "deployers", workspace = "network", access = "admin" }
  contractors-prod    = { team = "contractors", workspace = "shop-prod", access = "read" }
  contractors-scratch = { team = "contractors", workspace = "scratch", access = "write" }
  contractors-test = {
    team      = "contractors"
    workspace = "shop-test"
    permissions = {
      runs              = "plan"
      variables         = "write"
      state_versions    = "read"
      sentinel_mocks    = "read"
      workspace_locking = false
      run_tasks         = true
    }
  }
  leads-prod = { team = "leads", workspace = "shop-prod", access = "admin" }
}

project_access = {
  leads-shop    = { team = "leads", project = "shop", access = "admin" }
  auditors-shop = { team = "auditors", project = "shop", access = "write" }
  contractors-base = {
    team    = "contractors"
    project = "base"
    access  = "custom"
    project_permissions = {
      settings = "read"
      teams    = "none"
    }
    workspace_permissions = {
      runs   = "plan"
      create = true
    }
  }
  deployers-base = {
    team    = "deployers"
    project = "base"
    access  = "custom"
    project_permissions = {
      settings      = "delete"
      teams         = "manage"
      variable_sets = "read"
    }
    workspace_permissions = {
      runs           = "read"
      variables      = "none"
      state_versions = "read-outputs"
      sentinel_mocks = "none"
      create         = false
      delete         = true
      move           = true
      locking        = false
      run_tasks      = false
    }
  }
}

token_lives = {
  organization = "1y"
  team         = "3mo"
  user         = "1mo"
  audit_trail  = "1y"
}

team_tokens = {
  platform  = { team = "platform" }
  pipeline  = { team = "deployers", description = "the new pipeline" }
  nightlies = { team = "leads", description = "nightly runs" }
}
