"""Packages: what is wrong with one is told with file and line; a bad archive is refused whole."""

import io
import json
import stat
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "apps"))
from small_app import UUID, files, package

from dohyo.apps import archive
from dohyo.apps.archive import CHECKSUMS, checksums, files_of_folder, files_of_zip, zip_of_files
from dohyo.apps.faults import PackageRefused
from dohyo.apps.package import read_package
from dohyo.apps.yaml_file import read_yaml
from dohyo.content.places import fill


def refusal(call, *args):
    with pytest.raises(PackageRefused) as caught:
        call(*args)
    return [problem.message for problem in caught.value.problems]


def changed(**texts):
    """The small package with files replaced; names have `__` for `/` and None takes one out."""
    found = dict(files("1.0.0"))
    for name, content in texts.items():
        path = (
            name.replace("__", "/").replace("_json", ".json").replace("_yaml", ".yaml").replace("_md", ".md")
        )
        if content is None:
            del found[path]
        else:
            found[path] = content if isinstance(content, bytes) else content.encode()
    return found


def manifest(**changes):
    text = files("1.0.0")["manifest.yaml"].decode()
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


def test_whole_package_is_read():
    read = package("1.0.0")
    assert (read.uuid, read.version, read.manifest.name) == (UUID, "1.0.0", "Small App")
    assert read.collection.source_types == ["Microsoft Graph Security API"]
    assert read.hot_fields.fields == {"x": "x"} and read.icon == "assets/images/icon.svg"
    assert read.resources[0].path == "resources/a.json"
    rows = {resource.path: resource.rows for resource in read.resources}
    assert rows["resources/table.json"] == ({"k": "old"},)


def test_unknown_key_is_told_with_its_line():
    text = manifest(key=("description:", "flavour: sweet\ndescription:"))
    assert refusal(read_package, changed(manifest_yaml=text)) == [
        "manifest.yaml, line 5: flavour: no such key"
    ]


def test_every_problem_is_told_at_once():
    text = manifest(version=("1.0.0", "one"), author=("  name: Tester", "  nick: x"))
    found = changed(manifest_yaml=text, README_md=None, config_yaml="parameters: 7", extra=b"?")
    assert refusal(read_package, found) == [
        "README.md: the file is missing",
        "extra: a package has no such file",
        "manifest.yaml, line 4: version: a version of three numbers, such as 1.0.0, is needed",
        "manifest.yaml, line 6: author.name: a value is needed",
        "manifest.yaml, line 7: author.nick: no such key",
        "config.yaml, line 1: parameters: a list is needed",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", 'manifest.yaml, line 2: the key "a" stands twice'),
        ("a: &x 1\nb: *x", "manifest.yaml, line 1: anchors and aliases have no place in a package"),
        ("- 1", "manifest.yaml, line 1: an object is needed"),
        ("a: !!python/object:os.system x",
         "manifest.yaml, line 1: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object:os.system'"),
    ],
)  # fmt: skip
def test_unreadable_yaml_is_told_with_its_line(text, message):
    assert refusal(read_package, changed(manifest_yaml=text)) == [message]


def test_text_that_is_no_yaml_is_told_with_a_line():
    [message] = refusal(read_package, changed(manifest_yaml="a: 1\nb: [\n"))
    assert message.startswith(("manifest.yaml, line 2: ", "manifest.yaml, line 3: "))


def test_app_for_a_newer_dohyo_is_refused():
    """That is all that is told: keys that this one does not know are no mistake then."""
    text = manifest(requires=("description:", "requires:\n  dohyo: 99.0.0\nnewKey: 1\ndescription:"))
    [message] = refusal(read_package, changed(manifest_yaml=text))
    assert message.startswith("manifest.yaml, line 6: the app needs Dohyo 99.0.0 or newer; this is ")


def test_wrong_resource_is_told_with_its_line():
    board = json.loads(files("1.0.0")["resources/a.json"])
    board["panels"][0]["queries"][0]["queryString"] = 5
    board["theme"] = "pink"
    text = json.dumps(board, indent=1)
    lines = {name: text[: text.index(f'"{name}"')].count("\n") + 1 for name in ("theme", "panels")}
    messages = refusal(read_package, changed(resources__a_json=text.replace('"panelType"', '"panelKind"')))
    assert messages == [
        f"resources/a.json, line {lines['theme']}: theme: Light or Dark is needed",
        f"resources/a.json, line {lines['panels'] + 1}: panels.0.panelType: a value is needed",
    ]


def test_broken_json_is_told_with_its_line():
    [message] = refusal(read_package, changed(resources__a_json='{\n"a": 1,\n}'))
    assert message.startswith("resources/a.json, line 3: the file is no JSON: ")


def test_place_that_nothing_fills_is_told_with_its_line():
    board = json.loads(files("1.0.0")["resources/a.json"])
    board["panels"][0]["queries"][0]["queryString"] += ' | where x = "{{severity}}"'
    text = json.dumps(board, indent=1)
    line = text[: text.index("{{severity")].count("\n") + 1
    assert refusal(read_package, changed(resources__a_json=text)) == [
        f"resources/a.json, line {line}: {{{{severity}}}} is neither an input of the package nor a variable"
    ]


def test_two_resources_of_one_name_are_told():
    found = changed(resources__z_json=files("1.0.0")["resources/gone.json"])
    assert refusal(read_package, found) == [
        'resources/z.json: the name "Gone" is that of resources/gone.json too'
    ]


def test_rows_that_do_not_fit_are_told():
    found = changed() | {"resources/table.csv": b"other\n1\n", "resources/lost.csv": b"a\n"}
    assert refusal(read_package, found) == [
        'resources/table.json, line 1: the table has no field "other"',
        "resources/lost.csv: the rows belong to no lookup table",
    ]


def test_wrong_hot_field_is_told():
    text = 'name: small\nfields:\n  x: "a..b["\n'
    [message] = refusal(read_package, changed() | {"hot-fields.yaml": text.encode()})
    assert message.startswith("hot-fields.yaml, line 2: fields: ")


def test_missing_image_and_events_are_told():
    text = manifest(
        media=(
            "description:",
            "appMedia:\n  - {title: t, type: image, location: ./assets/x.png}\ndescription:",
        )
    )
    case = 'received: "x"\nsource_category: c\ncases: [{name: n, from: a, to: b}]\n'
    found = changed(manifest_yaml=text) | {"tests/expected.yaml": case.encode()}
    assert refusal(read_package, found) == [
        "manifest.yaml: the image ./assets/x.png is missing",
        "tests/events.ndjson: the expected answers have no events",
    ]


# Archives


def zipped(entries, change=lambda entry: None):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            change(entry)
            made.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def test_packed_archive_is_the_package_again_and_always_the_same():
    whole = files("1.0.0")
    packed = zip_of_files(whole)
    assert files_of_zip(packed) == whole and zip_of_files(whole) == packed


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/passwd",
        "a/../../b",
        "c:\\x",
        "a\\b",
        ".hidden",
        "a//b",
        "x/" * 9 + "y",
        "ü",
        "a" * 300,
    ],
)
def test_path_that_leads_elsewhere_is_refused(name):
    [message] = refusal(files_of_zip, zipped([(name, b"x")]))
    assert message.endswith("the path is not one that a package may have")


def test_path_that_stands_twice_is_refused():
    [message] = refusal(files_of_zip, zipped([("README.md", b"x"), ("readme.md", b"y")]))
    assert message == "readme.md: the path is not one that a package may have"


def test_link_is_refused():
    def as_link(entry):
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16

    [message] = refusal(files_of_zip, zipped([("README.md", b"/etc/passwd")], as_link))
    assert message == "README.md: links, devices and encrypted files have no place in a package"


def test_link_in_a_folder_is_refused(tmp_path):
    (tmp_path / "README.md").symlink_to("/etc/passwd")
    assert refusal(files_of_folder, tmp_path) == ["README.md: links have no place in a package"]


def test_zip_bomb_is_refused_before_it_unfolds(monkeypatch):
    assert len(bomb := zipped([("a", bytes(archive.MOST_FILE_BYTES + 1))])) < 100_000
    assert refusal(files_of_zip, bomb) == ["a: the file is larger than 8 MB"]
    monkeypatch.setattr(archive, "MOST_BYTES", 2_000_000)
    many = zipped([(f"f{at}", bytes(1_000_000)) for at in range(5)])
    assert refusal(files_of_zip, many) == ["the files have more than 1 MB together"]
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    assert refusal(files_of_zip, zipped([(f"f{at}", b"") for at in range(5)])) == [
        "a package has at most 3 files"
    ]


@pytest.mark.parametrize("cut", [0, 1, 30, 200, -1, -30])
def test_cut_archive_is_refused(cut):
    packed = zip_of_files(files("1.0.0"))
    [message] = refusal(files_of_zip, packed[:cut])
    assert message == "the file is no whole .zip archive"


def test_changed_archive_is_refused():
    whole = dict(files("1.0.0"))
    sums = checksums(whole)
    whole["README.md"] += b"more"
    assert refusal(files_of_zip, zipped([*whole.items(), (CHECKSUMS, sums)])) == [
        "checksums.txt: the checksums are not those of the files"
    ]
    assert refusal(files_of_zip, zipped(whole.items())) == ["checksums.txt: the archive has no checksums"]


def test_flipped_bit_is_refused_or_means_nothing():
    whole = files("1.0.0")
    packed = zip_of_files(whole)
    refused = 0
    for at in range(0, len(packed), 7):
        broken = bytearray(packed)
        broken[at] ^= 1
        try:
            assert files_of_zip(bytes(broken)) == whole
        except PackageRefused:
            refused += 1
    assert refused > len(packed) / 7 / 2


# Inputs


def test_inputs_fill_documents_and_other_places_stay():
    inputs = {"scope_key": "_source", "default_scope_value": 'a "b" \\ | c'}
    filled = fill(
        {
            "title": "{{ default_scope_value }} {{severity}}",
            "queryString": '{{scope_key}}={{default_scope_value}} "{{default_scope_value}}" '
            "// {{scope_key}}\n| {{x}}",
            "list": ["{{scope_key}}", 1, None],
        },
        inputs,
    )
    assert filled == {
        "title": 'a "b" \\ | c {{severity}}',
        "queryString": '_source="a \\"b\\" \\\\ | c" "a \\"b\\" \\\\ | c" // {{scope_key}}\n| {{x}}',
        "list": ["_source", 1, None],
    }


def test_lines_of_yaml_are_those_of_the_keys():
    source = read_yaml("a:\n  b: 1\n  c:\n    - d: 2\n")
    assert [source.line(place) for place in [(), ("a",), ("a", "c", 0, "d"), ("a", "c", 9), ("x",)]] == [
        1,
        1,
        4,
        3,
        1,
    ]
