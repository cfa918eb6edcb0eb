"""Statements of many threads at once: each gets its own answer, can be stopped, and changes nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
import sqlglot.expressions as exp

from dohyo.base.problem import ProblemError
from dohyo.plan.sqltree import alias, call, column, number, plain, select, text
from dohyo.store.embedded import EmbeddedStore
from dohyo.store.statements import THROWN

SLOW = select([call("sum", call("sipHash64", column("number")))], call("numbers", plain(20_000_000_000)))


@pytest.fixture
def store():
    store = EmbeddedStore.in_memory()
    yield store
    store.close()


def constant(value: int) -> exp.Select:
    return exp.Select(expressions=[alias(number(value), "n")])


def code_of(run) -> str:
    with pytest.raises(ProblemError) as refused:
        run()
    return refused.value.problems[0].code


def test_a_failed_statement_leaves_nothing_in_the_next_answer(store):
    """chDB puts what a failed statement had printed before the next answer of the same connection."""
    at_the_end = call("throwIf", exp.EQ(this=column("number"), expression=plain(200_000)))
    fails = select([column("number"), at_the_end], call("numbers", plain(300_000)))
    for value in range(3):
        assert code_of(lambda: store.query(fails)) == THROWN
        assert store.query(constant(value)).to_pylist() == [{"n": value}]


def test_threads_get_their_own_answers(store):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda value: store.query(constant(value)).to_pylist(), range(200)))
    assert answers == [[{"n": value}] for value in range(200)]


def test_small_statements_are_answered_while_a_long_one_runs(store):
    found: list[str] = []
    long = threading.Thread(target=lambda: found.append(code_of(lambda: store.query(SLOW, query_id="long"))))
    long.start()
    for value in range(20):
        assert store.query(constant(value)).to_pylist() == [{"n": value}]
    assert long.is_alive()
    store.cancel("long")
    long.join()
    assert found == ["search-cancelled"]


def test_cancelling_stops_every_statement_of_the_id_and_no_other(store):
    begun = threading.Barrier(4)

    def run(query_id: str) -> str:
        begun.wait()
        return code_of(lambda: store.query(SLOW, query_id=query_id, timeout_s=0.8))

    with ThreadPoolExecutor(3) as pool:
        results = [pool.submit(run, query_id) for query_id in ("job", "job", "other")]
        begun.wait()
        while not all(result.done() for result in results[:2]):
            store.cancel("job")
        assert not results[2].done()
        assert [result.result() for result in results] == [
            "search-cancelled",
            "search-cancelled",
            "search-timeout",
        ]


def test_cancelling_what_does_not_run_does_nothing(store):
    store.cancel("absent")
    assert store.query(constant(1), query_id="absent").to_pylist() == [{"n": 1}]


def test_an_answer_larger_than_the_limit_is_refused(store):
    many = select([column("number")], call("numbers", plain(100_000_000)))
    assert code_of(lambda: store.query(many)) == "search-too-large"


def test_a_problem_says_what_happened_in_one_line_with_a_way_out(store):
    with pytest.raises(ProblemError) as refused:
        store.query(SLOW, timeout_s=0.2)
    problem = refused.value.problems[0]
    assert problem.message == "the search took longer than 0.2 seconds and was stopped"
    assert problem.hints == ("take a shorter time range, or more keywords before the first |",)
    with pytest.raises(ProblemError) as refused:
        store.query(select([column("absent")], exp.to_table("events")))
    message = refused.value.problems[0].message
    assert message.startswith("the search engine refused the search: Unknown expression identifier")
    assert "\n" not in message and "Exception" not in message


def test_a_statement_that_needs_too_much_memory_is_stopped(store):
    many = select([call("groupArray", column("number"))], call("numbers", plain(10_000_000)))
    assert code_of(lambda: store.query(many, max_memory_bytes=1_000_000)) == "search-memory"


def test_a_lent_table_is_there_for_one_statement_alone(store):
    columns = {"k0": ["a", None], "v0": [True, None], "v1": [1, 2], "v2": [0.5, 1.0]}
    lent = pa.table(columns)
    sql = select([column(name) for name in lent.column_names], exp.to_table("lent"))
    assert store.query(sql, tables={"lent": lent}).to_pylist() == lent.to_pylist()
    assert code_of(lambda: store.query(sql)) == "search-failed"


@pytest.mark.parametrize("tables", [None, {"lent": pa.table({"a": [1]})}])
def test_a_statement_changes_nothing(store, tables):
    drop = exp.Drop(tables=[exp.to_table("events")], kind="TABLE")
    assert code_of(lambda: store.query(drop, tables=tables)) == "search-failed"
    assert store.query(select([column("_raw")], exp.to_table("events"))).to_pylist() == []


def test_a_statement_reads_no_files(store):
    secret = select([column("line")], call("file", text("/etc/passwd"), text("LineAsString")))
    assert code_of(lambda: store.query(secret)) == "search-failed"


def test_half_a_surrogate_pair_is_refused_in_words(store):
    assert code_of(lambda: store.query(exp.Select(expressions=[text("\ud800")]))) == "search-failed"


def test_a_closed_store_answers_nothing():
    store = EmbeddedStore.in_memory()
    store.close()
    assert code_of(lambda: store.query(constant(1))) == "search-failed"


def test_stores_in_memory_know_nothing_of_each_other(store):
    other = EmbeddedStore.in_memory()
    other.set_hot_fields("app", {"id": "id"})
    assert (len(other.hot_fields()), store.hot_fields()) == (1, [])
    other.close()
    assert store.query(constant(1)).to_pylist() == [{"n": 1}]
