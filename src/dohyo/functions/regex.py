r"""Regular expressions of the language: the syntax of RE2, which the engine runs, read for Python's `re`.

Owns the one reading of a pattern. What always holds: a pattern that is accepted here runs in the engine, and
both find the same. `\d \w \s \b` and the named classes are ASCII, `$` is the end of the text, `.` stops at a
line feed, case folding is that of Unicode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

Ranges = list[tuple[int, int]]
_LAST = 0x10FFFF
_CLASSES: dict[str, Ranges] = {
    "d": [(48, 57)],
    "s": [(9, 10), (12, 13), (32, 32)],
    "w": [(48, 57), (65, 90), (95, 95), (97, 122)],
    "alnum": [(48, 57), (65, 90), (97, 122)],
    "alpha": [(65, 90), (97, 122)],
    "ascii": [(0, 127)],
    "blank": [(9, 9), (32, 32)],
    "cntrl": [(0, 31), (127, 127)],
    "digit": [(48, 57)],
    "graph": [(33, 126)],
    "lower": [(97, 122)],
    "print": [(32, 126)],
    "punct": [(33, 47), (58, 64), (91, 96), (123, 126)],
    "space": [(9, 13), (32, 32)],
    "upper": [(65, 90)],
    "word": [(48, 57), (65, 90), (95, 95), (97, 122)],
    "xdigit": [(48, 57), (65, 70), (97, 102)],
}
_CHARACTERS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_WORD = "[0-9A-Za-z_]"
_ASSERTIONS = {
    "A": r"\A",
    "z": r"\Z",
    "b": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    "B": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
}
_NAMED = re.compile(r"\(\?P?<([A-Za-z_]\w*)>", re.ASCII)
_ODDLY_NAMED = re.compile(r"\(\?P?<([^=!>)(]+)>")
_FLAGS = re.compile(r"\(\?([imsU]*)(-[imsU]+)?([:)])")
_AROUND = re.compile(r"\(\?(?:=|!|<=|<!|>)")
_BACK = re.compile(r"\\(?:k<(\w+)>|([1-9]))", re.ASCII)
_REPEAT = re.compile(r"[*+?]|\{(\d+)(?:,(\d*))?\}")
_CODE = re.compile(r"x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|([0-7]{1,3})")
_CATEGORY = re.compile(r"([pP])(?:\{(\^?)([A-Za-z]{1,2})\}|([A-Z]))")
MOST_REPEATS = 1000


_HORIZONTAL = r"\t \x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}"
_JAVA_CLASSES = {
    **{
        name.capitalize(): f"[:{name}:]"
        for name in _CLASSES
        if len(name) > 1 and name not in ("ascii", "xdigit")
    },
    **{"ASCII": "[:ascii:]", "XDigit": "[:xdigit:]", "IsAlphabetic": r"\p{L}\p{Nl}", "IsDigit": r"\p{Nd}"},
    **{"IsLetter": r"\p{L}", "javaLetter": r"\p{L}", "IsPunctuation": r"\p{P}", "javaDigit": r"\p{Nd}"},
    **{
        "IsLowercase": r"\p{Ll}",
        "javaLowerCase": r"\p{Ll}",
        "IsUppercase": r"\p{Lu}",
        "javaUpperCase": r"\p{Lu}",
    },
    **{
        "javaLetterOrDigit": r"\p{L}\p{Nd}",
        "IsWhite_Space": r"\s\x{0B}\x{85}\p{Z}",
        "javaWhitespace": r"\s\x{0B}",
    },
}
"""Classes that only Java names, as the inside of a bracket."""
_JAVA = re.compile(
    r"\\Q.*?(?:\\E|$)|\\(?:u(?P<code>[0-9A-Fa-f]{4})|c(?P<control>[@-_])|(?P<letter>[RhHeZ])"
    r"|(?P<not>[pP])\{(?P<class>\w{3,})\}|.)|(?P<open>\[\^?\]?)|(?P<named>\[:\^?\w+:\])|(?P<close>\])",
    re.DOTALL,
)
_IN_BRACKET = r"(?:\\.|\[:\^?\w+:\]|[^\]\\\[&^]|(?<!\[)\^|&(?!&))+"
_INTERSECTION = re.compile(
    r"\\Q.*?(?:\\E|$)|\[(?P<first>IN)&&(?:(?P<open>\[)(?P<not>\^)?)?(?P<second>IN)(?(open)\])\]|\\.".replace(
        "IN", _IN_BRACKET
    ),
    re.DOTALL,
)
"""A class that is what two classes have in common, which only Java has."""


class RegexRefused(ValueError):
    """`part`: the text that the engine cannot run; empty where the pattern is not well-formed."""

    def __init__(self, message: str, part: str = ""):
        super().__init__(message)
        self.part = part


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    r"""The pattern as Python runs it; its groups are numbered alike and have no names. RegexRefused.

    >>> compiled(r"(?i)user=(?<user>\w+)$").search("USER=bob")[1]
    'bob'
    """
    return re.compile(_Reading(pattern).whole())


def of_java(pattern: str) -> str:
    r"""The pattern with what only Java spells so (`\h`, `\R`, `\Z`, `\u0041`, `\p{Alpha}`) as RE2 spells it.
    What it cannot say stays.

    >>> of_java(r"[\u0041\p{Digit}]\P{Upper}\cA")
    '[\\x{0041}[:digit:]][^[:upper:]]\\x{01}'
    >>> of_java("[a-d&&[^b]]")
    '[\\x{61}-\\x{61}\\x{63}-\\x{64}]'
    """
    inside = False

    def spelt(found: re.Match[str]) -> str:
        nonlocal inside
        if (found["open"] and not inside) or (found["close"] and inside):
            inside = bool(found["open"])
        elif found["code"]:
            return rf"\x{{{found['code']}}}"
        elif found["control"]:
            return rf"\x{{{ord(found['control']) ^ 64:02X}}}"
        elif found["class"] in _JAVA_CLASSES and not (inside and found["not"] == "P"):
            made = _JAVA_CLASSES[found["class"]]
            return made if inside else f"[{'^' * (found['not'] == 'P')}{made}]"
        elif letter := found["letter"]:
            outside = {
                "R": r"(?:\r\n|[\n\x{0B}\f\r\x{85}\x{2028}\x{2029}])",
                "Z": r"\n?\z",
                "H": f"[^{_HORIZONTAL}]",
            }
            either = {"h": _HORIZONTAL if inside else f"[{_HORIZONTAL}]", "e": r"\x{1B}"}
            return either.get(letter) or (found[0] if inside else outside[letter])
        return found[0]

    return _INTERSECTION.sub(_one_bracket, _JAVA.sub(spelt, pattern))


def _one_bracket(found: re.Match[str]) -> str:
    r"""`[\w&&[^_]]` as a bracket that lists what is in both."""
    if found["first"] is None:
        return found[0]
    try:
        first, second = _Reading(found["first"] + "]").ranges(), _Reading(found["second"] + "]").ranges()
    except RegexRefused:
        return found[0]
    other = second if found["not"] else _complement(sorted(second))
    both = _complement(sorted([*_complement(sorted(first)), *other]))
    shown = "".join(rf"\x{{{low:X}}}-\x{{{high:X}}}" for low, high in both)
    return f"[{shown}]" if shown else rf"[^\x{{0}}-\x{{{_LAST:X}}}]"


@cache
def group_names(pattern: str) -> tuple[str | None, ...]:
    """Names of the groups in order, None for one without a name. RegexRefused."""
    reading = _Reading(pattern)
    reading.whole()
    return tuple(reading.names)


@cache
def matches_nothing(pattern: str) -> bool:
    """Whether it may match between two characters without taking one, found by trying. RegexRefused.

    The engine steps by bytes after such a match, so it would cut characters in two.

    >>> matches_nothing("x*"), matches_nothing("x+"), matches_nothing("^")
    (True, False, False)
    """
    tried = "a é\n1.Z"
    return any(0 < found.start() == found.end() < len(tried) for found in compiled(pattern).finditer(tried))


@cache
def may_be_empty(pattern: str) -> bool:
    """Whether a match of it may take no character, found by trying. RegexRefused.

    >>> may_be_empty("x*$"), may_be_empty("x+$")
    (True, False)
    """
    found = (one for tried in ("", "a é\n1.Z") for one in compiled(pattern).finditer(tried))
    return any(one.start() == one.end() for one in found)


def all_matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The matches from left to right as Java finds them: after one of nothing it goes on at the next
    character.

    >>> [one[0] for one in all_matches(re.compile("x*"), "axb")]
    ['', 'x', '', '']
    """
    at = 0
    while at <= len(text) and (found := pattern.search(text, at)):
        yield found
        at = found.end() + (found.end() == found.start())


@cache
def backtracking(pattern: str) -> tuple[str, tuple[str | None, ...]]:
    r"""A pattern of Java that the engine may not run: Python's text of it, and the names of its groups.
    RegexRefused.

    >>> backtracking(r"(?<a>\w)\1(?=x)")[1]
    ('a',)
    """
    reading = _Reading(pattern, looks_around=True)
    made = reading.whole()
    try:
        re.compile(made)
    except re.error as error:
        raise RegexRefused(str(error)) from None
    return made, tuple(reading.names)


class _Reading:
    """One pass over a pattern; each method gives Python's text of what it read. `looks_around`: with what
    Java has beside RE2, look-around, back-references, possessive repetition.
    """

    def __init__(self, pattern: str, looks_around: bool = False):
        self.text, self.at, self.depth = pattern, 0, 0
        self.names: list[str | None] = []
        self.looks_around = looks_around

    def whole(self) -> str:
        made = self.alternatives("")
        if self.at < len(self.text):
            raise RegexRefused("a closing parenthesis has no opening one")
        return made

    def alternatives(self, flags: str) -> str:
        """Up to the end of the group; a `(?i)` on the way holds for all that follows it in the group."""
        self.depth += 1
        if self.depth > 200:
            raise RegexRefused("it nests too deep")
        made: list[str] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                made.append("|")
                self.at += 1
            elif (found := _FLAGS.match(self.text, self.at)) and found[3] == ")":
                flags = _changed(flags, found)
                self.at = found.end()
            elif self.text.startswith("\\Q", self.at):
                stop = self.text.find("\\E", self.at)
                stop = len(self.text) if stop < 0 else stop
                quoted = [_character(ord(char), flags) for char in self.text[self.at + 2 : stop]]
                self.at = stop + 2
                made += quoted[:-1] + [self.repeated(last, flags) for last in quoted[-1:]]
            else:
                made.append(self.repeated(self.atom(flags), flags))
        self.depth -= 1
        return "".join(made)

    def repeated(self, atom: str, flags: str) -> str:
        found = _REPEAT.match(self.text, self.at)
        if not found:
            return atom
        low, high = int(found[1] or 0), int(found[2] or found[1] or 0)
        if max(low, high) > MOST_REPEATS or low > high:
            raise RegexRefused(f"{found[0]} repeats too often, at most {MOST_REPEATS} is possible")
        self.at = found.end()
        lazy = self.text[self.at : self.at + 1] == "?"
        self.at += lazy
        if self.looks_around and not lazy and self.text[self.at : self.at + 1] == "+":
            self.at += 1
            return f"(?:{atom}){found[0]}+"
        if again := _REPEAT.match(self.text, self.at):
            raise RegexRefused(f"{found[0]}{again[0]} repeats a repetition")
        return f"(?:{atom}){found[0]}" + ("?" if lazy != ("U" in flags) else "")

    def atom(self, flags: str) -> str:
        char = self.text[self.at]
        if char == "(":
            return self.group(flags)
        if char == "[":
            return self.bracket(flags)
        if char == "\\":
            return self.escape(flags)
        if _REPEAT.match(self.text, self.at):
            raise RegexRefused(f"{char} has nothing to repeat")
        self.at += 1
        if char == ".":
            return "(?s:.)" if "s" in flags else r"[^\n]"
        if char == "^":
            return "(?m:^)" if "m" in flags else r"\A"
        if char == "$":
            return "(?m:$)" if "m" in flags else r"\Z"
        return _character(ord(char), flags)

    def group(self, flags: str) -> str:
        opened = "("
        if named := _NAMED.match(self.text, self.at):
            if named[1] in self.names:
                raise RegexRefused(f"two groups are named {named[1]}")
            self.names.append(named[1])
            self.at = named.end()
        elif found := _FLAGS.match(self.text, self.at):
            flags, opened, self.at = _changed(flags, found), "(?:", found.end()
        elif self.looks_around and (around := _AROUND.match(self.text, self.at)):
            opened, self.at = around[0], around.end()
        elif odd := _ODDLY_NAMED.match(self.text, self.at):
            raise RegexRefused(f"the name of a group has letters, digits and _ only, unlike {odd[1]}")
        elif self.text.startswith("(?", self.at):
            part = re.compile(r"\(\?<?.?").match(self.text, self.at)
            assert part is not None
            raise RegexRefused(f"{part[0]} is not available", part[0])
        else:
            self.names.append(None)
            self.at += 1
        made = self.alternatives(flags)
        if self.at >= len(self.text):
            raise RegexRefused("a parenthesis never closes")
        self.at += 1
        return f"{opened}{made})"

    def escape(self, flags: str) -> str:
        char = self.text[self.at + 1 : self.at + 2]
        if char in _ASSERTIONS:
            self.at += 2
            return _ASSERTIONS[char]
        if self.looks_around and (back := _BACK.match(self.text, self.at)):
            self.at = back.end()
            if back[1] and back[1] not in self.names:
                raise RegexRefused(f"there is no group {back[1]} before")
            return f"(?:\\{self.names.index(back[1]) + 1 if back[1] else back[2]})"
        if (ranges := self.class_escape()) is not None:
            negated = char in "DSW"  # negated after folding, as the engine does
            made = f"[^{_shown(_complement(ranges))}]" if negated else f"[{_shown(ranges)}]"
            return f"(?i:{made})" if "i" in flags else made
        return _character(self.code(), flags)

    def class_escape(self) -> Ranges | None:
        r"""`\d`, `\W`, `\pL` and the like, outside and inside brackets; None where something else stands."""
        char = self.text[self.at + 1 : self.at + 2]
        if char and char in "dswDSW":
            self.at += 2
            ranges = _CLASSES[char.lower()]
            return ranges if char.islower() else _complement(ranges)
        if found := _CATEGORY.match(self.text, self.at + 1):
            self.at = found.end()
            ranges = _category(found[3] or found[4])
            return ranges if (found[1] == "p") != bool(found[2]) else _complement(ranges)
        return None

    def code(self) -> int:
        """The character that an escape stands for."""
        char = self.text[self.at + 1 : self.at + 2]
        if not char:
            raise RegexRefused("it ends with a backslash")
        if char in _CHARACTERS or not char.isalnum():
            self.at += 2
            return _CHARACTERS.get(char, ord(char))
        found = _CODE.match(self.text, self.at + 1)
        if found and (found[3] is None or found[3][0] == "0" or len(found[3]) > 1):
            self.at = found.end()
            code = int(found[3], 8) if found[3] else int(found[1] or found[2], 16)
            if code <= _LAST:
                return code
        raise RegexRefused(f"\\{char} is not available", f"\\{char}")

    def bracket(self, flags: str) -> str:
        self.at += 1
        negated = self.text[self.at : self.at + 1] == "^"
        self.at += negated
        ranges = self.ranges()
        made = f"[{'^' if negated else ''}{_shown(ranges)}]" if ranges else (r"[\s\S]" if negated else "(?!)")
        return f"(?i:{made})" if "i" in flags else made

    def ranges(self) -> Ranges:
        """What stands up to the end of a bracket."""
        found: Ranges = []
        first = True
        while first or self.text[self.at : self.at + 1] != "]":
            if self.at >= len(self.text):
                raise RegexRefused("a bracket never closes")
            found += self.bracket_item()
            first = False
        self.at += 1
        return found

    def bracket_item(self) -> Ranges:
        if named := re.compile(r"\[:(\^?)([a-z]+):\]").match(self.text, self.at):
            if named[2] not in _CLASSES or len(named[2]) == 1:
                raise RegexRefused(f"there is no class {named[0]}")
            self.at = named.end()
            return _complement(_CLASSES[named[2]]) if named[1] else _CLASSES[named[2]]
        if self.text[self.at] == "\\" and (ranges := self.class_escape()) is not None:
            return ranges
        low = high = self.bracket_character()
        if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
            self.at += 1
            high = self.bracket_character()
        if high < low:
            raise RegexRefused(f"the range {chr(low)}-{chr(high)} ends before it begins")
        return [(low, high)]

    def bracket_character(self) -> int:
        if self.text[self.at] == "\\":
            return self.code()
        self.at += 1
        return ord(self.text[self.at - 1])


def _changed(flags: str, found: re.Match[str]) -> str:
    return "".join(flag for flag in "imsU" if flag in flags + found[1] and flag not in (found[2] or ""))


def _character(code: int, flags: str) -> str:
    made = re.escape(chr(code))
    return f"(?i:{made})" if "i" in flags and chr(code).lower() != chr(code).upper() else made


def _complement(ranges: Ranges) -> Ranges:
    found, start = [], 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return found + ([(start, _LAST)] if start <= _LAST else [])


def _shown(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\U{low:08x}" if low == high else f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


@cache
def _category(name: str) -> Ranges:
    r"""Characters of a Unicode category, as in `\p{Lu}` or `\pL`."""
    found: Ranges = []
    for code in range(_LAST + 1):
        if unicodedata.category(chr(code)).startswith(name):
            if found and found[-1][1] == code - 1:
                found[-1] = (found[-1][0], code)
            else:
                found.append((code, code))
    if not found or name[0] not in "CLMNPSZ":
        raise RegexRefused(f"there is no category {name}", f"\\p{{{name}}}")
    return found
