"""Microsoft Graph Security alerts, and incidents if wanted: the steps of one source.

Windows lie on `lastUpdateDateTime`, with a closed start and an overlap. What is far behind is read in
slices of a day, the rest up to the service's present. A window of several pages is read again until a pass
brings nothing new: an alert updated meanwhile leaves the window and shifts the later pages by one. A window
that cannot be read to its end is read in halves. One that was answered in part is owed and read again later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from dohyo.collect.graph_page import Malformed, page_of, retry_after_s, words_of
from dohyo.collect.graph_settings import GraphSecuritySettings
from dohyo.collect.graph_state import DAY_MS, GraphState, Pass, Place, pass_json, pass_of
from dohyo.collect.graph_time import ms_to_graph_time
from dohyo.collect.graph_windows import (
    MINUTE_MS,
    SETTLED_MS,
    SMALLEST_SLICE_MS,
    afresh,
    larger,
    looked_back,
    narrowed,
    next_pass,
    position_after,
    smaller,
    with_clock,
)
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

RECHECK_MS = 300_000  # a wrong set-up is tried again this often
OWED_EVERY_MS = 600_000  # so are windows that were answered in part
LONGEST_ASKED_WAIT_MS = 3_600_000  # of Retry-After; what asks for more is looked at again
MOST_INCIDENTS = 50  # the service's own limit of a page
FAILURES_TO_ERROR = 3
FAILURES_TO_NARROW = 4
MOST_READINGS = 10
MOST_PAGES = 1_000  # of a pass; then the window is read in halves
PATHS = {"alerts": "alerts_v2", "incidents": "incidents"}


class GraphSecurity:
    """Steps of one source; keeps nothing itself."""

    def __init__(self, settings: GraphSecuritySettings) -> None:
        self.settings = settings
        self.root, _ = settings.roots
        self.host = urlsplit(self.root).netloc
        self.tenant = settings.tenant_id.lower()
        self.overlap_ms = settings.overlap_minutes * MINUTE_MS
        self.streams = ("alerts", "incidents") if settings.incidents else ("alerts",)

    def step(self, state: GraphState | None, response: Response, now_ms: int) -> StepResult:
        """The next thing to do; see `collect.source` for the contract."""
        if isinstance(response, Start):
            return self._begin(response.cursor, now_ms)
        assert state is not None, "a run begins with Start"
        if isinstance(response, SignedIn):
            health = _health(state, "Authenticated") if state.breaks < FAILURES_TO_ERROR else None
            return self._go_on(replace(state, signed_in=True), now_ms, health)
        if isinstance(response, Answer):
            return self._answered(state, response, now_ms)
        if isinstance(response, Stored):
            return self._stored(state, response, now_ms)
        if isinstance(response, Failed):
            if response.refused:
                return self._wrong_setup(state, response.message, now_ms)
            return self._trouble(state, response.message, now_ms, response.retry_after_s)
        return self._go_on(state, now_ms)  # Woken

    def leave(self, state: GraphState, words: str, now_ms: int) -> StepResult:
        """The account of the pass that ends here unfinished, and the cursor without it."""
        account = _broken_off(state, words, now_ms)
        left = replace(state, reading=None)
        return StepResult(left, account=account, cursor=None if account is None else self._cursor(left))

    # Windows

    def _begin(self, cursor: dict[str, Any] | None, now_ms: int) -> StepResult:
        known = cursor if cursor and cursor["scope"] == self._scope() else None
        start = self._first_moment(now_ms)
        places = {stream: self._place(known, stream, start) for stream in self.streams}
        size = self.settings.page_size
        is_new = known is None or known.get("is_new", False)
        state = GraphState(places, is_new=is_new, page_size=size, page_limit=size)
        account = None
        if known and (told := known.get("pass")):
            words = "the server was stopped in this pass"
            account = pass_of(told).account(now_ms, now_ms, words)
        # Saved at once: where the source begins does not move while it cannot read a first window.
        return StepResult(state, SignIn(), account=account, cursor=self._cursor(state))

    def _place(self, cursor: dict[str, Any] | None, stream: str, start_ms: int) -> Place:
        found = cursor if cursor is None or stream == "alerts" else cursor.get(stream)
        if found is None:
            return Place(start_ms, start_ms)
        place = Place.from_json(found)
        earlier = self.settings.backfill_start is not None and start_ms < place.floor_ms
        return Place(start_ms, start_ms) if earlier else place

    def _first_moment(self, now_ms: int) -> int:
        wanted = self.settings.backfill_start_ms
        return now_ms - self.settings.backfill_days * DAY_MS if wanted is None else min(wanted, now_ms)

    def _scope(self) -> str:
        """Whose alerts the cursor counts; another tenant, service or choice of products begins anew."""
        chosen = ",".join(sorted(self.settings.service_sources))
        return f"{self.tenant} {self.root}" + (f" {chosen}" if chosen else "")

    def _cursor(self, state: GraphState) -> dict[str, Any]:
        others = {name: place.as_json() for name, place in state.places.items() if name != "alerts"}
        begun: dict[str, Any] = (
            {"pass": pass_json(state.reading)} if state.reading and state.reading.pages else {}
        )
        begun |= {"is_new": True} if state.is_new else {}
        return {"scope": self._scope(), **state.places["alerts"].as_json(), **others, **begun}

    def _go_on(self, state: GraphState, now_ms: int, health: Health | None = None) -> StepResult:
        """Signs in, repeats what was not answered, or begins a pass, whichever is due."""
        if not state.signed_in:
            return StepResult(state, SignIn(), health=health)
        if state.get is None:
            if state.reading is None:
                state = replace(state, reading=next_pass(state, self.overlap_ms, now_ms))
            state = replace(state, get=Get(self._first_url(state)))
        return self._send(state, now_ms, health)

    def _send(self, state: GraphState, now_ms: int, health: Health | None = None) -> StepResult:
        """Asks, or waits where the requests of the last minute are used up."""
        sent = tuple(moment for moment in state.sent_ms if now_ms - MINUTE_MS < moment <= now_ms)
        if len(sent) >= self.settings.requests_per_minute:
            return StepResult(replace(state, sent_ms=sent), Wait(sent[0] + MINUTE_MS), health=health)
        return StepResult(replace(state, sent_ms=(*sent, now_ms)), state.get, health=health)

    def _first_url(self, state: GraphState) -> str:
        assert state.reading is not None
        wanted = (
            f"lastUpdateDateTime ge {ms_to_graph_time(state.reading.from_ms)}"
            f" and lastUpdateDateTime lt {ms_to_graph_time(state.reading.to_ms)}"
        )
        top = state.page_size
        if state.stream == "incidents":
            top = min(top, MOST_INCIDENTS)
        elif self.settings.service_sources:
            one_of = " or ".join(f"serviceSource eq '{one}'" for one in sorted(self.settings.service_sources))
            wanted += f" and ({one_of})"
        return f"{self.root}/v1.0/security/{PATHS[state.stream]}?$filter={quote(wanted, safe=':')}&$top={top}"

    # Answers

    def _answered(self, state: GraphState, answer: Answer, now_ms: int) -> StepResult:
        status, words = answer.status, words_of(answer)
        if status in (200, 206):
            return self._page(state, answer, now_ms)
        if status == 401 and not state.renewed:
            return StepResult(replace(state, renewed=True, signed_in=False), SignIn())
        if status in (408, 425, 429) or status >= 500:
            after_s = retry_after_s(answer, now_ms + state.clock_ahead_ms)
            return self._trouble(state, words, now_ms, after_s, throttled=status == 429)
        if status < 400:
            place = answer.headers.get("location", "")[:200]
            return self._trouble(state, f"{words}; {place} is not followed" if place else words, now_ms)
        less = smaller(state.page_size)
        if status in (400, 413) and less and not (state.reading and state.reading.pages):
            return self._restart_pass(replace(state, page_size=less, page_limit=less), now_ms, words)
        if status in (400, 404, 410) and state.reading and state.reading.pages:
            # A next link does not hold for ever; the window's first page tells whether the set-up is wrong.
            return self._give_up_pass(state, f"the next link no longer holds: {words}", now_ms)
        if state.stream != "alerts":
            return self._without_stream(state, words, now_ms)
        return self._wrong_setup(state, words, now_ms)

    def _page(self, state: GraphState, answer: Answer, now_ms: int) -> StepResult:
        reading = state.reading
        assert reading is not None
        try:
            page = page_of(answer, self.tenant, self.root, state.stream)
        except Malformed as error:
            return self._trouble(state, f"Graph's answer cannot be read: {error}", now_ms)
        before = state
        state = with_clock(replace(state, page=page, get=None, failures=0, renewed=False), answer, now_ms)
        if state.is_new and state.clock_ahead_ms < -SETTLED_MS and reading.pages == 0:
            return self._begin_by_their_clock(before, state, now_ms)
        if page.warning:
            state = state.noted(f"{state.stream} in part", f"Graph answered in part: {page.warning}")
        health = self._collecting(state, now_ms) if state.breaks < FAILURES_TO_ERROR else None
        if page.rows:
            return StepResult(state, rows=page.rows, health=health)
        stored = self._stored(state, Stored(0, 0, 0), now_ms)
        return stored if stored.health else replace(stored, health=health)

    def _begin_by_their_clock(self, before: GraphState, state: GraphState, now_ms: int) -> StepResult:
        """Our clock is ahead and chose the first window; where a second answer says so too, it is chosen
        again by the service's. That can only make the start earlier, so nothing is left out.
        """
        ahead = state.clock_ahead_ms
        if state.doubted_ms is None or abs(state.doubted_ms - ahead) > MINUTE_MS:
            return self._send(replace(before, doubted_ms=ahead), now_ms)
        start = self._first_moment(now_ms + ahead)
        places = {stream: Place(start, start) for stream in self.streams}
        state = replace(state, places=places, is_new=False, reading=None, page=None)
        return replace(self._go_on(state, now_ms), cursor=self._cursor(state))

    def _collecting(self, state: GraphState, now_ms: int) -> Health:
        """With how far a backfill is."""
        health, reading = _health(state, "Collecting"), state.reading
        if health.message or reading is None or reading.live or reading.is_owed:
            return health
        done, whole = (moment - state.place.floor_ms for moment in (reading.from_ms, now_ms))
        day = ms_to_graph_time(reading.from_ms)[:10]
        return replace(health, message=f"catching up: at {day}, {100 * done // max(whole, 1)} % of the time")

    def _stored(self, state: GraphState, stored: Stored, now_ms: int) -> StepResult:
        assert state.reading is not None and state.page is not None
        before, next_url = state.reading, state.page.next_url
        reading = before.with_page(state.page, stored)
        state = replace(state, reading=reading, page=None)
        if next_url is None:
            return self._at_the_end(state, reading, now_ms)
        if next_url == before.anchor_url:
            return self._give_up_pass(state, "the service's next links go round in a circle", now_ms)
        if reading.pages >= MOST_PAGES and (
            reading.to_ms - reading.from_ms > SMALLEST_SLICE_MS or reading.pages >= 20 * MOST_PAGES
        ):
            return self._give_up_pass(state, f"no end after {reading.pages:,} pages", now_ms)
        state = replace(state, get=Get(next_url))
        return replace(self._send(state, now_ms), cursor=self._cursor(state))

    def _at_the_end(self, state: GraphState, reading: Pass, now_ms: int) -> StepResult:
        """After the last page: again where something new came, else the next window."""
        account = reading.account(now_ms, now_ms + state.clock_ahead_ms)
        is_settled = reading.pages == 1 or reading.new + reading.updated == reading.other_content
        if not is_settled and reading.readings < MOST_READINGS:
            state = replace(state, reading=reading.again(now_ms))
            return replace(self._go_on(state, now_ms), account=account, cursor=self._cursor(state))
        window = (reading.from_ms, reading.to_ms)
        place = replace(state.place, position_ms=position_after(state, reading, now_ms))
        is_owed = reading.partial is not None or not is_settled
        place = place.owing(window) if is_owed else place.settled(window)
        state = state.at(place)
        if not place.owed:
            state = state.noted(f"{state.stream} in part", None)
        if reading.live and state.stream == self.streams[-1]:
            state = replace(state, looked_back_ms=looked_back(state, reading, now_ms))
        done = replace(
            state,
            is_new=False,
            page_size=min(larger(state.page_size), state.page_limit),
            reading=None,
            breaks=0,
            slice_ms=min(DAY_MS, state.slice_ms * 2),
            reached_ms=None if reading.live or reading.is_owed else reading.to_ms,
            owed_again_ms=now_ms + OWED_EVERY_MS if is_owed else state.owed_again_ms,
        )
        result = self._after_window(done, reading, now_ms)
        health = result.health or _health(done, "Collecting")
        return replace(result, account=account, cursor=self._cursor(done), health=health)

    def _after_window(self, state: GraphState, reading: Pass, now_ms: int) -> StepResult:
        owes = bool(state.place.owed) and now_ms >= state.owed_again_ms
        if owes or not (reading.live or reading.is_owed):
            return self._go_on(state, now_ms)
        return self._after_stream(state, reading.started_ms, now_ms)

    def _after_stream(self, state: GraphState, started_ms: int, now_ms: int) -> StepResult:
        """The next stream, or the wait until the next poll."""
        state = replace(state, reading=None, reached_ms=None)
        at = self.streams.index(state.stream)
        if at + 1 < len(self.streams):
            return self._go_on(replace(state, stream=self.streams[at + 1]), now_ms)
        until_ms = max(started_ms + self.settings.interval_ms, now_ms)
        return StepResult(replace(state, stream=self.streams[0]), Wait(until_ms))

    # What goes wrong

    def _restart_pass(self, state: GraphState, now_ms: int, words: str) -> StepResult:
        """The window from its first page on, at once."""
        assert state.reading is not None
        account = _broken_off(state, words, now_ms)
        state = replace(state, get=None, page=None, reading=afresh(state.reading, now_ms))
        return replace(self._go_on(state, now_ms), account=account, cursor=self._cursor(state))

    def _give_up_pass(self, state: GraphState, words: str, now_ms: int) -> StepResult:
        """The first time the pass is read again at once, then after waits and in halves."""
        state = replace(state, breaks=state.breaks + 1)
        if state.breaks == 1:
            return self._restart_pass(state, now_ms, words)
        return self._wait_for_mending(state, words, now_ms, None, is_narrowed=True)

    def _trouble(
        self, state: GraphState, words: str, now_ms: int, after_s: float | None = None, *, throttled=False
    ) -> StepResult:
        """Waits and repeats, for as long as the trouble lasts."""
        if throttled:
            until_ms = now_ms + _wait_ms(max(1, state.failures + 1), now_ms, after_s)
            health = Health("Collecting", words, "ThirdPartyGeneric", until_ms)
            return StepResult(replace(state, failures=state.failures + 1), Wait(until_ms), health=health)
        state = replace(state, failures=state.failures + 1)
        is_narrowed = state.signed_in and state.failures % FAILURES_TO_NARROW == 0
        if is_narrowed:
            state = replace(state, breaks=state.breaks + 1)
        return self._wait_for_mending(state, words, now_ms, after_s, is_narrowed=is_narrowed)

    def _wait_for_mending(
        self, state: GraphState, words: str, now_ms: int, after_s: float | None, *, is_narrowed: bool
    ) -> StepResult:
        count = max(state.failures, state.breaks)
        until_ms = now_ms + _wait_ms(count, now_ms, after_s)
        failed = count >= FAILURES_TO_ERROR or not state.signed_in
        health = Health("Error" if failed else "Collecting", words, "ThirdPartyGeneric", until_ms)
        if not is_narrowed or state.reading is None:
            return StepResult(state, Wait(until_ms), health=health)
        account = _broken_off(state, words, now_ms)
        state = narrowed(state, now_ms)
        return StepResult(state, Wait(until_ms), health=health, account=account, cursor=self._cursor(state))

    def _wrong_setup(self, state: GraphState, words: str, now_ms: int) -> StepResult:
        """Names what is wrong, and looks again from time to time: it may be mended on the other side."""
        until_ms = now_ms + RECHECK_MS
        account = _broken_off(state, words, now_ms)
        reading = state.reading and afresh(state.reading, now_ms)
        state = replace(state, signed_in=False, renewed=False, get=None, page=None, reading=reading)
        size = self.settings.page_size
        state = replace(state, page_size=size, page_limit=size)
        health = Health("Error", words, "ThirdPartyConfig", until_ms)
        return StepResult(state, Wait(until_ms), health=health, account=account, cursor=self._cursor(state))

    def _without_stream(self, state: GraphState, words: str, now_ms: int) -> StepResult:
        """Alerts go on where incidents are refused."""
        account = _broken_off(state, words, now_ms)
        started_ms = state.reading.started_ms if state.reading else now_ms
        state = replace(
            state.noted(state.stream, words), get=None, page=None, page_size=self.settings.page_size
        )
        result = self._after_stream(replace(state, renewed=False), started_ms, now_ms)
        return replace(result, account=account, health=_health(state, "Collecting"))


def _health(state: GraphState, word: Any) -> Health:
    """Collecting, with what is wrong all the same."""
    notes = "; ".join((state.notes or {}).values())
    return Health(word, notes or None, "ThirdPartyGeneric" if notes else None)


def _wait_ms(failures: int, now_ms: int, after_s: float | None) -> int:
    wait_ms = Backoff().wait_ms(failures, now_ms) if after_s is None else int(after_s * 1000)
    return min(max(wait_ms, 100), LONGEST_ASKED_WAIT_MS)


def _broken_off(state: GraphState, words: str, now_ms: int) -> Account | None:
    if state.reading is None:
        return None
    return state.reading.account(now_ms, now_ms + state.clock_ahead_ms, words)
