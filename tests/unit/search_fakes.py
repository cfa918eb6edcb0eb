"""A stand-in for `Searches` that answers from a table of texts, counts what it was asked and can be held."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from dohyo.base.problem import ProblemError
from dohyo.compile import readable
from dohyo.plan.schema import Field
from dohyo.plan.types import LONG, TEXT
from dohyo.search.result import Bucket, Result

COUNT = (Field("name", TEXT, key=True), Field("_count", LONG))
RAW = (Field("_raw", TEXT), Field("_messagetime", LONG))


@dataclass(frozen=True)
class FakeCompiled:
    text: str
    is_aggregate: bool


@dataclass
class FakeSearches:
    """`answers`: text -> Result or ProblemError. Texts with `count` group."""

    answers: dict[str, Result | ProblemError] = field(default_factory=dict)
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    newest: int = 1
    held: threading.Event | None = None

    def readable(self, text):
        readable(text, {})

    def compiled(self, text, run):
        answer = self.answers.get(text)
        if isinstance(answer, ProblemError):
            raise answer
        return FakeCompiled(text, "count" in text)

    def result(self, compiled, run, query_id=None, *, most_messages=None):
        if self.held:
            assert self.held.wait(10)
        self.asked.append((compiled.text, run.start_ms, run.end_ms))
        return self.answers[compiled.text]

    def messages(self, compiled, run, query_id=None):
        return Result(RAW, [("kept", 1)], (), False, message_count=1)

    def histogram(self, compiled, run, query_id=None):
        return [Bucket(60, 60, 2), Bucket(0, 60, 1)]

    def first_messages(self, compiled, run, buckets, query_id=None):
        return None

    def first_records(self, compiled, run, buckets, query_id=None):
        return None

    def meant(self, compiled):
        return []

    def newest_insert(self):
        return self.newest

    def cancel(self, query_id):
        self.cancelled.append(query_id)
        if self.held:
            self.held.set()


def groups(*rows, warnings=(), cut=False):
    return Result(COUNT, list(rows), tuple(warnings), True, cut)


def raws(count, cut=False):
    return Result(RAW, [(f"m{i}", i) for i in range(count)], (), False, cut, count)
