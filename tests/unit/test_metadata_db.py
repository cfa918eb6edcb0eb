"""The metadata database."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from dohyo.metadata.db import create_metadata_engine, metadata_url, open_metadata
from dohyo.metadata.models import Base


def test_migrations_make_exactly_the_tables_of_the_models(tmp_path):
    open_metadata(tmp_path)
    with create_metadata_engine(metadata_url(tmp_path)).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_database_is_made_once_by_openers_that_meet(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_metadata(tmp_path / "new"), range(4)))
    with opened[0]() as session:
        assert session.scalar(text("select count(*) from alembic_version")) == 1


def test_connections_keep_a_log_and_check_references(tmp_path):
    with open_metadata(tmp_path)() as session:
        assert session.scalar(text("pragma journal_mode")) == "wal"
        assert session.scalar(text("pragma foreign_keys")) == 1
