"""How much a query would read: bytes of messages in its range, by partition."""

from __future__ import annotations

from collections.abc import Iterator

from dohyo.functions.table import RunContext
from dohyo.lang import tree
from dohyo.lang.words import as_word
from dohyo.plan import nodes
from dohyo.plan.nodes import chain
from dohyo.search.searches import Searches

VIEW_FIELDS = ("_view", "_index")


def scanned_bytes(searches: Searches, text: str, run: RunContext) -> dict[str, int]:
    """Size of the messages in the run's range by the name of their partition, only of those partitions that
    the scope names where it names any. Other parts of the scope do not make it less, as they are read.

    ProblemError where the query is wrong.
    """
    scans = [node for node in chain(searches.compiled(text, run).plan) if isinstance(node, nodes.Scan)]
    named = [as_word(name) for scan in scans for name in _views(scan.scope)]
    scope = " or ".join(f"_view={name}" for name in named) or "*"
    counted = searches.compiled(f"({scope}) | sum(_size) as _bytes by _view", run)
    found = searches.result(counted, run)
    return {str(view or ""): int(size or 0) for view, size in found.rows}  # type: ignore[arg-type]


def _views(scope: tree.ScopeNode) -> Iterator[str]:
    """Partitions that a message has to be in; a scope that can do without one names none."""
    if isinstance(scope, tree.FieldTerm) and scope.field.lower() in VIEW_FIELDS:
        yield scope.value
    elif isinstance(scope, tree.ScopeAnd):
        for part in scope.operands:
            yield from _views(part)
    elif isinstance(scope, tree.ScopeOr):
        parts = [list(_views(part)) for part in scope.operands]
        if all(parts):
            yield from (name for part in parts for name in part)
