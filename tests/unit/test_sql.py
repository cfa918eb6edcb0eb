"""What plans become in SQL: few selects, short text, whatever the query."""

import pytest

from dohyo.compile import CompileContext, compile_query
from dohyo.functions.table import RunContext
from dohyo.plan.sqltree import printed
from dohyo.sql.query import plan_to_sql

RUN = RunContext(1_700_000_000_000, 1_699_900_000_000, 1_700_000_000_000)


def sql_of(query):
    return printed(plan_to_sql(compile_query(query, CompileContext(RUN)).plan, RUN))


def selects(query):
    return sql_of(query).count("SELECT ")


def test_steps_that_work_row_by_row_are_one_select():
    steps = "".join(
        f' | parse "a{i}=*," as a{i} | where a{i} matches "x*" | concat(a{i}, "y") as b{i}' for i in range(20)
    )
    assert selects(f"*{steps} | count by b3") == selects("* | count by _raw")


def test_a_limit_closes_the_select_that_it_limits():
    inner = sql_of('* | limit 5 | where _raw matches "a*"')
    assert inner.index("LIMIT 5") < inner.index("like(")


@pytest.mark.parametrize("function", ["toLowerCase({})", 'replace({}, "a", "b")', "substring({}, 1)"])
def test_text_grows_with_the_nesting_of_functions_and_no_faster(function):
    def nested(depth):
        text = "_raw"
        for _ in range(depth):
            text = function.format(text)
        return len(sql_of(f"* | {text} as x | count by x"))

    assert nested(50) < 3 * nested(25)


def test_text_grows_with_the_number_of_steps_and_no_faster():
    def steps(count):
        return len(sql_of("*" + "".join(f' | parse "a{i}=*," as f{i} nodrop' for i in range(count))))

    assert steps(200) < 3 * steps(100)


def test_the_same_value_is_written_once():
    text = sql_of('* | json "a.b" as x nodrop | json "c[0]" as y nodrop | concat(x, y) as z')
    assert text.count('AS "json_text=') == 1


def test_a_name_of_a_value_is_no_name_of_a_field():
    made = sql_of('* | 1 as %"a=1" | 2 as a | %"a=1" + a as b')
    assert "$3d$" in made
