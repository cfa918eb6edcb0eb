"""Imports between packages point one way: a package may import only those that stand before it."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "dohyo"
ORDER = [
    "base",
    "lang",
    "plan",
    "functions",
    "ops",
    "sql",
    "compile",
    "oracle",
    "store",
    "metadata",
    "access",
]
ORDER += ["search", "collect", "content", "apps", "upkeep", "graphsim", "api", "cli"]
# The stand-in plays a foreign service: it may know nothing of the product it is collected by.
STANDS_ALONE = {"graphsim": {"base"}}


def imported_packages(path: Path) -> set[str]:
    """Names of the packages directly below `dohyo` that the file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [node.module] if node.module != "dohyo" else [f"dohyo.{alias.name}" for alias in node.names]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("dohyo.")}
    return found - {"__version__"}


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if path.parent != SOURCE or path.stem == "compile"]


def test_every_package_has_a_place_in_the_order():
    assert {package_of(path) for path in modules()} <= set(ORDER)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(path):
    package = package_of(path)
    allowed = STANDS_ALONE.get(package, set(ORDER[: ORDER.index(package)])) | {package}
    assert imported_packages(path) <= allowed


def test_every_package_says_what_it_owns():
    silent = [
        path.parent.name
        for path in SOURCE.glob("*/__init__.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
