"""`dohyo query --follow`: lines as they come, each through the query at once."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from dohyo.base.clock import now_ms
from dohyo.base.problem import Problem, ProblemError
from dohyo.cli.query_output import Form, message_line, show_csv, show_objects, write
from dohyo.compile import CompileContext, Compiled, compile_query
from dohyo.functions.table import RunContext
from dohyo.oracle.run import run_plan
from dohyo.plan import nodes
from dohyo.search.lines import line_time
from dohyo.store.event import row_key

LOOK_EVERY_S = 0.25
BY_MESSAGE = (nodes.Scan, nodes.Extend, nodes.Filter, nodes.Project, nodes.Capture)
"""Nodes that look at one message at a time."""


def follow(text: str, files: Sequence[Path], run: RunContext, category: str, form: Form) -> None:
    """Shows what the query makes of each new line, oldest first, until the input ends or the user stops.

    Files are followed from their end, also when they are replaced. ProblemError for a query that has to see
    all messages.
    """
    compiled = compile_query(text, CompileContext(run=run))
    if compiled.is_aggregate or not all(isinstance(n, BY_MESSAGE) for n in nodes.chain(compiled.plan)):
        hint = "leave out --follow, or the operators that group, sort or compare"
        message = "a stream can be followed only by a query that looks at one message at a time"
        raise ProblemError([Problem("follow-needs-messages", message, hints=(hint,))], text)
    source = _tails(files) if files else _piped()
    names = [field.name for field in compiled.schema]
    if form is Form.CSV:
        show_csv(names, [], header=True)
    for name, number, line in source:
        for row in _rows_of(compiled, run, name, number, line.rstrip("\r\n"), category):
            if form is Form.JSON:
                show_objects([{name: row.get(name) for name in names}])
            elif form is Form.CSV:
                show_csv(names, [[row.get(name) for name in names]], header=False)
            else:
                write(message_line(compiled.schema.fields, [row.get(name) for name in names]) + "\n")
        sys.stdout.flush()


def _rows_of(
    compiled: Compiled, run: RunContext, name: str, number: int, line: str, category: str
) -> list[dict[str, Any]]:
    if not line.strip():
        return []
    now = now_ms()
    found = line_time(line)
    message = {
        "_messagetime": now if found is None else found,
        "_receipttime": now,
        "_messageid": row_key(name, str(number)),
        "_sourcecategory": category,
        "_collector": "dohyo query",
        "_source": "file",
        "_sourcehost": "",
        "_sourcename": name,
        "_view": "",
        "_size": len(line.encode()),
        "_fields": {},
        "_raw": line,
    }
    return run_plan(compiled.plan, [message], run)


def _piped() -> Iterator[tuple[str, int, str]]:
    lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace", newline="\n")
    for number, line in enumerate(lines, 1):
        yield "stdin", number, line


def _tails(files: Sequence[Path]) -> Iterator[tuple[str, int, str]]:
    tails = [_Tail(file) for file in files]
    while True:
        some = False
        for tail in tails:
            for number, line in tail.new_lines():
                some = True
                yield str(tail.path), number, line
        if not some:
            time.sleep(LOOK_EVERY_S)


class _Tail:
    """A file from its present end on; from its beginning after it was replaced or cut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._number = 0
        self._rest = ""
        try:
            self._file: TextIO | None = self._opened()
            self._file.seek(0, 2)
        except OSError as error:
            raise ProblemError([Problem("file-unreadable", f"{path}: {error.strerror}")]) from None

    def _opened(self) -> TextIO:
        return self.path.open(encoding="utf-8", errors="replace", newline="\n")

    def new_lines(self) -> Iterator[tuple[int, str]]:
        if self._file is not None:
            text = self._rest + self._file.read()
            whole, _, self._rest = text.rpartition("\n")
            for line in whole.split("\n") if whole or text.startswith("\n") else []:
                self._number += 1
                yield self._number, line
        self._renew()

    def _renew(self) -> None:
        try:
            now = self.path.stat()
        except OSError:  # gone for the moment
            return
        if self._file is not None:
            held = os.fstat(self._file.fileno())
            if os.path.samestat(held, now) and now.st_size >= self._file.tell():
                return
            self._file.close()
        self._file, self._rest = self._opened(), ""
