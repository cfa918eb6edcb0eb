variable "scope_key" {
  type    = string
  default = "_sourceCategory"
}
variable "default_scope_value" {
  type = string
}
variable "scope_key_variable_display_name" {
  type    = string
  default = "Logsdatasource"
}
