"""`--accept` rewrites the golden cases with what was printed."""


def pytest_addoption(parser):
    parser.addoption("--accept", action="store_true", help="rewrite golden cases; review the diff")
