"""Which window a Graph source reads next, how large, and how far all is stored after it.

What the service lists is only as sure as its clock and ours: a position moves by the clock that is behind.
"""

from __future__ import annotations

from dataclasses import replace

from dohyo.collect.graph_page import date_ms
from dohyo.collect.graph_state import DAY_MS, GraphState, Pass
from dohyo.collect.source import Answer

MINUTE_MS = 60_000
SETTLED_MS = 3_600_000  # this far back, our clock may say that a window is over
CLOCK_DOUBT_MS = 2_000  # the header Date has whole seconds
LOOK_BACK_EVERY_MS = 3_600_000
CLOCK_WARNING_MS = 900_000
SMALLER_PAGES = (500, 100, 25, 10, 1)  # where the service refuses a size, or cannot answer with it
MOST_PAGE_SIZE = 1_000
SMALLEST_SLICE_MS = 1_000


def next_pass(state: GraphState, overlap_ms: int, now_ms: int) -> Pass:
    """The window that is due."""
    place, settled = state.place, state.earlier_ms(now_ms) - SETTLED_MS
    if place.owed and now_ms >= state.owed_again_ms and state.reached_ms is None:
        start, end = place.owed[0]
        return Pass(start, min(end, start + state.slice_ms), now_ms, live=False, is_owed=True)
    present = state.later_ms(now_ms)
    position = min(place.position_ms, present)  # it may come from a clock that went ahead
    from_ms = state.reached_ms
    if from_ms is None or from_ms >= present:
        from_ms = max(position - _look_back_ms(state, overlap_ms, now_ms), min(place.floor_ms, present))
    if state.slice_ms < DAY_MS:
        slice_end, is_live = from_ms + state.slice_ms, from_ms + state.slice_ms >= present
    else:
        slice_end = max(from_ms, min(position, settled)) + DAY_MS
        is_live = slice_end >= settled
    return Pass(from_ms, max(present, from_ms + 1) if is_live else slice_end, now_ms, is_live)


def _look_back_ms(state: GraphState, overlap_ms: int, now_ms: int) -> int:
    """The overlap; from time to time a day, for what the service lists very late."""
    looked = state.looked_back_ms
    is_due = not state.is_new and (looked is None or now_ms - looked >= LOOK_BACK_EVERY_MS)
    return max(overlap_ms, DAY_MS) if is_due else overlap_ms


def afresh(reading: Pass, now_ms: int) -> Pass:
    return Pass(reading.from_ms, reading.to_ms, now_ms, reading.live, reading.is_owed)


def narrowed(state: GraphState, now_ms: int) -> GraphState:
    """The first half of the window, in smaller pages; the rest follows."""
    reading = state.reading
    assert reading is not None
    half = max(SMALLEST_SLICE_MS, (reading.to_ms - reading.from_ms) // 2)
    to_ms = min(reading.to_ms, reading.from_ms + half)
    is_whole = to_ms == reading.to_ms
    narrow = Pass(reading.from_ms, to_ms, now_ms, reading.live and is_whole, reading.is_owed)
    less = smaller(state.page_size) or state.page_size
    return replace(state, get=None, page=None, reading=narrow, slice_ms=half, page_size=less)


def larger(page_size: int) -> int:
    return min((size for size in (*SMALLER_PAGES, MOST_PAGE_SIZE) if size > page_size), default=page_size)


def smaller(page_size: int) -> int | None:
    return next((size for size in SMALLER_PAGES if size < page_size), None)


def position_after(state: GraphState, reading: Pass, now_ms: int) -> int:
    """How far all is stored. Up to the present, only an update that was seen says so, not our clock."""
    position = state.place.position_ms
    if reading.is_owed:
        return position
    settled = 0 if reading.live else min(reading.to_ms, state.earlier_ms(now_ms) - SETTLED_MS)
    return max(min(position, state.later_ms(now_ms)), settled, reading.newest_ms or 0)


def looked_back(state: GraphState, reading: Pass, now_ms: int) -> int:
    reached = state.place.position_ms - reading.from_ms >= DAY_MS or reading.from_ms <= state.place.floor_ms
    before = state.looked_back_ms
    return now_ms if reached or before is None else before


def with_clock(state: GraphState, answer: Answer, now_ms: int) -> GraphState:
    """With what the answer tells of the service's clock."""
    service_ms = date_ms(answer)
    if service_ms is None:
        return state
    ahead = service_ms - now_ms
    words = f"the clock here is {abs(ahead) // MINUTE_MS} minutes off that of the service"
    state = state.noted("clock", words if abs(ahead) > CLOCK_WARNING_MS else None)
    return replace(state, clock_ahead_ms=ahead if abs(ahead) > CLOCK_DOUBT_MS else 0)
