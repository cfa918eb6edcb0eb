"""Files as records: every form, every break named by its place, every letter kept."""

import gzip
import json
from pathlib import Path

import pytest

from dohyo.base.problem import ProblemError
from dohyo.collect.file_records import Record, look_at, records_of
from dohyo.collect.json_objects import Broken

SAMPLE = Path(__file__).parents[2] / "tests/unit/pretty-alert.json"
AT = '"createdDateTime":"1970-01-01T00:00:01.5Z"'


def read(folder: Path, content: str | bytes, name: str = "file") -> list[Record | Broken]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    contents = look_at(path)
    with path.open("rb") as file:
        return list(records_of(file, contents))


def texts(found: list[Record | Broken]) -> list[str]:
    return [record.text for record in found if isinstance(record, Record)]


def places(found: list[Record | Broken]) -> list[tuple[int | None, int | None]]:
    return [(broken.line, broken.column) for broken in found if isinstance(broken, Broken)]


def test_each_line_is_a_record_with_its_time(tmp_path):
    lines = [f'{{"id": 1, {AT}}}', '{"id": 1.50, "a": "\\u00e9 é"}']
    found = read(tmp_path, "\n".join(lines) + "\r\n\n")
    assert found == [Record(lines[0], 1500), Record(lines[1], None)]


def test_objects_over_many_lines_keep_their_letters(tmp_path):
    first = '{\n  "id": 1,\r\n  "list": [\n    {\n      "a": "}"\n    }\n  ]\n}'
    second = '{\n"unindented":\n{\n}\n}'
    assert texts(read(tmp_path, f"{first}\n{second}\n{{}}")) == [first, second, "{}"]


def test_array_and_saved_graph_answer_give_their_members(tmp_path):
    members = ['{ "id": 1 }', '{"id":2,\n "evidence": [{}]}']
    array = f"[\n  {members[0]},\n  {members[1]}\n]\n"
    assert texts(read(tmp_path, array)) == members
    for answer in (
        f'{{"@odata.context": "x", "value": [{", ".join(members)}]}}',
        f'{{\n  "value": [\n{",".join(members)}\n  ],\n  "@odata.nextLink": "y"\n}}\n',
    ):
        assert texts(read(tmp_path, answer)) == members
    assert read(tmp_path, '{"@odata.context": "x", "value": []}') == []


def test_object_that_only_looks_like_an_answer_stays_whole(tmp_path):
    lines = ['{"value": [{"a": 1}], "unit": "s"}', '{"value": [1, 2]}', '{"value": []}']
    assert texts(read(tmp_path, "\n".join(lines))) == lines


def test_gzipped_file_gives_the_same_records_and_digest(tmp_path):
    content = b'\xef\xbb\xbf{"id": 1}\n{"id": 2}\n'
    assert texts(read(tmp_path, gzip.compress(content), "packed")) == ['{"id": 1}', '{"id": 2}']
    (tmp_path / "plain").write_bytes(content)
    assert look_at(tmp_path / "packed").digest == look_at(tmp_path / "plain").digest


def test_text_lines_are_records(tmp_path):
    content = "[Wed Oct 11 14:32:52 2000] [error] x\n\n  {thread-1} at 1970-01-01T00:00:01Z\r\n"
    assert read(tmp_path, content) == [
        Record("[Wed Oct 11 14:32:52 2000] [error] x", 971_274_772_000),
        Record("  {thread-1} at 1970-01-01T00:00:01Z", 1000),
    ]
    assert texts(read(tmp_path, "{thread-1} begins\n{thread-2} ends")) == [
        "{thread-1} begins",
        "{thread-2} ends",
    ]


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ('{"id": 1, "x" 2}', (2, 15)),
        ('{"id": 1, "x": "no end', (2, 16)),
        ('{"id": 1, "x": {"y": [', (2, 23)),
        ('"id": 3}', (2, 1)),
        ("[1, 2]", (2, 1)),
        ('{"id": 1} trailing', (2, 11)),
    ],
)
def test_broken_line_is_named_and_the_rest_goes_in(tmp_path, broken, place):
    found = read(tmp_path, f'{{"id": 0}}\n{broken}\n{{"id": 2}}\n')
    assert places(found) == [place]
    assert texts(found) == ['{"id": 0}', *(['{"id": 1}'] if "trailing" in broken else []), '{"id": 2}']


def test_broken_first_line_does_not_hide_the_others(tmp_path):
    found = read(tmp_path, '{"id": 1, "x": {\n{"id": 2}\n{"id": 3}\n')
    assert texts(found) == ['{"id": 2}', '{"id": 3}'] and len(places(found)) == 1


def test_broken_object_over_many_lines_is_one_refusal(tmp_path):
    good = '{\n  "id": 1\n}'
    found = read(tmp_path, f'{good}\n{{\n  "id": 2\n  "x": "open,\n  "y": 1\n}}\n{good}\n')
    assert texts(found) == [good, good] and places(found) == [(6, 3)]
    cut_off = read(tmp_path, f'{{\n  "id": 2,\n  "x": [\n{good}\n{good}\n')
    assert texts(cut_off) == [good, good] and len(places(cut_off)) == 1


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ('{"id": 1, "x" 2}', (3, 17)),
        ('{"id": 1, "x": [}', (3, 19)),
        ("nul", (3, 3)),
        ("7", (3, 3)),
    ],
)
def test_broken_member_of_an_array_is_named_and_the_rest_goes_in(tmp_path, broken, place):
    found = read(tmp_path, f'[\n  {{"id": 0}},\n  {broken},\n  {{"id": 2}}\n]')
    assert texts(found) == ['{"id": 0}', '{"id": 2}']
    assert places(found) == [place]


def test_array_without_its_end_or_a_comma_is_told(tmp_path):
    cut_off = read(tmp_path, '[{"id": 0},\n{"id": 1')
    assert texts(cut_off) == ['{"id": 0}'] and places(cut_off)[0] == (2, 9)
    missing = read(tmp_path, '[{"id": 0} {"id": 1}]')
    assert texts(missing) == ['{"id": 0}', '{"id": 1}'] and places(missing) == [(1, 12)]


def test_line_that_is_no_utf_8_is_named(tmp_path):
    found = read(tmp_path, b'{"id": 1}\n{"id": "\xff"}\n{"id": 3}')
    assert texts(found) == ['{"id": 1}', '{"id": 3}'] and places(found) == [(2, 9)]


def test_file_that_cannot_be_used_at_all_is_refused(tmp_path):
    with pytest.raises(ProblemError, match="UTF-16"):
        read(tmp_path, '{"id": 1}'.encode("utf-16"))
    with pytest.raises(ProblemError, match="no such file"):
        look_at(tmp_path / "missing")


def test_cut_off_gzip_file_gives_what_can_be_unpacked(tmp_path):
    content = "".join(f'{{"id": {n}, "x": "{n * 7919}"}}\n' for n in range(20_000)).encode()
    found = read(tmp_path, gzip.compress(content)[:-3000], "packed")
    assert 1000 < len(texts(found)) < 20_000
    assert isinstance(found[-1], Broken) and "unpacked" in found[-1].reason


def test_record_that_is_too_large_is_refused(tmp_path):
    found = read(tmp_path, json.dumps({"x": "y" * 5_000_000}) + '\n{"id": 2}')
    assert "larger" in found[0].reason and texts(found) == ['{"id": 2}']


def test_printed_sample_alert_keeps_every_letter_and_has_no_time(tmp_path):
    printed = SAMPLE.read_text()
    assert read(tmp_path, printed) == [Record(printed.strip(), None)]
    assert "2025-09-18T15:07:30+0530378Z" in printed
