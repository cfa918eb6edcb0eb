"""The metadata database: where it is, how it is opened, how its schema is brought up to date."""

from __future__ import annotations

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

MIGRATIONS = Path(__file__).parent / "migrations"
FILE_NAME = "metadata.sqlite"
BUSY_TIMEOUT_MS = 20_000


def metadata_url(data_dir: Path) -> str:
    """`DOHYO_METADATA_URL` where it is set (PostgreSQL), else the SQLite file in the data directory."""
    return os.environ.get("DOHYO_METADATA_URL") or f"sqlite:///{Path(data_dir).absolute() / FILE_NAME}"


def open_metadata(data_dir: Path) -> sessionmaker[Session]:
    """Opens the metadata database of `data_dir`, made and migrated to the newest schema where needed.

    Works before the first start and beside a running server: writers wait for each other, and one of two
    processes that meet in the migration waits for the other.
    """
    data_dir = Path(data_dir)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_metadata_engine(metadata_url(data_dir))
    with engine.begin() as connection:
        migrate(connection)
    return sessionmaker(engine, expire_on_commit=False)


def create_metadata_engine(url: str) -> Engine:
    """An engine for `url`; on SQLite with a write-ahead log, foreign keys and a synced commit."""
    engine = create_engine(url)
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection, _record) -> None:
    cursor = connection.cursor()
    # The wait first: switching to the write-ahead log takes a lock of its own.
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def migrate(connection: Connection) -> None:
    """Runs the missing migrations inside the caller's transaction: all of them or none."""
    if connection.dialect.name == "sqlite":
        # Python's sqlite3 starts no transaction for DDL; without this a kill could leave half a schema.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
