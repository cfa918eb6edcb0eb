"""The step contract: what a source's step is given and what it gives back.

A stepper is called as `step(state, response, now_ms) -> StepResult`. The first response of a run is `Start`.
Whoever drives it first stores `rows` durably, then saves `cursor`, then carries out `request` and calls again
with its response; rows are answered by `Stored` before anything is requested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

State = Literal[
    "Pending", "Started", "Initialized", "Authenticated", "Collecting", "Error", "Stopping", "Stopped"
]
ErrorType = Literal["ThirdPartyConfig", "ThirdPartyGeneric", "FirstPartyGeneric"]


# Requests


@dataclass(frozen=True, slots=True)
class SignIn:
    """Get a new access token; answered by `SignedIn` or `Failed`."""


@dataclass(frozen=True, slots=True)
class Get:
    """A GET with the access token, answered by `Answer` or `Failed`. `url` is used as it is."""

    url: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing until the moment `until_ms`; answered by `Woken`."""

    until_ms: int


Request = SignIn | Get | Wait


# Responses


@dataclass(frozen=True, slots=True)
class Start:
    """A run begins. `cursor` is what the last run saved, None at the first."""

    cursor: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    pass


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable answer. `refused`: the sign-in service said no, and asking again will not help."""

    message: str
    refused: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Woken:
    pass


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of the last result are durable: counts of new records, new versions of known ones, repeats."""

    new: int
    updated: int
    repeated: int
    other_content: int = 0  # of `updated`: versions whose update time was stored before with other content
    left_out: int = 0  # by processing rules; not stored


Response = Start | SignedIn | Answer | Failed | Woken | Stored


# Results


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it goes into the store.

    `record` names the thing, `version` its state, `content` what it holds; together they are the row key.
    """

    record: str
    version: str
    content: str
    raw: str
    messagetime_ms: int | None  # None: no readable time, receipt time is used
    fields: Mapping[str, str] = field(default_factory=dict)  # besides those of source and collector


@dataclass(frozen=True, slots=True)
class Health:
    """What people see of the source: its state and, when something is wrong, the service's own words."""

    state: State
    message: str | None = None
    error_type: ErrorType | None = None
    next_try_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What one pass over a window came to; moments in epoch milliseconds."""

    started_ms: int
    finished_ms: int
    window_from_ms: int
    window_to_ms: int
    pages: int = 0
    fetched: int = 0
    new: int = 0
    updated: int = 0
    repeated: int = 0
    refused: int = 0
    lag_ms: int | None = None
    complete: bool = True  # False: broken off, `message` says why
    message: str | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step wants. With `rows` there is no request: the next response is `Stored`."""

    state: Any
    request: Request | None = None
    rows: tuple[Row, ...] | None = None
    health: Health | None = None  # None: as before
    cursor: dict[str, Any] | None = None  # to be saved, after the rows
    account: Account | None = None


class Stepper(Protocol):
    """One source type's steps for one source's settings."""

    host: str  # for `_sourceHost`

    def step(self, state: Any, response: Response, now_ms: int) -> StepResult: ...

    def leave(self, state: Any, words: str, now_ms: int) -> StepResult:
        """The cursor and the account of a pass that ends here unfinished, for the reason `words`."""
        ...


class Client(Protocol):
    """Carries out the requests that need the network."""

    def send(self, request: SignIn | Get) -> SignedIn | Answer | Failed: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from a second to five minutes, spread so that sources do not march in step."""

    first_ms: int = 1_000
    longest_ms: int = 300_000

    def wait_ms(self, failures: int, now_ms: int) -> int:
        """The wait after the n-th failure in a row, from 1. `now_ms` is the dice: no chance inside a step.

        >>> [Backoff().wait_ms(n, 999) for n in (1, 2, 3, 20)]
        [999, 1999, 3998, 299850]
        """
        whole = min(self.first_ms * 2 ** min(failures - 1, 20), self.longest_ms)
        return whole // 2 + whole * (now_ms % 1000) // 2000
