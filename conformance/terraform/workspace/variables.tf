variable "organization" {
  description = "The organization."
  type        = string
}

variable "workspaces" {
  description = "Workspaces and the project each is in by name; null is the organization's default project."
  type        = map(string)
}

variable "projects" {
  description = "Names of projects to create: takes manage_projects."
  type        = set(string)
  default     = []
}

variable "teams" {
  description = "Names of teams to create: takes manage_teams."
  type        = set(string)
  default     = []
}
