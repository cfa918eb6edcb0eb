"""Content: folders, dashboards, saved searches and lookup tables in one tree, with owners.

Owns the tree and its rules; leaves to `dohyo.apps` what an installed app brings, to `dohyo.api` routes and
jobs. What came in as a published definition goes out again unchanged; content of an app is read-only.

Entry points:
- `library.Library(metadata)`: get, children, personal, global_items, dashboards, dashboard (by opaque id),
  at_path, place, export; create, create_folder, rename, replace, move, copy, delete, import_into. Every call
  takes `rights.Caller.of(principal, admin_mode)` and raises `refusals.ContentRefused(status, code)`.
- `shapes.item_json`, `shapes.folder_json`, `shapes.place_json`: the published Content, Folder and path.
- `dashboards.dashboard_json(item)`: the published resource; `shapes.dashboard_draft(request)` for
  `Library.create` and, as `lambda item: dashboard_draft(request, item)`, for `Library.replace`.
- `searches.log_search_json(item)`, `shapes.search_draft(request)`: the same for log searches.
- `lookup_tables.LookupTables(metadata)`: table_at (for `search.Searches(tables=...)`), upload, truncate,
  put_row, delete_row, set_life, table_json; `shapes.table_draft(request)` for `Library.create`.
"""
