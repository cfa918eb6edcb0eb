"""Packed bodies unpacked, up to a limit: a small one may unpack to gigabytes."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator

import pyarrow as pa

from dohyo.collect.refusals import Refused

_STEP_BYTES = 256 * 1024
_GZIP, _ZLIB, _RAW = 31, 15, -15
# A zstd frame may ask for a window of 128 MiB, so only few are unpacked at once.
_ZSTD = threading.Semaphore(2)


def unpacked(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """The body without its `Content-Encoding`: gzip, deflate or zstd.

    Refused with 415 for another one, 400 where the body is not so packed, 413 where it is larger.
    """
    name = encoding.strip().lower().removeprefix("x-")
    if name in ("", "identity"):
        return _checked([body], most_bytes)
    if name not in ("gzip", "deflate", "zstd"):
        message = f"Content-Encoding {encoding[:100]} is not known; gzip, deflate and zstd are"
        raise Refused(415, "upload.encoding", message)
    try:
        if name == "zstd":
            with _ZSTD:
                return _checked(_zstd(body), most_bytes)
        return _checked(_deflated(body, _GZIP if name == "gzip" else _width(body)), most_bytes)
    except (zlib.error, pa.ArrowException, OSError) as error:
        raise Refused(400, "upload.packing", f"the body is not packed by {name}: {error}") from None


def _checked(pieces: Iterator[bytes] | list[bytes], most_bytes: int) -> bytes:
    found: list[bytes] = []
    size_bytes = 0
    for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > most_bytes:
            message = f"an upload has at most {most_bytes:,} bytes, unpacked"
            raise Refused(413, "upload.size", message, "send the messages in several requests")
        found.append(piece)
    return b"".join(found)


def _width(body: bytes) -> int:
    """Some clients send deflate without the header of zlib, as browsers accept it."""
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _ZLIB if is_zlib else _RAW


def _deflated(body: bytes, width: int) -> Iterator[bytes]:
    rest = body
    while rest:  # gzip files may be joined
        machine = zlib.decompressobj(width)
        given = rest
        while not machine.eof:
            piece = machine.decompress(given, _STEP_BYTES)
            yield piece
            given = machine.unconsumed_tail
            if not piece and not given and not machine.eof:
                raise zlib.error("it ends too early")
        rest = machine.unused_data


def _zstd(body: bytes) -> Iterator[bytes]:
    with pa.CompressedInputStream(pa.py_buffer(body), "zstd") as stream:
        while piece := stream.read(_STEP_BYTES):
            yield piece
