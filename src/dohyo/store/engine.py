"""The chDB engine of this process: where it stands, connections, settings of a statement, its errors.

A process has one engine at one place: a folder, or memory. Connections are cheap (0.1 ms), so each statement
has its own: statements of different threads run at the same time, and what a failed statement leaves in its
connection (chDB 26.9 puts it before the next answer) is gone with it. One more connection is held while the
engine is used, because the engine ends with its last connection.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import chdb
import pyarrow as pa
import sqlglot.expressions as exp

from dohyo.base.problem import Problem, ProblemError
from dohyo.plan.sqltree import alias, call, column, printed, select, text

MEMORY = ":memory:"
DATABASE = "default"
_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ")


class EngineError(Exception):
    """A statement failed. `code` is ClickHouse's number of the kind of error, `message` its first line."""

    def __init__(self, raw: str) -> None:
        found = _CODE.search(raw)
        self.code = int(found[1]) if found else 0
        first_line = raw.split("\n", 1)[0]
        self.message = re.sub(r"(\s*\(([A-Z_]+|version [\d.]+)\))+\s*$", "", _CODE.split(first_line)[-1])
        super().__init__(self.message)


class _Engine:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.place = ""
        self.users = 0
        self.anchor: chdb.state.sqlitelike.Connection | None = None


_engine = _Engine()


def enter(place: str) -> None:
    """Start the engine at the place, or share it; memory shares it wherever it runs.

    ProblemError `store-open` while it runs at another place, `store-path` for a name chDB cannot be given,
    `store-failed`.
    """
    if "?" in place or "&" in place:
        hint = "name another directory with --data"
        message = f"the data directory {place} has ? or & in its name, which the store cannot open"
        raise ProblemError([Problem("store-path", message, hints=(hint,))])
    with _engine.lock:
        if _engine.users and place not in (MEMORY, _engine.place):
            message = f"this process has a store open at {_engine.place}, and a process opens one at a time"
            raise ProblemError(
                [Problem("store-open", message, hints=("close it first, or use another process",))]
            )
        if not _engine.users:
            try:
                _engine.anchor = chdb.connect(place)
            except RuntimeError as error:
                message = f"the store at {place} cannot be opened: {EngineError(str(error)).message}"
                raise ProblemError([Problem("store-failed", message)]) from None
            _engine.place = place
        _engine.users += 1


def place() -> str:
    """Where the engine stands."""
    return _engine.place


def leave() -> None:
    """The other half of `enter`. All statements must be over."""
    with _engine.lock:
        _engine.users -= 1
        if not _engine.users and _engine.anchor is not None:
            _engine.anchor.close()
            _engine.anchor = None


@contextmanager
def _connection(database: str, settings: Mapping[str, object]) -> Iterator[chdb.state.sqlitelike.Connection]:
    options = {"database": database, "session_timezone": "UTC", **settings}
    if not _engine.users:  # a connection would start the engine again
        raise EngineError("the store is closed")
    asked = "&".join(f"{name}={value}" for name, value in options.items())
    connection = chdb.connect(f"{_engine.place}?{asked}")
    try:
        yield connection
    finally:
        connection.close()


def read(
    sql: str, database: str, settings: Mapping[str, object], tables: Mapping[str, pa.Table] | None = None
) -> pa.Table:
    """The answer of a statement that only reads. EngineError where it fails.

    `tables` are there by their names while the statement runs, for it alone. The bytes are copied: an Arrow
    table over the engine's own memory would outlive it.
    """
    options = {**settings, "output_format_arrow_compression_method": "none"}
    if not tables:
        options["readonly"] = 1  # the last one: after it no setting can change
    with _connection(database, options) as connection:
        for name, table in (tables or {}).items():
            _lend(connection, name, table)
        if tables:
            _answer(connection, _ONLY_READ, "Null")
        return pa.ipc.open_file(_answer(connection, sql, "Arrow")).read_all()


_ONLY_READ = printed(exp.Set(expressions=[exp.SetItem(this=column("readonly").eq(1))]))
_TYPES = {
    kind: f"Nullable({name})"
    for kind, name in (("string", "String"), ("int64", "Int64"), ("double", "Float64"), ("bool", "Bool"))
} | {"map<string, string>": "Map(String, String)"}


def _lend(connection: chdb.state.sqlitelike.Connection, name: str, rows: pa.Table) -> None:
    """A temporary table, gone with the connection. `Python(rows)` reads the local variable."""
    types = {f.name: text(_TYPES[str(f.type)]) for f in rows.schema}
    columns = [alias(call("CAST", column(name), kind), name) for name, kind in types.items()]
    properties = [exp.TemporaryProperty(), exp.EngineProperty(this=exp.to_identifier("Memory"))]
    made = exp.Create(
        this=exp.Table(this=exp.to_identifier(name, quoted=True)),
        kind="TABLE",
        properties=exp.Properties(expressions=properties),
        expression=select(columns, exp.Table(this=call("Python", exp.column("rows")))),
    )
    _answer(connection, printed(made), "Null")


def change(sql: str, database: str, settings: Mapping[str, object], rows: pa.Table | None = None) -> None:
    """A statement that changes something. EngineError where it fails.

    The engine looks for the table that `Python(rows)` names among the local variables of its callers.
    """
    with _connection(database, settings) as connection:
        _answer(connection, sql, "Null")


def kill(tag: str) -> None:
    """Stop the statement whose setting `log_comment` is the tag, if it runs."""
    with _connection(DATABASE, {}) as connection:
        sql = "KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC"
        _answer(connection, sql, "Null", {"tag": tag})


def read_so_far(tag: str) -> tuple[int, int]:
    """Rows and bytes that statements whose setting `log_comment` begins with the tag have read by now."""
    sql = (
        "SELECT sum(read_rows), sum(read_bytes) FROM system.processes"
        " WHERE startsWith(Settings['log_comment'], {tag:String})"
    )
    with _connection(DATABASE, {}) as connection:
        rows, size = _answer(connection, sql, "TSV", {"tag": tag}).split()
    return int(rows), int(size)


def stop_filling(database: str, column: str) -> None:
    """Give up storing a column's values for old rows. EngineError where it fails."""
    sql = (
        "KILL MUTATION WHERE database = {database:String} AND table = 'events'"
        " AND position(command, {column:String}) > 0 SYNC"
    )
    with _connection(DATABASE, {}) as connection:
        _answer(connection, sql, "Null", {"database": database, "column": f"MATERIALIZE COLUMN {column})"})


def _answer(
    connection: chdb.state.sqlitelike.Connection, sql: str, form: str, params: Mapping[str, str] | None = None
) -> bytes:
    try:
        sql.encode()  # chDB has no plain error for it
        answer: bytes = connection.query(sql, form, params=dict(params or {})).bytes()
    except UnicodeEncodeError:
        raise EngineError("it holds half of a surrogate pair, which is no character") from None
    except RuntimeError as error:
        raise EngineError(str(error)) from None
    return answer
