resource "sumologic_dashboard" "overview" {
  title            = "Partner Web - Overview"
  description      = "What was asked for."
  folder_id        = sumologic_folder.app.id
  refresh_interval = 120
  theme            = "Light"
  time_range {
    begin_bounded_time_range {
      from {
        relative_time_range { relative_time = "-24h" }
      }
    }
  }
  panel {
    sumo_search_panel {
      key             = "total"
      title           = "Requests"
      visual_settings = jsonencode({ "general" : { "mode" : "singleValueMetrics", "type" : "svp" } })
      query {
        query_string = "${var.scope_key}={{${var.scope_key_variable_display_name}}} | json \"status\" as status | count"
        query_type   = "Logs"
        query_key    = "A"
      }
    }
  }
  panel {
    sumo_search_panel {
      key             = "by-status"
      title           = "By status"
      visual_settings = "{\"general\":{\"mode\":\"distribution\",\"type\":\"pie\"}}"
      query {
        query_string = <<-EOT
          ${var.scope_key}={{${var.scope_key_variable_display_name}}}
          | json "status" as status
          | count by status | sort by _count, status
        EOT
        query_type   = "Logs"
        query_key    = "A"
      }
    }
  }
  layout {
    grid {
      layout_structure {
        key       = "total"
        structure = "{\"height\":6,\"width\":6,\"x\":0,\"y\":0}"
      }
      layout_structure {
        key       = "by-status"
        structure = "{\"height\":6,\"width\":6,\"x\":6,\"y\":0}"
      }
    }
  }
  variable {
    name          = var.scope_key_variable_display_name
    display_name  = var.scope_key_variable_display_name
    default_value = var.default_scope_value
    source_definition {
      csv_variable_source_definition { values = var.default_scope_value }
    }
    allow_multi_select = false
    include_all_option = true
    hide_from_ui       = false
  }
}
resource "sumologic_folder" "app" {
  name        = "Partner Web"
  description = "Requests of a web server."
  parent_id   = data.sumologic_personal_folder.me.id
}
resource "sumologic_connection" "hook" {
  type = "WebhookConnection"
  name = "Told"
}
