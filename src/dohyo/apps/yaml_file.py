"""YAML files of a package, read with the line of every value, so that a problem can name its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Place = tuple[str | int, ...]
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, where it is built in


class YamlWrong(Exception):
    """The text is no YAML that a package may hold; `line` from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class YamlFile:
    """The value, and the line (from 1) at which each part of it begins."""

    value: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of the part, or of the nearest part around it that is there."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str) -> YamlFile:
    """Raises YamlWrong, also for a key that stands twice and for anchors (which can make a small text huge).

    >>> read_yaml("a:\\n  - b").line(("a", 0))
    2
    """
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        lines = dict(_places(node, (), set())) if node else {}
        value = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlWrong(str(error.problem or error.context), mark.line + 1 if mark else 1) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlWrong("the text is no YAML", 1) from error
    finally:
        loader.dispose()
    return YamlFile(value, lines)


def _places(node: yaml.Node, place: Place, seen: set[int]) -> Iterator[tuple[Place, int]]:
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise YamlWrong("anchors and aliases have no place in a package", line)
    seen.add(id(node))
    yield place, line
    if isinstance(node, yaml.SequenceNode):
        for at, child in enumerate(node.value):
            yield from _places(child, (*place, at), seen)
    if isinstance(node, yaml.MappingNode):
        keys = set()
        for key, child in node.value:
            if key.value in keys:
                raise YamlWrong(f'the key "{key.value}" stands twice', key.start_mark.line + 1)
            keys.add(key.value)
            for inner, inner_line in _places(child, (*place, key.value), seen):
                # A value's own place is its key's: there a reader looks for it.
                own = len(inner) == len(place) + 1
                yield inner, key.start_mark.line + 1 if own else inner_line
