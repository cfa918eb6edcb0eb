"""Every package of the catalog: its queries compile, and its events give exactly the answers it states."""

import pytest

from dohyo.apps.archive import files_of_zip, zip_of_files
from dohyo.apps.authoring import new, pack, query_problems, run_tests, slug, validate
from dohyo.apps.catalog import Catalog
from dohyo.apps.faults import PackageRefused
from dohyo.apps.package import Package, read_package
from dohyo.apps.package_tests import run_package_tests
from dohyo.store.embedded import EmbeddedStore

PACKAGES = {
    f"{slug(app.name)}-{version}": package
    for app in Catalog().apps()
    for version, package in app.packages.items()
}


@pytest.fixture(scope="module", autouse=True)
def engine():
    """Keeps the engine running from one package to the next: starting it again takes seconds."""
    store = EmbeddedStore.in_memory()
    yield
    store.close()


@pytest.fixture(params=PACKAGES.values(), ids=PACKAGES.keys())
def package(request) -> Package:
    return request.param


def test_queries_compile(package):
    assert query_problems(package) == []


def test_panels_answer_exactly_what_is_stated(package):
    report = run_package_tests(package)
    assert report.differences == () and report.compared > 0
    assert report.unasked == ()


@pytest.mark.parametrize("name", [name for name in PACKAGES if "cloud-apps" in name])
def test_answers_are_the_same_without_hot_fields(name):
    assert run_package_tests(PACKAGES[name], hot=False).differences == ()


def test_package_survives_packing(package):
    again = read_package(files_of_zip(zip_of_files(package.files)))
    assert again.digest == package.digest


def test_new_app_is_whole_and_passes_its_own_test(tmp_path):
    folder = new('Our "new" App', tmp_path / "app")
    assert validate(folder) == []
    report = run_tests(folder)
    assert (report.compared, report.differences, report.unasked) == (2, (), ())
    packed = pack(folder, tmp_path / "app.zip")
    assert validate(packed) == []
    with pytest.raises(PackageRefused):
        new("Again", folder)


def test_wrong_query_is_told_with_file_and_panel(tmp_path):
    folder = new("App", tmp_path / "app")
    resource = folder / "resources/overview.json"
    resource.write_text(resource.read_text().replace("| count by severity", "| cuont by severity"))
    [problem] = validate(folder)
    line = next(at for at, text in enumerate(resource.read_text().splitlines(), 1) if '"by-severity"' in text)
    place = f"resources/overview.json, line {line}: panel by-severity, line 4 of its query: "
    assert problem.message.startswith(place)
    with pytest.raises(PackageRefused):
        pack(folder, tmp_path / "app.zip")
    assert not (tmp_path / "app.zip").exists()


def test_wrong_answer_is_told_with_its_place(tmp_path):
    folder = new("App", tmp_path / "app")
    expected = folder / "tests/expected.yaml"
    expected.write_text(expected.read_text().replace("total: [{_count: 3}]", "total: [{_count: 4}]"))
    [difference] = run_tests(folder).differences
    assert difference.place == "one day / overview / total"
    assert difference.message == 'row 1: expected {"_count": 4}, got {"_count": 3}'


def test_panel_that_no_case_asks_is_told(tmp_path):
    folder = new("App", tmp_path / "app")
    expected = folder / "tests/expected.yaml"
    text = expected.read_text()
    expected.write_text(text[: text.index("        by-severity")])
    assert run_tests(folder).unasked == ("overview / by-severity",)
