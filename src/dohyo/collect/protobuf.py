"""Protocol buffers on the wire: the fields of one message, without a schema. Enough to read OTLP."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_VARINT_BYTES = 10


class Field(NamedTuple):
    """A field by its number: a whole number without sign, or the bytes of a text or a message inside."""

    number: int
    value: int | bytes


def fields_of(message: bytes) -> Iterator[Field]:
    """The fields in the order they are written. ValueError where the bytes are no such message.

    >>> list(fields_of(bytes([0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69])))
    [Field(number=1, value=150), Field(number=2, value=b'hi')]
    """
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield Field(number, value)
            continue
        size = 8
        if wire == _BYTES:
            size, at = _varint(message, at)
        elif wire == _FIXED32:
            size = 4
        elif wire != _FIXED64:
            raise ValueError(f"wire type {wire} at byte {at} is not known")
        if at + size > end:
            raise ValueError(f"the field at byte {at} reaches past the end")
        part = message[at : at + size]
        at += size
        yield Field(number, part if wire == _BYTES else int.from_bytes(part, "little"))


def signed(number: int) -> int:
    """A 64-bit number as it is meant by int64."""
    return number - (1 << 64) if number >> 63 else number


def double(number: int) -> float:
    """A 64-bit number as it is meant by double."""
    value: float = struct.unpack("<d", number.to_bytes(8, "little"))[0]
    return value


def text_field(number: int, text: str) -> bytes:
    """A text as a field.

    >>> text_field(2, "hi")
    b'\\x12\\x02hi'
    """
    coded = text.encode()
    return _written(number << 3 | _BYTES) + _written(len(coded)) + coded


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(message[at : at + _MOST_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & (1 << 64) - 1, at + place + 1
    raise ValueError(f"the number at byte {at} has no end")


def _written(value: int) -> bytes:
    coded = bytearray()
    while value > 0x7F:
        coded.append(value & 0x7F | 0x80)
        value >>= 7
    coded.append(value)
    return bytes(coded)
