"""Every problem that a query may have is in a golden case, as people see it."""

import re
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src" / "dohyo"
FOLDERS = ("lang", "ops", "plan", "functions", "oracle")
ELSEWHERE = {
    "argument-refused": "of macros: test_macros",
    "argument-type": "of macros: test_macros",
    "columns-cut": "a warning: the cases of transpose show it",
    "query-too-long": "test_fuzz",
    "regex-slow": "takes its seconds: test_looking_around",
    "slices-missing": "a warning: the cases of predict show it",
    "subquery-cut": "a warning",
    "subquery-place": "all operators with expressions take subqueries",
    "subquery-size": "100 MB of rows",
    "subquery-unsupported": "no query leads there",
    "time-range": "of ranges, which are no queries",
    "time-range-order": "of ranges, which are no queries",
    "too-many-fields": "more names than fit a case",
    "too-many-steps": "test_fuzz",
    "too-slow": "takes its seconds",
    "word-too-long": "test_fuzz",
}


def problem_codes():
    raised = re.compile(r'(?:fail|Problem)\(\s*"([a-z]+(?:-[a-z]+)+)"')
    files = [file for folder in FOLDERS for file in (SOURCE / folder).glob("*.py")]
    return {code for file in files for code in raised.findall(file.read_text(encoding="utf-8"))}


def test_every_problem_is_in_a_case():
    text = "".join(file.read_text(encoding="utf-8") for file in HERE.glob("*/*.md"))
    shown = set(re.findall(r"error\[([a-z-]+)\]", text))
    assert sorted(problem_codes() - shown - set(ELSEWHERE)) == []
    assert sorted(set(ELSEWHERE) & shown) == []
    assert sorted(set(ELSEWHERE) - problem_codes()) == []


def test_every_problem_of_a_case_has_a_place():
    """Two lines below the sentence say where."""
    placeless = []
    for file in HERE.glob("*/*.md"):
        for said in re.findall(r"```error\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL):
            placeless += [
                (file.stem, one.splitlines()[0])
                for one in re.split(r"^(?=error\[)", said, flags=re.MULTILINE)
                if one and "^" not in one
            ]
    assert placeless == []
