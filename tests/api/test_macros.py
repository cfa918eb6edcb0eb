"""Macros over the published API, and in the queries that call them."""

from __future__ import annotations

import pytest

from .conftest import newer
from .test_rules_and_partitions import rows
from .test_uploads import source  # noqa: F401

MACROS = "/api/v2/macros"
MACRO = {
    "name": "by_word",
    "description": "Counts a word of the line",
    "definition": 'parse "{{key}}=*" as {{key}} nodrop | count by {{key}} | where _count >= {{least}}',
    "enabled": True,
    "arguments": [{"name": "key", "type": "Keyword"}, {"name": "least", "type": "Number"}],
}


@pytest.fixture
def macro(administrator):
    made = administrator.post(MACROS, json=MACRO)
    assert made.status_code == 200, made.text
    yield made.json()
    administrator.delete(f"{MACROS}/{made.json()['id']}")


def test_a_macro_is_returned_as_sent_and_called_by_queries(administrator, source, macro):  # noqa: F811
    assert {key: macro[key] for key in MACRO} == MACRO
    assert administrator.get(f"{MACROS}/{macro['id']}").json() == macro
    assert administrator.get(MACROS).json() == {"data": [macro], "next": None}
    source(category="macros/in").send("city=rome\ncity=rome\ncity=oslo")
    found = rows(administrator, "_sourceCategory=macros/in | `by_word(city, 2)`")
    assert found == [{"city": "rome", "_count": "2"}]


def test_a_changed_macro_counts_at_once_and_its_name_stays(administrator, source, macro):  # noqa: F811
    source(category="macros/changed").send("one\ntwo")
    changed = MACRO | {"definition": "count", "arguments": []}
    assert administrator.put(f"{MACROS}/{macro['id']}", json=changed).status_code == 200
    assert rows(administrator, "_sourceCategory=macros/changed | `by_word`") == [{"_count": "2"}]
    renamed = administrator.put(f"{MACROS}/{macro['id']}", json=changed | {"name": "other"})
    assert newer(renamed) == (400, "content1:wrong_definition")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("`by_word(city)`", "argument-count"),
        ("`by_word(city, many)`", "argument-type"),
        ("`by_words(city, 1)`", "macro-unknown"),
    ],
)
def test_a_wrong_call_is_told_at_its_place(administrator, macro, call, code):
    query = f"* | {call}"
    answer = administrator.post("/api/dohyo/v1/query/check", json={"query": query})
    (problem,) = answer.json()["problems"]
    assert (problem["code"], problem["span"]) == (code, {"start": 4, "end": len(query)})


def test_arguments_have_to_meet_the_conditions_of_a_macro(administrator):
    validations = [
        {"evalExpression": "least > 1", "errorMessage": "least has to be more than 1"},
        {"evalExpression": '{{key}} matches "c*"', "errorMessage": "only keys with c"},
    ]
    made = administrator.post(MACROS, json=MACRO | {"argumentValidations": validations})
    assert made.json()["argumentValidations"] == validations

    def problems(call):
        answer = administrator.post("/api/dohyo/v1/query/check", json={"query": f"* | {call}"})
        return [(one["code"], one["message"]) for one in answer.json()["problems"]]

    try:
        assert problems("`by_word(city, 2)`") == []
        assert problems("`by_word(city, 1)`") == [("argument-refused", "least has to be more than 1")]
        assert problems('`by_word("town", 2k)`') == [("argument-refused", "only keys with c")]
    finally:
        administrator.delete(f"{MACROS}/{made.json()['id']}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "two words"},
        {"definition": ""},
        {"arguments": [{"name": "a"}, {"name": "A"}]},
        {"arguments": [{"name": "a", "type": "Date"}]},
        {"argumentValidations": [{"evalExpression": "other > 1", "errorMessage": "no"}]},
        {"argumentValidations": [{"evalExpression": "least >", "errorMessage": "no"}]},
        {"argumentValidations": [{"evalExpression": "least > 1"}]},
    ],
)
def test_a_wrong_macro_is_refused_whole(administrator, wrong):
    answer = administrator.post(MACROS, json=MACRO | wrong)
    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.text
    assert administrator.get(MACROS).json()["data"] == []


def test_a_name_is_taken_once_and_an_unknown_macro_is_none(administrator, macro):
    assert administrator.post(MACROS, json=MACRO | {"name": "BY_WORD"}).status_code == 400
    assert administrator.get(f"{MACROS}/00000000000000FF").status_code == 404
    assert administrator.delete(f"{MACROS}/{macro['id']}").status_code == 204
    assert administrator.get(f"{MACROS}/{macro['id']}").status_code == 404
