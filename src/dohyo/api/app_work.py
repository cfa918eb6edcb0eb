"""Jobs of apps step by step, and dashboards of packages with sample answers, as our pages show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from dohyo.apps import jobs
from dohyo.apps.package import Package
from dohyo.apps.parts import Json, counts, many, panel_counts
from dohyo.apps.sample import FOLDER_PATH, Sample
from dohyo.metadata.content import AppJob


def job_json(job: AppJob, name: str, package: Package | None, dashboards: list[Json]) -> Json:
    """How far a job is. All content changes in one step, so its parts begin and end together."""
    first = job.problems[0] if job.problems else {}
    ended = job.status != jobs.IN_PROGRESS
    return {
        "id": job.id,
        "action": job.kind,
        "uuid": job.uuid,
        "name": name,
        "version": job.to_version,
        "status": job.status,
        "message": first.get("message") or job.message,
        "hints": first.get("hints") or [],
        "steps": _steps(job, package),
        "elapsed_ms": job.modified_ms - job.created_ms if ended else None,
        "folderId": job.folder_id,
        "path": f"{FOLDER_PATH}/{name}",
        "dashboards": dashboards if job.status == jobs.SUCCESS and job.kind != "uninstall" else [],
    }


def _steps(job: AppJob, package: Package | None) -> list[Json]:
    names = list(_step_names(job, package))
    content, fields = names[:-1], names[-1:]
    if job.status == jobs.FAILED:
        states = ["failed", *["waiting"] * (len(content) - 1)], "waiting"
    else:
        switched = job.step != jobs.WAITING
        states = ["done" if switched else "running"] * len(content), _last_state(job, switched)
    told = [*zip(content, states[0], strict=True), *((one, states[1]) for one in fields)]
    return [{"name": name, "detail": detail, "state": state} for (name, detail), state in told]


def _last_state(job: AppJob, switched: bool) -> str:
    if job.status == jobs.SUCCESS:
        return "done"
    return "running" if switched else "waiting"


def _step_names(job: AppJob, package: Package | None) -> Iterator[tuple[str, str]]:
    if package is None:
        yield "Content", "dashboards, saved searches and lookup tables go"
        yield "Hot fields", "those that no other app needs go"
        return
    if job.setup:
        yield "Collector and source", "set up, then collecting"
    kinds, panels = counts(package), panel_counts(package)
    if panels:
        told = ", ".join(f"{name.rpartition(' - ')[2]} ({many(n, 'panel')})" for name, n in panels.items())
        yield "Dashboards", told
    if kinds.get("search"):
        yield "Saved searches", str(kinds["search"])
    if kinds.get("lookup"):
        rows = sum(len(resource.rows) for resource in package.resources)
        yield "Lookup tables", f"{kinds['lookup']}, with {many(rows, 'row')}"
    yield "Hot fields", f"{len(package.hot_fields.fields) if package.hot_fields else 0} keys"


# Previews


def preview(package: Package, key: str) -> Json | None:
    """A dashboard of the package with the answers that its own tests expect; None where there are none."""
    if package.expected is None:
        return None
    case = next((case for case in package.expected.cases if key in case.panels), None)
    if case is None:
        return None
    model = Sample.of(package, package.expected.source_category).board(key)
    bounds = {"from_ms": _ms(case.start), "to_ms": _ms(case.to)}
    queries = {panel["key"]: panel.get("queries") or [{}] for panel in model["panels"]}
    lines = [
        _line(panel, queries[panel][0], rows, bounds)
        for panel, rows in case.panels[key].items()
        if panel in queries
    ]
    return {"dashboard": {**model, "id": key}, "lines": lines}


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _line(panel: str, query: Mapping[str, Any], rows: list[Json], bounds: Json) -> Json:
    names = list(rows[0]) if rows else []
    told = {
        "panel": panel,
        "query": query.get("queryKey") or "A",
        "text": query.get("queryString") or "",
        "fields": [_field(name, rows) for name in names],
        "rows": [[row.get(name) for name in names] for row in rows],
        "total": len(rows),
        "range": bounds,
    }
    return {
        **told,
        "ok": True,
        "aggregate": True,
        "cut": False,
        "warnings": [],
        "elapsed_ms": 0,
        "cached": True,
    }


def _field(name: str, rows: list[Json]) -> Json:
    values = [row.get(name) for row in rows if row.get(name) is not None]
    if name == "_timeslice":
        return {"name": name, "type": "time", "key": True}
    number = bool(values) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    whole = number and all(isinstance(v, int) for v in values)
    return {"name": name, "type": "long" if whole else "double" if number else "string", "key": not number}
