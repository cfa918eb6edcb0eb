"""The table of custom fields."""

from sqlalchemy import select, update

from dohyo.collect.field_table import READ_AGAIN_S, FieldTable
from dohyo.metadata.db import open_metadata
from dohyo.metadata.receiving import CustomField


def names(metadata) -> list[str]:
    with metadata() as session:
        return list(session.scalars(select(CustomField.name).order_by(CustomField.name)))


def test_new_names_are_added_up_to_the_limit_and_the_rest_is_dropped(tmp_path):
    metadata = open_metadata(tmp_path)
    table = FieldTable(metadata, most=3)
    assert table.kept({"Team": "blue", "b": "1"}) == ({"team": "blue", "b": "1"}, 0)
    assert table.kept({"team": "red", "c": "2", "d": "3"}) == ({"team": "red", "c": "2"}, 1)
    assert names(metadata) == ["b", "c", "team"]


def test_many_names_leave_the_table_at_its_limit(tmp_path):
    metadata = open_metadata(tmp_path)
    table = FieldTable(metadata, most=5)
    kept, dropped = table.kept({f"n{number:07}": "x" for number in range(100_000)})
    assert (len(kept), dropped, len(names(metadata))) == (5, 99_995, 5)


def test_built_in_and_overlong_names_cannot_be_set(tmp_path):
    table = FieldTable(open_metadata(tmp_path))
    assert table.kept({"_raw": "x", "_SourceHost": "x", "": "x", "n" * 256: "x", "ok": "1"}) == (
        {"ok": "1"},
        4,
    )


def test_disabled_field_is_dropped_once_the_table_is_read_again(tmp_path):
    metadata, now_s = open_metadata(tmp_path), [0.0]
    table = FieldTable(metadata, monotonic_s=lambda: now_s[0])
    assert table.kept({"a": "1"}) == ({"a": "1"}, 0)
    with metadata.begin() as session:
        session.execute(update(CustomField).values(enabled=False))
    now_s[0] = READ_AGAIN_S
    assert table.kept({"a": "1"}) == ({}, 1)


def test_two_processes_add_the_same_name_once(tmp_path):
    metadata = open_metadata(tmp_path)
    first, second = FieldTable(metadata), FieldTable(metadata)
    assert second.kept({}) == ({}, 0)
    assert first.kept({"a": "1"}) == ({"a": "1"}, 0)
    assert second.kept({"a": "1"}) == ({"a": "1"}, 0)
    assert names(metadata) == ["a"]
