"""Settings of sources whose messages are plain logs, under their published names.

HTTP, Syslog and LocalFile sources share them. Keys that are not here are ignored, as clients send whole
objects back.
"""

from __future__ import annotations

import codecs
import re
from datetime import tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator, model_validator

from dohyo.base.stamps import DAY_MS, HOUR_MS
from dohyo.collect.multiline import Boundaries, ByExpression, EachLine, Inferred
from dohyo.collect.processing_rules import MOST_RULES, Filter, HashAlgorithm, ProcessingRules
from dohyo.collect.re2 import check_pattern
from dohyo.collect.timestamps import TimeFormat, TimeRules

CONVERT_HEADERS = "_convertHeadersToFields"
MOST_FIELDS = 10
MOST_NAME_LETTERS, MOST_VALUE_LETTERS = 255, 200
_RELATIVE = re.compile(r"-(\d{1,6})([mhdw])", re.ASCII)
_UNITS_MS = {"m": 60_000, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}
# Encodings that people's logs come in; Python knows more, some of which are no encodings of text.
_FAMILIES = re.compile(
    r"ascii|utf-(8|16|32)(-[bl]e)?|utf-8-sig|iso8859-\d+|cp(12|8|4)\d+|koi8-[rut]|mac-?roman"
    r"|shift_jis|cp932|euc_(jp|kr)|cp949|gb(2312|k|18030)|big5|iso2022_jp"
)


def known_encoding(name: str) -> str | None:
    """Python's name of an encoding of text; None for what is none.

    >>> known_encoding("Windows-1252"), known_encoding("base64")
    ('cp1252', None)
    """
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if _FAMILIES.fullmatch(found) else None


class DateFormat(BaseModel):
    """A format tried before automatic detection, with the place of the stamp."""

    format: Annotated[str, Field(min_length=1, max_length=255)]
    locator: Annotated[str, Field(max_length=1024)] | None = None

    @model_validator(mode="after")
    def _works(self) -> DateFormat:
        TimeFormat(self.format, self.locator)
        return self


class LogSettings(BaseModel):
    """What a person sets up for every source of logs.

    `timestampPastDays` and `timestampFutureDays` are our own: how far from the present a message's time may
    lie to be believed; 0 for any distance, as for data of years ago.
    """

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: Annotated[str, Field(max_length=1024)] | None = None
    category: Annotated[str, Field(max_length=1024)] | None = None
    hostName: Annotated[str, Field(max_length=128)] | None = None
    fields: dict[str, str | bool] = {}
    timeZone: str | None = None
    forceTimeZone: StrictBool = False
    automaticDateParsing: StrictBool = True
    defaultDateFormat: str | None = None  # of older clients
    defaultDateFormats: Annotated[list[DateFormat], Field(max_length=100)] = []
    multilineProcessingEnabled: StrictBool = True
    useAutolineMatching: StrictBool = True
    manualPrefixRegexp: str | None = None
    filters: Annotated[list[Filter], Field(max_length=MOST_RULES)] = []
    hashAlgorithm: HashAlgorithm = "MD5"
    cutoffTimestamp: Annotated[int, Field(ge=0)] = 0
    cutoffRelativeTime: str | None = None
    encoding: str = "UTF-8"
    contentType: str | None = None
    timestampPastDays: Annotated[int, Field(ge=0, le=200_000)] = 365
    timestampFutureDays: Annotated[int, Field(ge=0, le=200_000)] = 2

    @field_validator("name")
    @classmethod
    def _not_blank(cls, name: str) -> str:
        if not name.strip():
            raise ValueError("a name is needed")
        return name

    @field_validator("timeZone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone and zone not in available_timezones():
            raise ValueError("a name of the time zone database is needed, such as Europe/Berlin")
        return zone or None

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        if known_encoding(encoding) is None:
            raise ValueError(f"no encoding of text is named {encoding}; UTF-8 and ISO-8859-1 are")
        return encoding

    @field_validator("fields")
    @classmethod
    def _few_short_fields(cls, fields: dict[str, str | bool]) -> dict[str, str | bool]:
        if len(fields) > MOST_FIELDS:
            raise ValueError(f"a source has at most {MOST_FIELDS} fields")
        for name, value in fields.items():
            if not name or len(name) > MOST_NAME_LETTERS or len(str(value)) > MOST_VALUE_LETTERS:
                limits = f"{MOST_NAME_LETTERS} characters in its name and {MOST_VALUE_LETTERS} in its value"
                raise ValueError(f"a field has 1 to {limits}")
        return fields

    @field_validator("cutoffRelativeTime")
    @classmethod
    def _relative(cls, text: str | None) -> str | None:
        if text and not _RELATIVE.fullmatch(text):
            raise ValueError("a time before the present is needed, such as -1h, -1d or -1w")
        return text or None

    @model_validator(mode="after")
    def _boundaries_fit(self) -> LogSettings:
        by_expression = self.multilineProcessingEnabled and not self.useAutolineMatching
        if by_expression and not self.manualPrefixRegexp:
            raise ValueError(
                "useAutolineMatching false needs manualPrefixRegexp, the first line's expression"
            )
        if by_expression and self.manualPrefixRegexp:
            check_pattern(self.manualPrefixRegexp)
        if self.defaultDateFormat:
            TimeFormat(self.defaultDateFormat)
        return self

    @property
    def message_fields(self) -> dict[str, str]:
        """Fields for every message; switches are none."""
        given = {name: value for name, value in self.fields.items() if name != CONVERT_HEADERS}
        return {
            name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()
        }

    def time_rules(self, collector_zone: str) -> TimeRules:
        """How times are read; the collector's zone counts where the source has none."""
        zone: tzinfo = ZoneInfo(self.timeZone or collector_zone or "UTC")
        formats = [TimeFormat(one.format, one.locator) for one in self.defaultDateFormats]
        if self.defaultDateFormat:
            formats.append(TimeFormat(self.defaultDateFormat))
        return TimeRules(
            zone=zone,
            detect=self.automaticDateParsing,
            force_zone=self.forceTimeZone,
            formats=tuple(formats),
            past_ms=self.timestampPastDays * DAY_MS or None,
            future_ms=self.timestampFutureDays * DAY_MS or None,
        )

    def processing_rules(self) -> ProcessingRules | None:
        """None where there are none."""
        return ProcessingRules(self.filters, self.hashAlgorithm) if self.filters else None

    def boundaries(self, memory: str = "") -> Boundaries:
        """How lines become messages, to go on with what `Assembler.position` gave as memory."""
        if not self.multilineProcessingEnabled:
            return EachLine()
        return Inferred(memory) if self.useAutolineMatching else ByExpression(self.manualPrefixRegexp or "")

    def cutoff_ms(self, now_ms: int) -> int:
        """Messages from before are left out; 0 for none."""
        relative = _RELATIVE.fullmatch(self.cutoffRelativeTime or "")
        if relative is None:
            return self.cutoffTimestamp
        return max(self.cutoffTimestamp, now_ms - int(relative[1]) * _UNITS_MS[relative[2]])


class HttpSettings(LogSettings):
    """An HTTP Logs source."""

    messagePerRequest: StrictBool = False
    thirdPartyRef: Any = None

    @field_validator("thirdPartyRef")
    @classmethod
    def _only_logs(cls, given: Any) -> None:
        if given:
            raise ValueError("only plain HTTP Logs sources are built")

    @model_validator(mode="after")
    def _one_way(self) -> HttpSettings:
        if self.messagePerRequest and self.multilineProcessingEnabled:
            raise ValueError("messagePerRequest true needs multilineProcessingEnabled false")
        return self

    @property
    def converts_headers(self) -> bool:
        """Whether headers of a request become fields."""
        return str(self.fields.get(CONVERT_HEADERS, "")).lower() == "true"
