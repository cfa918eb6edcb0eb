"""Files searched where they lie: the engine reads their lines itself, with nothing stored before.

A statement that asks for no times reads the lines alone. One that does gets the time of each line from SQL
where every line in its scope is a JSON object with an ISO time in one of the usual keys; else the lines are
read once here, by the same rules as `search.lines`, and kept in memory.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.sqltree import Sql, alias, call, column, plain, printed, select, text, within
from dohyo.search.lines import TIME_FIELDS, LineMessage
from dohyo.store import engine
from dohyo.store.engine import EngineError
from dohyo.store.event import row_key
from dohyo.store.statements import THROWN, Statements

EVENTS, KEPT = "events", "kept_events"
TIMES = ("_messagetime", "_messageid", "_receipttime")
BATCH_LINES = 20_000
_databases = itertools.count(1)
# Shapes that SQL and `base.iso_time` read alike; what looks otherwise is read here.
_ISO = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$"

_READING = {"min_chunk_bytes_for_parallel_parsing": 1024 * 1024}
"""Smaller pieces than usual stay in the processor's cache while they are parsed."""

Read = Callable[[Path], Iterable[LineMessage]]


class FileEvents:
    """An engine over files, for one search after another. `close` ends it.

    `lines`: files with a message in each line, packed or not, read by the engine. `others`: files whose
    messages only `read` can tell; with any of them all are read here. Blank lines are no messages; bytes that
    are no UTF-8 become U+FFFD.
    """

    def __init__(
        self, lines: Sequence[Path], others: Sequence[Path], read: Read, category: str, now_ms: int
    ) -> None:
        self._files = [*lines, *others]
        self._read, self._category, self._now_ms = read, category, now_ms
        self._statements = Statements()
        self._database = f"files_{next(_databases)}"
        self._direct = not others
        self._kept = self._is_over = False
        engine.enter(engine.MEMORY)
        self._change(exp.Create(this=exp.to_identifier(self._database), kind="DATABASE"), engine.DATABASE)
        if self._direct:
            parts = [self._part(number, file) for number, file in enumerate(self._files)]
            self._view(EVENTS, [self._columns(_EPOCH, plain(0), *part) for part in parts])
            self._parts = parts

    def close(self) -> None:
        self._change(exp.Drop(tables=[exp.to_table(self._database)], kind="DATABASE"), engine.DATABASE)
        engine.leave()

    def query(
        self,
        sql: exp.Expression,
        *,
        query_id: str | None = None,
        timeout_s: float = 60,
        max_memory_bytes: int = 0,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """The answer of a select. ProblemError as the store's."""

        def answer(changed: exp.Expression) -> pa.Table:
            words = printed(changed)
            try:
                return self._statements.read(
                    words, self._database, query_id, timeout_s, max_memory_bytes, tables, _READING
                )
            except ProblemError as error:
                raise ProblemError([_of_file(one) for one in error.problems]) from None

        if self._direct and not asks_times(sql):
            return answer(sql)
        if self._direct and not self._kept:
            try:
                return answer(self._with_times(sql))
            except ProblemError as error:
                if error.problems[0].code != THROWN:
                    raise
        self._keep()
        return answer(_over(sql, KEPT))

    def cancel(self, query_id: str) -> None:
        """Stop the statements of this id, and reading."""
        self._is_over = True
        self._statements.cancel(query_id)

    def read_so_far(self) -> tuple[int, int]:
        """Rows and bytes that the statement which runs now has read."""
        return self._statements.read_so_far()

    def newest_insert(self) -> int:
        return 0

    def hot_fields(self) -> list[object]:
        return []

    # The lines with their times

    def _with_times(self, sql: exp.Expression) -> exp.Expression:
        """The statement over lines with times and numbers. It fails with `THROWN` where it meets a line whose
        time SQL cannot tell; what its scope leaves out is not asked for one.
        """
        changed = sql.copy()
        for one in list(changed.find_all(exp.Select)):
            table = one.args["from_"].this if one.args.get("from_") else None
            if isinstance(table, exp.Table) and table.name == EVENTS:
                scope = _taken_scope(one)
                parts = [self._timed(i, *part, scope) for i, part in enumerate(self._parts)]
                one.set("from_", exp.From(this=within(_together(parts), EVENTS)))
        return changed

    def _timed(self, number: int, table: exp.Table, name: str, scope: list[Sql]) -> exp.Select:
        """In steps, each of which the engine does once for a line: it would do what an `if` holds again."""
        number_of = call("plus", call("bitShiftLeft", call("toUInt64", plain(number)), plain(40)),
                         call("rowNumberInAllBlocks"))  # fmt: skip
        lines = select(
            [alias(_raw(_LINE), "_raw"), alias(number_of, "number"), alias(_LINE, "line")],
            table.copy(),
            where=[_is_message(_LINE)],
        )
        kinds = ", ".join(f"`{key}` Nullable(String)" for key in TIME_FIELDS)
        found = call("JSONExtract", _LINE, text(f"Tuple({kinds})"))
        read = select([column("_raw"), column("number"), alias(found, "found")],
                      within(lines, "lines"), where=[one.copy() for one in scope])  # fmt: skip
        first = call("coalesce", *(call("tupleElement", column("found"), text(key)) for key in TIME_FIELDS))
        first = select([column("_raw"), column("number"), alias(call("ifNull", first, text("")), "first")],
                       within(read, "read"))  # fmt: skip
        seconds = call("concat", call("substring", column("first"), plain(1), plain(19)), text("Z"))
        whole = call("parseDateTime64BestEffortOrNull", seconds, plain(3), text("UTC"))
        whole = select([column("_raw"), column("number"), column("first"), alias(whole, "whole")],
                       within(first, "first"))  # fmt: skip
        columns = self._columns(_moment(_told_time()), column("number"), exp.Table(), name, column("_raw"))
        return select([alias(value, key) for key, value in _names(columns)], within(whole, "whole"))

    def _keep(self) -> None:
        """Read all lines, unless they are kept already."""
        if self._kept:
            return
        self._kept = True
        nothing = self._columns(_EPOCH, plain(0), exp.Table(), "")
        columns = [alias(value, name) for name, value in _names(nothing) if name != "_raw"]
        nowhere = exp.Table(this=call("numbers", plain(0)))
        empty = select([*columns, alias(text(""), "_raw")], nowhere)
        memory = exp.Properties(expressions=[exp.EngineProperty(this=exp.to_identifier("Memory"))])
        self._change(exp.Create(this=exp.to_table(KEPT), kind="TABLE", properties=memory, expression=empty))
        for file in self._files:
            for batch in _batches(self._read(file)):
                if self._is_over:
                    raise ProblemError([Problem("search-cancelled", "the search was cancelled")])
                self._insert(file, batch)

    def _insert(self, file: Path, batch: list[LineMessage]) -> None:
        name = str(file)
        rows = pa.table(
            {
                "time_ms": pa.array([one.time_ms for one in batch], pa.int64()),
                "id": pa.array([row_key(name, str(one.number)) for one in batch], pa.uint64()),
                "line": pa.array([one.text for one in batch], pa.large_string()),
            }
        )
        columns = self._columns(_moment(column("time_ms")), column("id"), exp.Table(), name)
        values = select(
            [alias(value, name) for name, value in _names(columns)],
            exp.Table(this=call("Python", exp.column("rows"))),
        )
        insert = exp.Insert(this=exp.to_table(KEPT), expression=values)
        engine.change(printed(insert), self._database, {}, rows)

    # Tables and views

    def _part(self, number: int, file: Path) -> tuple[exp.Table, str]:
        """The table of a file's lines, which reads the file at each statement, and the file's name."""
        table = exp.to_table(f"lines_{number}")
        source = call("File", text("LineAsString"), text(str(file.absolute())))
        schema = exp.Schema(
            this=table.copy(),
            expressions=[exp.ColumnDef(this=exp.to_identifier("line"), kind=_STRING)],
        )
        made = exp.Properties(expressions=[exp.EngineProperty(this=source)])
        self._change(exp.Create(this=schema, kind="TABLE", properties=made))
        return table, str(file)

    def _columns(
        self, time: Sql, number: Sql, table: exp.Table, name: str, raw: Sql | None = None
    ) -> dict[str, Sql]:
        constant = {
            "_sourcecategory": self._category,
            "_collector": "dohyo query",
            "_source": "file",
            "_sourcehost": "",
            "_sourcename": name,
            "_view": "",
        }
        return {
            "": table,
            "_messagetime": time,
            "_receipttime": _moment(call("toInt64", text(str(self._now_ms)))),
            "_messageid": call("toUInt64", number),
            **{key: text(value) for key, value in constant.items()},
            "fields": call("CAST", call("map"), text("Map(String, String)")),
            "_raw": raw or _raw(_LINE),
        }

    def _view(self, name: str, parts: list[dict[str, Sql]]) -> None:
        selects = [
            select([alias(value, key) for key, value in _names(part)], part[""], where=[_is_message(_LINE)])
            for part in parts
        ]
        self._change(exp.Create(this=exp.to_table(name), kind="VIEW", expression=_together(selects)))

    def _change(self, sql: exp.Expression, database: str | None = None) -> None:
        try:
            engine.change(printed(sql), database or self._database, {})
        except EngineError as error:
            raise ProblemError([Problem("file-unreadable", error.message)]) from None


_AT_FILE = re.compile(r"^(.*?): (?:While [^:]*: .*?)?\(in file/uri (.+?)\)")


def _of_file(problem: Problem) -> Problem:
    """What the engine says of a file without the engine's words."""
    found = _AT_FILE.search(problem.message)
    if problem.code != "search-failed" or found is None:
        return problem
    reason = found[1].removeprefix("the search engine refused the search: ")
    hint = "a packed file may be cut off or damaged; gzip -t and zstd -t tell"
    return Problem("file-unreadable", f"{found[2]}: {reason}", hints=(hint,))


_LINE = column("line")
_STRING = exp.DataType.build("String", dialect="clickhouse")


def _names(columns: Mapping[str, Sql]) -> list[tuple[str, Sql]]:
    return [(name, value) for name, value in columns.items() if name]


def _moment(ms: Sql) -> Sql:
    return call("fromUnixTimestamp64Milli", ms, text("UTC"))


_EPOCH = _moment(call("toInt64", text("0")))


def _raw(line: Sql) -> Sql:
    """Without the rest of a line end, and valid UTF-8. Most lines are, and are copied once."""
    is_good = call("and", call("isValidUTF8", line), call("not", call("endsWith", line, text("\r"))))
    return call("if", is_good, line, call("toValidUTF8", call("trimRight", line, text("\r"))))


def _is_message(line: Sql) -> Sql:
    return call("match", line, text(r"\S"))


def _told_time() -> Sql:
    """Epoch milliseconds, of `first`, the time as it stands there, and `whole`, its whole seconds."""
    first, whole = column("first"), column("whole")
    same = call("equals", call("formatDateTime", whole, text("%Y-%m-%dT%H:%i:%S"), text("UTC")),
                call("substring", first, plain(1), plain(19)))  # fmt: skip
    is_told = call("and", call("match", first, text(_ISO)), call("ifNull", same, plain(0)))
    digits = call("rightPad", call("extract", first, text(r"\.(\d+)")), plain(3), text("0"))
    parts = call("toInt64OrZero", call("substring", digits, plain(1), plain(3)))
    ms = call("plus", call("ifNull", call("toUnixTimestamp64Milli", whole), plain(0)), parts)
    return call("plus", ms, call("throwIf", call("not", is_told)))


def _together(parts: Sequence[exp.Select]) -> exp.Expression:
    whole: exp.Expression = parts[0]
    for one in parts[1:]:
        whole = exp.Union(this=whole, expression=one, distinct=False)
    return whole


def _taken_scope(one: exp.Select) -> list[Sql]:
    """The conditions of the select that ask for nothing but the text; it is left without them."""
    where = one.args.get("where")
    condition = where.this if where else None
    if not isinstance(condition, exp.Anonymous) or condition.this != "and":
        return []
    asked = [{found.name for found in part.find_all(exp.Column)} for part in condition.expressions]
    taken = [part for part, names in zip(condition.expressions, asked, strict=True) if names == {"_raw"}]
    condition.set("expressions", [exp.true() if part in taken else part for part in condition.expressions])
    return taken


def _batches(messages: Iterable[LineMessage]) -> Iterator[list[LineMessage]]:
    rest = iter(messages)
    while batch := list(itertools.islice(rest, BATCH_LINES)):
        yield batch


def asks_times(sql: exp.Expression) -> bool:
    """Whether the answer depends on times or numbers of messages, other than by a range of all times."""
    used = {column.name for column in sql.find_all(exp.Column)}
    for found in sql.find_all(exp.Column):
        if found.name not in TIMES:
            continue
        above = found.find_ancestor(exp.Alias, exp.GTE, exp.LT)
        if isinstance(above, exp.GTE | exp.LT) and above.this is found and _is_open(above):
            continue
        if isinstance(above, exp.Alias) and above.alias not in used:
            continue
        return True
    return False


def _is_open(edge: exp.Expression) -> bool:
    """Whether the edge of a range is that of all times."""
    return any(one.name in OPEN_EDGES for one in edge.expression.find_all(exp.Literal))


def _over(sql: exp.Expression, name: str) -> exp.Expression:
    """The statement over another table of events."""
    changed = sql.copy()
    for table in changed.find_all(exp.Table):
        if table.name == EVENTS:
            table.set("this", exp.to_identifier(name))
    return changed


ALL_TIMES = (0, 7_258_118_400_000)
"""1970 to 2200, what the store's times can hold: the range of a search that names none."""
OPEN_EDGES = frozenset(str(edge) for edge in ALL_TIMES)
