"""Lookup tables: rows, types, keys, CSV, life, and what searches read."""

from dataclasses import replace

import pytest

from dohyo.access.users import create_user
from dohyo.compile import CompileContext, compile_query
from dohyo.content import lookup_tables, rows, tree
from dohyo.content.library import Library
from dohyo.content.lookup_tables import LookupTables
from dohyo.content.refusals import ContentRefused
from dohyo.content.rights import Caller
from dohyo.content.shapes import table_draft
from dohyo.functions.table import RunContext
from dohyo.metadata.db import open_metadata
from dohyo.oracle.run import run_plan
from dohyo.plan.types import BOOL, DOUBLE, LONG, TEXT

FIELDS = {"Country": "string", "n": "int", "share": "double", "risky": "boolean"}
DEFINITION = {
    "name": "Risky Countries",
    "description": "d",
    "fields": [{"fieldName": name, "fieldType": kind} for name, kind in FIELDS.items()],
    "primaryKeys": ["Country"],
}
ADDRESS = 'path://"/Library/Admin Recommended/risky countries"'
CSV = b'country,N,share,risky\r\nIR,3,0.5,true\nCU,,,FALSE\n"a, ""b""",-1,1e3,\n'


@pytest.fixture
def metadata(tmp_path):
    return open_metadata(tmp_path)


@pytest.fixture
def admin(metadata):
    return Caller(create_user(metadata, "admin@contoso.com", "administrator").id, manages=True)


@pytest.fixture
def tables(metadata):
    return LookupTables(metadata)


@pytest.fixture
def made(metadata, admin):
    return Library(metadata).create(tree.ADMIN_RECOMMENDED, table_draft(DEFINITION), admin).id


def row(country, n=None, share=None, risky=None):
    return {"Country": country, "n": n, "share": share, "risky": risky}


THREE = [row("IR", 3, 0.5, True), row("CU", risky=False), row('a, "b"', -1, 1000.0)]


def test_searches_read_typed_rows_at_the_path(tables, made, admin):
    assert tables.upload(made, CSV, admin) == 3
    table = tables.table_at(ADDRESS)
    assert table.rows == THREE
    assert dict(table.columns) == {"Country": TEXT, "n": LONG, "share": DOUBLE, "risky": BOOL}


def test_table_is_read_once_until_it_changes(tables, made, admin):
    tables.upload(made, CSV, admin)
    first = tables.table_at(ADDRESS)
    assert tables.table_at(ADDRESS.replace('"', "")) is first
    tables.put_row(made, {"country": "ir", "N": "4"}, admin)
    assert tables.table_at(ADDRESS).rows == [*THREE[1:], row("ir", 4)]


def test_table_made_again_is_another_one(tables, made, admin, metadata):
    tables.upload(made, CSV, admin)
    library = Library(metadata)
    assert len(tables.table_at(ADDRESS).rows) == 3
    library.delete(made, admin)
    assert tables.table_at(ADDRESS) is None
    library.create(tree.ADMIN_RECOMMENDED, table_draft(DEFINITION), admin)
    assert tables.table_at(ADDRESS).rows == []


def test_personal_table_is_found_by_its_owner_only(tables, metadata, admin):
    library = Library(metadata)
    mine = library.create(library.personal(admin).id, table_draft(DEFINITION), admin)
    path = library.place(mine.id, admin).path
    assert tables.table_at(path) is None and tables.table_at(path, Caller("00000000000000BB")) is None
    assert tables.table_at(path, admin).rows == []


def test_merge_replaces_rows_with_the_same_key_in_any_case(tables, made, admin):
    tables.upload(made, CSV, admin)
    tables.upload(made, b"country,n\nCu,7\nKP,1\n", admin, merge=True)
    assert tables.table_at(ADDRESS).rows == [THREE[0], THREE[2], row("Cu", 7), row("KP", 1)]
    tables.upload(made, b"country\nKP\n", admin)
    assert tables.table_at(ADDRESS).rows == [row("KP")]


def test_rows_are_removed_by_key_and_all_at_once(tables, made, admin):
    tables.upload(made, CSV, admin)
    tables.delete_row(made, {"Country": "ir"}, admin)
    assert tables.table_at(ADDRESS).rows == THREE[1:]
    tables.truncate(made, admin)
    assert tables.table_at(ADDRESS).rows == [] and tables.table_json(made, admin)["size"] == 0


def test_rows_run_out(tables, made, admin, monkeypatch):
    now = [1_700_000_000_000]
    for module in (rows, lookup_tables):
        monkeypatch.setattr(module, "now_ms", lambda: now[0])
    tables.set_life(made, 10, "short", "StopIncomingMessages", admin)
    tables.put_row(made, {"country": "old"}, admin)
    now[0] += 5 * 60_000
    tables.put_row(made, {"country": "young"}, admin)
    assert tables.table_at(ADDRESS).rows == [row("old"), row("young")]
    now[0] += 5 * 60_000
    assert tables.table_at(ADDRESS).rows == [row("young")]


def test_broken_lines_are_quoted_and_nothing_is_used(tables, made, admin):
    tables.upload(made, CSV, admin)
    broken = b"country,n,risky\nDE,x,true\n,1,true\nFR,1\nUS,3000000000,true\nIN,1,maybe\nJP,1,true\n"
    with pytest.raises(ContentRefused) as caught:
        tables.upload(made, broken, admin)
    assert [problem.message for problem in caught.value.problems] == [
        'line 2: n: "x" is no int',
        "line 3: a row has no value for the primary key Country",
        "line 4: 2 cells where the header has 3",
        'line 5: n: "3000000000" is no int',
        'line 6: risky: "maybe" is no boolean',
    ]
    assert tables.table_at(ADDRESS).rows == THREE


@pytest.mark.parametrize("content", [b"", b"nothing\n1\n", b"\xff\xfe", b'country\n"open\n', b"n\n1\n"])
def test_unusable_file_is_refused(tables, made, admin, content):
    with pytest.raises(ContentRefused):
        tables.upload(made, content, admin)


def test_rows_change_by_those_who_may(tables, made, metadata):
    with pytest.raises(ContentRefused) as caught:
        tables.put_row(made, {"country": "x"}, Caller("00000000000000BB"))
    assert caught.value.status == 403


def test_full_table_takes_no_more(tables, made, admin, monkeypatch):
    monkeypatch.setattr(rows, "MOST_BYTES", 100)
    tables.put_row(made, {"country": "x" * 30}, admin)
    with pytest.raises(ContentRefused):
        tables.put_row(made, {"country": "y" * 60}, admin)
    assert tables.table_at(ADDRESS).rows == [row("x" * 30)]


def test_full_table_lets_the_oldest_rows_go_where_that_is_set(tables, made, admin, monkeypatch):
    tables.set_life(made, 0, "d", "DeleteOldData", admin)
    monkeypatch.setattr(rows, "MOST_BYTES", 200)
    for letter in "abcd":
        tables.put_row(made, {"country": letter * 60}, admin)
    assert tables.table_at(ADDRESS).rows == [row("c" * 60), row("d" * 60)]
    assert tables.table_json(made, admin)["size"] <= 200


def test_copied_table_has_the_rows(tables, made, admin, metadata):
    tables.upload(made, CSV, admin)
    library = Library(metadata)
    copied = library.copy(made, library.personal(admin).id, admin)
    assert tables.table_at(library.place(copied.id, admin).path, admin).rows == THREE


def saved_by(query, tables, caller):
    """Runs the query over two rows, allowed to save."""
    run = RunContext(0, 0, 0, save=lambda *what: tables.save(*what, caller))
    plan = compile_query(query, CompileContext(run, tables=tables.table_at)).plan
    messages = [
        {"_raw": raw, "_messagetime": -1, "_messageid": 1} for raw in ('{"c":"IR","n":7}', '{"c":"DE","n":1}')
    ]
    return run_plan(plan, messages, replace(run, start_ms=-10))


QUERY = '* | json "c", "n" as Country, n | 0.5 as share | true as risky | count by Country, n, share, risky'


def test_search_saves_its_rows_in_the_place_of_the_old_ones(tables, made, admin):
    tables.upload(made, CSV, admin)
    shown = saved_by(f"{QUERY} | save {ADDRESS}", tables, admin)
    assert shown[0] == row("DE", "1", 0.5, True) | {"_count": 1}
    assert tables.table_at(ADDRESS).rows == [row("DE", 1, 0.5, True), row("IR", 7, 0.5, True)]


def test_search_merges_its_rows_by_primary_key(tables, made, admin):
    tables.upload(made, CSV, admin)
    saved_by(f"{QUERY} | save append {ADDRESS}", tables, admin)
    assert sorted(one["Country"] for one in tables.table_at(ADDRESS).rows) == ["CU", "DE", "IR", 'a, "b"']
    assert row("IR", 7, 0.5, True) in tables.table_at(ADDRESS).rows


def test_search_saves_nothing_for_who_may_not_change_the_table(tables, made, metadata):
    other = Caller(create_user(metadata, "b@contoso.com", "viewer").id)
    with pytest.raises(ContentRefused):
        saved_by(f"{QUERY} | save {ADDRESS}", tables, other)
    assert tables.table_at(ADDRESS).rows == []
