"""Apps: package format, catalog, and the life cycle as durable jobs.

Owns what an app is and how its content comes, changes and goes; leaves rules of content to `dohyo.content`,
of collectors and sources to `dohyo.collect`. An app stands in its old or its new version, never in parts.

Entry points:
- `catalog.Catalog(data_dir)`: apps, app(uuid) -> App (versions, latest, package(version)), add(archive).
- `lifecycle.Lifecycle(metadata, catalog, store, secrets)`: start and close once; install, upgrade (also to an
  older version), uninstall give a job's id; job, wait, instances, instance, managed. `set_up.SetUp` makes a
  collector and source along. Calls raise `refusals.AppRefused(status, code)`; a failed job has `problems`.
- `shapes`: app_json, details_json, status_json, instance_json as published; card_json and page_json for our
  pages. `plans.plan_of`: what an order would change.
- `package.package_at(path)`: reads and checks a folder or .zip; `faults.PackageRefused` has every problem
  with file and line. `archive.zip_of_files(package.files)` packs.
"""
