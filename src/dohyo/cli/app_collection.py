"""Where the messages of an installation come from, out of the options of `dohyo app install`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dohyo.base.problem import Problem, ProblemError

if TYPE_CHECKING:
    from dohyo.apps.package import Package


def collection_of(
    data: Path,
    package: Package,
    source: Path | None,
    existing_source: str | None,
    collector: str | None,
    new_collector: str | None,
    more: Mapping[str, Any],
) -> dict[str, Any] | None:
    """The order as `dohyo.apps.set_up.set_up_of` takes it, None without any of the options; `more` are other
    settings of a new collector. ProblemError where they do not go together or name what is not there.
    """
    ways = [one for one in (existing_source, collector, new_collector) if one is not None]
    if len(ways) > 1:
        raise _refused("one of --new-collector, --collector and --existing-source can be given")
    if existing_source is not None:
        if source is not None:
            raise _refused("--source makes a source, --existing-source takes one that is there")
        return {"way": "existing-source", "sourceId": _source_id(data, existing_source)}
    if source is None:
        if ways:
            raise _refused("--source FILE is needed: the settings of the source that is made")
        return None
    made = {"schemaType": _type(package), "config": _settings(source)}
    if collector is not None:
        return {"way": "existing-collector", "collectorId": _collector_id(data, collector), "source": made}
    if new_collector is None:
        raise _refused("--source makes a source in --new-collector NAME or --collector NAME")
    return {"way": "new-collector", "collector": {"name": new_collector, **more}, "source": made}


def _refused(message: str, *hints: str) -> ProblemError:
    return ProblemError([Problem("app-collection", message, hints=hints)])


def _type(package: Package) -> str:
    if not (known := package.collection.source_types):
        raise _refused(f"{package.manifest.name} sets up no source; it reads messages that are there")
    return known[0]


def _settings(file: Path) -> dict[str, Any]:
    from dohyo.cli.source import settings_in

    return settings_in(file)


def _collectors(data: Path) -> dict[str, tuple[int, dict[str, int]]]:
    """Ids of collectors by name, each with ids of its sources by name."""
    from dohyo.access.secrets import SecretBox
    from dohyo.collect.registry import Registry
    from dohyo.metadata.db import open_metadata

    registry = Registry(open_metadata(data), SecretBox(data))
    return {
        one.name: (one.id, {source.name: source.id for source in registry.list_sources(one.id)})
        for one in registry.list_collectors()
    }


def _collector_id(data: Path, name: str) -> int:
    known = _collectors(data)
    if name not in known:
        raise _refused(f'there is no collector "{name}"', _named(known, "--new-collector makes one"))
    return known[name][0]


def _source_id(data: Path, name: str) -> int:
    known = {
        f"{collector}/{source}": ident
        for collector, (_, sources) in _collectors(data).items()
        for source, ident in sources.items()
    }
    if name not in known:
        raise _refused(f'there is no source "{name}"', _named(known, "--new-collector and --source make one"))
    return known[name]


def _named(known: Mapping[str, object], otherwise: str) -> str:
    return f"there is {', '.join(sorted(known)[:10])}" if known else otherwise
