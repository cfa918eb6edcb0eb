"""Writes MaxMind DB files of a few IPv4 networks, as the published format has them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path

_UINT16, _UINT32, _UINT64 = 5, 6, 9
_SEPARATOR = b"\x00" * 16
_METADATA = b"\xab\xcd\xefMaxMind.com"


def _field(kind: int, size: int, body: bytes) -> bytes:
    more = bytes([size - 29]) if size >= 29 else b""
    extended = b"" if kind < 8 else bytes([kind - 7])
    return bytes([(kind << 5 if kind < 8 else 0) | min(size, 29)]) + extended + more + body


def _encoded(value: object) -> bytes:
    if isinstance(value, str):
        return _field(2, len(value.encode()), value.encode())
    if isinstance(value, int):
        value = (_UINT32, value)
    if isinstance(value, tuple):
        kind, number = value
        body = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return _field(kind, len(body), body)
    if isinstance(value, list):
        return _field(11, len(value), b"".join(map(_encoded, value)))
    assert isinstance(value, dict)
    return _field(7, len(value), b"".join(_encoded(key) + _encoded(one) for key, one in value.items()))


def write(path: Path, networks: Mapping[str, dict[str, object]]) -> Path:
    """A database with one record for each network."""
    nodes: list[list[int | None]] = [[None, None]]
    data, leaves = b"", []
    for network, record in networks.items():
        net = ipaddress.ip_network(network)
        at = 0
        for depth in range(net.prefixlen):
            bit = int(net.network_address) >> (31 - depth) & 1
            if depth == net.prefixlen - 1:
                leaves.append((at, bit, len(data)))
                break
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit] or 0
        data += _encoded(record)
    for at, bit, offset in leaves:
        nodes[at][bit] = len(nodes) + 16 + offset
    tree = b"".join((len(nodes) if one is None else one).to_bytes(3, "big") for node in nodes for one in node)
    short = {"record_size": 24, "ip_version": 4}
    short |= {"binary_format_major_version": 2, "binary_format_minor_version": 0}
    about: dict[str, object] = {name: (_UINT16, value) for name, value in short.items()}
    about |= {"node_count": len(nodes), "build_epoch": (_UINT64, 1), "database_type": "test"}
    about |= {"languages": ["en"], "description": {"en": "test"}}
    path.write_bytes(tree + _SEPARATOR + data + _METADATA + _encoded(about))
    return path
