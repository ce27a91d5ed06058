variable "organization" {
  description = "Where to look."
  type        = string
}

variable "team" {
  description = "The team to look up by name."
  type        = string
}

variable "project" {
  description = "The project to look up by name."
  type        = string
}

variable "workspace" {
  description = "The workspace to look up by name."
  type        = string
}

variable "person" {
  description = "The e-mail address of a member or of somebody invited; null to look up nobody."
  type        = string
  default     = null
}

variable "tag" {
  description = "The tag to find workspaces by."
  type        = string
}
