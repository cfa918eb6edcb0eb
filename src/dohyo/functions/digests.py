"""hash: digests of a text in hexadecimal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from dohyo.functions.table import fn
from dohyo.plan.sqltree import Sql, call
from dohyo.plan.types import TEXT

_WORD = 2**64
_C1, _C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def _rotated(x: int, bits: int) -> int:
    return (x << bits | x >> (64 - bits)) % _WORD


def _mixed(x: int) -> int:
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x = (x ^ x >> 33) * factor % _WORD
    return x ^ x >> 33


def murmur3_128(data: bytes) -> bytes:
    """MurmurHash3, 128 bits for 64-bit machines, seed 0 (A. Appleby, 2011, in the public domain)."""
    h1 = h2 = 0
    whole = len(data) - len(data) % 16
    for at in range(0, len(data), 16):
        k1 = int.from_bytes(data[at : at + 8], "little")
        k2 = int.from_bytes(data[at + 8 : at + 16], "little")
        h1 ^= _rotated(k1 * _C1 % _WORD, 31) * _C2 % _WORD
        if at < whole:
            h1 = ((_rotated(h1, 27) + h2) * 5 + 0x52DCE729) % _WORD
        h2 ^= _rotated(k2 * _C2 % _WORD, 33) * _C1 % _WORD
        if at < whole:
            h2 = ((_rotated(h2, 31) + h1) * 5 + 0x38495AB5) % _WORD
    h1, h2 = h1 ^ len(data), h2 ^ len(data)
    h1 = (h1 + h2) % _WORD
    h2 = (h2 + h1) % _WORD
    h1, h2 = _mixed(h1), _mixed(h2)
    h1 = (h1 + h2) % _WORD
    h2 = (h2 + h1) % _WORD
    return h1.to_bytes(8, "little") + h2.to_bytes(8, "little")


DIGESTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "md5": ("MD5", lambda data: hashlib.md5(data, usedforsecurity=False).digest()),
    "sha1": ("SHA1", lambda data: hashlib.sha1(data, usedforsecurity=False).digest()),
    "sha2_256": ("SHA256", lambda data: hashlib.sha256(data).digest()),
    "sha_256": ("SHA256", lambda data: hashlib.sha256(data).digest()),
    "murmur3_128": ("murmurHash3_128", murmur3_128),
}


def _hash_sql(x: Sql, kind: Sql | None = None) -> Sql:
    name, _ = DIGESTS["md5" if kind is None else str(kind.this).lower()]
    return call("lower", call("hex", call(name, x)))


def _hash(x: str, kind: str = "md5") -> str:
    _, digest = DIGESTS[kind.lower()]
    return digest(x.encode()).hex()


fn(
    "hash",
    (TEXT, TEXT),
    TEXT,
    optional=1,
    literal=(1,),
    extra={"choices": {1: tuple(DIGESTS)}},
    sql=_hash_sql,
    rows=_hash,
    help=f"Hexadecimal digest: {', '.join(DIGESTS)}.",
    example='hash("a") == "0cc175b9c0f1b6a831c399e269772661"',
)
