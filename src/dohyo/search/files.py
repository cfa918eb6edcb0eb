"""Files searched where they lie: the engine reads their lines itself, with nothing stored before.

A statement that asks for no times reads the lines alone. One that does gets the time of each line from SQL
where every line is a JSON object with an ISO time in one of the usual keys; else the lines are read once
here, by the same rules as `search.lines`, and kept in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.sqltree import Sql, alias, call, column, plain, printed, select, text
from dohyo.search.lines import TIME_FIELDS, LineMessage
from dohyo.store import engine
from dohyo.store.engine import EngineError
from dohyo.store.event import row_key
from dohyo.store.statements import Statements

EVENTS, TIMED, KEPT = "events", "timed_events", "kept_events"
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
        self._timed: str | None = None
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
        if not self._direct or asks_times(sql):
            sql = _over(sql, self._with_times())
        return self._statements.read(
            printed(sql), self._database, query_id, timeout_s, max_memory_bytes, tables, _READING
        )

    def cancel(self, query_id: str) -> None:
        self._statements.cancel(query_id)

    def newest_insert(self) -> int:
        return 0

    def hot_fields(self) -> list[object]:
        return []

    # The lines with their times

    def _with_times(self) -> str:
        """The name of the table whose rows have times and numbers, made at the first call."""
        if self._timed is None:
            self._timed = TIMED if self._direct and self._times_are_plain() else KEPT
            if self._timed == TIMED:
                self._view(TIMED, [self._columns(_moment(_time_of(_LINE)), _number(i), *part)
                                   for i, part in enumerate(self._parts)])  # fmt: skip
            else:
                self._keep()
        return self._timed

    def _times_are_plain(self) -> bool:
        """Whether SQL can tell the time of every line."""
        for table, _ in self._parts:
            unread = call("and", _is_message(_LINE), exp.Is(this=_time_of(_LINE), expression=exp.Null()))
            found = self._rows(select([plain(1)], table, where=[unread], limit=1))
            if found.num_rows:
                return False
        return True

    def _keep(self) -> None:
        nothing = self._columns(_EPOCH, plain(0), exp.Table(), "")
        columns = [alias(value, name) for name, value in _names(nothing) if name != "_raw"]
        nowhere = exp.Table(this=call("numbers", plain(0)))
        empty = select([*columns, alias(text(""), "_raw")], nowhere)
        memory = exp.Properties(expressions=[exp.EngineProperty(this=exp.to_identifier("Memory"))])
        self._change(exp.Create(this=exp.to_table(KEPT), kind="TABLE", properties=memory, expression=empty))
        for file in self._files:
            for batch in _batches(self._read(file)):
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
        if file.suffix == ".lz4":
            raise ProblemError(
                [Problem("file-packed", f"{file}: lz4 files cannot be read", hints=(_PACKED,))]
            )
        schema = exp.Schema(
            this=table.copy(),
            expressions=[exp.ColumnDef(this=exp.to_identifier("line"), kind=_STRING)],
        )
        made = exp.Properties(expressions=[exp.EngineProperty(this=source)])
        self._change(exp.Create(this=schema, kind="TABLE", properties=made))
        return table, str(file)

    def _columns(self, time: Sql, number: Sql, table: exp.Table, name: str) -> dict[str, Sql]:
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
            "_raw": _raw(_LINE),
        }

    def _view(self, name: str, parts: list[dict[str, Sql]]) -> None:
        selects = [
            select([alias(value, key) for key, value in _names(part)], part[""], where=[_is_message(_LINE)])
            for part in parts
        ]
        whole: exp.Expression = selects[0]
        for one in selects[1:]:
            whole = exp.Union(this=whole, expression=one, distinct=False)
        self._change(exp.Create(this=exp.to_table(name), kind="VIEW", expression=whole))

    def _rows(self, sql: exp.Expression) -> pa.Table:
        return self._statements.read(printed(sql), self._database, None, 0, 0)

    def _change(self, sql: exp.Expression, database: str | None = None) -> None:
        try:
            engine.change(printed(sql), database or self._database, {})
        except EngineError as error:
            raise ProblemError([Problem("file-unreadable", error.message)]) from None


_PACKED = "gzip, zstd, xz and bzip2 are known by the ends of names .gz, .zst, .xz, .bz2"
_LINE = column("line")
_STRING = exp.DataType.build("String", dialect="clickhouse")


def _names(columns: Mapping[str, Sql]) -> list[tuple[str, Sql]]:
    return [(name, value) for name, value in columns.items() if name]


def _moment(ms: Sql) -> Sql:
    return call("fromUnixTimestamp64Milli", ms, text("UTC"))


_EPOCH = _moment(call("toInt64", text("0")))


def _number(part: int) -> Sql:
    """Of files in their order, of lines in theirs, so that the last line of equal times is the newest."""
    return call(
        "plus", call("bitShiftLeft", call("toUInt64", plain(part)), plain(40)), call("rowNumberInAllBlocks")
    )


def _raw(line: Sql) -> Sql:
    """Without the rest of a line end, and valid UTF-8."""
    cut = call("if", call("endsWith", line, text("\r")), call("trimRight", line, text("\r")), line)
    return call("if", call("isValidUTF8", line), cut, call("toValidUTF8", cut.copy()))


def _is_message(line: Sql) -> Sql:
    return call("match", line, text(r"\S"))


def _time_of(line: Sql) -> Sql:
    """Epoch milliseconds, or null where SQL cannot tell."""
    kinds = ", ".join(f"`{name}` Nullable(String)" for name in TIME_FIELDS)
    found = call("JSONExtract", line, text(f"Tuple({kinds})"))
    given = [call("tupleElement", found, text(name)) for name in TIME_FIELDS]
    first = call("coalesce", *given)
    whole = call("substring", first, plain(1), plain(19))
    read = call("parseDateTime64BestEffortOrNull", call("concat", whole, text("Z")), plain(3), text("UTC"))
    same = call("equals", call("formatDateTime", read, text("%Y-%m-%dT%H:%i:%S"), text("UTC")), whole)
    digits = call(
        "substring",
        call(
            "rightPad",
            call("extract", call("ifNull", first, text("")), text(r"\.(\d+)")),
            plain(3),
            text("0"),
        ),
        plain(1),
        plain(3),
    )
    ms = call("plus", call("toUnixTimestamp64Milli", read), call("toInt64OrZero", digits))
    told = call(
        "and", call("match", call("ifNull", first, text("")), text(_ISO)), call("ifNull", same, plain(0))
    )
    return call("if", told, ms, exp.Null())


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
