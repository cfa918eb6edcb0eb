"""Microsoft Graph Security alerts: the steps of one source.

Windows lie on `lastUpdateDateTime`, with a closed start and an overlap. What is far behind is read in
slices of a day, the rest up to the service's present. A window of several pages is read again until a pass
brings nothing new: an alert updated meanwhile leaves the window and shifts the later pages by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from dohyo.collect.graph_page import Malformed, Page, date_ms, page_of, retry_after_s, words_of
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.graph_time import ms_to_graph_time
from dohyo.collect.source import (
    Account,
    Answer,
    Backoff,
    Failed,
    Get,
    Health,
    Response,
    SignedIn,
    SignIn,
    Start,
    StepResult,
    Stored,
    Wait,
)

DAY_MS = 86_400_000
OVERLAP_MS = 300_000  # updates that the service lists late
SETTLED_MS = 3_600_000  # this far back, our clock may say that a window is over
CLOCK_DOUBT_MS = 2_000  # the header Date has whole seconds
RECHECK_MS = 300_000  # a wrong set-up is tried again this often
PAGE_SIZES = (500, 100)  # the second where the service refuses the first
FAILURES_TO_ERROR = 3


@dataclass(frozen=True, slots=True)
class Pass:
    """One reading of a window, page by page."""

    from_ms: int
    to_ms: int
    started_ms: int
    live: bool  # reaches up to the present
    pages: int = 0
    fetched: int = 0
    new: int = 0
    updated: int = 0
    repeated: int = 0
    refused: int = 0
    other_content: int = 0
    undated: int = 0
    newest_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GraphState:
    """Where the source stands. Only `position_ms` and `floor_ms` outlive the process."""

    floor_ms: int  # nothing before is asked for
    position_ms: int  # every update before is stored
    signed_in: bool = False
    reading: Pass | None = None
    get: Get | None = None  # asked for, not yet answered well
    next_url: str | None = None  # to ask for when the rows are stored
    clock_ahead_ms: int = 0  # the service's clock against ours
    failures: int = 0
    renewed: bool = False  # a new token was fetched because of a 401
    page_size: int = PAGE_SIZES[0]


class GraphSecurity:
    """Steps of one source; keeps nothing itself."""

    def __init__(self, settings: GraphSecuritySettings) -> None:
        self.settings = settings
        self.root, _ = settings.roots
        self.host = urlsplit(self.root).netloc
        self.tenant = settings.tenant_id.lower()

    def step(self, state: GraphState | None, response: Response, now_ms: int) -> StepResult:
        """The next thing to do; see `collect.source` for the contract."""
        if isinstance(response, Start):
            return StepResult(self._begin(response.cursor, now_ms), SignIn())
        assert state is not None, "a run begins with Start"
        if isinstance(response, SignedIn):
            return self._go_on(replace(state, signed_in=True), now_ms, Health("Authenticated"))
        if isinstance(response, Answer):
            return self._answered(state, response, now_ms)
        if isinstance(response, Stored):
            return self._stored(state, response, now_ms)
        if isinstance(response, Failed):
            if response.refused:
                return _wrong_setup(state, response.message, now_ms)
            return _trouble(state, response.message, now_ms, response.retry_after_s)
        return self._go_on(state, now_ms)  # Woken

    # Windows

    def _begin(self, cursor: dict[str, Any] | None, now_ms: int) -> GraphState:
        if cursor and cursor["scope"] == self._scope():
            return GraphState(cursor["floor_ms"], cursor["position_ms"])
        start = now_ms - self.settings.backfill_days * DAY_MS
        return GraphState(start, start)

    def _scope(self) -> str:
        """Whose alerts the cursor counts; another tenant or service begins anew."""
        return f"{self.tenant} {self.root}"

    def _cursor(self, state: GraphState) -> dict[str, Any]:
        return {"scope": self._scope(), "floor_ms": state.floor_ms, "position_ms": state.position_ms}

    def _go_on(self, state: GraphState, now_ms: int, health: Health | None = None) -> StepResult:
        """Signs in, repeats what was not answered, or begins a pass, whichever is due."""
        if not state.signed_in:
            return StepResult(state, SignIn(), health=health)
        if state.get is not None:
            return StepResult(state, state.get, health=health)
        if state.reading is None:
            state = replace(state, reading=_next_pass(state, now_ms))
        return self._ask(state, self._first_url(state), health)

    def _ask(self, state: GraphState, url: str, health: Health | None = None) -> StepResult:
        get = Get(url)
        return StepResult(replace(state, get=get), get, health=health)

    def _first_url(self, state: GraphState) -> str:
        assert state.reading is not None
        wanted = (
            f"lastUpdateDateTime ge {ms_to_graph_time(state.reading.from_ms)}"
            f" and lastUpdateDateTime lt {ms_to_graph_time(state.reading.to_ms)}"
        )
        return f"{self.root}/v1.0/security/alerts_v2?$filter={quote(wanted, safe=':')}&$top={state.page_size}"

    # Answers

    def _answered(self, state: GraphState, answer: Answer, now_ms: int) -> StepResult:
        if answer.status == 200:
            return self._page(state, answer, now_ms)
        words = words_of(answer)
        if answer.status == 401 and not state.renewed:
            return StepResult(replace(state, renewed=True, signed_in=False), SignIn())
        if answer.status in (408, 429) or answer.status >= 500:
            return _trouble(state, words, now_ms, retry_after_s(answer), throttled=answer.status == 429)
        if answer.status == 400 and state.page_size > PAGE_SIZES[-1]:
            return self._restart_pass(replace(state, page_size=PAGE_SIZES[-1]), now_ms)
        if answer.status in (400, 404, 410) and state.reading and state.reading.pages:
            # A next link does not hold for ever; the window's first page tells whether the set-up is wrong.
            return self._restart_pass(state, now_ms)
        return _wrong_setup(state, words, now_ms)

    def _restart_pass(self, state: GraphState, now_ms: int) -> StepResult:
        assert state.reading is not None
        fresh = _pass_again(state.reading, now_ms)
        return self._go_on(replace(state, get=None, next_url=None, reading=fresh), now_ms)

    def _page(self, state: GraphState, answer: Answer, now_ms: int) -> StepResult:
        try:
            page = page_of(answer, self.tenant, self.root)
        except Malformed as error:
            return _trouble(state, f"Graph's answer cannot be read: {error}", now_ms)
        assert state.reading is not None
        service_ms = date_ms(answer)
        ahead = state.clock_ahead_ms if service_ms is None else service_ms - now_ms
        state = replace(
            state,
            reading=_with_page(state.reading, page),
            get=None,
            next_url=page.next_url,
            failures=0,
            renewed=False,
            clock_ahead_ms=ahead if abs(ahead) > CLOCK_DOUBT_MS else 0,
        )
        if page.rows:
            return StepResult(state, rows=page.rows, health=Health("Collecting"))
        return replace(self._stored(state, Stored(0, 0, 0), now_ms), health=Health("Collecting"))

    def _stored(self, state: GraphState, stored: Stored, now_ms: int) -> StepResult:
        assert state.reading is not None
        reading = replace(
            state.reading,
            new=state.reading.new + stored.new,
            updated=state.reading.updated + stored.updated,
            repeated=state.reading.repeated + stored.repeated,
            other_content=state.reading.other_content + stored.other_content,
        )
        state = replace(state, reading=reading)
        if state.next_url is not None:
            return self._ask(replace(state, next_url=None), state.next_url)
        account = _account(reading, now_ms, now_ms + state.clock_ahead_ms)
        if reading.pages > 1 and reading.new + reading.updated:
            again = self._restart_pass(state, now_ms)
            return replace(again, account=account)
        done = replace(state, reading=None, position_ms=_position_after(state, reading))
        result = self._after_window(done, reading, now_ms)
        return replace(result, account=account, cursor=self._cursor(done))

    def _after_window(self, state: GraphState, reading: Pass, now_ms: int) -> StepResult:
        if reading.live:
            return StepResult(state, Wait(reading.started_ms + self.settings.interval_ms))
        return self._go_on(state, now_ms)


def _next_pass(state: GraphState, now_ms: int) -> Pass:
    present = now_ms + state.clock_ahead_ms
    from_ms = max(state.position_ms - OVERLAP_MS, state.floor_ms)
    slice_end = state.position_ms + DAY_MS
    if slice_end < present - SETTLED_MS:
        return Pass(from_ms, slice_end, now_ms, live=False)
    return Pass(from_ms, max(present, from_ms + 1), now_ms, live=True)


def _pass_again(reading: Pass, now_ms: int) -> Pass:
    return Pass(reading.from_ms, reading.to_ms, now_ms, reading.live)


def _with_page(reading: Pass, page: Page) -> Pass:
    moments = [moment for moment in (reading.newest_ms, page.newest_ms) if moment is not None]
    return replace(
        reading,
        pages=reading.pages + 1,
        fetched=reading.fetched + page.fetched,
        refused=reading.refused + page.refused,
        repeated=reading.repeated + page.fetched - page.refused - len(page.rows),
        undated=reading.undated + sum(row.messagetime_ms is None for row in page.rows),
        newest_ms=max(moments, default=None),
    )


def _position_after(state: GraphState, reading: Pass) -> int:
    """How far all is stored. Up to the present, only an update that was seen says so, not our clock."""
    if not reading.live:
        return reading.to_ms
    return max(state.position_ms, min(reading.newest_ms or 0, reading.to_ms))


def _account(reading: Pass, now_ms: int, present_ms: int) -> Account:
    notes = []
    if reading.other_content:
        notes.append(f"{reading.other_content} alerts came with other content under a known update time")
    if reading.refused:
        notes.append(f"{reading.refused} entries are no JSON objects")
    if reading.undated:
        notes.append(f"{reading.undated} alerts have no readable createdDateTime and got the time of receipt")
    return Account(
        started_ms=reading.started_ms,
        finished_ms=now_ms,
        window_from_ms=reading.from_ms,
        window_to_ms=reading.to_ms,
        pages=reading.pages,
        fetched=reading.fetched,
        new=reading.new,
        updated=reading.updated,
        repeated=reading.repeated,
        refused=reading.refused,
        lag_ms=max(0, present_ms - reading.to_ms),
        message="; ".join(notes) or None,
    )


def _trouble(
    state: GraphState, words: str, now_ms: int, after_s: float | None = None, *, throttled: bool = False
) -> StepResult:
    """Waits and repeats, for as long as the trouble lasts."""
    failures = state.failures + 1
    wait_ms = Backoff().wait_ms(failures, now_ms) if after_s is None else int(after_s * 1000)
    until_ms = now_ms + max(wait_ms, 100)
    failed = not throttled and (failures >= FAILURES_TO_ERROR or not state.signed_in)
    health = Health("Error" if failed else "Collecting", words, "ThirdPartyGeneric", until_ms)
    account = None if throttled or failures > 1 else _broken_off(state, words, now_ms)
    return StepResult(replace(state, failures=failures), Wait(until_ms), health=health, account=account)


def _wrong_setup(state: GraphState, words: str, now_ms: int) -> StepResult:
    """Names what is wrong, and looks again from time to time: it may be mended on the other side."""
    until_ms = now_ms + RECHECK_MS
    reading = state.reading and _pass_again(state.reading, now_ms)
    state = replace(state, signed_in=False, renewed=False, get=None, next_url=None, reading=reading)
    health = Health("Error", words, "ThirdPartyConfig", until_ms)
    return StepResult(state, Wait(until_ms), health=health, account=_broken_off(state, words, now_ms))


def _broken_off(state: GraphState, words: str, now_ms: int) -> Account | None:
    if state.reading is None:
        return None
    account = _account(state.reading, now_ms, now_ms + state.clock_ahead_ms)
    return replace(account, complete=False, message=words)
