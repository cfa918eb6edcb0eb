"""Random messages: few values, so that keys meet and times tie; some that are hard to read."""

from __future__ import annotations

from hypothesis import strategies as st

START_MS = 1_743_292_800_000  # 30 March 2025, a day on which clocks change in Berlin
HOUR_MS = 3_600_000
RANGE_MS = 6 * HOUR_MS

WORDS = [
    "a",
    "b",
    "A",
    "ab",
    "a b",
    "é",
    "É",
    "ß",
    "日本",
    "",
    " ",
    "x\ny",
    "*",
    "a%b",
    "a_b",
    "null",
    "true",
]
NUMBERS = ["0", "1", "2", "10", "-1", "2.5", "1e2", "007", "0.125", " 3 ", "1,5", "99999999999999999999"]
_ADDRESSES = ["8.8.8.8", "10.0.0.1", "2001:4860:4860::8888", "no address", ""]
_TEXTS = [
    *('{"id":"a1","k":1,"arr":[1,2],"o":{"k":"v"}}', '{"id":"a1","k":null}', '{"id":"a2","k":2.50,"arr":[]}'),
    *('{"id":"a3","arr":[{"t":"x"},{"t":"y"},{}]}', 'text {"id":"a4","k":"é"}', "[1,2]", "{", "", "no json"),
    *("a=1;b=two;c=", "a=;b=1", "A=1;b=x y;", "a=1;a=2;b=3;", "é=1;a=ü;", "a=1\nb=2;"),
]
WORD, NUMBER, VALUE = st.sampled_from(WORDS), st.sampled_from(NUMBERS), st.sampled_from(WORDS + NUMBERS)


@st.composite
def messages(draw: st.DrawFn) -> list[dict]:
    """Up to a dozen rows: few values, so that keys meet; times that tie, some outside of the range."""
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        row = {"_raw": draw(st.sampled_from(_TEXTS)), "_sourcecategory": draw(st.sampled_from(["c", "d/e"]))}
        row["_sourcehost"] = draw(st.sampled_from(_ADDRESSES))
        row["_messagetime"] = START_MS + draw(st.integers(-4, 14)) * HOUR_MS // 2
        for name, values in (("a", WORD), ("b", VALUE), ("n", NUMBER)):
            if draw(st.integers(0, 4)):
                row[name] = draw(values)
        rows.append(row)
    return rows
