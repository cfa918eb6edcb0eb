"""One upload to an HTTP Logs source: what its headers say, and its body as messages."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from dohyo.collect.log_events import Item, Origin
from dohyo.collect.log_settings import MOST_NAME_LETTERS, MOST_VALUE_LETTERS, HttpSettings, known_encoding
from dohyo.collect.multiline import MOST_MESSAGE_BYTES, Assembler, Message, cut_message, lines_of
from dohyo.collect.refusals import Refused

SOURCE_NAME = "Http Input"
MOST_FIELDS = 30  # of one request
MOST_HEADER_LETTERS = 1024
MOST_KEY_LETTERS = 255
METRICS = "application/vnd.sumologic."
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
# Headers that say how the request travels, or prove who sends it; none of them becomes a field.
_NO_FIELDS = re.compile(
    r"x-sumo-.*|webhook-auth.*|webhook-validationcode|x-amz-sns-topic-arn|content-.*|accept.*|transfer-encoding"
    r"|host|connection|te|trailer|upgrade|expect|keep-alive|origin|cookie|idempotency-key"
    r"|(proxy-)?(authorization|authenticate|connection)"
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A request: header names in lower case, the body as it came, the sender's address."""

    headers: Mapping[str, str]
    body: bytes
    peer: str


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """`most_held_bytes`: what all uploads take at one time; one that is as large as may be has room in it.

    `most_messages`: lines or log records of one upload, since a small body may hold millions of them.
    """

    most_bytes: int = 64 * 1024 * 1024
    most_messages: int = 250_000
    most_held_bytes: int = 512 * 1024 * 1024
    most_message_bytes: int = MOST_MESSAGE_BYTES

    def check_count(self, count: int, things: str) -> None:
        """Refused with 413 where an upload has more lines or records."""
        if count > self.most_messages:
            message = f"an upload has at most {self.most_messages:,} {things}"
            raise Refused(413, "upload.count", message, "send the messages in several requests")


def origin_of(upload: Upload, settings: HttpSettings) -> Origin:
    """What the headers say of the messages. Refused with 400 where they cannot be meant so."""
    headers = upload.headers
    fields = _given_fields(_header(headers, "x-sumo-fields") or "")
    if settings.converts_headers:
        fields = _converted(headers) | fields
    return Origin(
        host=_header(headers, "x-sumo-host"),
        name=_header(headers, "x-sumo-name") or SOURCE_NAME,
        category=_header(headers, "x-sumo-category"),
        fields=dict(list(fields.items())[-MOST_FIELDS:]),
        peer=upload.peer,
    )


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The key under which the same upload may come again; None without one."""
    key = headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= MOST_KEY_LETTERS:
        raise Refused(400, "upload.key", f"Idempotency-Key has 1 to {MOST_KEY_LETTERS} characters")
    return key


def check_content(headers: Mapping[str, str]) -> None:
    """Refused with 415: what is no log."""
    kind = headers.get("content-type", "").lower()
    if kind.startswith(METRICS):
        message = f"{kind[:100]} is a type of metrics; this source takes logs"
        raise Refused(415, "upload.type", message)


def text_of(body: bytes, headers: Mapping[str, str], settings: HttpSettings) -> tuple[str, bool]:
    """The body as text, and whether bytes that are none in its encoding were replaced by U+FFFD.

    The `charset` of `Content-Type` counts, else the source's encoding; 415 for one that is not known.
    """
    named = _CHARSET.search(headers.get("content-type", ""))
    encoding = known_encoding(named[1]) if named else known_encoding(settings.encoding)
    if encoding is None:
        assert named is not None, "the settings were checked"
        raise Refused(415, "upload.charset", f"no charset is named {named[1][:100]}; utf-8 is")
    try:
        return body.decode(encoding).removeprefix("\ufeff"), False
    except UnicodeDecodeError:
        return body.decode(encoding, "replace").removeprefix("\ufeff"), True


def messages_of(text: str, settings: HttpSettings, most_message_bytes: int) -> list[Message]:
    """The messages of a body. Boundaries never reach over to another request."""
    if settings.messagePerRequest:
        return cut_message(text, most_message_bytes) if text.strip() else []
    assembler = Assembler(settings.boundaries(), most_message_bytes)
    return assembler.add(lines_of(text)) + assembler.finish()


def items_of(
    upload: Upload, body: bytes, settings: HttpSettings, limits: UploadLimits
) -> tuple[list[Item], bool]:
    """The messages of an unpacked body with their origin; whether bytes were replaced, as in `text_of`."""
    check_content(upload.headers)
    if not settings.messagePerRequest:
        limits.check_count(body.count(b"\n"), "lines")
    origin = origin_of(upload, settings)
    text, has_replaced = text_of(body, upload.headers, settings)
    messages = messages_of(text, settings, limits.most_message_bytes)
    return [Item(message, origin) for message in messages], has_replaced


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """The value, which senders write in UTF-8 though the standard has Latin-1."""
    value = headers.get(name, "").strip()
    if not value:
        return None
    with contextlib.suppress(UnicodeError):
        value = value.encode("latin-1").decode()
    if len(value) > MOST_HEADER_LETTERS and name != "x-sumo-fields":
        message = f"{name} has at most {MOST_HEADER_LETTERS:,} characters"
        raise Refused(400, "upload.header", message)
    return value


def _given_fields(text: str) -> dict[str, str]:
    """`k1=v1,k2=v2`."""
    fields: dict[str, str] = {}
    for pair in text.split(",") if text else ():
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            message = f'X-Sumo-Fields is "name=value,name=value", which "{pair[:100]}" is not'
            raise Refused(400, "upload.fields", message)
        if len(name) > MOST_NAME_LETTERS or len(value) > MOST_VALUE_LETTERS:
            limits = f"{MOST_NAME_LETTERS} characters in its name and {MOST_VALUE_LETTERS} in its value"
            raise Refused(400, "upload.fields", f"a field has at most {limits}")
        fields[name] = value
    if len(fields) > MOST_FIELDS:
        raise Refused(400, "upload.fields", f"a request has at most {MOST_FIELDS} fields")
    return fields


def _converted(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value[:MOST_VALUE_LETTERS]
        for name, value in headers.items()
        if value and len(name) <= MOST_NAME_LETTERS and not _NO_FIELDS.fullmatch(name)
    }
